#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""cls beside Luigi, Prefect and Dagster, in one run: the same lots of one small file each, copied.

For each: seconds from the start of a process until all lots that are there are copied; milliseconds from the closing of a
file until its copy is there, in a process that is up, one file after another; memory of what has to be up. The peers come
from PyPI, in pinned versions, each into a virtual environment below build/peers. Not in CI.
Usage: run.py CLS [--lots N] [--files N] [--rounds N] [--only NAME…]
"""
import argparse
import contextlib
import json
import os
import pathlib
import socket
import statistics
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
import measure  # noqa: E402
import latency  # noqa: E402

PAUSE = 0.0002
PATIENCE = 120


def made_environment(name):
    """The interpreter of the peer's virtual environment."""
    folder = HERE.parent.parent / "build/peers" / name
    requirements = HERE / f"requirements-{name}.txt"
    done = folder / "installed"
    if not done.exists() or done.read_text() != requirements.read_text():
        print(f"installing {name} into {folder}", file=sys.stderr, flush=True)
        subprocess.run([sys.executable, "-m", "venv", "--clear", folder], check=True)
        subprocess.run([folder / "bin/pip", "install", "-q", "-r", requirements], check=True)
        done.write_text(requirements.read_text())
    return folder / "bin/python"


def memory(pid):
    """Resident MB of a process and all below it; one that has ended holds none."""
    try:
        status = pathlib.Path(f"/proc/{pid}/status").read_text()
    except FileNotFoundError:
        return 0
    resident = status.partition("VmRSS:")[2].split()
    if not resident:
        return 0
    own = int(resident[0]) / 1024
    children = (child for task in pathlib.Path(f"/proc/{pid}/task").iterdir()
                for child in (task / "children").read_text().split())
    return own + sum(memory(child) for child in children)


def wait_for(what, condition):
    end = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > end:
            raise SystemExit(f"run.py: waited {PATIENCE} s for {what}")
        time.sleep(PAUSE)


def pass_files(source, sink, count):
    """Median milliseconds from the closing of a file to its copy."""
    times = []
    for number in range(count + 3):
        name = f"{latency.START + 60 * number}.txt"
        with open(source / name, "w", encoding="ascii") as file:
            file.write(f"{number}\n" * 20)
        closed = time.perf_counter()
        wait_for(f"the copy of {name}", (sink / name).exists)
        times.append(1000 * (time.perf_counter() - closed))
        time.sleep(0.05)
    return statistics.median(times[3:])  # the first ones find nothing warm


def put_lots(source, count):
    source.mkdir(parents=True)
    for number in range(count):
        path = source / f"{latency.START + 60 * number}.txt"
        path.write_text(f"{number}\n" * 20)
        os.utime(path, (latency.START, latency.START))


def check(source, sink):
    for path in source.iterdir():
        if (sink / path.name).read_bytes() != path.read_bytes():
            raise SystemExit(f"run.py: {sink / path.name} is not what arrived")


