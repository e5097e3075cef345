#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What `cls up` costs while nothing arrives: ten boundaries with a copy arc each, each with one object taken in before.

Prints the processor time that it used, its wake-ups (voluntary context switches of all threads) and its memory.
Usage: idle.py CLS [--seconds N] [--boundaries N] [--smoke]
"""
import argparse
import json
import os
import pathlib
import subprocess
import tempfile
import time

SETTLED = 5  # seconds without an attempt, before the measuring begins


def project(count):
    boundaries = [{"type": "core:putListenerBoundary", "name": f"b{i}", "lotUnit": "PT5M",
                   "dataset": {"name": f"in{i}", "version": "1", "pathURI": f"s3://idle/in{i}/"}} for i in range(count)]
    arcs = [{"type": "core:copyArc", "name": f"a{i}", "sources": {"main": {"name": f"in{i}", "version": "1"}},
             "sinks": {"main": {"name": f"out{i}", "version": "1", "pathURI": f"s3://idle/out{i}/"}}}
            for i in range(count)]
    return {"project": {"name": "idle", "version": "1"}, "placement": {"provider": "local"}, "boundaries": boundaries,
            "arcs": arcs}


def look(pid):
    """Nanoseconds of processor time and voluntary switches of each thread."""
    found = {}
    for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
        status = dict(line.split(":", 1) for line in (task / "status").read_text().splitlines())
        ran = int((task / "schedstat").read_text().split()[0])
        found[task.name] = (ran, int(status["voluntary_ctxt_switches"]))
    return found


def memory(pid):
    """RSS now and at its highest, in MB."""
    status = dict(line.split(":", 1) for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines())
    return tuple(int(status[key].split()[0]) / 1024 for key in ("VmRSS", "VmHWM"))


def settle(folder, count, seconds):
    """Waits until every object is copied, and some seconds more."""
    end = time.monotonic() + 60
    while len(list(folder.glob("home/stores/s3/idle/out*/*"))) < count:
        if time.monotonic() > end:
            raise SystemExit("idle.py: the objects were not copied in 60 s")
        time.sleep(0.1)
    time.sleep(seconds)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cls", type=lambda text: pathlib.Path(text).resolve())
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--boundaries", type=int, default=10)
    parser.add_argument("--smoke", action="store_true", help="two seconds, to see that it works")
    options = parser.parse_args()
    seconds = 2 if options.smoke else options.seconds
    with tempfile.TemporaryDirectory() as scratch:
        folder = pathlib.Path(scratch)
        (folder / "p.json").write_text(json.dumps(project(options.boundaries)))
        for i in range(options.boundaries):
            path = folder / f"home/stores/s3/idle/in{i}/a"
            path.parent.mkdir(parents=True)
            path.write_text("a")
            os.utime(path, (1672531200, 1672531200))
        command = [options.cls, "up", "-p", folder / "p.json", "--home", folder / "home", "--since", "all"]
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as up:
            try:
                settle(folder, options.boundaries, 0.5 if options.smoke else SETTLED)
                before = look(up.pid)
                time.sleep(seconds)
                after = look(up.pid)
                resident, highest = memory(up.pid)
            finally:
                up.terminate()
            if up.wait(30) != 0:
                raise SystemExit(f"idle.py: cls up ended with {up.returncode}")
    used = sum(ran - before.get(task, (0, 0))[0] for task, (ran, _) in after.items()) / 1e9
    wakes = sum(switches - before.get(task, (0, 0))[1] for task, (_, switches) in after.items())
    print(f"load average {os.getloadavg()[0]:.1f}; {os.cpu_count()} processors")
    print(f"{options.boundaries} boundaries and arcs, nothing arrives, {seconds:g} s, {len(after)} threads")
    print(f"processor time: {used * 1000:.1f} ms, {100 * used / seconds:.3f} %")
    print(f"wake-ups: {wakes}, {wakes / seconds:.2f} a second")
    print(f"resident memory: {resident:.1f} MB, at most {highest:.1f} MB")


if __name__ == "__main__":
    main()
