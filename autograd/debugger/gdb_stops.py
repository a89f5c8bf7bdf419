# What stops: ebb break, break-nonfinite, step-forward, step-back; and what `step` passes over.
#
# All operations run through ebb::apply, and all derivatives through the loop of ReverseSweep::run, which makes an Adjoints just
# before it calls one. A Gate at each place looks at what is about to run and lets the program go on; if it is wanted, a
# Landing in the function that will be called next stops there, past its prologue, so that its arguments can be read.


def context():
    """What autograd/scope.cpp holds for the selected thread, or nothing before the thread's first scope."""
    pointer = gdb.parse_and_eval("'ebb::(anonymous namespace)::this_threads_context'")
    return pointer.dereference() if int(pointer) else None


def scope_in_force():
    here = context()
    return string(here["name"].dereference()) if here is not None else ""


def line_in_force(frame):
    """Where the user called what `ebb::apply` runs: the line of the outermost layer, if one is under way."""
    here = context()
    return here["caller"] if here is not None and int(here["caller"]["line_"]) else frame.read_var("at")


class Wanted:
    """What to stop for: an op's name, a scope and those within it, or a line of the user's program."""

    def __init__(self, text):
        self.text = text
        place = re.match(r"(?:(.+):)?(\d+)$", text)
        self.line = int(place[2]) if place else None
        self.file = (place[1] or current_file()) if place else None

    def __call__(self, op, scope, where):
        """`scope` and `where` are functions, which cost time to ask."""
        if self.line is not None:
            place = where()
            return int(place["line_"]) == self.line and is_file(place["file_"].string(), self.file)
        return op == self.text or (scope() + ".").startswith(self.text + ".")

    def known(self):
        """Whether the program is known to have such an op, scope or line. Nothing is sure before the program runs."""
        if self.line is not None:
            try:
                return bool(gdb.decode_line(f"{self.file}:{self.line}")[1])
            except gdb.error:
                return False
        return self.text in known_ops() or any((scope + ".").startswith(self.text + ".") for scope in known_scopes())


def current_file():
    for expression in (None, "main"):
        try:
            place = gdb.decode_line(*([expression] if expression else []))
            place = place[1][0] if isinstance(place[1], tuple) else place[1]
            if place.symtab is not None:
                return place.symtab.filename
        except (gdb.error, TypeError, IndexError):
            pass
    raise gdb.GdbError("ebb break: which file? Say FILE:LINE")


def is_file(file, wanted):
    """Whether a file is the one that a (perhaps shorter) path means, as in gdb's own `break`."""
    return file == wanted or file.endswith("/" + wanted) or (wanted.startswith("/") and wanted.endswith("/" + file))


def known_ops():
    """The names of the ops in what is loaded: by their objects, of type ebb::Op<T>."""
    text = gdb.execute(r"info variables -q -n _op$\|ebb::Ops<", to_string=True)  # tanh_op, or Ops<T>::tanh
    return set(re.findall(r"ebb::Op<\w+> [^;]*?(\w+?)(?:_op)?;", text))


def known_scopes():
    """The scopes that the selected thread has entered so far: std::unordered_set is a list of its nodes."""
    scopes = []
    try:
        here = context()
        node = int(here["names"]["_M_h"]["_M_before_begin"]["_M_nxt"]) if here is not None else 0
        text = here["name"].type.target().pointer() if here is not None else None
        while node and len(scopes) < 100000:
            scopes.append(string(gdb.Value(node + 8).cast(text).dereference()))
            node = struct.unpack("P", read(node, 8))[0]
    except TROUBLE:
        pass  # no program, or no scope yet
    return scopes


class Gate(gdb.Breakpoint):
    """Passed by all that runs in one direction. `owner` is the breakpoint that the user sees; none for a step."""

    def __init__(self, place, wanted, owner=None, internal=True):
        super().__init__(place, internal=internal)
        self.wanted, self.owner = wanted, owner

    def stop(self):
        try:
            if self.owner is None or self.owner.is_valid() and self.owner.enabled:
                self.look(gdb.newest_frame())
        except TROUBLE:
            pass  # a function of that name which is none of ours
        return False

    def retire(self):
        """Without deleting: gdb may be going through its list of breakpoints."""
        if self.is_valid():
            self.enabled = False
        for landing in landings.values():
            landing.armed = {thread: armed for thread, armed in landing.armed.items() if armed.gate is not self}


class ForwardGate(Gate):
    def look(self, frame):
        forget_tapes()
        forget_landing(self, frame)
        op = frame.read_var("op")
        frame.read_var("x")  # ends here for the overload that only calls the other
        name = op["name"].string()
        if self.wanted(name, scope_in_force, lambda: line_in_force(frame)):
            scope, line = scope_in_force(), line_in_force(frame)
            place = f"{f' in {scope}' if scope else ''} at {os.path.basename(line['file_'].string())}:{int(line['line_'])}"
            land(op["forward"], self, frame, f"the value of {name}{place}")


