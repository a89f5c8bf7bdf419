# ebb in gdb: values as one line each. The parts, gdb_*.py, run as one module in the order that embed.h gives.
# Printers read memory and call nothing in the program, so that they work on core files too; what they meet there may be
# garbage, so every number is checked before it is used, and Corrupt says what was seen.
import collections
import os
import re
import struct
import sys

import gdb
import gdb.printing


class Corrupt(Exception):
    """What is wrong with an object that cannot be as it stands in memory."""


class NoDebugInformation(Corrupt):
    """What cannot be read, since ebb was built without."""


# What reading garbage, or a type without its definition, can end in; gdb.error is a RuntimeError.
TROUBLE = (RuntimeError, Corrupt, ValueError, LookupError, ArithmeticError, TypeError, AttributeError, struct.error)


def read(address, count):
    return bytes(gdb.selected_inferior().read_memory(address, count))


def bare(type):
    """The type itself, of a reference, a typedef, or something constant."""
    type = type.strip_typedefs()
    if type.code in (gdb.TYPE_CODE_REF, gdb.TYPE_CODE_RVALUE_REF):
        type = type.target()
    return type.strip_typedefs().unqualified()


def number_type(value):
    """ "float", of a Tensor<float>."""
    return re.search(r"<(\w+)>", bare(value.type).name)[1]  # Type.template_argument() takes milliseconds


# The containers of the standard library, by libstdc++'s names for what they hold.


def elements(array):
    """The elements of a std::array, and how many there are."""
    inside = array[array.type.strip_typedefs().fields()[0]]
    return inside, inside.type.strip_typedefs().range()[1] + 1


def pointer(unique):
    """The address in a std::unique_ptr, which is all that it holds."""
    return struct.unpack("P", read(int(unique.address), 8))[0]


