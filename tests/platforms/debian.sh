#!/usr/bin/env bash
# Builds ebb and runs its tests on another release of Debian, in a folder that debootstrap fills, with its g++ and its
# clang++: tests/platforms/debian.sh [SUITE [FOLDER]]. SUITE is trixie (Debian 13) unless given; sid has the newest of
# all. A second call goes on with what the folder holds. Outside of the folder, only debootstrap is installed.
set -euo pipefail
source=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.." && pwd)
suite=${1:-trixie}
folder=${2:-${TMPDIR:-/var/tmp}/ebb_$suite}

fail() {
  echo "ebb: $1" >&2
  exit 1
}
((EUID == 0)) || fail "a Debian in a folder takes root: call sudo bash $0 $*"
bash "$source/cmake/install_packages.sh" debootstrap

if [[ ! -e $folder/etc/debian_version ]]; then
  mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Origin: Debian' | grep -v security |
    tail -n 1) || fail "apt knows of no Debian mirror here; 'apt-get update' may help"
  echo "== $suite into $folder"
  rm -rf "$folder.unfinished"  # of a call that was interrupted
  debootstrap --variant=minbase --include=ca-certificates "$suite" "$folder.unfinished" "$mirror"
  mv -T "$folder.unfinished" "$folder"
fi

# The mounts go with the process that this starts.
exec unshare --mount --pid --fork bash -euo pipefail -s "$source" "$folder" <<'EOS'
source=$1 folder=$2
mkdir -p "$folder/ebb"
mount --bind "$source" "$folder/ebb"
mount -o remount,bind,ro "$folder/ebb"
mount -t proc proc "$folder/proc"
mount --rbind /dev "$folder/dev"
exec chroot "$folder" env -i PATH=/usr/bin:/usr/sbin:/bin:/sbin HOME=/root LANG=C.UTF-8 bash -euo pipefail /ebb/tests/platforms/build_and_test.sh
EOS
