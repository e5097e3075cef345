# SPDX-License-Identifier: Apache-2.0
"""Checks of what stacks name and of how their queues, buckets and log groups are made; as access_checks.py."""
import json
import re

from access_checks import Policies, as_list, matches
from assembly import functions_in, rule_arn, texts_in

# By which property a type is named, how long a name may be and of what characters.
MOST_NAMES = {
    "AWS::Lambda::Function": ("FunctionName", 64, r"[A-Za-z0-9_-]+"),
    "AWS::SQS::Queue": ("QueueName", 80, r"[A-Za-z0-9_-]+"),
    "AWS::StepFunctions::StateMachine": ("StateMachineName", 80, r"[A-Za-z0-9_-]+"),
    "AWS::Events::Rule": ("Name", 64, r"[A-Za-z0-9._-]+"),
    "AWS::S3::Bucket": ("BucketName", 63, r"[a-z0-9][a-z0-9.-]+[a-z0-9]"),
    "AWS::Batch::JobDefinition": ("JobDefinitionName", 128, r"[A-Za-z0-9_-]+"),
    "AWS::Batch::JobQueue": ("JobQueueName", 128, r"[A-Za-z0-9_-]+"),
    "AWS::Batch::ComputeEnvironment": ("ComputeEnvironmentName", 128, r"[A-Za-z0-9_-]+"),
    "AWS::CloudWatch::Alarm": ("AlarmName", 255, r"[\x20-\x7e]+"),
    "AWS::Logs::LogGroup": ("LogGroupName", 512, r"[A-Za-z0-9._/#-]+"),
}
MOST_ENVIRONMENT = 4096
MOST_PATTERN = 2048
MOST_TEMPLATE = 1_000_000


def own_arns(assembly):
    """ARNs of what the stacks hold, and of what they hold within."""
    found = set()
    for stack in assembly.stacks:
        for id, one in stack.resources.items():
            for reference in ({"Fn::GetAtt": [id, "Arn"]}, {"Ref": id}):
                try:
                    text = assembly.text(stack, reference)
                except KeyError:
                    continue
                if text.startswith("arn:"):
                    found.add(re.sub(r":\*$", "", text) if one["Type"] == "AWS::Logs::LogGroup" else text)
            properties = one.get("Properties", {})
            if one["Type"] == "AWS::Events::Rule":
                found.add(rule_arn(stack, properties))
            if one["Type"] == "AWS::Glue::Database":
                found.add(stack.arn("glue", "database/" + properties["DatabaseInput"]["Name"]))
            if one["Type"] == "AWS::Glue::Table":
                database = assembly.text(stack, properties["DatabaseName"])
                found.add(stack.arn("glue", f"table/{database}/{properties['TableInput']['Name']}"))
            if one["Type"] == "AWS::EC2::VPC":
                found.add(stack.arn("ec2", "vpc/"))
    return found


def is_there(arn, own, foreign):
    if arn in own or any(matches(pattern, arn) for pattern in foreign):
        return True
    service, rest = arn.split(":")[2], arn.split(":", 5)[5]
    if service == "s3":  # objects of a bucket
        return arn.split("/")[0] in own
    if service == "logs":  # streams of a group
        return re.sub(r":\*$", "", arn) in own
    if service == "batch" and rest == "job/*":  # ids of jobs are not known before
        return True
    if service == "batch":  # any revision
        return any(re.sub(r":\d+$", "", one) == re.sub(r":(\*|\d+)$", "", arn) for one in own)
    if service == "glue":
        return rest == "catalog" or any(one.startswith(arn) for one in own if rest.endswith("/"))
    return False


def what_is_named_is_there(assembly, foreign=()):
    """(c) ARNs that are written out name what the stacks hold; `foreign` are patterns of what others hold."""
    own, findings = own_arns(assembly), []
    for stack in assembly.stacks:
        for id, one in stack.resources.items():
            for text in texts_in(one):
                if text.startswith("arn:") and "${" not in text and not is_there(text, own, foreign):
                    findings.append(f"{stack.name}: {id} names {text}, which is not there")
    return findings


