#!/usr/bin/env python3
"""usage: terminal_test.py GDB PROGRAM TRUSTED

Types at gdb on a pseudo-terminal of 80 x 24, where its pager is at work: long tapes leave room, so that it never asks
whether to go on, and takes no command for the answer. What has not come after two minutes has failed.
"""
import fcntl
import os
import pty
import select
import struct
import sys
import termios
import time

PATIENCE = 120  # seconds
gdb, program, trusted = sys.argv[1:]


def start():
    child, terminal = pty.fork()
    if child == 0:
        environment = {**os.environ, "TERM": "dumb", "LC_ALL": "C.UTF-8", "OMP_NUM_THREADS": "1"}
        os.read(0, 1)  # until the terminal has its size
        trust = f"add-auto-load-safe-path {trusted}"
        os.execvpe(gdb, [gdb, "-q", "-nx", "-iex", trust, "-iex", "set style enabled off", program], environment)
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    os.write(terminal, b"\n")
    return terminal


def wait_for_prompt(terminal):
    """What comes until gdb waits for a command."""
    deadline, text = time.monotonic() + PATIENCE, ""
    while not text.endswith("(gdb) "):
        asked = "--Type <RET>" in text
        if asked or not select.select([terminal], [], [], max(0, deadline - time.monotonic()))[0]:
            sys.exit(f"gdb does not come back to its prompt:\n{text}")
        text += os.read(terminal, 65536).decode("utf-8", "replace")
    return text


def main():
    terminal = start()
    wait_for_prompt(terminal)

    def say(command, expected):
        os.write(terminal, f"{command}\n".encode())
        text = wait_for_prompt(terminal)
        if expected not in text:
            sys.exit(f"{command}: no '{expected}' in\n{text}")

    source = os.path.join(os.path.dirname(os.path.abspath(__file__)), "program.cpp")
    with open(source, encoding="utf-8") as lines:
        deep = next(i for i, line in enumerate(lines, 1) if line.endswith("// deep\n"))
    say(f"break {deep}", "Breakpoint 1")
    say("run", "Breakpoint 1, ")
    for width in 80, 40:  # on 40 columns, each record takes two lines
        say(f"set width {width}", "")
        say("ebb tape", "200  add")
        say("print 40 + 2", "= 42")
        say("print tape", "200  add")
    os.write(terminal, b"kill\ny\nquit\n")


main()
