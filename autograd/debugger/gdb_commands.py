# The commands that show: ebb tape, where, grad, graph.


class EbbCommand(gdb.Command):
    """A command whose troubles are one line each, never a traceback."""

    name, kind = "", gdb.COMMAND_DATA

    def __init__(self):
        super().__init__(self.name, self.kind)

    def invoke(self, argument, from_tty):
        try:
            self.run(argument.strip())
        except gdb.GdbError:
            raise
        except TROUBLE as error:
            raise gdb.GdbError(f"{self.name}: {error}") from None

    def fail(self, why):
        raise gdb.GdbError(f"{self.name}: {why}")

    def no_argument(self, argument):
        if argument:
            self.fail(f"takes no argument, but got '{argument}'")

    def number(self, argument):
        if not re.match(r"#?\d+$", argument):
            got = f"got '{argument}'" if argument else "got none"
            self.fail(f"takes the number of a record, as in '{self.name} 3', but {got}")
        return int(argument.lstrip("#"))

    def need_program(self):
        if gdb.selected_thread() is None:
            self.fail("no program is running; 'break' where you want to look, then 'run'")

    def need_debug_information(self):
        if ebb_in_program() == "bare":
            self.fail("this program's ebb has no debug information; build it with the debug preset, "
                      "or -D CMAKE_BUILD_TYPE=Debug")
        if ebb_in_program() == "none":
            self.fail("this program does not contain ebb")

    def tape(self, expression=""):
        """The tape that an expression names, or else the innermost in scope."""
        self.need_program()
        if expression:
            value = gdb.parse_and_eval(expression)
            if bare(value.type).code == gdb.TYPE_CODE_PTR:
                value = value.dereference()
            if not re.match(r"ebb::Tape<\w+>$", str(bare(value.type))):
                self.fail(f"'{expression}' is no tape, but of type {value.type}")
            return Tape(value.referenced_value() if value.type.code == gdb.TYPE_CODE_REF else value)
        self.need_debug_information()
        tapes = [tape for type in ("float", "double") for tape in tapes_in_scope(type)[:1]]
        if not tapes:
            self.fail("no tape is in scope on this thread here")
        tapes.sort(key=lambda tape: tape.walk is None)  # that under a walk first
        if len(tapes) > 1 and tapes[0].walk is None:
            nearest = next(filter(None, map(tape_in, frames())), tapes[0])
            tapes.sort(key=lambda tape: tape.id != nearest.id)
        return tapes[0]

    def record(self, argument):
        """A tape, and its record of this number."""
        number = self.number(argument)
        tape = self.tape()
        if tape.size == 0:
            self.fail(f"there is no record {number}: {tape.title} is empty")
        if number >= tape.size:
            self.fail(f"there is no record {number}: {tape.title} has #0 to #{tape.size - 1}")
        return tape, tape.record(number)


def ebb_in_program():
    """ "full", "bare" (without debug information) or "none": whether the program contains ebb, as far as it is known; a
    shared library is only known once the program runs."""
    try:
        places = gdb.decode_line("ebb::Scope::current")[1]
    except gdb.error:
        return "none"
    return "full" if places and places[0].symtab is not None else "bare"


class Ebb(gdb.Command):
    """Look into ebb's tapes, and stop in its operations.

A tensor prints as its type, shape, record, op, first values, and, while its tape is in scope, the scope and line that
made it and its gradient. 'set print elements N' has N values shown; until then it is 24 of a tensor, and as many records
of a tape. '#3' is record number 3 of a tape. 'print/r' shows the plain fields."""

    def __init__(self):
        super().__init__("ebb", gdb.COMMAND_DATA, gdb.COMPLETE_NONE, True)

    def invoke(self, argument, from_tty):
        if argument:
            raise gdb.GdbError(f"ebb: there is no command '{argument}'; 'help ebb' lists them")
        gdb.execute("help ebb")


