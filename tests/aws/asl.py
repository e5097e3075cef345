# SPDX-License-Identifier: Apache-2.0
"""A small interpreter of the Amazon States Language, as far as our state machines use it, in virtual time; and what
Step Functions refuses when a machine is created. Written from the language's specification: a path that leads nowhere ends
an execution by States.Runtime, which no Catch catches.
"""
import copy
import heapq
import json
import re

LAMBDA_ERRORS = {"Lambda.ClientExecutionTimeoutException", "Lambda.ServiceException", "Lambda.AWSLambdaException",
                 "Lambda.SdkClientException", "Lambda.TooManyRequestsException"}
KNOWN = {
    "Pass": {"Type", "Comment", "InputPath", "OutputPath", "ResultPath", "Parameters", "Result", "Next", "End"},
    "Task": {"Type", "Comment", "InputPath", "OutputPath", "ResultPath", "Parameters", "Resource", "Retry", "Catch", "Next", "End",
             "TimeoutSeconds", "HeartbeatSeconds", "ResultSelector"},
    "Choice": {"Type", "Comment", "InputPath", "OutputPath", "Choices", "Default"},
    "Wait": {"Type", "Comment", "InputPath", "OutputPath", "Seconds", "SecondsPath", "Timestamp", "TimestampPath", "Next", "End"},
    "Parallel": {"Type", "Comment", "InputPath", "OutputPath", "ResultPath", "Parameters", "Branches", "Retry", "Catch", "Next", "End",
                 "ResultSelector"},
    "Succeed": {"Type", "Comment", "InputPath", "OutputPath"},
    "Fail": {"Type", "Comment", "Error", "Cause", "ErrorPath", "CausePath"},
}


class Failed(Exception):
    def __init__(self, error, cause=""):
        super().__init__(f"{error}: {cause}")
        self.error, self.cause = error, cause


def follow(path, data, context):
    """What a reference path leads to; States.Runtime where it leads nowhere."""
    root, rest = (context, path[2:]) if path.startswith("$$") else (data, path[1:])
    if not re.fullmatch(r"(\.[A-Za-z_]\w*)*", rest):
        raise ValueError(f"the path {path}")
    for name in rest.split(".")[1:]:
        if not isinstance(root, dict) or name not in root:
            raise Failed("States.Runtime", f"the path {path} leads nowhere in {json.dumps(data)}")
        root = root[name]
    return root


def leads_somewhere(path, data, context):
    try:
        follow(path, data, context)
        return True
    except Failed:
        return False


def filled(template, data, context):
    """Parameters with the values of their `.$` members."""
    if isinstance(template, list):
        return [filled(one, data, context) for one in template]
    if not isinstance(template, dict):
        return template
    result = {}
    for key, value in template.items():
        if not key.endswith(".$"):
            result[key] = filled(value, data, context)
            continue
        intrinsic = re.fullmatch(r"States\.JsonToString\((.*)\)", value)
        found = copy.deepcopy(follow(intrinsic[1] if intrinsic else value, data, context))
        result[key[:-2]] = json.dumps(found, separators=(",", ":")) if intrinsic else found
    return result


def put(data, path, value):
    """The data with a result at a ResultPath."""
    if path == "$":
        return value
    data = copy.deepcopy(data)
    place = data
    names = path.split(".")[1:]
    for name in names[:-1]:
        place = place.setdefault(name, {})
    place[names[-1]] = value
    return data


def chosen(rule, data, context):
    if "And" in rule:
        return all(chosen(one, data, context) for one in rule["And"])
    if "IsPresent" in rule:
        return leads_somewhere(rule["Variable"], data, context) == rule["IsPresent"]
    return follow(rule["Variable"], data, context) == rule["StringEquals"]


