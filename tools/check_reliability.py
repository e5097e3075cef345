#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks docs/reliability.md against the tests: each test that it names exists, and each test that is named after
one of its rows (A3_…, f25_…) stands in that row. Usage: check_reliability.py ROOT [--update]"""
import pathlib
import re
import sys

TEST = re.compile(r"^(?:RC_GTEST_PROP|TEST(?:_F|_P)?|TYPED_TEST)\(\s*(\w+),\s*(\w+)", re.MULTILINE)
ROW_OF = re.compile(r"(?:^|[_-])([ABF]\d+)(?=[_-]|[A-Z]|$)", re.IGNORECASE)
LINE = re.compile(r"^\| ([ABF]\d+) \|")


def tests_of(root):
    """All tests: `Suite.Name` of C++, the names of scenarios."""
    tests = {f"{suite}.{name}" for path in (root / "src").rglob("*_test.cc") for suite, name in TEST.findall(path.read_text())}
    return tests | {path.parent.name for path in (root / "tests/scenarios").glob("*/scenario.txt")}


def rows_of(test):
    return {row.upper() for row in ROW_OF.findall(test.split(".")[-1])}


def mended(line, row, tests):
    """The row's line with the tests that there are."""
    cells = line.rstrip().rstrip("|").rsplit("|", 1)
    named = [name for name in re.findall(r"`([^`]+)`", cells[1]) if name in tests]
    named += sorted(test for test in tests if row in rows_of(test) and test not in named)
    return f"{cells[0]}| {' '.join(f'`{name}`' for name in named) or 'open'} |"


def main(root, update):
    page = root / "docs/reliability.md"
    tests, problems, lines = tests_of(root), [], []
    for number, line in enumerate(page.read_text().splitlines(), 1):
        right = mended(line, row[1], tests) if (row := LINE.match(line)) else line
        if right != line:
            problems.append(f"{page}:{number}: row {row[1]} should end in:{right.rsplit('|', 2)[1]}")
        lines.append(right)
    if update:
        page.write_text("\n".join(lines) + "\n")
    elif problems:
        sys.exit("\n".join(problems) + "\ntools/check_reliability.py . --update writes them")


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3) or sys.argv[2:] not in ([], ["--update"]):
        sys.exit(__doc__)
    main(pathlib.Path(sys.argv[1]), bool(sys.argv[2:]))
