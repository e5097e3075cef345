#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Tests of the demo's Python parts; the demo itself is a test of its own. Usage: test_flights.py [-v]"""
import contextlib
import functools
import io
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import unittest

sys.dont_write_bytecode = True
HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
import arrive  # noqa: E402
import compare  # noqa: E402
import flightdata  # noqa: E402
import prepare  # noqa: E402
import wait_settled  # noqa: E402

flightdata.week = functools.cache(flightdata.week)  # a second each time


class Scratch(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)


def project():
    """project.json without its comments."""
    text = (HERE / "project.json").read_text(encoding="utf-8")
    return json.loads(re.sub(r"(?m)(^|\s)//.*$", "", text))


class Data(Scratch):
    def test_the_week_has_the_flights_that_it_has(self):
        header, rows = flightdata.week(flightdata.SDIST)
        self.assertEqual(len(header), 19)
        self.assertEqual(len(rows), 6760)
        hours = [hour for hour, _ in rows]
        self.assertEqual((min(hours), max(hours), len(set(hours))), ("2013-07-08T00", "2013-07-14T23", 133))
        united = [row for _, row in rows if row[header.index("carrier")] == "UA"]
        self.assertEqual(len(united), 1165)
        self.assertEqual(sum(int(row[header.index("distance")]) for row in united), 1847828)

    def test_other_forms_of_time_are_refused(self):
        self.assertEqual(flightdata.utc_hour("2013-07-09T01:00:00Z"), "2013-07-09T01")
        for text in "2013-07-09 01:00:00", "2013-07-09T01:30:00Z", "2013-07-09T01:00:00+04:00", "":
            with self.subTest(text), self.assertRaisesRegex(flightdata.DataError, "full hour in UTC"):
                flightdata.utc_hour(text)

    def test_other_bytes_are_refused(self):
        other = self.folder / "other.tar.gz"
        other.write_bytes(b"other")
        with self.assertRaisesRegex(flightdata.DataError, "has the SHA-256 d9298a10d1b0"):
            flightdata.open_flights(other)

    def test_absent_data_is_named(self):
        with self.assertRaisesRegex(flightdata.DataError, "tools/setup downloads it"):
            flightdata.open_flights(self.folder / "absent")


class Prepare(Scratch):
    def test_every_flight_is_in_one_of_two_files_of_its_hour(self):
        made = prepare.prepare(flightdata.SDIST, self.folder)
        self.assertEqual(made, {"flights": 6760, "lots": 133, "files": 266, "markers": 7})
        files = [path for path in self.folder.rglob("*") if path.is_file()]
        self.assertEqual(len(files), 273)
        rows = list(compare.rows_of(sorted(self.folder.rglob("*.csv"))))
        self.assertEqual(len(rows), 6760)
        afternoon = self.folder / "2013-07-08"
        self.assertEqual([len(list(compare.rows_of([afternoon / f"flights-2013-07-08T14-{part}.csv"])))
                          for part in "ab"], [24, 24])

    def test_a_folder_with_files_is_left_alone(self):
        (self.folder / "mine").touch()
        with self.assertRaisesRegex(SystemExit, "is not empty"):
            prepare.main([str(self.folder)])


def names_of_hours(count):
    hours = [f"2013-07-{8 + number // 24:02}T{number % 24:02}" for number in range(count)]
    return [f"{hour[:10]}/flights-{hour}-{part}.csv" for hour in hours for part in "ab"]


class Plans(unittest.TestCase):
    names = names_of_hours(133) + ["2013-07-08/_flights-2013-07-08T12.done"]

    def test_tenths(self):
        plan = arrive.make_plan(self.names, 13, 10, drop_one=False)
        self.assertEqual((len(plan.late), len(plan.again), plan.dropped), (13, 26, []))
        self.assertTrue(all(name.endswith("-b.csv") for name in plan.late))
        self.assertEqual(sorted([*plan.at, *plan.late]), sorted(self.names))
        self.assertFalse(set(plan.again) & set(plan.late))
        self.assertEqual(set(plan.way.values()), {"slow", "part", "moved"})

    def test_the_order_is_shuffled_and_always_the_same(self):
        plan = arrive.make_plan(self.names, 13, 10, drop_one=False)
        order = sorted(plan.at, key=plan.at.get)
        self.assertNotEqual(order, sorted(order))
        self.assertEqual(plan, arrive.make_plan(list(reversed(self.names)), 13, 10, drop_one=False))
        self.assertNotEqual(plan, arrive.make_plan(self.names, 14, 10, drop_one=False))

    def test_the_files_of_an_hour_come_before_their_lot_is_closed(self):
        plan = arrive.make_plan(self.names, 13, 10, drop_one=False)
        times = {}
        for name, when in plan.at.items():
            times.setdefault(arrive.lot_of(name), []).append(when)
        settle = project()["boundaries"][0]["settleSec"]
        self.assertLess(max(max(when) - min(when) for when in times.values()), settle / 2)
        self.assertLess(max(plan.at.values()), 10)

    def test_what_is_dropped_changes_nothing_else(self):
        whole = arrive.make_plan(self.names, 13, 10, drop_one=False)
        broken = arrive.make_plan(self.names, 13, 10, drop_one=True)
        dropped, = broken.dropped
        self.assertTrue(dropped.endswith("-a.csv"))
        self.assertNotIn(dropped, broken.at | broken.again)
        self.assertNotIn(dropped.replace("-a.csv", "-b.csv"), broken.late)
        self.assertEqual(broken.late, whole.late)
        self.assertEqual(set(whole.at) - set(broken.at), {dropped})

    def test_lot_of_a_name(self):
        self.assertEqual(arrive.lot_of("2013-07-08/flights-2013-07-08T14-a.csv"), "20130708PT1H014")


