#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What the components of the examples cost on AWS: for each lot, and for each day without data. Requests, GB-seconds and
transitions are counted in the templates that `cls verify --substrate aws` writes; prices and what the handlers are assumed to
take are in tools/aws_prices.json.

Usage: cost_sheet.py CLS             compares docs/cost.md with what it must be
       cost_sheet.py CLS --update    writes it
"""
import json
import math
import pathlib
import re
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests/aws"))
from asl import Execution  # noqa: E402
from assembly import Assembly, synthesise  # noqa: E402

PAGE = ROOT / "docs/cost.md"
CASES = ["two-projects", "portable"]
EVENT = {"detail": {"dataset": {"name": "d", "version": "1", "pathURI": "s3://b/d/"}, "lot": "20260101PT5M000",
                    "manifest": "s3://m/manifest.json", "datasetId": "d/1"}}
MINUTES_A_DAY = 1440


class Bill:
    """Amounts by what is paid for, and what they cost."""

    def __init__(self, prices):
        self.prices, self.amounts = prices, {}

    def add(self, what, amount):
        if amount:
            self.amounts[what] = self.amounts.get(what, 0) + amount

    def dollars(self):
        return sum(amount * self.prices[what] for what, amount in self.amounts.items())

    def amount(self, beginning):
        return sum(amount for what, amount in self.amounts.items() if what.startswith(beginning))


def calls_a_day(schedule):
    """Of a rule's schedule expression."""
    if match := re.fullmatch(r"rate\((\d+) minutes?\)", schedule):
        return MINUTES_A_DAY / int(match[1])
    minute, hour = re.fullmatch(r"cron\((\S+) (\S+) .*\)", schedule).groups()
    times = 1
    for field, all_of_it in ((minute, 60), (hour, 24)):
        if field == "*":
            times *= all_of_it
        elif "/" in field:
            times *= math.ceil(all_of_it / int(field.split("/")[1]))
    return times


class Sheet:
    def __init__(self, data):
        self.prices, self.given = data["prices"], data["assumptions"]

    def call(self, bill, function, times=1, objects=0):
        """A call of a function, with what it asks of S3."""
        handler, properties = function["Properties"]["Handler"], function["Properties"]

        def assumed(what):
            each = self.given[f"{what} of a call for each object"] if f"{what} of a call for each object" in self.given else {}
            return self.given[f"{what} of a call"].get(handler, 0) + objects * each.get(handler, 0)
        bill.add("lambda request", times)
        seconds = min(assumed("seconds"), properties["Timeout"])
        bill.add(f"lambda GB-second {properties['Architectures'][0]}", times * seconds * properties["MemorySize"] / 1024)
        bill.add("s3 write", times * assumed("s3 writes"))
        bill.add("s3 read", times * assumed("s3 reads"))

    def idle_day(self, stack, of_component):
        """What runs although nothing arrives."""
        bill = Bill(self.prices)
        resources = {id: one for id, one in stack.resources.items() if of_component(id)}
        for one in resources.values():
            properties = one["Properties"]
            if one["Type"] == "AWS::Events::Rule" and "ScheduleExpression" in properties:
                function = properties["Targets"][0]["Arn"]["Fn::GetAtt"][0]
                times = calls_a_day(properties["ScheduleExpression"])
                self.call(bill, stack.resources[function], times)
                if stack.resources[function]["Properties"]["Handler"] == "frequent-boundary":
                    bill.add("sqs request", times)
            elif one["Type"] == "AWS::Lambda::EventSourceMapping":
                bill.add("sqs request", self.given["polls of an idle queue a day"])
            elif one["Type"] == "AWS::CloudWatch::Alarm":
                bill.add("alarm day", 1)
            elif one["Type"] == "AWS::EC2::NatGateway":
                bill.add("nat gateway day", 1)
        return bill

    def lot_of_arc(self, stack):
        """A lot that goes well, from its event to those of its sinks."""
        bill, objects = Bill(self.prices), self.given["objects of a lot"]
        machine = stack.resources["Machine"]["Properties"]
        substitutions = machine["DefinitionSubstitutions"]
        context = {"previousState": None, "currentState": "running", "sinkManifests": {}, "workloadResponse": {},
                   "workloadError": {}, "arcWorkloadContext": {"role": "main", "arcNotifyEvent": EVENT["detail"], "environment": []}}

        def work(resource, given):
            if "batch:submitJob" in resource:
                self.job(bill, stack.resources["JobDefinition"]["Properties"])
                return self.given["seconds of a job"], {}
            function = substitutions[resource]["Fn::GetAtt"][0]
            self.call(bill, stack.resources[function], objects=objects)
            if function == "StartFunction":
                return 1, context
            return 1, {**given["context"], "currentState": "complete"} if function == "CompleteFunction" else {"main": "s3://m"}
        execution = Execution(machine["Definition"], substitutions, work)
        execution.run(EVENT)
        if execution.error or execution.end != "Complete":
            raise SystemExit(f"cost_sheet: {stack.name}: a lot ends in {execution.end}: {execution.error}")
        bill.add("states transition", len(execution.visited))
        bill.add("event", 1)
        return bill

    def job(self, bill, definition):
        container = definition["ContainerProperties"]
        size = {one["Type"]: float(one["Value"]) for one in container["ResourceRequirements"]}
        architecture = {"ARM64": "arm64", "X86_64": "x86_64"}[container["RuntimePlatform"]["CpuArchitecture"]]
        seconds = self.given["seconds of a job"]
        bill.add(f"fargate vCPU-second {architecture}", seconds * size["VCPU"])
        bill.add(f"fargate GB-second {architecture}", seconds * size["MEMORY"] / 1024)

    def lot_of_boundary(self, stack, function, is_frequent):
        """The call that closes it; its messages in tens, received and deleted."""
        bill, objects = Bill(self.prices), self.given["objects of a lot"]
        self.call(bill, stack.resources[function], objects=objects)
        bill.add("event", 1)
        bill.add("sqs request", objects + 2 * math.ceil(objects / 10))
        if is_frequent:
            bill.add("sqs request", 1)
        return bill


