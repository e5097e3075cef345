#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""cls in bad surroundings: pipes that close, full and closed outputs, no locale, no home, nothing writable; and its
screens, in tmux, at 80 and 200 columns.

Usage: terminal_test.py CLS [-v] [NAME…]     CLS is the executable
"""
import os
import pathlib
import pty
import re
import subprocess
import sys
import tempfile
import termios
import time
import unittest

import processes_test
from processes_test import COPY, PATIENCE, Processes, command_arc, key_of

REPORTS = [["placements"], ["projects"], ["boundaries"], ["arcs"], ["arcs", "status"], ["arcs", "status", "--list"], ["datasets"],
           ["datasets", "status"], ["datasets", "status", "--list"], ["regions"], ["substrates"], ["status"], ["audit"],
           ["logs", "--list"], ["graph"], ["help"], ["help", "lots"], ["schema"], ["show", "arc", "--list"]]
FORMATTED = 14  # of them know --output


class Terminal(Processes):
    """A home with a copy and a program, and a lot of each."""

    def setUp(self):
        super().setUp()
        self.more = {}
        self.declare(COPY, command_arc("echo made >$CLS_SINK_MAIN_PATH/made"))
        self.put(key_of(1))
        self.cls("run", "-p", "p.json")

    def environment(self):
        merged = {**super().environment(), **self.more}
        return {name: value for name, value in merged.items() if value is not None}

    def ran(self, *arguments, shell=None, **more):
        """What became of a command, or of a line of bash with the executable as $0."""
        command = ["bash", "-c", shell, processes_test.CLS] if shell else [processes_test.CLS, *arguments]
        return subprocess.run(command, **{"cwd": self.folder, "env": self.environment(), "timeout": 2 * PATIENCE,
                                          "stdin": subprocess.DEVNULL, "capture_output": True, "text": True, **more})

    def assert_ran(self, ran, code, message=""):
        self.assertEqual((ran.returncode, message in ran.stderr), (code, True), f"{ran.args}\n{ran.stdout}{ran.stderr}")
        self.assertNotIn("a fault of cls", ran.stderr)


class Outputs(Terminal):
    def test_a_reader_that_goes_away_had_enough(self):
        for number, report in enumerate(REPORTS):
            for form in (["table", "json", "csv", "tsv"] if number < FORMATTED else [None]):
                words = " ".join([*report, *(["--output", form] if form else [])])
                with self.subTest(words):
                    ran = self.ran(shell=f'"$0" {words} | true; echo "${{PIPESTATUS[0]}}"')
                    self.assertEqual((ran.stdout, ran.stderr), ("0\n", ""))
                    ran = self.ran(shell=f'"$0" {words} | head -n 1; echo "${{PIPESTATUS[0]}}"')
                    self.assertEqual((ran.stdout.splitlines()[-1], ran.stderr), ("0", ""))

    def test_what_goes_on_ends_with_its_reader(self):
        ran = self.ran(shell='"$0" status --watch | head -n 1; echo "${PIPESTATUS[0]}"')
        self.assertEqual((ran.stdout.splitlines()[-1], ran.stderr), ("0", ""))

    def test_a_full_output_is_told(self):
        for report in REPORTS:
            with self.subTest(report=report), open("/dev/full", "w") as full:
                ran = self.ran(*report, stdout=full, capture_output=False, stderr=subprocess.PIPE)
                self.assertEqual(ran.returncode, 75, ran.stderr)
                self.assertIn("standard output cannot be written, what was printed is incomplete: No space left", ran.stderr)

    def test_a_closed_output_is_told_and_takes_no_files_place(self):
        self.assert_ran(self.ran(shell='"$0" status >&-'), 1, "standard output cannot be written")
        self.put(key_of(2))
        self.assertEqual(self.ran(shell='"$0" run -p p.json <&- >&- 2>&-').returncode, 1)
        self.assert_all_copied([key_of(1), key_of(2)])
        self.assertNotIn("took in", "".join(path.read_text(errors="replace") for path in self.home.rglob("*.json")))

    def test_the_code_of_a_failure_stays(self):
        with open("/dev/full", "w") as full:
            ran = self.ran("verify", "-p", "nowhere.json", stdout=full, capture_output=False, stderr=subprocess.PIPE)
        self.assertEqual(ran.returncode, 74)

    def test_without_a_terminal_no_line_is_cut_and_nothing_is_an_escape(self):
        for report in REPORTS:
            self.more = {"COLUMNS": "20", "TERM": "xterm-256color"}
            ran = self.ran(*report, start_new_session=True)  # and no /dev/tty
            self.assert_ran(ran, 0)
            self.assertNotIn("\x1b", ran.stdout + ran.stderr)
        self.assertIn("20230101PT1M0001", self.ran("datasets", "status", "--list").stdout)


class Surroundings(Terminal):
    def test_any_locale(self):
        plain = self.ran("help", "lots").stdout
        self.assertIn("─", plain + self.ran("help", "arcs").stdout)
        for locale in ({"LC_ALL": "C"}, {"LC_ALL": "xx_XX.UTF-8", "LANG": "xx_XX.UTF-8"}, {"LC_ALL": "", "LANG": None},
                       {"LC_ALL": "tr_TR.UTF-8"}, {"LC_ALL": "de_DE.ISO-8859-1"}):
            with self.subTest(locale):
                self.more = locale
                ran = self.ran("help", "lots")
                self.assert_ran(ran, 0)
                self.assertEqual((ran.stdout, ran.stderr), (plain, ""))
                self.assertIn("20230101PT1M0001", self.ran("status").stdout)
                self.assert_ran(self.ran("verify", "-p", "nowhere.json"), 74, "nowhere.json")

    def test_any_terminal(self):
        """In a real terminal: no escape where TERM says that there are none; NO_COLOR, and none at all."""
        for more in ({"TERM": "dumb"}, {"TERM": None}, {"TERM": ""}, {"NO_COLOR": "1", "TERM": "xterm"}):
            with self.subTest(more):
                self.more = more
                text = self.on_terminal("status", "--watch")
                self.assertIn("no problems", text)
                self.assertNotRegex(text, "\x1b\\[[0-9;]*m")
                self.assertEqual("\x1b" in text, more.get("TERM") == "xterm", text)

    def on_terminal(self, *arguments):
        """What a command prints on a terminal of its own, till it has printed a whole screen."""
        mine, its = pty.openpty()
        termios.tcsetwinsize(its, (50, 120))
        process = subprocess.Popen([processes_test.CLS, *arguments], stdin=its, stdout=its, stderr=its, cwd=self.folder,
                                   env=self.environment(), start_new_session=True)
        self.started.append(process)
        os.close(its)
        text = b""
        end = time.monotonic() + PATIENCE
        while b"no problems" not in text and time.monotonic() < end:
            text += os.read(mine, 65536)
        process.kill()
        process.wait()
        os.close(mine)
        return text.decode()

    def test_without_home_and_user(self):
        self.more = {"HOME": None, "USER": None, "CLS_HOME": None, "XDG_DATA_HOME": None}
        self.assert_ran(self.ran("status"), 2, "no home: name one with --home DIR, or set CLS_HOME")
        self.assert_ran(self.ran("run", "-p", "p.json"), 2, "no home")
        self.assert_ran(self.ran("config", "init", "--global"), 2, "HOME is not set")
        for command in (["config", "show"], ["status", "--home", "home"], ["verify", "-p", "p.json"], ["help"]):
            self.assert_ran(self.ran(*command), 0)
        self.more = {"HOME": "/nonexistent", "CLS_HOME": None}
        self.assert_ran(self.ran("status", "--home", "home"), 0)
        self.assert_ran(self.ran("status"), 1, "/nonexistent")

    def test_a_working_directory_that_is_gone(self):
        ran = self.ran(shell='mkdir gone && cd gone && rmdir ../gone && "$0" status')
        self.assert_ran(ran, 1, "the working directory does not exist")

    def test_nothing_can_be_written(self):
        """The working directory, the home and the user's home on a read-only file system."""
        frozen = self.folder / "frozen"
        frozen.mkdir()
        commands = {
            "status": (0, ""), "arcs status --list": (0, ""), "datasets status": (0, ""), "audit": (0, ""), "logs": (0, ""),
            "graph": (0, ""), "verify -p p.json": (0, ""), "diff -p p.json": (0, ""), "local -a work -l 20230101PT1M0001": (0, ""),
            "run -p p.json": (1, "Read-only file system"), "up": (1, "cannot be written"), "deploy -p p.json": (1, "Read-only file system"),
            "init new": (1, "make directory"), "config init": (1, "Read-only file system"), "config init --global": (1, "Read-only"),
            "recover": (1, "nothing can be written there"), "bootstrap --home new": (1, "Read-only"), "disable p": (1, "Read-only")}
        script = ('mount -t tmpfs none frozen && cp -r home p.json frozen && mount -o remount,ro frozen && cd frozen && export HOME=$PWD'
                  ' CLS_HOME=$PWD/home; while read -r line; do "$0" $line </dev/null >out 2>../err; echo "$? $line"; '
                  'tail -n 3 ../err | tr "\\n" " "; echo; done')
        script = script.replace(">out", ">/dev/null")
        ran = subprocess.run(["unshare", "--mount", "--map-root-user", "bash", "-c", script, processes_test.CLS], cwd=self.folder,
                             env=self.environment(), input="\n".join(commands) + "\n", capture_output=True, text=True,
                             timeout=2 * PATIENCE)
        if "unshare:" in ran.stderr or "mount:" in ran.stderr:
            self.skipTest("needs the right to mount")
        lines = ran.stdout.splitlines()
        self.assertEqual(len(lines), 2 * len(commands), ran.stdout + ran.stderr)
        for (command, (code, message)), said, why in zip(commands.items(), lines[::2], lines[1::2]):
            with self.subTest(command):
                self.assertEqual((said, message in why), (f"{code} {command}", True), why)
                self.assertNotIn("a fault of cls", why)


