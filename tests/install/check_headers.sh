#!/usr/bin/env bash
# usage: check_headers.sh COMPILER INCLUDE_FOLDER
# Fails if what <ebb/ebb.hpp> includes reaches a library that only ebb's own sources may use, or ebb's kernels.
set -euo pipefail
reached=$(echo '#include <ebb/ebb.hpp>' | "$1" -std=c++20 -I"$2" -x c++ -M - | tr -d '\\' | tr ' ' '\n')
if grep -E '/(xtensor|xtl|xsimd|fmt|nlohmann|Random123|kernels)/' <<<"$reached"; then
  echo "<ebb/ebb.hpp> must not include the files above" >&2
  exit 1
fi
grep -q '/ebb/autograd/tape.hpp$' <<<"$reached"
