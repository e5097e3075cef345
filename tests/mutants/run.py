#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Puts each bug of tests/mutants/*.patch into a copy of the tree, builds what the tests that it names need, and demands that
they fail. A patch that does not compile is not killed. Exits 1 where a mutant lives, or a patch does not apply.

  tests/mutants/run.py             all of them
  tests/mutants/run.py NAME…       these (names of patches, or their beginnings)
  tests/mutants/run.py --check     only that every patch applies, and that its killers are there
  tests/mutants/run.py --some 3    three, chosen by the day
  --markdown                       the lines as a table of docs/reliability.md
  --jobs N                         compile jobs

The head of a patch, before its diff (README.md beside this file):
  Does: <what the bug is>
  Row: <row of docs/reliability.md>                 (optional)
  Killed-by: <program>_test <filter of GoogleTest>  (one line for each killer; every one has to find it)
  Killed-by: scenario <directory of tests/scenarios>
  Killed-by: cls-sim <arguments>"""
import argparse
import datetime
import os
import pathlib
import re
import subprocess
import sys
import time
from typing import NamedTuple

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
PATCHES = pathlib.Path(__file__).resolve().parent
TREE = ROOT / "build/mutants/tree"
BUILD = TREE / "build/asan"  # the flags of make test: what it compiled is in the compiler cache
SECONDS = 120  # of one killer; more is a failure
SIMULATION_SECONDS = 900  # of cls-sim
KILLERS = {"scenario": ("scenario", "cls"), "cls-sim": ("cls-sim",)}  # what to build; of a NAME_test, itself


class Mutant(NamedTuple):
    name: str
    path: pathlib.Path
    does: str
    row: str
    killers: tuple  # of (program, argument)


def head_of(path):
    return re.split(r"^(?:diff --git|--- )", path.read_text(), maxsplit=1, flags=re.MULTILINE)[0]


def read_mutant(path):
    fields = re.findall(r"^(\S+): (.+)$", head_of(path), re.MULTILINE)
    killers = tuple(tuple(value.split(" ", 1)) for key, value in fields if key == "Killed-by")
    values = dict(fields)
    unknown = sorted(set(values) - {"Does", "Row", "Killed-by"})
    if unknown or "Does" not in values or not killers or any(len(killer) != 2 for killer in killers):
        sys.exit(f"{path}: the head needs 'Does: …' and 'Killed-by: <program> <argument>', and knows 'Row: …' beside them"
                 + (f"; not {', '.join(unknown)}" if unknown else ""))
    for program, _ in killers:
        if program not in KILLERS and not program.endswith("_test"):
            sys.exit(f"{path}: no program '{program}'; use <folder>_test, {' or '.join(KILLERS)}")
    return Mutant(path.stem, path, values["Does"], values.get("Row", ""), killers)


def run(command, **options):
    return subprocess.run(command, capture_output=True, text=True, **options)


def git_apply(path, *options):
    return run(["git", "-C", ROOT, "apply", *options, path])


def check_all(mutants):
    """Every patch applies to this tree, and every killer is a test that is there."""
    sources = "\n".join(path.read_text() for path in (ROOT / "src").rglob("*_test.cc"))
    problems = []
    for mutant in mutants:
        applied = git_apply(mutant.path, "--check")
        if applied.returncode:
            problems.append(f"{mutant.name} does not apply any longer: {applied.stderr.strip()}")
        for program, argument in mutant.killers:
            if program == "scenario" and not (ROOT / "tests/scenarios" / argument).is_dir():
                problems.append(f"{mutant.name}: there is no scenario {argument}")
            for name in argument.split(":") if program.endswith("_test") else ():
                suite, test = (re.escape(part.strip("*")) for part in name.split(".", 1))
                if not re.search(rf"\(\s*{suite},\s*{test}", sources):
                    problems.append(f"{mutant.name}: there is no test {name}")
    print("\n".join(problems) or f"{len(mutants)} patches apply")
    return not problems


def synchronise():
    """Makes the copy equal to this tree, and touches only what differs."""
    listed = run(["git", "-C", ROOT, "ls-files", "-co", "--exclude-standard", "-z"], check=True).stdout.split("\0")
    wanted = {name for name in listed if name and (ROOT / name).is_file()}
    for name in wanted:
        target, content = TREE / name, (ROOT / name).read_bytes()
        if not target.is_file() or target.read_bytes() != content:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
        target.chmod((ROOT / name).stat().st_mode)
    tools = TREE / "build/tools"  # what tools/setup installs for tests, as a server of S3
    if not tools.is_symlink():
        tools.parent.mkdir(parents=True, exist_ok=True)
        tools.symlink_to(ROOT / "build/tools")
    for folder in ("src", "tests", "cmake", "bench"):
        for path in (TREE / folder).rglob("*"):
            if path.is_file() and str(path.relative_to(TREE)) not in wanted:
                path.unlink()
    if not (BUILD / "build.ninja").exists():
        made = run(["cmake", "--preset", "asan"], cwd=TREE)
        if made.returncode:
            sys.exit(f"cmake --preset asan in {TREE} failed:\n{made.stdout[-2000:]}{made.stderr[-2000:]}")


def build(programs, jobs):
    """None, or what the compiler said."""
    targets = sorted({target for program in programs for target in KILLERS.get(program, (program,))})
    made = run(["ninja", "-C", BUILD, "-j", str(jobs), *targets])
    return made.stdout[-3000:] if made.returncode else None


def is_there(program):
    return program != "cls-sim" or run(["ninja", "-C", BUILD, "-t", "query", "cls-sim"]).returncode == 0


def program_path(name):
    found = [path for path in (BUILD / "src").rglob(name) if path.is_file() and os.access(path, os.X_OK)]
    return found[0] if found else sys.exit(f"{name} is not below {BUILD}/src")


def passes(program, argument):
    """Whether the killer passes. A filter that chooses no test passes nowhere."""
    if program == "scenario":
        command = [program_path("scenario"), "--cls", program_path("cls"), TREE / "tests/scenarios" / argument]
    elif program == "cls-sim":
        # It ends with 0 at the first seed that breaks a promise: then it has found the bug.
        command = [program_path("cls-sim"), *argument.split(), "--expect-violation"]
    else:
        command = [program_path(program), f"--gtest_filter={argument}"]
    environment = dict(os.environ)
    if os.path.isdir("/dev/shm"):
        environment["TMPDIR"] = "/dev/shm"
    simulated = program == "cls-sim"
    try:
        ended = run(command, cwd=TREE, env=environment, timeout=SIMULATION_SECONDS if simulated else SECONDS,
                    errors="replace", stdin=subprocess.DEVNULL)
    except subprocess.TimeoutExpired:
        if simulated:
            sys.exit(f"cls-sim {argument} took more than {SIMULATION_SECONDS} s")
        return False
    if simulated and ended.returncode not in (0, 1):
        sys.exit(f"cls-sim {argument} ended with {ended.returncode}:\n{ended.stderr[-2000:]}")
    if program.endswith("_test") and re.search(r"Running 0 tests", ended.stdout):
        sys.exit(f"{program} has no test {argument}")
    return (ended.returncode == 0) != simulated


def check_clean(mutants, jobs):
    """The unchanged tree passes all killers; else that they fail would say nothing."""
    killers = sorted({killer for mutant in mutants for killer in mutant.killers if is_there(killer[0])})
    if said := build({program for program, _ in killers}, jobs):
        sys.exit(f"the unchanged tree does not build:\n{said}")
    failing = [f"{program} {argument}" for program, argument in killers if not passes(program, argument)]
    if failing:
        sys.exit("the unchanged tree fails:\n" + "\n".join(failing))


def try_mutant(mutant, jobs):
    """(the killers that found it, what went wrong)"""
    copy = f"--directory={TREE.relative_to(ROOT)}"
    applied = git_apply(mutant.path, copy)
    if applied.returncode:
        return [], f"does not apply: {applied.stderr.strip()}"
    try:
        killers = [killer for killer in mutant.killers if is_there(killer[0])]
        if not killers:
            return [], "no killer is built here"
        if said := build({program for program, _ in killers}, jobs):
            return [], f"does not compile, which is no kill:\n{said}"
        found = [killer for killer in killers if not passes(*killer)]
        missed = [" ".join(killer) for killer in killers if killer not in found]
        return found, f"not found by {', '.join(missed)}" if missed else None
    finally:
        back = git_apply(mutant.path, copy, "-R")
        if back.returncode:
            sys.exit(f"{mutant.name} cannot be taken back: {back.stderr}")


def chosen(mutants, wanted):
    if wanted.some and mutants:
        first = datetime.date.today().toordinal() * wanted.some
        return [mutants[(first + i) % len(mutants)] for i in range(min(wanted.some, len(mutants)))]
    if not wanted.names:
        return mutants
    some = [mutant for mutant in mutants if any(mutant.name.startswith(name) for name in wanted.names)]
    return some or sys.exit(f"no patch {' '.join(wanted.names)} in {PATCHES}")


def print_line(mutant, found, wrong, seconds, markdown):
    killed = ", ".join(" ".join(killer) for killer in found) or "-"
    if markdown:
        print(f"| {mutant.name} | {mutant.does} | {'`' + killed + '`' if found and not wrong else 'ALIVE'} | {seconds:.0f} |", flush=True)
    else:
        print(f"{mutant.name:34} | {mutant.does} | {'ALIVE: ' + wrong if wrong else killed} | {seconds:.0f} s", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--some", type=int, default=0)
    parser.add_argument("--markdown", action="store_true")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("names", nargs="*", metavar="NAME")
    wanted = parser.parse_args()
    mutants = [read_mutant(path) for path in sorted(PATCHES.glob("*.patch"))]
    if wanted.check:
        sys.exit(0 if check_all(mutants) else 1)
    mutants = chosen(mutants, wanted)
    synchronise()
    check_clean(mutants, wanted.jobs)
    if wanted.markdown:
        print("| patch | what it does | killed by | seconds |\n|---|---|---|---:|", flush=True)
    alive = 0
    for mutant in mutants:
        started = time.monotonic()
        found, wrong = try_mutant(mutant, wanted.jobs)
        alive += wrong is not None
        print_line(mutant, found, wrong, time.monotonic() - started, wanted.markdown)
    print(f"{chr(10) if wanted.markdown else ''}{len(mutants)} mutants, {len(mutants) - alive} killed, {alive} alive")
    sys.exit(1 if alive else 0)


if __name__ == "__main__":
    main()
