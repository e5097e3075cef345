#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The stacks of the examples, created by an emulator's own CloudFormation in the order of assembly.json, compared with their
templates resource by resource, and deleted in reverse: only what is to be retained stays. In between an object arrives and is
told to its boundary's queue, and lots are announced: their state machines run, with a program in place of our functions.

The emulator is MiniStack on the loopback interface. It knows every type that we have but those of AWS Batch, which
ministack_batch.py lists and does not run, and those of private subnets (AWS::EC2::EIP, AWS::EC2::NatGateway), so that cases with
that option are left out. It permits everything: who may do what is read by access_test.py.

Skips where MiniStack is not installed, unless CLS_REQUIRE_MINISTACK=1.
Usage: emulated_test.py CLS TOOLS [-v]     TOOLS is what tools/setup installs into
"""
import io
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.request
import zipfile

from assembly import Assembly, bootstrap_of, synthesise

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from held_port import hold_port, number_of  # noqa: E402

CLS, TOOLS = "", pathlib.Path()
SKIPPED = 77

# In place of the program of all functions: answers as each of them does when all goes well.
BOOTSTRAP = '''#!/usr/bin/env python3
import json, os, urllib.request
api = f"http://{os.environ['AWS_LAMBDA_RUNTIME_API']}/2018-06-01/runtime/invocation/"
sinks = {"main": "s3://manifests/lot/state=complete/manifest.json"}
while True:
    with urllib.request.urlopen(api + "next") as answer:
        id, given = answer.headers["Lambda-Runtime-Aws-Request-Id"], json.load(answer)
    handler = os.environ["_HANDLER"]
    if handler == "start":
        workload = {"role": "main", "arcNotifyEvent": given["event"], "existingPartialManifests": {}}
        said = {"previousState": None, "currentState": "running", "arcWorkloadContext": workload, "sinkManifests": {},
                "workloadResponse": {}, "workloadError": {}}
    elif handler == "complete":
        assert given["context"]["sinkManifests"] == sinks, given
        said = {**given["context"], "currentState": "complete", "sinkManifests": {}}
    else:
        said = sinks if handler in ("copy", "add-partitions") else {"batchItemFailures": []}
    urllib.request.urlopen(urllib.request.Request(api + id + "/response", json.dumps(said).encode())).close()
'''


def program():
    """A zip of BOOTSTRAP, as Lambda takes it."""
    file = zipfile.ZipInfo("bootstrap")
    file.external_attr = 0o755 << 16
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr(file, BOOTSTRAP)
    return packed.getvalue()


class Emulator:
    """MiniStack as a process of its own."""

    def __init__(self, folder):
        self.log = pathlib.Path(folder, "ministack.log")
        self.held = hold_port()
        port = number_of(self.held)
        self.url = f"http://127.0.0.1:{port}"
        environment = {"PATH": os.environ["PATH"], "HOME": str(folder), "PYTHONPATH": str(TOOLS / "python"),
                       "GATEWAY_PORT": str(port), "BIND_HOST": "127.0.0.1", "MINISTACK_HOST": "127.0.0.1",
                       "AWS_ENDPOINT_URL": self.url, "PERSIST_STATE": "0", "IOT_MTLS_ENABLED": "0"}
        with open(self.log, "w") as words:
            self.process = subprocess.Popen([sys.executable, str(pathlib.Path(__file__).with_name("ministack_batch.py"))],
                                            cwd=folder, env=environment, stdout=words, stderr=words)
        end = time.monotonic() + 60
        while time.monotonic() < end and self.process.poll() is None:
            try:
                urllib.request.urlopen(f"{self.url}/_ministack/health", timeout=5).close()
                return
            except OSError:
                time.sleep(0.05)
        self.stop()
        raise AssertionError(f"MiniStack does not answer; it said:\n{self.log.read_text()[-2000:]}")

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.held.close()

    def client(self, service, region, account="111122223333"):
        import boto3
        # An access key of twelve digits is the account that it belongs to.
        return boto3.client(service, region_name=region, endpoint_url=self.url, aws_access_key_id=account,
                            aws_secret_access_key="test")


class Place:
    """An account and region of the emulator, and what is in it."""

    def __init__(self, emulator, stack):
        self.emulator, self.region, self.account = emulator, stack.region, stack.account
        self.cloudformation = self.client("cloudformation")

    def client(self, service):
        return self.emulator.client(service, self.region, self.account)

    def store_template(self, bucket, stack):
        """Most of our templates are longer than a request may be: they are read from the metadata store, as by a deployment."""
        self.client("s3").put_object(Bucket=bucket, Key=f"templates/{stack.name}.json", Body=json.dumps(stack.template).encode())
        return f"{self.emulator.url}/{bucket}/templates/{stack.name}.json"

    def create(self, stack, bucket=None):
        template = {"TemplateURL": self.store_template(bucket, stack)} if bucket else {"TemplateBody": json.dumps(stack.template)}
        self.cloudformation.create_stack(StackName=stack.name, Capabilities=["CAPABILITY_IAM"], **template)
        return self.settled(stack.name, "CREATE_COMPLETE")

    def delete(self, stack):
        id = self.cloudformation.describe_stacks(StackName=stack.name)["Stacks"][0]["StackId"]
        self.cloudformation.delete_stack(StackName=stack.name)
        return self.settled(id, "DELETE_COMPLETE")

    def settled(self, name, wanted):
        end = time.monotonic() + 60
        while time.monotonic() < end:
            status = self.cloudformation.describe_stacks(StackName=name)["Stacks"][0]["StackStatus"]
            if not status.endswith("_IN_PROGRESS"):
                break
            time.sleep(0.05)
        if status != wanted:
            events = self.cloudformation.describe_stack_events(StackName=name)["StackEvents"]
            raise AssertionError(f"{name} is {status}: " + "; ".join(
                f"{one['LogicalResourceId']}: {one['ResourceStatusReason']}" for one in events if one.get("ResourceStatusReason")))

    def resources(self, stack):
        """Logical id to type and physical id."""
        found = self.cloudformation.describe_stack_resources(StackName=stack.name)["StackResources"]
        return {one["LogicalResourceId"]: (one["ResourceType"], one["PhysicalResourceId"]) for one in found}

    def named(self):
        """What the services list, by type: names as templates have them."""
        machines = self.client("stepfunctions").list_state_machines()["stateMachines"]
        glue = self.client("glue")
        databases = [one["Name"] for one in glue.get_databases()["DatabaseList"]]
        rules = self.client("events")
        buses = [one["Name"] for one in rules.list_event_buses()["EventBuses"]]
        jobs = self.client("batch")
        return {
            "AWS::SQS::Queue": {url.rsplit("/", 1)[1] for url in self.client("sqs").list_queues().get("QueueUrls", [])},
            "AWS::Lambda::Function": {one["FunctionName"] for page in self.client("lambda").get_paginator("list_functions").paginate()
                                      for one in page["Functions"]},
            "AWS::S3::Bucket": {one["Name"] for one in self.client("s3").list_buckets()["Buckets"]},
            "AWS::StepFunctions::StateMachine": {one["name"] for one in machines},
            "AWS::Events::EventBus": set(buses) - {"default"},
            "AWS::Events::Rule": {one["Name"] for bus in buses for one in rules.list_rules(EventBusName=bus)["Rules"]},
            "AWS::Logs::LogGroup": {one["logGroupName"] for page in self.client("logs").get_paginator("describe_log_groups").paginate()
                                    for one in page["logGroups"]},
            "AWS::Glue::Database": set(databases),
            "AWS::Glue::Table": {one["Name"] for database in databases for one in glue.get_tables(DatabaseName=database)["TableList"]},
            "AWS::CloudWatch::Alarm": {one["AlarmName"] for one in self.client("cloudwatch").describe_alarms()["MetricAlarms"]},
            "AWS::Batch::JobQueue": {one["jobQueueName"] for one in jobs.describe_job_queues()["jobQueues"]},
            "AWS::Batch::ComputeEnvironment": {one["computeEnvironmentName"]
                                               for one in jobs.describe_compute_environments()["computeEnvironments"]},
        }


NAMES = {"AWS::SQS::Queue": "QueueName", "AWS::Lambda::Function": "FunctionName", "AWS::S3::Bucket": "BucketName",
         "AWS::StepFunctions::StateMachine": "StateMachineName", "AWS::Events::EventBus": "Name", "AWS::Events::Rule": "Name",
         "AWS::Logs::LogGroup": "LogGroupName", "AWS::CloudWatch::Alarm": "AlarmName", "AWS::Batch::JobQueue": "JobQueueName",
         "AWS::Batch::ComputeEnvironment": "ComputeEnvironmentName"}


def names_in(stacks, retained_only=False):
    """What the templates name, by type."""
    found = {kind: set() for kind in [*NAMES, "AWS::Glue::Database", "AWS::Glue::Table"]}
    for stack in stacks:
        for one in stack.resources.values():
            kind, properties = one["Type"], one["Properties"]
            if kind not in found or (retained_only and "DeletionPolicy" not in one):
                continue
            inner = {"AWS::Glue::Database": "DatabaseInput", "AWS::Glue::Table": "TableInput"}.get(kind)
            found[kind].add(properties[inner]["Name"] if inner else properties[NAMES[kind]])
    return found


class Emulated(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="cls-emulated-")
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.emulator = Emulator(folder.name)
        self.addCleanup(self.emulator.stop)

    def upload(self, place, assembly):
        """The code of the functions and what their variables name, into the metadata store. Of the code only the place is that
        of the assembly: it is BOOTSTRAP."""
        for asset in assembly.listing["assets"]:
            if asset["kind"] == "image":
                continue
            bucket, _, key = asset["place"].removeprefix("s3://").partition("/")
            if asset["kind"] == "code":
                self.assertTrue(pathlib.Path(asset["source"]).is_file(), asset)
            body = program() if asset["kind"] == "code" else asset["content"].encode()
            place.client("s3").put_object(Bucket=bucket, Key=key, Body=body)

    def deploy(self, case):
        """Creates everything and compares it with the templates; returns the place and its stacks."""
        boot = Assembly.read(synthesise(CLS, bootstrap_of(case), self.folder))
        projects = Assembly.read(synthesise(CLS, case, self.folder))
        stacks = boot.stacks + projects.stacks
        place = Place(self.emulator, stacks[0])
        place.create(boot.stacks[0])
        self.upload(place, projects)
        metadata = boot.stacks[0].resources["MetadataStore"]["Properties"]["BucketName"]
        done = {stack.name for stack in boot.stacks}
        for stack in projects.stacks:
            self.assertLessEqual(set(stack.said["dependsOn"]), done)
            place.create(stack, metadata)
            done.add(stack.name)
        for stack in stacks:
            self.assertEqual({id: kind for id, (kind, _) in place.resources(stack).items()},
                             {id: one["Type"] for id, one in stack.resources.items()})
        self.assertEqual({kind: names for kind, names in place.named().items()}, names_in(stacks))
        exports = {one["Name"] for page in place.cloudformation.get_paginator("list_exports").paginate() for one in page["Exports"]}
        self.assertEqual(exports, set(Assembly({}, stacks).exports()))
        return place, stacks

    def destroy(self, place, stacks):
        for stack in reversed(stacks):
            place.delete(stack)
        self.assertEqual(place.named(), names_in(stacks, retained_only=True))

    def test_two_projects(self):
        place, stacks = self.deploy("two-projects")
        self.arrival_is_told(place)
        self.lot_runs(place, "reports/20260101", "DEV-ship-reports-archive-20260101-00")
        self.lot_runs(place, "reports-parquet/20260201", "DEV-ship-lake-register-20260201")
        self.destroy(place, stacks)

    def test_portable(self):
        place, stacks = self.deploy("portable")
        self.lot_runs(place, "measured/1", "weather-sorted-1", "arc-events-us-east-1")
        self.destroy(place, stacks)

    def lot_runs(self, place, dataset, machine, bus="DEV-arc-events-eu-central-1"):
        """The announcement of a lot begins an execution, which ends well; the emulator reads our definition in its own way."""
        name, version = dataset.split("/")
        event = {"dataset": {"name": name, "version": version, "pathURI": "s3://landing/"}, "lot": "20260201PT5M003",
                 "manifest": "s3://manifests/lot/manifest.json", "datasetId": dataset}
        put = place.client("events").put_events(Entries=[{
            "EventBusName": bus, "Source": "clusterless.arc", "DetailType": "Clusterless Arc Notification",
            "Detail": json.dumps(event)}])
        self.assertEqual(put["FailedEntryCount"], 0)
        states = place.client("stepfunctions")
        arn = f"arn:aws:states:{place.region}:{place.account}:stateMachine:{machine}"
        end = time.monotonic() + 60
        while True:
            executions = states.list_executions(stateMachineArn=arn)["executions"]
            if executions and executions[0]["status"] != "RUNNING" or time.monotonic() > end:
                break
            time.sleep(0.1)
        self.assertEqual([one["status"] for one in executions], ["SUCCEEDED"], machine)
        history = states.get_execution_history(executionArn=executions[0]["executionArn"], maxResults=1000)["events"]
        entered = [one["stateEnteredEventDetails"]["name"] for one in history if "stateEnteredEventDetails" in one]
        self.assertEqual(entered[:3], ["CurrentStateChoice", "StartInvoke", "StateStart"])
        self.assertEqual(entered[-3:], ["CompleteInvoke", "StateComplete", "Complete"])

    def arrival_is_told(self, place):
        """What arrives below a frequent boundary's path is told to its queue, and nothing else."""
        bucket, queue = "dev-ship-landing-111122223333", "DEV-ship-reports-reports-put-20260101-00"
        s3, sqs = place.client("s3"), place.client("sqs")
        for key in ("elsewhere/one.json", "reports/one.json"):
            s3.put_object(Bucket=bucket, Key=key, Body=b"{}")
        url = sqs.get_queue_url(QueueName=queue)["QueueUrl"]
        keys, end = [], time.monotonic() + 30
        while not keys and time.monotonic() < end:
            for message in sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=2).get("Messages", []):
                keys += [one["s3"]["object"]["key"] for one in json.loads(message["Body"]).get("Records", [])]
        self.assertEqual(keys, ["reports/one.json"])
        for key in ("elsewhere/one.json", "reports/one.json"):
            s3.delete_object(Bucket=bucket, Key=key)


def main():
    global CLS, TOOLS
    CLS, TOOLS = (str(pathlib.Path(one).resolve()) for one in (sys.argv.pop(1), sys.argv.pop(1)))
    TOOLS = pathlib.Path(TOOLS)
    if not (TOOLS / "python/ministack").is_dir():
        print("MiniStack is not installed; tools/setup does that")
        sys.exit(1 if os.environ.get("CLS_REQUIRE_MINISTACK") == "1" else SKIPPED)
    sys.path.insert(0, str(TOOLS / "python"))
    unittest.main()


if __name__ == "__main__":
    main()
