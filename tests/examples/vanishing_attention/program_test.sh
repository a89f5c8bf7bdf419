#!/usr/bin/env bash
# usage: program_test.sh PROGRAM CASE
# Runs the main job as a user does, in a folder of its own. CASE is one of the functions below.
set -euo pipefail

program=$1
work=$(mktemp -d)
finish() {
  [[ -z $(jobs -rp) ]] || kill -KILL $(jobs -rp)
  rm -rf -- "$work"
}
trap finish EXIT
cd -- "$work"
ulimit -t 300 # a job that outlives a failed test does not run for ever

fail() {
  echo "FAILED: $*" >&2
  local file
  for file in *.stdout *.stderr; do
    [[ ! -f $file ]] || tail -v -n 20 -- "$file" >&2
  done
  exit 1
}
check() { "$@" || fail "$@"; }

yes 'The gradient of the loss ebbs away, layer by layer.' | head -n 200 >text || true
small=(--depth 2 --width 8 --heads 2 --context 8 --batch 2)
tiny=(--text text "${small[@]}" --steps 12 --seeds 2)
endless=(--text text "${small[@]}" --steps 1000000 --seeds 10 --threads 2 --variants bare,pre-norm)

# refused WORDS... -- OPTIONS...: they lead to exit code 2, to one line with these words, and to nothing else.
refused() {
  local words=()
  while [[ $1 != -- ]]; do words+=("$1") && shift; done
  shift
  local before after code=0
  before=$(ls -A)
  timeout 60 "$program" "$@" >refused.stdout 2>refused.stderr || code=$?
  after=$(ls -A | grep -v '^refused\.')
  [[ $code == 2 ]] || fail "exit code $code of: $*"
  [[ $(wc -l <refused.stderr) == 1 && ! -s refused.stdout ]] || fail "not one line from: $*"
  [[ $(<refused.stderr) == "vanishing_attention: "*"${words[*]}"* ]] || fail "no '${words[*]}' from: $*"
  [[ $(grep -v '^refused\.' <<<"$before") == "$after" ]] || fail "left something behind: $*"
}

bad_input() {
  touch empty
  printf x >one
  printf 'xxxxxxxxxx%.0s' {1..100} >same
  mkdir folder
  local out=(--out made/deeply)
  refused "there is no file 'missing'" -- --text missing "${out[@]}"
  refused "'folder' is a directory" -- --text folder "${out[@]}"
  refused "'empty' is empty" -- --text empty "${out[@]}"
  refused "'one' holds one character only" -- --text one "${out[@]}"
  refused "'same' holds one character only, 1000 times" -- --text same "${out[@]}"
  refused "too few for a context of 5000" -- --text text --context 5000 "${out[@]}"
  refused "cannot read" -- --text /proc/self/mem "${out[@]}"
  if [[ $(id -u) != 0 ]]; then  # root may read and write everything
    cp text secret && chmod a-r secret
    refused "cannot read 'secret'" -- --text secret "${out[@]}"
    mkdir locked && chmod a-w locked
    refused "cannot write in the directory locked" -- "${tiny[@]}" --out locked
    refused "cannot make the directory locked/below" -- "${tiny[@]}" --out locked/below
  fi
  refused "there is no variant 'bear'; there is bare, " -- "${tiny[@]}" --variants bare,bear "${out[@]}"
  refused "--variants has an empty name" -- "${tiny[@]}" --variants bare,,norm "${out[@]}"
  refused "there is no variant 'bare\\n'" -- "${tiny[@]}" --variants $'bare\n' "${out[@]}"
  refused "--depth" -- --text text --depth 0 "${out[@]}"
  refused "--depth" -- --text text --depth twelve "${out[@]}"
  refused "--steps" -- --text text --steps -3 "${out[@]}"
  refused "--width 30 is not divisible by --heads 4" -- --text text --width 30 --heads 4 "${out[@]}"
  refused "--learning-rate" -- --text text --learning-rate inf "${out[@]}"
  refused "--clip takes norm:MAX" -- --text text --clip 1 "${out[@]}"
  refused "--detph" -- --text text --detph 3 "${out[@]}"
  refused 'two\nlines' -- --text text $'two\nlines' "${out[@]}"
  refused '\x1b[31m' -- --text text $'\e[31mred' "${out[@]}"
  refused "cannot make the directory text/below" -- "${tiny[@]}" --out text/below
  refused "cannot make the directory text" -- "${tiny[@]}" --out text
  refused "cannot make the directory /proc/ebb" -- "${tiny[@]}" --out /proc/ebb
  refused "cannot write in the directory /proc" -- "${tiny[@]}" --out /proc
}

