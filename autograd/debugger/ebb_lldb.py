"""ebb in lldb: arrays, tensors, parameters and shapes as one line each. gdb has much more.

    command script import .../autograd/debugger/ebb_lldb.py
"""
import struct

import lldb

MOST = 24  # numbers of an array
FORMATS = {"float": "f", "double": "d", "int": "i"}


def extents(shape):
    rank = shape.GetChildMemberWithName("rank_").GetValueAsSigned()
    if not 0 <= rank <= 8:
        return None
    places = shape.GetChildMemberWithName("extents_").GetNonSyntheticValue().GetChildAtIndex(0)
    return [places.GetChildAtIndex(i).GetValueAsSigned() for i in range(rank)]


def nested(numbers, shape, axis, offset, stride):
    if axis == len(shape):
        number = numbers[offset]
        return str(number) if isinstance(number, int) else f"{number:.6g}"
    below = stride // shape[axis]
    parts = []
    for i in range(shape[axis]):
        if offset + i * below >= len(numbers):
            parts.append("...")
            break
        parts.append(nested(numbers, shape, axis + 1, offset + i * below, below))
    return "{" + ", ".join(parts) + "}"


def contents(array):
    """ "[2, 3] {{1, 2, 3}, ...}", or what is wrong."""
    shape = extents(array.GetChildMemberWithName("shape_"))
    if shape is None or min(shape, default=0) < 0:
        return " (corrupt: its shape)"
    block = array.GetChildMemberWithName("buffer_").GetChildMemberWithName("block_")
    address = block.GetValueAsUnsigned()
    if address == 0:
        return f" undefined (moved from: was {shape})" if shape else " undefined"
    size = 1
    for extent in shape:
        size *= extent
    if size == 0:
        return f"{shape} {{}}"
    code = f"{min(size, MOST)}{FORMATS[array.GetType().GetTemplateArgumentType(0).GetCanonicalType().GetName()]}"
    error = lldb.SBError()
    start = address + block.GetType().GetPointeeType().GetByteSize()
    data = array.GetProcess().ReadMemory(start, struct.calcsize(code), error)
    if not error.Success():
        return f"{shape} (corrupt: its buffer, at {address:#x}, cannot be read)"
    return f"{shape} {nested(struct.unpack(code, data), shape, 0, 0, size)}"


def shape_summary(value, _):
    shape = extents(value.GetNonSyntheticValue())
    return "(corrupt: its rank)" if shape is None else str(shape)


def array_summary(value, _):
    return contents(value.GetNonSyntheticValue()).lstrip()


def tensor_summary(value, _):
    value = value.GetNonSyntheticValue()
    slot = value.GetChildMemberWithName("slot_")
    on_tape = slot.GetChildMemberWithName("tape").GetValueAsUnsigned() != 0
    record = f"#{slot.GetChildMemberWithName('record').GetValueAsSigned()} " if on_tape else ""
    return record + contents(value.GetChildMemberWithName("value_")).lstrip()


def parameter_summary(value, _):
    pointer = value.GetNonSyntheticValue().GetChildMemberWithName("state_").GetNonSyntheticValue()
    state = pointer.GetChildMemberWithName("_M_ptr") or pointer.GetChildMemberWithName("__ptr_")
    if state.GetValueAsUnsigned() == 0:
        return "(moved from)"
    name = (state.GetChildMemberWithName("name").GetSummary() or "").strip('"')
    gradient = contents(state.GetChildMemberWithName("gradient"))
    text = f"{name} {contents(state.GetChildMemberWithName('value')).lstrip()}".lstrip()
    if "undefined" in gradient:
        return text
    rows = contents(state.GetChildMemberWithName("rows"))
    of_rows = "" if "undefined" in rows else f"of rows {rows.lstrip()} alone "
    return f"{text}, gradient {of_rows}{gradient.lstrip()}"


def __lldb_init_module(debugger, _):
    for pattern, function in (
        ("^ebb::Shape$", "shape_summary"),
        ("^ebb::Array<.*>$", "array_summary"),
        ("^ebb::Tensor<.*>$", "tensor_summary"),
        ("^ebb::Parameter<.*>$", "parameter_summary"),
    ):
        debugger.HandleCommand(f'type summary add --category ebb --python-function ebb_lldb.{function} -x "{pattern}"')
    debugger.HandleCommand("type category enable ebb")
