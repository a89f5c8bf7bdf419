#!/usr/bin/env python3
"""usage: check_debugger.py GDB PROGRAM SOURCE

Runs the commands of the block "/* In the debugger: ..." of a source in gdb, and fails unless gdb prints what the block
says. Lines after "(gdb) " are commands. The lines under a command must all appear in what it prints, one directly after
the other; a line "..." stands for any number of lines, also none, and "..." within a line for any text. How much space is between
words does not matter, nor what is printed before the first of the lines or after the last."""

import re
import subprocess
import sys

PROMPT = "(gdb) "


def block_of(source):
    """The commands of the block, each with the lines that stand under it."""
    found = re.search(r"^/\* In the debugger: .*?\n\*/$", open(source, encoding="utf-8").read(), re.M | re.S)
    if not found:
        sys.exit(f'{source}: there is no block that begins with "/* In the debugger: " and ends in a line "*/"')
    commands = []
    for line in found[0].splitlines()[1:-1]:
        if line.startswith(PROMPT):
            commands.append((line[len(PROMPT):], []))
        elif commands:
            commands[-1][1].append(line.rstrip())
    if not commands:
        sys.exit(f'{source}: its block "In the debugger" has no line that begins with "{PROMPT}"')
    return commands


def run(gdb, program, commands):
    """What gdb prints for each command. The program's own output is out of the way."""
    arguments = [gdb, "-batch", "-nx", "-iex", f"add-auto-load-safe-path {program}", "-ex", "set args >/dev/null",
                 "-ex", "set width 0"]
    for number, (command, _) in enumerate(commands):
        arguments += ["-ex", f"echo \\n<{number}>\\n", "-ex", command]
    result = subprocess.run(arguments + [program], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                            stderr=subprocess.STDOUT, text=True, timeout=300)
    parts = re.split(r"^<\d+>\n", result.stdout, flags=re.M)[1:]
    return parts + [""] * (len(commands) - len(parts))


def pattern_of(lines):
    """A regular expression for the lines under a command, with single spaces."""
    pattern = anything = "(?:.*\n)*?"
    for line in lines:
        pattern += anything if line == "..." else ".*".join(map(re.escape, spaced(line).split("..."))) + "\n"
    return pattern


def spaced(text):
    return "\n".join(" ".join(line.split()) for line in text.split("\n"))


def main():
    gdb, program, source = sys.argv[1:]
    commands = block_of(source)
    failed = False
    for (command, lines), printed in zip(commands, run(gdb, program, commands)):
        if not re.match(pattern_of(lines), spaced(printed)):
            failed = True
            print(f"{source}: after the command\n{PROMPT}{command}\nthere should stand", *lines, sep="\n")
            print(f"but gdb printed\n{printed}")
    sys.exit(failed)


main()
