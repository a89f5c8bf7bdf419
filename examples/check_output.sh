#!/usr/bin/env bash
# usage: check_output.sh PROGRAM SOURCE
# Fails unless the program succeeds and prints what stands at the end of its source, after "/* Output:". There "..." inside
# a line, once, stands for anything.
set -euo pipefail
printed=$("$1") || { code=$?; printf '%s\n' "$printed"; echo "its claim does not hold: exit code $code" >&2; exit 1; }
expected=$(sed '1,\%^/[*] Output:$%d; \%^[*]/$%,$d' "$2")
mapfile -t lines <<<"$printed"
mapfile -t patterns <<<"$expected"
for i in "${!patterns[@]}"; do
  if [[ ${patterns[i]} == *...* && ${lines[i]-} == "${patterns[i]%%...*}"*"${patterns[i]#*...}" ]]; then
    lines[i]=${patterns[i]}
  fi
done
diff --label "expected by ${2##*/}" --label printed -u <(printf '%s\n' "${patterns[@]}") <(printf '%s\n' "${lines[@]}")
