#!/usr/bin/env bash
# usage: check_headers.sh COMPILER INCLUDE_FOLDER
# Fails if <ebb/ebb.hpp> reaches a library that only the sources of ebb may use, a kernel, or a header that is not
# installed.
set -euo pipefail
reached=$(echo '#include <ebb/ebb.hpp>' | "$1" -std=c++20 -I"$2" -x c++ -M - | tr -d '\\' | tr ' ' '\n')
if grep -E '/ebb/.*\.h$|/(xtensor|xtl|xsimd|fmt|nlohmann|Random123|kernels)/' <<<"$reached"; then
  echo "<ebb/ebb.hpp> must not include the files above" >&2
  exit 1
fi
# All public headers, but for those that one asks for.
asked_for='autograd/xtensor.hpp|ops/registry.hpp'
unreached=$(cd -- "$2/ebb" && find -L . -name '*.hpp' | sed 's|^\./||' | sort |
  grep -vxE "$asked_for" | grep -vxFf <(sed -n 's|.*/ebb/||p' <<<"$reached" | xargs -n1 realpath -ms --relative-to=. -- ) || true)
if [[ $unreached ]]; then
  printf '<ebb/ebb.hpp> does not include these public headers:\n%s\n' "$unreached" >&2
  exit 1
fi
