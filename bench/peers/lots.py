# SPDX-License-Identifier: Apache-2.0
"""What the pipelines of all peers share: where a lot lies, the copying, and a watcher that calls them for each new file."""
import os
import pathlib
import sys
import time

FOLDER = pathlib.Path(os.environ["PEER_FOLDER"])
POLL = 0.001  # seconds between two looks of the watcher


def source(lot):
    return FOLDER / "in" / f"{lot}.txt"


def sink(lot):
    return FOLDER / "out" / f"{lot}.txt"


def all_lots():
    return sorted(path.stem for path in (FOLDER / "in").glob("*.txt"))


def copy(lot):
    """As a careful script does: whole or not there at all. Nothing is synced."""
    temporary = sink(lot).with_suffix(".tmp")
    temporary.write_bytes(source(lot).read_bytes())
    temporary.rename(sink(lot))


def main(run_all, run_one):
    """`lots` runs every lot there is; `serve` runs each that comes to be, until standard input ends."""
    if sys.argv[1] == "lots":
        run_all(all_lots())
        return
    os.set_blocking(sys.stdin.fileno(), False)
    seen = set(all_lots())
    print("serving", flush=True)
    while sys.stdin.buffer.read(1) != b"":  # None while nothing was written, empty when it was closed
        for lot in all_lots():
            if lot not in seen:
                seen.add(lot)
                run_one(lot)
        time.sleep(POLL)