class VisibleGate(ForwardGate):
    """The one that `info breakpoints` shows and that `disable` and `delete` take: that of the other way follows it."""

    def __init__(self, wanted):
        super().__init__("ebb::apply", wanted, self, internal=False)
        self.commands = f"echo ebb break {wanted.text}\\n"
        self.backward = backward_gates(wanted, self)


class BackwardGate(Gate):
    def look(self, frame):
        caller = frame.older()
        forget_landing(self, caller)
        record = Record(frame.read_var("record"))
        if self.wanted(record.op, lambda: record.scope, lambda: record.value["where"]):
            why = f"the derivative of #{record.number} {record.op}{record.place}"
            land(record.value["op"]["backward"], self, caller, why)


def speaks_to_program():
    """Whether gdb talks to an editor, which must be told of each stop, rather than to a person, who would wonder at the
    negative number of an internal breakpoint."""
    try:
        with open("/proc/self/cmdline", "rb") as words:
            return re.search(rb"\0--?i(nterpreter)?[=\0]mi", words.read()) is not None
    except OSError:
        return True


SPEAKS_TO_PROGRAM = speaks_to_program()


class Landing(gdb.Breakpoint):
    """In a function of an op, past its prologue; stops only if the frame that a gate has seen calls it."""

    def __init__(self, address):
        super().__init__(f"*{gdb.find_pc_line(address).last + 1:#x}", internal=True)
        self.silent = not SPEAKS_TO_PROGRAM
        self.armed, self.why = {}, ""  # by thread, since any number of them may be on their way here

    def stop(self):
        armed = self.armed.get(thread())
        if armed is None or gdb.newest_frame().older() != armed.caller:
            return False
        del self.armed[thread()]
        self.why = armed.why
        return True


Armed = collections.namedtuple("Armed", "gate caller why")


def thread():
    return gdb.selected_thread().ptid


landings = {}  # by the address of the function, for all gates: of two at one address gdb would stop at each in turn


def land(function, gate, caller, why):
    """Has the program stop in the function at this address when it is called by this frame."""
    address = int(function)
    if address == 0:
        return
    if address not in landings:
        landings[address] = Landing(address)
    landings[address].armed[thread()] = Armed(gate, caller, why)


def forget_landing(gate, caller):
    """Of a function that was not called after all, because an exception came first."""
    for landing in landings.values():
        armed = landing.armed.get(thread())
        if armed is not None and armed.gate is gate and armed.caller == caller:
            del landing.armed[thread()]


def on_exited(_):
    for landing in landings.values():
        landing.enabled = False
    landings.clear()


def backward_gates(wanted, owner=None):
    return [BackwardGate(f"ebb::Adjoints<{type}>::Adjoints", wanted, owner) for type in ("float", "double")]


def on_breakpoint_deleted(breakpoint):
    if isinstance(breakpoint, VisibleGate):
        for gate in (breakpoint, *breakpoint.backward):
            gate.retire()


class EbbBreak(EbbCommand):
    """Stop inside operations: where the value is computed, and where the derivative is.
Usage: ebb break OP
       ebb break SCOPE
       ebb break FILE:LINE
       ebb break LINE

OP is a name as 'ebb tape' shows it (tanh), SCOPE that of a layer (blocks.3 holds for blocks.3.attention too), and a
line is one of your program that calls operations. The breakpoint can be disabled and deleted by its number; 'commands',
'ignore', and the count of its hits mean nothing to it, since what stops is a breakpoint of its own inside the operation."""

    name, kind = "ebb break", gdb.COMMAND_BREAKPOINTS

    def run(self, argument):
        if not argument:
            self.fail("takes an op, a scope, or a line, as in 'ebb break tanh' or 'ebb break main.cpp:12'")
        if ebb_in_program() == "bare" or gdb.selected_thread() is not None:
            self.need_debug_information()
        wanted = Wanted(argument)
        known = wanted.known()
        VisibleGate(wanted)
        kinds = f"line {wanted.file}:{wanted.line}" if wanted.line is not None else f"op or scope '{wanted.text}'"
        if known:
            what = f"calls at {os.path.basename(wanted.file)}:{wanted.line}" if wanted.line is not None else wanted.text
            print(f"Will stop inside {what}, forward and backward.")
        else:
            near = [] if wanted.line is not None else close_to(wanted.text)
            hint = f" (there is {', '.join(near)})" if near else ""
            print(f"No {kinds} is known yet{hint}; will stop when one turns up.")


def close_to(name):
    import difflib

    return difflib.get_close_matches(name, sorted(known_ops()), n=2)


class EbbStep(EbbCommand):
    kind = gdb.COMMAND_RUNNING

    def run(self, argument):
        self.no_argument(argument)
        self.need_program()
        self.need_debug_information()
        gates = self.gates(lambda *_: True)
        try:
            gdb.execute("continue")
        finally:
            for gate in gates:
                gate.retire()
                gate.delete()


