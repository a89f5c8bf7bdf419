#!/usr/bin/env bash
# Which lines of the library its tests run: the share in each folder, and the lines left out. Fails where a folder's share
# is below 95 %. Needs gcovr.
# Builds in build/coverage, without optimisation: minutes the first time. Extra arguments go to cmake.
set -euo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."

command -v gcovr >/dev/null || { echo "tests/coverage.sh needs gcovr: apt-get install gcovr" >&2; exit 1; }

tree=build/coverage
# Atomic counters: kernels run on several threads.
cmake -S . -B $tree -G Ninja -D CMAKE_BUILD_TYPE=Debug -D CMAKE_CXX_FLAGS="--coverage -fprofile-update=atomic" "$@"
tests=(autograd ops nn)
if cmake --build $tree --target help | grep -q '^test_properties:'; then tests+=(properties); fi
cmake --build $tree --target "${tests[@]/#/test_}"

find $tree -name '*.gcda' -delete
for part in "${tests[@]}"; do "$tree/tests/test_$part"; done

headers=$tree/include/ebb  # links to the folders, through which tests include what the library includes by relative path
gcovr --root . --filter autograd/ --filter ops/ --filter nn/ --filter $headers/ --json $tree/coverage.json $tree
sed -i "s|$headers/||g" $tree/coverage.json
too_low=0
for folder in autograd ops nn; do
  printf '\n== %s/\n' $folder
  gcovr --root . --add-tracefile $tree/coverage.json --filter $folder/ --fail-under-line 95 || too_low=1
done
exit $too_low
