#!/usr/bin/env python3
"""usage: terminal_test.py PROGRAM

Drives the stepper on a pseudo-terminal of 80 x 24, whose screen is kept here: whatever would leave that screen, and
every escape that is not known to be safe, is an error. Waits for what must appear, never for a time; what has not come
after two minutes has failed.
"""
import fcntl
import os
import pty
import re
import select
import signal
import struct
import sys
import termios
import time
import unittest

PROGRAM = os.path.abspath(sys.argv.pop())
COLUMNS, ROWS = 80, 24
PATIENCE = 120  # seconds


class Screen:
    """What a terminal shows, as far as the program uses one."""

    def __init__(self, columns, rows):
        self.columns, self.rows = columns, rows
        self.pending, self.coloured, self.other, self.cursor = b"", False, False, True
        self.whole = True  # not in the middle of a redraw
        self.clear()

    def clear(self):
        self.lines = [" " * self.columns for _ in range(self.rows)]
        self.row = self.column = 0

    def feed(self, data):
        self.pending += data
        token = re.compile(rb"\x1b\[(\??[0-9;]*)([A-Za-z])|\r|\n|[ -~]+")
        while self.pending:
            found = token.match(self.pending)
            if not found:
                assert re.fullmatch(rb"\x1b(\[\??[0-9;]*)?", self.pending), f"unknown output {self.pending!r}"
                return  # the rest is yet to come
            self.pending = self.pending[found.end():]
            if found[2]:
                self.escape(found[1].decode(), found[2].decode())
            elif found[0] == b"\r":
                self.column = 0
            elif found[0] == b"\n":
                self.row += 1
                if self.other:
                    assert self.row < self.rows, "the screen scrolled"
                self.row = min(self.row, self.rows - 1)
            else:
                self.write(found[0].decode())

    def write(self, text):
        if not self.other:
            return
        end = self.column + len(text)
        assert end <= self.columns, f"{end} columns in line {self.row}: {text!r}"
        line = self.lines[self.row]
        self.lines[self.row] = line[:self.column] + text + line[end:]
        self.column = end

    def escape(self, argument, kind):
        if kind == "H" and not argument:
            self.row = self.column = 0
        elif kind in "KJ" and not argument:
            assert self.column < self.columns, "would erase the character in the last column"
            self.lines[self.row] = self.lines[self.row][:self.column].ljust(self.columns)
            if kind == "J":
                self.lines[self.row + 1:] = [" " * self.columns] * (self.rows - self.row - 1)
        elif kind == "m":
            self.coloured = True
        elif kind in "hl" and argument == "?1049":
            self.other = kind == "h"
            self.clear()
        elif kind in "hl" and argument == "?2026":
            self.whole = kind == "l"
        elif kind in "hl" and argument == "?25":
            self.cursor = kind == "h"
        else:
            raise AssertionError(f"unknown escape {argument}{kind}")

    def text(self):
        return "\n".join(line.rstrip() for line in self.lines)


