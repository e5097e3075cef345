#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Cuts the week's flights into the files that arrive in the demo: two per hour of UTC.

Writes STAGING/<day>/flights-<hour>-a.csv and …-b.csv, the rows of an hour dealt out in turn, and once a
day _flights-<day>T12.done, which is no data. Usage: prepare.py STAGING [SDIST]
"""
import csv
import pathlib
import sys

sys.dont_write_bytecode = True
import flightdata  # noqa: E402


def by_hour(rows):
    """{hour: rows}, hours in order, rows in the order of the data."""
    hours = {}
    for hour, row in rows:
        hours.setdefault(hour, []).append(row)
    return dict(sorted(hours.items()))


def write_csv(path, header, rows):
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "w", encoding="utf-8", newline="") as out:
        csv.writer(out, lineterminator="\n").writerows([header, *rows])


def prepare(sdist, staging):
    """Writes the files; returns how many flights, hours, data files and other files there are."""
    header, rows = flightdata.week(sdist)
    hours = by_hour(rows)
    for hour, flights in hours.items():
        for part, name in enumerate("ab"):
            write_csv(staging / hour[:10] / f"flights-{hour}-{name}.csv", header, flights[part::2])
    days = sorted({hour[:10] for hour in hours})
    for day in days:
        (staging / day / f"_flights-{day}T12.done").write_text("this day is written\n", encoding="utf-8")
    return {"flights": len(rows), "lots": len(hours), "files": 2 * len(hours), "markers": len(days)}


def main(arguments):
    if len(arguments) not in (1, 2):
        sys.exit(__doc__)
    staging = pathlib.Path(arguments[0])
    if staging.exists() and any(staging.iterdir()):
        sys.exit(f"prepare.py: {staging} is not empty; name a new folder")
    try:
        made = prepare(pathlib.Path(arguments[1]) if len(arguments) == 2 else flightdata.SDIST, staging)
    except flightdata.DataError as error:
        sys.exit(f"prepare.py: {error}")
    print("{flights} flights in {lots} hours: {files} files, and {markers} that are no data".format(**made))


if __name__ == "__main__":
    main(sys.argv[1:])
