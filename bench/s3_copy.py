#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Copies 10,000 objects of 4 KiB between prefixes of one bucket: cls, s5cmd and rclone beside each other, on one versitygw.

Usage: s3_copy.py CLS [--objects N] [--size BYTES] [--rounds N] [--tools DIR]     DIR is what tools/setup installs into
Printed for each: processor time of the client per object, wall time, largest resident set; of rounds the best. `cls run` is
the whole command: it lists, records what arrived, copies, commits and publishes. The server is outside of the figures, but it
has the same processors.
"""
import argparse
import json
import os
import pathlib
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parent.parent
REGION = "eu-central-1"


def serve(tools, folder):
    """A versitygw over a folder: the process, its address and keys."""
    keys = {"AWS_ACCESS_KEY_ID": "BENCH" + secrets.token_hex(4), "AWS_SECRET_ACCESS_KEY": secrets.token_hex(16)}
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = "127.0.0.1:{}".format(probe.getsockname()[1])
    (folder / "server/data").mkdir(parents=True)
    process = subprocess.Popen([tools / "bin/versitygw", "--quiet", "--keep-alive", "--port", address, "--region", REGION,
                                "posix", folder / "server"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                               env={"ROOT_ACCESS_KEY": keys["AWS_ACCESS_KEY_ID"],
                                    "ROOT_SECRET_KEY": keys["AWS_SECRET_ACCESS_KEY"]})
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            urllib.request.urlopen(f"http://{address}", timeout=5)
        except urllib.error.HTTPError:
            return process, f"http://{address}", keys
        except OSError:
            time.sleep(0.05)
    process.kill()
    sys.exit("versitygw does not answer")


def measured(command, environment):
    """Wall seconds, processor seconds and largest resident set in MB of one command."""
    began = time.monotonic()
    process = subprocess.Popen([str(word) for word in command], env=environment, stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT)
    output = process.stdout.read()
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        sys.exit(f"{command[0]} ended with {process.returncode}\n{output.decode(errors='replace')[-2000:]}")
    return time.monotonic() - began, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024


def project(folder, name):
    (folder / f"{name}.json").write_text(json.dumps({
        "project": {"name": "bench", "version": "1"}, "placement": {"provider": "local"},
        "boundaries": [{"type": "core:putListenerBoundary", "name": "inbox", "lotUnit": "PT1M",
                        "lotSource": "keyTimestampRegex", "keyRegex": r"(?P<year>\d{4})(?P<month>\d\d)(?P<day>\d\d)",
                        "dataset": {"name": "in", "version": "1", "pathURI": "s3://data/in/"}}],
        "arcs": [{"type": "core:copyArc", "name": "copy", "sources": {"main": {"name": "in", "version": "1"}},
                  "parallel": 16,
                  "sinks": {"main": {"name": "out", "version": "1", "pathURI": f"s3://data/{name}/"}}}]}))
    return folder / f"{name}.json"


def count(folder, name):
    return sum(1 for _ in (folder / "server/data" / name).rglob("*.bin"))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("cls", type=pathlib.Path)
    parser.add_argument("--objects", type=int, default=10_000)
    parser.add_argument("--size", type=int, default=4096)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--tools", type=pathlib.Path, default=ROOT / "build/tools")
    options = parser.parse_args()
    tools = options.tools.resolve()
    sys.path.insert(0, str(tools / "python"))
    import boto3
    with tempfile.TemporaryDirectory(prefix="cls-s3-copy-") as scratch:
        folder = pathlib.Path(scratch)
        server, endpoint, keys = serve(tools, folder)
        try:
            environment = {**os.environ, **keys, "AWS_REGION": REGION, "AWS_DEFAULT_REGION": REGION,
                           "PYTHONPATH": str(tools / "python"), "PATH": f"{tools / 'python/bin'}:{os.environ['PATH']}"}
            s3 = boto3.client("s3", endpoint_url=endpoint, region_name=REGION,
                              aws_access_key_id=keys["AWS_ACCESS_KEY_ID"],
                              aws_secret_access_key=keys["AWS_SECRET_ACCESS_KEY"])
            for i in range(options.objects):
                s3.put_object(Bucket="data", Key=f"in/20230101-{i:06}.bin", Body=os.urandom(options.size))
            remote = f":s3,provider=Other,endpoint='{endpoint}',env_auth=true,region={REGION}:data"

            def cls(name):
                return [options.cls.resolve(), "run", "-p", project(folder, name), "--home", folder / f"home-{name}",
                        "--store", f"s3://data={endpoint}/data"]

            def s5cmd(name):
                return ["s5cmd", "--endpoint-url", endpoint, "--numworkers", "16", "--log", "error", "cp", "s3://data/in/*",
                        f"s3://data/{name}/"]

            def rclone(name):
                return ["rclone", "copy", f"{remote}/in", f"{remote}/{name}", "--transfers", "16", "--checkers", "16",
                        "--config", os.devnull]

            print(f"{options.objects} objects of {options.size} bytes, 16 at a time; of {options.rounds} rounds the best")
            print(f"{'client':8} {'CPU us/object':>14} {'wall s':>8} {'objects/s':>10} {'RSS MB':>7}")
            best = {}
            for turn in range(options.rounds):
                for tool in (cls, s5cmd, rclone):
                    name = f"{tool.__name__}-{turn}"
                    wall, used, rss = measured(tool(name), environment)
                    if (found := count(folder, name)) != options.objects:
                        sys.exit(f"{name}: {found} objects were copied")
                    shutil.rmtree(folder / "server/data" / name)
                    former = best.get(tool.__name__, (wall, used, rss))
                    best[tool.__name__] = (min(wall, former[0]), min(used, former[1]), max(rss, former[2]))
            for name, (wall, used, rss) in best.items():
                print(f"{name:8} {used / options.objects * 1e6:14.0f} {wall:8.1f} {options.objects / wall:10.0f} {rss:7.0f}")
        finally:
            server.kill()
            server.wait()


if __name__ == "__main__":
    main()
