#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The demo's other process: brings prepared files into a bucket's folder while the pipeline runs.

The order is shuffled, with a fixed seed. Some files are written in place, slowly; some beside their name
as *.part, then renamed; the others moved in from another folder. A tenth is written again later, the same
bytes with a new modification time. A tenth of the second files waits until its lot is published.
With DEMO_BREAK=1 in the environment one file never comes.

Usage: arrive.py STAGING BUCKET MANIFESTS REPORT [--spread SECONDS] [--late-wait SECONDS] [--seed N]
  BUCKET      the bucket's folder; files come into its folder arrivals/
  MANIFESTS   the folder of the arrivals' manifests, …/name=<dataset>/version=<version>
  REPORT      a JSON file that says what was done, written at the end
"""
import argparse
import dataclasses
import heapq
import itertools
import json
import os
import pathlib
import random
import re
import sys
import time

HOUR = re.compile(r"(\d{4})-(\d{2})-(\d{2})T(\d{2})")
# The files of one hour come within this many seconds, well below the boundary's settleSec; so only
# those that are held back are late.
TOGETHER = 1.5
PIECES, PAUSE = 4, 0.15  # of a file written slowly


def lot_of(name):
    return "{}{}{}PT1H0{}".format(*HOUR.search(name).groups())


@dataclasses.dataclass
class Plan:
    """What comes when and how; times in seconds from the start."""
    at: dict  # name → time, without the late ones
    way: dict  # name → slow, part or moved
    late: list  # names that wait for their lot's manifest
    again: dict  # name → time at which it is written again
    dropped: list


def make_plan(names, seed, spread, drop_one):
    names = sorted(names)
    draw = random.Random(seed)
    data = [name for name in names if name.endswith(".csv")]
    second = [name for name in data if name.endswith("-b.csv")]
    late = sorted(draw.sample(second, len(second) // 10))
    waiting_lots = {lot_of(name) for name in late}
    # Of a lot whose second file waits, the first must come, or the lot would never be published.
    first = [name for name in data if name.endswith("-a.csv") and lot_of(name) not in waiting_lots]
    dropped = [first[len(first) // 2]] if drop_one else []
    start = {lot: draw.uniform(0, max(0.0, spread - TOGETHER)) for lot in sorted({lot_of(name) for name in names})}
    at = {name: start[lot_of(name)] + draw.uniform(0, TOGETHER) for name in names}
    way = {name: draw.choices(["slow", "part", "moved"], [2, 1, 7])[0] for name in names}
    again = {name: at[name] + 1 + draw.uniform(0, spread / 2)
             for name in draw.sample(sorted(set(data) - set(late)), len(data) // 10)}
    for name in dropped:
        again.pop(name, None)
    at = {name: when for name, when in at.items() if name not in late and name not in dropped}
    return Plan(at, way, late, again, dropped)


class Arrivals:
    """Carries out a plan in one thread: what is to be done next lies in a heap by time."""

    def __init__(self, staging, bucket, manifests, plan):
        self.staging, self.manifests, self.plan = staging, manifests, plan
        self.arrivals, self.elsewhere = bucket / "arrivals", bucket / "incoming"
        self.queue, self.order = [], itertools.count()
        self.waiting = list(plan.late)
        self.began = time.monotonic()

    def later(self, when, action, *arguments):
        heapq.heappush(self.queue, (when, next(self.order), action, arguments))

    def now(self):
        return time.monotonic() - self.began

    def bring(self, name):
        target = self.arrivals / name
        target.parent.mkdir(parents=True, exist_ok=True)
        body = (self.staging / name).read_bytes()
        if self.plan.way[name] == "slow":
            size = -(-len(body) // PIECES)
            pieces = [body[i:i + size] for i in range(0, len(body), size)]
            self.write_piece(open(target, "wb", buffering=0), pieces)
        elif self.plan.way[name] == "part":
            unfinished = target.with_name(target.name + ".part")
            unfinished.write_bytes(body)
            unfinished.rename(target)
        else:
            self.move_in(body, target)

    def write_piece(self, out, pieces):
        out.write(pieces[0])
        if pieces[1:]:
            self.later(self.now() + PAUSE, self.write_piece, out, pieces[1:])
        else:
            out.close()

    def move_in(self, body, target):
        """From a folder of the same disk that nobody watches, so that the file appears whole."""
        whole = self.elsewhere / target.name
        whole.write_bytes(body)
        whole.rename(target)

    def bring_again(self, name):
        self.move_in((self.staging / name).read_bytes(), self.arrivals / name)

    def release_late(self):
        """Brings what waited for a lot that is published now."""
        for name in list(self.waiting):
            if (self.manifests / f"lot={lot_of(name)}" / "state=complete" / "manifest.json").exists():
                self.waiting.remove(name)
                self.bring(name)

    def run(self, late_wait):
        self.elsewhere.mkdir(parents=True, exist_ok=True)
        for name, when in self.plan.at.items():
            self.later(when, self.bring, name)
        for name, when in self.plan.again.items():
            self.later(when, self.bring_again, name)
        give_up = None
        while self.queue or self.waiting:
            while self.queue and self.queue[0][0] <= self.now():
                _, _, action, arguments = heapq.heappop(self.queue)
                action(*arguments)
            self.release_late()
            if not self.queue and give_up is None:
                give_up = self.now() + late_wait
            if give_up is not None and self.waiting and self.now() > give_up:
                raise TimeoutError("no manifest came for the lots of " + ", ".join(self.waiting))
            time.sleep(0.02)
        self.elsewhere.rmdir()


def main(arguments):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for folder in "staging", "bucket", "manifests", "report":
        parser.add_argument(folder, type=pathlib.Path)
    parser.add_argument("--spread", type=float, default=10)
    parser.add_argument("--late-wait", type=float, default=30)
    parser.add_argument("--seed", type=int, default=13)
    options = parser.parse_args(arguments)
    names = [str(path.relative_to(options.staging)) for path in options.staging.rglob("*") if path.is_file()]
    plan = make_plan(names, options.seed, options.spread, os.environ.get("DEMO_BREAK") == "1")
    arrivals = Arrivals(options.staging, options.bucket, options.manifests, plan)
    try:
        arrivals.run(options.late_wait)
    except TimeoutError as error:
        sys.exit(f"arrive.py: {error} (waited {options.late_wait:g} s)")
    done = {"files": len(names) - len(plan.dropped), "again": len(plan.again), "late": plan.late,
            "dropped": plan.dropped, "seconds": round(arrivals.now(), 1)}
    unfinished = options.report.with_name(options.report.name + ".part")
    unfinished.write_text(json.dumps(done) + "\n", encoding="utf-8")
    unfinished.rename(options.report)
    print(f"{done['files']} files came in {done['seconds']} s, {len(plan.late)} of them after their lot was "
          f"published; {done['again']} were written again unchanged")


if __name__ == "__main__":
    main(sys.argv[1:])
