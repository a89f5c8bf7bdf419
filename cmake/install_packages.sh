#!/usr/bin/env bash
# Installs the Debian packages that building, testing and running ebb takes: those of them that are missing.
# CONTRIBUTING.md says what each one is for. Arguments name further packages to install.
set -euo pipefail

packages=(
  g++ cmake ninja-build
  libfmt-dev librandom123-dev libxtensor-dev libxsimd-dev
  nlohmann-json3-dev libcli11-dev gnuplot-nox libjs-chart.js
  doctest-dev clang-format
  "$@"
)

if ! command -v dpkg-query apt-get >/dev/null; then
  echo "ebb: no Debian here, so nothing is installed; it needs what Debian calls: ${packages[*]}" >&2
  exit 0
fi

missing=()
for package in "${packages[@]}"; do
  state=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)
  [[ $state == installed* ]] || missing+=("$package")
done
((${#missing[@]})) || exit 0

fail() {
  printf '\nebb: %s\nWhat is missing can also be installed by hand, by an administrator:\n  %s\n' "$1" \
    "apt-get update && apt-get install --no-install-recommends ${missing[*]}" >&2
  exit 1
}

as_root=()
if ((EUID != 0)); then
  command -v sudo >/dev/null || fail "to install packages takes root, or sudo, which is not here."
  as_root=(sudo)
fi
echo "ebb: installing ${missing[*]}" >&2
apt=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q -o Dpkg::Use-Pty=0)
"${apt[@]}" update >&2 || fail "'apt-get update' failed; its message stands above."
"${apt[@]}" install -y --no-install-recommends "${missing[@]}" >&2 ||
  fail "'apt-get install' failed; its message stands above."
