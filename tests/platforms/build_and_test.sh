#!/usr/bin/env bash
# What debian.sh runs inside of the other Debian, where the source lies in /ebb: with each of its compilers, no warning
# and no failed test.
set -euo pipefail
cd /ebb
bash cmake/install_packages.sh clang libomp-dev

for compiler in g++ clang++; do
  build=/build/$compiler
  echo "== $("$compiler" --version | head -n 1)"
  cmake --preset release -B "$build" -D CMAKE_CXX_COMPILER="$compiler" -D EBB_WERROR=ON
  cmake --build "$build"
  ctest --test-dir "$build" --output-on-failure --no-tests=error --parallel "$(nproc)"
done
echo "== what it was built with"
dpkg-query -W g++ clang cmake libfmt-dev libxtensor-dev libxsimd-dev