class Tmux(Terminal):
    """What a person sees: in tmux, which has a server of its own here."""

    def setUp(self):
        super().setUp()
        # A socket's name may not be longer than 107 bytes.
        folder = tempfile.TemporaryDirectory(prefix="cls-tmux-", dir="/tmp")
        self.addCleanup(folder.cleanup)
        self.sockets, self.servers = pathlib.Path(folder.name), 0
        self.next_server()

    def next_server(self):
        """One that ends is not disturbed by the next."""
        self.servers += 1
        self.socket = self.sockets / str(self.servers)
        self.addCleanup(self.end_tmux, self.socket)

    def tmux(self, *arguments):
        return subprocess.run(["tmux", "-u", "-S", self.socket, "-f", "/dev/null", *arguments], env=self.environment(), check=True,
                              capture_output=True, text=True, timeout=PATIENCE, cwd=self.folder).stdout

    @staticmethod
    def end_tmux(socket):
        subprocess.run(["tmux", "-S", socket, "kill-server"], capture_output=True, timeout=PATIENCE)  # if it lives


class ProgressLines(Tmux):
    LINE = r"\[[#-]+\] \d of 2 lots"

    def setUp(self):
        super().setUp()
        self.flag = self.folder / "flag"
        self.declare(command_arc(f"until test -e {self.flag}; do sleep 0.1; done; echo x >$CLS_SINK_MAIN_PATH/$CLS_LOT"))
        self.put(key_of(2), key_of(3))
        (self.folder / "log").touch()

    def on_screen(self):
        return self.tmux("capture-pane", "-p")

    def test_a_line_below_what_is_said_that_leaves_no_trace(self):
        self.tmux("new-session", "-d", "-x", "80", "-y", "30",
                  f"{processes_test.CLS} run -v -p p.json >out; echo END; sleep 1000")
        self.wait_for("the line", lambda: re.search(self.LINE, self.on_screen()))
        self.flag.touch()
        self.wait_for("the end", lambda: re.search("^END$", self.on_screen(), re.MULTILINE))
        self.assertNotIn("of 2 lots", self.on_screen())
        self.assertNotIn("objects", self.on_screen())
        self.assertEqual((self.folder / "out").read_text().splitlines()[-1], "took in 2 objects, ran 2 attempts")
        self.assertNotIn("\x1b", (self.folder / "out").read_text())

    def test_it_fits_and_does_not_wrap(self):
        self.tmux("new-session", "-d", "-x", "20", "-y", "30", f"{processes_test.CLS} run -p p.json; echo END; sleep 1000")
        self.wait_for("the line", lambda: "0 of 2 lots" in self.on_screen())
        self.flag.touch()
        self.wait_for("the end", lambda: re.search("^END$", self.on_screen(), re.MULTILINE))
        self.assertNotIn("of 2 lots", self.on_screen())

    def output_of(self, *arguments, **more):
        """What a command prints on a terminal of its own, whose attempts take three seconds."""
        self.declare(command_arc("sleep 3; echo x >$CLS_SINK_MAIN_PATH/$CLS_LOT"))
        self.more = more
        mine, its = pty.openpty()
        termios.tcsetwinsize(its, (50, 120))
        process = subprocess.Popen([processes_test.CLS, *arguments], stdin=its, stdout=its, stderr=its, cwd=self.folder,
                                   env=self.environment(), start_new_session=True)
        self.started.append(process)
        os.close(its)
        text = b""
        while True:
            try:
                text += os.read(mine, 65536)
            except OSError:  # the terminal has no user any more
                break
        os.close(mine)
        self.assertEqual(process.wait(PATIENCE), 0, text)
        return text.decode()

    def test_a_terminal_that_can_clear_a_line(self):
        text = self.output_of("run", "-p", "p.json", TERM="xterm", NO_COLOR="1")
        self.assertRegex(text, self.LINE)
        self.assertNotRegex(text, "\x1b\\[[0-9;]*m")
        # Erased before anything else is printed: what follows an erasure is a line of progress, or none is there.
        said = [piece for piece in text.split("\r\x1b[K") if "took in" in piece]
        self.assertEqual(len(said), 1)
        self.assertTrue(said[0].startswith("took in 2 objects"), text)

    def test_nothing_where_it_is_not_wanted(self):
        for options, more in ((["--quiet"], {"TERM": "xterm"}), ([], {"TERM": "dumb"}), ([], {"TERM": None})):
            with self.subTest(options=options, more=more):
                self.put(key_of(10 + len(options) + len(str(more))))
                text = self.output_of("run", "-p", "p.json", *options, **more)
                self.assertNotIn("\x1b", text)
                self.assertNotIn(" of ", text)

    def test_nothing_where_standard_error_is_no_terminal(self):
        self.flag.touch()
        self.declare(command_arc("sleep 3; echo x >$CLS_SINK_MAIN_PATH/$CLS_LOT"))
        self.more = {"TERM": "xterm"}
        ran = self.ran("run", "-p", "p.json")
        self.assert_ran(ran, 0)
        self.assertEqual(ran.stderr, "")