def rows_of(sheet, assembly):
    """(component, its type's words, lot, idle day)."""
    for stack in assembly.stacks:
        if "Machine" in stack.resources:
            kind = "container" if "JobDefinition" in stack.resources else stack.resources["WorkloadFunction"]["Properties"]["Handler"]
            yield f"arc, {kind}", sheet.lot_of_arc(stack), sheet.idle_day(stack, lambda id: True)
            continue
        for id, one in stack.of_type("AWS::Lambda::Function").items():
            component, handler = id.removesuffix("Function"), one["Properties"]["Handler"]
            mine = sheet.idle_day(stack, lambda id, component=component: id.startswith(component))
            if handler == "log-export":
                yield "log export, every 15 minutes", Bill(sheet.prices), mine
                continue
            is_frequent = handler == "frequent-boundary"
            unit = json.loads(one["Properties"]["Environment"]["Variables"][
                "CLS_FREQUENT_S3_PUT_BOUNDARY_PROPS_JSON" if is_frequent else "CLS_S3_PUT_BOUNDARY_PROPS_JSON"])["lotUnit"]
            words = f"frequent boundary, {unit}" if is_frequent else "infrequent boundary"
            yield words, sheet.lot_of_boundary(stack, id, is_frequent), mine


def number(value):
    return "–" if not value else f"{value:,.2f}" if value < 100 else f"{value:,.0f}"


def table(rows):
    lines = ["| component | calls | GB-s | transitions | requests of S3 | of SQS | $ for 1,000 |", "|---|---:|---:|---:|---:|---:|---:|"]
    for name, bill in rows:
        counts = [bill.amount("lambda request"), bill.amount("lambda GB-second"), bill.amount("states transition"),
                  bill.amount("s3 "), bill.amount("sqs request")]
        lines.append(f"| {name} | {' | '.join(map(number, counts))} | {bill.dollars() * 1000:,.2f} |")
    return "\n".join(lines)


def page(sheet, data, rows):
    seen, unique = set(), []
    for name, lot, idle in rows:
        if name not in seen:
            seen.add(name)
            unique.append((name, lot, idle))
    lots = table([(name, lot) for name, lot, _ in unique if lot.amounts])
    idle = table([(name, idle) for name, _, idle in unique]).replace("$ for 1,000", "$ for 1,000 days")
    prices = "\n".join(f"| {what} | {price:.10f} |" for what, price in data["prices"].items())
    assumed = "\n".join(f"| {what} | {json.dumps(value)} |" for what, value in data["assumptions"].items())
    return f"""# What it costs on AWS

Made by `tools/cost_sheet.py CLS --update` from the templates of [examples/aws](../examples/aws/ingest/project.json) and
`tools/aws_prices.json`; a ctest compares. Transitions, sizes of functions and jobs, schedules and alarms are what the templates say.
How long a call takes and what it asks of S3 is **assumed**, until the handlers are built and measured; the assumptions stand below.

## For each lot

A lot of {data["assumptions"]["objects of a lot"]} objects that goes well. The dollars are for a thousand lots.

{lots}

## For each day on which nothing arrives

The dollars are for a thousand days. A day is not free where a clock ticks or a queue is asked: `aws.sweep.minutes` says how often an
arc looks for what was lost, a frequent boundary's unit how often it closes lots, and Lambda asks the queue of an infrequent boundary
all the time. Stores, buses, rules, state machines, job queues and compute environments cost nothing while they wait. Alarms cost
{data["prices"]["alarm day"]} a day each; the NAT gateway of private subnets {data["prices"]["nat gateway day"]} a day and what passes through it.

{idle}

## Prices

Of {data["region"]}, {data["date"]}: {data["source"]}.

| | $ |
|---|---:|
{prices}

## Assumptions

| | |
|---|---|
{assumed}
"""


def main(arguments):
    if not arguments or arguments[1:] not in ([], ["--update"]):
        raise SystemExit(__doc__)
    data = json.loads((ROOT / "tools/aws_prices.json").read_text())
    sheet = Sheet(data)
    with tempfile.TemporaryDirectory() as folder:
        rows = [row for case in CASES for row in rows_of(sheet, Assembly.read(synthesise(arguments[0], case, folder)))]
    text = page(sheet, data, rows)
    if arguments[1:]:
        PAGE.write_text(text)
    elif not PAGE.exists() or PAGE.read_text() != text:
        raise SystemExit("docs/cost.md is not what the templates and tools/aws_prices.json say; tools/cost_sheet.py CLS --update")


if __name__ == "__main__":
    main(sys.argv[1:])
