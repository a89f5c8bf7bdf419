#!/usr/bin/env python3
"""Runs ebb's benchmarks and libtorch's in turn, and prints a table of medians and ratios.

Builds both first: ebb by its release preset, the libtorch side where CMake finds libtorch (Debian: libtorch-dev), or
takes --peer, a command that runs libtorch/bench.cpp elsewhere (in a container or a chroot with a newer libtorch).
"""
import argparse
import json
import pathlib
import shlex
import statistics
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent

# The work's arguments, the figures compared (smaller is better), and how many times each side runs.
WORKS = [
    ("train", [("ms", "training step, ms"), ("rss_mb", "peak memory, MiB")], 3),
    ("attn T=1024", [("ms", "causal attention, T 1024, ms")], 3),
    ("attn T=4096 steps=3", [("ms", "causal attention, T 4096, ms"), ("rss_mb", "peak memory, MiB")], 3),
    ("attn T=16384 steps=1 H=2", [("ms", "causal attention, 2 heads, T 16384, ms"), ("rss_mb", "peak memory, MiB")], 1),
    ("overhead", [("fwd_ns_op", "tiny operation forward, ns"), ("bwd_ns_op", "tiny operation backward, ns")], 5),
    ("mlp", [("us_step", "MLP 2-16-16-1, a step, us")], 5),
    ("ops", [("us", "{op}, us")], 3),
    ("convolution", [("ms", "convolution {name}, ms")], 3),
    ("recurrence", [("ms", "{name}, ms")], 3),
]


def run(command, work):
    """The lines of one run, each as a dictionary."""
    try:
        result = subprocess.run(command + work.split(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    except OSError as error:
        sys.exit(f"compare.py: '{shlex.join(command)}' cannot be run: {error}")
    if result.returncode != 0:
        sys.exit(f"compare.py: '{shlex.join(command)} {work}' failed:\n{result.stderr}")
    return [json.loads(line) for line in result.stdout.splitlines() if line.startswith("{")]


def build(source, folder, configure):
    for command in (["cmake", "-S", str(source), "-B", str(folder), "-DCMAKE_BUILD_TYPE=Release", *configure],
                    ["cmake", "--build", str(folder), "--target", "bench"]):
        result = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if result.returncode != 0:
            return result.stdout
    return None


def built_ebb():
    folder = ROOT / "build" / "release"
    if error := build(ROOT, folder, ["-G", "Ninja"]):
        sys.exit(f"compare.py: ebb could not be built:\n{error}")
    return [str(folder / "tests" / "benchmarks" / "bench")]


def built_peer():
    folder = ROOT / "build" / "libtorch"
    if error := build(HERE / "libtorch", folder, []):
        sys.exit("compare.py: the libtorch side could not be built. Install libtorch (Debian: libtorch-dev), or give a\n"
                 f"command that runs it elsewhere with --peer.\n{error}")
    return [str(folder / "bench")]


def rows_of(work, figures, repeats, ebb, peer, threads):
    """(label, ebb's median, the peer's median) of each figure of each line."""
    ours, theirs = [], []
    for _ in range(repeats):  # in turn, so that what else the machine does falls on both
        ours.append(run(ebb, f"{work} threads={threads}"))
        theirs.append(run(peer, f"{work} threads={threads}"))
    for i, line in enumerate(ours[0]):
        for key, label in figures:
            yield (label.format(**line), statistics.median(lines[i][key] for lines in ours),
                   statistics.median(lines[i][key] for lines in theirs), line["peer"], theirs[0][i]["peer"])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peer", help="the command that runs the libtorch side, if it is not to be built here")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("works", nargs="*", help="only these: train, attn, overhead, mlp, ops, convolution, recurrence (all of them)")
    arguments = parser.parse_args()
    if unknown := set(arguments.works) - {work.split()[0] for work, _, _ in WORKS}:
        parser.error(f"there is no work {', '.join(sorted(unknown))}")
    ebb = built_ebb()
    peer = shlex.split(arguments.peer) if arguments.peer else built_peer()
    header_printed = False
    for work, figures, repeats in WORKS:
        if arguments.works and work.split()[0] not in arguments.works:
            continue
        for label, ours, theirs, ebb_name, peer_name in rows_of(work, figures, repeats, ebb, peer, arguments.threads):
            if not header_printed:
                print(f"| {arguments.threads} threads, float32 | {ebb_name} | {peer_name} | ratio |\n| --- | --- | --- | --- |")
                header_printed = True
            print(f"| {label} | {ours:.4g} | {theirs:.4g} | {theirs / ours:.2f} x |", flush=True)


if __name__ == "__main__":
    main()
