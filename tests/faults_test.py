#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Tests of a `cls up` in trouble: it says what is wrong, goes on when that is mended, loses nothing, and ends in time.

Usage: faults_test.py CLS [-v] [NAME…]     CLS is the executable
"""
import contextlib
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import time
import unittest

import processes_test
from processes_test import COPY, TIME_TO_END, Processes, command_arc, key_of

NOBODY = 65534


def ran(*command):
    return subprocess.run(command, capture_output=True, text=True).returncode == 0


class Faults(Processes):
    def log(self):
        return (self.folder / "log").read_text()

    def up(self, *before):
        former = self.log().count("serving ") if (self.folder / "log").exists() else 0
        with open(self.folder / "log", "a") as log:
            process = subprocess.Popen([*before, processes_test.CLS, "up", "-p", "p.json"], cwd=self.folder,
                                       env=self.environment(), stdout=subprocess.DEVNULL, stderr=log)
        self.started.append(process)
        self.wait_for("the start", lambda: self.log().count("serving ") > former)
        return process

    def end(self, process):
        """Ends it as an operator does; in time, and with 0."""
        self.assertIsNone(process.poll(), f"it ended by itself: {self.log()}")
        began = time.monotonic()
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(processes_test.PATIENCE), 0, self.log())
        self.assertLess(time.monotonic() - began, TIME_TO_END)

    def move_in(self, name):
        """A file that needs no room any more when it comes."""
        (self.staging / name).rename(self.input / name)

    def stage(self, *names):
        self.staging.mkdir(exist_ok=True)
        for name in names:
            (self.staging / name).write_text(f"content of {name}\n")

    def wait_for_copy(self, name):
        self.wait_for(f"the copy of {name}", lambda: self.out().get(name) == f"content of {name}\n")
        self.wait_for("the commit", lambda: all(c["state"] == "committed" for c in self.claims("copy")))

    def mount(self, *options):
        """A file system of its own on self.disk; skips where nothing can be mounted."""
        self.disk = self.folder / "disk"
        self.disk.mkdir()
        if not ran("mount", *options, self.disk):
            self.skipTest("needs the right to mount")
        self.addCleanup(subprocess.run, ["umount", "-l", self.disk], check=True)
        self.home = self.disk / "home"
        self.input = self.home / "stores/s3/data-p/in"
        self.staging = self.home / "stores/s3/data-p/staging"

    def setUp(self):
        super().setUp()
        self.staging = self.folder / "staging"


class Disk(Faults):
    def test_a_full_disk_is_said_and_when_there_is_room_again_it_goes_on(self):
        self.mount("-t", "tmpfs", "-o", "size=16m", "none")
        self.declare(COPY)
        self.input.mkdir(parents=True)
        names = [key_of(i) for i in range(6)]
        self.stage(*names)
        up = self.up()
        self.move_in(names[0])
        self.wait_for_copy(names[0])
        ballast = self.disk / "ballast"
        with open(ballast, "wb", buffering=0) as file, contextlib.suppress(OSError):
            while True:
                file.write(bytes(4096))
        for name in names[1:4]:
            self.move_in(name)
        self.wait_for("the complaint", lambda: "No space left" in self.log() or "is full" in self.log())
        ballast.unlink()
        for name in names[4:]:
            self.move_in(name)
        for name in names:
            self.wait_for_copy(name)
        self.end(up)
        self.assert_all_copied(names)

    def test_stores_that_become_read_only_are_said_and_when_they_are_mended_it_goes_on(self):
        stores = self.home / "stores"
        stores.mkdir(parents=True)
        if not ran("mount", "--bind", stores, stores):
            self.skipTest("needs the right to mount")
        self.addCleanup(subprocess.run, ["umount", "-l", stores], check=True)
        arrivals = self.folder / "arrivals"  # what arrives lies on another file system
        arrivals.mkdir()
        self.input = arrivals
        dataset = {"name": "p-in", "version": "1", "pathURI": f"file://{arrivals}/"}
        self.declare(COPY, dataset=dataset)
        names = [key_of(i) for i in range(4)]
        up = self.up()
        self.put(names[0])
        self.wait_for_copy(names[0])
        self.wait_for("the remount", lambda: ran("mount", "-o", "remount,bind,ro", stores))
        self.put(*names[1:3])
        self.wait_for("the complaint", lambda: "Read-only file system" in self.log())
        self.assertTrue(ran("mount", "-o", "remount,bind,rw", stores))
        self.put(names[3])
        for name in names:
            self.wait_for_copy(name)
        self.end(up)
        self.assert_all_copied(names)


class Process(Faults):
    @staticmethod
    def descriptors_at_rest(process):
        """How many it has open when it does nothing: the same for a second; else 0."""
        counts = set()
        for _ in range(20):
            counts.add(len(os.listdir(f"/proc/{process.pid}/fd")))
            time.sleep(0.05)
        return counts.pop() if len(counts) == 1 else 0

    def test_descriptors_that_run_out_are_said_and_when_there_are_more_it_goes_on(self):
        self.declare(COPY)
        up = self.up()
        names = [key_of(i) for i in range(4)]
        self.put(names[0])
        self.wait_for_copy(names[0])
        limit = subprocess.run(["prlimit", "--pid", str(up.pid), "--nofile", "--raw", "--noheadings", "--output", "SOFT"],
                               capture_output=True, text=True, check=True).stdout.strip()
        in_use = self.wait_for("a rest", lambda: self.descriptors_at_rest(up))
        self.assertTrue(ran("prlimit", "--pid", str(up.pid), f"--nofile={in_use}:"))
        before = len(self.log())
        self.put(*names[1:3])
        self.wait_for("the complaint", lambda: "Too many open files" in self.log()[before:])
        self.assertTrue(ran("prlimit", "--pid", str(up.pid), f"--nofile={limit}:"))
        self.put(names[3])
        for name in names:
            self.wait_for_copy(name)
        self.end(up)
        self.assert_all_copied(names)

    def test_an_object_that_cannot_be_read_is_named_and_taken_in_once_it_can_be(self):
        if os.geteuid() != 0:
            self.skipTest("needs root, to be somebody else than the one who writes")
        for path in (self.folder, self.home, self.input):
            path.mkdir(parents=True, exist_ok=True)
        subprocess.run(["chown", "-R", f"{NOBODY}:{NOBODY}", self.folder], check=True)
        self.declare(COPY, quietSec=0)
        names = [key_of(i) for i in range(3)]
        up = self.up("setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups")
        self.stage(*names)
        (self.staging / names[0]).chmod(0)
        for name in names:
            self.move_in(name)
        for name in names[1:]:
            self.wait_for_copy(name)
        self.assertIn(names[0], self.log())
        self.assertEqual(self.log().count("Permission denied"), 1, "said once")
        self.assertNotIn(names[0], self.out())
        (self.input / names[0]).chmod(0o644)
        self.wait_for_copy(names[0])
        self.end(up)
        self.assert_all_copied(names)


class Workload(Faults):
    def test_one_that_ignores_sigterm_is_killed_in_time_and_its_lot_released(self):
        self.declare(command_arc('trap "" TERM; test -e "$HOME/go" || { echo $$ > "$HOME/pid"; (sleep 601; sleep 602) ; };'
                                 ' echo done > $CLS_SINK_MAIN_PATH/$CLS_LOT.txt'))
        os.environ["HOME"] = str(self.folder)
        up = self.up()
        self.put(key_of(0))
        self.wait_for("the workload", (self.folder / "pid").exists)
        self.end(up)
        group = int((self.folder / "pid").read_text())
        self.assert_group_gone(group)
        claim, = self.claims("work")
        self.assertEqual((claim["state"], claim["attempts"], claim["owner"]), ("retrying", 0, None))
        (self.folder / "go").write_text("")
        up = self.up()
        self.wait_for("the output", lambda: list(self.out("work").values()) == ["done\n"])
        self.wait_for("the commit", lambda: self.claims("work")[0]["state"] == "committed")
        self.end(up)
        self.cls("audit")

    def test_one_that_floods_its_output_is_capped_and_that_is_said(self):
        self.declare(command_arc("head -c 150000000 /dev/zero; head -c 100000000 /dev/zero >&2;"
                                 " echo done > $CLS_SINK_MAIN_PATH/$CLS_LOT.txt"))
        up = self.up()
        self.put(key_of(0))
        self.wait_for("the commit", lambda: [c for c in self.claims("work") if c["state"] == "committed"])
        attempt, = self.home.glob("attempts/*")
        self.assertLess((attempt / "stdout").stat().st_size, 70_000_000)
        self.assertLess((attempt / "stderr").stat().st_size, 70_000_000)
        self.assertGreater(json.loads((attempt / "result.json").read_text())["droppedBytes"], 100_000_000)
        peak = next(int(line.split()[1]) for line in pathlib.Path(f"/proc/{up.pid}/status").read_text().splitlines()
                    if line.startswith("VmHWM"))
        self.assertLess(peak, 400_000, "KB; what a workload writes is not held in memory")
        self.end(up)
        self.cls("audit")


if __name__ == "__main__":
    if len(sys.argv) < 2 or not shutil.which(sys.argv[1]):
        sys.exit(__doc__)
    processes_test.CLS = os.path.abspath(shutil.which(sys.argv.pop(1)))
    unittest.main()
