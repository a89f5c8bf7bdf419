#!/usr/bin/env bash
# usage: program_test.sh PROGRAM CASE
# Runs the stepper as a user does whose input or output is no terminal. CASE is one of the functions below.
set -euo pipefail

program=$1
here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
work=$(mktemp -d)
trap 'rm -rf -- "$work"' EXIT

fail() {
  echo "FAILED: $*" >&2
  exit 1
}

# How far central differences are off depends on the processor.
without_rounding() { sed 's/[^ ]* apart$/... apart/'; }

# The golden transcript holds the commands too, behind "> ". To write it anew: step NAME with them, into that file.
transcript() {
  local golden=$here/transcripts/$1.txt
  sed -n 's/^> //p' "$golden" | (cd / && "$program" "$1") >"$work/printed" 2>&1 || fail "exit code $?"
  diff -u --label "transcripts/$1.txt" --label printed <(without_rounding <"$golden") \
    <(without_rounding <"$work/printed")
}
formula() { transcript formula; }
neuron() { transcript neuron; }
softmax() { transcript softmax; }
attention() { transcript attention; }

# failing CODE WORDS COMMAND...: the command ends with this code and one line on stderr that has these words.
failing() {
  local code=0
  timeout 60 "${@:3}" 2>"$work/stderr" || code=$?
  [[ $code == "$1" ]] || fail "exit code $code, not $1, of: ${*:3}: $(<"$work/stderr")"
  [[ $(wc -l <"$work/stderr") == 1 && $(<"$work/stderr") == "step: "*"$2"* ]] ||
    fail "no '$2' from ${*:3}: $(<"$work/stderr")"
}

arguments() {
  failing 2 "say: step attention" "$program" atention
  failing 2 "--color" "$program" formula --color blue
  failing 2 "--colour" "$program" formula --colour
  failing 2 "more" "$program" formula more
  "$program" >"$work/list"
  "$program" --help >"$work/help"
  local each name
  for each in list help; do
    for name in formula neuron softmax attention "step formula"; do
      grep -q "$name" "$work/$each" || fail "no $name in the $each"
    done
  done
}

# Without input there is the opening screen, from a copy anywhere, in colour only if asked for.
opening() {
  cp "$program" "$work/elsewhere"
  "$work/elsewhere" attention </dev/null >"$work/opening" || fail "exit code $?"
  grep -q 'const Tensor weights = softmax(scores);' "$work/opening" || fail "no source"
  grep -q 'forward 1 of 14' "$work/opening" || fail "no position"
  ! grep -q $'\e' "$work/opening" || fail "an escape"
  "$program" formula --color always </dev/null | grep -q $'\e\[1m' || fail "no colour"
}

# One line of an answer for each line of nonsense; the last line may lack its end.
strange_input() {
  printf 'jump\r\n\e[2J\xff\n%s\nvalue 77777777777777777777\nquit' "$(printf 'x%.0s' {1..5000})" |
    "$program" formula >"$work/printed" || fail "exit code $?"
  [[ $(grep -c '^There is no' "$work/printed") == 4 ]] || fail "not four answers: $(<"$work/printed")"
  ! grep -q $'\e' "$work/printed" || fail "an escape of the user's comes through"
}

no_output() {
  local endless=(bash -c 'yes next | "$0" formula >/dev/full' "$program")
  failing 1 "cannot write" "${endless[@]}"
  failing 1 "cannot write" bash -c '"$0" >/dev/full' "$program"
  failing 1 "cannot write" bash -c 'set -o pipefail; yes next 2>/dev/null | "$0" formula | head -n 1 >/dev/null; exit ${PIPESTATUS[1]}' "$program"
  failing 1 "cannot read" bash -c '"$0" formula <&- >/dev/null' "$program"
}

"$2"
