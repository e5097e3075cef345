# SPDX-License-Identifier: Apache-2.0
"""Checks of stacks that are deployed together: who may do what, and whether what they name is there. Each check gives a
list of findings, words that name the stack and the resource; none means that all is well.

Policies are read as IAM evaluates them (wildcards, conditions, a Deny before every Allow); what must be permitted follows
from the needs of assembly.json and from how the services reach each other.
"""
import functools
import json
import re

from assembly import rule_arn

# Actions for which the Service Authorization Reference names no resource type, or none that is known before the call.
WITHOUT_RESOURCES = {
    "ecr:GetAuthorizationToken": "a token for the registry, not for a repository",
    "batch:DescribeJobs": "has no resource types",
    "logs:CreateLogDelivery": "has no resource types",
    "logs:GetLogDelivery": "has no resource types",
    "logs:UpdateLogDelivery": "has no resource types",
    "logs:DeleteLogDelivery": "has no resource types",
    "logs:ListLogDeliveries": "has no resource types",
    "logs:PutResourcePolicy": "the policies of an account",
    "logs:DescribeResourcePolicies": "the policies of an account",
    "logs:DescribeLogGroups": "Step Functions asks for it on all, to see that its log group is there",
    "logs:DescribeExportTasks": "has no resource types",
    "cloudwatch:PutMetricData": "has no resource types; limited to a name space",
}
MOST_INLINE_POLICY = 10240  # characters of all inline policies of a role, white space not counted
MOST_MANAGED_POLICY, MOST_MANAGED_POLICIES = 6144, 10


def as_list(value):
    return value if isinstance(value, list) else [value]


def plain(pattern):
    """`${*}`, `${?}` and `${$}` stand for the character itself: here by one that nothing else is."""
    for number, character in enumerate("*?$"):
        pattern = pattern.replace("${" + character + "}", chr(1 + number))
    return pattern


@functools.cache
def expression(pattern):
    return re.compile("".join({"*": ".*", "?": "."}.get(one, re.escape(one)) for one in plain(pattern)), re.S)


def matches(pattern, text):
    """As IAM does: `*` and `?`, nothing else is special. The text may be a pattern itself, of which all that it matches is meant."""
    return expression(pattern).fullmatch(plain(text)) is not None


def holds(condition, context):
    """Whether every operator of a Condition holds in a request's context."""
    tests = {"StringLike": matches, "ArnLike": matches, "ArnEquals": matches,
             "StringEquals": lambda wanted, had: wanted == had,
             "Bool": lambda wanted, had: str(wanted).lower() == str(had).lower()}
    for operator, keys in condition.items():
        for key, wanted in keys.items():
            if operator not in tests:
                raise KeyError(f"the condition operator {operator}")
            if key not in context or not any(tests[operator](one, context[key]) for one in as_list(wanted)):
                return False
    return True


class Policies:
    """Statements of one role or resource, their intrinsic functions resolved."""

    def __init__(self, assembly, stack, documents):
        self.statements = []
        for document in documents:
            for one in as_list(document["Statement"]):
                self.statements.append({
                    **one, "Action": as_list(one["Action"]),
                    "Resource": [assembly.text(stack, resource) for resource in as_list(one.get("Resource", []))],
                    "Condition": {operator: {key: [assembly.text(stack, text) for text in as_list(wanted)]
                                             for key, wanted in keys.items()}
                                  for operator, keys in one.get("Condition", {}).items()}})

    def allow(self, action, resource, context=None, service=None):
        context = {"aws:SecureTransport": "true", **(context or {})}

        def applies(one):
            who = one.get("Principal")
            asked = who is None or who == {"AWS": "*"} or who == "*" or (
                isinstance(who, dict) and service in as_list(who.get("Service", [])))
            return asked and any(matches(wanted.lower(), action.lower()) for wanted in one["Action"]) and any(
                matches(wanted, resource) for wanted in one["Resource"]) and holds(one["Condition"], context)

        effects = [one["Effect"] for one in self.statements if applies(one)]
        return "Deny" not in effects and "Allow" in effects


def role_of(stack, id):
    """The logical id of the role that a handler has: of its function, or the handler is the role."""
    one = stack.resources[id]
    return id if one["Type"] == "AWS::IAM::Role" else one["Properties"]["Role"]["Fn::GetAtt"][0]


def managed_of(stack, role):
    """The logical ids of a role's managed policies, all of its own stack; another's is None."""
    return [one.get("Ref") if isinstance(one, dict) else None
            for one in stack.resources[role]["Properties"].get("ManagedPolicyArns", [])]


