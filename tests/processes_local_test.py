#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Tests of cls as processes on one machine: how they wake each other, what is switched off and on, how they end.

Usage: processes_local_test.py CLS [-v] [NAME…]     CLS is the executable
"""
import contextlib
import fcntl
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import unittest

import processes_test
from processes_test import COPY, PATIENCE, TIME_TO_END, Processes, command_arc, key_of, project

WORK = b"\0"     # what a ring says: src/base/bell.h
RECORDS = b"\1"
MARK = "echo $PPID $CLS_LOT >> $HOME/ran; echo x > $CLS_SINK_MAIN_PATH/$CLS_LOT.txt"


class Local(Processes):
    def setUp(self):
        super().setUp()
        os.environ["HOME"] = str(self.folder)

    def log(self):
        return (self.folder / "log").read_text()

    def ran(self):
        """(pid, lot) of each attempt that wrote its mark."""
        path = self.folder / "ran"
        return [tuple(line.split()) for line in path.read_text().splitlines()] if path.exists() else []

    def index(self):
        return contextlib.closing(sqlite3.connect(self.home / "cls.db", timeout=PATIENCE))

    def bell(self):
        """A bell of ours among those of the home."""
        ear = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.addCleanup(ear.close)
        ear.bind(str(self.home / "run/1-test.bell"))
        ear.settimeout(PATIENCE)
        return ear

    def serve(self, *arguments):
        """An `up` that is idle: it has said that it serves, and hangs its bell."""
        log = self.folder / "log"
        before = log.stat().st_size if log.exists() else 0
        process = self.start("up", *arguments)
        self.wait_for("the bell", lambda: list(self.home.glob(f"run/{process.pid}-*.bell"))
                      and b"serving " in log.read_bytes()[before:])
        return process

    def manifests(self, dataset):
        return list((self.home / "stores/s3/clusterless-manifest-local-home").glob(f"**/name={dataset}/**/manifest.json"))

    def claim_file(self, arc):
        file, = (self.home / "stores/s3/clusterless-arc-state-local-home/claims/project=p/version=1"
                 / f"arc={arc}").glob("lot=*.json")
        return file


class Bells(Local):
    def test_an_item_that_another_process_queued_is_taken_at_once(self):
        self.declare(command_arc(MARK), pollSec=3600)
        self.put(key_of(0))
        self.cls("run", "-p", "p.json")
        up = self.serve()
        (self.folder / "ran").unlink()
        claim, = self.claims("work")
        # As another process would: only the queue is written, and only work is rung.
        claim["sources"]["main"]["revision"] = "another"  # so that there is something to do
        self.claim_file("work").write_text(json.dumps(claim, separators=(",", ":")))
        with self.index() as index, index:
            index.execute("INSERT INTO queue (arc, lot, lane, due) VALUES (?, ?, 0, ?)",
                          ("local||local|home|p/1|work", claim["lot"], time.time_ns()))
        began = time.monotonic()
        ringer = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.addCleanup(ringer.close)
        bell, = self.home.glob(f"run/{up.pid}-*.bell")
        ringer.sendto(WORK, str(bell))
        self.wait_for("the lot", self.ran)
        self.assertLess(time.monotonic() - began, 30, "the next look of its own would be minutes away")

    def test_who_queues_something_rings(self):
        self.declare(COPY)
        self.cls("deploy", "-p", "p.json")
        ear = self.bell()
        self.put(key_of(0))
        self.start("run", "--seal")
        self.assertEqual(ear.recv(1), WORK)
        self.cls("deploy", "-p", "p.json")
        with contextlib.suppress(TimeoutError):
            while (heard := ear.recv(1)) != RECORDS:
                pass
        self.assertEqual(heard, RECORDS)

    def test_a_killed_process_leaves_no_bell_that_hinders_and_a_good_end_leaves_none(self):
        self.declare(COPY)
        killed = self.serve("-p", "p.json")
        killed.kill()
        killed.wait()
        self.assertEqual(len(list(self.home.glob("run/*.bell"))), 1)
        self.cls("deploy", "-p", "p.json")
        self.assertEqual(list(self.home.glob("run/*.bell")), [])
        up = self.serve()
        up.terminate()
        self.assertEqual(up.wait(PATIENCE), 0)
        self.assertEqual(list(self.home.glob("run/*.bell")), [])

    def test_ten_idle_boundaries_wake_less_than_once_a_second(self):
        declared = project(pollSec=5)
        first = declared["boundaries"][0]
        declared["boundaries"] = [
            {**first, "name": f"b{i}", "dataset": {"name": f"in{i}", "version": "1", "pathURI": f"s3://data-p/in{i}/"}}
            for i in range(10)]
        (self.folder / "p.json").write_text(json.dumps(declared))
        up = self.serve("-p", "p.json")

        def switches():
            tasks = pathlib.Path(f"/proc/{up.pid}/task").iterdir()
            return sum(int(re.search(r"^voluntary_ctxt\S+\s+(\d+)", (task / "status").read_text(), re.M)[1]) for task in tasks)
        # What is measured is time. What a start does may take some, and is none of its idleness.
        counts = []
        while len(counts) < 6 and not (counts and counts[-1] < 10):
            before = switches()
            time.sleep(10)
            counts.append(switches() - before)
        self.assertLess(counts[-1], 10, f"of ten seconds each: {counts}")


class Switched(Local):
    def test_a_disabled_boundary_takes_nothing_in_until_it_is_enabled(self):
        self.declare(COPY, settleSec=0)
        self.put(key_of(0))
        self.serve("-p", "p.json")
        self.wait_for("the first copy", lambda: key_of(0) in self.out())
        self.cls("disable", "p", "inbox")
        self.wait_for("its end", lambda: "p/1 inbox is disabled" in self.log())
        self.put(key_of(1))
        self.cls("disable", "copy")  # by whose notice the one before had its time
        self.wait_for("the arc's end", lambda: "p/1 copy is disabled" in self.log())
        self.assertNotIn(key_of(1), self.out())
        self.cls("enable", "copy")
        self.wait_for("the arc", lambda: "p/1 copy is enabled" in self.log())
        self.assertNotIn(key_of(1), self.out())
        self.cls("enable", "p")
        self.wait_for("what came meanwhile", lambda: key_of(1) in self.out())

    def test_a_disabled_boundary_leaves_the_watch_to_another_of_its_folder(self):
        declared = project(COPY, pollSec=3600, settleSec=0)
        declared["boundaries"].append(dict(declared["boundaries"][0], name="twin",
                                           dataset={"name": "p-twin", "version": "1", "pathURI": "s3://data-p/in/"}))
        (self.folder / "p.json").write_text(json.dumps(declared))
        self.put(key_of(0))
        self.serve("-p", "p.json")
        self.wait_for("the first copy", lambda: key_of(0) in self.out())
        self.cls("disable", "p", "twin")
        self.wait_for("its end", lambda: "p/1 twin is disabled" in self.log())
        self.put(key_of(1))
        self.wait_for("the second copy", lambda: key_of(1) in self.out())

    def test_a_disabled_arc_ends_what_runs_and_goes_on_in_order(self):
        self.declare(command_arc(f"{MARK}; test -e $HOME/go || sleep 600", concurrency=1), settleSec=0)
        self.put(key_of(0))
        self.serve("-p", "p.json")
        self.wait_for("the first lot", self.ran)
        self.cls("disable", "work")
        self.wait_for("its end", lambda: "p/1 work is disabled" in self.log())
        for number in (3, 1, 2):
            self.put(key_of(number))
        self.wait_for("their manifests", lambda: len(self.manifests("p-in")) == 4)
        (self.folder / "go").write_text("")
        process, = self.groups()
        os.killpg(process, signal.SIGTERM)  # the sleep; tried again, it would end at once
        self.wait_for("the end of the attempt", lambda: self.claims("work")[0]["state"] != "running")
        self.assertEqual(len(self.ran()), 1)
        self.cls("enable", "work")
        self.wait_for("all lots", lambda: len({lot for _, lot in self.ran()}) == 4)
        self.assertEqual([lot for _, lot in self.ran()][1:], sorted(lot for _, lot in self.ran()[1:]))


HOLD = "echo started >> $HOME/$CLS_LOT.held; until test -e $HOME/go; do sleep 0.05; done; "


class Sources(Local):
    def test_a_project_may_come_through_a_pipe(self):
        self.declare(COPY)
        done = subprocess.run(["bash", "-c", '"$0" verify -p <(cat p.json)', processes_test.CLS], cwd=self.folder,
                              env=self.environment(), capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        done = subprocess.run(["bash", "-c", '"$0" verify -p <(tr -d "}" <p.json)', processes_test.CLS], cwd=self.folder,
                              env=self.environment(), capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stderr, "/dev/fd/[0-9]+:[0-9]+:[0-9]+: ")

    def test_what_changes_behind_a_link_is_found_and_that_it_is_polled_is_said_once(self):
        self.declare(COPY, settleSec=0, pollSec=1)
        (self.input / "real").mkdir(parents=True)
        (self.input / "link").symlink_to(self.input / "real")
        self.serve("-p", "p.json")
        self.put(key_of(1))
        self.wait_for("a first copy", lambda: key_of(1) in self.out())  # so that the first scan is over
        (self.input / "real" / key_of(0)).write_text("x")
        # Its lot is closed by the file's other name; it is late, and its copy comes a minute later.
        ledger = self.home / "stores/s3"
        for name in ("real", "link"):
            self.wait_for(f"its line as {name}", lambda: any(
                f"s3://data-p/in/{name}/{key_of(0)}" in file.read_text()
                for file in ledger.glob("clusterless-*/arrivals/**/*") if file.is_file()))
        self.assertEqual(self.log().count("is a link: what changes behind it is told under another name"), 1)


class Redeployed(Local):
    def held(self):
        return list(self.folder.glob("*.held"))

    def test_another_deployment_is_served_at_once_and_what_runs_ends_under_its_own(self):
        write = "echo {} > $CLS_SINK_MAIN_PATH/$CLS_LOT.txt"
        self.declare(command_arc(HOLD + write.format("former")), settleSec=0)
        self.put(key_of(0))
        self.serve("-p", "p.json", "--since", "all")
        self.wait_for("the first lot", self.held)
        former, = self.claims("work")
        later = command_arc(write.format("new"))
        after = {"type": "core:copyArc", "name": "after", "sources": {"main": {"name": "p-work", "version": "1"}},
                 "sinks": {"main": {"name": "p-after", "version": "1", "pathURI": "s3://data-p/after/"}}}
        self.declare(later, after, settleSec=0)
        self.cls("deploy", "-p", "p.json", "--since", "all")
        self.wait_for("the deployment", lambda: "1 lot goes on" in self.log())
        self.put(key_of(1))
        self.wait_for("a lot under the new deployment", lambda: self.out("work"))
        self.wait_for("its copy", lambda: len(self.out("after")) == 1)
        claim = next(c for c in self.claims("work") if c["lot"] == former["lot"])
        self.assertEqual((claim["state"], claim["attempt"]), ("running", former["attempt"]))
        (self.folder / "go").write_text("")
        self.wait_for("the former lot", lambda: len(self.out("work")) == 2)
        # The arc that only the new deployment knows hears of it.
        self.wait_for("its copy", lambda: len(self.out("after")) == 2)
        self.assertEqual(sorted(self.out("after").values()), ["former\n", "new\n"])
        claims = {c["lot"]: c for c in self.claims("work")}
        self.assertEqual(claims[former["lot"]]["declaration"], former["declaration"])
        self.assertEqual(claims[former["lot"]]["attempt"], former["attempt"], "it ran once")
        self.assertEqual(len({c["declaration"] for c in claims.values()}), 2)
        self.cls("audit")

    def test_many_deployments_in_a_row_are_bounded_and_a_stop_ends_all(self):
        arc = command_arc(HOLD + "echo x > $CLS_SINK_MAIN_PATH/$CLS_LOT.txt", concurrency=8)
        self.declare(arc, settleSec=0)
        up = self.serve("-p", "p.json", "--since", "all")
        for number in range(3):
            self.put(key_of(number))
            self.wait_for("the lot", lambda: len(self.held()) == number + 1)
            self.declare(dict(arc, timeoutMin=10 + number), settleSec=0)
            self.cls("deploy", "-p", "p.json")
            self.wait_for("the deployment", lambda: self.log().count("another deployment is served") == number + 1)
        self.assertIn("under the former one 1 lot goes on to the end", self.log())
        began = time.monotonic()
        up.terminate()
        self.assertEqual(up.wait(PATIENCE), 0)
        self.assertLess(time.monotonic() - began, TIME_TO_END)
        self.assertEqual([(c["state"], c["owner"]) for c in self.claims("work")], [("retrying", None)] * 3)
        (self.folder / "go").write_text("")
        self.cls("run")
        self.assertEqual(len(self.out("work")), 3)
        self.cls("audit")

    def test_destroy_waits_for_what_runs_wherever(self):
        self.declare(command_arc(HOLD + "echo x > $CLS_SINK_MAIN_PATH/$CLS_LOT.txt", concurrency=1), settleSec=0)
        self.put(key_of(0), key_of(1))
        up = self.serve("-p", "p.json", "--since", "all")
        self.wait_for("the first lot", self.held)
        destroy = subprocess.Popen([processes_test.CLS, "destroy", "p:1"], cwd=self.folder, env=self.environment(),
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.started.append(destroy)
        said = destroy.stderr.readline()
        self.assertRegex(said, rf"waiting for p/1 work \S+, attempt \S+ \(process {up.pid} on ")
        self.assertIsNone(destroy.poll())
        # Who has not heard of it yet would take the other lot as well.
        self.wait_for("its notice", lambda: "1 lot goes on" in self.log())
        (self.folder / "go").write_text("")
        out, _ = destroy.communicate(timeout=PATIENCE)
        self.assertEqual(destroy.returncode, 0)
        self.assertIn("destroyed p/1", out)
        claim, = self.claims("work")
        self.assertEqual(claim["state"], "committed")
        self.assertEqual(len(self.out("work")), 1)
        self.cls("deploy", "-p", "p.json")
        self.wait_for("the other lot", lambda: len(self.out("work")) == 2)

    def test_destroy_gives_up_waiting_with_75(self):
        self.declare(command_arc(HOLD), settleSec=0)
        self.put(key_of(0))
        self.serve("-p", "p.json", "--since", "all")
        self.wait_for("the lot", self.held)
        self.cls("destroy", "p:1", "--wait", "1", expect=75)
        self.assertEqual(json.loads(self.cls("projects", "--output", "json")), [])


class Stops(Local):
    """`up` and `run` end in time after a signal, whatever hangs."""

    def stop_in_time(self, process, expect=0):
        began = time.monotonic()
        process.terminate()
        self.assertEqual(process.wait(PATIENCE), expect)
        self.assertLess(time.monotonic() - began, TIME_TO_END)

    def group(self):
        return self.wait_for("a group", self.groups)[0]

    def test_a_workload_that_ignores_sigterm_is_killed(self):
        self.declare(command_arc("trap '' TERM; echo up > $HOME/up; while true; do sleep 0.1; done"))
        self.put(key_of(0))
        up = self.serve("-p", "p.json", "--since", "all")
        self.wait_for("the workload", (self.folder / "up").exists)
        group = self.group()
        self.stop_in_time(up)
        self.assert_group_gone(group)
        claim, = self.claims("work")
        self.assertEqual((claim["state"], claim["attempts"], claim["owner"]), ("retrying", 0, None))

    def test_a_grandchild_that_ignores_sigterm_is_killed(self):
        self.declare(command_arc("(trap '' TERM; echo up > $HOME/up; while true; do sleep 0.1; done) & wait"))
        self.put(key_of(0))
        up = self.serve("-p", "p.json", "--since", "all")
        self.wait_for("the grandchild", (self.folder / "up").exists)
        group = self.group()
        self.stop_in_time(up)
        self.assert_group_gone(group)
        self.assertEqual(self.claims("work")[0]["owner"], None)

    def test_a_log_that_nobody_reads_any_more_ends_no_service(self):
        self.declare(COPY)
        up = subprocess.Popen([processes_test.CLS, "up", "-p", "p.json", "--log-level", "debug"], cwd=self.folder,
                              env=self.environment(), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        self.started.append(up)
        self.wait_for("the bell", lambda: list(self.home.glob(f"run/{up.pid}-*.bell")))
        up.stderr.close()
        self.put(key_of(0))
        self.wait_for("the copy", lambda: key_of(0) in self.out())
        self.stop_in_time(up)

    def test_asked_to_end_before_it_serves_it_ends_in_good_order(self):
        up = subprocess.Popen([processes_test.CLS, "up", "-p", "-"], cwd=self.folder, env=self.environment(),
                              stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        self.started.append(up)
        self.wait_for("the read of its input", lambda: pathlib.Path(f"/proc/{up.pid}/syscall").read_text().startswith("0 0x0 "))
        up.send_signal(signal.SIGTERM)
        _, log = up.communicate(json.dumps(project(COPY)), timeout=PATIENCE)
        self.assertEqual((up.returncode, log.splitlines()[-1].split()[-1]), (0, "stopped"), log)

    def test_an_attempt_that_ends_in_time_is_committed(self):
        self.declare(command_arc("echo up > $HOME/up; until test -e $HOME/go; do sleep 0.05; done;"
                                 " echo x > $CLS_SINK_MAIN_PATH/$CLS_LOT.txt"))
        self.put(key_of(0))
        up = self.serve("-p", "p.json", "--since", "all")
        self.wait_for("the workload", (self.folder / "up").exists)
        up.terminate()
        self.wait_for("the beginning of its end", lambda: not list(self.home.glob(f"run/{up.pid}-*.bell")))
        time.sleep(0.5)  # one that waits for no attempt would end it by now
        (self.folder / "go").write_text("")
        self.assertEqual(up.wait(PATIENCE), 0)
        self.assertEqual(self.claims("work")[0]["state"], "committed")

    def test_a_store_that_hangs_keeps_nobody_from_ending(self):
        self.declare(command_arc("echo up >> $HOME/up; until test -e $HOME/go; do sleep 0.05; done;"
                                 " echo x > $CLS_SINK_MAIN_PATH/$CLS_LOT.txt"))
        self.put(key_of(0))
        up = self.serve("-p", "p.json", "--since", "all")
        self.wait_for("the workload", (self.folder / "up").exists)
        group = self.group()
        # Whoever replaces a record waits for this lock.
        with open(self.home / "stores/s3/clusterless-arc-state-local-home/.cls-lock", "a+b") as lock:
            fcntl.lockf(lock, fcntl.LOCK_EX)
            self.stop_in_time(up)
            self.assertIn("ended without waiting", self.log())
            self.assert_group_gone(group)
            self.assertEqual(self.claims("work")[0]["state"], "running")
        (self.folder / "go").write_text("")
        self.cls("run")
        claim, = self.claims("work")
        self.assertEqual((claim["state"], claim["lostAttempts"]), ("committed", 1))


class Index(Local):
    """cls.db deleted, replaced or damaged."""

    def test_a_process_whose_index_is_deleted_ends_with_75_and_the_next_goes_on(self):
        self.declare(COPY, command_arc(HOLD + "echo x > $CLS_SINK_MAIN_PATH/$CLS_LOT.txt"), settleSec=0, pollSec=1)
        self.put(key_of(0))
        up = self.serve("-p", "p.json", "--since", "all")
        self.wait_for("the copy", self.out)
        self.wait_for("a lot that runs", lambda: list(self.folder.glob("*.held")))
        for file in self.home.glob("cls.db*"):
            file.unlink(missing_ok=True)
        began = time.monotonic()
        self.put(key_of(1))
        self.assertEqual(up.wait(PATIENCE), 75)
        self.assertLess(time.monotonic() - began, TIME_TO_END)
        self.assertIn("cls.db was deleted or replaced while this process had it open; start again", self.log())
        self.assertEqual({claim["owner"] and "owned" for claim in self.claims("work")}, {None})
        (self.folder / "go").write_text("")
        self.cls("run")
        self.assertEqual(len(self.out("work")), 2)
        self.assert_all_copied([key_of(0), key_of(1)])

    def test_one_that_is_idle_notices_too(self):
        self.declare(COPY, pollSec=1)
        up = self.serve("-p", "p.json")
        shutil.copy(self.home / "cls.db", self.folder / "kept")
        (self.home / "cls.db").unlink()
        shutil.copy(self.folder / "kept", self.home / "cls.db")
        self.assertEqual(up.wait(2 * PATIENCE), 75)  # it looks once a minute

    def test_a_damaged_index_is_set_aside_once_and_rebuilt_events_included(self):
        self.declare(COPY)
        self.put(key_of(0))
        self.cls("run", "-p", "p.json")
        # A lot that is published, and of which nobody was told: the arc's only lot without a claim.
        self.cls("disable", "copy")
        self.put(key_of(1))
        self.cls("run", "--seal")
        self.cls("enable", "copy")
        (self.home / "cls.db").write_bytes(os.urandom(20000))
        self.serve()
        self.wait_for("the copy", lambda: key_of(1) in self.out())
        self.assertEqual(self.log().count("the index was damaged: it is set aside as"), 1)
        self.assertEqual(len(list(self.home.glob("cls.db.broken-*"))), 1)
        self.assert_all_copied([key_of(0), key_of(1)])


if __name__ == "__main__":
    if len(sys.argv) < 2 or not shutil.which(sys.argv[1]):
        sys.exit(__doc__)
    processes_test.CLS = os.path.abspath(shutil.which(sys.argv.pop(1)))
    unittest.main()
