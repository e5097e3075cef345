#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`cls status` of many lots, from the index and from the records.

Lays the records of a boundary's lots of one small object each, and of an arc that has copied them, as bench/audit.py
does, then makes the index by `cls recover`. Prints medians and peak memory of `cls status` from the index, of the first
one after one claim has changed, and of `cls status --records`; checks that they say the same.
Usage: status.py CLS [--lots N] [--rounds N] [--folder DIR] [--smoke]     (--folder: a home that is there is used again)
"""
import argparse
import json
import os
import pathlib
import statistics
import subprocess
import tempfile
import time

import audit


def status(cls, home, *options):
    """Milliseconds, peak memory in MB, and the report without what differs from look to look."""
    began = time.perf_counter()
    with subprocess.Popen([cls, "status", "--home", home, "--output", "json", *options],
                          stdout=subprocess.PIPE) as process:
        printed = process.stdout.read().decode()
        _, code, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(code)
    took = (time.perf_counter() - began) * 1000
    if process.returncode != 0:
        raise SystemExit(f"status.py: cls status ended with {process.returncode}")
    report = json.loads(printed)
    report.pop("at")
    for arc in report["arcs"]:
        arc.pop("lagSec")
    return took, usage.ru_maxrss / 1024, report


def touch_claim(home, lots):
    """Puts a claim at its place again, as a heartbeat does."""
    path = pathlib.Path(home.claims, f"lot={audit.lot_id(lots // 2)}.json")
    other = path.with_name(".cls-tmp-bench")
    other.write_bytes(path.read_bytes())
    os.rename(other, path)


def measure(options, home):
    looks = {"from the index": [], "after one claim has changed": [], "from the records": []}

    def look(name, *more):
        looks[name].append(status(options.cls, home.home, *more))

    for _ in range(options.rounds):
        look("from the index")
    look("from the records", "--records")
    for _ in range(0 if options.smoke else 3):
        time.sleep(4)  # what changed less than three seconds ago is not taken for settled
        touch_claim(home, options.lots)
        look("after one claim has changed")
        look("from the records", "--records")
    reports = [report for all_looks in looks.values() for _, _, report in all_looks]
    if any(report != reports[0] for report in reports) or reports[0]["arcs"][0]["complete"] != options.lots:
        raise SystemExit(f"status.py: the statuses are not the same: {reports[0]}, {reports[-1]}")
    for name, all_looks in looks.items():
        if all_looks:
            print(f"{name:28} {statistics.median(look[0] for look in all_looks):8.1f} ms, "
                  f"{max(look[1] for look in all_looks):4.0f} MB, {len(all_looks)} times")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cls", type=lambda text: pathlib.Path(text).resolve())
    parser.add_argument("--lots", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=21)
    parser.add_argument("--folder", type=pathlib.Path, help="where the home is made and left")
    parser.add_argument("--smoke", action="store_true", help="300 lots, to see that it works")
    options = parser.parse_args()
    if options.smoke:
        options.lots, options.rounds = 300, 2
    print(f"load average {os.getloadavg()[0]:.1f}; {os.cpu_count()} processors; {options.lots} lots")
    with tempfile.TemporaryDirectory() as scratch:
        folder = options.folder or pathlib.Path(scratch)
        is_new = not (folder / "home").exists()
        folder.mkdir(parents=True, exist_ok=True)
        home = audit.Home(options.cls, folder)
        if is_new:
            home.lay(options.lots, options.lots)
            if not options.smoke:
                time.sleep(4)
        began = time.perf_counter()
        subprocess.run([options.cls, "recover", "--home", home.home], check=True, stdout=subprocess.DEVNULL)
        print(f"cls recover: {time.perf_counter() - began:.1f} s; "
              f"index of {(home.home / 'cls.db').stat().st_size / 1e6:.0f} MB")
        measure(options, home)


if __name__ == "__main__":
    main()
