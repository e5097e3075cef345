#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""cls-scenario as a process: what it runs, what it leaves behind, how it ends.

Usage: user_scenario_test.py CLS_SCENARIO CLS [-v] [NAME…]     both are executables
"""
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest
import xml.etree.ElementTree

PATIENCE = 200  # seconds until something that must happen counts as not happening
EXAMPLES = pathlib.Path(__file__).resolve().parent.parent / "examples" / "scenarios"


def project(name, command=None):
    """A boundary on s3://NAME/in/, and an arc from there to s3://NAME/out/ that copies, or runs a command."""
    arc = {"type": "core:copyArc", "name": "copy", "sources": {"main": {"name": name, "version": "1"}},
           "sinks": {"main": {"name": f"{name}-out", "version": "1", "pathURI": f"s3://{name}/out/"}}}
    if command:
        arc |= {"type": "core:commandArc", "workload": {"command": command, "manifest": "collect"}}
    return {"project": {"name": name, "version": "1"}, "placement": {"provider": "local"},
            "boundaries": [{"type": "core:putListenerBoundary", "name": "in", "lotUnit": "Twelfths",
                            "dataset": {"name": name, "version": "1", "pathURI": f"s3://{name}/in/"}}],
            "arcs": [arc]}


def alive(needle):
    """Processes, but this one, whose command line has a text in it."""
    found = []
    for folder in pathlib.Path("/proc").iterdir():
        if folder.name.isdigit() and int(folder.name) != os.getpid():
            try:
                line = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            except OSError:
                continue
            if needle in line:
                found.append(line)
    return found


