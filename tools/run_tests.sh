#!/bin/sh
# `make test`: every stage, each with its own summary; then one closing line "N passed, N failed" over all tests.
# Stages go on after a failure, so that one run shows everything.
#
# The page in its browser waits for much of its time. What only computes runs beside it, of the lowest priority: with what the
# page leaves of the processors, which it does not feel. What waits for so many seconds and no longer never runs so.
set -u
cd "$(dirname "$0")/.."
jobs=$(nproc)

# A stage is a command whose output has either our "N passed, N failed" or node's "# pass N" and "# fail N"; one without
# either counts as a single test.
# It is told of when it is over, in one piece: two may run at a time.
stage() {
  name=$1
  shift
  started=$(date +%s)
  log=$(mktemp "$logs/XXXXXX")
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
  echo "$p $f" >"$log.count"
  {
    echo "== $name"
    [ "$f" -eq 0 ] || { grep -A 24 '^ *not ok ' "$log" | head -200; tail -40 "$log"; }
    echo "   $p passed, $f failed ($(($(date +%s) - started)) s)"
  } >"$log.said"
  cat "$log.said"
}

if [ "${1-}" = beside ]; then # the page, called below
  stage 'fuzzing the readers' make fuzz
  stage 'C tests under AddressSanitizer and UBSan' make -j"$jobs" unit CONFIG=asan
  stage 'the shipped models' make model-test
  stage 'C tests as WebAssembly in Node' make -j"$jobs" wasm-test
  stage 'C tests' make -j"$jobs" unit
  stage 'a short real training run' tools/short_training.sh
  exit 0
fi

logs=$(mktemp -d)
export logs
beside=
trap '[ -z "$beside" ] || kill -- "-$beside"; rm -rf "$logs"' EXIT
trap 'exit 130' INT TERM

# All that both need is built first: neither may build what the other is using.
stage 'build' make -j"$jobs" native mpi wasm
stage 'layers and file sizes' make check
stage 'JavaScript types and style' make lint
stage 'engine and workers of the page, in Node' make web-test
setsid nice -n 19 tools/run_tests.sh beside & # a group of its own, to be ended as one
beside=$!
stage 'the page, in Chromium' make page-test
stage 'the command line, as a user drives it' make cli-test
wait "$beside" || echo '0 1' >"$logs/beside.count"
beside=
cat "$logs"/*.count | awk '{ p += $1; f += $2 } END { print p + 0 " passed, " f + 0 " failed"; exit !(f == 0 && p > 0) }'