class Arrive(Scratch):
    def setUp(self):
        super().setUp()
        self.names = names_of_hours(20)
        self.staging, self.bucket, self.manifests = (self.folder / part for part in ("staging", "bucket", "manifests"))
        for name in self.names:
            path = self.staging / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(f"some bytes of {name}\n", encoding="utf-8")

    def arrivals(self):
        plan = arrive.make_plan(self.names, 13, 0.5, drop_one=False)
        return arrive.Arrivals(self.staging, self.bucket, self.manifests, plan)

    def publish_later(self, arrivals):
        """Publishes the lots that are waited for, once their first file is there; a bounded time."""
        for name in arrivals.plan.late:
            first = self.bucket / "arrivals" / name.replace("-b.csv", "-a.csv")
            for _ in range(500):
                if first.exists():
                    break
                time.sleep(0.02)
            manifest = self.manifests / f"lot={arrive.lot_of(name)}/state=complete/manifest.json"
            manifest.parent.mkdir(parents=True)
            manifest.write_text("{}", encoding="utf-8")

    def test_all_come_whole_and_the_late_ones_after_their_manifest(self):
        arrivals = self.arrivals()
        self.assertEqual((len(arrivals.plan.late), len(arrivals.plan.again)), (2, 4))
        publisher = threading.Thread(target=self.publish_later, args=(arrivals,))
        publisher.start()
        arrivals.run(late_wait=10)
        publisher.join()
        come = {str(path.relative_to(self.bucket / "arrivals")): path.read_bytes()
                for path in self.bucket.rglob("*") if path.is_file()}
        self.assertEqual(come, {name: (self.staging / name).read_bytes() for name in self.names})
        for name in arrivals.plan.late:
            manifest = self.manifests / f"lot={arrive.lot_of(name)}/state=complete/manifest.json"
            self.assertGreater((self.bucket / "arrivals" / name).stat().st_mtime_ns, manifest.stat().st_mtime_ns)

    def test_what_is_written_again_gets_a_new_time(self):
        arrivals = self.arrivals()
        arrivals.waiting.clear()
        written = {}
        again = arrivals.bring_again

        def watched(name):
            before = (self.bucket / "arrivals" / name).stat().st_mtime_ns
            again(name)
            written[name] = (self.bucket / "arrivals" / name).stat().st_mtime_ns - before
        arrivals.bring_again = watched
        arrivals.run(late_wait=0)
        self.assertEqual(set(written), set(arrivals.plan.again))
        self.assertGreater(min(written.values()), 0)

    def test_a_lot_that_is_never_published_is_named(self):
        arrivals = self.arrivals()
        with self.assertRaisesRegex(TimeoutError, "no manifest came for the lots of .*-b.csv, .*-b.csv"):
            arrivals.run(late_wait=0.1)


def run_step(script, folder, lot, files):
    """Runs an arc's script as cls does; returns the files it wrote and its report."""
    folder.mkdir(parents=True)
    (folder / "files").write_text("".join(f"{path}\n" for path in files), encoding="utf-8")
    environment = {"PATH": os.environ["PATH"], "CLS_LOT": lot, "CLS_SOURCE_MAIN_FILES": str(folder / "files"),
                   "CLS_SINK_MAIN_PATH": str(folder / "out"), "CLS_REPORT": str(folder / "report")}
    subprocess.run([sys.executable, "-B", script], cwd=HERE, env=environment, check=True)
    written = sorted(path for path in (folder / "out").rglob("*") if path.is_file())
    return written, json.loads((folder / "report").read_text(encoding="utf-8"))


