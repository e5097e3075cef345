#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Waits until all files have arrived and every lot has gone through the last arc, by asking `cls status`.

Usage: wait_settled.py HOME LOTS REPORT UP_PID ARRIVE_PID [SECONDS]
  LOTS     how many lots the last dataset must have
  REPORT   what arrive.py writes at its end
Exits 1 with what is still open when the time (45 s) is over or one of the processes ended too early.
"""
import json
import pathlib
import subprocess
import sys
import time

LAST_DATASET = "flights-rank"
BUSY = ("queued", "running", "retrying", "waiting")


def status(home):
    asked = subprocess.run(["cls", "status", "--home", home, "--output", "json"], capture_output=True, text=True)
    if asked.returncode != 0:
        raise SystemExit(f"wait_settled.py: cls status ended with {asked.returncode}: {asked.stderr.strip()}")
    return json.loads(asked.stdout)


def still_open(state, lots):
    """What is not done yet, as text; empty when all is."""
    found = [f"{arc['name']}: {arc[what]} {what}" for arc in state["arcs"] for what in BUSY if arc[what]]
    done = sum(dataset["complete"] + dataset["empty"] for dataset in state["datasets"]
               if dataset["dataset"]["name"] == LAST_DATASET)
    if done < lots:
        found.append(f"{done} of {lots} lots of {LAST_DATASET}")
    return ", ".join(found)


def ended(pid):
    """True also for a process that nobody has waited for yet."""
    try:
        stat = pathlib.Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return True
    return stat[stat.rindex(")") + 2] in "ZX"


def main(arguments):
    if len(arguments) not in (5, 6):
        sys.exit(__doc__)
    home, lots, report = arguments[0], int(arguments[1]), pathlib.Path(arguments[2])
    up, arrive = arguments[3:5]
    give_up = time.monotonic() + float(arguments[5] if len(arguments) == 6 else 45)
    while True:
        if ended(up):
            sys.exit("wait_settled.py: cls up has ended")
        all_there = report.exists()  # asked for before the status, so that the status includes the last file
        if ended(arrive) and not report.exists():
            sys.exit("wait_settled.py: arrive.py has ended before its work was done")
        missing = still_open(status(home), lots) if all_there else "files are still arriving"
        if not missing:
            return
        if time.monotonic() > give_up:
            sys.exit(f"wait_settled.py: still open: {missing}")
        time.sleep(0.5)


if __name__ == "__main__":
    main(sys.argv[1:])
