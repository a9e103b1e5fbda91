#!/bin/sh
# Run C test programs, as many at a time as there are processors; print what failed, then one line "N passed, N failed" over all of them.
logs=$(mktemp -d)
trap 'rm -rf "$logs"' EXIT
export logs
# shellcheck disable=SC2016 # the inner shell expands these
printf '%s\n' "$@" | xargs -P "$(nproc)" -I{} sh -c '"{}" >"$logs/$(basename "{}")" 2>&1; echo $? >"$logs/$(basename "{}").status"'

passed=0 failed=0
for program in "$@"; do
  log=$logs/$(basename "$program")
  status=$(cat "$log.status")
  line=$(grep -E '^[0-9]+ passed, [0-9]+ failed$' "$log" | tail -1)
  p=${line%% passed*} f=${line#*, } f=${f%% failed*}
  # A program that died, or said nothing, is one failure more.
  if [ -z "$line" ]; then p=0 f=1; elif [ "$status" -ne 0 ] && [ "$f" -eq 0 ]; then f=1; fi
  passed=$((passed + p)) failed=$((failed + f))
  printf '%-28s %s\n' "$(basename "$program")" "${line:-died with status $status}"
  [ "$f" -eq 0 ] || grep -v '^ok ' "$log" | tail -40
done
echo "unit: $passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