class Session:
    """The program on a terminal of its own."""

    def __init__(self, *arguments, size=(COLUMNS, ROWS), **environment):
        self.screen = Screen(*size)
        self.master, self.slave = pty.openpty()
        self.resize(*size)
        self.before = termios.tcgetattr(self.slave)
        states, report = os.pipe()
        self.states = os.fdopen(states)
        self.leader = os.fork()
        if self.leader == 0:
            plain = {k: v for k, v in os.environ.items() if k != "NO_COLOR"}
            self.lead([PROGRAM, *arguments], {**plain, "TERM": "xterm", **environment}, report)
        os.close(report)
        self.child = int(self.states.readline())

    def lead(self, command, environment, report):
        """What a shell does: runs the program in the foreground, and reports whenever it stops or ends."""
        os.setsid()
        fcntl.ioctl(self.slave, termios.TIOCSCTTY, 0)
        child = os.fork()
        if child == 0:
            os.setpgid(0, 0)
            signal.signal(signal.SIGTTOU, signal.SIG_IGN)
            os.tcsetpgrp(self.slave, os.getpid())
            signal.signal(signal.SIGTTOU, signal.SIG_DFL)
            for stream in (0, 1, 2):
                os.dup2(self.slave, stream)
            os.execve(PROGRAM, command, environment)
        os.write(report, f"{child}\n".encode())
        status = 0x7F
        while os.WIFSTOPPED(status):
            _, status = os.waitpid(child, os.WUNTRACED)
            os.write(report, f"{status}\n".encode())
        os._exit(0)

    def resize(self, columns, rows):
        fcntl.ioctl(self.slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def read(self, deadline):
        ready, _, _ = select.select([self.master], [], [], max(0, deadline - time.monotonic()))
        assert ready, "nothing came; the screen is\n" + self.screen.text()
        self.screen.feed(os.read(self.master, 65536))

    def wait(self, *parts, absent=None):
        """Until the screen shows all of these, and not that."""
        deadline = time.monotonic() + PATIENCE
        def there():
            text = self.screen.text()
            return self.screen.whole and all(part in text for part in parts) and not (absent and absent in text)

        while not there():
            assert time.monotonic() < deadline, f"no {parts}; the screen is\n" + self.screen.text()
            self.read(deadline)
        return self.screen.text()

    def press(self, keys, *parts):
        os.write(self.master, keys.encode())
        return self.wait(*parts)

    def state(self):
        """The status with which it stops or ends; what it writes meanwhile is read."""
        deadline = time.monotonic() + PATIENCE
        while True:
            ready, _, _ = select.select([self.master, self.states], [], [], max(0, deadline - time.monotonic()))
            assert ready, "it did not end or stop"
            if self.master in ready:
                self.screen.feed(os.read(self.master, 65536))
            else:
                return int(self.states.readline())

    def settings(self):
        return termios.tcgetattr(self.slave)

    def close(self):
        os.kill(self.leader, signal.SIGKILL)  # the program, if it still runs, hangs up
        os.waitpid(self.leader, 0)
        os.close(self.master)
        os.close(self.slave)
        self.states.close()


class Stepper(unittest.TestCase):
    def start(self, *arguments, **rest):
        session = Session(*arguments, **rest)
        self.addCleanup(session.close)
        return session

    def check_restored(self, session):
        self.assertEqual(session.settings(), session.before)
        self.assertFalse(session.screen.other)
        self.assertTrue(session.screen.cursor)

    def test_every_screen_of_every_program_fits_and_comes_back_the_same(self):
        for name, forward, backward in (("formula", 5, 5), ("neuron", 7, 7), ("softmax", 8, 8), ("attention", 14, 14)):
            for color in ("never", "always"):
                with self.subTest(program=name, color=color):
                    session = self.start(name, "--color", color)
                    places = [f"forward {i + 1} of {forward}" for i in range(forward)]
                    places += [f"backward {i + 1} of {backward}" for i in range(backward)]
                    session.wait(places[0], "q quit", "Space goes on")
                    screens = {}
                    for place in places[1:]:
                        screens[place] = session.press("n", place, "q quit")
                    session.press("n", "This is the end")
                    for place in reversed(places[1:-1]):
                        self.assertEqual(session.press("b", place, "q quit"), screens[place])
                    for place in places[2:]:
                        self.assertEqual(session.press(" ", place, "q quit"), screens[place])
                    self.assertEqual(session.screen.coloured, color == "always")
                    session.press("e", "record ", "back to the tape")
                    session.press("q", places[-1])
                    os.write(session.master, b"q")
                    self.assertEqual(session.state(), 0)
                    self.check_restored(session)

    def test_keys(self):
        session = self.start("attention")
        session.wait("forward 1 of 14")
        session.press("\x1b[C", "forward 2 of 14")
        session.press("\x1b[D", "forward 1 of 14")
        session.press("\x1bOC", "forward 2 of 14")
        session.press("\r", "forward 3 of 14")
        session.press("f", "forward 14 of 14", "d loss / d loss = 1")
        session.press("r", "run to the op or name: _")
        session.press("softmaz", "name: softmaz_")
        session.press("\x7fx", "name: softmax_")
        session.press("\r", "backward 5 of 14", "#9 weights = softmax(scores)")
        session.press("rtanh\r", "No record ahead has 'tanh'", "backward 5 of 14")
        session.press("v9\r", "value of #9 weights, shape [3, 3]", "any key")
        session.press("x", "backward 5 of 14")
        session.press("gscores\r", "gradient so far of #8 scores, shape [3, 3]")
        session.press("q", "backward 5 of 14")
        session.press("e", "record 9: softmax, made at programs.cpp:", "differences")
        session.press("q", "backward 5 of 14")
        session.press("?", "lines 1 to 22 of", "Keys, and the words")
        session.press(" ", "const Tensor loss = mean(squares);")
        session.press("b", "Keys, and the words")
        session.press("q", "backward 5 of 14")
        session.press("v", "value of record: _")
        os.write(session.master, b"\x1b")  # by itself, it gives up the question
        session.wait(absent="value of record")
        session.press("z", "That key does nothing")
        session.press("f", "backward 14 of 14")
        session.press("f", "forward 1 of 14")
        os.write(session.master, b"q")
        self.assertEqual(session.state(), 0)
        self.check_restored(session)

    def test_signals_and_a_closed_input_put_the_terminal_back(self):
        for how, expected in (("\x03", signal.SIGINT), (signal.SIGTERM, signal.SIGTERM), (signal.SIGHUP, signal.SIGHUP),
                              ("\x04", 0)):
            with self.subTest(how=how):
                session = self.start("neuron")
                session.wait("forward 1 of 7")
                self.assertNotEqual(session.settings(), session.before)
                if isinstance(how, str):
                    os.write(session.master, how.encode())
                else:
                    os.kill(session.child, how)
                status = session.state()
                self.assertEqual(os.WTERMSIG(status) if expected else status, expected)
                self.check_restored(session)

    def test_a_stop_gives_the_terminal_away_and_going_on_takes_it_back(self):
        session = self.start("formula")
        session.press("n", "forward 2 of 5")
        for _ in range(2):
            os.write(session.master, b"\x1a")  # Ctrl-Z
            self.assertTrue(os.WIFSTOPPED(session.state()))
            self.check_restored(session)
            os.kill(session.child, signal.SIGCONT)
            session.wait("forward 2 of 5")
            self.assertNotEqual(session.settings(), session.before)
        session.press("n", "forward 3 of 5")
        os.write(session.master, b"q")
        self.assertEqual(session.state(), 0)
        self.check_restored(session)

    def test_a_change_of_size_redraws(self):
        session = self.start("attention")
        session.wait("q quit")
        session.screen.columns, session.screen.rows = 120, 40
        session.screen.clear()
        session.resize(120, 40)
        os.kill(session.child, signal.SIGWINCH)
        session.wait("-" * 120)
        self.assertTrue(session.screen.lines[38].startswith("n next"))

    def test_no_colour_where_it_is_not_wanted(self):
        for environment, coloured in (({}, True), ({"NO_COLOR": "1"}, False), ({"NO_COLOR": ""}, True)):
            session = self.start("formula", **environment)
            session.wait("q quit")
            self.assertEqual(session.screen.coloured, coloured)

    def test_a_terminal_that_cannot_redraw_gets_a_transcript(self):
        session = self.start("formula", TERM="dumb")
        session.screen.other = False
        seen = b""
        deadline = time.monotonic() + PATIENCE
        while b"\n> " not in seen:
            assert time.monotonic() < deadline and select.select([session.master], [], [], PATIENCE)[0]
            seen += os.read(session.master, 65536)
        self.assertIn(b"forward 1 of 5", seen)
        self.assertNotIn(b"\x1b", seen)
        os.write(session.master, b"quit\n")
        self.assertEqual(session.state(), 0)


unittest.main(argv=[sys.argv[0]])