def policies_of(assembly, stack, role):
    own = [one["PolicyDocument"] for one in stack.resources[role]["Properties"].get("Policies", [])]
    managed = [stack.resources[id]["Properties"]["PolicyDocument"] for id in managed_of(stack, role) if id]
    return Policies(assembly, stack, own + managed)


def role_by_arn(assembly, arn):
    for stack, id, _ in assembly.all("AWS::IAM::Role"):
        if assembly.text(stack, {"Fn::GetAtt": [id, "Arn"]}) == arn:
            return stack, id
    return None


def sample(pattern):
    """Something that a pattern matches."""
    return plain(pattern).replace("*", "sample")


def needs_are_granted(assembly):
    """(a) What a handler needs, its role permits."""
    findings = []
    for stack in assembly.stacks:
        for handler in stack.said["handlers"]:
            granted = policies_of(assembly, stack, role_of(stack, handler["function"]))
            for need in handler["needs"]:
                for action in need["actions"]:
                    for resource in need["resources"]:
                        for prefix in need.get("prefixes", [None]):
                            context = {} if prefix is None else {"s3:prefix": sample(prefix)}
                            if "namespace" in need:
                                context["cloudwatch:namespace"] = need["namespace"]
                            if not granted.allow(action, sample(resource), context):
                                findings.append(f"{stack.name}: {handler['function']} needs {action} on {resource}"
                                                f"{' below ' + prefix if prefix else ''}, to {need['why']}")
    return findings


def absences_are_told(assembly):
    """(a) Who reads an object may list its key: to others S3 says of one that is not there that they may not read it. It asks for
    s3:ListBucket with the key as s3:prefix then."""
    findings = []
    for stack in assembly.stacks:
        for handler in stack.said["handlers"]:
            granted = policies_of(assembly, stack, role_of(stack, handler["function"]))
            for need in handler["needs"]:
                for resource in need["resources"] if "s3:GetObject" in need["actions"] else []:
                    bucket, _, key = resource.partition("/")
                    if not granted.allow("s3:ListBucket", bucket, {"s3:prefix": sample(key)}):
                        findings.append(f"{stack.name}: {handler['function']} is not told that {resource} is not there")
    return findings


def covered(needs, action, resource, prefixes):
    for need in needs:
        if action in need["actions"] and any(matches(one, resource) for one in need["resources"]):
            limits = need.get("prefixes")
            if limits is None or (prefixes and all(any(matches(limit, one) for limit in limits) for one in prefixes)):
                return True
    return False


def nothing_more_is_granted(assembly):
    """(a) What a role permits, its handler needs; `*` only where AWS has nothing narrower."""
    findings = []
    for stack in assembly.stacks:
        needs = {}
        for handler in stack.said["handlers"]:
            needs.setdefault(role_of(stack, handler["function"]), []).extend(handler["needs"])
        for role, one in stack.of_type("AWS::IAM::Role").items():
            where = f"{stack.name}: {role}"
            if None in managed_of(stack, role):
                findings.append(f"{where} has managed policies of others")
            for statement in policies_of(assembly, stack, role).statements:
                prefixes = statement["Condition"].get("StringLike", {}).get("s3:prefix")
                for action in statement["Action"]:
                    if statement["Effect"] == "Allow" and "*" in action:
                        findings.append(f"{where} permits the actions {action}")
                    if action == "cloudwatch:PutMetricData" and not statement["Condition"]:
                        findings.append(f"{where} permits {action} in every name space")
                    for resource in statement["Resource"]:
                        if resource == "*" and action not in WITHOUT_RESOURCES:
                            findings.append(f"{where} permits {action} on every resource")
                        if statement["Effect"] == "Allow" and not covered(needs.get(role, []), action, resource, prefixes):
                            findings.append(f"{where} permits {action} on {resource}, which nothing needs")
    return findings


def roles_are_sound(assembly):
    """Who may take on a role is one service; its policies are no longer than IAM takes."""
    findings = []
    for stack, id, properties in assembly.all("AWS::IAM::Role"):
        for one in properties["AssumeRolePolicyDocument"]["Statement"]:
            if one["Action"] != "sts:AssumeRole" or list(one["Principal"]) != ["Service"] or "Resource" in one:
                findings.append(f"{stack.name}: {id} may be taken on by {one['Principal']}")
        size = sum(len(json.dumps(one["PolicyDocument"], separators=(",", ":"))) for one in properties.get("Policies", []))
        if size > MOST_INLINE_POLICY:
            findings.append(f"{stack.name}: the policies of {id} are {size} characters, more than {MOST_INLINE_POLICY}")
        if len(managed_of(stack, id)) > MOST_MANAGED_POLICIES:
            findings.append(f"{stack.name}: {id} has more than {MOST_MANAGED_POLICIES} managed policies")
    for stack, id, properties in assembly.all("AWS::IAM::ManagedPolicy"):
        size = len(json.dumps(properties["PolicyDocument"], separators=(",", ":")))
        if size > MOST_MANAGED_POLICY:
            findings.append(f"{stack.name}: {id} is {size} characters, more than {MOST_MANAGED_POLICY}")
    return findings