class Execution:
    """A run of a machine. `call(resource, input)` does a task: it gives (seconds, what it returns) or raises Failed."""

    def __init__(self, machine, substitutions, call, id="arn:aws:states:eu-central-1:111122223333:execution:arc:one"):
        self.machine, self.substitutions, self.call = machine, substitutions, call
        self.context = {"Execution": {"Id": id, "StartTime": "2026-02-01T00:00:00Z"},
                        "State": {"EnteredTime": "2026-02-01T00:00:01Z"}}
        self.visited, self.seconds, self.end, self.error = [], 0, None, None

    def run(self, data):
        """Runs to the end and returns its output; the error is in `error`."""
        steps = self.steps(self.machine, data)
        try:
            while True:
                self.seconds += next(steps)
        except StopIteration as done:
            return done.value
        except Failed as failed:
            self.error = failed
            return None
        finally:
            self.end = self.visited[-1]

    def steps(self, machine, data):
        """Yields seconds that pass; returns the output."""
        name = machine["StartAt"]
        for _ in range(1000):
            state = machine["States"][name]
            self.visited.append(name)
            taken = follow(state.get("InputPath", "$"), data, self.context)
            if state["Type"] == "Succeed":
                return taken
            if state["Type"] == "Fail":
                raise Failed(follow(state["ErrorPath"], data, self.context) if "ErrorPath" in state else state.get("Error", ""),
                             follow(state["CausePath"], data, self.context) if "CausePath" in state else state.get("Cause", ""))
            if state["Type"] == "Choice":
                name = next((rule["Next"] for rule in state["Choices"] if chosen(rule, taken, self.context)), state["Default"])
                continue
            if state["Type"] == "Wait":
                yield state["Seconds"] if "Seconds" in state else follow(state["SecondsPath"], taken, self.context)
                name = state["Next"]
                continue
            try:
                result = yield from self.work(state, taken)
            except Failed as failed:
                way = next((one for one in state.get("Catch", []) if failed.error in one["ErrorEquals"] or (
                    "States.ALL" in one["ErrorEquals"] and failed.error != "States.Runtime")), None)
                if way is None:
                    raise
                data = put(data, way.get("ResultPath", "$"), {"Error": failed.error, "Cause": failed.cause})
                name = way["Next"]
                continue
            data = put(data, state.get("ResultPath", "$"), result)
            data = follow(state.get("OutputPath", "$"), data, self.context)
            if state.get("End"):
                return data
            name = state["Next"]
        raise AssertionError(f"{self.visited[:20]}… does not end")

    def work(self, state, taken):
        """Of a Pass, a Task or a Parallel."""
        if state["Type"] == "Pass":
            return state.get("Result", filled(state["Parameters"], taken, self.context) if "Parameters" in state else taken)
        if state["Type"] == "Parallel":
            return (yield from self.parallel(state, taken))
        given = filled(state["Parameters"], taken, self.context)
        resource = state["Resource"]
        for name, value in self.substitutions.items():
            resource = resource.replace("${" + name + "}", name if isinstance(value, dict) else value)
        attempts = 0
        while True:
            try:
                seconds, result = self.call(resource, copy.deepcopy(given))
                yield seconds
                if isinstance(result, Failed):
                    raise result
                return result
            except Failed as failed:
                retry = next((one for one in state.get("Retry", []) if failed.error in one["ErrorEquals"]), None)
                if retry is None or attempts >= retry["MaxAttempts"]:
                    raise
                yield min(retry["IntervalSeconds"] * retry["BackoffRate"] ** attempts, retry["MaxDelaySeconds"])
                attempts += 1

    def parallel(self, state, taken):
        """Branches side by side: the first that fails ends them all, by its own error."""
        now, results = 0, {}
        waiting = [(0, number, self.steps(branch, copy.deepcopy(taken))) for number, branch in enumerate(state["Branches"])]
        heapq.heapify(waiting)
        while waiting:
            when, number, branch = heapq.heappop(waiting)
            yield when - now
            now = when
            try:
                heapq.heappush(waiting, (now + next(branch), number, branch))
            except StopIteration as done:
                results[number] = done.value
        return [results[number] for number in sorted(results)]


def machines_in(machine):
    yield machine
    for state in machine["States"].values():
        for branch in state.get("Branches", []):
            yield from machines_in(branch)


def ways_on(state):
    yield from (rule["Next"] for rule in state.get("Choices", []))
    yield from (way["Next"] for way in state.get("Catch", []))
    yield from (state[key] for key in ("Next", "Default") if key in state)


def reached_from(machine):
    found, open_ones = set(), [machine["StartAt"]]
    while open_ones:
        name = open_ones.pop()
        if name not in found and name in machine["States"]:
            found.add(name)
            open_ones += ways_on(machine["States"][name])
    return found


def looks_like_a_path(value):
    return isinstance(value, str) and (value == "$" or value.startswith(("$.", "$$.", "States.")))


def parameter_findings(template, name):
    findings = []
    for key, value in template.items() if isinstance(template, dict) else []:
        if key.endswith(".$") != looks_like_a_path(value):
            findings.append(f"{name}: the parameter {key} is {value}")
        findings += parameter_findings(value, name)
    return findings


def state_findings(name, state, is_caught):
    findings = [f"{name} has the field {key}" for key in state if key not in KNOWN[state["Type"]]]
    if state["Type"] not in ("Choice", "Succeed", "Fail") and ("Next" in state) == ("End" in state):
        findings.append(f"{name} has no way on")
    if state["Type"] == "Choice" and "Default" not in state:
        findings.append(f"{name} has no default")
    for number, way in enumerate(state.get("Catch", [])):
        if "States.ALL" in way["ErrorEquals"] and (len(way["ErrorEquals"]) > 1 or number + 1 < len(state["Catch"])):
            findings.append(f"{name}: States.ALL does not stand alone and last")
    if state["Type"] != "Task":
        return findings
    if not is_caught and not any("States.ALL" in way["ErrorEquals"] for way in state.get("Catch", [])):
        findings.append(f"{name} does not catch every error")
    if not state["Resource"].startswith("arn:"):  # a function
        retried = {error for one in state.get("Retry", []) if one.get("JitterStrategy") == "FULL" and one["MaxAttempts"] > 0
                   for error in one["ErrorEquals"]}
        if not LAMBDA_ERRORS <= retried:
            findings.append(f"{name} does not retry {', '.join(sorted(LAMBDA_ERRORS - retried))} with jitter")
    return findings + parameter_findings(state.get("Parameters", {}), name)


def structure_findings(machine):
    """What Step Functions refuses when a machine is created, and what we want of each beside."""
    findings, names = [], []

    def look(part, is_caught):
        states = part["States"]
        names.extend(states)
        if part["StartAt"] not in states:
            findings.append(f"the first state {part['StartAt']} is not there")
        if not any(state["Type"] in ("Succeed", "Fail") or state.get("End") for state in states.values()):
            findings.append(f"MISSING_END_STATE: nothing ends after {part['StartAt']}")
        findings.extend(f"{name} is never reached" for name in sorted(set(states) - reached_from(part)))
        for name, state in states.items():
            if len(name) > 80:
                findings.append(f"the name {name} is too long")
            findings.extend(f"{name} goes on to {to}, which is not there" for to in ways_on(state) if to not in states)
            findings.extend(state_findings(name, state, is_caught))
            caught = is_caught or any("States.ALL" in way["ErrorEquals"] for way in state.get("Catch", []))
            for branch in state.get("Branches", []):
                look(branch, caught)

    look(machine, False)
    return findings + [f"{name} is the name of two states" for name in sorted(set(names)) if names.count(name) > 1]
