#!/bin/sh
# `make fuzz`: run every fuzzer for some seconds, as many at a time as there are processors; then one line a target, and
# "fuzz: N passed, N failed". BUILD (build/fuzz) may be a copy, so that a long run is not disturbed by the next build.
# Usage: tools/run_fuzz.sh SECONDS TARGET:SEEDS...
seconds=$1
build=${BUILD:-build/fuzz}
shift

run() {
  name=${1%%:*} seeds=${1#*:}
  if [ "$name" = links ]; then # the page's, and so in JavaScript
    node tests/fuzz/links.mjs "$seconds" >"$build/$name.log" 2>&1
  else
    "$build/fuzz_$name" -max_total_time="$seconds" -timeout=20 -rss_limit_mb=1024 -max_len=16384 -print_final_stats=1 \
      -artifact_prefix="$build/crash-$name-" "$build/corpus/$name" $seeds >"$build/$name.log" 2>&1
  fi
  echo $? >"$build/$name.status"
}

running=0
for target in "$@"; do
  run "$target" &
  running=$((running + 1))
  [ "$running" -lt "$(nproc)" ] || { wait; running=0; }
done
wait

passed=0 failed=0
for target in "$@"; do
  name=${target%%:*}
  status=$(cat "$build/$name.status")
  executions=$(sed -n 's/^stat::number_of_executed_units: *//p' "$build/$name.log")
  echo "$name: ${executions:-?} executions, status $status"
  if [ "$status" -eq 0 ]; then passed=$((passed + 1)); else failed=$((failed + 1)); grep -E 'ERROR|SUMMARY|Test unit' "$build/$name.log"; fi
done
echo "fuzz: $passed passed, $failed failed"
[ "$failed" -eq 0 ]
