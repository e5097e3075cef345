#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every stack that the examples become, each with the bootstrap stack it is deployed beside: who may do what and nothing
more, whatever reaches something may do so, what is named is there. That each check can fail is shown by a fault planted
in a copy. An emulator enforces little of this, so it is read from the templates.

Usage: access_test.py CLS [-v]
"""
import copy
import json
import pathlib
import sys
import tempfile
import unittest

import access_checks as access
import template_checks as templates
from assembly import PROJECTS, BOOTSTRAPS, Assembly, bootstrap_of, synthesise

CLS = ""
# What the examples name that others hold: a bucket and a log group of the fleet, weather's forecasts, the topic of alarms;
# AWS's own rule for jobs.
FOREIGN = ["arn:aws:s3:::ship-catalogue-444455556666*", "arn:aws:s3:::weather-forecast-111122223333*",
           "arn:aws:logs:eu-central-1:111122223333:log-group:/fleet/gateway:*",
           "arn:aws:sns:eu-central-1:111122223333:alarms", "arn:aws:states:::batch:submitJob.sync",
           "arn:aws:events:*:111122223333:rule/StepFunctionsGetEventsForBatchJobsRule"]
CHECKS = [access.needs_are_granted, access.absences_are_told, access.nothing_more_is_granted, access.roles_are_sound,
          access.targets_are_reached, access.failed_calls_are_kept, access.notifications_are_delivered,
          access.sources_are_read, access.machines_call, access.logs_are_written,
          lambda assembly: templates.what_is_named_is_there(assembly, FOREIGN), templates.imports_are_exported,
          templates.references_are_there, templates.queues_are_sound, templates.buckets_are_sound, templates.logs_end,
          templates.limits_are_kept]


def findings_of(assembly):
    return [finding for check in CHECKS for finding in check(assembly)]


class Synthesised(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(prefix="cls-access-")
        cls.addClassCleanup(cls.folder.cleanup)
        boots = {name: synthesise(CLS, name, cls.folder.name) for name in BOOTSTRAPS}
        cls.assemblies = {case: Assembly.read(boots[bootstrap_of(case)], synthesise(CLS, case, cls.folder.name))
                          for case in PROJECTS}


class Access(Synthesised):
    def test_every_case(self):
        for case, assembly in self.assemblies.items():
            with self.subTest(case):
                self.assertGreater(len(assembly.stacks), 3)
                self.assertEqual(findings_of(assembly), [])

    def test_there_is_something_to_check(self):
        kinds = {one["Type"] for assembly in self.assemblies.values() for stack in assembly.stacks
                 for one in stack.resources.values()}
        self.assertLessEqual({"AWS::Events::Rule", "AWS::Lambda::EventSourceMapping", "AWS::Batch::JobDefinition",
                              "AWS::StepFunctions::StateMachine", "AWS::CloudWatch::Alarm", "AWS::Glue::Table"}, kinds)
        notified = [one for assembly in self.assemblies.values() for _, _, one in assembly.all("AWS::S3::Bucket")
                    if "QueueConfigurations" in one.get("NotificationConfiguration", {})]
        self.assertTrue(notified)


def strange_project():
    """Names that a project file may have and AWS has not: too long, of other characters, wildcards of its policies."""
    long = "everyNameOfThisProjectIsMuchLongerThanAnyServicePermits" + 60 * "x"
    placement = {"provider": "aws", "account": "111122223333", "region": "us-east-1"}

    def dataset(name):
        return {"name": name, "version": "1.0*", "pathURI": f"s3://weather-data-111122223333/{name.replace('?', '')}/"}

    def listener(name, produced, **more):
        return {"type": "core:putListenerBoundary", "name": name, "lotUnit": "PT1H", "dataset": dataset(produced), **more}
    # Many of them, so that what a function may read is more than one policy holds.
    sources = [f"in$put?{number}" for number in range(30)]
    return {
        "project": {"name": "9 Übungen*of.all?kinds_$", "version": "1.0_b+c"}, "placement": placement,
        "resources": [{"type": "core:bucket", "name": "data.one two", "bucketName": "weather-data-111122223333"}],
        "boundaries": [listener(f"{long}{number}", name, **({"eventArrival": "frequent"} if number % 2 else {}))
                       for number, name in enumerate(sources)],
        "arcs": [{"type": "core:copyArc", "name": f"{long}Arc{number}",
                  "sources": {f"role{source}": {"name": name, "version": "1.0*"} for source, name in enumerate(sources)},
                  "sinks": {"main": dataset(f"out{number}")}} for number in range(2)]}


class Strange(Synthesised):
    def test_strange_names(self):
        file = pathlib.Path(self.folder.name, "strange.json")
        file.write_text(json.dumps(strange_project()))
        assembly = Assembly.read(synthesise(CLS, "bootstrap-no-stage", self.folder.name),
                                 synthesise(CLS, "portable", self.folder.name, [file]))
        self.assertGreater(len(assembly.stacks), 3)
        self.assertEqual(findings_of(assembly), [])
        self.assertTrue(list(assembly.all("AWS::IAM::ManagedPolicy")))


class Patterns(unittest.TestCase):
    def test_as_iam_reads_them(self):
        for pattern, text, wanted in (("a*", "abc", True), ("a?", "abc", False), ("a[b]*", "a[b]c", True), ("a[b]", "ab", False),
                                      ("${*}", access.sample("${*}"), True), ("${*}", "x", False), ("x/${*}/*", "x/y/z", False),
                                      ("x/${*}/*", access.sample("x/${*}/*"), True), ("x/*", "x/*", True), ("x/y/*", "x/*", False)):
            with self.subTest(f"{pattern} {text}"):
                self.assertEqual(access.matches(pattern, text), wanted)


class Planted(Synthesised):
    """Each fault in a copy is found, and by words that name it."""

    def plant(self, words, kind, change, where=lambda properties: True, case="two-projects"):
        assembly = copy.deepcopy(self.assemblies[case])
        stack, id, properties = next(one for one in assembly.all(kind) if where(one[2]))
        change(stack, id, properties)
        found = findings_of(assembly)
        self.assertTrue(any(words in finding for finding in found), f"{words!r} is none of {found}")
        self.assertTrue(any(stack.name in finding for finding in found), found)

    @staticmethod
    def statement(properties, action):
        for policy in properties.get("Policies", []):
            for one in policy["PolicyDocument"]["Statement"]:
                if action in access.as_list(one["Action"]):
                    return one
        return None

    def plant_in_role(self, words, action, change, case="two-projects"):
        self.plant(words, "AWS::IAM::Role", lambda stack, id, properties: change(self.statement(properties, action)),
                   lambda properties: self.statement(properties, action), case)

    def test_a_need_that_is_not_granted(self):
        self.plant_in_role("needs events:PutEvents", "events:PutEvents", lambda one: one.update(Action="events:DescribeRule"))
        self.plant_in_role("needs s3:GetObject on", "s3:GetObject", lambda one: one.update(Effect="Deny"))
        self.plant_in_role("needs s3:ListBucket", "s3:ListBucket",
                           lambda one: one["Condition"]["StringLike"].update({"s3:prefix": "elsewhere/*"}))

    def test_an_absence_that_is_not_told(self):
        self.plant_in_role("is not told that", "s3:ListBucket", lambda one: one.update(Action="s3:ListBucketVersions"))

    def test_a_grant_that_nothing_needs(self):
        def wider(one):
            one["Resource"] = one["Resource"].split("/")[0] + "/*"
        self.plant_in_role("which nothing needs", "s3:GetObject", wider)
        self.plant_in_role("permits s3:DeleteBucket", "s3:GetObject",
                           lambda one: one.update(Action=[*access.as_list(one["Action"]), "s3:DeleteBucket"]))
        self.plant_in_role("permits the actions s3:*", "s3:ListBucket", lambda one: one.update(Action=["s3:ListBucket", "s3:*"]))
        self.plant_in_role("which nothing needs", "s3:ListBucket", lambda one: one.pop("Condition"))
        self.plant_in_role("on every resource", "events:PutEvents", lambda one: one.update(Resource="*"))
        self.plant_in_role("in every name space", "cloudwatch:PutMetricData", lambda one: one.pop("Condition"),
                           "two-projects-all-options")

    def test_an_unsound_role(self):
        self.plant("may be taken on by", "AWS::IAM::Role", lambda stack, id, properties: properties[
            "AssumeRolePolicyDocument"]["Statement"][0].update(Principal={"AWS": "*"}))
        self.plant("has managed policies of others", "AWS::IAM::Role",
                   lambda stack, id, properties: properties.update(ManagedPolicyArns=["arn:aws:iam::aws:policy/AdministratorAccess"]))
        self.plant_in_role("characters, more than", "events:PutEvents", lambda one: one.update(Sid=11000 * "x"))

    def test_a_target_out_of_reach(self):
        def to(service):
            return lambda properties: any(service in str(target["Arn"]) for target in properties["Targets"])
        self.plant("LotsRule may not reach", "AWS::Events::Rule",
                   lambda stack, id, properties: properties["Targets"][0].pop("RoleArn"), to("Machine"))
        self.plant_in_role("LotsRule may not reach", "states:StartExecution", lambda one: one.update(Resource=one["Resource"] + "x"))
        self.plant("may not reach arn:aws:sqs", "AWS::Events::Rule",
                   lambda stack, id, properties: properties.update(Name="other"), to("Queue"))
        self.plant("may not reach arn:aws:lambda", "AWS::Lambda::Permission",
                   lambda stack, id, properties: properties.update(SourceArn=properties["SourceArn"] + "x"))
        self.plant("it has no dead letters", "AWS::Events::Rule",
                   lambda stack, id, properties: properties["Targets"][0].pop("DeadLetterConfig"))
        self.plant("may not reach its dead letters", "AWS::SQS::QueuePolicy", lambda stack, id, properties: properties[
            "PolicyDocument"].update(Statement=properties["PolicyDocument"]["Statement"][:1]))

    def test_a_failed_call_that_is_lost(self):
        self.plant("fails at is lost", "AWS::Lambda::EventInvokeConfig", lambda stack, id, properties: stack.resources.pop(id))
        self.plant_in_role("may not give up calls", "sqs:SendMessage", lambda one: one.update(Action="sqs:GetQueueUrl"))

    def test_a_bucket_that_cannot_tell(self):
        def sends(properties):
            return any(one.get("Principal") == {"Service": "s3.amazonaws.com"} for one in properties["PolicyDocument"]["Statement"])

        def change(how):
            def planted(stack, id, properties):
                for one in properties["PolicyDocument"]["Statement"]:
                    if one.get("Principal") == {"Service": "s3.amazonaws.com"}:
                        how(one)
            return planted
        self.plant("may not tell", "AWS::SQS::QueuePolicy", change(lambda one: one["Condition"].update(
            ArnEquals={"aws:SourceArn": "arn:aws:s3:::other"})), sends)
        self.plant("a bucket of another account", "AWS::SQS::QueuePolicy",
                   change(lambda one: one["Condition"].pop("StringEquals")), sends)
        self.plant("is made before the policy", "AWS::S3::Bucket", lambda stack, id, properties: stack.resources[id].pop("DependsOn"),
                   lambda properties: "QueueConfigurations" in properties.get("NotificationConfiguration", {}))

    def test_a_function_that_cannot_read_its_queue(self):
        self.plant("may not sqs:ReceiveMessage", "AWS::Lambda::EventSourceMapping", lambda stack, id, properties: properties.update(
            EventSourceArn={"Fn::GetAtt": [id.removesuffix("Messages") + "DeadLetters", "Arn"]}))

    def test_a_machine_that_may_not_call(self):
        for action in ("lambda:InvokeFunction", "batch:SubmitJob", "batch:TerminateJob", "events:PutRule", "logs:CreateLogDelivery"):
            self.plant_in_role(f"Machine may not {action}", action, lambda one: one.update(Action="none:None"))
        self.plant("Machine may not lambda:InvokeFunction on ${", "AWS::StepFunctions::StateMachine",
                   lambda stack, id, properties: properties["DefinitionSubstitutions"].pop("StartFunctionArn"))
        self.plant("has no role that Step Functions", "AWS::StepFunctions::StateMachine", lambda stack, id, properties:
                   properties.update(RoleArn={"Fn::GetAtt": ["LotsRole", "Arn"]}))

    def test_a_log_out_of_reach(self):
        self.plant_in_role("may not logs:PutLogEvents", "logs:PutLogEvents", lambda one: one.update(Action="logs:CreateLogStream"))
        self.plant("is not there", "AWS::Lambda::Function",
                   lambda stack, id, properties: properties.update(LoggingConfig={"LogGroup": "/aws/lambda/other"}))
        self.plant("for ever", "AWS::Logs::LogGroup", lambda stack, id, properties: properties.pop("RetentionInDays"))

    def test_names_of_what_is_not_there(self):
        self.plant_in_role("which is not there", "events:PutEvents", lambda one: one.update(Resource=one["Resource"] + "-other"))
        self.plant("which nothing exports", "AWS::Batch::ComputeEnvironment", lambda stack, id, properties: properties[
            "ComputeResources"]["Subnets"][0].update({"Fn::ImportValue": "ref:aws:id:dev:bootstrap:1:meta:subnet:none"}))
        self.plant("depends on Other", "AWS::S3::BucketPolicy", lambda stack, id, properties: stack.resources[id].update(DependsOn="Other"))

        def reverse(stack, id, properties):
            stack.said["dependsOn"] = [stack.name]
        self.plant("which is not before it", "AWS::StepFunctions::StateMachine", reverse)

    def test_an_unsound_queue(self):
        queue = "AWS::SQS::Queue"
        self.plant("is not encrypted", queue, lambda stack, id, properties: properties.pop("SqsManagedSseEnabled"))
        self.plant("without TLS", "AWS::SQS::QueuePolicy",
                   lambda stack, id, properties: properties["PolicyDocument"]["Statement"].pop(0))
        for property, words in (("RedrivePolicy", "has no dead letters"), ("VisibilityTimeout", "shows messages again")):
            self.plant(words, queue, lambda stack, id, properties: properties.pop(property), lambda one: property in one)

        self.plant("forgets after 3600 s", queue, lambda stack, id, properties: properties.update(MessageRetentionPeriod=3600),
                   lambda one: "RedrivePolicy" in one)

    def test_an_unsound_bucket(self):
        bucket = "AWS::S3::Bucket"
        self.plant("is not encrypted", bucket, lambda stack, id, properties: properties.pop("BucketEncryption"))
        self.plant("may become public", bucket, lambda stack, id, properties: properties["PublicAccessBlockConfiguration"].update(
            BlockPublicPolicy=False))
        self.plant("answers without TLS", "AWS::S3::BucketPolicy",
                   lambda stack, id, properties: properties["PolicyDocument"]["Statement"].pop(0))
        self.plant("a store that goes with its stack", bucket, lambda stack, id, properties: stack.resources[id].pop("DeletionPolicy"))

    def test_limits(self):
        self.plant("nothing can be exported as", "AWS::S3::Bucket", lambda stack, id, properties: stack.template["Outputs"].update(
            Other={"Value": "1", "Export": {"Name": "a.b"}}))
        self.plant("no stack can be named so", "AWS::S3::Bucket", lambda stack, id, properties: setattr(stack, "name", "1"))
        self.plant("cannot have the tag", "AWS::SQS::Queue", lambda stack, id, properties: properties["Tags"][0].update(Value="a*b"))
        self.plant("cannot be named", "AWS::Lambda::Function", lambda stack, id, properties: properties.update(FunctionName=65 * "x"))
        self.plant("more than 2048 characters", "AWS::Events::Rule", lambda stack, id, properties: properties["EventPattern"].update(
            source=[2048 * "x"]), lambda properties: "EventPattern" in properties)
        self.plant("more than 4096 bytes", "AWS::Lambda::Function",
                   lambda stack, id, properties: properties["Environment"]["Variables"].update(X=5000 * "x"))


if __name__ == "__main__":
    CLS = str(pathlib.Path(sys.argv.pop(1)).resolve())
    unittest.main()
