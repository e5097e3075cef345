#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compares what the demo's arcs made with the downloaded data.

Sums the week's flights per carrier from the data alone, then from the files that the current manifests of
each arc's dataset list, and prints a table. Exits 1 and names every difference if there is one, 2 if a
record or file cannot be read. Usage: compare.py HOME [SDIST]
"""
import collections
import csv
import json
import pathlib
import sys
import traceback
import urllib.parse

sys.dont_write_bytecode = True
import flightdata  # noqa: E402

VERSION = "20130708"
BOUNDARY_DATASET = "flights-arrivals"
MADE = {"keep": "flights-kept", "summarise": "flights-summary", "rank": "flights-rank"}  # arc → its dataset
LEDGER = f"clusterless-arc-state-local-home/arrivals/project=flights/version={VERSION}/boundary=arrivals"
SHOWN = 20  # hours named in full


class RecordError(Exception):
    """A record or a file that it names cannot be read."""


def path_of(home, uri):
    """The file of s3://bucket/key: <home>/stores/s3/bucket/key."""
    if not uri.startswith("s3://"):
        raise RecordError(f"a manifest lists '{uri}', expected s3://…")
    return home / "stores/s3" / urllib.parse.unquote(uri[len("s3://"):])


def read_json(path):
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise RecordError(f"{path}: {error}") from None


def members(home, manifest):
    """The files a manifest lists, through its parts where it has parts."""
    for uri in manifest["uris"]:
        if manifest["uriType"] == "manifest":
            yield from members(home, read_json(path_of(home, uri)))
        else:
            yield path_of(home, uri)


def lots_of(home, dataset):
    """{lot: files} from the current manifests; complete counts where it stands beside empty."""
    folder = home / f"stores/s3/clusterless-manifest-local-home/datasets/name={dataset}/version={VERSION}"
    lots = {}
    for state in "empty", "complete":
        for path in folder.glob(f"lot=*/state={state}/manifest.json"):
            manifest = read_json(path)
            lots[manifest["lotId"]] = list(members(home, manifest))
    return lots


def rows_of(files):
    for path in files:
        try:
            with open(path, encoding="utf-8", newline="") as source:
                yield from csv.DictReader(source)
        except OSError as error:
            raise RecordError(f"a manifest lists what cannot be read: {error}") from None


class Sums:
    """Flights and distance per carrier; per hour the number of flights, where it is known."""

    def __init__(self):
        self.flights, self.distance = collections.Counter(), collections.Counter()
        self.hours = collections.Counter()

    def add(self, carrier, flights, distance):
        self.flights[carrier] += flights
        self.distance[carrier] += distance

    def add_flight(self, row):
        self.add(row["carrier"], 1, int(row["distance"]))
        self.hours[flightdata.utc_hour(row["time_hour"])] += 1


def expected(sdist):
    sums = Sums()
    header, rows = flightdata.week(sdist)
    for _, row in rows:
        sums.add_flight(dict(zip(header, row)))
    return sums


def made(lots, arc):
    sums = Sums()
    for row in rows_of(path for files in lots.values() for path in files):
        if arc == "keep":
            sums.add_flight(row)
        else:
            sums.add(row["carrier"], int(row["flights"]), int(row["distance"]))
    return sums


def differences(data, arcs):
    """Every difference, one text each."""
    hours = arcs["keep"].hours
    wrong = [hour for hour in sorted(set(data.hours) | set(hours)) if data.hours[hour] != hours[hour]]
    found = [f"keep, hour {hour}: {hours[hour]} flights; the data has {data.hours[hour]}" for hour in wrong[:SHOWN]]
    if len(wrong) > SHOWN:
        found.append(f"keep: {len(wrong) - SHOWN} more hours differ")
    for arc, sums in arcs.items():
        for carrier in sorted(set(data.flights) | set(sums.flights)):
            wanted = data.flights[carrier], data.distance[carrier]
            got = sums.flights[carrier], sums.distance[carrier]
            if wanted != got:
                found.append(f"{arc}, carrier {carrier}: {got[0]} flights, {got[1]} miles; "
                             f"the data has {wanted[0]} flights, {wanted[1]} miles")
    return found


def lots_that_differ(arrived, lots):
    """An arc must have each lot that its boundary published, and no other."""
    found = []
    for arc, own in lots.items():
        found += [f"{arc}: lot {lot} is not complete" for lot in sorted(set(arrived) - set(own))]
        found += [f"{arc}: lot {lot} is none of the boundary's" for lot in sorted(set(own) - set(arrived))]
    return found


def count_decisions(home):
    """From the boundary's ledger: how many objects are members, late members, filtered, and so on."""
    counts = collections.Counter()
    for segment in sorted((home / "stores/s3" / LEDGER).glob("segment=*.jsonl")):
        for text in segment.read_text(encoding="utf-8").splitlines()[1:]:
            line = json.loads(text)
            counts[line["decision"]] += 1
            if line["decision"] == "member" and line["lot"] != line["ownLot"]:
                counts["late"] += 1
    return counts


def print_table(data, arcs):
    heads = ["the data", *arcs]
    print(f"{'':8}" + "".join(f"{head:>20}" for head in heads))
    print(f"{'carrier':8}" + f"{'flights':>9}{'miles':>11}" * len(heads))
    print("=" * (8 + 20 * len(heads)))
    columns = [data, *arcs.values()]
    carriers = sorted(set().union(*(sums.flights for sums in columns)))
    for carrier in carriers:
        print(f"{carrier:8}" + "".join(f"{sums.flights[carrier]:>9,}{sums.distance[carrier]:>11,}" for sums in columns))
    print(f"{'all':8}" + "".join(f"{sum(sums.flights.values()):>9,}{sum(sums.distance.values()):>11,}"
                                 for sums in columns))


def compare(home, sdist):
    data = expected(sdist)
    arrived = lots_of(home, BOUNDARY_DATASET)
    lots = {arc: lots_of(home, dataset) for arc, dataset in MADE.items()}
    arcs = {arc: made(lots[arc], arc) for arc in MADE}
    print_table(data, arcs)
    counts = count_decisions(home)
    print(f"\n{len(arrived)} lots; {counts['member']} objects in them, {counts['late']} of these late; "
          + ", ".join(f"{counts[kind]} {kind}" for kind in ("filtered", "rejected", "vanished")))
    found = lots_that_differ(arrived, lots) + differences(data, arcs)
    for text in found:
        print(f"DIFFERENT: {text}")
    print("the arcs' results differ from the data" if found else "all three arcs agree with the data")
    return 1 if found else 0


def main(arguments):
    if len(arguments) not in (1, 2):
        print(__doc__, file=sys.stderr)
        return 2
    try:
        return compare(pathlib.Path(arguments[0]), pathlib.Path(arguments[1]) if arguments[1:] else flightdata.SDIST)
    except (RecordError, flightdata.DataError) as error:
        print(f"compare.py: {error}", file=sys.stderr)
        return 2
    except Exception:  # Python would end with 1, which says here that a difference was found
        traceback.print_exc()
        return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
