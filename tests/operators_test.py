#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Tests of what operators see of cls: log lines, /metrics and /healthz, the service manager, folders of attempts,
and records that are damaged.

Usage: operators_test.py CLS [-v] [NAME…]     CLS is the executable
"""
import contextlib
import ctypes
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import unittest
import urllib.error
import urllib.request

import processes_test
from processes_test import COPY, PATIENCE, command_arc, key_of

HOUR = 3600
OLD_ULID = "01F00000000000000000000000"  # of the year 2021


def exposition(text):
    """A strict reader of the text format 0.0.4: name → {labels → value}; what it does not know is an error."""
    label = r'[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\["\\n])*"'
    sample = re.compile(rf"([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{{((?:{label}(?:,{label})*)?)\}})? (\S+)")
    assert text.endswith("\n"), "the last line ends with a line feed"
    types, helped, found, family = {}, set(), {}, None
    for line in text[:-1].split("\n"):
        if line.startswith("# HELP "):
            family = line.split(" ", 3)[2]
            assert family not in helped, f"two HELP lines of {family}"
            helped.add(family)
        elif line.startswith("# TYPE "):
            _, _, name, kind = line.split(" ")
            assert name == family and name not in types, f"TYPE of {name} follows its HELP, once"
            assert kind in ("counter", "gauge", "histogram"), kind
            types[name] = kind
            for suffix in ("_bucket", "_sum", "_count") if kind == "histogram" else ("",):
                found[name + suffix] = {}
        else:
            match = sample.fullmatch(line)
            assert match, f"no sample: {line!r}"
            name, labels, value = match[1], tuple(re.findall(label, match[2] or "")), float(match[3])
            suffix = name[len(family):]
            assert name.startswith(family) and suffix in (
                ("_bucket", "_sum", "_count") if types[family] == "histogram" else ("",)), f"{name} in {family}"
            assert (types[family] == "counter") == family.endswith("_total"), family
            samples = found[name]
            assert labels not in samples, f"twice: {line}"
            samples[labels] = value
    assert helped == types.keys()
    for name in (n for n, kind in types.items() if kind == "histogram"):
        check_histogram(found, name)
    return found


def check_histogram(found, name):
    series = {}
    for labels, value in found.get(f"{name}_bucket", {}).items():
        rest = tuple(one for one in labels if not one.startswith("le="))
        bound = next(one for one in labels if one.startswith("le="))[4:-1]
        series.setdefault(rest, []).append((float(bound.replace("+Inf", "inf")), value))
    for labels, buckets in series.items():
        assert buckets == sorted(buckets), "buckets rise, and so do their counts"
        assert [count for _, count in buckets] == sorted(count for _, count in buckets)
        assert buckets[-1][0] == float("inf") and buckets[-1][1] == found[f"{name}_count"][labels]
        assert labels in found[f"{name}_sum"]


class Operators(processes_test.Processes):
    def log(self):
        return (self.folder / "log").read_text() if (self.folder / "log").exists() else ""

    def up(self, *arguments, **environment):
        os.environ.update(environment)
        self.addCleanup(lambda: [os.environ.pop(name, None) for name in environment])
        return self.start("up", *arguments)

    def pages(self):
        """Where a `cls up --metrics 0` listens."""
        return self.wait_for("the address", lambda: re.search(r"http://[0-9.:]+[0-9]", self.log()))[0]

    def ready(self):
        """The same, once everything is started: before that /healthz says 503."""
        url = self.pages()
        self.wait_for("the start", lambda: self.get(url + "/healthz")[0] == 200)
        return url

    def get(self, url, **headers):
        """Status and text."""
        try:
            with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=PATIENCE) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()

    def metric(self, url, name, *labels):
        """The sum of the samples that have these labels."""
        samples = exposition(self.get(url + "/metrics")[1])[name]
        return sum(value for of, value in samples.items() if set(labels) <= set(of))

    def stop(self, process):
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(PATIENCE), 0, self.log())

    def records(self, pattern):
        return sorted((self.home / "stores/s3").glob(pattern))


class Logs(Operators):
    def lines(self):
        """The lines of the log that are no messages of `deploy`."""
        return [json.loads(line) for line in self.log().splitlines()]

    def test_json_lines_say_what_they_are_about_and_escape_what_workloads_print(self):
        self.declare(command_arc(r"printf 'red \033[31m bad \377 \"x\"\nsecond' >&2; exit 1", attempts=1))
        self.put(key_of(0))
        self.cls("deploy", "-p", "p.json", "--since", "all")
        self.start("run", "--log", "json").wait(PATIENCE)
        line, = [line for line in self.lines() if line["level"] == "warning"]
        self.assertEqual((line["project"], line["arc"], line["lot"]), ("p/1", "work", "20230101PT1M0000"))
        self.assertTrue((self.home / "attempts" / line["attempt"]).is_dir())
        self.assertIn("second", line["message"])
        self.assertRegex(line["time"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z$")
        self.assertNotRegex(self.log(), "[\x00-\x09\x0b-\x1f]")

    def test_lines_of_two_processes_never_mix_and_hold_no_secret(self):
        self.declare(COPY, command_arc("echo x > $CLS_SINK_MAIN_PATH/$CLS_LOT.txt", workload={
            "command": ["sh", "-c", "echo x > $CLS_SINK_MAIN_PATH/$CLS_LOT.txt"], "manifest": "collect",
            "environment": {"TOKEN": {"fromEnv": "MY_TOKEN"}}}))
        self.put(*[key_of(i) for i in range(40)])
        self.cls("deploy", "-p", "p.json", "--since", "all")
        several = [self.up("--log-level", "debug", MY_TOKEN="hunter2hunter2", CLS_LOG="json") for _ in range(2)]
        self.wait_for("the copies", lambda: len(self.out()) == 40 and len(self.out("work")) == 40)
        for process in several:
            self.stop(process)
        starts = [line for line in self.lines() if line.get("attempt") and line["level"] == "debug"]
        self.assertGreaterEqual(len(starts), 80)
        self.assertNotIn("hunter2", self.log())

    def test_a_line_is_one_write(self):
        if not shutil.which("strace"):
            self.skipTest("needs strace")
        self.declare(COPY)
        self.put(key_of(0), key_of(1))
        self.cls("deploy", "-p", "p.json", "--since", "all")
        ran = subprocess.run(["strace", "-f", "-qq", "-s", "9", "-e", "trace=write", "-o", self.folder / "trace",
                              processes_test.CLS, "run", "--log", "json", "--log-level", "debug"],
                             # A leak checker cannot work in a process that is traced.
                             env={**self.environment(), "ASAN_OPTIONS": "detect_leaks=0"},
                             capture_output=True, text=True, timeout=2 * PATIENCE)
        if ran.returncode != 0:
            self.skipTest(f"strace cannot trace here: {ran.stderr[-200:]}")
        writes = re.findall(r"write\(2, ", (self.folder / "trace").read_text())
        self.assertEqual(len(writes), len(ran.stderr.splitlines()))
        self.assertGreater(len(writes), 3)

    def test_levels_and_forms_that_there_are_not_are_usage_errors(self):
        self.cls("up", "--log", "xml", expect=2)
        self.cls("up", "--log-level", "loud", expect=2)
        for name, value in (("CLS_LOG", "xml"), ("CLS_LOG_LEVEL", "loud")):
            os.environ[name] = value
            self.addCleanup(os.environ.pop, name, None)
            self.declare(COPY)
            self.cls("run", "-p", "p.json", expect=2)
            os.environ.pop(name)

    def test_why_up_ends_is_a_line_too(self):
        self.home.mkdir()
        (self.home / "home.json").write_text("{")
        self.assertEqual(self.start("up", "--log", "json").wait(PATIENCE), 1)
        line, = self.lines()
        self.assertEqual(line["level"], "error")
        self.assertIn("home.json", line["message"])


class Attempts(Operators):
    def test_a_flood_of_output_is_cut_off_and_said_once(self):
        flood = "head -c 70000000 /dev/zero | tr '\\0' x; echo end >&2; echo done > $CLS_SINK_MAIN_PATH/$CLS_LOT.txt"
        self.declare(command_arc(flood))
        self.put(key_of(0), key_of(1))
        self.cls("deploy", "-p", "p.json", "--since", "all")
        self.assertEqual(self.start("run").wait(2 * PATIENCE), 1, "a complaint")
        self.assertEqual(len(self.out("work")), 2, "nothing blocked or killed it")
        for output in self.home.glob("attempts/*/stdout"):
            with open(output, "rb") as file:
                file.seek(-200, os.SEEK_END)
                self.assertRegex(file.read().decode(), r"\n\[\d+ more bytes were dropped: only the first \d+ are kept\]\n$")
            self.assertLess(output.stat().st_size, (64 << 20) + 200)
            self.assertGreater(json.loads((output.parent / "result.json").read_text())["droppedBytes"], 2_000_000)
        self.assertEqual(self.log().count("bytes of its output were dropped"), 1)

    def attempt(self, name, size=10, age=30 * 24 * HOUR):
        """A folder as an attempt leaves it, of long ago."""
        folder = self.home / "attempts" / name
        folder.mkdir(parents=True)
        (folder / "stdout").write_text("x" * size)
        for path in (folder / "stdout", folder):
            os.utime(path, (time.time() - age,) * 2)
        return folder

    def test_old_folders_go_and_the_last_of_an_unfinished_lot_stays(self):
        self.declare(command_arc("exit 1", attempts=1))
        self.put(key_of(0))
        self.cls("run", "-p", "p.json", expect=3)
        claim, = self.claims("work")
        last = self.home / "attempts" / claim["attempt"]
        # Its claim is made to name an attempt of long ago.
        path, = self.records("clusterless-arc-state-*/claims/**/lot=*.json")
        path.write_text(path.read_text().replace(claim["attempt"], OLD_ULID))
        kept = self.attempt(OLD_ULID)
        gone = [self.attempt(OLD_ULID[:-1] + c) for c in "123"]
        young = self.attempt(OLD_ULID[:-1] + "4", age=2 * HOUR)
        other = self.attempt("notes")
        up = self.up("--keep-attempts", "14d")
        self.wait_for("the removal", lambda: not any(folder.exists() for folder in gone))
        self.stop(up)
        for folder in (kept, young, other, last):
            self.assertTrue(folder.is_dir(), folder)
        self.assertIn("removed the folders of 3 old attempts", self.log())

    def test_too_much_goes_oldest_first(self):
        self.declare(COPY)
        self.cls("run", "-p", "p.json")
        folders = [self.attempt(OLD_ULID[:-1] + c, size=100_000, age=2 * HOUR) for c in "0123456789"]
        up = self.up("--keep-attempts-bytes", "450KiB")
        self.wait_for("the removal", lambda: "removed the folders" in self.log())
        self.stop(up)
        self.assertEqual([folder.exists() for folder in folders], [False] * 6 + [True] * 4)
        self.cls("up", "--keep-attempts-bytes", "much", expect=2)
        self.cls("up", "--keep-attempts", "long", expect=2)

    def test_temporary_files_go_unless_they_are_young_or_open(self):
        self.declare(COPY)
        self.put(key_of(0))
        self.cls("run", "-p", "p.json")
        claims = self.records("clusterless-arc-state-*/claims/**/lot=*.json")[0].parent
        old, young, held = (claims / f".cls-tmp-{i:024x}" for i in range(3))
        data = self.home / "stores/s3/data-p/in/.cls-tmp-user"
        for path in (old, young, held, data):
            path.write_text("half")
        for path in (old, held, data):
            os.utime(path, (time.time() - 2 * HOUR,) * 2)
        with open(held, "rb"):
            up = self.up()
            self.wait_for("the removal", lambda: "temporary files" in self.log())
            self.stop(up)
        self.assertEqual([path.exists() for path in (old, young, held, data)], [False, True, True, True])
        self.assertIn("removed 1 temporary files", self.log())
        self.cls("audit")


class Pages(Operators):
    def test_metrics_of_lots_attempts_and_boundaries(self):
        self.declare(COPY, command_arc("test $CLS_LOT != 20230101PT1M0001", attempts=1), settleSec=0)
        self.put(key_of(0), key_of(1))
        self.cls("deploy", "-p", "p.json", "--since", "all")
        up = self.up("--metrics", "0")
        url = self.pages()
        work, copy = 'arc="work"', 'arc="copy"'
        self.wait_for("the dead letter", lambda: self.metric(url, "cls_arc_dead_letters", work) == 1)
        self.wait_for("the copies", lambda: self.metric(url, "cls_arc_lots", copy, 'state="complete"') == 2)
        self.wait_for("an empty queue", lambda: self.metric(url, "cls_arc_queue_taken") == 0)
        for name, labels, value in (
                ("cls_arc_lots", (work, 'state="complete"'), 1), ("cls_arc_lots", (work, 'state="missing"'), 1),
                ("cls_arc_lots", ('state="running"',), 0), ("cls_arc_attempts_total", (copy, 'result="complete"'), 2),
                ("cls_arc_attempts_total", (work, 'result="missing"'), 1), ("cls_arc_queue_waiting", (), 0),
                ("cls_arc_attempt_duration_seconds_count", (copy,), 2), ("cls_boundary_up", (), 1),
                ("cls_boundary_closed_lots", ('boundary="inbox"',), 2), ("cls_boundary_ledger_lines_total", (), 2),
                ("cls_boundary_open_lots", (), 0), ("cls_boundary_lag_seconds", (), 0), ("cls_damaged_records", (), 0),
                ("cls_complaints_total", (), 0)):
            self.assertEqual(self.metric(url, name, *labels), value, (name, labels))
        self.assertGreater(self.metric(url, "cls_boundary_last_closed_lot_age_seconds"), HOUR)
        self.assertLess(abs(self.metric(url, "process_start_time_seconds") - time.time()), 2 * PATIENCE)
        # A connection comes and goes with each look.
        self.assertAlmostEqual(self.metric(url, "process_open_fds"),
                               len(list(pathlib.Path(f"/proc/{up.pid}/fd").iterdir())), delta=4)
        self.assertGreater(self.metric(url, "process_resident_memory_bytes"), 1 << 20)
        self.assertGreater(time.time() + 1, self.metric(url, "cls_boundary_last_scan_timestamp_seconds"))
        self.assertEqual(self.get(url + "/healthz"), (200, '{"status":"ok"}\n'))
        # The numbers outlive the engine that counted them.
        self.cls("deploy", "-p", self.changed())
        self.wait_for("the next engine", lambda: self.log().count("serving") == 2)
        self.assertEqual(self.metric(url, "cls_arc_attempts_total", copy), 2)

    def changed(self):
        self.declare(COPY, settleSec=1)
        return "p.json"

    def test_what_runs_is_seen_running(self):
        self.declare(command_arc("test -e $HOME/go || sleep 600; echo done > $CLS_SINK_MAIN_PATH/$CLS_LOT.txt",
                                 concurrency=1))
        os.environ["HOME"] = str(self.folder)
        self.put(key_of(0), key_of(1))
        self.cls("deploy", "-p", "p.json", "--since", "all")
        self.up("--metrics", "127.0.0.1:0")
        url = self.pages()
        self.wait_for("the run", lambda: self.metric(url, "cls_arc_lots", 'state="running"') == 1)
        first = self.wait_for("its age", lambda: self.metric(url, "cls_arc_oldest_running_seconds"))
        self.wait_for("more of it", lambda: self.metric(url, "cls_arc_oldest_running_seconds") > first)
        self.wait_for("the queue", lambda: (self.metric(url, "cls_arc_queue_taken"), self.metric(
            url, "cls_arc_queue_waiting"), self.metric(url, "cls_arc_queue_due")) == (1, 1, 0))

    def test_what_goes_on_under_a_former_deployment_is_seen_and_hides_nothing(self):
        hold = command_arc("until test -e $HOME/$CLS_LOT; do sleep 0.05; done; echo x > $CLS_SINK_MAIN_PATH/$CLS_LOT.txt",
                           concurrency=2)
        self.declare(hold, settleSec=0)
        os.environ["HOME"] = str(self.folder)
        self.put(key_of(0))
        self.cls("deploy", "-p", "p.json", "--since", "all")
        up = self.up("--metrics", "0")
        url = self.pages()

        def running():
            return self.metric(url, "cls_arc_lots", 'arc="work"', 'state="running"')
        self.wait_for("the first lot", lambda: running() == 1)
        self.declare(dict(hold, timeoutMin=7), settleSec=0)
        self.cls("deploy", "-p", "p.json")
        self.wait_for("the next engine", lambda: "1 lot goes on" in self.log() and self.log().count("serving") == 2)
        self.put(key_of(1))
        self.wait_for("a lot under each", lambda: running() == 2)
        self.assertEqual(self.get(url + "/healthz"), (200, '{"status":"ok"}\n'))
        (self.folder / "20230101PT1M0000").write_text("")
        self.wait_for("the end of the former", lambda: self.metric(
            url, "cls_arc_attempts_total", 'arc="work"', 'result="complete"') == 1)
        # The queue is still asked for, though the former engine is gone.
        self.put(key_of(2))
        self.wait_for("the queue", lambda: self.metric(url, "cls_arc_queue_taken", 'arc="work"') == 2)
        for number in (1, 2):
            (self.folder / f"20230101PT1M000{number}").write_text("")
        self.wait_for("the others", lambda: self.metric(url, "cls_arc_lots", 'arc="work"', 'state="complete"') == 3)
        self.wait_for("an empty queue", lambda: self.metric(url, "cls_arc_queue_taken", 'arc="work"') == 0)
        self.assertEqual(self.get(url + "/healthz")[0], 200)
        self.stop(up)

    def test_what_runs_of_an_arc_that_is_deployed_no_more_is_seen_until_it_ends(self):
        self.declare(command_arc("until test -e $HOME/go; do sleep 0.05; done; echo x > $CLS_SINK_MAIN_PATH/$CLS_LOT.txt"),
                     settleSec=0)
        os.environ["HOME"] = str(self.folder)
        self.put(key_of(0))
        self.cls("deploy", "-p", "p.json", "--since", "all")
        self.up("--metrics", "0")
        url = self.pages()
        self.wait_for("the lot", lambda: self.metric(url, "cls_arc_lots", 'arc="work"', 'state="running"') == 1)
        self.declare(COPY, settleSec=0)
        self.cls("deploy", "-p", "p.json")
        self.wait_for("the next engine", lambda: "1 lot goes on" in self.log() and self.log().count("serving") == 2)
        self.assertEqual(self.metric(url, "cls_arc_lots", 'arc="work"', 'state="running"'), 1)
        (self.folder / "go").write_text("")
        self.wait_for("its end", lambda: not any('arc="work"' in labels for labels in exposition(
            self.get(url + "/metrics")[1])["cls_arc_lots"]))
        self.assertEqual(self.get(url + "/healthz"), (200, '{"status":"ok"}\n'))
        self.put(key_of(1))
        self.wait_for("a lot of the other", lambda: key_of(1) in self.out())

    def test_a_disabled_boundary_does_not_take_in(self):
        self.declare(COPY, settleSec=0)
        self.cls("deploy", "-p", "p.json")
        self.up("--metrics", "0")
        url = self.pages()
        self.wait_for("the boundary", lambda: self.metric(url, "cls_boundary_up") == 1)
        self.cls("disable", "p", "inbox")
        self.wait_for("its end", lambda: self.metric(url, "cls_boundary_up") == 0)
        self.assertEqual(self.get(url + "/healthz")[0], 200, "that is wanted")
        self.cls("enable", "p", "inbox")
        self.wait_for("it again", lambda: self.metric(url, "cls_boundary_up") == 1)

    def ask(self, url, request):
        """The answer to raw bytes."""
        host, port = url[len("http://"):].rsplit(":", 1)
        with socket.create_connection((host, int(port)), timeout=PATIENCE) as connection:
            with contextlib.suppress(ConnectionError):
                connection.sendall(request)
            answer = b""
            with contextlib.suppress(ConnectionError):
                while part := connection.recv(65536):
                    answer += part
        return answer

    def test_only_what_is_asked_well_is_answered(self):
        self.declare(COPY)
        self.cls("run", "-p", "p.json")
        self.up("--metrics", "0")
        url = self.ready()
        port = url.rsplit(":", 1)[1]
        for host, status in ((f"127.0.0.1:{port}", 200), ("localhost", 200), (f"[::1]:{port}", 200), ("LOCALHOST:1", 200),
                             ("evil.example", 421), (f"evil.example:{port}", 421), ("127.0.0.1.evil.example", 421),
                             ("10.0.0.1", 421), ("localhost:x", 421), ("", 421)):
            answer = self.ask(url, f"GET /healthz HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
            self.assertRegex(answer.decode(), rf"^HTTP/1.1 {status} ", host)
        for request, status in ((b"GET /healthz HTTP/1.1\r\n\r\n", 400), (b"GET /healthz HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400),
                                (b"POST /metrics HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nabcde", 405),
                                (b"PUT /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n", 405),
                                (b"GET /other HTTP/1.1\r\nHost: localhost\r\n\r\n", 404),
                                (b"GET /metrics?x=1 HTTP/1.1\r\nHost: localhost\r\n\r\n", 200),
                                (b"nonsense\r\n\r\n", 400),
                                (b"GET /" + b"x" * 20000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n", 431),
                                (b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + b"x" * 20000 + b"\r\n\r\n", 431)):
            self.assertRegex(self.ask(url, request).decode(), rf"^HTTP/1.1 {status} ", request[:60])
        head = self.ask(url, b"HEAD /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n").decode()
        self.assertRegex(head, r"^HTTP/1.1 200 ")
        self.assertTrue(head.endswith("\r\n\r\n"))
        self.assertRegex(head, r"Content-Length: [1-9]\d{3}")

    def test_many_and_slow_clients_stop_nobody(self):
        self.declare(COPY)
        self.cls("run", "-p", "p.json")
        self.up("--metrics", "0")
        url = self.pages()
        host, port = url[len("http://"):].rsplit(":", 1)
        idle = [socket.create_connection((host, int(port)), timeout=PATIENCE) for _ in range(40)]
        refused = [connection for connection in idle[32:] if connection.recv(1) == b""]
        self.assertEqual(len(refused), 8, "beyond 32 they are closed at once")
        began = time.monotonic()
        self.assertEqual(idle[0].recv(1), b"", "who says nothing is dropped")
        self.assertLess(time.monotonic() - began, PATIENCE)
        for connection in idle:
            connection.close()
        self.wait_for("an answer", lambda: self.healthy(url))

    def healthy(self, url):
        with contextlib.suppress(OSError):
            return self.get(url + "/healthz")[0] == 200
        return False

    def test_an_address_that_cannot_be_is_refused(self):
        self.declare(COPY)
        self.cls("run", "-p", "p.json")
        for address in ("metrics.example:9000", "70000", "::1:80", "1.2.3.4", ""):
            self.cls("up", "--metrics", address or ":", expect=2)
        with socket.create_server(("127.0.0.1", 0)) as taken:
            self.cls("up", "--metrics", str(taken.getsockname()[1]), expect=1)

    def test_health_says_that_the_index_fails_and_that_it_works_again(self):
        self.declare(COPY, settleSec=0)
        self.cls("deploy", "-p", "p.json")
        self.up("--metrics", "0")
        url = self.pages()
        self.put(key_of(0))
        self.wait_for("the first copy", lambda: key_of(0) in self.out())
        with self.failing_index("INSERT"):
            self.put(key_of(1))
            status, text = self.wait_for("trouble", lambda: (found := self.get(url + "/healthz"))[0] == 503 and found)
            self.assertRegex(json.loads(text)["reasons"][0], "^(index|the serve loop): .*no room")
            self.wait_for("the complaint", lambda: self.metric(url, "cls_complaints_total") >= 1)
        self.wait_for("health", lambda: self.healthy(url))
        self.wait_for("the second copy", lambda: key_of(1) in self.out())

    def test_health_says_that_a_boundary_cannot_store(self):
        mounted = self.folder / "disk"
        mounted.mkdir()
        if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "none", mounted], capture_output=True).returncode:
            self.skipTest("needs the right to mount")
        self.addCleanup(subprocess.run, ["umount", "-l", mounted], check=True)
        self.home = mounted / "home"
        self.input = self.home / "stores/s3/data-p/in"
        self.declare(COPY, settleSec=0)
        self.cls("deploy", "-p", "p.json")
        up = self.up("--metrics", "0")
        url = self.pages()
        self.put(key_of(0))
        self.wait_for("the first copy", lambda: key_of(0) in self.out())
        self.put(key_of(1))
        self.wait_for("the second copy", lambda: key_of(1) in self.out())
        (self.folder / "late").write_text("x")
        ballast = mounted / "ballast"
        with open(ballast, "wb", buffering=0) as file, contextlib.suppress(OSError):
            while True:
                file.write(bytes(4096))
        os.mknod(self.input / key_of(2))  # no byte of its own: there is room for the name
        # The index may be what complains first, and of the boundary it is told when that has its turn.
        self.wait_for("trouble", lambda: (found := self.get(url + "/healthz"))[0] == 503 and re.search(
            "p/1 inbox: .*No space left|index.*full", found[1]))
        ballast.unlink()
        self.wait_for("health", lambda: self.healthy(url))
        self.wait_for("the third copy", lambda: key_of(2) in self.out())
        self.stop(up)
        self.cls("audit")


class Service(Operators):
    def told(self, name):
        """The messages that a service manager gets of `cls up`, from its start until it has ended."""
        manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.addCleanup(manager.close)
        manager.bind(name.replace("@", "\0", 1))
        manager.settimeout(PATIENCE)
        self.declare(command_arc("env > $CLS_SINK_MAIN_PATH/$CLS_LOT.txt"), settleSec=0)
        self.put(key_of(0))
        self.cls("deploy", "-p", "p.json", "--since", "all")
        up = self.up(NOTIFY_SOCKET=name, WATCHDOG_USEC="600000")
        messages = []
        while messages.count("WATCHDOG=1") < 4 or not self.out("work"):
            messages.append(manager.recv(4096).decode())
        self.stop(up)
        manager.settimeout(0)
        with contextlib.suppress(BlockingIOError):
            while True:
                messages.append(manager.recv(4096).decode())
        self.assertNotIn("NOTIFY_SOCKET", "".join(self.out("work").values()), "no affair of workloads")
        return messages

    def check(self, messages):
        self.assertRegex(messages[0], "^STATUS=serving 1 project ")
        self.assertLess(messages.index("READY=1"), messages.index("WATCHDOG=1"))
        self.assertEqual(messages.count("READY=1"), 1)
        self.assertTrue(any(message.startswith("STOPPING=1") for message in messages))

    def test_a_manager_at_a_path_is_told(self):
        self.check(self.told(str(self.folder / "notify")))

    def test_a_manager_with_an_abstract_name_is_told(self):
        self.check(self.told(f"@cls-operators-test-{os.getpid()}"))

    def test_a_manager_is_told_what_is_served_next(self):
        manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.addCleanup(manager.close)
        manager.bind(str(self.folder / "notify"))
        manager.settimeout(PATIENCE)
        self.declare(COPY)
        self.cls("deploy", "-p", "p.json")
        up = self.up(NOTIFY_SOCKET=str(self.folder / "notify"))
        messages = [manager.recv(4096).decode() for _ in range(2)]
        self.assertEqual(messages[1], "READY=1")
        self.declare(COPY, command_arc("exit 0"))
        self.cls("deploy", "-p", "p.json")
        self.assertRegex(manager.recv(4096).decode(), "^STATUS=serving .* 2 arcs$")
        self.stop(up)
        self.assertRegex(manager.recv(4096).decode(), "^STOPPING=1\n")

    def test_a_manager_that_is_not_there_hinders_nobody(self):
        self.declare(COPY)
        self.cls("deploy", "-p", "p.json")
        up = self.up(NOTIFY_SOCKET=str(self.folder / "nobody"), WATCHDOG_USEC="x")
        self.put(key_of(0))
        self.wait_for("the copy", self.out)
        self.stop(up)

    def test_a_loop_that_stands_still_is_not_said_to_turn(self):
        name = str(self.folder / "notify")
        manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.addCleanup(manager.close)
        manager.bind(name)
        manager.settimeout(PATIENCE)
        self.declare(COPY)
        self.cls("deploy", "-p", "p.json")
        up = self.up("--metrics", "0", NOTIFY_SOCKET=name, WATCHDOG_USEC="600000")
        while manager.recv(4096) != b"WATCHDOG=1":
            pass
        url = self.pages()
        # Where it is halted while it holds a lock, as that of an allocator, nobody answers: then once more.
        self.assertTrue(any(self.answers_while_halted(up, manager, url) for _ in range(10)), "another thread")
        self.assertEqual(self.get(url + "/metrics")[0], 200)

    def answers_while_halted(self, up, manager, url):
        with self.halted(up.pid):  # the serve loop is the main thread
            manager.settimeout(0)
            with contextlib.suppress(BlockingIOError):
                while True:
                    manager.recv(4096)
            manager.settimeout(1.5)
            with self.assertRaises(TimeoutError):
                manager.recv(4096)
            try:
                with urllib.request.urlopen(url + "/metrics", timeout=10) as answer:
                    answered = answer.status == 200
            except OSError:  # a time-out
                answered = False
        manager.settimeout(PATIENCE)
        while manager.recv(4096) != b"WATCHDOG=1":
            pass
        return answered

    @contextlib.contextmanager
    def halted(self, thread):
        """One thread is held by ptrace(2) meanwhile; the others of its process run."""
        libc = ctypes.CDLL(None, use_errno=True)
        seize, interrupt, detach, wall = 0x4206, 0x4207, 17, 0x40000000
        null = ctypes.c_void_p(0)
        if libc.ptrace(seize, thread, null, null) != 0:
            self.skipTest(f"needs the right to trace: {os.strerror(ctypes.get_errno())}")
        libc.ptrace(interrupt, thread, null, null)
        os.waitpid(thread, wall)
        try:
            yield
        finally:
            libc.ptrace(detach, thread, null, null)

    def test_the_unit_is_one(self):
        if not shutil.which("systemd-analyze"):
            self.skipTest("needs systemd-analyze")
        source = pathlib.Path(__file__).resolve().parent.parent / "packaging/cls.service"
        text = source.read_text()
        self.assertIn("ExecStart=@bindir@/cls up", text)
        unit = self.folder / "cls.service"
        binary = self.folder / "cls"
        binary.symlink_to(processes_test.CLS)
        unit.write_text(text.replace("@bindir@", str(self.folder)))
        ran = subprocess.run(["systemd-analyze", "verify", "--man=no", unit], capture_output=True, text=True,
                             timeout=PATIENCE)
        said = [line for line in (ran.stdout + ran.stderr).splitlines() if "cls.service" in line]
        self.assertEqual(said, [], ran.stderr)


class Records(Operators):
    """Each kind of record, damaged: named, set aside, counted, and everything else goes on."""

    def setUp(self):
        super().setUp()
        declared = processes_test.project(COPY, settleSec=0)
        second = json.loads(json.dumps(declared).replace("p-", "q-").replace("data-p", "data-q"))
        second["project"]["name"] = "q"
        (self.folder / "q.json").write_text(json.dumps(second))
        (self.folder / "p.json").write_text(json.dumps(declared))
        self.put(key_of(0))
        self.cls("run", "-p", "p.json", "-p", "q.json")

    def damage(self, pattern):
        """Makes the one record of that name no JSON; how it was."""
        path, = self.records(pattern)
        before = path.read_bytes()
        path.write_bytes(b'{"half')
        return path, before

    def put_q(self, name):
        folder = self.home / "stores/s3/data-q/in"
        (folder / name).write_text(f"content of {name}\n")

    def out_q(self):
        return {path.name for path in (self.home / "stores/s3/data-q/out").glob("*.txt")}

    def status(self):
        return json.loads(self.cls("status", "--output", "json"))

    def check(self, path, before, *, kind, named=None, counted=1, others=True):
        """A service with the damaged record serves all else, says what is damaged, and goes on when it is mended."""
        up = self.up("--metrics", "0")
        url = self.ready()
        self.put_q(key_of(5))
        self.wait_for("the copy of the other project", lambda: key_of(5) in self.out_q())
        if others:
            self.put(key_of(5))
            self.wait_for("the copy of another lot", lambda: key_of(5) in self.out())
        self.assertIn(named or path.name, self.log())
        self.assertEqual(self.metric(url, "cls_damaged_records", f'kind="{kind}"'), counted)
        self.assertEqual(self.get(url + "/healthz")[0], 200, "no reason to start it again")
        self.assertEqual(path.read_bytes(), b'{"half', "it is left as it is")
        found = self.status()
        self.assertEqual(found["damagedRecords"], counted, found["problems"])
        self.assertIn("cannot be read", self.cls("status"))
        self.stop(up)
        path.write_bytes(before)
        self.cls("run")
        self.assertEqual(self.status()["damagedRecords"], 0)

    def test_a_claim(self):
        path, before = self.damage("clusterless-arc-state-*/claims/project=p/**/lot=*.json")
        self.check(path, before, kind="claim")
        self.assertEqual(len(re.findall("set aside", self.log())), 1, "said once")

    def test_a_subscription_of_an_arc(self):
        path, before = self.damage("clusterless-metadata-*/subscriptions/project=p/**/arc=copy.json")
        self.check(path, before, kind="subscription", others=False)

    def test_a_subscription_of_a_boundary(self):
        path, before = self.damage("clusterless-metadata-*/subscriptions/project=p/**/boundary=inbox.json")
        self.check(path, before, kind="subscription", others=False)

    def test_subscriptions_that_are_damaged_while_they_are_served(self):
        """What is served stays as it is until they can be read again."""
        up = self.up("--metrics", "0")
        url = self.pages()
        self.wait_for("the boundaries", lambda: self.metric(url, "cls_boundary_up") == 2)
        damaged = [self.damage(f"clusterless-metadata-*/subscriptions/project=p/**/{name}.json")
                   for name in ("boundary=inbox", "arc=copy")]

        def ring():
            self.cls("disable", "q", "inbox")
            self.cls("enable", "q", "inbox")

        def counted():
            return self.metric(url, "cls_damaged_records", 'kind="subscription"')
        ring()
        self.wait_for("both", lambda: counted() == 2)
        ring()
        self.put(key_of(5))
        self.wait_for("the copy", lambda: key_of(5) in self.out())
        self.assertEqual(self.get(url + "/healthz")[0], 200)
        self.assertEqual(len(re.findall("subscription of p/1", self.log())), 2, "each said once")
        for path, before in damaged:
            path.write_bytes(before)
        ring()
        self.wait_for("none", lambda: counted() == 0)
        self.stop(up)

    def test_a_segment_of_a_ledger(self):
        path, before = self.damage("clusterless-arc-state-*/arrivals/project=p/**/segment=000000000001.jsonl")
        self.check(path, before, kind="ledger", others=False)

    def test_a_deployed_project(self):
        path, before = self.damage("clusterless-metadata-*/**/name=p/**/project.json")
        self.check(path, before, kind="project", others=False, named="project.json")

    def chain(self, pattern, source="p-out"):
        """A damaged record of the copy's first lot, and a new arc on what the copy makes: the other lot goes through."""
        self.put(key_of(5))
        self.cls("run")
        path, = [path for path in self.records(pattern) if "20230101PT1M0000" in str(path)]
        before = path.read_bytes()
        path.write_bytes(b'{"half')
        work = {**command_arc("echo x > $CLS_SINK_MAIN_PATH/$CLS_LOT.txt", attempts=2),
                "sources": {"main": {"name": source, "version": "1"}}}
        self.declare(COPY, work, settleSec=0)
        self.cls("deploy", "-p", "p.json", "--since", "all")
        up = self.up("--metrics", "0")
        self.wait_for("the other lot", lambda: "20230101PT1M0005.txt" in self.out("work"))
        return up, path, before

    def test_a_members_file(self):
        """The arc downstream ends that lot as missing, named; it can be tried again."""
        up, path, before = self.chain("clusterless-arc-state-*/members/**/arc=copy/*.jsonl")
        self.wait_for("the end", lambda: [c for c in self.claims("work") if c["state"] == "ended"])
        self.assertIn(path.name, self.log())
        self.ready()
        self.assertEqual(self.status()["damagedRecords"], 1)
        path.write_bytes(before)
        self.cls("retry", "work")
        self.wait_for("the lot", lambda: len(self.out("work")) == 2)
        self.stop(up)
        self.assertEqual(self.status()["damagedRecords"], 0)
        self.cls("audit")

    def test_a_manifest_of_an_arc(self):
        """The claim says what it has to be: whoever needs it publishes it again."""
        up, path, before = self.chain("clusterless-manifest-*/datasets/name=p-out/**/manifest.json")
        self.wait_for("the lot", lambda: len(self.out("work")) == 2)
        self.assertEqual(path.read_bytes(), before)
        self.stop(up)

    def test_a_manifest_of_a_boundary(self):
        """What is in its lot says the ledger: an arc that comes later has it all the same."""
        up, path, before = self.chain("clusterless-manifest-*/datasets/name=p-in/**/manifest.json", source="p-in")
        self.wait_for("the lot", lambda: len(self.out("work")) == 2)
        self.stop(up)
        ran = subprocess.run([processes_test.CLS, "audit"], env=self.environment(), capture_output=True, text=True,
                             timeout=PATIENCE)
        self.assertEqual(ran.returncode, 5)
        self.assertIn("lot=20230101PT1M0000", ran.stdout)

    def test_a_home(self):
        path = self.home / "home.json"
        before = path.read_bytes()
        path.write_bytes(b'{"half')
        for command in ("up", "run", "status"):
            ran = subprocess.run([processes_test.CLS, command], cwd=self.folder, env=self.environment(),
                                 capture_output=True, text=True, timeout=PATIENCE)
            self.assertEqual(ran.returncode, 1, "without the home's version nobody knows what lies there")
            self.assertIn("home.json", ran.stderr)
        self.assertEqual(path.read_bytes(), b'{"half')
        path.write_bytes(before)
        self.cls("status")

    def test_a_state_object_of_an_arc(self):
        """Where there is a claim it decides nothing."""
        for path in self.records("clusterless-arc-state-*/**/*.arc"):
            path.write_bytes(b'{"half')
        up = self.up()
        self.put(key_of(5))
        self.wait_for("the copy of another lot", lambda: key_of(5) in self.out())
        self.stop(up)
        self.assertEqual(self.status()["damagedRecords"], 0)

    def test_an_owner(self):
        """It stands in the way of a deploy of its dataset alone, which names it."""
        path, before = self.damage("clusterless-metadata-*/**/name=p-out/**/*.json")
        up = self.up()
        self.put(key_of(5))
        self.wait_for("the copy of another lot", lambda: key_of(5) in self.out())
        self.cls("deploy", "-p", "q.json")
        ran = subprocess.run([processes_test.CLS, "deploy", "-p", "p.json"], cwd=self.folder, env=self.environment(),
                             capture_output=True, text=True, timeout=PATIENCE)
        self.assertNotEqual(ran.returncode, 0)
        self.assertIn(path.name, ran.stderr)
        path.write_bytes(before)
        self.cls("deploy", "-p", "p.json")
        self.stop(up)


if __name__ == "__main__":
    if len(sys.argv) < 2 or not shutil.which(sys.argv[1]):
        sys.exit(__doc__)
    processes_test.CLS = os.path.abspath(shutil.which(sys.argv.pop(1)))
    unittest.main()
