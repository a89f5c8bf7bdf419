#!/usr/bin/env bash
# Builds ebb for 64-bit ARM, whose NEON the kernels then use, and runs the tests of autograd, ops and nn under qemu:
# bash tests/platforms/aarch64.sh [FOLDER]. A second call goes on with what the folder holds.
set -euo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.."
folder=${1:-${TMPDIR:-/var/tmp}/ebb_aarch64}
packages=$folder/packages

bash cmake/install_packages.sh g++-aarch64-linux-gnu qemu-user

if [[ ! -e $folder/unpacked ]]; then
  echo "== ARM's packages into $packages"
  # An apt of its own, so that this machine's packages and architectures stay as they are.
  mkdir -p "$folder"/apt/{state,cache} "$packages"
  : >"$folder/apt/status"
  arm_apt=(env DEBIAN_FRONTEND=noninteractive apt-get -q -o APT::Architecture=arm64 -o APT::Architectures=arm64
           -o Dir::State="$folder/apt/state" -o Dir::State::status="$folder/apt/status" -o Dir::Cache="$folder/apt/cache")
  "${arm_apt[@]}" update
  "${arm_apt[@]}" install -y --download-only --no-install-recommends libgomp1 libstdc++6 libfmt-dev librandom123-dev \
    libxtensor-dev libxsimd-dev nlohmann-json3-dev doctest-dev
  for package in "$folder"/apt/cache/archives/*.deb; do dpkg-deb -x "$package" "$packages"; done
  touch "$folder/unpacked"
fi

echo "== build"
cmake --preset release -B "$folder/build" -D CMAKE_TOOLCHAIN_FILE="$PWD/tests/platforms/aarch64.cmake" \
  -D EBB_PACKAGES="$packages" -D EBB_BUILD_EXAMPLES=OFF -D EBB_WERROR=ON
cmake --build "$folder/build" --target test_autograd test_ops test_nn

for part in autograd ops nn; do
  echo "== test_$part"
  OMP_NUM_THREADS=$(nproc) qemu-aarch64 -L "$packages" "$folder/build/tests/test_$part"
done