def vector(value):
    """The elements of a std::vector."""
    start, end = (value["_M_impl"][name] for name in ("_M_start", "_M_finish"))
    first, last, size = int(start), int(end), start.type.strip_typedefs().target().sizeof
    if size == 0:
        raise NoDebugInformation("this program's ebb has no debug information")
    if last < first or (last - first) % size:
        raise Corrupt("a vector ends before it starts")
    return Lazy((last - first) // size, lambda i: start[i])


def inline_vector(value):
    """The elements of an ebb::InlineVector."""
    first, inside = elements(value["first_"])
    count = int(value["size_"])
    if count <= inside:
        return Lazy(count, lambda i: first[i])
    rest = vector(value["rest_"])
    if count != inside + len(rest):
        raise Corrupt(f"a list of {count} elements that holds {inside + len(rest)}")
    return Lazy(count, lambda i: first[i] if i < inside else rest[i - inside])


class Lazy:
    """A sequence whose elements are read when asked for."""

    def __init__(self, count, at):
        self.count, self.at = count, at

    def __len__(self):
        return self.count

    def __getitem__(self, i):
        if not 0 <= i < self.count:
            raise IndexError(i)
        return self.at(i)


def string(value):
    """The text of a std::string."""
    length = int(value["_M_string_length"])
    if length > 1 << 16:
        raise Corrupt(f"a string of {length} characters")
    return value["_M_dataplus"]["_M_p"].string("utf-8", "replace", length)


def summary():
    """Whether gdb wants little: for the arguments in a backtrace."""
    return hasattr(gdb, "print_options") and gdb.print_options().get("summary", False)


def most_shown():
    """How many numbers of a tensor, or records of a tape, to show: what `set print elements` says, but not gdb's default,
    a screenful."""
    limit = gdb.parameter("print elements")
    if summary():
        return 3
    return 24 if limit == 200 else limit if limit else 1 << 62


def extents(shape):
    rank = int(shape["rank_"])
    places, most = elements(shape["extents_"])
    if not 0 <= rank <= most:
        raise Corrupt(f"rank {rank}")
    return [int(places[i]) for i in range(rank)]


class Numbers:
    """What an Array<T> holds: its extents, and where its numbers are, if it is defined."""

    FORMATS = {"float": "f", "double": "d", "int": "i"}

    def __init__(self, array):
        self.extents = extents(array["shape_"])
        self.format = self.FORMATS[number_type(array)]
        block = array["buffer_"]["block_"]
        self.defined = int(block) != 0
        self.size = 1
        for extent in self.extents:
            if extent < 0:
                raise Corrupt(f"a negative extent in its shape, {self.extents}")
            self.size *= extent
        self.bytes = self.size * struct.calcsize(self.format)
        if not self.defined:
            return
        size_of_block = block.type.target().sizeof
        self.address = int(block) + size_of_block
        try:
            references, capacity = struct.unpack("lN", read(int(block), 16))
        except gdb.error:
            raise Corrupt(f"shape {self.extents}, but its buffer, at {int(block):#x}, cannot be read") from None
        if references <= 0 or int(block) % 64:
            raise Corrupt(f"shape {self.extents}, but its buffer, at {int(block):#x}, is none, or was let go of")
        if capacity < self.bytes:
            raise Corrupt(f"shape {self.extents}, but a buffer of {capacity} bytes")

    def text(self, most):
        """ "{{1, 2}, ...}" """
        if self.size == 0:
            return "{}"
        count = min(self.size, most)
        self.numbers = struct.unpack(f"{count}{self.format}", read(self.address, count * struct.calcsize(self.format)))
        return self.nested(0, 0, self.size)

    def nested(self, axis, offset, stride):
        if axis == len(self.extents):
            return f"{self.numbers[offset]:.6g}" if self.format != "i" else str(self.numbers[offset])
        below = stride // self.extents[axis]
        parts = []
        for i in range(self.extents[axis]):
            if offset + i * below >= len(self.numbers):
                parts.append("...")
                break
            parts.append(self.nested(axis + 1, offset + i * below, below))
        return "{" + ", ".join(parts) + "}"


def array_text(array):
    name = f"Array<{number_type(array)}>"
    numbers = Numbers(array)
    if not numbers.defined:
        return name + undefined(numbers, "")
    return f"{name}{numbers.extents} {numbers.text(most_shown())}"


def undefined(numbers, record):
    if numbers.extents:
        return f" undefined (moved from: was {numbers.extents}{record})"
    return f" undefined{record}"


NO_TAPE, PARAMETER = 0, (1 << 64) - 1


class Slot:
    def __init__(self, slot):
        self.tape, self.record, self.generation = (int(slot[x]) for x in ("tape", "record", "generation"))
        if self.record < -1 or self.tracked and self.record < 0:
            raise Corrupt(f"record {self.record}")

    @property
    def tracked(self):
        return self.tape not in (NO_TAPE, PARAMETER)


def slot_text(value):
    slot = Slot(value)
    if slot.tape == NO_TAPE:
        return "Slot on no tape"
    if slot.tape == PARAMETER:
        return "Slot of a parameter"
    return f"Slot #{slot.record} of tape {slot.tape}, generation {slot.generation}"


def tensor_text(tensor):
    name = f"Tensor<{number_type(tensor)}>"
    slot = Slot(tensor["slot_"])
    numbers = Numbers(tensor["value_"])
    number = f" #{slot.record}" if slot.tracked else ""
    if not numbers.defined:
        return name + undefined(numbers, number)
    number, notes = record_notes(number_type(tensor), slot, number)
    return f"{name}{numbers.extents}{number} {numbers.text(most_shown())}{notes}"


def record_notes(type, slot, number):
    """What a tape that is in scope knows of a tensor: its op beside its number, and the rest behind its values."""
    if not slot.tracked:
        return number, ""
    try:
        chains = tapes_in_scope(type)
        if not chains:  # perhaps only because nothing can be known of tapes here
            return number, ""
        tape = next((tape for tape in chains if tape.id == slot.tape), None)
        if tape is None:
            return number, f" (tape {slot.tape} is not in scope on this thread)"
        if slot.record >= tape.size or tape.record(slot.record).generation != slot.generation:
            return number, " (its record was rewound since)"
        record = tape.record(slot.record)
        notes = "" if summary() else record.place
        adjoint = None if summary() else tape.adjoint(slot.record)
        if adjoint is not None:
            notes += f", gradient {adjoint.text(min(most_shown(), 6))}"
        return f"{number} {record.op}", notes
    except TROUBLE:
        return number, ""


def parameter_text(parameter):
    name = f"Parameter<{number_type(parameter)}>"
    state = parameter["state_"]["_M_ptr"]
    if int(state) == 0:
        return f"{name} (moved from)"
    return state_text(state.dereference(), name, parameter)


def state_text(state, name="Parameter::State", handle=None):
    """`handle`: the parameter by which it was found, which may bear the name of its list."""
    value, gradient, title = Numbers(state["value"]), Numbers(state["gradient"]), string(state["name"])
    title = handle is not None and string(handle["path_"]) or title
    text = f"{name} {title}" if title else name
    if not value.defined:
        return f"{text} undefined"
    text += f"{'' if not title else ' '}{value.extents} {value.text(most_shown())}"
    if not bool(state["trainable"]):
        text += ", a buffer" if bool(state["buffer"]) else ", not trainable"
    if not gradient.defined:
        return text
    rows = Numbers(state["rows"])
    of_rows = f"of rows {rows.text(most_shown())} alone " if rows.defined else ""
    return f"{text}, gradient {of_rows}{gradient.text(most_shown())}"


def operand_text(operand):
    """A reference to a base class: of a tensor or of a parameter."""
    type = number_type(operand)
    derived = "Parameter" if int(operand["slot_"]["tape"]) == PARAMETER else "Tensor"
    return TEXTS[derived](operand.cast(gdb.lookup_type(f"ebb::{derived}<{type}>")))


def buffer_text(buffer):
    block = buffer["block_"]
    if int(block) == 0:
        return "Buffer undefined"
    references, capacity = struct.unpack("lN", read(int(block), 16))
    return f"Buffer of {capacity} bytes at {int(block) + block.type.target().sizeof:#x}, {references} owners"


def location_text(location):
    line = int(location["line_"])
    return f"{location['file_'].string()}:{line}" if line else "unknown line"


TEXTS = {
    "Tensor": tensor_text,
    "Array": array_text,
    "Parameter": parameter_text,
    "State": state_text,
    "Operand": operand_text,
    "Shape": lambda shape: str(extents(shape)),
    "Slot": slot_text,
    "SourceLocation": location_text,
    "Buffer": buffer_text,
    "Op": lambda op: f"Op {op['name'].string()}",
    "Adjoints": lambda adjoints: f"adjoints of the inputs of {Record(adjoints['record_'].referenced_value()).text}",
    "Walk": lambda walk: f"walk at #{Sweep(walk).at} of {Sweep(walk).tape.title}",
    "ReverseSweep": lambda sweep: f"reverse sweep at #{Sweep(sweep).at} of {Sweep(sweep).tape.title}",
    "Record": lambda record: Record(record).text,
    "Tape": lambda tape: Tape(tape).text(),
}
NAME = re.compile(r"ebb::(\w+)(<\w+>)?$|ebb::Parameter<\w+>::(State)$")


class Printer:
    def __init__(self, name, value):
        self.name, self.value = name, value

    def to_string(self):
        try:
            value = self.value
            if value.type.strip_typedefs().code in (gdb.TYPE_CODE_REF, gdb.TYPE_CODE_RVALUE_REF):
                value = value.referenced_value()
            return TEXTS[self.name](value)
        except NoDebugInformation as error:
            return f"{self.title} ({error})"
        except gdb.MemoryError as error:
            return f"{self.title} (corrupt: {str(error)[:1].lower()}{str(error)[1:]})"
        except TROUBLE as error:
            if str(error).startswith("There is no member"):
                return f"{self.title} (the program tells no more than this name; clang's take -fstandalone-debug)"
            return f"{self.title} (corrupt: {error})"

    @property
    def title(self):
        return str(bare(self.value.type)).replace("ebb::", "")


class Printers(gdb.printing.PrettyPrinter):
    """Finds the printer for a type. `disable pretty-printer global ebb` has the fields printed instead."""

    def __init__(self):
        super().__init__("ebb")

    def __call__(self, value):
        match = NAME.match(bare(value.type).tag or "")
        name = match and (match[3] or match[1])
        return Printer(name, value) if name in TEXTS else None


gdb.printing.register_pretty_printer(None, Printers(), replace=True)
