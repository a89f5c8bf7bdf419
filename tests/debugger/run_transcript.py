#!/usr/bin/env python3
"""Runs the commands of a transcript in gdb or lldb and compares what they print.

    run_transcript.py DEBUGGER PROGRAM TRANSCRIPT [OPTION...]

A line that starts with "(gdb)" or "(lldb)" is a command; those below it are what it prints. In them "..." stands for any
text, and alone on a line for any lines. {text} is the number of the line of program.cpp that ends in "// text". Lines
that start with # and a blank are comments. The options go to the debugger, before the program.
"""
import glob
import os
import re
import subprocess
import sys
import tempfile

NOISE = re.compile(r"\[Thread debugging|Using host libthread_db|\[New Thread|\[Thread 0x|warning: Error disabling address")
PROMPT = re.compile(r"\((gdb|lldb)\) (.*)")


def steps_of(transcript):
    """The commands, each with the lines expected of it."""
    folder = os.path.dirname(os.path.abspath(__file__))
    with open(os.path.join(folder, "program.cpp"), encoding="utf-8") as source:
        numbers = {line.split("//")[-1].strip(): str(i) for i, line in enumerate(source, 1) if "//" in line}
    steps = []
    with open(transcript, encoding="utf-8") as text:
        for line in text:
            line = re.sub(r"\{([^{}]+)\}", lambda match: numbers.get(match[1], match[0]), line.rstrip())
            command = PROMPT.match(line)
            if command:
                steps.append((command[2], []))
            elif line and not line.startswith("# "):
                steps[-1][1].append(line)
    return steps


def pattern_of(expected):
    parts = []
    for line in expected:
        anything = r"(?:.*\n)*?" if line.strip() == "..." else ".*".join(map(re.escape, line.split("..."))) + r"\n"
        parts.append(anything)
    return re.compile("".join(parts) + r"\Z")


def command_line(debugger, program, commands, options):
    if "lldb" in os.path.basename(debugger):
        line = [debugger, "--batch", "--no-lldbinit", "--no-use-colors", *options]
        for i, command in enumerate(commands):
            line += ["-o", f"script print('@@@{i}')", "-o", command]
        return [*line, program]
    line = [debugger, "-batch", "-nx", "-iex", "set style enabled off", "-iex", "set width 0", *options, program]
    for i, command in enumerate(commands):
        line += ["-ex", f"echo \\n@@@{i}\\n", "-ex", command]
    return line


def outputs_of(text, count):
    """What each command printed, without empty lines and noise."""
    outputs = [""] * count
    current = None
    for line in text.splitlines():
        marker = re.match(r"@@@(\d+)$", line)
        if marker:
            current = int(marker[1])
        elif current is not None and line.strip() and not NOISE.match(line) and not line.startswith("(lldb) "):
            outputs[current] += line.rstrip() + "\n"
    return outputs


def main():
    debugger, program, transcript, *options = sys.argv[1:]
    if not os.path.exists(program):
        sys.exit(f"{program} was not built")
    steps = steps_of(transcript)
    environment = {**os.environ, "LC_ALL": "C.UTF-8", "OMP_NUM_THREADS": "1"}
    if "lldb" in os.path.basename(debugger):  # Debian's lldb does not find its own module, nor that one what it needs
        own = glob.glob("/usr/lib/llvm-*/lib/python3.*/dist-packages")
        environment["PYTHONPATH"] = ":".join([*own, "/usr/lib/python3/dist-packages"])
    with tempfile.TemporaryDirectory() as folder:
        line = command_line(debugger, program, [command for command, _ in steps], options)
        result = subprocess.run(line, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, cwd=folder,
                                env=environment)
    text = result.stdout.decode("utf-8", "replace")
    failed = False
    for (command, expected), output in zip(steps, outputs_of(text, len(steps))):
        good = pattern_of(expected).match(output) is not None
        if not good:
            print(f"{command}\n--- expected\n" + "".join(line + "\n" for line in expected) + f"--- got\n{output}---")
        failed |= not good
    if "Traceback" in text or "Python Exception" in text or "Fatal signal" in text:
        print("a traceback:\n" + text)
        failed = True
    sys.exit(1 if failed else 0)


main()
