#!/bin/sh
# `make test`: every stage, each with its own summary; then one closing line "N passed, N failed" over all tests.
# Stages go on after a failure, so that one run shows everything.
set -u
cd "$(dirname "$0")/.."
jobs=$(nproc)
passed=0 failed=0
log=$(mktemp)
trap 'rm -f "$log"' EXIT

count() { # passed failed: of one stage
  passed=$((passed + $1)) failed=$((failed + $2))
}

# A stage is a command whose output has either our "N passed, N failed" or node's "# pass N" and "# fail N"; one without
# either counts as a single test.
stage() {
  name=$1
  shift
  echo "== $name"
  started=$(date +%s)
  "$@" >"$log" 2>&1
  status=$?
  ours=$(grep -E '(^|: )[0-9]+ passed, [0-9]+ failed$' "$log" | tail -1 | sed 's/^.*: //')
  node_pass=$(sed -n 's/^[#ℹ] pass \([0-9]*\)$/\1/p' "$log" | tail -1)
  node_fail=$(sed -n 's/^[#ℹ] fail \([0-9]*\)$/\1/p' "$log" | tail -1)
  if [ -n "$ours" ]; then p=${ours%% passed*} f=${ours#*, } f=${f%% failed*}
  elif [ -n "$node_pass" ]; then p=$node_pass f=${node_fail:-0}
  elif [ "$status" -eq 0 ]; then p=1 f=0
  else p=0 f=1; fi
  [ "$status" -eq 0 ] || [ "$f" -gt 0 ] || f=1
  count "$p" "$f"
  [ "$f" -eq 0 ] || { grep -A 24 '^ *not ok ' "$log" | head -200; tail -40 "$log"; }
  echo "   $p passed, $f failed ($(($(date +%s) - started)) s)"
}

stage 'build' make -j"$jobs" native
stage 'layers and file sizes' make check
stage 'C tests' make -j"$jobs" unit
stage 'C tests under AddressSanitizer and UBSan' make -j"$jobs" unit CONFIG=asan
stage 'the command line, as a user drives it' make cli-test
stage 'C tests as WebAssembly in Node' make -j"$jobs" wasm-test
stage 'engine and workers of the page, in Node' make web-test
stage 'the page, in Chromium' make page-test
stage 'JavaScript types and style' make lint
stage 'the shipped models' make model-test
stage 'a short real training run' tools/short_training.sh
stage 'fuzzing the readers' make fuzz
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
