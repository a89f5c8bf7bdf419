#!/usr/bin/python3
"""Writes golden/: what PyTorch says that ebb's operations, layers and training should give.

Needs Debian's python3-torch and no arguments. It draws the same cases each time, and on one kind of processor writes
the same bytes.
"""

import os
import sys

import convolution_cases
import golden
import layer_cases
import op_cases
import recurrent_cases
import training_curves

FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "golden")


def main():
    families = []
    for make in op_cases.FAMILIES + layer_cases.FAMILIES + convolution_cases.FAMILIES + recurrent_cases.FAMILIES:
        families.append(make())
        print(f"{families[-1].name}: {len(families[-1].cases)} cases")
    golden.write_json(f"{FOLDER}/cases.json", [family.save(FOLDER) for family in families])
    golden.write_json(f"{FOLDER}/training.json", training_curves.make())


if __name__ == "__main__":
    sys.exit(main())
