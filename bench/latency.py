#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""From the closing of an object to its lot in the sink: one copy arc, served by `cls up`, one object after another.

Each object is a lot of its own, which closes at once. Measured is when the sink's manifest is there for readers, and
when the claim says that it is published, which is after the sync of the manifest's directory: durable. Beside it, from
the same run, this disk's own publication: write, fsync, link, fsync of the directory. With --strace, a second run
counts the waits for the disk. Usage: latency.py CLS [--objects N] [--folder DIR] [--strace] [--smoke]
"""
import argparse
import json
import os
import pathlib
import re
import shutil
import statistics
import subprocess
import tempfile
import time

import measure

PROJECT = {"project": {"name": "p", "version": "1"}, "placement": {"provider": "local"},
           "boundaries": [{"type": "core:putListenerBoundary", "name": "inbox", "lotUnit": "PT1M",
                           "lotSource": "keyTimestampRegex", "keyRegex": r"(?P<epoch>\d{10})",
                           "dataset": {"name": "in", "version": "1", "pathURI": "s3://data/in/"}}],
           "arcs": [{"type": "core:copyArc", "name": "copy", "sources": {"main": {"name": "in", "version": "1"}},
                     "sinks": {"main": {"name": "out", "version": "1", "pathURI": "s3://data/out/"}}}]}
START = 1672531200  # 2023-01-01
PAUSE = 0.0002  # seconds between two looks
PATIENCE = 60
WARM = 3  # objects that are not measured: they find no directories yet


class Pipeline:
    """A `cls up` on a home of its own."""

    def __init__(self, cls, folder, before=()):
        self.home = folder / "home"
        self.input = self.home / "stores/s3/data/in"
        self.manifests = self.home / "stores/s3/clusterless-manifest-local-home/datasets/name=out/version=1"
        self.claims = self.home / "stores/s3/clusterless-arc-state-local-home/claims/project=p/version=1/arc=copy"
        self.input.mkdir(parents=True)
        (folder / "p.json").write_text(json.dumps(PROJECT))
        command = [*before, cls, "up", "-p", folder / "p.json", "--home", self.home]
        with open(folder / "log", "w", encoding="utf-8") as log:
            self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=log)
        began = time.perf_counter()
        while "serving" not in (folder / "log").read_text():
            self.pause(began)

    def __enter__(self):
        return self

    def __exit__(self, failed, *_):
        self.end()
        if self.process.returncode != 0 and failed is None:
            raise SystemExit(f"latency.py: cls up ended with {self.process.returncode}")

    def end(self):
        children = pathlib.Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        os.kill(int(children[0]) if children else self.process.pid, 15)  # strace's child, where it is traced
        self.process.wait(30)

    def pass_one(self, number):
        """Seconds from the closing to the manifest, and to the claim that says `published`."""
        lot = time.strftime("%Y%m%dPT1M", time.gmtime(START + 60 * number)) + f"{number % 1440:04}"
        manifest = self.manifests / f"lot={lot}/state=complete/manifest.json"
        with open(self.input / f"{START + 60 * number}.txt", "w", encoding="ascii") as file:
            file.write(f"{number}\n" * 20)
        closed = time.perf_counter()
        while not os.path.exists(manifest):
            self.pause(closed)
        there = time.perf_counter()
        while not json.loads((self.claims / f"lot={lot}.json").read_bytes())["sinks"]["main"]["published"]:
            self.pause(closed)
        return there - closed, time.perf_counter() - closed

    @staticmethod
    def pause(began):
        if time.perf_counter() - began > PATIENCE:
            raise SystemExit(f"latency.py: nothing after {PATIENCE} s")
        time.sleep(PAUSE)


def show(name, seconds, disk):
    ordered = sorted(1000 * one for one in seconds)
    median, high = statistics.median(ordered), ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))]
    print(f"{name:26} p50 {median:6.2f} ms ({median / disk:4.1f} × the disk), p99 {high:6.2f} ms ({high / median:.1f} × p50), "
          f"least {ordered[0]:.2f}, most {ordered[-1]:.2f}")


def count_waits(cls, folder, count):
    trace = folder / "trace"
    with Pipeline(cls, folder / "traced",
                  ["strace", "-f", "--seccomp-bpf", "-y", "-o", trace, "-e", "trace=fsync,fdatasync,syncfs"]) as pipeline:
        for number in range(WARM):
            pipeline.pass_one(number)
        time.sleep(0.5)
        before = len(trace.read_text().splitlines())
        for number in range(WARM, WARM + count):
            pipeline.pass_one(number)
        time.sleep(0.5)
        after = len(trace.read_text().splitlines())
    lines = [line for line in trace.read_text().splitlines()[before:after] if "resumed" not in line]
    index = sum("cls.db" in line for line in lines)
    kinds = {call: sum(re.search(rf"\b{call}\(", line) is not None for line in lines)
             for call in ("fsync", "fdatasync", "syncfs")}
    print(f"waits for the disk: {(len(lines) - index) / count:.1f} per object ("
          + ", ".join(f"{call} {number / count:.1f}" for call, number in kinds.items())
          + f"; {index / count:.1f} of them for the index)")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cls", type=lambda text: pathlib.Path(text).resolve())
    parser.add_argument("--objects", type=int, default=200)
    parser.add_argument("--folder", type=pathlib.Path, help="on the disk to measure; default: the temporary folder")
    parser.add_argument("--strace", action="store_true", help="count the waits for the disk too")
    parser.add_argument("--smoke", action="store_true", help="ten objects, to see that it works")
    options = parser.parse_args()
    folder = pathlib.Path(tempfile.mkdtemp(prefix="cls-latency-", dir=options.folder))
    count = 10 if options.smoke else options.objects
    try:
        with Pipeline(options.cls, folder / "timed") as pipeline:
            for number in range(WARM):
                pipeline.pass_one(number)
            disk = [measure.publication(made(folder / "disk-before"))]
            measured = [pipeline.pass_one(number) for number in range(WARM, WARM + count)]
            disk.append(measure.publication(made(folder / "disk-after")))
        disk = statistics.mean(disk)
        print(f"load average {os.getloadavg()[0]:.1f}; {os.cpu_count()} processors")
        print(f"{count} objects, one after another; this disk's own publication: median {disk:.2f} ms")
        show("closed → manifest there", [one for one, _ in measured], disk)
        show("closed → published, durable", [one for _, one in measured], disk)
        if options.strace or options.smoke:
            count_waits(options.cls, folder, 5 if options.smoke else 50)
    finally:
        shutil.rmtree(folder)


def made(folder):
    folder.mkdir()
    return folder


if __name__ == "__main__":
    main()
