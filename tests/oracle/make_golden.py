#!/usr/bin/python3
"""Writes golden/: what PyTorch says that ebb's operations, layers and training should give.

Needs Debian's python3-torch and no arguments. It draws the same cases each time, and on one kind of processor writes
the same bytes.
"""

import os
import sys

import array_cases
import convolution_cases
import function_cases
import golden
import layer_cases
import loss_cases
import op_cases
import recurrent_cases
import training_curves

FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "golden")


def main():
    families = []
    for cases in (op_cases, function_cases, loss_cases, array_cases, layer_cases,
                  convolution_cases, recurrent_cases):
        for make in cases.FAMILIES:
            families.append(make())
            print(f"{families[-1].name}: {len(families[-1].cases)} cases")
    golden.write_json(f"{FOLDER}/cases.json", [family.save(FOLDER) for family in families])
    golden.write_json(f"{FOLDER}/training.json", training_curves.make())


if __name__ == "__main__":
    sys.exit(main())
