# SPDX-License-Identifier: Apache-2.0
"""What `cls verify --substrate aws` writes, for the tests beside this file: the cases they all look at, and what the
references of a template mean on AWS, written from CloudFormation's documentation and from nothing in src/aws.
"""
import json
import os
import pathlib
import subprocess
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
GOLDEN = ROOT / "tests/golden/aws"
TWO = ["ingest", "lake"]
ALL_OPTIONS = [word for option in ("aws.alarms.enabled=true", "aws.alarms.topic=arn:aws:sns:eu-central-1:111122223333:alarms",
                                   "aws.network.privateSubnets=true", "aws.logs.executions=all", "aws.logs.retentionDays=90")
               for word in ("-D", option)]
PRIVATE = ["-D", "aws.network.privateSubnets=true"]
PLACE = ["--account", "111122223333", "--region", "eu-central-1", "--stage", "dev"]
NO_STAGE = ["--account", "111122223333", "--region", "us-east-1"]

# Name of a case: the example projects that it verifies, with what arguments; bootstrap stacks have no projects.
PROJECTS = {
    "two-projects": (TWO, []),
    "two-projects-all-options": (TWO, ALL_OPTIONS),
    "two-projects-no-tags": (TWO, ["--exclude-all-tags"]),
    "portable": (["portable"], []),
    "portable-all-options": (["portable"], ALL_OPTIONS),
}
BOOTSTRAPS = {
    "bootstrap": PLACE,
    "bootstrap-private-subnets": [*PLACE, *PRIVATE],
    "bootstrap-no-stage": NO_STAGE,
    "bootstrap-no-stage-private-subnets": [*NO_STAGE, *PRIVATE],
}
CASES = [*PROJECTS, *BOOTSTRAPS]


def bootstrap_of(case):
    """The bootstrap stack that a case of projects is deployed beside."""
    name = "bootstrap" if case.startswith("two-projects") else "bootstrap-no-stage"
    return name + ("-private-subnets" if case.endswith("all-options") else "")


def code_assets(folder):
    """Two files in place of the programs, so that the templates name the same hashes wherever they are made."""
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    for architecture in ("arm_64", "x86_64"):
        (folder / f"bootstrap-{architecture}.zip").write_bytes(f"no program for {architecture}\n".encode())
    return folder


