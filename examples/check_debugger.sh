#!/usr/bin/env bash
# usage: check_debugger.sh GDB PROGRAM SOURCE
# Fails unless gdb shows what the source says after "/* In the debugger:". There lines that begin with "(gdb) " are commands,
# and those below one stand together in what it prints; "..." alone on a line is any lines, and within one any text.
set -euo pipefail
program=$(realpath "$2")
transcript=$(mktemp)
trap 'rm "$transcript"' EXIT
awk '
  /^\/[*] In the debugger:/ { inside = 1 }
  inside && /^\(gdb\) / { if (command++) print "..."; print; print "..."; next }
  inside && /^[*]\/$/ { print "..."; exit }
  command
' "$3" >"$transcript"
grep -q '^(gdb) ' "$transcript" || { echo "$3: no command of gdb stands after \"/* In the debugger:\"" >&2; exit 1; }
python3 "$(dirname "$0")/../tests/debugger/run_transcript.py" "$1" "$program" "$transcript" \
  -iex "add-auto-load-safe-path $program" -iex "set args >/dev/null"
