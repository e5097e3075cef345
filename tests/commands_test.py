#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compares the commands that `cls --help` lists with the text scenarios: each must be run in one, end well there, and
have something expected of it before the next one runs. Usage: commands_test.py CLS"""
import pathlib
import re
import shlex
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tools"))
import command_pages  # noqa: E402

RUN = re.compile(r"^run cls (.*) (?:→|->) (\d+)$")


def shown(known):
    """The commands that a scenario shows: run with an exit code of success, of a finding or a refusal, then
    expected of."""
    found = set()
    for path in sorted((ROOT / "tests/scenarios").glob("*/scenario.txt")):
        last = None
        for line in path.read_text(encoding="utf-8").splitlines():
            if match := RUN.match(line):
                last = command_of(shlex.split(match[1]), known) if match[2] in ("0", "3", "4", "5", "6") else None
            elif line.startswith("up"):
                last = ("up",)
            elif line.startswith(("expect", "await")) and not line.startswith("expect audit") and last:
                found.add(last)
    return found


def command_of(words, known):
    """The longest command that the words begin with, options left out."""
    names = [word for word in words if not word.startswith("-")]
    return next((tuple(names[:n]) for n in (3, 2, 1) if tuple(names[:n]) in known), None)


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    cls = pathlib.Path(sys.argv[1]).resolve()
    known = {words for words, _ in command_pages.commands(cls)}
    if len(known) < 20:
        sys.exit(f"only {len(known)} commands were found")
    missing = sorted(known - shown(known))
    sys.exit("\n".join(f"no scenario shows what `cls {' '.join(words)}` does" for words in missing) or 0)


if __name__ == "__main__":
    main()
