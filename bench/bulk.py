#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Many lots, and many objects in one lot, through one copy arc by `cls run`, all durable.

Prints seconds and peak memory of the first run and of a second one that finds nothing to do. With --strace then, for the
lots of one object, how many publications (links and renames) and waits for the disk one takes, inodes and bytes of its
records, this disk's own publication, and how the speed compares with publishing one after the other.
Usage: bulk.py CLS [--lots N…] [--objects N…] [--strace N] [--smoke]
"""
import argparse
import json
import os
import pathlib
import subprocess
import tempfile
import time

import measure

PROJECT = {"project": {"name": "bulk", "version": "1"}, "placement": {"provider": "local"},
           "boundaries": [{"type": "core:putListenerBoundary", "name": "inbox", "lotUnit": "Twelfths",
                           "dataset": {"name": "in", "version": "1", "pathURI": "s3://bulk/in/"}}],
           "arcs": [{"type": "core:copyArc", "name": "copy", "sources": {"main": {"name": "in", "version": "1"}},
                     "sinks": {"main": {"name": "out", "version": "1", "pathURI": "s3://bulk/out/"}}}]}
START = 1672531200  # 2023-01-01


def run(cls, folder, before=()):
    """Seconds and peak memory in MB of one `cls run`."""
    began = time.perf_counter()
    with subprocess.Popen([*before, cls, "run", "-p", folder / "p.json", "--home", folder / "home"],
                          stdout=subprocess.DEVNULL) as process:
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise SystemExit(f"bulk.py: cls run ended with {process.returncode}")
    return time.perf_counter() - began, usage.ru_maxrss / 1024


def lay(folder, files):
    """A project and its source. `files` yields pairs of a key and a modification time."""
    (folder / "p.json").write_text(json.dumps(PROJECT))
    below = folder / "home/stores/s3/bulk/in"
    below.mkdir(parents=True)
    for key, modified in files:
        (below / key).write_text(key)
        os.utime(below / key, (modified, modified))


def lots_of_one(count):
    return ((f"f{i}.txt", START + 300 * i) for i in range(count))


def against_disk(cls, count):
    """What one lot takes, and how that compares with this disk's own publications one after the other."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = pathlib.Path(scratch)
        lay(folder, lots_of_one(count))
        disk = measure.publication(folder)
        seconds, _ = run(cls, folder)
        inodes, size = measure.records_of(folder / "home")
    with tempfile.TemporaryDirectory() as scratch:
        folder = pathlib.Path(scratch)
        lay(folder, lots_of_one(count))
        counts = folder / "counts"
        run(cls, folder, measure.counting(measure.SYNCS + measure.PUBLISHERS, counts))
        waits = measure.counted(counts, measure.SYNCS) / count
        published = measure.counted(counts, measure.PUBLISHERS) / count
    print(f"{count} lots of one object: {count / seconds:.0f} a second; each {published:.1f} publications, "
          f"{waits:.1f} waits for the disk, {inodes / count:.1f} inodes and {size / count / 1024:.1f} KiB of records")
    print(f"this disk's own publication: median {disk:.2f} ms; lots a second ÷ (its publications a second ÷ publications "
          f"per lot) = {count / seconds * published * disk / 1000:.0%}")


def compare(cls, name, files):
    with tempfile.TemporaryDirectory() as scratch:
        folder = pathlib.Path(scratch)
        lay(folder, files)
        first, first_memory = run(cls, folder)
        second, second_memory = run(cls, folder)
    print(f"{name:26} {first:9.1f} {first_memory:8.0f} {second:11.2f} {second_memory:8.0f}", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cls", type=lambda text: pathlib.Path(text).resolve())
    parser.add_argument("--lots", type=int, nargs="*", default=[1000, 2000, 4000])
    parser.add_argument("--objects", type=int, nargs="*", default=[10_000, 20_000, 40_000])
    parser.add_argument("--strace", type=int, metavar="N", help="count the system calls of N lots of one object")
    parser.add_argument("--smoke", action="store_true", help="ten of each, to see that it works")
    options = parser.parse_args()
    print(f"load average {os.getloadavg()[0]:.1f}; {os.cpu_count()} processors")
    print(f"{'':26} {'run s':>9} {'MB':>8} {'second s':>11} {'MB':>8}")
    for count in [10] if options.smoke else options.lots:
        compare(options.cls, f"{count} lots of one object", lots_of_one(count))
    for count in [10] if options.smoke else options.objects:
        compare(options.cls, f"one lot of {count} objects", ((f"f{i}.txt", START) for i in range(count)))
    if options.strace:
        against_disk(options.cls, options.strace)


if __name__ == "__main__":
    main()
