#!/usr/bin/env bash
# The names of ebb in the tables of nn/coming_from_pytorch.md (their second column) are those of the public headers.
set -euo pipefail
cd -- "${1:?the folder of the sources}"

names=$(awk -F'|' '/^\|/ { print $3 }' nn/coming_from_pytorch.md | grep -oE '`[^`]+`' | grep -oE '^`(std::)?[A-Za-z_0-9:]+' |
  tr -d '`' | grep -v '^std::' | sed 's/.*:://' | sort -u)
missing=()
count=0
for name in $names; do
  grep -rqw --include='*.hpp' -- "$name" autograd ops nn || missing+=("$name")
  count=$((count + 1))
done
if ((count < 100)); then
  echo "only $count names were found in the tables: has their form changed?"
  exit 1
fi
if ((${#missing[@]} > 0)); then
  echo "no public header has: ${missing[*]}"
  exit 1
fi
