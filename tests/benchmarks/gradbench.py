#!/usr/bin/env python3
"""How long the programs in examples/gradbench take: medians over the runs of one second, as a table.

Name evals, each with sizes of your own or without: gradbench.py gmm:d=10,k=25,n=1000 lse
"""
import argparse
import json
import pathlib
import random
import statistics
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent


def numbers(*shape):
    """Uniform random numbers in [0, 1), as lists within lists."""
    if not shape:
        return random.random()
    return [numbers(*shape[1:]) for _ in range(shape[0])]


def gmm(d, k, n):
    return {"d": d, "k": k, "n": n, "x": numbers(n, d), "m": 0, "gamma": 1.0, "alpha": numbers(k), "mu": numbers(k, d),
            "q": numbers(k, d), "l": numbers(k, d * (d - 1) // 2)}


def kmeans(k, n, d):
    points = numbers(n, d)
    return {"points": points, "centroids": points[-k:]}  # so that each is the nearest of one point at least


def lstm(l, c):
    bits = [[float(random.randrange(2)) for _ in range(7)] for _ in range(c)]
    return {"main_params": numbers(2 * l, 28), "extra_params": numbers(3, 7), "state": numbers(2 * l, 7),
            "sequence": bits}


def ba(n, m, p):
    return {"n": n, "m": m, "p": p, "cam": numbers(11), "x": numbers(3), "w": 0.5, "feat": numbers(2)}


# Of each eval: its functions, what makes an input, and the sizes to run at unless others are given.
EVALS = {
    "lse": (("primal", "gradient"), lambda n: {"x": numbers(n)}, [{"n": 2500}, {"n": 640000}]),
    "llsq": (("primal", "gradient"), lambda n, m: {"x": numbers(m), "n": n}, [{"n": 64, "m": 128}, {"n": 4096, "m": 128}]),
    "gmm": (("objective", "jacobian"), gmm, [{"d": 2, "k": 5, "n": 1000}, {"d": 20, "k": 25, "n": 1000}]),
    "kmeans": (("cost", "dir"), kmeans, [{"k": 10, "n": 1000, "d": 8}, {"k": 100, "n": 10000, "d": 16}]),
    "lstm": (("objective", "jacobian"), lstm, [{"l": 2, "c": 1024}, {"l": 4, "c": 4096}]),
    "ode": (("primal", "gradient"), lambda n, s: {"x": numbers(n), "s": s}, [{"n": 1000, "s": 10}, {"n": 10000, "s": 100}]),
    "particle": (("rr",), lambda: {"w": 0.0}, [{}]),
    "saddle": (("rr",), lambda: {"start": [1.0, 1.0]}, [{}]),
    "det": (("primal", "gradient"), lambda l: {"A": numbers(l * l), "ell": l}, [{"l": 6}, {"l": 9}]),
    "ba": (("objective", "jacobian"), ba, [{"n": 49, "m": 7776, "p": 31843}]),
}


def median_ms(program, module, function, given, seconds):
    message = {"id": 0, "kind": "evaluate", "module": module, "function": function,
               "input": given | {"min_runs": 3, "min_seconds": seconds}}
    try:
        result = subprocess.run([str(program)], input=json.dumps(message) + "\n", stdout=subprocess.PIPE, text=True)
    except OSError as error:
        sys.exit(f"gradbench.py: {program} cannot be run: {error}; build it (cmake --build --preset release --target "
                 "gradbench), or name it with --program")
    answer = json.loads(result.stdout) if result.returncode == 0 else {"success": False}
    if not answer["success"]:
        sys.exit(f"gradbench.py: {module} {function} failed: {answer.get('error', f'exit code {result.returncode}')}")
    return statistics.median(timing["nanoseconds"] for timing in answer["timings"]) / 1e6


def work(text):
    """`gmm:d=2,k=5,n=1000`, or `gmm` for its usual sizes: the eval and a list of sizes."""
    name, _, sizes = text.partition(":")
    if name not in EVALS:
        raise argparse.ArgumentTypeError(f"there is no eval {name}; there are {', '.join(EVALS)}")
    usual = EVALS[name][2]
    if not sizes:
        return name, usual
    try:
        given = {key: int(value) for key, value in (size.split("=") for size in sizes.split(","))}
    except ValueError:
        given = {}
    if given.keys() != usual[0].keys():
        raise argparse.ArgumentTypeError(f"{name} takes sizes of {', '.join(usual[0]) or 'nothing'}, as in "
                                         f"gmm:d=2,k=5,n=1000")
    return name, [given]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("works", metavar="EVAL[:KEY=SIZE,...]", nargs="*", type=work,
                        help=f"of {', '.join(EVALS)}; all of them, unless some are named")
    parser.add_argument("--program", type=pathlib.Path, default=ROOT / "build/release/examples/gradbench")
    parser.add_argument("--seconds", type=float, default=1.0, help="how long to repeat each function")
    arguments = parser.parse_args()

    random.seed(1)
    print("| eval | size | function, ms | derivative, ms | ratio |\n| --- | --- | --- | --- | --- |")
    for name, sizes in arguments.works or [work(name) for name in EVALS]:
        functions, make, _ = EVALS[name]
        for size in sizes:
            given = make(**size)
            *plain, last = [median_ms(arguments.program, name, function, given, arguments.seconds) for function in functions]
            of_function, ratio = (f"{plain[0]:.3f}", f"{last / plain[0]:.1f}") if plain else ("", "")
            text = ", ".join(f"{key} {value}" for key, value in size.items())
            print(f"| {name} | {text} | {of_function} | {last:.3f} | {ratio} |", flush=True)


if __name__ == "__main__":
    main()