class EbbStepForward(EbbStep):
    """Run to the next operation: into the function that computes its value.
Usage: ebb step-forward"""

    name = "ebb step-forward"

    @staticmethod
    def gates(wanted):
        return [ForwardGate("ebb::apply", wanted)]


class EbbStepBack(EbbStep):
    """Run to the next record of the backward walk: into its derivative.
Usage: ebb step-back

Before a walk has begun, runs to the first derivative of the next one."""

    name = "ebb step-back"
    gates = staticmethod(backward_gates)


class EbbBreakNonfinite(EbbCommand):
    """Stop at the first NaN or infinity that an operation or a derivative makes.
Usage: ebb break-nonfinite [off]

For the program that runs, and for those started from here later."""

    name, kind = "ebb break-nonfinite", gdb.COMMAND_BREAKPOINTS

    def run(self, argument):
        if argument not in ("", "on", "off"):
            self.fail(f"takes nothing, or 'off', but got '{argument}'")
        on = argument != "off"
        gdb.execute("set environment EBB_BREAK_AT_NON_FINITE " + "01"[on], to_string=True)
        if gdb.selected_thread() is not None:
            if ebb_in_program() == "none":
                self.fail("this program does not contain ebb")
            set_break_at_non_finite(2 if on else 0)  # 2: only while a debugger is attached, so that one may detach
        print("Will stop at the first NaN or infinity." if on else "Will not stop at NaN and infinity.")


def set_break_at_non_finite(value):
    variable = gdb.parse_and_eval("'ebb::break_at_non_finite'")
    known = variable.type.code in (gdb.TYPE_CODE_INT, gdb.TYPE_CODE_BOOL)  # not if ebb has no debug information
    size = variable.type.sizeof if known else 4
    gdb.selected_inferior().write_memory(int(variable.address), value.to_bytes(size, sys.byteorder))


def on_stop(event):
    """Says why ebb stopped the program."""
    if isinstance(event, gdb.BreakpointEvent):
        for landing in event.breakpoints:
            if isinstance(landing, Landing):
                print(f"ebb: {landing.why}")
                if landing.silent:
                    gdb.execute("frame")
        return
    frame = gdb.newest_frame()
    for _ in range(4):  # where `int3` is not to be had, it is raise() that stops
        if frame is None or "stop_in_debugger" in (frame.name() or ""):
            break
        frame = frame.older()
    else:
        return
    if frame is None:
        return
    try:
        print(f"ebb: {reason(frame)}")
    except TROUBLE:
        print("ebb: a condition to stop at holds; a debug build of ebb says which")
    helper = re.compile(r"stop_in_debugger|Asking<|::(tell|show_value)\b|(ReverseSweep|Adjoints)<\w+>::add(\(|$)")
    while frame.older() is not None and helper.search(frame.name() or ""):
        frame = frame.older()
    frame.select()
    gdb.execute("frame")


def reason(frame):
    """What stop_in_debugger was given: without debug information, still in the register of the first argument."""
    try:
        return frame.read_var("reason").string()
    except TROUBLE:
        if frame.level() != 0 or not re.search(r"stop_in_debugger(\(char const\*\))?$", frame.name()):
            raise  # not there any more, or a copy of the function that goes without the argument
        return frame.read_register("rdi").cast(gdb.lookup_type("char").pointer()).string("utf-8", "strict")


# From your line straight into ebb's operations, and from the walk's loop into a derivative.
SKIPPED = [
    "-gfi */include/c++/*",
    "-rfu ^(std|xt|xtl|xsimd|fmt|__gnu_cxx)::",
    "-rfu ^ebb::(SourceLocation|Term|Tensor|Operand|Parameter|Shape|Array|Buffer|Attributes|Slot|InlineVector|StableVector|"
    "Record|Scope|RecordingScope|nn::Caller|nn::LayerScope)(<.*>)?::",
    "-rfu ^ebb::(Adjoints|ReverseSweep)<.*>::(Adjoints|needs|keeps|is_about|place|window|rows|shape|tape|creates?_graph)[(]",
    "-rfu ^ebb::Tape<.*>::(recording|current|find|check_on_this_tape|append|size|record|keeps_all|inspected|"
    "operator.*)[(]",
    "-rfu ^ebb::(.*::)?(any_tracked|all_tracked|to_size)(<.*>)?[(]",
]


def set_skips():
    already = gdb.execute("info skip", to_string=True)
    for skip in SKIPPED:
        if skip.split(" ", 1)[1] not in already:
            gdb.execute("skip " + skip, to_string=True)


set_skips()
gdb.events.stop.connect(on_stop)
gdb.events.exited.connect(on_exited)
gdb.events.breakpoint_deleted.connect(on_breakpoint_deleted)
for command in (EbbBreak, EbbStepForward, EbbStepBack, EbbBreakNonfinite):
    command()
