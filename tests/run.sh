#!/usr/bin/env bash
# Installs what is missing, builds, and runs every test. Options go to ctest: -R attention, -L nn, --verbose.
set -euo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."

bash cmake/install_packages.sh pkgconf librapidcheck-dev
cmake --preset release
cmake --build --preset release
exec ctest --preset release --parallel "$(nproc)" "$@"
