#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every report in all four formats, byte for byte as in tests/golden/reports/, over a small home that is always the same.

What differs from run to run is replaced by a text of the same length: times of today, ids of attempts, the path of the
home. CLS_ACCEPT=1 writes the files anew, and skips.
Usage: golden_reports_test.py CLS [-v]
"""
import json
import os
import pathlib
import re
import sys
import unittest

import processes_test
from processes_test import Processes

GOLDEN = pathlib.Path(__file__).resolve().parent / "golden/reports"
REPORTS = [["placements"], ["projects"], ["boundaries"], ["arcs"], ["arcs", "status"], ["arcs", "status", "--list"], ["datasets"],
           ["datasets", "status"], ["datasets", "status", "--list"], ["regions"], ["substrates"], ["status"], ["audit"],
           ["logs", "--list"], ["diff", "-p", "changed.json"]]
HOUR = r"(?P<year>\d{4})(?P<month>\d\d)(?P<day>\d\d)T(?P<hour>\d\d)"


def boundary(name, dataset, **more):
    return {"type": "core:putListenerBoundary", "name": name, "lotUnit": "PT1H", "lotSource": "keyTimestampRegex", "keyRegex": HOUR,
            "dataset": {"name": dataset, "version": "1", "pathURI": f"s3://shop/{dataset}/"}, **more}


def arc(name, source, sink, **more):
    return {"type": "core:copyArc", "name": name, "attempts": 1, "sources": {"main": {"name": source, "version": "1"}},
            "sinks": {"main": {"name": sink, "version": "1", "pathURI": f"s3://shop/{sink}/"}}, **more}


def command(script):
    return {"type": "core:commandArc", "workload": {"command": ["sh", "-c", script], "manifest": "collect"}}


ORDERS = {"project": {"name": "orders", "version": "20240401"}, "placement": {"provider": "local"},
          "boundaries": [boundary("inbox", "raw"), boundary("prices", "prices", lateness="reject")],
          "arcs": [arc("keep", "raw", "kept"),
                   # The second hour cannot be copied whole, the third not at all: what a partial and a missing lot look like.
                   arc("mirror", "raw", "mirrored", workload={"workloadProps": {"failArcOnPartialPercent": 0.5}}),
                   # One lot at a time: attempts are listed by when they began.
                   arc("count", "raw", "counts", concurrency=1, **command(
                       "case $CLS_LOT in *H010) echo no prices >&2; exit 7;; esac; wc -l <$CLS_SOURCE_MAIN_FILES"
                       " >$CLS_SINK_MAIN_PATH/$CLS_LOT.txt"))]}
SECOND = {"project": {"name": "totals", "version": "1"}, "placement": {"provider": "local"},
          "arcs": [arc("again", "kept", "copies")]}


class Reports(Processes):
    def setUp(self):
        super().setUp()
        self.stores = self.home / "stores/s3/shop"
        self.write("mirrored/20240501T09-b.csv/in-the-way", "")
        for name in ("20240501T08-a", "20240501T09-a", "20240501T09-b", "20240501T10-a"):
            self.write(f"raw/{name}.csv", "order,amount\n1,10.00\n")
        self.write("prices/20240501T08.csv", 1234 * "x")
        for name, project in (("orders", ORDERS), ("totals", SECOND)):
            (self.folder / f"{name}.json").write_text(json.dumps(project))
        changed = json.loads(json.dumps(ORDERS))
        changed["arcs"][2]["attempts"] = 3
        del changed["arcs"][0]
        changed["arcs"].append(arc("new", "prices", "new"))
        (self.folder / "changed.json").write_text(json.dumps(changed))
        self.cls("run", "-p", "orders.json", "-p", "totals.json", expect=3)
        self.write("prices/20240501T08-late.csv", "late")
        self.cls("run", expect=3)
        self.cls("disable", "totals")

    def write(self, name, text):
        """Its time is of long ago, so that it is taken in at once."""
        (self.stores / name).parent.mkdir(parents=True, exist_ok=True)
        (self.stores / name).write_text(text)
        os.utime(self.stores / name, (1714550000, 1714550000))

    def masked(self, text):
        """The same text in every run, and in every place as long as what stood there."""
        home = "/home/of/cls"
        for spelled in {str(self.home), str(self.home.resolve())}:
            text = text.replace(spelled, home)
        text = re.sub(r"\b20(2[5-9]|[3-9]\d)-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{9})?Z", lambda m: "2024-05-02T00:00:00" + (
            ".000000000" if m[2] else "") + "Z", text)
        return re.sub(r"\b01[0-9A-HJKMNP-TV-Z]{24}\b", "01HWVBQZ0000000000000000ID", text)

    def report(self, words, form):
        text = self.masked(self.cls(*words, "--output", form))
        if words[0] == "logs":  # how long a process took; in a table its column has at least four places
            text = re.sub(r'(?<="wallMs" : )\d+|(?<=[,\t])\d+(?=[,\t]/home)', "12", text)
            text = re.sub(r"(?<=  )\d+ *(?=  /home)", "12  ", text)
            text = re.sub(r"  ms +folder", "  ms    folder", text)
            if form == "table":  # as wide as the last column, a path of this machine
                text = re.sub(r" +$", "", re.sub(r"^=+$", "====", text, flags=re.M), flags=re.M)
        return text

    def test_all(self):
        accept = "CLS_ACCEPT" in os.environ
        if accept:
            GOLDEN.mkdir(parents=True, exist_ok=True)
        named = set()
        for words in REPORTS:
            for form in ("table", "json", "csv", "tsv"):
                name = "-".join(word.lstrip("-") for word in words if not word.endswith(".json") and word != "-p") + "." + form
                named.add(name)
                text = self.report(words, form)
                if accept:
                    (GOLDEN / name).write_text(text)
                    continue
                with self.subTest(name):
                    self.assertEqual(text, (GOLDEN / name).read_text(), f"{name}; CLS_ACCEPT=1 writes it anew")
        self.assertEqual({path.name for path in GOLDEN.iterdir()} - named, set(), "no report is of that name")
        if accept:
            self.skipTest("written")


if __name__ == "__main__":
    processes_test.CLS = str(pathlib.Path(sys.argv.pop(1)).resolve())
    unittest.main()
