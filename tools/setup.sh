#!/bin/sh
# Install what is missing for the named groups: build, mpi, test, web, browser. Needs root or sudo; otherwise names the packages.
set -eu

packages_of() {
  case $1 in
    build) echo gcc libc6-dev make zlib1g-dev libstb-dev libjsmn-dev liblapacke-dev libpng-dev libjpeg62-turbo-dev libwebp-dev ;;
    mpi) echo libopenmpi-dev openmpi-bin ;;
    test) echo g++ pkg-config cmake clang clang-format libclang-rt-14-dev dataset-fashion-mnist nodejs pngcheck ;;
    web) echo emscripten nodejs ;;
    browser) echo chromium firefox-esr nodejs npm ;;
    *) echo "setup: there is no group '$1'; choose from build, mpi, test, web, browser" >&2; exit 2 ;;
  esac
}

# A program that came from elsewhere (a newer Node.js, say) counts as well as Debian's package of that name.
present() {
  case $1 in
    nodejs) command -v node >/dev/null ;;
    gcc | g++ | make | cmake | pkg-config | clang | clang-format | chromium | firefox-esr | pngcheck | npm) command -v "$1" >/dev/null ;;
    emscripten) command -v emcc >/dev/null ;;
    *) dpkg-query -W -f '${Status}' "$1" 2>/dev/null | grep -q 'install ok installed' ;;
  esac
}

missing=
for group in "$@"; do
  for package in $(packages_of "$group"); do
    present "$package" || missing="$missing $package"
  done
done
[ -n "$missing" ] || exit 0

if ! command -v apt-get >/dev/null; then
  echo "setup: missing:$missing; this is no Debian, so install their counterparts by hand" >&2
  exit 1
elif [ "$(id -u)" = 0 ]; then sudo=
elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then sudo=sudo
else
  echo "setup: missing packages; as root: apt-get install$missing" >&2
  exit 1
fi
echo "setup: installing$missing"
$sudo apt-get update -qq
DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y -qq --no-install-recommends $missing >/dev/null