class Steps(Scratch):
    def test_summarise_and_rank(self):
        first, second = self.folder / "first file.csv", self.folder / "second.csv"
        first.write_text("carrier,distance,time_hour\nUA,100,x\nAA,7,x\n", encoding="utf-8")
        second.write_text("carrier,distance,time_hour\nUA,250,x\n", encoding="utf-8")
        (summary,), report = run_step("summarise.py", self.folder / "2", "20130708PT1H014", [first, second])
        self.assertEqual(summary, self.folder / "2/out/20130708/20130708PT1H014.csv")
        self.assertEqual(summary.read_text(), "carrier,flights,distance\nAA,1,7\nUA,2,350\n")
        self.assertEqual(report, {"rows": 3, "carriers": 2})
        (rank,), report = run_step("rank.py", self.folder / "3", "20130708PT1H014", [summary])
        self.assertEqual(rank, self.folder / "3/out/20130708/20130708PT1H014-rank.csv")
        self.assertEqual(rank.read_text(), "rank,carrier,flights,distance,distance_per_flight\n"
                                           "1,UA,2,350,175\n2,AA,1,7,7\n")
        self.assertEqual(report, {"carriers": 2, "first": "UA"})

    def test_a_lot_without_files(self):
        (summary,), _ = run_step("summarise.py", self.folder / "2", "20130708PT1H014", [])
        self.assertEqual(summary.read_text(), "carrier,flights,distance\n")
        (rank,), report = run_step("rank.py", self.folder / "3", "20130708PT1H014", [summary])
        self.assertEqual(rank.read_text(), "rank,carrier,flights,distance,distance_per_flight\n")
        self.assertEqual(report, {"carriers": 0, "first": None})


class Compare(unittest.TestCase):
    """Against a home as a right run would leave it, with the week in three lots, and then damaged."""
    lots = ("20130708PT1H000", "20130708PT1H001", "20130714PT1H023")

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.right = pathlib.Path(cls.folder.name, "right")
        kept = cls.right / "stores/s3/flights-results/kept"
        prepare.prepare(flightdata.SDIST, kept)
        files = sorted(kept.rglob("*.csv"))
        for number, lot in enumerate(cls.lots):
            own = files[number::3]
            cls.publish(cls.right, "flights-arrivals", lot, own)
            cls.publish(cls.right, "flights-kept", lot, own)
            for script, dataset in ("summarise.py", "flights-summary"), ("rank.py", "flights-rank"):
                own, _ = run_step(script, cls.right / f"stores/s3/flights-results/{dataset}/{lot}", lot, own)
                cls.publish(cls.right, dataset, lot, own)
        ledger = cls.right / "stores/s3" / compare.LEDGER
        ledger.mkdir(parents=True)
        (ledger / "segment=000000000001.jsonl").write_text(
            '{"version":1}\n{"decision":"member","lot":"L1","ownLot":"L1"}\n'
            '{"decision":"member","lot":"L2","ownLot":"L1"}\n{"decision":"filtered","lot":"","ownLot":""}\n')

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    @staticmethod
    def manifest(home, dataset, lot):
        return (home / "stores/s3/clusterless-manifest-local-home/datasets" / f"name={dataset}"
                / "version=20130708" / f"lot={lot}" / "state=complete" / "manifest.json")

    @classmethod
    def publish(cls, home, dataset, lot, files):
        path = cls.manifest(home, dataset, lot)
        path.parent.mkdir(parents=True)
        uris = ["s3://" + str(file.relative_to(home / "stores/s3")) for file in files]
        path.write_text(json.dumps({"state": "complete", "comment": None, "lotId": lot, "uriType": "identifier",
                                    "uris": uris}), encoding="utf-8")

    def setUp(self):
        self.home = pathlib.Path(self.folder.name, self.id())
        shutil.copytree(self.right, self.home)

    def change(self, dataset, lot, edit):
        path = self.manifest(self.home, dataset, lot)
        manifest = json.loads(path.read_text(encoding="utf-8"))
        edit(manifest)
        path.write_text(json.dumps(manifest), encoding="utf-8")

    def compare(self):
        output = io.StringIO()
        with contextlib.redirect_stdout(output), contextlib.redirect_stderr(output):
            status = compare.main([str(self.home)])
        different = [line for line in output.getvalue().splitlines() if line.startswith("DIFFERENT")]
        return status, different, output.getvalue()

    def test_right(self):
        status, different, output = self.compare()
        self.assertEqual((status, different), (0, []))
        self.assertIn("3 lots; 2 objects in them, 1 of these late; 1 filtered, 0 rejected, 0 vanished", output)
        self.assertRegex(output, r"\nUA( +1,165 +1,847,828){4}\n")
        self.assertIn("all three arcs agree with the data", output)

    def test_a_file_less(self):
        self.change("flights-kept", self.lots[0], lambda manifest: manifest["uris"].pop(0))
        status, different, _ = self.compare()
        self.assertEqual(status, 1)
        self.assertEqual(different[0], "DIFFERENT: keep, hour 2013-07-08T00: 27 flights; the data has 55")
        self.assertTrue(all("keep, " in line for line in different))

    def test_a_file_twice(self):
        self.change("flights-kept", self.lots[0], lambda manifest: manifest["uris"].append(manifest["uris"][0]))
        status, different, _ = self.compare()
        self.assertEqual((status, different[0]),
                         (1, "DIFFERENT: keep, hour 2013-07-08T00: 83 flights; the data has 55"))

    def test_another_distance(self):
        ranks, = (self.home / f"stores/s3/flights-results/flights-rank/{self.lots[1]}").rglob("*-rank.csv")
        text = ranks.read_text()
        self.assertIn(",HA,1,4983,", text)
        ranks.write_text(text.replace(",HA,1,4983,", ",HA,1,4982,"))
        status, different, _ = self.compare()
        self.assertEqual(status, 1)
        self.assertEqual(different,
                         ["DIFFERENT: rank, carrier HA: 7 flights, 34880 miles; the data has 7 flights, 34881 miles"])

    def test_a_lot_less(self):
        self.manifest(self.home, "flights-summary", self.lots[2]).unlink()
        status, different, _ = self.compare()
        self.assertEqual(status, 1)
        self.assertEqual(different[0], "DIFFERENT: summarise: lot 20130714PT1H023 is not complete")

    def test_a_lot_of_nobody(self):
        self.publish(self.home, "flights-rank", "20130714PT1H022", [])
        status, different, _ = self.compare()
        self.assertEqual((status, different), (1, ["DIFFERENT: rank: lot 20130714PT1H022 is none of the boundary's"]))

    def test_parts_are_followed(self):
        def into_parts(manifest):
            place = self.home / "stores/s3/parts"
            place.mkdir()
            (place / "00000.json").write_text(json.dumps(manifest), encoding="utf-8")
            manifest.update(uriType="manifest", uris=["s3://parts/00000.json"])
        self.change("flights-kept", self.lots[0], into_parts)
        self.assertEqual(self.compare()[0], 0)

    def test_what_cannot_be_read_is_no_difference(self):
        self.change("flights-kept", self.lots[0], lambda manifest: manifest["uris"].append("s3://flights/absent.csv"))
        status, _, output = self.compare()
        self.assertEqual(status, 2)
        self.assertIn("flights/absent.csv", output)

    def test_a_crash_is_no_difference(self):
        self.change("flights-kept", self.lots[0], lambda manifest: manifest.pop("uris"))
        status, _, output = self.compare()
        self.assertEqual(status, 2)
        self.assertIn("KeyError: 'uris'", output)


