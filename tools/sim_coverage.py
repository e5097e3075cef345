#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Which lines and branches of src/flow/ the simulator reaches: builds cls-sim in build/coverage by clang, with that folder's
conditions counted, runs seeds, and prints a table per file. Needs llvm-profdata-19 and llvm-cov-19.

A branch is a way out of a condition of the source: of an if, a loop, a case, ?:, and of each operand of && and ||. What the
compiler adds for itself (which temporaries to destroy, where a call that throws goes on, a value that a switch has no case
for) is none, and is not counted. A
condition of a template counts once, and is taken where any instance of it was.

  tools/sim_coverage.py               2,000 seeds
  tools/sim_coverage.py --seeds N
  --uncovered                         also names each condition of which no seed took a way
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
PROGRAM = BUILD / "src/sim/cls-sim"
COUNTS = BUILD / "cls-sim.profraw"
FOLDER = "src/flow/"
# What cls audit alone uses: a world in which it finds something has failed. docs/simulator.md.
AUDIT = ("audit_report*", "checker*", "commit_check*", "ledger_check*", "published_lots*", "repair*",
         "subscriber_check*")


def build(jobs):
    for command in (["cmake", "--preset", "coverage"],
                    ["cmake", "--build", str(BUILD), "-j", str(jobs), "--target", "cls-sim"]):
        subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)


def simulate(seeds):
    COUNTS.unlink(missing_ok=True)
    ended = subprocess.run([PROGRAM, "--seeds", str(seeds), "--no-shrink"], cwd=ROOT, check=False, stdout=subprocess.PIPE,
                           encoding="utf-8", env={**os.environ, "LLVM_PROFILE_FILE": str(COUNTS)})
    print(ended.stdout.splitlines()[-1])


def exported():
    """What llvm-cov says of the files of src/flow/."""
    merged = COUNTS.with_suffix(".profdata")
    subprocess.run(["llvm-profdata-19", "merge", "-o", merged, COUNTS], check=True)
    done = subprocess.run(["llvm-cov-19", "export", PROGRAM, f"-instr-profile={merged}", "-skip-expansions"], cwd=ROOT,
                          check=True, stdout=subprocess.PIPE)
    return json.loads(done.stdout)["data"][0]["files"]


class File:
    def __init__(self, text, entry):
        self.text = text
        self.lines = entry["summary"]["lines"]["count"]
        self.lines_hit = entry["summary"]["lines"]["covered"]
        self.ways = collections.defaultdict(lambda: [0, 0])  # by place: how often true, and false
        for first, column, last, end, true, false, *_ in entry["branches"]:
            if self.text[first - 1][:column - 1].endswith("switch ("):
                continue  # no value at all: the compiler demands a case for each
            ways = self.ways[first, column, last, end]
            ways[0] += true
            ways[1] += false

    def condition(self, place):
        first, column, last, end = place
        if first != last:
            return self.text[first - 1][column - 1:].strip() + " …"
        condition = self.text[first - 1][column - 1:end - 1]
        return condition if re.search(r"\w", condition) else self.text[first - 1].strip()

    def missed(self):
        """Place, condition and ways that were not taken."""
        for place, (true, false) in sorted(self.ways.items()):
            never = [name for name, count in (("true", true), ("false", false)) if count == 0]
            if never:
                yield place, self.condition(place), never


def counted():
    """By name, the files below src/flow/."""
    files = {}
    for entry in exported():
        name = entry["filename"]
        if FOLDER in name:
            name = FOLDER + name.rsplit(FOLDER, 1)[1]
            files[name] = File((ROOT / name).read_text().splitlines(), entry)
    return files


def share(taken, of):
    return f"{100 * taken / of:6.1f} %" if of else "      – "


class Counts:
    def __init__(self, file=None):
        self.lines = self.lines_hit = self.branches = self.branches_hit = 0
        if file:
            self.lines = file.lines
            self.lines_hit = file.lines_hit
            self.branches = 2 * len(file.ways)
            self.branches_hit = self.branches - sum(len(never) for _, _, never in file.missed())

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
        counts = Counts(files[name])
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
    for name, file in sorted(files.items()):
        for place, condition, never in file.missed():
            print(f"{name}:{place[0]}:{place[1]}: never {' or '.join(never)}: {condition}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=2000)
    parser.add_argument("--uncovered", action="store_true")
    parser.add_argument("--at-least", type=float, default=0)
    parser.add_argument("--no-run", action="store_true")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    options = parser.parse_args()
    if not options.no_run:
        build(options.jobs)
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
