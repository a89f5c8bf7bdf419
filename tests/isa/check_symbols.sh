#!/usr/bin/env bash
# usage: check_symbols.sh NM --group NAME OBJECT... --group NAME OBJECT...
# Fails if two groups of object files, each compiled for its own instruction set, define the same weak function: the
# linker would keep either, and could lead a machine into instructions that it lacks.
set -euo pipefail

nm=$1
shift
declare -A definer
shared=0
functions=0
while (($#)); do
  if [[ $1 == --group ]]; then
    group=$2
    shift 2
    continue
  fi
  while read -r function; do
    functions=$((functions + 1))
    if [[ ${definer[$function]-$group} != "$group" ]]; then
      echo "${definer[$function]} and $group both define $(c++filt "$function") ($1)" >&2
      shared=1
    fi
    definer[$function]=$group
  done < <("$nm" --defined-only "$1" | awk '$2 == "W" {print $3}')
  shift
done
((functions)) || { echo "no weak function at all: is this the right nm?" >&2; exit 1; }
exit $shared
