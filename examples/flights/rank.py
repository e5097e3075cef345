#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Arc 3 of the demo: puts the carriers of one lot's summary in order, most flights first.

The environment is that of summarise.py; the source is what that wrote.
"""
import csv
import json
import os
import pathlib


def source_files():
    with open(os.environ["CLS_SOURCE_MAIN_FILES"], encoding="utf-8") as listing:
        return [line.rstrip("\n") for line in listing if line != "\n"]


def read_summaries(paths):
    """[(carrier, flights, distance)] of all summaries of the lot; there is one, from arc 2."""
    found = []
    for path in paths:
        with open(path, encoding="utf-8", newline="") as source:
            found += [(row["carrier"], int(row["flights"]), int(row["distance"])) for row in csv.DictReader(source)]
    return found


def main():
    lot = os.environ["CLS_LOT"]
    carriers = sorted(read_summaries(source_files()), key=lambda carrier: (-carrier[1], carrier[0]))
    path = pathlib.Path(os.environ["CLS_SINK_MAIN_PATH"]) / lot[:8] / f"{lot}-rank.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(["rank", "carrier", "flights", "distance", "distance_per_flight"])
        for place, (carrier, flights, distance) in enumerate(carriers, start=1):
            writer.writerow([place, carrier, flights, distance, round(distance / flights)])
    if "CLS_REPORT" in os.environ:
        first = carriers[0][0] if carriers else None
        with open(os.environ["CLS_REPORT"], "a", encoding="utf-8") as out:
            out.write(json.dumps({"carriers": len(carriers), "first": first}) + "\n")


if __name__ == "__main__":
    main()
