#!/usr/bin/env bash
# usage: check_sentences.sh REPORT
# Fails if a sentence in page/sentences.txt is said by no source file in the folder REPORT.
set -euo pipefail
cd -- "$1"
unsaid=0
for name in $(sed -n 's/^\([a-z_]*\):$/\1/p' page/sentences.txt); do
  grep -q "sentence::$name\b" ./*.cpp || { echo "page/sentences.txt: nothing says '$name'" >&2; unsaid=1; }
done
exit $unsaid
