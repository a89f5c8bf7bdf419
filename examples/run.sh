#!/usr/bin/env bash
# Installs what is missing, builds, and runs the main job with the options given here (--help lists them).
# Results go to the folder out/ of the project, unless --out names another.
set -euo pipefail
project=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd)

bash "$project/cmake/install_packages.sh"
(
  cd -- "$project"
  cmake --preset release
  cmake --build --preset release --target vanishing_attention
) >&2

out=(--out "$project/out")
for option in "$@"; do
  [[ $option != --out && $option != --out=* ]] || out=()
done
exec "$project/build/release/examples/vanishing_attention" "${out[@]}" "$@"
