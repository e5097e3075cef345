#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What it costs to start cls: whole processes, each measured in turn with /bin/true beside it.

Prints, per command, the median over the rounds and how much it is above /bin/true in the same rounds.
Usage: startup.py CLS [--rounds N] [--smoke]     (--smoke: two rounds, to see that it works)
"""
import argparse
import json
import os
import pathlib
import statistics
import subprocess
import tempfile
import time

SIZES = (3, 100, 1000)  # arcs of a project


def project(arcs):
    """A chain of `arcs` copy arcs behind one boundary."""
    return {"project": {"name": "bench", "version": "1"}, "placement": {"provider": "local"},
            "boundaries": [{"type": "core:putListenerBoundary", "name": "inbox", "lotUnit": "Hours",
                            "dataset": {"name": "d0000", "version": "1", "pathURI": "s3://bench/d0000/"}}],
            "arcs": [{"type": "core:copyArc", "name": f"copy{i:04}",
                      "sources": {"main": {"name": f"d{i:04}", "version": "1"}},
                      "sinks": {"main": {"name": f"d{i + 1:04}", "version": "1",
                                         "pathURI": f"s3://bench/d{i + 1:04}/"}}} for i in range(arcs)]}


def milliseconds(command, environment):
    began = time.perf_counter()
    subprocess.run(command, env=environment, stdout=subprocess.DEVNULL, check=True)
    return (time.perf_counter() - began) * 1000


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cls")
    parser.add_argument("--rounds", type=int, default=101)
    parser.add_argument("--smoke", action="store_true")
    options = parser.parse_args()
    rounds = 2 if options.smoke else options.rounds
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "CLS_HOME": folder + "/home"}
        files = {}
        for arcs in SIZES:
            files[arcs] = pathlib.Path(folder, f"{arcs}.json")
            files[arcs].write_text(json.dumps(project(arcs), indent=1))
        commands = {"/bin/true": ["/bin/true"],
                    "cls --help": [options.cls, "--help"],
                    **{f"cls verify, {arcs:,} arcs": [options.cls, "verify", "-p", str(files[arcs])]
                       for arcs in SIZES}}
        times = {name: [] for name in commands}
        for _ in range(rounds):
            for name, command in commands.items():
                times[name].append(milliseconds(command, environment))
    load = os.getloadavg()[0]
    print(f"{rounds} rounds, in turn; load average {load:.1f}; {os.cpu_count()} processors")
    base = statistics.median(times["/bin/true"])
    print(f"{'':22} {'median ms':>10} {'min ms':>8} {'above true':>11}")
    for name, values in times.items():
        median = statistics.median(values)
        print(f"{name:22} {median:10.1f} {min(values):8.1f} {median - base:11.1f}")


if __name__ == "__main__":
    main()
