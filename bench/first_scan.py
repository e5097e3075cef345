#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The first scan of many files: one infrequent boundary without an arc, all lots closed and published by `cls run`.

Prints seconds and peak memory of the first run and of a second one that finds nothing new, the lots and manifests,
what the records of a lot take on disk, this disk's own publication of a small file, and with --strace how often the
run in another home waited for the disk. Checks that the manifests list every file once.
Usage: first_scan.py CLS [--files N] [--folders M] [--intervals K] [--strace] [--audit] [--smoke]
"""
import argparse
import json
import os
import pathlib
import subprocess
import tempfile
import time

import measure

PROJECT = {"project": {"name": "scan", "version": "1"}, "placement": {"provider": "local"},
           "boundaries": [{"type": "core:putListenerBoundary", "name": "inbox", "lotUnit": "Twelfths",
                           "eventArrival": "infrequent", "lotSource": "objectModifiedTime",
                           "dataset": {"name": "in", "version": "1", "pathURI": "s3://scan/in/"}}]}
START = 1672531200  # 2023-01-01
INTERVAL = 300


def make_tree(folder, options):
    """100-byte files, spread evenly over folders, their times over the intervals; so that a lot has files in all."""
    (folder / "p.json").write_text(json.dumps(PROJECT))
    below = folder / "home/stores/s3/scan/in"
    for number in range(options.folders):
        (below / f"d{number:04}").mkdir(parents=True)
    content = b"x" * 99 + b"\n"
    for number in range(options.files):
        path = f"{below}/d{number % options.folders:04}/f{number:08}.txt"
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
        os.write(handle, content)
        modified = START + INTERVAL * (number * options.intervals // options.files) + number % INTERVAL
        os.utime(handle, (modified, modified))
        os.close(handle)


def run(cls, folder, before=()):
    """Seconds, peak memory in MB and the report of one `cls run`."""
    began = time.perf_counter()
    with subprocess.Popen([*before, cls, "run", "-p", folder / "p.json", "--home", folder / "home",
                           "--output", "json"], stdout=subprocess.PIPE) as process:
        printed = process.stdout.read().decode()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise SystemExit(f"first_scan.py: cls run ended with {process.returncode}: {printed}")
    return time.perf_counter() - began, usage.ru_maxrss / 1024, json.loads(printed[printed.index("{"):])


def manifests_of(home):
    """Manifests and the sum of their members; every member once."""
    seen = set()
    listed = 0
    manifests = list((home / "stores").rglob("manifest.json"))
    for path in manifests:
        uris = json.loads(path.read_text())["uris"]
        listed += len(uris)
        seen.update(map(hash, uris))
    if len(seen) != listed:
        raise SystemExit(f"first_scan.py: {listed} members, of which {listed - len(seen)} stand there twice")
    return len(manifests), listed


def audit(cls, home):
    done = subprocess.run([cls, "audit", "--home", home], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise SystemExit(f"first_scan.py: the audit found: {done.stdout}{done.stderr}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cls", type=lambda text: pathlib.Path(text).resolve())
    parser.add_argument("--files", type=int, default=1_000_000)
    parser.add_argument("--folders", type=int, default=1000)
    parser.add_argument("--intervals", type=int, default=1000)
    parser.add_argument("--strace", action="store_true", help="count the waits for the disk, in a run of its own")
    parser.add_argument("--audit", action="store_true", help="and audit the home at the end")
    parser.add_argument("--smoke", action="store_true", help="300 files, to see that it works")
    options = parser.parse_args()
    if options.smoke:
        options.files, options.folders, options.intervals, options.audit = 300, 10, 20, True
    print(f"load average {os.getloadavg()[0]:.1f}; {os.cpu_count()} processors")
    with tempfile.TemporaryDirectory() as scratch:
        folder = pathlib.Path(scratch)
        home = folder / "home"
        make_tree(folder, options)
        first, first_memory, report = run(options.cls, folder)
        second, second_memory, again = run(options.cls, folder)
        manifests, listed = manifests_of(home)
        inodes, size = measure.records_of(home)
        if listed != options.files or report["arrivals"] != options.files or again["arrivals"] != 0:
            raise SystemExit(f"first_scan.py: {options.files} files, {report['arrivals']} arrivals, {listed} members, "
                             f"{again['arrivals']} arrivals in the second run")
        if options.audit:
            audit(options.cls, home)
        disk = measure.publication(folder)
    print(f"{options.files} files in {options.folders} folders, {manifests} lots, as many manifests, {listed} members")
    print(f"first run: {first:.1f} s, {first_memory:.0f} MB; "
          f"second run, which finds nothing new: {second:.1f} s, {second_memory:.0f} MB")
    print(f"records: {inodes / manifests:.1f} inodes and {size / manifests / 1024:.1f} KiB on disk per lot")
    print(f"this disk's own publication: median {disk:.2f} ms")
    if options.strace:
        with tempfile.TemporaryDirectory() as scratch:
            folder = pathlib.Path(scratch)
            make_tree(folder, options)
            counts = folder / "counts"
            run(options.cls, folder, measure.counting(measure.SYNCS, counts))
            syncs = measure.counted(counts, measure.SYNCS)
        print(f"waits for the disk: {syncs}, {syncs / manifests:.1f} per lot")


if __name__ == "__main__":
    main()
