#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Tests of cls with buckets on S3: a versitygw on loopback, looked at with boto3.

Usage: s3_test.py CLS TOOLS [-v] [NAME…]     CLS is the executable, TOOLS what tools/setup installs into
"""
import json
import os
import pathlib
import re
import secrets
import shutil
import signal
import subprocess
import sys
import time
import unittest
import urllib.error
import urllib.request

import processes_test
from held_port import hold_port, number_of
from processes_test import COPY, PATIENCE, Processes, command_arc, key_of

TOOLS = pathlib.Path()
RECORDS = [f"clusterless-{kind}-local-home" for kind in ("metadata", "arc-state", "manifest")]
REGION = "eu-central-1"


class S3(Processes):
    BUCKETS = ["data-p"]

    def setUp(self):
        super().setUp()
        self.keys = {"AWS_ACCESS_KEY_ID": "TEST" + secrets.token_hex(6), "AWS_SECRET_ACCESS_KEY": secrets.token_hex(16)}
        self.more = {}
        held = hold_port()
        self.addCleanup(held.close)
        self.endpoint = f"http://127.0.0.1:{number_of(held)}"
        root = self.folder / "server"
        root.mkdir()
        with open(self.folder / "gateway.log", "w") as log:
            gateway = subprocess.Popen(
                [TOOLS / "bin/versitygw", "--quiet", "--keep-alive", "--port", self.endpoint[7:], "--region", REGION,
                 "posix", root], stdout=log, stderr=log,
                env={"ROOT_ACCESS_KEY": self.keys["AWS_ACCESS_KEY_ID"],
                     "ROOT_SECRET_KEY": self.keys["AWS_SECRET_ACCESS_KEY"]})
        self.started.append(gateway)
        (self.folder / "log").touch()
        self.wait_for("the gateway", self.gateway_answers)
        self.s3 = boto3.client("s3", endpoint_url=self.endpoint, region_name=REGION,
                               aws_access_key_id=self.keys["AWS_ACCESS_KEY_ID"],
                               aws_secret_access_key=self.keys["AWS_SECRET_ACCESS_KEY"])
        for bucket in self.BUCKETS:
            self.s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})

    def gateway_answers(self):
        try:
            urllib.request.urlopen(self.endpoint, timeout=5).close()
        except urllib.error.HTTPError:
            return True
        except OSError:
            return False
        return True

    def environment(self):
        return {**super().environment(), "AWS_REGION": REGION, "AWS_EC2_METADATA_DISABLED": "true",
                "AWS_CONFIG_FILE": str(self.folder / "config"),
                "AWS_SHARED_CREDENTIALS_FILE": str(self.folder / "credentials"), **self.keys, **self.more}

    def stores(self, *buckets, endpoint=None):
        return [f"--store=s3://{bucket}={endpoint or self.endpoint}/{bucket}" for bucket in buckets or self.BUCKETS]

    def put_object(self, name, body=None, **more):
        self.s3.put_object(Bucket="data-p", Key=f"in/{name}", Body=body or f"content of {name}\n", **more)

    def read(self, bucket, prefix):
        """Key below the prefix → text. Without the name that versitygw lists for the moment in which it replaces an object."""
        pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
        keys = [entry["Key"] for page in pages for entry in page.get("Contents", [])]
        return {key[len(prefix):]: self.s3.get_object(Bucket=bucket, Key=key)["Body"].read().decode() for key in keys
                if not re.search(r"/\.[^/]+\.sgwtmp\.\d+$", key)}

    def objects(self, prefix="out/"):
        return self.read("data-p", prefix)

    def refused(self, *arguments, expect):
        ran = subprocess.run([processes_test.CLS, *arguments], cwd=self.folder, env=self.environment(),
                             timeout=2 * PATIENCE, capture_output=True, text=True)
        self.assertEqual(ran.returncode, expect, ran.stderr)
        self.assertNotIn(self.keys.get("AWS_SECRET_ACCESS_KEY") or "?", ran.stderr + ran.stdout)
        return ran.stderr


class Data(S3):
    def test_a_copy_from_s3_to_s3_keeps_what_objects_carry(self):
        self.declare(COPY)
        self.put_object(key_of(0), ContentType="text/x-test", Metadata={"who": "me"})
        self.put_object("sub folder/ü+%.txt " + key_of(1))
        self.cls("run", "-p", "p.json", *self.stores())
        self.assertEqual(sorted(self.objects()), sorted([key_of(0), "sub folder/ü+%.txt " + key_of(1)]))
        head = self.s3.head_object(Bucket="data-p", Key=f"out/{key_of(0)}")
        self.assertEqual((head["ContentType"], head["Metadata"]), ("text/x-test", {"who": "me"}))
        self.cls("audit", "--deep", "--settled", *self.stores())
        self.assertFalse((self.home / "stores/s3/data-p").exists())
        self.assertIn("took in 0 objects", self.cls("run", *self.stores()))

    def test_the_script_of_cls_local_fetches_what_the_lot_lists(self):
        if shutil.which("aws") is None:
            self.skipTest("needs the AWS CLI")
        arc = command_arc('cat $(cat $CLS_SOURCE_MAIN_FILES) >$CLS_SINK_MAIN_PATH/made')
        arc["workload"]["fetch"] = True
        self.declare(arc)
        self.put_object(key_of(0))
        self.cls("run", "-p", "p.json", *self.stores())
        local = ["local", "-a", "work", "-l", "20230101PT1M0000", "--scratch", str(self.folder / "scratch")]
        script = self.cls(*local, *self.stores())
        self.assertIn("# It needs the AWS CLI to fetch members", script)
        self.assertNotIn(self.keys["AWS_SECRET_ACCESS_KEY"], script)
        ran = self.run_script(script)
        self.assertEqual(ran.returncode, 0, ran.stderr)
        self.assertEqual((self.folder / "scratch/sinks/MAIN/made").read_text(), f"content of {key_of(0)}\n")
        self.cls(*local, *self.stores(), "--run")
        # Another version than that of the lot is not taken.
        self.put_object(key_of(0), "another")
        ran = self.run_script(script)
        self.assertNotEqual(ran.returncode, 0)
        self.assertIn("PreconditionFailed", ran.stderr)

    def run_script(self, script):
        return subprocess.run(["bash", "-c", script], cwd=self.folder, env=self.environment(), capture_output=True, text=True,
                              timeout=PATIENCE)

    def test_an_object_with_another_etag_is_another_object(self):
        self.declare(COPY)
        self.put_object(key_of(0))
        self.cls("run", "-p", "p.json", *self.stores())
        self.put_object(key_of(0))  # the same bytes: no other version
        self.assertIn("took in 0 objects", self.cls("run", *self.stores()))
        self.put_object(key_of(0), "changed")
        self.assertIn("took in 1 object", self.cls("run", "--seal", *self.stores()))
        self.assertIn("changed", self.objects().values())
        self.cls("audit", *self.stores())

    def test_an_object_without_an_etag_is_known_by_its_time(self):
        # versitygw has none for a file that was laid into its folder.
        self.declare(COPY)
        beside = self.folder / f"server/data-p/in/{key_of(0)}"
        beside.parent.mkdir()
        beside.write_text("content")
        self.assertEqual(self.s3.list_objects_v2(Bucket="data-p")["Contents"][0]["ETag"], "")
        self.assertIn("took in 1 object", self.cls("run", "-p", "p.json", *self.stores()))
        self.assertIn("took in 0 objects", self.cls("run", *self.stores()))
        self.assertEqual(json.loads(self.cls("status", "--output", "json", *self.stores()))["boundaries"][0]["unread"], 0)
        self.cls("audit", *self.stores())
        beside.write_text("changed")  # as long as before
        os.utime(beside, (time.time() + 5, time.time() + 5))
        self.assertIn("took in 1 object", self.cls("run", "--seal", *self.stores()))
        self.assertIn("changed", self.objects().values())

    def test_a_served_bucket_is_polled(self):
        self.declare(COPY, settleSec=0, pollSec=1)
        self.start("up", "-p", "p.json", *self.stores())
        self.wait_for("the notice", lambda: "is on S3, which tells of no changes; it is scanned every 1 s"
                      in (self.folder / "log").read_text())
        self.put_object(key_of(0))
        self.wait_for("the first copy", lambda: key_of(0) in self.objects())
        self.put_object(key_of(1))
        self.wait_for("the second copy", lambda: key_of(1) in self.objects())
        self.assertNotIn(self.keys["AWS_SECRET_ACCESS_KEY"], (self.folder / "log").read_text())

    def test_what_a_program_writes_is_collected_into_a_bucket(self):
        script = "cat $CLS_SOURCE_MAIN_FILES > /dev/null; head -c 20000000 /dev/zero > $CLS_SINK_MAIN_PATH/$CLS_LOT.bin"
        self.declare(command_arc(script.replace("cat $CLS_SOURCE_MAIN_FILES > /dev/null; ", "")))
        self.put_object(key_of(0))
        self.cls("run", "-p", "p.json", *self.stores())
        written, = self.s3.list_objects_v2(Bucket="data-p", Prefix="work/")["Contents"]
        self.assertEqual(written["Size"], 20_000_000)
        self.cls("audit", "--deep", *self.stores())

    def test_between_files_and_s3(self):
        declared = processes_test.project(
            COPY, {**COPY, "name": "back", "sources": {"main": {"name": "p-out", "version": "1"}},
                   "sinks": {"main": {"name": "p-back", "version": "1", "pathURI": "s3://files/back/"}}})
        declared["boundaries"][0]["dataset"]["pathURI"] = "s3://files/in/"
        (self.folder / "p.json").write_text(json.dumps(declared))
        directory = self.folder / "elsewhere"
        (directory / "in").mkdir(parents=True)
        (directory / "in" / key_of(0)).write_text("small")
        (directory / "in" / key_of(1)).write_bytes(b"x" * 17_000_000)
        stores = [*self.stores(), f"--store=s3://files={directory}"]
        self.cls("run", "-p", "p.json", *stores)
        self.assertEqual({file.name: file.stat().st_size for file in (directory / "back").iterdir()},
                         {key_of(0): 5, key_of(1): 17_000_000})
        self.assertEqual(len(self.objects()), 2)
        self.cls("audit", "--deep", *stores)


class Shared(S3):
    BUCKETS = ["data-p", *RECORDS]

    def at(self, name):
        self.home = self.folder / name
        return self

    def claims_on_s3(self):
        return [json.loads(text) for text in self.read(RECORDS[1], "claims/").values()]

    def test_two_homes_with_the_same_records_work_together(self):
        self.declare(COPY, settleSec=0, pollSec=1)
        homes = [self.at(name).start("up", "-p", "p.json", *self.stores()) for name in ("one", "two")]
        names = [key_of(i) for i in range(30)]
        for name in names:
            self.put_object(name)
        self.wait_for("the copies", lambda: len(self.objects()) == len(names))
        # A copy is there before its commit, and who is asked to end in between may let go of its lot.
        self.wait_for("the commits", lambda: [claim["state"] for claim in self.claims_on_s3()] == ["committed"] * len(names))
        self.wait_for("both to serve", lambda: all(
            f"serving 1 project in {self.folder / name}:" in (self.folder / "log").read_text() for name in ("one", "two")))
        for process in homes:
            process.send_signal(signal.SIGTERM)
            self.assertEqual(process.wait(PATIENCE), 0)
        self.assertEqual(self.objects(), {name: f"content of {name}\n" for name in names})
        self.at("three").cls("run", *self.stores(), "-p", "p.json")
        self.cls("audit", "--deep", *self.stores())
        self.assertEqual([(claim["state"], claim["epoch"]) for claim in self.claims_on_s3()], [("committed", 1)] * len(names))
        # Nothing of it is in any home.
        self.assertEqual([path for path in self.folder.glob("*/stores/s3/*") if path.is_dir()], [])

    def test_status_of_another_home_is_the_same(self):
        self.declare(COPY)
        self.put_object(key_of(0))
        self.at("one").cls("run", "-p", "p.json", *self.stores())
        first = self.cls("arcs", "status", "--list", "--output", "csv", *self.stores())
        self.at("two").cls("bootstrap", *self.stores())
        self.assertEqual(self.cls("arcs", "status", "--list", "--output", "csv", *self.stores()), first)
        self.assertIn("complete", first)


class Served(Processes):
    """`--s3`: the other way round."""

    def environment(self):
        return {**super().environment(), "PATH": f"{TOOLS / 'bin'}:{os.environ['PATH']}"}

    def boto3_arc(self, script):
        (self.folder / "work.py").write_text(script)
        arc = command_arc(f"exec {sys.executable} {self.folder}/work.py")
        arc["workload"]["environment"] = {"PYTHONPATH": str(TOOLS / "python")}
        return arc

    def test_programs_reach_the_stores_with_boto3_and_cloudpathlib(self):
        self.declare(self.boto3_arc("""
