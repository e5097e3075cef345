#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs the models of the protocol, docs/protocol/*.pml, in the configurations of docs/protocol/configurations.txt, and prints
one line each. Exits 1 where a result is not the expected one. Needs spin and gcc.

  tools/model.py              some five minutes, 2 GiB
  tools/model.py --quick      the small ones, a minute
  tools/model.py --deep       the large ones too: some fifteen minutes, 8 GiB
  tools/model.py MODEL…       these models only
  --markdown                  the lines as a table of docs/reliability.md"""
import argparse
import concurrent.futures
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time
from typing import NamedTuple

HERE = pathlib.Path(__file__).resolve().parent.parent / "docs/protocol"
MODES = ("quick", "full", "deep")
SECONDS = 1800  # of one search
MEBIBYTES = 8000


class Configuration(NamedTuple):
    model: str
    mode: str
    expected: str
    property: str
    options: str


def configurations():
    rows = []
    for number, line in enumerate((HERE / "configurations.txt").read_text().splitlines(), 1):
        if not line or line.startswith("#"):
            continue
        cells = line.split("|")
        if len(cells) != 5 or cells[1] not in MODES:
            sys.exit(f"{HERE}/configurations.txt:{number}: expected model|{'/'.join(MODES)}|expected|property|options")
        rows.append(Configuration(*cells))
    return rows


def search(row, folder):
    """Output of the verifier that spin makes of the model."""
    defines = [f"-D{option}" for option in row.options.split()]
    rest = row.expected == "REST"
    made = subprocess.run(["spin", *defines, "-a", HERE / f"{row.model}.pml"], cwd=folder, capture_output=True, text=True)
    if made.returncode or "Error:" in made.stdout + made.stderr:
        return made.stdout + made.stderr
    large = row.mode != "quick"
    flags = ["-DNP", "-DNFAIR=6"] if rest else ["-DSAFETY"]
    compiled = subprocess.run(["gcc", "-O2" if large else "-O0", "-w", "-DCOLLAPSE", f"-DMEMLIM={MEBIBYTES}", *flags, "-o", "pan", "pan.c"],
                              cwd=folder, capture_output=True, text=True)
    if compiled.returncode:
        return compiled.stderr
    try:
        return subprocess.run(["./pan", *(["-l", "-f"] if rest else []), "-m2000000"], cwd=folder, capture_output=True, text=True,
                              timeout=SECONDS, preexec_fn=lambda: os.nice(10)).stdout
    except subprocess.TimeoutExpired:
        return f"no end after {SECONDS} s"


def judge(row, output):
    """What was found, and None or what is wrong with that."""
    violated = re.search(r"^pan:\d*: (.*)", output, re.MULTILINE)
    if violated:
        wanted = {"OK": None, "REST": None, "REACH": "!(1)" if row.model != "clean" else "cand==0"}.get(row.expected, row.expected)
        as_expected = wanted and "assertion violated" in violated[1] and wanted in violated[1]
        found = "reached" if row.expected == "REACH" else "violated"
        return found, None if as_expected else violated[1]
    if not re.search(r"errors: 0$", output, re.MULTILINE) or re.search("Search not completed|max search depth too small", output):
        return "incomplete", output[-400:].strip()
    return "holds", None if row.expected in ("OK", "REST") else f"expected a violation of {row.expected}"


def run(row):
    with tempfile.TemporaryDirectory() as folder:
        started = time.monotonic()
        output = search(row, folder)
        seconds = time.monotonic() - started
    states = re.search(r"^\s*(\d+) states, stored", output, re.MULTILINE)
    found, wrong = judge(row, output)
    return int(states[1]) if states else 0, seconds, found, wrong


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--deep", action="store_true")
    parser.add_argument("--markdown", action="store_true")
    parser.add_argument("--jobs", type=int, help="at once; as many as there are processors, with --deep one")
    parser.add_argument("models", nargs="*", metavar="MODEL")
    wanted = parser.parse_args()
    modes = {"quick"} if wanted.quick else set(MODES) if wanted.deep else {"quick", "full"}
    rows = [row for row in configurations() if row.mode in modes and (not wanted.models or row.model in wanted.models)]
    if not rows:
        sys.exit(f"no configuration of {' '.join(wanted.models)}; models: {' '.join(sorted({r.model for r in configurations()}))}")
    if wanted.markdown:
        print("| model | property | options | states | result |\n|---|---|---|---:|---|")
    started, total, bad = time.monotonic(), 0, 0
    pool = concurrent.futures.ThreadPoolExecutor(wanted.jobs or (1 if wanted.deep else os.cpu_count()))
    for row, (states, seconds, found, wrong) in zip(rows, pool.map(run, rows)):
        total += states
        bad += wrong is not None
        if wanted.markdown:
            print(f"| {row.model} | {row.property} | `{row.options}` | {states:,} | {'UNEXPECTED: ' if wrong else ''}{found} |", flush=True)
        else:
            print(f"{row.model:12} | {row.property:66} | {row.options:66} | {states:11,} | {seconds:6.1f} s | {found}", flush=True)
        if wrong:
            print(f"UNEXPECTED, {row.model} {row.options}: {wrong}", file=sys.stderr, flush=True)
    held = sum(row.expected in ("OK", "REST") for row in rows)
    print(f"{chr(10) if wanted.markdown else ''}{len(rows)} configurations, {held} that hold and {len(rows) - held} that must not; {total:,} states,"
          f" {time.monotonic() - started:.0f} s, {bad} unexpected")
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()
