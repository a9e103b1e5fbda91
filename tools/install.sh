#!/bin/sh
# `make install`: install.sh BUILD PREFIX VERSION. The tree finds itself by its own place, so it may be moved as a whole, and PREFIX may be relative.
set -eu
build=$1 prefix=$2 version=$3
cd "$(dirname "$0")/.."
soname=libcoordiff.so.${version%%.*}
lib=$prefix/lib include=$prefix/include/coordiff

# The public headers: the interface, what measures pictures, and whatever those include.
public_headers() {
  ${CC:-cc} -MM src/coordiff.h src/file/classifier_file.h src/judge/metrics.h |
    tr ' \\' '\n\n' | grep '^src/.*\.h$' | xargs realpath --relative-to=src | sort -u
}

install -d "$prefix/bin" "$lib/pkgconfig" "$lib/cmake/coordiff"
install "$build/coordiff" "$prefix/bin"
install -m 644 "$build/libcoordiff.a" "$lib"
install -m 644 "$build/$soname" "$lib/libcoordiff.so.$version"
ln -sf "libcoordiff.so.$version" "$lib/$soname"
ln -sf "$soname" "$lib/libcoordiff.so"
for header in $(public_headers); do
  install -D -m 644 "src/$header" "$include/$header"
done
sed "s|@VERSION@|$version|" tools/install/coordiff.pc.in >"$lib/pkgconfig/coordiff.pc"
for file in coordiffConfig coordiffConfigVersion; do
  sed "s|@VERSION@|$version|; s|@SONAME@|$soname|" "tools/install/$file.cmake.in" >"$lib/cmake/coordiff/$file.cmake"
done
# So that programs find a library in /usr/local/lib at once; without the right to, the loader needs telling.
[ "$(id -u)" != 0 ] || [ -n "${DESTDIR:-}" ] || ldconfig 2>/dev/null || true