class Screens(Tmux):
    """Every report."""
    COMMANDS = [["status"], ["arcs", "status"], ["arcs", "status", "--list"], ["datasets"], ["datasets", "status"],
                ["datasets", "status", "--list"], ["boundaries"], ["projects"], ["audit"], ["graph"], ["help"], ["help", "lots"],
                ["help", "run"], ["show", "arc", "--list"], ["logs", "--list"], ["status", "--watch"]]

    def screen(self, width, command):
        """The lines on the screen, and whether each goes on in the next: tmux joins what it wrapped with -J."""
        words = " ".join([processes_test.CLS, *command])
        end = "" if "--watch" in command else "; echo END; sleep 1000"
        self.next_server()
        self.tmux("new-session", "-d", "-x", str(width), "-y", "150", f"{words}{end}")
        mark = "no problems" if "--watch" in command else "END"
        self.wait_for(mark, lambda: re.search(f"^{mark}$", self.tmux("capture-pane", "-p"), re.MULTILINE))
        lines, joined = self.wait_for("a whole screen", lambda: self.whole_screen(mark))
        self.end_tmux(self.socket)
        return lines, joined

    def whole_screen(self, mark):
        """Its lines in both forms; none while it is being drawn."""
        before, joined, after = (self.tmux("capture-pane", "-p", *more).rstrip("\n") for more in ([], ["-J"], []))
        drawn = before == after and re.search(f"^{mark}$", after, re.MULTILINE)
        return drawn and (after.split("\n"), joined.split("\n"))

    def assert_aligned(self, lines):
        """Below a line of = each column begins where its heading does: there are two blanks before it, or the edge."""
        for at, line in enumerate(lines):
            if not re.fullmatch("={6,}", line):
                continue
            starts = [m.start() for m in re.finditer(r"(?:^|(?<=  ))\S", lines[at - 1].ljust(len(line)))]
            for row in lines[at + 1:]:
                if not row.strip():
                    break
                self.assertLessEqual(len(row), len(line))
                for start in starts[1:]:
                    self.assertEqual(row[start - 2:start], "  ", f"{row!r} in column {start}")
                    self.assertNotEqual(row[start:start + 1], " ", f"{row!r} in column {start}")

    def check(self, width):
        (self.folder / "log").touch()
        for command in self.COMMANDS:
            with self.subTest(" ".join(command)):
                lines, joined = self.screen(width, command)
                wrapped = [line for line in joined if len(line.rstrip()) > width and str(self.home) not in line]
                self.assertEqual(wrapped, [])
                self.assertNotIn("\ufffd", "".join(lines))
                self.assert_aligned([line.rstrip() for line in lines])

    def test_80_columns(self):
        self.check(80)

    def test_200_columns(self):
        self.check(200)

    def test_a_screen_that_is_watched_keeps_what_was_above_it(self):
        self.tmux("new-session", "-d", "-x", "80", "-y", "20",
                  f"seq 1 60; timeout 1 {processes_test.CLS} status --watch; echo END; sleep 1000")
        (self.folder / "log").touch()
        self.wait_for("the end", lambda: "END" in self.tmux("capture-pane", "-p"))
        self.assertIn("\n7\n8\n9\n", self.tmux("capture-pane", "-p", "-S", "-"))


if __name__ == "__main__":
    processes_test.CLS = str(pathlib.Path(sys.argv.pop(1)).resolve())
    unittest.main()