# The files in a folder are those that the program says it wrote, and none is empty.
check_files() {  # FOLDER STDOUT
  diff <(sed -n "s|^Written to $1: ||p" "$2" | sed 's/, /\n/g' | LC_ALL=C sort) \
    <(ls -A "$1" | grep -v '^unfinished$' | LC_ALL=C sort) ||
    fail "other files in $1"
  check test -z "$(find "$1" -empty)"
  local expected=(gradients.csv metrics.csv report.html run.json) name
  ! command -v gnuplot >/dev/null || expected+=({curves,gradients}.{svg,png})
  for name in "${expected[@]}"; do check test -e "$1/$name"; done
}

tiny_run() {
  "$program" "${tiny[@]}" --out made/deeply >run.stdout 2>run.stderr || fail "exit code $?"
  check_files made/deeply run.stdout
  check test ! -e made/deeply/unfinished
  check grep -q '^PASS' run.stdout
  check grep -q '^FAIL' run.stdout # so few steps bear out no claim about learning; that is no failure of the job
  check grep -q '^bigram entropy' run.stdout
  check grep -q '100 %' run.stderr
  check test "$(wc -l <made/deeply/metrics.csv)" = $((1 + 9 * 2 * 12))
  check grep -q '"interrupted": false' made/deeply/run.json
}

# From a pipe, without --out and --quiet: nothing is written, and nothing said but the results.
quiet_run() {
  "$program" --text <(cat text) "${small[@]}" --steps 3 --seeds 1 --variants norm --quiet >run.stdout 2>run.stderr ||
    fail "exit code $?"
  check test ! -s run.stderr
  check grep -q '^norm ' run.stdout
  check test "$(ls -A | wc -l)" = 3 # the text, and what was printed
  "$program" --help >help.stdout || fail "exit code $? of --help"
  check grep -q -- '--variants' help.stdout
}

without_pictures() { PATH=/nowhere "$program" "$@"; }

same_numbers() {
  local threads file
  for threads in 1 2 5; do
    without_pictures "${tiny[@]}" --variants pre-norm,residual+clip-norm --threads $threads --out $threads --quiet \
      >run.stdout 2>run.stderr || fail "exit code $? with $threads threads"
  done
  for file in metrics.csv gradients.csv; do
    check cmp 1/$file 2/$file
    check cmp 1/$file 5/$file
  done
  without_pictures "${tiny[@]}" --variants pre-norm,residual+clip-norm --learning-rate 0.1 --out other --quiet \
    >run.stdout 2>run.stderr || fail "exit code $?"
  ! cmp -s 1/metrics.csv other/metrics.csv || fail "another learning rate gives the same numbers"
}

# Takes the times out of the files that a job wrote into a folder.
without_times() {  # FOLDER
  (
    cd -- "$1"
    sed -E -i 's/"(seconds|tokens_per_second)": [^,]*//' run.json
    sed -E -i '/<tr><th scope="row">/ s/<td>[0-9]+<\/td><\/tr>//; /time/ s/[0-9]+:[0-9]{2}//' report.html
  )
}

# Killed at random moments, and resumed each time, a job ends in the same files as one that nothing stopped.
kill_9() {  # THREADS
  local job=(--text ../text "${small[@]}" --steps 4000 --seeds 2 --threads "$1" --quiet --out out --learning-rate 1)
  job+=(--variants residual,pre-norm,residual+clip-norm)
  mkdir whole killed
  (cd whole && "$program" "${job[@]}" >../whole.stdout 2>../whole.stderr) || fail "exit code $?"
  local moment arguments started=$(date +%s%3N)
  "$program" --help >help.stdout || fail "exit code $? of --help"
  local startup=$(($(date +%s%3N) - started)) # in ms: a sanitizer's takes longer than some of the moments
  RANDOM=7
  for moment in {1..16}; do
    arguments=("${job[@]}")
    [[ ! -e killed/out/unfinished/job.json ]] || arguments=(--resume --out out)
    (cd killed && exec "$program" "${arguments[@]}" >../run.stdout 2>../run.stderr) &
    local ms=$((startup + 10 + RANDOM % 110))
    sleep "$(printf '%d.%03d' $((ms / 1000)) $((ms % 1000)))"
    kill -KILL $! 2>/dev/null || true
    wait $! && break || [[ $? == 137 ]] || fail "a job that was killed left what cannot be resumed"
  done
  if [[ -e killed/out/unfinished || ! -e killed/out/report.html ]]; then
    arguments=("${job[@]}")
    [[ ! -e killed/out/unfinished/job.json ]] || arguments=(--resume --out out)
    (cd killed && "$program" "${arguments[@]}" >../run.stdout 2>../run.stderr) || fail "exit code $?"
  fi
  check test -e whole/out/report.html
  without_times whole/out
  without_times killed/out
  check diff -r whole/out killed/out
  check grep -q 'diverged' whole.stdout
  check diff <(sed -n '/^PASS\|^FAIL/,$p' whole.stdout) <(sed -n '/^PASS\|^FAIL/,$p' run.stdout)
}
kill_9_one_thread() { kill_9 1; }
kill_9_two_threads() { kill_9 2; }

