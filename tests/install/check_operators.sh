#!/usr/bin/env bash
# usage: check_operators.sh COMPILER INCLUDE_FOLDER
# Fails unless a + b, with the engine's headers alone, is refused with a first line that says what to include; and unless
# it compiles with that.
set -euo pipefail
program() {
  echo "#include <ebb/$1>"
  echo 'ebb::Tensor<double> sum_of(const ebb::Tensor<double>& a, const ebb::Tensor<double>& b) { return a + b; }'
}
compile() { "$1" -std=c++20 -I"$2" -x c++ -fsyntax-only - 2>&1; }
program ops/ops.hpp | compile "$1" "$2"
if messages=$(program autograd/autograd.hpp | compile "$1" "$2"); then
  echo "a + b compiles with <ebb/autograd/autograd.hpp> alone: then this test is not needed" >&2
  exit 1
fi
first=$(grep -m1 error <<<"$messages")
grep -q 'include <ebb/ops/ops.hpp>' <<<"$first" || { echo "the first error does not say what to include: $first" >&2; exit 1; }
