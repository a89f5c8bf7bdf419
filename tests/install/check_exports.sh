#!/usr/bin/env bash
# usage: check_exports.sh LIBRARY INCLUDE_FOLDER
# Fails if a shared ebb exports a name that no public header declares, or hides one that a public header does declare.
set -euo pipefail

declared=$(grep -rhoE '^[^/]*' "$2/ebb" | grep -oE '[A-Za-z_][A-Za-z0-9_]*' | sort -u)
is_declared() { grep -qx "$1" <<<"$declared"; }

failed=0
fail() {
  echo "$1: $(c++filt "$2")" >&2
  failed=1
}

# In its mangled form, a name says how long it is: _ZN3ebb4TapeIf... is ebb::Tape<float>. Operators have no length.
below_ebb='^_Z(T[ISV])?NK?3ebb([0-9]*)(.*)$'

exported=$(nm -D --defined-only "$1" | awk '{print $3}')
for symbol in $exported; do
  if [[ ! $symbol =~ $below_ebb ]]; then
    fail "exported, but not a name of ebb" "$symbol"
  elif [[ -n ${BASH_REMATCH[2]} ]] && ! is_declared "${BASH_REMATCH[3]:0:${BASH_REMATCH[2]}}"; then
    fail "exported, but in no public header" "$symbol"
  fi
done

# Free function templates, of float or double: g++ takes their visibility from the definition, so the file where that
# stands must say EBB_PUBLIC as well.
for symbol in $(nm --defined-only "$1" | awk '$2 == "t" {print $3}' | grep -v '[.]'); do
  if [[ $symbol =~ $below_ebb && -n ${BASH_REMATCH[2]} ]]; then
    name=${BASH_REMATCH[3]:0:${BASH_REMATCH[2]}}
    rest=${BASH_REMATCH[3]:${BASH_REMATCH[2]}}
    if [[ $rest =~ ^I[fd]EE ]] && is_declared "$name"; then
      fail "hidden; its .cpp must open 'namespace ebb EBB_PUBLIC {'" "$symbol"
    fi
  fi
done

grep -q '^_ZN3ebb4TapeIfE8backward' <<<"$exported" || fail "not exported" "_ZN3ebb4TapeIfE8backward"
exit $failed