def imports_are_exported(assembly):
    """(c) What is imported another stack exports, which is deployed before; nothing is exported twice."""
    findings, exports, names = [], assembly.exports(), []
    order = {stack.name: position for position, stack in enumerate(assembly.stacks)}
    for stack in assembly.stacks:
        for name, argument in functions_in(stack.template):
            if name != "Fn::ImportValue":
                continue
            if argument not in exports:
                findings.append(f"{stack.name}: imports {argument}, which nothing exports")
            elif order[exports[argument][0].name] >= order[stack.name]:
                findings.append(f"{stack.name}: imports {argument} of a stack that comes after it")
        names += [one["Export"]["Name"] for one in stack.template.get("Outputs", {}).values() if "Export" in one]
        findings += [f"{stack.name}: depends on {one}, which is not before it" for one in stack.said.get("dependsOn", [])
                     if order.get(one, order[stack.name]) >= order[stack.name]]
    return findings + [f"{name} is exported twice" for name in sorted(set(names)) if names.count(name) > 1]


def references_are_there(assembly):
    """(c) Ref, Fn::GetAtt and DependsOn name resources of the same stack."""
    findings = []
    for stack in assembly.stacks:
        for name, argument in functions_in(stack.template):
            id = argument[0] if name == "Fn::GetAtt" else argument
            if name in ("Ref", "Fn::GetAtt") and id not in stack.resources:
                findings.append(f"{stack.name}: {name} of {id}, which is not there")
        for id, one in stack.resources.items():
            findings += [f"{stack.name}: {id} depends on {other}, which is not there"
                         for other in as_list(one.get("DependsOn", [])) if other not in stack.resources]
    return findings


def refuses_plain_text(assembly, stack, documents, action, arn):
    """Whether a request without TLS is denied, whoever makes it."""
    for document in documents:
        for one in Policies(assembly, stack, [document]).statements:
            if (one["Effect"] == "Deny" and one.get("Principal") in ("*", {"AWS": "*"}) and
                    any(matches(wanted, action) for wanted in one["Action"]) and any(matches(wanted, arn) for wanted in one["Resource"])
                    and one["Condition"] == {"Bool": {"aws:SecureTransport": ["false"]}}):
                return True
    return False


def queues_are_sound(assembly):
    """(d) Encrypted, TLS only, dead letters, visible again only when their function has surely ended."""
    findings = []
    readers, dead = {}, set()
    for stack, _, properties in assembly.all("AWS::Lambda::EventSourceMapping"):
        name = assembly.text(stack, properties["FunctionName"]).rsplit(":", 1)[-1]
        readers.setdefault(assembly.text(stack, properties["EventSourceArn"]), []).append(name)
    limits = {properties["FunctionName"]: properties["Timeout"] for _, _, properties in assembly.all("AWS::Lambda::Function")}
    for stack, _, properties in assembly.all("AWS::Lambda::Function"):  # those that empty their queue themselves
        for value in properties["Environment"]["Variables"].values():
            queue = json.loads(value).get("sqsQueueName") if value.startswith("{") else None
            if queue:
                readers.setdefault(stack.arn("sqs", queue), []).append(properties["FunctionName"])
    for stack, _, properties in assembly.all("AWS::SQS::Queue"):
        if "RedrivePolicy" in properties:
            dead.add(assembly.text(stack, properties["RedrivePolicy"]["deadLetterTargetArn"]))
    for stack, _, properties in assembly.all("AWS::Events::Rule"):
        dead |= {assembly.text(stack, target["DeadLetterConfig"]["Arn"]) for target in properties["Targets"]
                 if "DeadLetterConfig" in target}
    for stack, id, properties in assembly.all("AWS::SQS::Queue"):
        arn, where = assembly.text(stack, {"Fn::GetAtt": [id, "Arn"]}), f"{stack.name}: {id}"
        documents = [one["Properties"]["PolicyDocument"] for one in stack.of_type("AWS::SQS::QueuePolicy").values()
                     if {"Ref": id} in one["Properties"]["Queues"]]
        if not properties.get("SqsManagedSseEnabled") and not properties.get("KmsMasterKeyId"):
            findings.append(f"{where} is not encrypted")
        if not refuses_plain_text(assembly, stack, documents, "sqs:SendMessage", arn):
            findings.append(f"{where} takes messages without TLS")
        if arn not in dead:
            if "RedrivePolicy" not in properties:
                findings.append(f"{where} has no dead letters")
            if not readers.get(arn):
                findings.append(f"{where} is read by nothing")
        kept = properties.get("MessageRetentionPeriod", 345_600)  # counted from when the message came first
        hidden = properties.get("RedrivePolicy", {}).get("maxReceiveCount", 0) * properties.get("VisibilityTimeout", 30)
        if 2 * hidden > kept:
            findings.append(f"{where} forgets after {kept} s what is no dead letter before {hidden} s")
        for name in readers.get(arn, []):
            if properties.get("VisibilityTimeout", 30) < 6 * limits[name]:
                findings.append(f"{where} shows messages again before 6 × {limits[name]} s, the limit of {name}")
    return findings


