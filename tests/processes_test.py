#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Tests of cls as processes: `up`, signals, kills, several at once on one home.

Usage: processes_test.py CLS [-v] [NAME…]     CLS is the executable
"""
import contextlib
import json
import os
import pathlib
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
import unittest

CLS = ""
PATIENCE = 120  # seconds that anything may take; machines are slow and shared
TIME_TO_END = 30  # seconds from a signal to the exit: ten are promised, of a machine that does nothing else
COPY = {"type": "core:copyArc", "name": "copy",
        "sources": {"main": {"name": "p-in", "version": "1"}},
        "sinks": {"main": {"name": "p-out", "version": "1", "pathURI": "s3://data-p/out/"}}}


def command_arc(script, **more):
    return {"type": "core:commandArc", "name": "work", "backoffSec": 0,
            "sources": {"main": {"name": "p-in", "version": "1"}},
            "sinks": {"main": {"name": "p-work", "version": "1", "pathURI": "s3://data-p/work/"}},
            "workload": {"command": ["sh", "-c", script], "manifest": "collect"}, **more}


def project(*arcs, **boundary):
    return {"project": {"name": "p", "version": "1"}, "placement": {"provider": "local"},
            "boundaries": [{"type": "core:putListenerBoundary", "name": "inbox", "lotUnit": "PT1M",
                            "lotSource": "keyTimestampRegex",
                            "keyRegex": r"(?P<year>\d{4})(?P<month>\d\d)(?P<day>\d\d)T(?P<hour>\d\d)(?P<minute>\d\d)",
                            "dataset": {"name": "p-in", "version": "1", "pathURI": "s3://data-p/in/"}, **boundary}],
            "arcs": list(arcs)}


def key_of(number):
    """A key of a lot of its own: the minute `number` of a day long ago."""
    return f"20230101T{number // 60:02}{number % 60:02}.txt"


class Processes(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="cls-processes-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.home = self.folder / "home"
        self.input = self.home / "stores/s3/data-p/in"
        self.started = []
        self.addCleanup(self.end_all)

    def end_all(self):
        for process in self.started:
            if process.poll() is None:
                process.kill()
            process.wait()

    def declare(self, *arcs, **boundary):
        (self.folder / "p.json").write_text(json.dumps(project(*arcs, **boundary)))

    def put(self, *names):
        self.input.mkdir(parents=True, exist_ok=True)
        for name in names:
            (self.input / name).write_text(f"content of {name}\n")

    def environment(self):
        return {**os.environ, "CLS_HOME": str(self.home)}

    def cls(self, *arguments, expect=0):
        ran = subprocess.run([CLS, *arguments], cwd=self.folder, env=self.environment(), timeout=2 * PATIENCE,
                             capture_output=True, text=True)
        self.assertEqual(ran.returncode, expect, f"cls {' '.join(arguments)}\n{ran.stdout}\n{ran.stderr}")
        return ran.stdout

    def start(self, *arguments):
        with open(self.folder / "log", "a") as log:
            process = subprocess.Popen([CLS, *arguments], cwd=self.folder, env=self.environment(),
                                       stdout=subprocess.DEVNULL, stderr=log)
        self.started.append(process)
        return process

    def wait_for(self, what, condition):
        end = time.monotonic() + PATIENCE
        while not (found := condition()):
            if time.monotonic() > end:
                self.fail(f"waited {PATIENCE} s for {what}\n{(self.folder / 'log').read_text()[-3000:]}")
            time.sleep(0.05)
        return found

    @staticmethod
    def stats():
        """State, parent, group, … of every process: proc(5) from the third field on."""
        for file in pathlib.Path("/proc").glob("[0-9]*/stat"):
            with contextlib.suppress(OSError):
                yield file.read_text().rpartition(")")[2].split()

    def groups(self):
        """The process groups of attempts; one whose number is just being written is none yet."""
        numbers = [file.read_text() for file in self.home.glob("attempts/*/group")]
        return [int(number) for number in numbers if number]

    def assert_group_gone(self, group):
        """A process that has ended counts as gone before its parent, which may be a slow init, has reaped it; one that
        was killed may need a moment to die."""
        self.assertGreater(group, 1)
        self.wait_for(f"the end of group {group}", lambda: not [
            stat for stat in self.stats() if int(stat[2]) == group and stat[0] not in "ZX"])

    @contextlib.contextmanager
    def failing_index(self, operation):
        """The queue takes no `operation` meanwhile, as on a full disk."""
        with contextlib.closing(sqlite3.connect(self.home / "cls.db", timeout=PATIENCE)) as index:
            with index:
                index.execute(f"CREATE TRIGGER failing BEFORE {operation} ON queue"
                              " BEGIN SELECT RAISE(ABORT, 'no room'); END")
            yield
            with index:
                index.execute("DROP TRIGGER failing")

    def out(self, folder="out"):
        """Name → text of what an arc wrote."""
        path = self.home / "stores/s3/data-p" / folder
        return {file.name: file.read_text() for file in path.glob("*.txt")} if path.is_dir() else {}

    def assert_all_copied(self, names):
        self.assertEqual(self.out(), {name: f"content of {name}\n" for name in names})
        self.cls("audit")

    def claims(self, arc):
        folder = self.home / f"stores/s3/clusterless-arc-state-local-home/claims/project=p/version=1/arc={arc}"
        return [json.loads(file.read_text()) for file in sorted(folder.glob("lot=*.json"))]


class Up(Processes):
    def test_takes_in_what_is_written_and_ends_well_on_sigterm(self):
        self.declare(COPY)
        up = self.start("up", "-p", "p.json")
        self.wait_for("the home", self.input.exists)
        names = [key_of(i) for i in range(5)]
        for name in names:
            self.put(name)
        self.wait_for("the copies", lambda: len(self.out()) == 5)
        self.wait_for("quiet", lambda: all(c["state"] == "committed" for c in self.claims("copy")))
        up.send_signal(signal.SIGTERM)
        self.assertEqual(up.wait(PATIENCE), 0)
        self.assert_all_copied(names)

    def test_sigterm_releases_what_runs_and_the_next_start_goes_on(self):
        self.declare(command_arc("test -e $HOME/go || sleep 600; echo done > $CLS_SINK_MAIN_PATH/$CLS_LOT.txt"))
        os.environ["HOME"] = str(self.folder)
        self.put(key_of(0))
        up = self.start("up", "-p", "p.json")
        self.wait_for("a running lot", lambda: [c for c in self.claims("work") if c["state"] == "running"])
        began = time.monotonic()
        up.send_signal(signal.SIGINT)
        self.assertEqual(up.wait(PATIENCE), 0)
        self.assertLess(time.monotonic() - began, TIME_TO_END)
        claim, = self.claims("work")
        self.assertEqual((claim["state"], claim["attempts"], claim["owner"]), ("retrying", 0, None))
        (self.folder / "go").write_text("")
        self.cls("run")
        self.assertEqual(list(self.out("work").values()), ["done\n"])

    def test_a_folder_that_was_renamed_and_made_again_is_watched_again(self):
        self.declare(COPY, settleSec=0, pollSec=1)
        self.start("up", "-p", "p.json")
        self.wait_for("the home", self.input.exists)
        for number, folder in enumerate((self.input, self.input.parent)):
            time.sleep(1)  # until the folder is watched
            folder.rename(f"{folder}.{number}")
            self.put(key_of(number))
            self.wait_for(f"the copy after {folder.name} was made again", lambda: key_of(number) in self.out())

    def test_an_index_that_fails_for_a_while_ends_no_service(self):
        self.declare(COPY, settleSec=0)
        up = self.start("up", "-p", "p.json")
        self.put(key_of(0))
        self.wait_for("the first copy", lambda: key_of(0) in self.out())
        with self.failing_index("INSERT"):
            self.put(key_of(1))
            self.wait_for("the complaint", lambda: "no room" in (self.folder / "log").read_text())
            self.assertIsNone(up.poll())
        self.wait_for("the second copy", lambda: key_of(1) in self.out())

    def test_two_boundaries_of_which_one_lies_in_the_other_see_all(self):
        inner = dict(project()["boundaries"][0], name="inner",
                     dataset={"name": "p-inner", "version": "1", "pathURI": "s3://data-p/in/inner/"})
        declared = project(COPY)
        declared["boundaries"].append(inner)
        (self.folder / "p.json").write_text(json.dumps(declared))
        self.start("up", "-p", "p.json")
        self.wait_for("the home", (self.input / "inner").exists)
        time.sleep(1)
        (self.input / "inner" / key_of(1)).write_text("x")
        self.wait_for("the copy", lambda: (self.home / "stores/s3/data-p/out/inner" / key_of(1)).exists())

    def test_notices_a_deploy_a_retry_and_a_destroy(self):
        self.declare(COPY)
        self.put(key_of(0))
        up = self.start("up", "-p", "p.json")
        self.wait_for("the copy", self.out)
        self.declare(COPY, command_arc("exit 1", attempts=1))
        self.cls("deploy", "-p", "p.json", "--since", "all")
        self.wait_for("the new arc's end", lambda: [c for c in self.claims("work") if c["state"] == "ended"])
        self.declare(COPY, command_arc("echo x > $CLS_SINK_MAIN_PATH/x.txt", attempts=1))
        self.cls("deploy", "-p", "p.json")
        self.wait_for("the changed arc", lambda: self.out("work"))
        self.cls("destroy", "p:1")
        time.sleep(1)
        self.put(key_of(1))
        time.sleep(2)
        self.assertEqual(len(self.out()), 1, "a destroyed project takes nothing in")
        self.cls("deploy", "-p", "p.json")
        self.wait_for("what came meanwhile", lambda: len(self.out()) == 2)
        up.send_signal(signal.SIGTERM)
        self.assertEqual(up.wait(PATIENCE), 0)
        self.cls("audit")


class Kills(Processes):
    def test_up_killed_while_a_workload_runs_leaves_nothing_running_and_loses_nothing(self):
        self.declare(COPY, command_arc("test -e $HOME/go || sleep 600; echo done > $CLS_SINK_MAIN_PATH/$CLS_LOT.txt"))
        os.environ["HOME"] = str(self.folder)
        names = [key_of(i) for i in range(3)]
        self.put(*names)
        up = self.start("up", "-p", "p.json")
        self.wait_for("running lots", lambda: len([c for c in self.claims("work") if c["state"] == "running"]) == 3)
        groups = self.wait_for("their groups", lambda: len(found := self.groups()) == 3 and found)
        up.kill()
        up.wait()
        (self.folder / "go").write_text("")
        self.cls("run")
        for group in groups:
            self.assert_group_gone(group)
        self.assertEqual(len(self.out("work")), 3)
        self.assertEqual({c["lostAttempts"] for c in self.claims("work")}, {1})
        self.assert_all_copied(names)

    def test_runs_killed_at_random_lose_nothing(self):
        self.declare(COPY, command_arc("sort $(cat $CLS_SOURCE_MAIN_FILES) > $CLS_SINK_MAIN_PATH/$CLS_LOT.txt"))
        draw = random.Random(os.environ.get("CLS_SEED", "7"))
        names = [key_of(i) for i in range(40)]
        waiting = list(names)
        self.put(waiting.pop())
        self.cls("deploy", "-p", "p.json", "--since", "all")
        for _ in range(12):
            count = draw.randint(1, 4)
            self.put(*waiting[:count])
            waiting = waiting[count:]
            process = self.start("run")
            time.sleep(draw.uniform(0.02, 1.2))
            process.kill()
            process.wait()
        self.put(*waiting)
        self.cls("run", "--until-idle", "--seal")
        self.assertEqual(sorted(self.out("work").values()), sorted(f"content of {name}\n" for name in names))
        self.assert_all_copied(names)


class Several(Processes):
    def test_processes_share_a_home_and_run_each_lot_once(self):
        self.declare(COPY, command_arc("echo $CLS_ATTEMPT >> $HOME/attempts; echo x > $CLS_SINK_MAIN_PATH/$CLS_LOT.txt",
                                       leaseSec=60))
        os.environ["HOME"] = str(self.folder)
        names = [key_of(i) for i in range(30)]
        self.put(*names[:10])
        self.cls("deploy", "-p", "p.json", "--since", "all")
        processes = [self.start("up"), self.start("up"), self.start("run")]
        self.put(*names[10:])
        self.wait_for("all copies", lambda: len(self.out()) == 30 and len(self.out("work")) == 30)
        self.wait_for("all commits", lambda: all(
            claim["state"] == "committed" for arc in ("copy", "work") for claim in self.claims(arc)))
        for process in processes[:2]:
            process.send_signal(signal.SIGTERM)
        for process in processes:
            self.assertEqual(process.wait(PATIENCE), 0)
        ran = (self.folder / "attempts").read_text().split()
        self.assertEqual(len(ran), 30, "no lot ran twice")
        self.assert_all_copied(names)


class Run(Processes):
    def test_ended_by_sigint_says_so_and_goes_on_the_next_time(self):
        self.declare(command_arc("test -e $HOME/go || sleep 600; echo done > $CLS_SINK_MAIN_PATH/$CLS_LOT.txt"))
        os.environ["HOME"] = str(self.folder)
        self.put(key_of(0))
        run = self.start("run", "-p", "p.json")
        self.wait_for("a running lot", lambda: [c for c in self.claims("work") if c["state"] == "running"])
        run.send_signal(signal.SIGINT)
        self.assertEqual(run.wait(PATIENCE), 128 + signal.SIGINT)
        (self.folder / "go").write_text("")
        self.cls("run")
        self.assertEqual(list(self.out("work").values()), ["done\n"])

    def test_a_small_full_disk_is_said_and_nothing_is_lost(self):
        mounted = self.folder / "disk"
        mounted.mkdir()
        if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "none", mounted], capture_output=True).returncode:
            self.skipTest("needs the right to mount")
        self.addCleanup(subprocess.run, ["umount", "-l", mounted], check=True)
        self.home = mounted / "home"
        self.input = self.home / "stores/s3/data-p/in"
        self.declare(COPY)
        names = [key_of(i) for i in range(6)]
        self.input.mkdir(parents=True)
        for name in names[:3]:
            (self.input / name).write_text(f"content of {name}\n")
        self.cls("deploy", "-p", "p.json", "--since", "all")
        ballast = mounted / "ballast"
        with open(ballast, "wb", buffering=0) as file, contextlib.suppress(OSError):
            while True:
                file.write(bytes(4096))
        ran = subprocess.run([CLS, "run"], cwd=self.folder, env=self.environment(), capture_output=True, text=True,
                             timeout=2 * PATIENCE)
        self.assertIn(ran.returncode, (1, 75), ran.stderr)
        self.assertRegex(ran.stderr, "No space left|full")
        ballast.unlink()
        for name in names[3:]:
            (self.input / name).write_text(f"content of {name}\n")
        self.cls("run", "--seal")
        self.assert_all_copied(names)

    def test_an_index_that_fails_ends_a_run_and_nothing_is_lost(self):
        self.declare(COPY)
        self.put(key_of(0))
        self.cls("run", "-p", "p.json")
        self.put(key_of(1))
        with self.failing_index("DELETE"):
            self.cls("run", "--seal", expect=1)
        self.cls("run")
        self.assert_all_copied([key_of(0), key_of(1)])

    def test_output_into_a_closed_pipe_ends_quietly(self):
        self.declare(COPY)
        self.put(*[key_of(i) for i in range(3)])
        self.cls("run", "-p", "p.json")
        piped = subprocess.run(f"{CLS} datasets status --list | true", shell=True, cwd=self.folder,
                               env=self.environment(), capture_output=True, text=True, timeout=PATIENCE)
        self.assertEqual(piped.stderr, "")


if __name__ == "__main__":
    if len(sys.argv) < 2 or not shutil.which(sys.argv[1]):
        sys.exit(__doc__)
    CLS = os.path.abspath(shutil.which(sys.argv.pop(1)))
    unittest.main()