class ScenarioCase(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="user-scenario-test-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.work = self.folder / "work"
        self.scratch = self.folder / "tmp"
        self.scratch.mkdir()
        self.environment = os.environ | {"TMPDIR": str(self.scratch), "PATH": f"{CLS.parent}:{os.environ['PATH']}"}

    def scenario(self, name, ingress=(), watched=(), command=None, **fields):
        folder = self.folder / "scenarios" / name
        folder.mkdir(parents=True)
        (folder / "project.json").write_text(json.dumps(project(name, command)))
        text = {"name": name, "projectFiles": ["project.json"],
                "ingressStores": [{"path": f"s3://{name}/in/"} | one for one in ingress],
                "watchedStores": [{"path": f"s3://{name}/out/", "pollingSleepSec": 1} | one for one in watched]}
        (folder / "scenario.json").write_text(json.dumps(text | fields))

    def command(self, *options):
        return [TOOL, "-f", self.folder / "scenarios", *options]

    def run_tool(self, *options, code=0):
        """In a work folder that stays."""
        done = subprocess.run(self.command("--work", self.work, *options), env=self.environment, text=True,
                              capture_output=True, timeout=PATIENCE)
        self.assertEqual(done.returncode, code, f"{done.stdout}\n{done.stderr}")
        return done

    def commands(self, scenario=None):
        """The commands of cls that were run, by the headings in the log."""
        log = (self.work / "local-home-none" / "out.log").read_text()
        return [line.split(": cls ", 1)[1] for line in log.splitlines()
                if line.startswith("== " + (scenario or "")) and ": cls " in line]

    def verbs(self, scenario=None):
        return [one.split()[0] for one in self.commands(scenario) if not one.startswith("run ")]

    def objects(self, number, name, part):
        folder = self.work / "local-home-none" / f"{number}-{name}" / "home/stores/s3" / name / part
        return {one.name: one.read_text() for one in sorted(folder.glob("*")) if one.is_file()}

    def wait_for(self, what, look):
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            if found := look():
                return found
            time.sleep(0.05)
        return self.fail(f"{what} did not come within {PATIENCE} s")


WHOLE = ["bootstrap", "verify", "deploy", "destroy", "bootstrap"]


class Virtual(ScenarioCase):
    def test_objects_have_a_header_and_so_many_lines_as_they_say(self):
        self.scenario("lines", [{"objectName": "a-%03d-%d.csv", "objectCount": 2, "uploadDelaySec": 60,
                                 "record": {"header": "n,v", "value": "%d,x%%", "numRecords": 3}},
                                {"objectName": "b", "objectCount": 1, "record": {"numRecords": 0}},
                                {"objectName": "c", "objectCount": 1}],
                      [{"objectCount": 4}])
        done = self.run_tool("--virtual-time")
        objects = self.objects(1, "lines", "in")
        self.assertEqual(len(objects), 4)
        lines = "n,v\n1,x%\n2,x%\n3,x%\n"
        first, second = (int(re.fullmatch(rf"a-00{n}-(\d+).csv", name)[1]) for n, name in
                         enumerate([one for one in objects if one.startswith("a-")], 1))
        self.assertEqual(second - first, 60_000)
        self.assertEqual([text for name, text in objects.items() if name.startswith("a-")], [lines, lines])
        self.assertEqual(objects["b"], "")
        self.assertEqual(objects["c"], "".join(f"{n},value\n" for n in range(1, 21)))
        self.assertEqual(self.objects(1, "lines", "out"), objects)
        self.assertEqual(self.verbs(), WHOLE)
        self.assertIn("1 scenario: 1 passed", done.stdout)
        self.assertNotIn("\x1b", done.stdout, "no bar where there is no terminal")

    def test_what_fails_is_destroyed_counted_and_reported(self):
        wanted = [{"objectCount": 1, "timeoutSec": 600}]
        self.scenario("good", [{"objectCount": 1}], wanted)
        self.scenario("breaks", [{"objectCount": 1}], wanted, ["sh", "-c", "echo '<&\"\x1b' >&2; exit 7"])
        self.scenario("short", [{"objectCount": 1}], [{"objectCount": 2, "timeoutSec": 600}])
        self.scenario("off", enabled=False)
        done = self.run_tool("--virtual-time", "--junit", self.folder / "report.xml", code=2)
        for name in ("good", "breaks", "short"):
            self.assertEqual(self.verbs(name)[-2:], ["destroy", "bootstrap"], name)
        self.assertIn("4 scenarios: 1 passed, 2 failed, 1 not run; logs and homes stay in", done.stdout)
        self.assertRegex(done.stderr, r"short: watch: \S+scenario.json:1:\d+: s3://short/out/: 1 of 2 objects after 10m")
        self.assertIn("cls-scenario: breaks: watch: ", done.stderr)
        self.assertIn("ended missing: 'sh' exited with status 7", done.stderr)
        suite = xml.etree.ElementTree.parse(self.folder / "report.xml").getroot()
        self.assertEqual({key: suite.get(key) for key in ("tests", "failures", "skipped")},
                         {"tests": "4", "failures": "2", "skipped": "1"})
        cases = {one.get("name"): one for one in suite.iter("testcase")}
        self.assertEqual({name: [child.tag for child in one] for name, one in cases.items()},
                         {"good": [], "breaks": ["failure"], "short": ["failure"], "off": ["skipped"]})
        self.assertEqual(cases["short"].find("failure").get("type"), "watch")
        self.assertIn('<&"', cases["breaks"].find("failure").text)

    def test_a_project_that_cannot_be_deployed_fails_before_anything_arrives(self):
        self.scenario("bad", [{}], [{}])
        path = self.folder / "scenarios/bad/project.json"
        path.write_text(path.read_text().replace("Twelfths", "Twelths"))
        done = self.run_tool("--virtual-time", code=1)
        self.assertIn("bad: verify: cls verify ended with 1", done.stderr)
        self.assertIn("did you mean Twelfths", done.stderr)
        self.assertEqual(self.verbs(), ["bootstrap", "verify"])

    def test_lots_that_fail_are_told_where_nothing_watches_them(self):
        self.scenario("quiet", [{"objectCount": 1}], [], ["false"])
        self.assertIn("quiet: some lots ended missing or partial", self.run_tool("--virtual-time").stderr)

    def test_stop_on_failure_starts_no_other(self):
        for n in range(3):
            self.scenario(f"s{n}", [{"objectCount": 1}], [{"objectCount": 2, "timeoutSec": 60}])
        done = self.run_tool("--virtual-time", "--stop-on-failure", "-j", "1", code=1)
        self.assertIn("3 scenarios: 0 passed, 1 failed, 2 not run", done.stdout)

    def test_a_scratch_folder_stays_only_where_something_failed(self):
        self.scenario("one", [{"objectCount": 1}], [{"objectCount": 1}])
        subprocess.run(self.command("--virtual-time"), env=self.environment, check=True, timeout=PATIENCE,
                       stdout=subprocess.DEVNULL)
        self.assertEqual(list(self.scratch.iterdir()), [])
        subprocess.run(self.command("--virtual-time", "--disable-destroy"), env=self.environment, check=True,
                       timeout=PATIENCE, stdout=subprocess.DEVNULL)
        self.work, = self.scratch.iterdir()
        self.assertEqual(self.verbs(), ["bootstrap", "verify", "deploy"])

    def test_the_examples_pass(self):
        done = subprocess.run([TOOL, "-f", EXAMPLES, "--virtual-time"], env=self.environment, text=True,
                              capture_output=True, timeout=PATIENCE)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertIn("3 scenarios: 3 passed", done.stdout)


class Bad(ScenarioCase):
    def test_each_error_has_its_place_and_nothing_runs(self):
        self.scenario("good")
        self.scenario("wrong", [{"objectNmae": "x", "objectName": "%n"}], [{"watchType": "glue"}])
        done = self.run_tool("--virtual-time", code=1)
        self.assertEqual(done.stdout, "")
        self.assertRegex(done.stderr, r"scenarios/wrong/scenario.json:1:\d+: /ingressStores/0/objectNmae: unknown field "
                                      r"'objectNmae' \(did you mean 'objectName'\?\)")
        self.assertRegex(done.stderr, r":1:\d+: /ingressStores/0/objectName: '%n' is not known here")
        self.assertRegex(done.stderr, r":1:\d+: /watchedStores/0/watchType: a glue catalogue cannot be watched")
        self.assertFalse(self.work.exists())

    def test_a_report_that_is_lost_is_no_success(self):
        self.scenario("lost")
        with open("/dev/full", "w") as full:
            done = subprocess.run(self.command("--work", self.work, "--virtual-time", "--verify-only"), env=self.environment,
                                  text=True, stdout=full, stderr=subprocess.PIPE, timeout=PATIENCE)
        self.assertEqual(done.returncode, 75, done.stderr)
        self.assertIn("standard output cannot be written", done.stderr)

    def test_files_that_are_no_json(self):
        self.scenario("x")
        path = self.folder / "scenarios/x/scenario.json"
        for text, message in ((b"", "x/scenario.json:1:1: "), (b"[]", ":1:1: /: expected an object"),
                              (b'{"name": "\xff"}', ":1:"), (b"{" * 5000, ":1:2"), (b"\0", ":1:1: "),
                              (b" " * 2_000_000, "2000000 bytes are too many")):
            path.write_bytes(text)
            self.assertIn(message, self.run_tool("--virtual-time", code=1).stderr)

    def test_what_is_not_there(self):
        (self.folder / "scenarios").mkdir()
        self.assertIn("there is no scenario.json in", self.run_tool("--virtual-time", code=74).stderr)
        self.scenario("x")
        self.assertIn("--cls-app", self.run_tool("--cls-app", "/nowhere/cls", code=74).stderr)
        self.assertIn("--junit", self.run_tool("--virtual-time", "--junit", "/nowhere/x.xml", code=74).stderr)
        self.assertIn("--junit", self.run_tool("--virtual-time", "--junit", self.folder, code=1).stderr)
        self.assertEqual(sorted(one.name for one in self.folder.iterdir()), ["scenarios", "tmp"], "nothing ran")
        self.work.mkdir()
        (self.work / "mine").touch()
        self.assertIn("is not empty", self.run_tool("--virtual-time", code=4).stderr)

    def test_nothing_enabled_is_nothing_to_do(self):
        self.scenario("off", enabled=False)
        self.assertIn("none of 1 scenario is enabled", self.run_tool("--virtual-time").stdout)


class Dry(ScenarioCase):
    def setUp(self):
        super().setUp()
        self.scenario("dry", [{}], [{}])

    def test_a_dry_run_deploys_nothing(self):
        self.run_tool("--dry-run")
        self.assertEqual([(one.split()[0], "--dry-run" in one) for one in self.commands()],
                         [("bootstrap", True), ("verify", True), ("deploy", True)])
        self.assertFalse((self.work / "local-home-none/1-dry/home").exists())

    def test_in_a_dry_run_verify_can_be_real(self):
        self.run_tool("--dry-run", "--verify-on-dry-run")
        self.assertEqual([("--dry-run" in one) for one in self.commands()], [True, False, True])

    def test_verify_only(self):
        self.run_tool("--verify-only")
        self.assertEqual(self.verbs(), ["verify"])

    def test_deploy_and_destroy_only(self):
        self.run_tool("--deploy-destroy-only")
        self.assertEqual(self.verbs(), WHOLE)
        self.assertEqual(self.objects(1, "dry", "in"), {})

    def test_the_server_is_said_to_be_unused(self):
        self.assertIn("--server is not used", self.run_tool("--verify-only", "--server", "h:1").stderr)


class Live(ScenarioCase):
    def start(self, *options):
        log = (self.folder / "tool.out").open("w")
        self.addCleanup(log.close)
        tool = subprocess.Popen(self.command(*options), env=self.environment, stdout=log, stderr=subprocess.STDOUT)
        self.addCleanup(lambda: tool.poll() is None and tool.kill())
        return tool

    def sleeping(self):
        """A scenario whose workload sleeps; the tool, once that is so."""
        self.scenario("sleeps", [{"objectCount": 2, "uploadDelaySec": 3600}], [{}],
                      ["sh", "-c", f"touch {self.folder}/began; exec sleep 4{os.getpid()}"])
        tool = self.start()
        self.wait_for("the workload", lambda: (self.folder / "began").exists())
        return tool

    def nothing_lives(self):
        self.wait_for("the end of all children", lambda: not alive(str(self.folder)) and
                      not alive(f"sleep 4{os.getpid()}"))

    def test_in_real_time_with_cls_up(self):
        self.scenario("real", [{"objectCount": 1}], [{"objectCount": 1, "timeoutSec": PATIENCE}])
        self.run_tool()
        self.assertEqual(self.verbs(), WHOLE)
        self.assertEqual(len(self.objects(1, "real", "out")), 1)
        self.assertIn("serving", (self.work / "local-home-none/err.log").read_text())
        self.nothing_lives()

    def test_a_cls_up_that_ends_by_itself_fails_the_scenario_once(self):
        self.scenario("dies", [{"objectCount": 2, "uploadDelaySec": 3600}])
        app = self.folder / "app"
        app.write_text(f'#!/bin/sh\ncase "$1" in up) echo serving >&2; sleep 1; echo no more >&2; exit 7;; esac\n'
                       f'exec {CLS} "$@"\n')
        app.chmod(0o755)
        done = self.run_tool("--cls-app", app, code=1)
        self.assertEqual(done.stderr.count("cls up ended with 7"), 1, done.stderr)
        self.assertIn("  no more\n", done.stderr)
        self.assertEqual(self.verbs(), WHOLE)

    def test_what_cannot_be_destroyed_is_told_beside_what_failed_before(self):
        self.scenario("stays", [{"objectCount": 1}], [{"objectCount": 2, "timeoutSec": 0}])
        app = self.folder / "app"
        app.write_text(f'#!/bin/sh\ncase "$1" in destroy) echo held >&2; exit 4;; esac\nexec {CLS} "$@"\n')
        app.chmod(0o755)
        self.assertRegex(self.run_tool("--cls-app", app, code=1).stderr,
                         r"(?s)stays: watch: .*and then: cls destroy ended with 4\n  held\n")

    def test_scenarios_can_share_a_home(self):
        for name in ("one", "two"):
            self.scenario(name, [{"objectCount": 1}], [{"objectCount": 1, "timeoutSec": PATIENCE}])
        self.run_tool("--home", self.folder / "home")
        self.assertEqual({one.name for one in (self.folder / "home/stores/s3").iterdir()} & {"one", "two"}, {"one", "two"})

    def test_sigint_destroys_and_ends_with_130(self):
        self.interrupted(signal.SIGINT)

    def test_sigterm_destroys_and_ends_with_143(self):
        self.interrupted(signal.SIGTERM)

    def interrupted(self, number):
        tool = self.sleeping()
        tool.send_signal(number)
        self.assertEqual(tool.wait(PATIENCE), 128 + number)
        out = (self.folder / "tool.out").read_text()
        self.assertRegex(out, r"sleeps +upload +stopped")
        self.assertRegex(out, r"sleeps +destroy +ok")
        self.assertIn("1 scenario: 0 passed, 1 stopped", out)
        self.nothing_lives()
        self.assertEqual(list(self.scratch.iterdir()), [])

    def test_killed_it_takes_its_children_along(self):
        tool = self.sleeping()
        tool.kill()
        tool.wait(PATIENCE)
        self.nothing_lives()


if __name__ == "__main__":
    TOOL, CLS = (pathlib.Path(one).resolve() for one in sys.argv[1:3])
    unittest.main(argv=[sys.argv[0], *sys.argv[3:]])
