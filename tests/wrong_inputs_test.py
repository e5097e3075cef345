#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What one may write wrongly, and what is said: the exit code of its class, where it is, and what would be right.

Usage: wrong_inputs_test.py CLS [-v] [NAME…]     CLS is the executable
"""
import json
import os
import pathlib
import shlex
import subprocess
import sys
import unittest

import processes_test
from processes_test import COPY, PATIENCE, Processes, command_arc, key_of

WORDS = [  # command line, exit code, what standard error has
    ("foo", 2, "there is no command 'cls foo'\n  usage: cls COMMAND"),
    ("statsu", 2, "did you mean 'cls status'?"),
    ("--verion", 2, "did you mean '--version'?"),
    ("status --hoem x", 2, "did you mean '--home'?\n  usage: cls status [OPTIONS]\n  `cls status --help` says more"),
    ("arcs stauts", 2, "did you mean 'cls arcs status'?"),
    ("help lost", 2, "did you mean 'cls help lots'?"),
    ("help foo", 2, "`cls help` lists what there is"),
    ("completion tcsh", 2, "tcsh not in {bash,zsh,fish}"),
    ("run -p", 2, "1 required FILE missing"),
    ("verify", 2, "--project is required"),
    ("verify p.json", 2, "cls verify takes no 'p.json'\n  did you mean '-p p.json'?\n  usage: cls verify -p FILE"),
    ("status --output xml", 2, "xml not in {table,json,csv,tsv}"),
    ("status --label foo", 2, "write key=value"),
    ("show arrc --list", 2, "did you mean 'cls show arc'?"),
    ("show arc --describe core:copyArk", 1, "did you mean 'core:copyArc'?"),
    ("init new --template coppy", 2, "coppy not in {copy,command,several-sources}"),
    ("config show --config foo", 2, "there are: common, aws"),
    ("status -D foo", 2, "write NAMESPACE.KEY=VALUE"),
    ("status -D common.resource.removeAll=true", 2, "known fields: removeAllOnDestroy"),
    ("up --metrics foo:bar", 2, "is no address to listen on"),
    ("graph --format png", 2, "png not in {dot,mermaid,svg}"),
    # lots, moments
    ("audit --since foo", 2, "'foo' is no lot id"),
    ("retry copy 20240501", 2, "no unit such as PT5M"),
    ("arcs status --earliest foo", 2, "'foo' is no moment; write a lot id"),
    ("arcs status --earliest 20240501PT7M000", 2, "near are PT6M and PT8M"),
    ("arcs status --earliest 2024-05-02 --latest 2024-05-01", 1, "is before the earliest"),
    ("deploy -p p.json --since yesterday", 2, "'yesterday' is no moment"),
    ("local -a copy -l foo", 2, "'foo' is no lot id"),
    # names
    ("retry copyy", 1, "no arc 'copyy' is deployed; did you mean 'copy'?"),
    ("retry copy 20230101PT1M0001", 1, "not tried again, because they did not end missing or partial: 20230101PT1M0001"),
    ("logs wrok", 1, "no arc 'wrok' is deployed, and no attempt of one has a folder; did you mean 'work'?"),
    ("logs work 20200101PT1M0000", 1, "no attempt of arc work and lot 20200101PT1M0000 has a folder"),
    ("logs --attempt 01XYZ", 1, "no attempt 01XYZ has a folder"),
    ("datasets --name p-inn", 0, "there is no dataset of that name; did you mean 'p-in'?"),
    ("arcs --project q", 0, "there is no project of that name"),
    ("disable pp", 1, "no project, boundary or arc 'pp' is deployed; did you mean 'p'?"),
    ("disable p wrok", 1, "no boundary or arc 'wrok' is deployed; did you mean 'work'?"),
    ("local -a wrok -l 20230101PT1M0001", 1, "no arcs found for: wrok; did you mean 'work'?"),
    ("destroy p", 2, "'p': write NAME:VERSION, as in `cls projects`"),
    ("deploy -p p.json --exclude-arc wrok", 2, "there is no arc of that name; did you mean 'work'?"),
    ("verify -p p.json --only-resource nope", 2, "there is no resource at all"),
    # homes and stores
    ("status --home nowhere", 1, "nowhere is no home (it has no home.json); `cls bootstrap --home "),
    ("status --home p.json", 1, "p.json is no home: it is no directory"),
    ("status --home /dev/null", 1, "/dev/null is no home: it is no directory"),
    ("run -p p.json --home full", 4, "holds other files and no home.json"),
    ("run --store s3://data-p", 2, "write s3://bucket=https://endpoint/bucket or s3://bucket=DIR"),
    ("run --store data-p=/tmp", 2, "write s3://bucket=https://endpoint/bucket or s3://bucket=DIR"),
    ("run --store s3://data-p=ftp://x/y", 2, "its URL is not http or https"),
    ("run --store s3://data-p=nowhere", 1, "there is no such directory: make it, or correct --store"),
    ("run --store s3://data-p=p.json", 1, "there is no such directory: make it, or correct --store"),
    ("run --store s3://data-p=https://127.0.0.1:1/data-p", 1, "no credentials for S3: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"),
    ("init p.json/new", 1, "Not a directory"),
]
FILES = [  # name, bytes, exit code, what standard error has
    ("empty.json", b"", 1, "empty.json:1:1: /: the text ends where a value is expected"),
    ("blank.json", b" \n// nothing\n", 1, "blank.json:3:1: /: the text ends where a value is expected"),
    ("cut.json", b'{"project": {"name": "x"', 1, "cut.json:1:25: /: expected ',' or '}'"),
    ("array.json", b"[]", 1, "the array holds no project"),
    ("null.json", b"null", 1, "expected an object, got null"),
    ("text.json", b'"text"', 1, "expected an object, got 'text'"),
    ("binary.json", b"\x7fELF\x00\x01", 1, "binary.json:1:1: /: unexpected byte 0x7f where a value is expected"),
    ("zeros.json", bytes(4096), 1, "zeros.json:1:1: /: unexpected byte 0x00 where a value is expected"),
    ("utf16.json", '{"project": {}}'.encode("utf-16"), 1, "this is UTF-16: write it as UTF-8"),
    ("latin.json", '{"project": {"name": "zähler", "version": "1"}}'.encode("latin-1"), 1, "latin.json:1:"),
    ("p.yaml", b"project: x\n", 1, "p.yaml:1:1: /: unexpected 'p' where a value is expected"),
    ("bad.jsonnet", b"local x = ; {}", 1, "bad.jsonnet:1:11: /: unexpected: \";\" while parsing terminal"),
    ("empty.jsonnet", b"", 1, "empty.jsonnet:1:1: /: unexpected end of file"),
    ("loop.jsonnet", b"local f(x) = f(x + 1); f(0)", 1, "loop.jsonnet:"),
    ("gone.jsonnet", b"import 'nowhere.libsonnet'", 1, "nowhere.libsonnet"),
]


class Wrong(Processes):
    def setUp(self):
        super().setUp()
        self.declare(COPY, command_arc("echo made >$CLS_SINK_MAIN_PATH/made"))
        self.put(key_of(1))
        self.cls("run", "-p", "p.json")
        (self.folder / "full").mkdir()
        (self.folder / "full/file").touch()

    def environment(self):
        return {name: value for name, value in {**super().environment(), "HOME": str(self.folder)}.items()
                if not name.startswith("AWS_")}

    def say(self, line, expect, message):
        with self.subTest(line):
            ran = subprocess.run([processes_test.CLS, *shlex.split(line)], cwd=self.folder, env=self.environment(), timeout=PATIENCE,
                                 stdin=subprocess.DEVNULL, capture_output=True)
            said = ran.stderr.decode()  # nothing but UTF-8
            self.assertEqual((ran.returncode, message in said), (expect, True), said)
            self.assertNotIn("a fault of cls", said)
            self.assertNotRegex(said, "[\x00-\x09\x0b-\x1f\x7f]")

    def test_words(self):
        before = {path: path.read_bytes() for path in self.home.rglob("*.json")}
        for line, expect, message in WORDS:
            self.say(line, expect, message)
        self.assertEqual({path: path.read_bytes() for path in self.home.rglob("*.json")}, before)

    def test_files(self):
        for name, text, expect, message in FILES:
            (self.folder / name).write_bytes(text)
            self.say(f"verify -p {name}", expect, message)
            self.say(f"run -p {name}", expect, message)
        self.say("verify -p nowhere.json", 74, "does not exist: nowhere.json")
        (self.folder / "full/shop.jsonnet").touch()
        self.say("verify -p full/shpo.jsonnet", 74, "does not exist: full/shpo.jsonnet; did you mean 'full/shop.jsonnet'?")
        self.say("verify -p gone/shop.jsonnet", 74, "does not exist: gone/shop.jsonnet\n")
        self.say("verify -p full", 1, "Is a directory")
        (self.folder / "ring.json").symlink_to("ring.json")
        self.say("verify -p ring.json", 1, "Too many levels of symbolic links")
        self.say("verify -p -", 1, "unexpected end of file")

    def test_a_file_that_may_not_be_read(self):
        if os.geteuid() == 0:
            self.skipTest("root may read everything")
        (self.folder / "p.json").chmod(0)
        self.say("verify -p p.json", 1, "Permission denied")

    def test_all_problems_at_once(self):
        project = processes_test.project(COPY, {**COPY, "sources": {"main": {"name": "p-inn", "version": "1"}}, "atempts": 2})
        project["boundaries"][0]["lotUnit"] = "Sixth"
        (self.folder / "bad.json").write_text(json.dumps(project, indent=1))
        for message in ("did you mean Sixths", "unknown field 'atempts'", "did you mean 'attempts'"):
            self.say("verify -p bad.json", 1, message)


if __name__ == "__main__":
    processes_test.CLS = str(pathlib.Path(sys.argv.pop(1)).resolve())
    unittest.main()
