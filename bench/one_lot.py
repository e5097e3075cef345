#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Many objects in one lot through one arc by `cls run`, all durable: memory per object, and objects a second.

The first run takes in one object only: what it needs is the base. Of N objects the peak memory above that is printed per
object, and objects a second of the first run; then the peak of a second run, which finds nothing to do. Each run's sink must
list N members. The arc copies (`core:copyArc`), or a program does (`core:commandArc`, which is told the files in a list).
Usage: one_lot.py CLS [--objects N...] [--arc copy|command] [--smoke]
"""
import argparse
import copy
import json
import os
import pathlib
import tempfile

import bulk

COMMAND = {"command": ["sh", "-c", "xargs -d '\\n' cp -t $CLS_SINK_MAIN_PATH < $CLS_SOURCE_MAIN_FILES"],
           "manifest": "collect"}


def project(arc):
    made = copy.deepcopy(bulk.PROJECT)
    if arc == "command":
        made["arcs"][0].update({"type": "core:commandArc", "workload": COMMAND})
    return made


def listed(home):
    """How many members the manifests of the sink list; those that list parts list none themselves."""
    datasets = home / "stores/s3/clusterless-manifest-local-home/datasets/name=out"
    manifests = (json.loads(path.read_text()) for path in [*datasets.rglob("manifest.json"), *home.rglob("parts/*.json")]
                 if "name=out" in str(path))
    return sum(len(manifest["uris"]) for manifest in manifests if manifest["uriType"] != "manifest")


def measured(options, count):
    """Seconds and peak MB of a first run, peak MB of a second one."""
    with tempfile.TemporaryDirectory(dir=options.scratch) as scratch:
        folder = pathlib.Path(scratch)
        bulk.lay(folder, ((f"some-usual-name-{i:07}.json", bulk.START) for i in range(count)))
        (folder / "p.json").write_text(json.dumps(project(options.arc)))
        seconds, first = bulk.run(options.cls, folder)
        if (members := listed(folder / "home")) != count:
            raise SystemExit(f"one_lot.py: the sink lists {members} members of {count}")
        _, second = bulk.run(options.cls, folder)
    return seconds, first, second


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cls", type=lambda text: pathlib.Path(text).resolve())
    parser.add_argument("--objects", type=int, nargs="*", default=[10_000, 100_000])
    parser.add_argument("--arc", choices=["copy", "command"], default="copy")
    parser.add_argument("--scratch", type=pathlib.Path, help="a folder on the disk to measure on; else the usual one")
    parser.add_argument("--smoke", action="store_true", help="ten objects, to see that it works")
    options = parser.parse_args()
    print(f"load average {os.getloadavg()[0]:.1f}; {os.cpu_count()} processors")
    _, base, _ = measured(options, 1)
    print(f"base: {base:.0f} MB")
    print(f"{'objects':>9} {'run s':>8} {'objects/s':>10} {'peak MB':>8} {'bytes/object':>13} {'second run MB':>14}")
    for count in [10] if options.smoke else options.objects:
        seconds, peak, second = measured(options, count)
        each = (peak - base) * 1024 * 1024 / count
        print(f"{count:9} {seconds:8.1f} {count / seconds:10.0f} {peak:8.0f} {each:13.0f} {second:14.0f}", flush=True)


if __name__ == "__main__":
    main()
