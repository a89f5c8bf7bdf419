# Tapes, records and walks as they stand in memory, and how to find those that are in scope.


class Record:
    """One line of a tape."""

    def __init__(self, value):
        self.value = value
        self.op = value["op"]["name"].string() if int(value["op"]) else "no op"
        self.number, self.generation = int(value["slot"]["record"]), int(value["slot"]["generation"])

    @property
    def scope(self):
        return string(self.value["scope"].dereference()) if int(self.value["scope"]) else ""

    @property
    def file(self):
        return self.value["where"]["file_"].string()

    @property
    def line(self):
        return int(self.value["where"]["line_"])

    @property
    def place(self):
        """ " in blocks.3 at main.cpp:12" """
        scope = f" in {self.scope}" if self.scope else ""
        return f"{scope} at {os.path.basename(self.file)}:{self.line}" if self.line else scope

    @property
    def inputs(self):
        return [int(i) for i in inline_vector(self.value["inputs"])]

    @property
    def shape(self):
        return extents(self.value["shape"])

    @property
    def parameter(self):
        """The state of the parameter whose leaf this is, or nothing."""
        state = self.value["parameter"]["_M_ptr"]
        return state.dereference() if int(state) else None

    @property
    def inputs_text(self):
        if self.parameter is not None:
            name = string(self.parameter["name"])
            return f"{self.scope}.{name}" if self.scope and name else name
        return " ".join(f"#{i}" if i >= 0 else "const" for i in self.inputs)

    @property
    def saved_text(self):
        arrays = [tensor["value_"] for tensor in inline_vector(self.value["saved"])]
        arrays += [self.value["output"]["value_"], *vector(self.value["cached"])]
        count = sum(numbers.bytes for numbers in map(Numbers, arrays) if numbers.defined)
        if count < 1024:
            return f"{count} B"
        return f"{count / 1024:.1f} KiB" if count < 1024 * 1024 else f"{count / 1024 / 1024:.1f} MiB"

    @property
    def attributes(self):
        """ " (axis -1)": the op's struct of attributes; nothing where there is none, or no debug information on it."""
        try:
            held = self.value["attributes"]
            if not held["holds_"]:
                return ""
            holding = gdb.lookup_type("ebb::Attributes::Holding")
            held = held["storage_"].address.cast(holding.pointer()).dereference()
            struct = held.cast(held.dynamic_type)["attributes"]
            fields = [(field.name, attribute_text(struct[field])) for field in struct.type.strip_typedefs().fields()]
        except TROUBLE:
            return ""
        shown = ", ".join(f"{name} {text}" for name, text in fields if text)
        return f" ({shown})" if shown else ""

    @property
    def row(self):
        return [str(self.number), self.op, self.scope, str(self.shape), self.inputs_text, self.saved_text,
                f"{os.path.basename(self.file)}:{self.line}"]

    @property
    def text(self):
        inputs = f" of {self.inputs_text}" if self.inputs_text else ""
        number = f"#{self.number}" if self.number >= 0 else "unrecorded"
        return f"{number} {self.op}{self.shape}{inputs}{self.place}"


def attribute_text(value):
    """The value of an attribute, or nothing if it has none or is of a type that is not shown."""
    type = bare(value.type)
    if type.code in (gdb.TYPE_CODE_BOOL, gdb.TYPE_CODE_INT):
        return str(value)
    if type.code == gdb.TYPE_CODE_FLT:
        return f"{float(value):.6g}"
    if type.name == "ebb::Shape":
        return str(extents(value))
    if type.name == "ebb::Array<int>":
        array = Numbers(value)
        return f"of shape {array.extents}" if array.defined else ""
    if type.name == "ebb::Key":
        return f"seed {int(value['seed'])}, stream {int(value['stream'])}"
    if type.name.startswith("std::optional<"):
        payload = value["_M_payload"]
        return attribute_text(payload["_M_payload"]["_M_value"]) if payload["_M_engaged"] else ""
    return ""


