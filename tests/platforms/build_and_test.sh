#!/usr/bin/env bash
# What debian.sh runs inside of the other Debian, where the source lies in /ebb: with each of its compilers, no warning
# and no failed test.
set -euo pipefail
cd /ebb
bash cmake/install_packages.sh clang libomp-dev pkgconf librapidcheck-dev dpkg-dev file

for compiler in g++ clang++; do
  build=/build/$compiler
  echo "== $("$compiler" --version | head -n 1)"
  cmake --preset release -B "$build" -D CMAKE_CXX_COMPILER="$compiler" -D EBB_WERROR=ON
  cmake --build "$build"
  ctest --test-dir "$build" --output-on-failure --no-tests=error --parallel "$(nproc)"

  echo "== a shared library"
  cmake --preset release -B "$build-shared" -D CMAKE_CXX_COMPILER="$compiler" -D EBB_WERROR=ON -D EBB_BUILD_EXAMPLES=OFF \
    -D BUILD_SHARED_LIBS=ON
  cmake --build "$build-shared" --target ebb
  ctest --test-dir "$build-shared" -R '^install: ' -E alone --output-on-failure --no-tests=error --parallel "$(nproc)"
done
echo "== what it was built with"
dpkg-query -W g++ clang cmake libfmt-dev libxtensor-dev libxsimd-dev
