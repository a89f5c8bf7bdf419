# Usage: bash program_test.sh PROGRAM
# The program answers a session line by line, and ends with an error at a line that is no message, and where its answers are lost.
set -euo pipefail

answers=$("$1" <<'EOF' | sed -E 's/"nanoseconds":[0-9]+/"nanoseconds":N/'
{ "id": 0, "kind": "start", "eval": "hello" }
{ "id": 1, "kind": "define", "module": "hello" }
{ "id": 2, "kind": "evaluate", "module": "hello", "function": "double", "input": 1.5 }
{ "id": 3, "kind": "analysis", "of": 2, "valid": true }
EOF
)
expected='{"id":0,"tool":"ebb"}
{"id":1,"success":true}
{"id":2,"output":3.0,"success":true,"timings":[{"name":"evaluate","nanoseconds":N}]}
{"id":3}'
[ "$answers" = "$expected" ] || { printf 'expected\n%s\nbut got\n%s\n' "$expected" "$answers"; exit 1; }

if message=$(echo 'no message' | "$1" 2>&1); then
  echo "it should have failed"
  exit 1
fi
[[ $message == "gradbench: "*"parse error"* ]] || { echo "unexpected message: $message"; exit 1; }

if echo '{ "id": 0, "kind": "start" }' | "$1" >/dev/full 2>&1; then
  echo "it should fail where its answers are lost"
  exit 1
fi
