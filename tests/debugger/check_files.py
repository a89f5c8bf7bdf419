#!/usr/bin/env python3
"""Checks that ebb.natvis is XML that names ebb's types, and that .vscode/*.json are what they say."""
import json
import pathlib
import re
import sys
import xml.etree.ElementTree

root = pathlib.Path(sys.argv[1])
natvis = xml.etree.ElementTree.parse(root / "autograd/debugger/ebb.natvis").getroot()
assert natvis.tag == "{http://schemas.microsoft.com/vstudio/debugger/natvis/2010}AutoVisualizer", natvis.tag
names = {type.get("Name").split("<")[0] for type in natvis}
assert names >= {"ebb::Tensor", "ebb::Array", "ebb::Parameter", "ebb::Shape", "ebb::Slot"}, names
headers = "".join(path.read_text() for path in (root / "autograd").glob("**/*.hpp"))
for field in set(re.findall(r"\b[a-z]\w*_\b", (root / "autograd/debugger/ebb.natvis").read_text())):
    assert re.search(rf"\b{field}\b", headers), f"ebb.natvis: ebb has no field {field}"

launch, tasks = (json.loads((root / ".vscode" / name).read_text()) for name in ("launch.json", "tasks.json"))
labels = {task["label"] for task in tasks["tasks"]}
for configuration in launch["configurations"]:
    assert configuration["preLaunchTask"] in labels, configuration["name"]
