#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Which lines and branches of src/flow/ the simulator reaches: builds cls-sim in build/coverage with that folder's branches
counted, runs seeds, and prints a table per file. Branches that only exceptions take, and those that the compiler adds
where nothing can be reached, are left out, as gcovr does it. Needs gcovr.

  tools/sim_coverage.py               2,000 seeds
  tools/sim_coverage.py --seeds N
  --uncovered                         also names each branch that no seed took, and the line it is in
  --at-least PERCENT                  exits 1 where fewer branches were taken
  --no-run                            what the last run counted"""
import argparse
import json
import os
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
BUILD = ROOT / "build/coverage"
FOLDER = "src/flow/"


def run(*command):
    subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)


def build():
    run("cmake", "--preset", "coverage")
    run("cmake", "--build", str(BUILD), "-j", str(os.cpu_count()), "--target", "cls-sim")


def simulate(seeds):
    for counts in BUILD.rglob("*.gcda"):
        counts.unlink()
    subprocess.run([BUILD / "src/sim/cls-sim", "--seeds", str(seeds), "--no-shrink"], cwd=ROOT, check=False,
                   stdout=subprocess.DEVNULL)


def counted():
    """gcovr's view: a list of files with their lines, each with its branches."""
    done = subprocess.run(
        ["gcovr", "--root", str(ROOT), "--object-directory", str(BUILD), "--filter", str(ROOT / FOLDER),
         "--exclude-throw-branches", "--exclude-unreachable-branches", "--json", "-", str(BUILD / FOLDER)],
        cwd=ROOT, check=True, stdout=subprocess.PIPE)
    return json.loads(done.stdout)["files"]


def share(taken, of):
    return f"{100 * taken / of:6.1f} %" if of else "      –"


class Counts:
    def __init__(self):
        self.lines = self.lines_hit = self.branches = self.branches_hit = 0

    def add(self, line):
        if line.get("gcovr/noncode"):
            return
        self.lines += 1
        self.lines_hit += line["count"] > 0
        self.branches += len(line["branches"])
        self.branches_hit += sum(branch["count"] > 0 for branch in line["branches"])

    def row(self, name):
        return (f"{name:<30} {self.lines_hit:>5}/{self.lines:<5} {share(self.lines_hit, self.lines)} "
                f"{self.branches_hit:>5}/{self.branches:<5} {share(self.branches_hit, self.branches)}")


def uncovered(file):
    text = (ROOT / file["file"]).read_text().splitlines()
    for line in file["lines"]:
        missed = [branch for branch in line["branches"] if branch["count"] == 0]
        if missed and not line.get("gcovr/noncode"):
            number = line["line_number"]
            print(f"{file['file']}:{number}: {len(missed)} of {len(line['branches'])}: {text[number - 1].strip()}")


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
    files = sorted(counted(), key=lambda file: file["file"])
    if not files:
        sys.exit("sim_coverage: nothing was counted; was cls-sim run in build/coverage?")
    total = Counts()
    print(f"{'file':<30} {'lines':>11} {'':>8} {'branches':>11}")
    for file in files:
        counts = Counts()
        for line in file["lines"]:
            counts.add(line)
            total.add(line)
        print(counts.row(file["file"].removeprefix(FOLDER)))
    print(total.row("all"))
    if options.uncovered:
        for file in files:
            uncovered(file)
    if total.branches and 100 * total.branches_hit / total.branches < options.at_least:
        sys.exit(f"sim_coverage: fewer than {options.at_least} % of the branches were taken")


if __name__ == "__main__":
    main()