class Tape:
    def __init__(self, value):
        self.value = value
        self.type = number_type(value)
        self.id, self.size = int(value["id_"]), int(value["records_"]["size_"])
        self.chunks = vector(value["records_"]["chunks_"])
        self.record_type = gdb.lookup_type(f"ebb::Record<{self.type}>")
        if self.id == NO_TAPE or self.size > 64 * len(self.chunks):
            raise Corrupt(f"id {self.id}, {self.size} records")

    @property
    def keeps_all(self):
        return bool(self.value["options_"]["keep_all"])

    @property
    def title(self):
        return f"tape {self.id} of {self.type}"

    def record(self, i):
        if not 0 <= i < self.size:
            raise Corrupt(f"no record {i} among {self.size}")
        type = self.record_type
        chunk = pointer(self.chunks[i // 64])
        return Record(gdb.Value(chunk + i % 64 * type.sizeof).cast(type.pointer()).dereference())

    def users(self, wanted):
        """The records that have one among their inputs. A tape may be long, so most are judged by a few bytes each."""
        size = self.record_type.sizeof
        fields = {field.name: field for field in self.record_type.fields()}
        list_at = fields["inputs"].bitpos // 8
        inside = {field.name: field.bitpos // 8 for field in fields["inputs"].type.strip_typedefs().fields()}
        found = []
        for start in range(0, self.size, 64):
            chunk = read(pointer(self.chunks[start // 64]), min(64, self.size - start) * size)
            for i in range(min(64, self.size - start)):
                at = i * size + list_at
                count = struct.unpack_from("N", chunk, at + inside["size_"])[0]
                few = struct.unpack_from(f"{min(count, 3)}q", chunk, at + inside["first_"])
                if wanted in few or count > 3 and wanted in self.record(start + i).inputs:
                    found.append(start + i)
        return found

    @property
    def walk(self):
        """The backward walk that is under way over it, or nothing."""
        sweep = self.value["sweep_"]
        return Sweep(sweep.dereference()) if int(sweep) else None

    def left_by_walk(self, i):
        """The adjoint that the last walk left at a record, or nothing: std::unordered_map is a list of its nodes."""
        tensor = gdb.lookup_type(f"ebb::Tensor<{self.type}>")
        node = int(self.value["gradients_"]["_M_h"]["_M_before_begin"]["_M_nxt"])
        for _ in range(self.size + 1):
            if node == 0:
                return None
            following, record = struct.unpack("Pq", read(node, 16))
            if record == i:
                return Numbers(gdb.Value(node + 16).cast(tensor.pointer()).dereference()["value_"])
            node = following
        raise Corrupt("a list of gradients without an end")

    def adjoint(self, i):
        """The adjoint at a record, as ebb's own Tape::adjoint gives it, or nothing."""
        walk = self.walk
        return walk.adjoint(i) if walk else self.left_by_walk(i)

    def text(self):
        walk = self.walk
        at = walk.at if walk else None
        state = ", walk at #%d" % at if walk else ", walked" if int(self.value["life_"]) >= 2 else ""
        title = f"{self.title}, {self.size} record{'' if self.size == 1 else 's'}{state}"
        if summary() or self.size == 0:
            return title
        most = most_shown()
        lines = self.table(most, at)
        # Of a table longer than the terminal, gdb's pager would ask whether to go on, and take the next command for the
        # answer. Beside the records there are the title, the heads, up to two gaps, the record that the walk stands at,
        # a line of other tapes, and the prompt.
        height, width = gdb.parameter("height"), gdb.parameter("width")
        if height and gdb.parameter("print elements") == 200:
            each = -(-max(map(len, lines)) // width) if width else 1
            fit = max((height - 8) // each, 2)
            lines = self.table(fit, at) if fit < min(most, self.size) else lines
        return "\n".join([title, *lines])

    def table(self, most, at):
        """A line for each record, or for `most` of them."""
        numbers = range(self.size)
        shown = list(numbers)
        if self.size > most:  # the first and the last, and the one that the walk stands at
            shown = sorted({*numbers[: (most + 1) // 2], *numbers[self.size - most // 2 :], *([] if at is None else [at])})
        rows = [["#", "op", "scope", "shape", "inputs", "saved", "line"]] + [self.record(i).row for i in shown]
        widths = [max(map(len, column)) for column in zip(*rows)]
        lines = []
        for i, row in zip([None, *shown], rows):
            if i and i - 1 not in shown:
                lines.append("   " + "...".rjust(widths[0]))
            cells = [row[0].rjust(widths[0]), *(cell.ljust(width) for cell, width in zip(row[1:], widths[1:]))]
            lines.append(("-> " if i is not None and i == at else "   ") + "  ".join(cells).rstrip())
        return lines


class Sweep:
    """A reverse sweep, or the walk by hand that runs one."""

    def __init__(self, value):
        self.value = value
        if bare(value.type).name.startswith("ebb::Walk<"):
            type = gdb.lookup_type(f"ebb::ReverseSweep<{number_type(value)}>")
            self.value = gdb.Value(pointer(value["sweep_"])).cast(type.pointer()).dereference()

    @property
    def tape(self):
        return Tape(self.value["tape_"].referenced_value())

    @property
    def at(self):
        """The record in hand; of a walk that goes by hand and waits, the one that it has just passed."""
        at = int(self.value["next_"])
        waiting = int(self.value["state_"]) == 0
        return min(at + 1, self.tape.size - 1) if waiting else at

    def adjoint(self, i):
        adjoints = vector(self.value["adjoints_"])
        numbers = Numbers(adjoints[i]["value_"]) if i < len(adjoints) else None
        return numbers if numbers and numbers.defined else None


def frames():
    """The frames of the selected thread, the newest first, as far as a tape is likely to be found."""
    try:
        frame = gdb.newest_frame()
    except gdb.error:
        return
    for _ in range(200):
        if frame is None:
            return
        yield frame
        frame = frame.older()


def variables(frame):
    """The variables and arguments of a frame's function."""
    try:
        block = frame.block()
    except RuntimeError:  # no debug information
        return
    while block is not None and not (block.is_global or block.is_static):
        for symbol in block:
            if symbol.is_variable or symbol.is_argument:
                yield symbol
        if block.function is not None:
            return
        block = block.superblock


def tape_in(frame):
    """A tape that a frame holds or refers to, itself or through a walk."""
    for symbol in variables(frame):
        type = bare(symbol.type)
        through = type.code == gdb.TYPE_CODE_PTR
        kind = re.match(r"ebb::(Tape|Walk|ReverseSweep)<\w+>$", str(bare(type.target()) if through else type))
        if kind is None:
            continue
        try:
            value = symbol.value(frame)
            value = value.dereference() if through else value
            value = value.referenced_value() if value.type.code == gdb.TYPE_CODE_REF else value
            return Tape(value) if kind[1] == "Tape" else Sweep(value).tape
        except TROUBLE:
            pass  # not made yet
    return None


def innermost_tape(type):
    """What Tape<T>::innermost() says for the selected thread, or nothing. A core file does not let gdb read what belongs
    to a thread: there it is the nearest tape in a frame."""
    try:
        value = gdb.parse_and_eval(f"ebb::Tape<{type}>::innermost()::tape")
        return Tape(value.dereference()) if int(value) else None
    except TROUBLE:
        tapes = (tape_in(frame) for frame in frames())
        return next((tape for tape in tapes if tape is not None and tape.type == type), None)


known_tapes = {}  # by number type, while the program stands still


def forget_tapes(_=None):
    known_tapes.clear()


def tapes_in_scope(type):
    """The tapes of the selected thread, the innermost first."""
    thread = gdb.selected_thread()
    if thread is None:
        return []
    key = type, thread.num
    if key not in known_tapes:
        chain, tape = [], innermost_tape(type)
        while tape is not None and len(chain) < 64:
            chain.append(tape)
            outer = tape.value["outer_"]
            tape = Tape(outer.dereference()) if int(outer) else None
        known_tapes[key] = chain
    return known_tapes[key]


gdb.events.before_prompt.connect(forget_tapes)
gdb.events.stop.connect(forget_tapes)
gdb.events.cont.connect(forget_tapes)
gdb.events.exited.connect(forget_tapes)
gdb.events.memory_changed.connect(forget_tapes)
