#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The demo's pipeline in bulk: the week's files are there, one `cls run` takes them through all three arcs.

Prints the seconds of the run, its lots and attempts, how often it waited for the disk (fsync, fdatasync, syncfs,
counted by strace in a run of its own), and this disk's own median publication beside it: write, fsync, link,
fsync of the directory. Usage: flights.py CLS [--rounds N] [--smoke]
"""
import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

import measure

FLIGHTS = pathlib.Path(__file__).resolve().parent.parent / "examples/flights"


def run(cls, folder, before=()):
    """Seconds of one `cls run` in a fresh home, and its report."""
    home = folder / "home"
    staging = home / "stores/s3/flights/arrivals"
    staging.parent.mkdir(parents=True)
    subprocess.run([sys.executable, FLIGHTS / "prepare.py", staging], check=True, stdout=subprocess.DEVNULL)
    old = time.time() - 3600  # long written, so that nothing waits for them to become quiet
    for file in staging.rglob("*"):
        os.utime(file, (old, old))
    began = time.perf_counter()
    ran = subprocess.run([*before, cls, "run", "-p", FLIGHTS / "project.json", "--home", home, "--output", "json"],
                         check=True, capture_output=True, text=True)
    seconds = time.perf_counter() - began
    return seconds, json.loads(ran.stdout[ran.stdout.index("{"):])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cls", type=lambda text: pathlib.Path(text).resolve())
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--smoke", action="store_true", help="one round, to see that it works")
    options = parser.parse_args()
    seconds = []
    for _ in range(1 if options.smoke else options.rounds):
        with tempfile.TemporaryDirectory() as folder:
            took, report = run(options.cls, pathlib.Path(folder))
            seconds.append(took)
    with tempfile.TemporaryDirectory() as folder:
        disk = measure.publication(pathlib.Path(folder))
        counts = pathlib.Path(folder, "counts")
        run(options.cls, pathlib.Path(folder), measure.counting(measure.SYNCS, counts))
        syncs = measure.counted(counts, measure.SYNCS)
    attempts = report["attempts"]
    print(f"load average {os.getloadavg()[0]:.1f}; {os.cpu_count()} processors")
    print(f"{report['arrivals']} objects, {attempts} lots through arcs (two thirds of them a Python process each)")
    print(f"seconds: median {statistics.median(seconds):.1f}, min {min(seconds):.1f}, of {len(seconds)} runs")
    print(f"waits for the disk: {syncs}, {syncs / attempts:.1f} per lot and arc")
    print(f"this disk's own publication: median {disk:.2f} ms")


if __name__ == "__main__":
    main()