class Wait(unittest.TestCase):
    @staticmethod
    def state(complete, **arc):
        return {"arcs": [{"name": "rank", "queued": 0, "running": 0, "retrying": 0, "waiting": 0, **arc}],
                "datasets": [{"dataset": {"name": "flights-rank", "version": "1"}, "complete": complete, "empty": 1},
                             {"dataset": {"name": "flights-kept", "version": "1"}, "complete": 99, "empty": 0}]}

    def test_still_open(self):
        self.assertEqual(wait_settled.still_open(self.state(4), 5), "")
        self.assertEqual(wait_settled.still_open(self.state(3), 5), "4 of 5 lots of flights-rank")
        self.assertEqual(wait_settled.still_open(self.state(4, retrying=2), 5), "rank: 2 retrying")

    def test_ended(self):
        process = subprocess.Popen(["true"])
        for _ in range(500):
            if wait_settled.ended(process.pid):
                break
            time.sleep(0.01)
        self.assertTrue(wait_settled.ended(process.pid))  # not waited for yet: a zombie
        process.wait()
        self.assertTrue(wait_settled.ended(process.pid))
        self.assertFalse(wait_settled.ended(os.getpid()))


class Project(unittest.TestCase):
    def test_the_scripts_read_what_the_project_declares(self):
        declared = project()
        boundary, = declared["boundaries"]
        self.assertEqual(boundary["dataset"]["name"], compare.BOUNDARY_DATASET)
        sinks = {arc["name"]: arc["sinks"]["main"] for arc in declared["arcs"]}
        self.assertEqual({name: sink["name"] for name, sink in sinks.items()}, compare.MADE)
        self.assertEqual({sink["version"] for sink in [*sinks.values(), boundary["dataset"], declared["project"]]},
                         {compare.VERSION})
        self.assertEqual(sinks["rank"]["name"], wait_settled.LAST_DATASET)

    def test_the_regex_finds_the_hour_of_a_name(self):
        found = re.search(project()["boundaries"][0]["keyRegex"], "2013-07-08/flights-2013-07-09T14-a.csv")
        self.assertEqual(found.groupdict(), {"year": "2013", "month": "07", "day": "09", "hour": "14"})


if __name__ == "__main__":
    unittest.main()
