"""usage: negate.py FILE RESULT

Reads a .npy file with NumPy, or a .safetensors file by the words of its specification, and writes the same with every
number negated: what ebb writes is read by others, and the other way round. Exits with 77 if there is no NumPy.
"""
import array
import json
import struct
import sys


def negate_npy(source, result):
    try:
        import numpy
    except ImportError:
        sys.exit(77)
    x = numpy.load(source, allow_pickle=False)
    numpy.save(result, numpy.asfortranarray(-x))


def negate_safetensors(source, result):
    with open(source, "rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(length))
        data = file.read()
    # In reverse order, with metadata, as others may write it.
    entries, pieces, end = {"__metadata__": {"format": "pt"}}, [], 0
    header.pop("__metadata__", None)
    for name, entry in reversed(sorted(header.items())):
        begin, stop = entry["data_offsets"]
        values = array.array({"F32": "f", "F64": "d"}[entry["dtype"]], data[begin:stop])
        count = 1
        for extent in entry["shape"]:
            count *= extent
        assert count == len(values), name
        pieces.append(array.array(values.typecode, [-x for x in values]).tobytes())
        entries[name] = {**entry, "data_offsets": [end, end + len(pieces[-1])]}
        end += len(pieces[-1])
    text = json.dumps(entries).encode()
    with open(result, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + b"".join(pieces))


if __name__ == "__main__":
    (negate_npy if sys.argv[1].endswith(".npy") else negate_safetensors)(*sys.argv[1:])
