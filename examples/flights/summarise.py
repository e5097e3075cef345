#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Arc 2 of the demo: sums the flights of one lot, per carrier. Reads the environment that `cls` gives:

CLS_LOT                 the lot, such as 20130708PT1H014
CLS_SOURCE_MAIN_FILES   a file with the paths of the lot's files, one a line
CLS_SINK_MAIN_PATH      the folder to write into
CLS_REPORT              a file for JSON lines; the last one is kept with the result (may be unset)
"""
import csv
import json
import os
import pathlib


def source_files():
    with open(os.environ["CLS_SOURCE_MAIN_FILES"], encoding="utf-8") as listing:
        return [line.rstrip("\n") for line in listing if line != "\n"]


def sum_by_carrier(paths):
    """{carrier: [flights, distance]}, carriers in order."""
    sums = {}
    for path in paths:
        with open(path, encoding="utf-8", newline="") as source:
            for row in csv.DictReader(source):
                total = sums.setdefault(row["carrier"], [0, 0])
                total[0] += 1
                total[1] += int(row["distance"])
    return dict(sorted(sums.items()))


def report(**fields):
    if "CLS_REPORT" in os.environ:
        with open(os.environ["CLS_REPORT"], "a", encoding="utf-8") as out:
            out.write(json.dumps(fields) + "\n")


def main():
    lot = os.environ["CLS_LOT"]
    sums = sum_by_carrier(source_files())
    path = pathlib.Path(os.environ["CLS_SINK_MAIN_PATH"]) / lot[:8] / f"{lot}.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(["carrier", "flights", "distance"])
        writer.writerows([carrier, *total] for carrier, total in sums.items())
    report(rows=sum(flights for flights, _ in sums.values()), carriers=len(sums))


if __name__ == "__main__":
    main()