def trusted_by(assembly, arn, service):
    """The policies of a role that a service may take on; None where it may not."""
    found = role_by_arn(assembly, arn)
    if found is None:
        return None
    stack, id = found
    trust = stack.resources[id]["Properties"]["AssumeRolePolicyDocument"]["Statement"]
    if not any(service in as_list(one["Principal"].get("Service", [])) for one in trust):
        return None
    return policies_of(assembly, stack, id)


def queue_permits(assembly, arn, service, context):
    documents = []
    for stack, _, properties in assembly.all("AWS::SQS::QueuePolicy"):
        for queue in properties["Queues"]:
            if assembly.text(stack, {"Fn::GetAtt": [queue["Ref"], "Arn"]}) == arn:
                documents.append((stack, properties["PolicyDocument"]))
    return any(Policies(assembly, stack, [document]).allow("sqs:SendMessage", arn, context, service)
               for stack, document in documents)


def function_permits(assembly, arn, service, source):
    for stack, _, properties in assembly.all("AWS::Lambda::Permission"):
        if (assembly.text(stack, properties["FunctionName"]) == arn and properties["Principal"] == service and
                properties["Action"] == "lambda:InvokeFunction" and assembly.text(stack, properties.get("SourceArn")) == source):
            return True
    return False


def targets_are_reached(assembly):
    """(b) A rule may reach its targets, and their queues of dead letters."""
    findings = []
    service = "events.amazonaws.com"
    for stack, id, properties in assembly.all("AWS::Events::Rule"):
        source = rule_arn(stack, properties)
        for target in properties["Targets"]:
            arn = assembly.text(stack, target["Arn"])
            kind = arn.split(":")[2]
            if kind == "states":
                role = trusted_by(assembly, assembly.text(stack, target.get("RoleArn", "")), service)
                reached = role is not None and role.allow("states:StartExecution", arn)
            elif kind == "sqs":
                reached = queue_permits(assembly, arn, service, {"aws:SourceArn": source})
            else:
                reached = kind == "lambda" and function_permits(assembly, arn, service, source)
            if not reached:
                findings.append(f"{stack.name}: {id} may not reach {arn}")
            dead = assembly.text(stack, target.get("DeadLetterConfig", {}).get("Arn", ""))
            if not dead:
                findings.append(f"{stack.name}: what {id} cannot deliver is lost: it has no dead letters")
            elif not queue_permits(assembly, dead, service, {"aws:SourceArn": source}):
                findings.append(f"{stack.name}: {id} may not reach its dead letters {dead}")
    return findings


def failed_calls_are_kept(assembly):
    """(b) What a function fails at that a rule calls, which does not wait for it, goes to a queue that it may reach. The rule's
    own dead letters are only what did not reach the function."""
    findings, kept = [], {}
    for stack, _, properties in assembly.all("AWS::Lambda::EventInvokeConfig"):
        destination = assembly.text(stack, properties["DestinationConfig"]["OnFailure"]["Destination"])
        kept[assembly.text(stack, properties["FunctionName"]).rsplit(":", 1)[-1]] = destination
    called = {assembly.text(stack, target["Arn"]).rsplit(":", 1)[-1] for stack, _, properties in assembly.all("AWS::Events::Rule")
              for target in properties["Targets"]}
    for stack, id, properties in assembly.all("AWS::Lambda::Function"):
        name = properties["FunctionName"]
        if name in called and name not in kept:
            findings.append(f"{stack.name}: what {id} fails at is lost")
        if name in kept and not policies_of(assembly, stack, role_of(stack, id)).allow("sqs:SendMessage", kept[name]):
            findings.append(f"{stack.name}: {id} may not give up calls to {kept[name]}")
    return findings