class Peer:
    """A peer in its environment; `services` is what has to be up besides the pipeline."""

    def __init__(self, name):
        self.name = name
        self.python = made_environment(name)
        self.service = None

    def environment(self, folder):
        return {**os.environ, "PEER_FOLDER": str(folder), "DO_NOT_TRACK": "1", "PREFECT_HOME": str(folder / "prefect"),
                "PREFECT_SERVER_ANALYTICS_ENABLED": "false", "PREFECT_LOGGING_LEVEL": "WARNING",
                "PREFECT_API_URL": f"http://127.0.0.1:{self.port}/api", "DAGSTER_HOME": str(folder / "dagster"),
                "DAGSTER_DISABLE_TELEMETRY": "yes"}

    @contextlib.contextmanager
    def services(self, folder):
        (folder / "out").mkdir(parents=True)
        (folder / "dagster").mkdir()
        (folder / "dagster/dagster.yaml").write_text("telemetry:\n  enabled: false\n")
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        if self.name != "prefect":
            yield None
            return
        with open(folder / "server.log", "w", encoding="utf-8") as log:
            server = subprocess.Popen([self.python.parent / "prefect", "server", "start", "--port", str(self.port)],
                                      env=self.environment(folder), stdout=log, stderr=log)
        try:
            wait_for("the prefect server", lambda: socket.socket().connect_ex(("127.0.0.1", self.port)) == 0)
            yield server.pid
        finally:
            server.terminate()
            server.wait(PATIENCE)

    def start(self, folder, what, **more):
        with open(folder / f"{what}.log", "w", encoding="utf-8") as log:
            return subprocess.Popen([self.python, HERE / f"{self.name}_peer.py", what], env=self.environment(folder),
                                    stderr=log, **more)

    def lots(self, folder, count):
        put_lots(folder / "in", count)
        with self.services(folder):
            began = time.perf_counter()
            process = self.start(folder, "lots", stdout=subprocess.DEVNULL)
            if process.wait() != 0:
                raise SystemExit((folder / "lots.log").read_text())
            seconds = time.perf_counter() - began
        check(folder / "in", folder / "out")
        return seconds

    def files(self, folder, count):
        (folder / "in").mkdir(parents=True)
        with self.services(folder) as service:
            process = self.start(folder, "serve", stdin=subprocess.PIPE, stdout=subprocess.PIPE)
            while b"serving" not in process.stdout.readline():
                if process.poll() is not None:
                    raise SystemExit((folder / "serve.log").read_text())
            median = pass_files(folder / "in", folder / "out", count)
            held = memory(process.pid) + (memory(service) if service else 0)
            process.stdin.close()
            process.wait(PATIENCE)
        check(folder / "in", folder / "out")
        return median, held


class Cls:
    name = "cls"

    def __init__(self, program):
        self.program = program

    def lots(self, folder, count):
        source = folder / "home/stores/s3/data/in"
        put_lots(source, count)
        (folder / "p.json").write_text(json.dumps(latency.PROJECT))
        began = time.perf_counter()
        subprocess.run([self.program, "run", "-p", folder / "p.json", "--home", folder / "home"], check=True,
                       stdout=subprocess.DEVNULL)
        seconds = time.perf_counter() - began
        check(source, folder / "home/stores/s3/data/out")
        return seconds

    def files(self, folder, count):
        with latency.Pipeline(self.program, folder / "up") as pipeline:
            sink = pipeline.home / "stores/s3/data/out"
            median = pass_files(pipeline.input, sink, count)
            held = memory(pipeline.process.pid)
            check(pipeline.input, sink)
        return median, held


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cls", type=lambda text: pathlib.Path(text).resolve())
    parser.add_argument("--lots", type=int, default=200)
    parser.add_argument("--files", type=int, default=30)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", nargs="*", default=["luigi", "prefect", "dagster"])
    options = parser.parse_args()
    contestants = [Cls(options.cls), *map(Peer, options.only)]
    results = {one.name: ([], [], []) for one in contestants}
    with tempfile.TemporaryDirectory(prefix="cls-peers-") as scratch:
        for number in range(options.rounds):  # in turn, so that all see the same machine
            for one in contestants:
                folder = pathlib.Path(scratch, f"{one.name}-{number}")
                (folder / "lots").mkdir(parents=True)
                (folder / "files").mkdir()
                seconds = one.lots(folder / "lots", options.lots)
                median, held = one.files(folder / "files", options.files)
                for list_, value in zip(results[one.name], (seconds, median, held)):
                    list_.append(value)
        disk_folder = pathlib.Path(scratch, "disk")
        disk_folder.mkdir()
        disk = measure.publication(disk_folder)
    print(f"load average {os.getloadavg()[0]:.1f}; {os.cpu_count()} processors; this disk's own publication: {disk:.2f} ms; "
          f"medians of {options.rounds} rounds")
    print(f"{'':8} {f'{options.lots} lots, s':>14} {'÷ cls':>6} {'file to copy, ms':>18} {'÷ cls':>6} {'memory up, MB':>15} {'÷ cls':>6}")
    own = [statistics.median(values) for values in results["cls"]]
    for name, lists in results.items():
        seconds, median, held = map(statistics.median, lists)
        print(f"{name:8} {seconds:14.2f} {seconds / own[0]:6.2f} {median:18.1f} {median / own[1]:6.2f} {held:15.0f} {held / own[2]:6.2f}")


if __name__ == "__main__":
    main()