import os, boto3, cloudpathlib
s3 = boto3.client("s3")
keys = [entry["Key"] for entry in s3.list_objects_v2(Bucket="data-p", Prefix="in/")["Contents"]]
text = s3.get_object(Bucket="data-p", Key=keys[0])["Body"].read().decode()
s3.put_object(Bucket="data-p", Key="beside/a b.txt", Body=text)
assert [str(path) for path in cloudpathlib.S3Path("s3://data-p/in/").iterdir()] == ["s3://data-p/" + keys[0]]
cloudpathlib.S3Path("s3://data-p/beside/two.txt").write_text("by cloudpathlib")
s3.upload_file("/proc/self/exe", "data-p", "beside/large")
open(os.environ["CLS_SINK_MAIN_PATH"] + "/read.txt", "w").write(text)
"""))
        self.put(key_of(0))
        self.cls("run", "-p", "p.json", "--s3")
        self.assertEqual(self.out("work"), {"read.txt": f"content of {key_of(0)}\n"})
        beside = self.home / "stores/s3/data-p/beside"
        self.assertEqual((beside / "a b.txt").read_text(), f"content of {key_of(0)}\n")
        self.assertEqual((beside / "two.txt").read_text(), "by cloudpathlib")
        self.cls("audit", "--deep")
        # The server is gone with the process, and its keys are in no file.
        self.assertEqual([path for path in pathlib.Path("/proc").glob("[0-9]*/cmdline")
                          if str(self.home).encode() in self.bytes_of(path)], [])

    @staticmethod
    def bytes_of(path):
        try:
            return path.read_bytes()
        except OSError:
            return b""

    def test_an_arcs_own_variables_go_before_and_keys_are_in_no_file(self):
        self.declare({**command_arc("echo $AWS_ENDPOINT_URL_S3 $AWS_REGION > $CLS_SINK_MAIN_PATH/seen.txt;"
                                    " test ${#AWS_SECRET_ACCESS_KEY} -ge 40"),
                      "name": "work"})
        declared = json.loads((self.folder / "p.json").read_text())
        declared["arcs"][0]["workload"]["environment"] = {"AWS_REGION": "mine"}
        (self.folder / "p.json").write_text(json.dumps(declared))
        self.put(key_of(0))
        self.cls("run", "-p", "p.json", "--s3")
        self.assertRegex(self.out("work")["seen.txt"], r"^http://127\.0\.0\.1:\d+ mine\n$")
        for path in self.home.rglob("*"):
            if path.is_file():
                self.assertNotIn(b"AWS_SECRET_ACCESS_KEY=", path.read_bytes(), path)

    def test_up_serves_as_long_as_it_runs(self):
        self.declare(command_arc("echo $AWS_ENDPOINT_URL > $CLS_SINK_MAIN_PATH/$CLS_LOT.txt"), settleSec=0)
        up = self.start("up", "-p", "p.json", "--s3")
        self.put(key_of(0))
        url, = self.wait_for("the attempt", lambda: self.out("work").values())
        with self.assertRaises(urllib.error.HTTPError):  # nobody without keys
            urllib.request.urlopen(url.strip(), timeout=PATIENCE)
        up.send_signal(signal.SIGTERM)
        self.assertEqual(up.wait(PATIENCE), 0)
        with self.assertRaises(urllib.error.URLError) as refused:
            urllib.request.urlopen(url.strip(), timeout=PATIENCE)
        self.assertNotIsInstance(refused.exception, urllib.error.HTTPError)

    def test_what_it_needs_is_said(self):
        self.declare(COPY)
        ran = subprocess.run([processes_test.CLS, "run", "-p", "p.json", "--s3"], cwd=self.folder,
                             env={**self.environment(), "PATH": "/usr/bin:/bin"}, capture_output=True, text=True)
        self.assertEqual(ran.returncode, 1)
        self.assertIn("--s3 needs the program versitygw in PATH", ran.stderr)
        ran = subprocess.run([processes_test.CLS, "run", "-p", "p.json", "--s3", "--store", "s3://x=."], cwd=self.folder,
                             env=self.environment(), capture_output=True, text=True)
        self.assertEqual(ran.returncode, 2)


class Wrong(S3):
    def test_what_is_wrong_is_said_before_anything_is_done(self):
        self.declare(COPY)
        run = ["run", "-p", "p.json", *self.stores()]
        self.keys["AWS_SECRET_ACCESS_KEY"] += "x"
        self.assertIn("set AWS_SECRET_ACCESS_KEY", self.refused(*run, expect=1))
        self.keys = {"AWS_ACCESS_KEY_ID": "NOBODY", "AWS_SECRET_ACCESS_KEY": "something"}
        self.assertIn("does not know this access key", self.refused(*run, expect=1))
        self.keys = {"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""}
        self.assertIn("there is no profile 'default'", self.refused(*run, expect=1))
        self.more["AWS_PROFILE"] = "other"
        self.assertIn("there is no profile 'other'", self.refused(*run, expect=1))
        self.assertFalse((self.home / "stores/s3/clusterless-metadata-local-home").exists())

    def test_a_profile_and_a_credential_process_serve_as_well(self):
        self.declare(COPY)
        self.put_object(key_of(0))
        keys, self.keys = self.keys, {"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""}
        (self.folder / "credentials").write_text(
            f"[default]\naws_access_key_id = {keys['AWS_ACCESS_KEY_ID']}\n"
            f"aws_secret_access_key = {keys['AWS_SECRET_ACCESS_KEY']}\n")
        self.cls("run", "-p", "p.json", *self.stores())
        self.assertEqual(len(self.objects()), 1)
        printed = json.dumps({"Version": 1, "AccessKeyId": keys["AWS_ACCESS_KEY_ID"],
                              "SecretAccessKey": keys["AWS_SECRET_ACCESS_KEY"]})
        (self.folder / "printed").write_text(printed)
        (self.folder / "config").write_text(f"[profile tool]\ncredential_process = cat '{self.folder}/printed'\n")
        self.more["AWS_PROFILE"] = "tool"
        self.cls("audit", *self.stores())

    def test_wrong_places(self):
        self.declare(COPY)
        run = ["run", "-p", "p.json"]
        self.assertIn("there is no such bucket there: make it, or correct --store",
                      self.refused(*run, *self.stores("nobodys-bucket"), expect=1))
        with hold_port() as nobodys:
            nowhere = f"http://127.0.0.1:{number_of(nobodys)}"
            self.assertIn("cannot connect: Connection refused; is the endpoint right?",
                          self.refused(*run, *self.stores(endpoint=nowhere), expect=75))
        for text, said in (("data-p=x", "which bucket is where"), ("s3://data-p=", "nothing stands after"),
                           ("s3://data-p=https://h", "it names no bucket"), ("s3://a/b=x", "a bucket alone"),
                           ("s3://data-p=ftp://h/b", "not http or https")):
            self.assertIn(said, self.refused(*run, f"--store={text}", expect=2))
        self.assertIn("said twice", self.refused(*run, *self.stores(), *self.stores(), expect=2))


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    processes_test.CLS = os.path.abspath(sys.argv.pop(1))
    TOOLS = pathlib.Path(sys.argv.pop(1)).resolve()
    sys.path.insert(0, str(TOOLS / "python"))
    import boto3
    unittest.main()
