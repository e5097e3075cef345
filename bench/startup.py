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
ON_AWS = (3, 100)  # of one that becomes templates
LOCAL = {"provider": "local"}
AWS = {"provider": "aws", "stage": "dev", "account": "111122223333", "region": "eu-west-1"}


def project(arcs, placement):
    """A chain of `arcs` copy arcs behind one boundary."""
    return {"project": {"name": "bench", "version": "1"}, "placement": placement,
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


def peak_mb(command, environment):
    """Of one more run."""
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
    usage = os.wait4(process.pid, 0)[2]
    return usage.ru_maxrss / 1024


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cls")
    parser.add_argument("--rounds", type=int, default=101)
    parser.add_argument("--smoke", action="store_true")
    options = parser.parse_args()
    rounds = 2 if options.smoke else options.rounds
    with tempfile.TemporaryDirectory() as folder:
        code = pathlib.Path(folder, "code")
        code.mkdir()
        for architecture in ("arm_64", "x86_64"):
            (code / f"bootstrap-{architecture}.zip").write_bytes(b"no program")
        environment = {**os.environ, "CLS_HOME": folder + "/home", "CLS_ASSETS_PATH": str(code)}

        def file_of(name, arcs, placement):
            file = pathlib.Path(folder, f"{name}{arcs}.json")
            file.write_text(json.dumps(project(arcs, placement), indent=1))
            return str(file)
        commands = {"/bin/true": ["/bin/true"],
                    "cls --help": [options.cls, "--help"],
                    **{f"cls verify, {arcs:,} arcs": [options.cls, "verify", "-p", file_of("local", arcs, LOCAL)]
                       for arcs in SIZES},
                    **{f"… on aws, {arcs:,} arcs": [options.cls, "verify", "-p", file_of("aws", arcs, AWS)] for arcs in ON_AWS},
                    **{f"… --out, {arcs:,} arcs": [options.cls, "verify", "-p", file_of("aws", arcs, AWS), "--out",
                                                   f"{folder}/out{arcs}"] for arcs in ON_AWS}}
        times = {name: [] for name in commands}
        for _ in range(rounds):
            for name, command in commands.items():
                times[name].append(milliseconds(command, environment))
        memory = {name: peak_mb(command, environment) for name, command in commands.items()}
    load = os.getloadavg()[0]
    print(f"{rounds} rounds, in turn; load average {load:.1f}; {os.cpu_count()} processors")
    base = statistics.median(times["/bin/true"])
    print(f"{'':22} {'median ms':>10} {'min ms':>8} {'above true':>11} {'peak MB':>8}")
    for name, values in times.items():
        median = statistics.median(values)
        print(f"{name:22} {median:10.1f} {min(values):8.1f} {median - base:11.1f} {memory[name]:8.1f}")


if __name__ == "__main__":
    main()