def notifications_are_delivered(assembly):
    """(b) A bucket may tell its queues, and their policies are there before it is."""
    findings = []
    for stack, id, properties in assembly.all("AWS::S3::Bucket"):
        source = assembly.text(stack, {"Fn::GetAtt": [id, "Arn"]})
        for one in properties.get("NotificationConfiguration", {}).get("QueueConfigurations", []):
            arn = assembly.text(stack, one["Queue"])
            context = {"aws:SourceArn": source, "aws:SourceAccount": stack.account}
            strangers = {**context, "aws:SourceAccount": "999999999999"}
            if not queue_permits(assembly, arn, "s3.amazonaws.com", context):
                findings.append(f"{stack.name}: {id} may not tell {arn}")
            if queue_permits(assembly, arn, "s3.amazonaws.com", strangers):
                findings.append(f"{stack.name}: a bucket of another account may tell {arn}")
            policies = [name for name, policy in stack.of_type("AWS::SQS::QueuePolicy").items() if any(
                assembly.text(stack, {"Fn::GetAtt": [queue["Ref"], "Arn"]}) == arn for queue in policy["Properties"]["Queues"])]
            if not set(policies) & set(as_list(stack.resources[id].get("DependsOn", []))):
                findings.append(f"{stack.name}: {id} is made before the policy of {arn}, which S3 tries at once")
    return findings


def sources_are_read(assembly):
    """(b) A function that a queue calls may take its messages."""
    findings = []
    for stack, id, properties in assembly.all("AWS::Lambda::EventSourceMapping"):
        queue = assembly.text(stack, properties["EventSourceArn"])
        name = assembly.text(stack, properties["FunctionName"]).rsplit(":", 1)[-1]
        function = next(key for key, one in stack.of_type("AWS::Lambda::Function").items()
                        if one["Properties"]["FunctionName"] == name)
        role = policies_of(assembly, stack, role_of(stack, function))
        for action in ("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"):
            if not role.allow(action, queue):
                findings.append(f"{stack.name}: {function}, which {id} calls, may not {action} of {queue}")
    return findings


def tasks_of(machine):
    for state in machine["States"].values():
        if state["Type"] == "Task":
            yield state
        for branch in state.get("Branches", []):
            yield from tasks_of(branch)


def machines_call(assembly):
    """(b) A state machine may call each function and job that it names, and write its log."""
    findings = []
    for stack, id, properties in assembly.all("AWS::StepFunctions::StateMachine"):
        role = trusted_by(assembly, assembly.text(stack, properties["RoleArn"]), "states.amazonaws.com")
        if role is None:
            findings.append(f"{stack.name}: {id} has no role that Step Functions may take on")
            continue
        values = {key: assembly.text(stack, value) for key, value in properties.get("DefinitionSubstitutions", {}).items()}

        def filled(text):
            for key, value in values.items():
                text = text.replace("${" + key + "}", value)
            return text

        wanted = []
        for task in tasks_of(properties["Definition"]):
            resource = filled(task["Resource"])
            if "batch:submitJob" in resource:
                wanted += [("batch:SubmitJob", filled(task["Parameters"][key])) for key in ("JobDefinition", "JobQueue")]
                events = stack.arn("events", "rule/StepFunctionsGetEventsForBatchJobsRule")
                wanted += [(f"events:{verb}", events) for verb in ("PutTargets", "PutRule", "DescribeRule")]
                wanted += [("batch:DescribeJobs", "*"), ("batch:TerminateJob", stack.arn("batch", "job/sample"))]
            else:
                wanted.append(("lambda:InvokeFunction", resource))
        if "LoggingConfiguration" in properties:
            wanted += [(f"logs:{verb}", "*") for verb in ("CreateLogDelivery", "PutResourcePolicy", "DescribeLogGroups")]
        findings += [f"{stack.name}: {id} may not {action} on {resource}" for action, resource in wanted
                     if "${" in resource or not role.allow(action, resource)]
    return findings


def logs_are_written(assembly):
    """(b) A function and a job may write to their log groups, which are there."""
    findings = []
    groups = {assembly.text(stack, {"Ref": id}) for stack, id, _ in assembly.all("AWS::Logs::LogGroup")}

    def check(stack, id, role, group):
        if group not in groups:
            findings.append(f"{stack.name}: the log group {group} of {id} is not there")
        streams = stack.arn("logs", f"log-group:{group}:log-stream:sample")
        for action in ("logs:CreateLogStream", "logs:PutLogEvents"):
            if role is None or not role.allow(action, streams):
                findings.append(f"{stack.name}: {id} may not {action} in {group}")

    for stack, id, properties in assembly.all("AWS::Lambda::Function"):
        group = assembly.text(stack, properties.get("LoggingConfig", {}).get("LogGroup", "none"))
        check(stack, id, trusted_by(assembly, assembly.text(stack, properties["Role"]), "lambda.amazonaws.com"), group)
    for stack, id, properties in assembly.all("AWS::Batch::JobDefinition"):
        container = properties["ContainerProperties"]
        group = assembly.text(stack, container["LogConfiguration"]["Options"]["awslogs-group"])
        check(stack, id, trusted_by(assembly, assembly.text(stack, container["ExecutionRoleArn"]), "ecs-tasks.amazonaws.com"), group)
    return findings