# What --resume says where it cannot go on, and that it changes nothing there.
cannot_resume() {
  refused "--resume needs --out" -- --resume
  refused "'made' holds no job to go on with; without --resume, a new one begins there" -- --resume --out made
  "$program" "${tiny[@]}" --variants norm --out done --quiet >run.stdout || fail "exit code $?"
  refused "the job in 'done' is finished" -- --resume --out done

  "$program" --text text "${small[@]}" --steps 1000000 --seeds 1 --variants pre-norm --out made >run.stdout 2>run.stderr &
  local training=made/unfinished/pre-norm-1.training.safetensors
  until [[ -e $training ]]; do
    kill -0 $! 2>/dev/null || fail "it ended by itself"
    sleep 0.02
  done
  kill -KILL $!
  wait $! || true
  refused "these are others: --optimizer 'adam' (there 'sgd'), --seeds 2 (there 1);" -- \
    --resume --out made --seeds 2 --optimizer adam --depth 2
  refused "'made' holds a job that is not finished; --resume goes on with it" -- "${tiny[@]}" --out made
  cp text changed
  sed -i 's/ebbs/EBBS/' changed
  refused "the text is not the one that the job in 'made' learns" -- --resume --out made --text changed
  truncate -s 1000 $training
  refused "is truncated, or no safetensors file; delete this file, and its run begins anew" -- --resume --out made
  sed -i 's/"ebb": "/"ebb": "99./' made/unfinished/job.json
  refused "is one of ebb 99." -- --resume --out made
  echo '{' >made/unfinished/job.json
  refused "'made/unfinished/job.json' is damaged" -- --resume --out made
  rm -r made/unfinished
  "$program" "${tiny[@]}" --variants norm --out made --quiet >run.stdout || fail "exit code $?"
}

# A job that would take hours ends after its step.
interrupt() {  # SIGNAL
  "$program" "${endless[@]}" --out made >run.stdout 2>run.stderr &
  local job=$!
  until [[ -s run.stderr ]]; do
    kill -0 $job 2>/dev/null || fail "it ended by itself"
    sleep 0.02
  done
  kill -"$1" $job
  local code=0
  wait $job || code=$?
  [[ $code == 130 ]] || fail "exit code $code"
  check grep -q '^Interrupted: ' run.stdout
  check grep -q 'interrupted in 1 of 1 runs' run.stdout
  check_files made run.stdout
  ! grep -q '^PASS\|^FAIL' run.stdout || fail "claims about runs that did not end"
  check grep -q '"interrupted": true' made/run.json
  check grep -q -i 'interrupted' made/report.html
  check test "$(wc -l <made/metrics.csv)" -ge 2
  check test "$(wc -l <made/gradients.csv)" -ge 2
  check grep -qx 'To go on: the same command with --resume --out made' run.stdout
}

# Interrupted twice, a job has the steps of the first time, and those that followed.
ctrl_c_and_resume() {
  local job=(--text text "${small[@]}" --steps 1000000 --seeds 1 --threads 1 --variants pre-norm) arguments code id
  for arguments in "${job[*]} --out made" "--resume --out made"; do
    [[ ! -e made/metrics.csv ]] || cp made/metrics.csv before.csv
    rm -f run.stderr
    "$program" $arguments >run.stdout 2>run.stderr &
    id=$!
    until [[ -s run.stderr ]]; do
      kill -0 $id 2>/dev/null || fail "it ended by itself"
      sleep 0.02
    done
    kill -INT $id
    code=0
    wait $id || code=$?
    [[ $code == 130 ]] || fail "exit code $code"
  done
  check cmp before.csv <(head -n "$(wc -l <before.csv)" made/metrics.csv)
  check test "$(wc -l <made/metrics.csv)" -gt "$(wc -l <before.csv)"
}

