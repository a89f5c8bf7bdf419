#!/usr/bin/env bash
# usage: check_exports.sh LIBRARY INCLUDE_FOLDER
# Fails if a shared ebb exports a name that no public header declares, or hides one that a public header does declare.
set -euo pipefail

declare -A declared
for word in $(grep -rhoE '^[^/]*' "$2/ebb" | grep -oE '[A-Za-z_][A-Za-z0-9_]*' | sort -u); do declared[$word]=1; done

failed=0
fail() {
  echo "$1: $(c++filt "$2")" >&2
  failed=1
}

# In its mangled form a name says how long it is: _ZN3ebb4TapeIf... is ebb::Tape<float>, _ZN3ebb2nn3SGD... is
# ebb::nn::SGD. Operators have no length.
below_ebb='^_Z(T[ISV])?NK?[RO]?3ebb(2nn)?(.*)$'
with_length='^([0-9]+)(.*)$'

exported=$(nm -D --defined-only "$1" | awk '{print $3}')
for symbol in $exported; do
  if [[ ! $symbol =~ $below_ebb ]]; then
    fail "exported, but not a name of ebb" "$symbol"
  elif [[ ${BASH_REMATCH[3]} =~ $with_length ]]; then
    name=${BASH_REMATCH[2]:0:BASH_REMATCH[1]}
    [[ -n ${declared[$name]-} ]] || fail "exported, but in no public header" "$symbol"
  fi
done

# Free function templates, of float or double: g++ takes their visibility from the definition, so the file where that
# stands must say EBB_PUBLIC as well.
for symbol in $(nm --defined-only "$1" | awk '$2 == "t" {print $3}'); do
  if [[ $symbol =~ $below_ebb && ${BASH_REMATCH[3]} =~ $with_length ]]; then
    name=${BASH_REMATCH[2]:0:BASH_REMATCH[1]}
    rest=${BASH_REMATCH[2]:BASH_REMATCH[1]}
    if [[ $rest =~ ^I[fd]EE && $rest != *.* && -n ${declared[$name]-} ]]; then
      fail "hidden; the .cpp that defines it must open its namespace as EBB_PUBLIC" "$symbol"
    fi
  fi
done

[[ $exported == *_ZN3ebb4TapeIfE8backward* ]] || fail "not exported" _ZN3ebb4TapeIfE8backward
exit $failed