def buckets_are_sound(assembly):
    """(d) Encrypted, nothing public, TLS only; the stores stay when their stack goes."""
    findings = []
    for stack, id, properties in assembly.all("AWS::S3::Bucket"):
        arn, where = assembly.text(stack, {"Fn::GetAtt": [id, "Arn"]}), f"{stack.name}: {id}"
        documents = [one["Properties"]["PolicyDocument"] for one in stack.of_type("AWS::S3::BucketPolicy").values()
                     if one["Properties"]["Bucket"] == {"Ref": id}]
        if not properties.get("BucketEncryption", {}).get("ServerSideEncryptionConfiguration"):
            findings.append(f"{where} is not encrypted")
        block = properties.get("PublicAccessBlockConfiguration", {})
        if not all(block.get(key) for key in ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets")):
            findings.append(f"{where} may become public")
        for one in (arn, arn + "/sample"):
            if not refuses_plain_text(assembly, stack, documents, "s3:GetObject", one):
                findings.append(f"{where} answers without TLS")
                break
        if len(documents) > 1:
            findings.append(f"{where} has {len(documents)} policies; S3 keeps the last")
        if stack.name.endswith("clusterless-bootstrap") and not (
                stack.resources[id].get("DeletionPolicy") == "RetainExceptOnCreate" and
                stack.resources[id].get("UpdateReplacePolicy") == "Retain"):
            findings.append(f"{where} is a store that goes with its stack")
    return findings


def logs_end(assembly):
    """(d) Log groups forget."""
    return [f"{stack.name}: {id} keeps its log for ever" for stack, id, properties in assembly.all("AWS::Logs::LogGroup")
            if not properties.get("RetentionInDays")]


def limits_are_kept(assembly):
    """Quotas that cfn-lint does not know of values it cannot read: names, variables, sizes."""
    findings, taken = [], {}
    for stack in assembly.stacks:
        if len(stack.resources) > 500 or len(stack.template.get("Outputs", {})) > 200:
            findings.append(f"{stack.name}: more than a stack may hold")
        if len(json.dumps(stack.template)) > MOST_TEMPLATE:
            findings.append(f"{stack.name}: its template is too large")
        if not re.fullmatch(r"[A-Za-z][A-Za-z0-9-]{0,127}", stack.name):
            findings.append(f"{stack.name}: no stack can be named so")
        exports = [one["Export"]["Name"] for one in stack.template.get("Outputs", {}).values() if "Export" in one]
        findings += [f"{stack.name}: nothing can be exported as {name}" for name in exports
                     if not re.fullmatch(r"[A-Za-z0-9:-]{1,255}", name)]
        for id, one in stack.resources.items():
            tags = one.get("Properties", {}).get("Tags", [])
            tags = list(tags.items()) if isinstance(tags, dict) else [(tag["Key"], tag["Value"]) for tag in tags]
            findings += [f"{stack.name}: {id} cannot have the tag {key}={value}" for key, value in tags
                         if not re.fullmatch(r"[\w\s.:/=+@-]{1,128}", key) or not re.fullmatch(r"[\w\s.:/=+@-]{0,256}", value)]
            property, most, pattern = MOST_NAMES.get(one["Type"], (None, 0, ""))
            name = one.get("Properties", {}).get(property)
            if name is None:
                continue
            if len(name) > most or not re.fullmatch(pattern, name):
                findings.append(f"{stack.name}: {id} cannot be named {name}")
            if taken.setdefault((one["Type"], name, one["Properties"].get("EventBusName")), id) != id or \
                    list(taken).count((one["Type"], name, one["Properties"].get("EventBusName"))) > 1:
                findings.append(f"{stack.name}: {id} is named {name}, as another is")
    for stack, id, properties in assembly.all("AWS::Events::Rule"):
        if len(json.dumps(properties.get("EventPattern", {}), separators=(",", ":"))) > MOST_PATTERN:
            findings.append(f"{stack.name}: the pattern of {id} is more than {MOST_PATTERN} characters")
    for stack, id, properties in assembly.all("AWS::Lambda::Function"):
        variables = properties.get("Environment", {}).get("Variables", {})
        if sum(len(key.encode()) + len(value.encode()) for key, value in variables.items()) > MOST_ENVIRONMENT:
            findings.append(f"{stack.name}: the variables of {id} are more than {MOST_ENVIRONMENT} bytes")
    return findings
