#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Which lines and branches of src/flow/ the simulator reaches: builds cls-sim in build/coverage with that folder's branches
counted, runs seeds, and prints a table per file. Needs gcov, which comes with gcc.

A branch is a way out of a condition. A call that may throw is for the compiler one too, to its clean-up; both ways out of
such a call are left out, and lines without a word of code, where only clean-up happens. (gcovr, which leaves out the
throwing way alone, counts each call of a line that was never reached as a branch that was not taken.)

  tools/sim_coverage.py               2,000 seeds
  tools/sim_coverage.py --seeds N
  --uncovered                         also names each line with branches that no seed took
  --at-least PERCENT                  exits 1 where fewer branches of the engine were taken
  --no-run                            what the last run counted"""
import argparse
import collections
import fnmatch
import json
import os
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
BUILD = ROOT / "build/coverage"
FOLDER = "src/flow/"
# What cls audit alone uses: a world in which it finds something has failed. docs/simulator.md.
AUDIT = ("audit_report*", "checker*", "commit_check*", "ledger_check*", "subscriber_check*", "repair*")


def build():
    for command in (["cmake", "--preset", "coverage"],
                    ["cmake", "--build", str(BUILD), "-j", str(os.cpu_count()), "--target", "cls-sim"]):
        subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)


def simulate(seeds):
    for counts in BUILD.rglob("*.gcda"):
        counts.unlink()
    ended = subprocess.run([BUILD / "src/sim/cls-sim", "--seeds", str(seeds), "--no-shrink"], cwd=ROOT, check=False,
                           stdout=subprocess.PIPE, encoding="utf-8")
    print(ended.stdout.splitlines()[-1])


def without_calls(branches):
    """The counts of the branches but for those of calls: pairs of which the second one throws."""
    counts = []
    i = 0
    while i < len(branches):
        if i + 1 < len(branches) and branches[i + 1]["throw"]:
            i += 2
            continue
        if not branches[i]["throw"]:
            counts.append(branches[i]["count"])
        i += 1
    return counts


class Line:
    def __init__(self):
        self.count = 0
        self.branches = []

    def add(self, count, branches):
        """Of the same line in another instance of a template, or another program part."""
        self.count += count
        if len(self.branches) < len(branches):
            self.branches += [0] * (len(branches) - len(self.branches))
        for i, taken in enumerate(branches):
            self.branches[i] += taken

    def missed(self):
        return sum(taken == 0 for taken in self.branches)


def counted():
    """By file below src/flow/, its lines by number."""
    files = collections.defaultdict(lambda: collections.defaultdict(Line))
    for counts in sorted((BUILD / FOLDER).rglob("*.gcda")):
        done = subprocess.run(["gcov", "-b", "-j", "-t", str(counts)], cwd=BUILD, check=True, stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL)
        for file in json.loads(done.stdout)["files"]:
            name = os.path.normpath(BUILD / file["file"])
            if not name.startswith(str(ROOT / FOLDER)):
                continue
            for line in file["lines"]:
                files[name[len(str(ROOT)) + 1:]][line["line_number"]].add(line["count"], without_calls(line["branches"]))
    for name, lines in files.items():
        text = (ROOT / name).read_text().splitlines()
        for number in [number for number in lines if not re.search(r"\w", text[number - 1])]:
            del lines[number]
    return files


def share(taken, of):
    return f"{100 * taken / of:6.1f} %" if of else "      – "


class Counts:
    def __init__(self, lines=()):
        self.lines = self.lines_hit = self.branches = self.branches_hit = 0
        for line in lines:
            self.lines += 1
            self.lines_hit += line.count > 0
            self.branches += len(line.branches)
            self.branches_hit += len(line.branches) - line.missed()

    def add(self, other):
        for name, value in vars(other).items():
            setattr(self, name, getattr(self, name) + value)

    def row(self, name):
        return (f"{name:<28} {self.lines_hit:>5}/{self.lines:<5} {share(self.lines_hit, self.lines)} "
                f"{self.branches_hit:>5}/{self.branches:<5} {share(self.branches_hit, self.branches)}")


def print_table(files):
    """Prints a row per file; the sums of the engine's files."""
    sums = {"engine": Counts(), "audit": Counts()}
    rows = {"engine": [], "audit": []}
    for name in sorted(files):
        short = name.removeprefix(FOLDER)
        part = "audit" if any(fnmatch.fnmatch(short, pattern) for pattern in AUDIT) else "engine"
        counts = Counts(files[name].values())
        sums[part].add(counts)
        rows[part].append(counts.row("  " + short))
    print(f"{'':<28} {'lines':>11} {'':>8} {'branches':>11}")
    for part in ("engine", "audit"):
        print("\n".join(rows[part]))
        print(sums[part].row("all of the " + part))
    everything = Counts()
    for counts in sums.values():
        everything.add(counts)
    print(everything.row("all"))
    return sums["engine"]


def print_uncovered(files):
    for name in sorted(files):
        text = (ROOT / name).read_text().splitlines()
        for number, line in sorted(files[name].items()):
            if line.missed():
                print(f"{name}:{number}: {line.missed()} of {len(line.branches)}: {text[number - 1].strip()}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=2000)
    parser.add_argument("--uncovered", action="store_true")
    parser.add_argument("--at-least", type=float, default=0)
    parser.add_argument("--no-run", action="store_true")
    options = parser.parse_args()
    if not options.no_run:
        build()
        simulate(options.seeds)
    files = counted()
    if not files:
        sys.exit("sim_coverage: nothing was counted; cls-sim of build/coverage has not run")
    engine = print_table(files)
    if options.uncovered:
        print_uncovered(files)
    if engine.branches and 100 * engine.branches_hit / engine.branches < options.at_least:
        sys.exit(f"sim_coverage: fewer than {options.at_least} % of the engine's branches were taken")


if __name__ == "__main__":
    main()
