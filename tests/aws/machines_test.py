#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The state machines of the examples, run by an interpreter of their language: what becomes of a lot in every case, what
each function is given, that every state is reached by some run; and what Step Functions would refuse of them.

Usage: machines_test.py CLS [-v]
"""
import copy
import json
import pathlib
import sys
import tempfile
import unittest

from asl import Execution, Failed, machines_in, structure_findings
from assembly import PROJECTS, Assembly, synthesise

CLS = ""
EVENT = {"dataset": {"name": "reports", "version": "20260101", "pathURI": "s3://landing/reports/"}, "lot": "20260201PT5M003",
         "manifest": "s3://manifests/datasets/name=reports/version=20260101/lot=20260201PT5M003/state=complete/manifest.json",
         "datasetId": "reports/20260101"}
ENVELOPE = {"version": "0", "id": "0ab1", "source": "clusterless.arc", "detail-type": "Clusterless Arc Notification",
            "time": "2026-02-01T00:20:00Z", "resources": [], "detail": EVENT}
# What the workload gets; `environment` is what a job gets beside it.
WORKLOAD = {"role": "main", "arcNotifyEvent": EVENT, "existingPartialManifests": {},
            "environment": [{"Name": "CLS_LOT", "Value": EVENT["lot"]}]}
CONTEXT = {"previousState": None, "currentState": "running", "arcWorkloadContext": WORKLOAD, "sinkManifests": {},
           "workloadResponse": {}, "workloadError": {}}
SINKS = {"main": "s3://manifests/attempts/lot=20260201PT5M003/state=complete/manifest.json"}
ABSENT = float  # the value of a member that is left out
JOB_SECONDS = 700  # two beats


class World:
    """The functions and jobs of one lot. What a function does is a value, an error, or a list of these, one a call."""

    def __init__(self, job=(JOB_SECONDS, {"Status": "SUCCEEDED"}), **what):
        self.what = {"Start": CONTEXT, "Complete": {}, "Workload": SINKS, "Result": SINKS, "Beat": {}, **what}
        self.job = job
        self.calls = []

    def __call__(self, resource, given):
        if "batch:submitJob" in resource:
            self.calls.append(("Job", given))
            return self.job
        name = resource.removesuffix("FunctionArn")
        self.calls.append((name, given))
        what = self.what[name]
        if isinstance(what, list):
            what = what[min(self.given(name), len(what)) - 1]
        if isinstance(what, Failed):
            raise what
        if name == "Complete":
            # As the complete gate: the context without sink manifests, and the state that it has set.
            what = {**given["context"], "sinkManifests": {}, **what}
            what = {key: value for key, value in what.items() if value is not ABSENT}
        return 1, copy.deepcopy(what)

    def given(self, name):
        return sum(1 for one, _ in self.calls if one == name)

    def inputs(self, name):
        return [given for one, given in self.calls if one == name]


def started(**changes):
    return {**CONTEXT, **changes}


def state(name, **more):
    return {"currentState": name, **more}


BROKEN = Failed("cls.Error", "two objects could not be copied")
CUT = {key: value for key, value in CONTEXT.items() if key not in ("previousState", "currentState")}

# Of every machine: what happens, how it ends.
RUNS = {
    "happy": (World(Complete=state("complete")), "Complete"),
    "already running": (World(Start=started(previousState="running")), "AlreadyRunning"),
    "already complete": (World(Start=started(previousState="complete", currentState="complete")), "AlreadyComplete"),
    "already missing": (World(Start=started(previousState="missing", currentState="missing")), "AlreadyComplete"),
    "waiting for sources": (World(Start=started(currentState="waiting")), "WaitingForSources"),
    "unknown at the start": (World(Start=started(currentState="asleep")), "UnknownStart"),
    "null at the start": (World(Start=started(currentState=None)), "UnknownStart"),
    "nothing at the start": (World(Start=CUT), "UnknownStart"),
    "an error of the start gate": (World(Start=BROKEN), "StartInvokeCatch"),
    "partial": (World(Complete=state("partial")), "Partial"),
    "missing": (World(Complete=state("missing")), "Missing"),
    "unknown at the end": (World(Complete=state("asleep")), "UnknownComplete"),
    "null at the end": (World(Complete=state(None)), "UnknownComplete"),
    "nothing at the end": (World(Complete=state(ABSENT)), "UnknownComplete"),
    "an error of the complete gate": (World(Complete=BROKEN), "CompleteInvokeCatch"),
}
# Of every machine, where its workload (a function, or what collects a job's results) fails.
FAILURES = {
    "an error, missing": (state("missing"), "MissingWithError"),
    "an error, partial": (state("partial"), "PartialWithError"),
    "an error, unknown": (state("asleep"), "UnknownError"),
    "an error, and complete": (state("complete"), "UnknownError"),
}
SUCCESSES = {"Complete", "Partial", "Missing", "AlreadyRunning", "AlreadyComplete", "WaitingForSources"}


def has_job(properties):
    return "JobQueueArn" in properties["DefinitionSubstitutions"]


class Machines(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        with tempfile.TemporaryDirectory(prefix="cls-machines-") as folder:
            assemblies = [Assembly.read(synthesise(CLS, case, folder)) for case in PROJECTS]
        cls.machines = {f"{number} {stack.name}": properties for number, assembly in enumerate(assemblies)
                        for stack, _, properties in assembly.all("AWS::StepFunctions::StateMachine")}

    def each(self, jobs=None):
        """Every machine by name, or those with jobs, or those without."""
        return {name: properties for name, properties in self.machines.items() if jobs in (None, has_job(properties))}.items()

    def run_one(self, properties, world, end):
        """Runs to `end` and checks what every function was given."""
        world = copy.deepcopy(world)
        execution = Execution(properties["Definition"], properties["DefinitionSubstitutions"], world)
        execution.run(copy.deepcopy(ENVELOPE))
        self.assertEqual(execution.end, end, f"{execution.visited}, {execution.error}")
        self.assertEqual(execution.error is None, end in SUCCESSES)
        self.assertFalse(execution.error is not None and execution.error.error == "States.Runtime", execution.error)
        id = execution.context["Execution"]["Id"]
        for given in world.inputs("Start"):
            self.assertEqual(given, {"event": EVENT, "execution": id, "startedAt": execution.context["State"]["EnteredTime"]})
        for name in ("Workload", "Result", "Beat"):
            for given in world.inputs(name):
                beats = given["context"].pop("beat", None) if name == "Beat" else None
                self.assertTrue(beats in (None, {}) or set(beats) == {"Error", "Cause"}, "the beat before")
                self.assertEqual(given, {"context": WORKLOAD, "execution": id})
        for given in world.inputs("Complete"):
            self.assertEqual(set(given), {"context", "execution"})
            self.assertEqual(given["execution"], id)
            self.assertEqual(set(given["context"]), set(CONTEXT))
            self.assertEqual(given["context"]["arcWorkloadContext"], WORKLOAD)
            has_sinks, has_error = bool(given["context"]["sinkManifests"]), bool(given["context"]["workloadError"])
            self.assertNotEqual(has_sinks, has_error, given)
            self.assertEqual(given["context"]["sinkManifests"], SINKS if has_sinks else {})
        return world, execution

    def test_structure(self):
        self.assertGreaterEqual(len(self.machines), 15)
        for machine, properties in self.each():
            with self.subTest(machine):
                self.assertEqual(structure_findings(properties["Definition"]), [])

    def test_structure_finds_what_is_wrong(self):
        _, properties = next(iter(self.each(jobs=True)))
        machine = properties["Definition"]

        def planted(words, change):
            broken = copy.deepcopy(machine)
            change(broken["States"])
            self.assertTrue(any(words in one for one in structure_findings(broken)), f"{words}: {structure_findings(broken)}")
        planted("which is not there", lambda states: states["StartInvoke"].update(Next="Nowhere"))
        planted("is never reached", lambda states: states.update(Alone={"Type": "Succeed"}))
        planted("does not catch every error", lambda states: states["StartInvoke"].pop("Catch"))
        planted("with jitter", lambda states: states["StartInvoke"]["Retry"][0].pop("JitterStrategy"))
        planted("alone and last", lambda states: states["BatchRun"]["Catch"].reverse())
        planted("the parameter", lambda states: states["StartInvoke"]["Parameters"].update({"event": "$"}))
        planted("the parameter", lambda states: states["StartInvoke"]["Parameters"].update({"event.$": "event"}))
        planted("has the field", lambda states: states["StateStart"].update(Next="Complete"))
        planted("has no default", lambda states: states["StateStart"].pop("Default"))
        planted("is the name of two states", lambda states: states["BatchRun"]["Branches"][0]["States"].update(
            Complete={"Type": "Succeed"}))

        def endless(states):
            for branch in states["BatchRun"]["Branches"]:
                branch["States"] = {name: one for name, one in branch["States"].items() if one["Type"] != "Fail"}
        planted("MISSING_END_STATE", endless)

    def test_every_case_and_every_state(self):
        for machine, properties in self.each():
            with self.subTest(machine):
                visited = set()
                for name, (world, end) in RUNS.items():
                    with self.subTest(name):
                        visited |= set(self.run_one(properties, world, end)[1].visited)
                for name, (completed, end) in FAILURES.items():
                    with self.subTest(name):
                        world = World(Complete=completed, Workload=BROKEN, Result=BROKEN)
                        world, execution = self.run_one(properties, world, end)
                        self.assertEqual(world.inputs("Complete")[0]["context"]["workloadError"],
                                         {"Error": BROKEN.error, "Cause": BROKEN.cause})
                        visited |= set(execution.visited)
                of_jobs = [self.job_fails(properties), self.claim_lost(properties)] if has_job(properties) else []
                for one in (self.retried(properties), *of_jobs):
                    visited |= set(one.visited)
                every = {name for part in machines_in(properties["Definition"]) for name in part["States"]}
                self.assertEqual(every - visited, set(), "no run reaches these")

    def retried(self, properties):
        """The event comes again after the wait that the complete gate asks for, and the lot is done."""
        world = World(Complete=[state("retrying", retryAfterSec=120), state("complete", workloadError={})], Workload=[BROKEN, SINKS],
                      Result=[BROKEN, SINKS])
        world, execution = self.run_one(properties, world, "Complete")
        self.assertEqual(world.given("Start"), 2)
        self.assertEqual(world.given("Complete"), 2)
        self.assertGreaterEqual(execution.seconds, 120)
        return execution

    def job_fails(self, properties):
        cause = json.dumps({"Status": "FAILED", "StatusReason": "Essential container in task exited"})
        world = World(job=(400, Failed("States.TaskFailed", cause)), Complete=state("missing"))
        world, execution = self.run_one(properties, world, "MissingWithError")
        self.assertEqual(world.inputs("Complete")[0]["context"]["workloadError"], {"Error": "States.TaskFailed", "Cause": cause})
        self.assertEqual((world.given("Beat"), world.given("Result")), (1, 0))
        return execution

    def claim_lost(self, properties):
        """Who lost its claim ends its job at once, whose results nobody collects."""
        world = World(job=(9000, {}), Beat=[{}, Failed("cls.ClaimLost", "another has claimed the lot")], Complete=state("missing"))
        world, execution = self.run_one(properties, world, "MissingWithError")
        self.assertEqual(world.inputs("Complete")[0]["context"]["workloadError"]["Error"], "cls.ClaimLost")
        self.assertEqual((world.given("Beat"), world.given("Result")), (2, 0))
        self.assertLess(execution.seconds, 1000)
        return execution

    def test_a_beat_that_fails(self):
        """One that fails, S3 does so at times, is one less: the job goes on, and the lease decides."""
        for machine, properties in self.each(jobs=True):
            with self.subTest(machine):
                broken = Failed("States.TaskFailed", "S3 answers 503")
                world = World(job=(1000, {}), Beat=[{}, broken, {}], Complete=state("complete"))
                world, execution = self.run_one(properties, world, "Complete")
                self.assertEqual((world.given("Beat"), world.given("Result")), (3, 1))
                self.assertGreaterEqual(execution.seconds, 1000)

    def test_job(self):
        """A job that ends well: its claim is renewed while it runs, and its results are collected once."""
        for machine, properties in self.each(jobs=True):
            with self.subTest(machine):
                world, execution = self.run_one(properties, World(Complete=state("complete")), "Complete")
                self.assertEqual((world.given("Beat"), world.given("Job"), world.given("Result")), (2, 1, 1))
                self.assertGreaterEqual(execution.seconds, JOB_SECONDS)
                given, = world.inputs("Job")
                self.assertEqual(given["ContainerOverrides"], {"Environment": WORKLOAD["environment"]})
                self.assertEqual((given["JobDefinition"], given["JobQueue"]), ("${JobDefinitionArn}", "${JobQueueArn}"))
                if "Parameters" in given:
                    self.assertEqual(given["Parameters"], {"param_0": EVENT["lot"], "param_1": EVENT["manifest"],
                                                           "param_2": json.dumps(WORKLOAD, separators=(",", ":"))})
                self.assertEqual(world.inputs("Complete")[0]["context"]["workloadResponse"]["Error"], "cls.JobDone")

    def test_temporary_errors(self):
        """What Lambda cannot do now is tried again, seven times in all; then it is an error as any other."""
        busy = Failed("Lambda.TooManyRequestsException", "Rate exceeded")
        for machine, properties in self.each():
            with self.subTest(machine):
                tries = [busy, busy, CONTEXT]
                world, _ = self.run_one(properties, World(Start=tries, Complete=state("complete")), "Complete")
                self.assertEqual(world.given("Start"), 3)
                world, execution = self.run_one(properties, World(Start=busy), "StartInvokeCatch")
                self.assertEqual(world.given("Start"), 7)
                self.assertEqual(execution.error.error, busy.error)
                world, _ = self.run_one(properties, World(Complete=[busy, state("complete")]), "Complete")
                self.assertEqual(world.given("Complete"), 2)

    def test_no_function_but_the_gate_for_a_lot_that_is_done(self):
        for machine, properties in self.each():
            with self.subTest(machine):
                for name in ("already running", "already complete", "waiting for sources", "unknown at the start"):
                    world, _ = self.run_one(properties, *RUNS[name])
                    self.assertEqual([one for one, _ in world.calls], ["Start"])


if __name__ == "__main__":
    CLS = str(pathlib.Path(sys.argv.pop(1)).resolve())
    unittest.main()
