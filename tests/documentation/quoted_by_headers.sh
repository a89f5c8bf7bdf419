#!/usr/bin/env bash
# usage: quoted_by_headers.sh FOLDER
# Fails unless every line of code in the comments of the headers below FOLDER stands in one of the *headers_test.cpp.
set -euo pipefail
tested=$(dirname -- "${BASH_SOURCE[0]}")
cd -- "$1"
lines=$(grep -rhE --include='*.hpp' '^ *///     ' autograd ops nn | sed -E 's|^ */// *||')
missing=$(grep -vxFf <(sed -E 's/^ *//' "$tested"/*headers_test.cpp) <<<"$lines") || exit 0
printf 'no test has this code of a header:\n%s\n' "$missing" >&2
exit 1
