#!/usr/bin/env bash
# usage: quoted_code.sh FOLDER PAGE
# Fails unless every block, of C++ or of output, that a page of Markdown quotes from a source still stands there. The line
# of text before the block names the file, from FOLDER on, in backquotes; the block's lines must stand in it in their
# order, whatever is between them, and however they are indented.
set -euo pipefail
awk -v folder="$1" '
  function stripped(line) { gsub(/^[ \t]+|[ \t]+$/, "", line); return line }
  function wrong(message) { printf "%s:%d: %s\n", FILENAME, FNR, message > "/dev/stderr"; failed = 1 }
  /^ *```(cpp|text)$/ {
    quoting = 1
    count = at = 0
    if (!match(before, /`[a-z0-9_\/]+\.(h|[ch]pp)`/)) { wrong("this block does not say which file it is from"); exit }
    file = substr(before, RSTART + 1, RLENGTH - 2)
    while ((getline line < (folder "/" file)) > 0) source[++count] = stripped(line)
    close(folder "/" file)
    if (count == 0) { wrong("there is no " file); exit }
    blocks++
    next
  }
  /^ *```/ { quoting = 0; next }
  quoting {
    line = stripped($0)
    if (line == "") next
    start = at
    while (at < count && source[++at] != line);
    if (source[at] != line) { wrong("no longer in " file ", or not in this order: " line); at = start }
    next
  }
  NF { before = $0 }
  END { if (!blocks) wrong("quotes nothing"); exit failed }
' "$2"