class EbbTape(EbbCommand):
    """Show the records of a tape, one a line.
Usage: ebb tape [EXPRESSION]

Without EXPRESSION, the innermost tape in scope on this thread. An arrow marks the record that a backward walk stands
at. Of a long tape, the first and last records; 'set print elements 0' shows all."""

    name = "ebb tape"

    def run(self, argument):
        tape = self.tape(argument)
        print(tape.text())
        others = [x for type in ("float", "double") for x in tapes_in_scope(type) if x.id != tape.id]
        if others and not argument:
            print(f"Also in scope: {', '.join(x.title for x in others)}.")


class EbbWhere(EbbCommand):
    """Show the line of your program that made a record, and the attributes of its op.
Usage: ebb where N"""

    name = "ebb where"

    def run(self, argument):
        record = self.record(argument)[1]
        scope = f" in {record.scope}" if record.scope else ""
        if record.line == 0:
            self.fail(f"the line that made #{record.number} {record.op}{scope} is not known")
        print(f"#{record.number} {record.op}{record.attributes}{scope} at {record.file}:{record.line}")
        print(f"{record.line}\t{source_line(record.file, record.line)}")


def source_line(file, line):
    """A line of the source text, by gdb's own search for it."""
    try:
        symtabs = [place.symtab for place in gdb.decode_line(f"{file}:{line}")[1] or () if place.symtab]
        with open(symtabs[0].fullname() if symtabs else file, encoding="utf-8", errors="replace") as text:
            return text.read().splitlines()[line - 1]
    except (gdb.error, OSError, IndexError):
        return "(its source text was not found; see 'help directory')"


class EbbGrad(EbbCommand):
    """Show the gradient at a record: of what is walked back from, by the result of that record.
Usage: ebb grad N

That of the walk under way, or else what the last walk left on the tape, or in the parameter whose leaf it is."""

    name = "ebb grad"

    def run(self, argument):
        tape, record = self.record(argument)
        walk, number = tape.walk, record.number
        adjoint = tape.adjoint(number) or self.in_hand(walk, number)
        if adjoint is not None:
            where = "so far" if walk and number < walk.at else "in the walk" if walk else "as the last walk left it"
            print(f"gradient at #{number} {record.op}, {where}: {adjoint.extents} {adjoint.text(most_shown())}")
        elif walk and number <= walk.at:
            print(f"No gradient has flowed to #{number} {record.op} yet: the walk stands at #{walk.at}.")
        elif walk:
            print(f"The walk is past #{number} {record.op} and holds its gradient no more, or none flowed there; "
                  "a tape made with {.keep_all = true} keeps it.")
        elif record.parameter is not None and Numbers(record.parameter["gradient"]).defined:
            gradient = Numbers(record.parameter["gradient"])
            print(f"gradient of parameter {record.inputs_text}, the sum of its walks: "
                  f"{gradient.extents} {gradient.text(most_shown())}")
        elif not tape.value["has_gradients_"]:
            print("No backward walk has gone over this tape yet.")
        elif record.op in ("parameter", "watch") or tape.keeps_all:
            print(f"No gradient: the last walk's loss does not depend on #{number} {record.op}.")
        else:
            print(f"The last walk let go of the gradient at #{number} {record.op}; "
                  "a tape made with {.keep_all = true} keeps it.")

    @staticmethod
    def in_hand(walk, number):
        """The adjoint that the walk has taken out and given to a derivative."""
        if walk is None or number != walk.at:
            return None
        for frame in frames():
            if re.match(r"ebb::ReverseSweep<\w+>::run\(", str(frame.function())):
                try:
                    return Numbers(frame.read_var("dy")["value_"])
                except TROUBLE:
                    return None
        return None


class EbbGraph(EbbCommand):
    """Show a record, what it was computed from, and what was computed from it.
Usage: ebb graph N"""

    name = "ebb graph"

    def run(self, argument):
        tape, record = self.record(argument)
        print(record.text)
        for i in record.inputs:
            print(f"  from  {tape.record(i).text if i >= 0 else 'a constant'}")
        users = tape.users(record.number)
        most = gdb.parameter("print elements") or len(users)
        for user in users[:most]:
            print(f"  into  {tape.record(user).text}")
        if len(users) > most:
            print(f"  into  ... {len(users) - most} more")
        if not users:
            print("  into  nothing")


for command in (Ebb, EbbTape, EbbWhere, EbbGrad, EbbGraph):
    command()