def run(cls, words, folder, expect=(0,)):
    """Runs cls with a home of its own and the code assets of code_assets()."""
    home = pathlib.Path(folder) / "home"
    home.mkdir(parents=True, exist_ok=True)
    assets = code_assets(pathlib.Path(folder) / "code")
    environment = {**os.environ, "CLS_HOME": str(home), "CLS_ASSETS_PATH": str(assets), "NO_COLOR": "1"}
    done = subprocess.run([str(cls), *map(str, words)], env=environment, capture_output=True, text=True, timeout=120)
    if done.returncode not in expect:
        raise AssertionError(f"cls {' '.join(map(str, words))}: exit {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout + done.stderr


def synthesise(cls, case, folder, files=None):
    """Writes a case below `folder` and returns where; `files` are other project files to take instead."""
    out = pathlib.Path(tempfile.mkdtemp(prefix="out-", dir=folder))
    if case in BOOTSTRAPS:
        run(cls, ["bootstrap", "--substrate", "aws", *BOOTSTRAPS[case], "--out", out], folder)
        return out
    projects, arguments = PROJECTS[case]
    files = files or [ROOT / "examples/aws" / name / "project.json" for name in projects]
    named = [word for file in files for word in ("-p", file)]
    run(cls, ["verify", "--substrate", "aws", *named, *arguments, "--out", out], folder)
    return out


class Stack:
    """A stack of an assembly.json: what is said of it there, and its template."""

    def __init__(self, said, template):
        self.said = said
        self.name, self.account, self.region = said["name"], said["account"], said["region"]
        self.template = template

    @property
    def resources(self):
        return self.template["Resources"]

    def of_type(self, kind):
        return {id: one for id, one in self.resources.items() if one["Type"] == kind}

    def arn(self, service, rest, region=True):
        partition = "aws-cn" if self.region.startswith("cn-") else "aws"
        return f"arn:{partition}:{service}:{self.region if region else ''}:{self.account}:{rest}"


class Assembly:
    """Stacks that are deployed together."""

    def __init__(self, listing, stacks):
        self.listing = listing
        self.stacks = stacks

    @classmethod
    def read(cls, *folders):
        stacks, listing = [], {"stacks": [], "assets": [], "eventBuckets": []}
        for folder in map(pathlib.Path, folders):
            one = json.loads((folder / "assembly.json").read_text())
            for key in listing:
                listing[key] += one.get(key, [])
            stacks += [Stack(said, json.loads((folder / said["template"]).read_text())) for said in one["stacks"]]
        return cls(listing, stacks)

    def exports(self):
        """Export name to (stack, value)."""
        found = {}
        for stack in self.stacks:
            for output in stack.template.get("Outputs", {}).values():
                if "Export" in output:
                    found[output["Export"]["Name"]] = (stack, output["Value"])
        return found

    def text(self, stack, value):
        """What a value of a template is after deployment, as far as it is known before."""
        if not isinstance(value, dict):
            return value
        (function, argument), = value.items()
        if function == "Ref":
            return ref(stack, argument)
        if function == "Fn::GetAtt":
            return attribute(stack, *argument)
        if function == "Fn::ImportValue":
            if argument not in self.exports():
                raise KeyError(f"nothing exports {argument}")
            return self.text(*self.exports()[argument])
        if function == "Fn::Join":
            return argument[0].join(self.text(stack, one) for one in argument[1])
        if function == "Fn::Split":
            return self.text(stack, argument[1]).split(argument[0])
        if function == "Fn::Select":
            return self.text(stack, argument[1])[int(argument[0])]
        raise KeyError(f"the function {function} of {stack.name}")

    def all(self, kind):
        """Every (stack, logical id, properties) of a type."""
        for stack in self.stacks:
            for id, one in stack.of_type(kind).items():
                yield stack, id, one.get("Properties", {})


def rule_arn(stack, properties):
    bus = properties.get("EventBusName", "default")
    return stack.arn("events", "rule/" + ("" if bus == "default" else f"{bus}/") + properties["Name"])


def ref(stack, id):
    """What Ref gives, for the types that our templates refer to."""
    one = stack.resources[id]
    properties, kind = one.get("Properties", {}), one["Type"]
    names = {"AWS::S3::Bucket": "BucketName", "AWS::Lambda::Function": "FunctionName", "AWS::Logs::LogGroup": "LogGroupName",
             "AWS::Events::EventBus": "Name", "AWS::Events::Rule": "Name", "AWS::ECR::Repository": "RepositoryName"}
    if kind in names:
        return properties[names[kind]]
    if kind == "AWS::Glue::Database":
        return properties["DatabaseInput"]["Name"]
    if kind == "AWS::SQS::Queue":
        return f"https://sqs.{stack.region}.amazonaws.com/{stack.account}/{properties['QueueName']}"
    if kind == "AWS::StepFunctions::StateMachine":
        return stack.arn("states", "stateMachine:" + properties["StateMachineName"])
    if kind == "AWS::Batch::JobDefinition":
        return stack.arn("batch", f"job-definition/{properties['JobDefinitionName']}:1")
    if kind == "AWS::Batch::JobQueue":
        return stack.arn("batch", "job-queue/" + properties["JobQueueName"])
    if kind == "AWS::Batch::ComputeEnvironment":
        return stack.arn("batch", "compute-environment/" + properties["ComputeEnvironmentName"])
    if kind == "AWS::IAM::Role":
        return f"{stack.name}-{id}"
    if kind == "AWS::IAM::ManagedPolicy":
        return stack.arn("iam", f"policy/{stack.name}-{id}", region=False)
    if kind.startswith("AWS::EC2::"):
        return f"{kind.rsplit(':', 1)[1].lower()}-{id}"
    raise KeyError(f"Ref of a {kind}")


def attribute(stack, id, name):
    """What Fn::GetAtt gives, for the attributes that our templates use."""
    kind, properties = stack.resources[id]["Type"], stack.resources[id].get("Properties", {})
    if name != "Arn":
        known = {("AWS::SQS::Queue", "QueueName"): properties.get("QueueName"),
                 ("AWS::EC2::SecurityGroup", "GroupId"): f"sg-{id}", ("AWS::EC2::EIP", "AllocationId"): f"eipalloc-{id}",
                 ("AWS::Batch::ComputeEnvironment", "ComputeEnvironmentArn"): None}
        if (kind, name) not in known:
            raise KeyError(f"{name} of a {kind}")
        return known[kind, name] or ref(stack, id)
    if kind == "AWS::S3::Bucket":
        partition = "aws-cn" if stack.region.startswith("cn-") else "aws"
        return f"arn:{partition}:s3:::{properties['BucketName']}"
    if kind == "AWS::IAM::Role":
        return stack.arn("iam", f"role/{stack.name}-{id}", region=False)
    if kind == "AWS::Events::Rule":
        return rule_arn(stack, properties)
    arns = {"AWS::SQS::Queue": ("sqs", "", "QueueName", ""), "AWS::Lambda::Function": ("lambda", "function:", "FunctionName", ""),
            "AWS::Logs::LogGroup": ("logs", "log-group:", "LogGroupName", ":*"),
            "AWS::Events::EventBus": ("events", "event-bus/", "Name", ""),
            "AWS::ECR::Repository": ("ecr", "repository/", "RepositoryName", ""),
            "AWS::StepFunctions::StateMachine": ("states", "stateMachine:", "StateMachineName", "")}
    if kind not in arns:
        raise KeyError(f"Arn of a {kind}")
    service, before, property, after = arns[kind]
    return stack.arn(service, before + properties[property] + after)


def functions_in(value):
    """Every intrinsic function below a value: (name, argument)."""
    if isinstance(value, dict):
        for key, one in value.items():
            if key == "Ref" or key.startswith("Fn::"):
                yield key, one
            yield from functions_in(one)
    elif isinstance(value, list):
        for one in value:
            yield from functions_in(one)


def texts_in(value):
    if isinstance(value, dict):
        for one in value.values():
            yield from texts_in(one)
    elif isinstance(value, list):
        for one in value:
            yield from texts_in(one)
    elif isinstance(value, str):
        yield value
