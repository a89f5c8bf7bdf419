#!/usr/bin/env python3
"""How the cost of a training step grows: with depth, width, context and threads, as tables of ebb's own bench.

The slope is that of log(cost) over log(size) from the row above: 1 is linear, 2 quadratic. Memory is the peak of the
process, and what it grows by from row to row is shared out per block.
"""
import argparse
import json
import math
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent


def step(bench, **arguments):
    """The line of one run of `bench train`."""
    command = [str(bench), "train", *(f"{key}={value}" for key, value in arguments.items())]
    try:
        result = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    except OSError as error:
        sys.exit(f"scaling.py: {bench} cannot be run: {error}; build it (cmake --build --preset release), or name it "
                 "with --bench")
    if result.returncode != 0:
        sys.exit(f"scaling.py: {' '.join(command)} failed:\n{result.stderr}")
    return json.loads(result.stdout)


def print_growth(bench, name, key, sizes, threads, **fixed):
    print(f"\n| {name} | step, ms | slope |\n| --- | --- | --- |")
    before = None
    for size in sizes:
        ms = step(bench, threads=threads, steps=5, warm=1, **{key: size}, **fixed)["ms"]
        slope = f"{math.log(ms / before[1]) / math.log(size / before[0]):.2f}" if before else ""
        print(f"| {size} | {ms:.1f} | {slope} |", flush=True)
        before = (size, ms)


def print_memory(bench, depths, threads):
    print("\n| depth | peak, MiB | with a checkpoint at each block | step, ms | with checkpoints |")
    print("| --- | --- | --- | --- | --- |")
    for depth in depths:
        plain = step(bench, threads=threads, steps=3, warm=1, L=depth)
        checkpointed = step(bench, threads=threads, steps=3, warm=1, L=depth, checkpoint=1)
        print(f"| {depth} | {plain['rss_mb']} | {checkpointed['rss_mb']} | {plain['ms']:.1f} | {checkpointed['ms']:.1f} |",
              flush=True)


def print_threads(bench, counts):
    print("\n| threads | step, ms | speed-up | loss |\n| --- | --- | --- | --- |")
    one = None
    for count in counts:
        line = step(bench, threads=count)
        one = one or line["ms"]
        print(f"| {count} | {line['ms']:.1f} | {one / line['ms']:.2f} | {line['loss']} |", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bench", default=ROOT / "build/release/tests/benchmarks/bench", help="the program to run")
    parser.add_argument("--threads", type=int, default=2, help="for depth, width and context")
    parser.add_argument("--most-threads", type=int, default=2, help="the table of threads goes 1, 2, 4, ... up to this")
    parser.add_argument("tables", nargs="*", help="only these: depth, width, context, memory, threads (all of them)")
    arguments = parser.parse_args()
    counts = [2**i for i in range(arguments.most_threads.bit_length())]
    tables = {
        "depth": lambda: print_growth(arguments.bench, "depth", "L", [2, 4, 8, 16], arguments.threads),
        "width": lambda: print_growth(arguments.bench, "width", "D", [96, 192, 384, 768], arguments.threads),
        "context": lambda: print_growth(arguments.bench, "context, one sequence", "T", [256, 1024, 4096],
                                        arguments.threads, B=1),
        "memory": lambda: print_memory(arguments.bench, [3, 6, 12, 24], arguments.threads),
        "threads": lambda: print_threads(arguments.bench, counts),
    }
    if unknown := set(arguments.tables) - set(tables):
        parser.error(f"there is no table {', '.join(sorted(unknown))}")
    for name in arguments.tables or tables:
        tables[name]()


if __name__ == "__main__":
    main()