# Telling its progress to a pipe that is full, the job cannot end after the first interrupt.
second_interrupt() {  # SIGNAL
  mkfifo run.stderr
  exec 3<>run.stderr
  "$program" "${endless[@]}" --out made >run.stdout 2>run.stderr &
  local job=$! caught=2
  read -r -t 100 <&3 || fail "no progress"
  dd if=/dev/zero of=run.stderr bs=4096 oflag=nonblock 2>/dev/null || true
  kill -INT $job
  until ((caught == 0)); do # the first one has been handled
    sleep 0.02
    caught=$((0x$(sed -n 's/^SigCgt:\s*//p' /proc/$job/status) & 2))
  done
  kill -"$1" $job
  local code=0
  wait $job || code=$?
  [[ $code == $((128 + $(kill -l "$1"))) ]] || fail "exit code $code"
  check test "$(ls -A made)" = unfinished
}

ctrl_c() { interrupt INT; }
polite_kill() { interrupt TERM; }
second_ctrl_c() { second_interrupt INT; }
polite_kill_after_ctrl_c() { second_interrupt TERM; }

# A disk that is full after so many KiB, by the limit on the size of a file.
full_disk() {
  mkdir old
  echo 'from before' >old/metrics.csv
  local code out
  for out in made old; do
    code=0
    (
      trap '' XFSZ
      ulimit -f 16
      exec "$program" --text text "${small[@]}" --steps 400 --seeds 1 --variants bare --out "$out" --quiet \
        >run.stdout 2>run.stderr
    ) || code=$?
    [[ $code == 2 ]] || fail "exit code $code"
    [[ $(<run.stderr) == "vanishing_attention: cannot write '$out/metrics.csv': "* ]] || fail "another error"
    check test "$(wc -l <run.stderr)" = 1
    check grep -q '^bigram entropy' run.stdout # what was trained is shown nevertheless
  done
  check test "$(ls -A made)" = unfinished
  check test "$(ls -A old)" = $'metrics.csv\nunfinished'
  check test "$(<old/metrics.csv)" = 'from before'
}

# What is lost of the output is an error, and the files are written nevertheless.
lost_output() {
  local tiny=(--text text "${small[@]}" --steps 3 --seeds 1 --variants norm) code
  code=0
  without_pictures "${tiny[@]}" --out made --quiet >/dev/full 2>run.stderr || code=$?
  [[ $code == 2 ]] || fail "exit code $code with a full standard output"
  check test "$(<run.stderr)" = 'vanishing_attention: cannot write the output: No space left on device'
  check test -s made/report.html
  code=0
  without_pictures --help >/dev/full 2>run.stderr || code=$?
  [[ $code == 2 ]] || fail "exit code $code of --help"
  { without_pictures "${tiny[@]}" --out piped --quiet 2>run.stderr || echo "exit code $?" >code; } | true
  [[ $(<code) == "exit code 2" ]] || fail "$(<code) with a closed pipe"
  check test -s piped/report.html
  code=0
  without_pictures "${tiny[@]}" 2>/dev/full >run.stdout || code=$?
  [[ $code == 0 ]] || fail "exit code $code without a place to tell of its progress"
}

# A text that never ends, and memory that does.
out_of_memory() {
  local code=0
  (
    ulimit -v 1000000
    exec "$program" --text <(yes) --threads 1 >run.stdout 2>run.stderr
  ) || code=$?
  [[ $code == 2 ]] || fail "exit code $code"
  check grep -q '^vanishing_attention: out of memory; a shorter text, ' run.stderr
  check test "$(wc -l <run.stderr)" = 1
}

# The memory of a text: its bytes, and four for each.
long_text() {
  yes 'The gradient of the loss ebbs away, layer by layer.' | head -c 50000000 >long || true
  (
    ulimit -v 400000
    exec "$program" --text long "${small[@]}" --steps 2 --seeds 2 --variants norm --threads 2 >run.stdout 2>run.stderr
  ) || fail "exit code $?"
}

"$2"
