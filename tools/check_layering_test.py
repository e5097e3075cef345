#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Plants violations in a scratch tree: check_layering.py must name each, and nothing else."""
import pathlib
import subprocess
import sys
import tempfile
import unittest

CHECK = pathlib.Path(__file__).with_name("check_layering.py")


def run(files):
    """The exit code and the messages for a tree of {path: include line}."""
    with tempfile.TemporaryDirectory() as tree:
        src = pathlib.Path(tree, "src")
        src.mkdir()
        for name, text in files.items():
            path = src / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(f"// first line\n{text}\n")
        done = subprocess.run([sys.executable, CHECK, src], capture_output=True, text=True, check=False)
        return done.returncode, done.stderr.replace(f"{src}/", "").splitlines()


class LayeringTest(unittest.TestCase):
    def test_accepts_what_the_table_allows(self):
        self.assertEqual(run({
            "base/file.cc": "#include <sys/stat.h>", "lot/lot.h": '#include "base/time.h"',
            "record/manifest.cc": '#include "lot/lot.h"', "local/queue.cc": "#include <sqlite3.h>",
            "cli/main.cc": '#include "local/home.h"', "store/file_test.cc": "#include <unistd.h>",
            "flow/arc.cc": '#include "base/clock.h"', "http/client.cc": "#include <sys/socket.h>",
        }), (0, []))

    def assert_found(self, files, *expected):
        code, messages = run(files)
        self.assertEqual(code, 1)
        self.assertEqual(len(messages), len(expected), messages)
        for message, start in zip(messages, expected):
            self.assertTrue(message.startswith(start), message)

    def test_a_step_up(self):
        self.assert_found({"base/time.h": '#include "lot/lot.h"'}, "base/time.h:2: lot/lot.h: base/ may include")

    def test_substrates_do_not_see_each_other(self):
        self.assert_found({"local/home.cc": '  #  include "aws/client.h"'}, "local/home.cc:2: aws/client.h: ")

    def test_neighbours_that_the_table_does_not_join(self):
        self.assert_found({"json/value.cc": '#include "lot/lot.h"', "work/copy.cc": '#include "operate/gaps.h"'},
                          "json/value.cc:2: ", "work/copy.cc:2: ")

    def test_an_include_without_its_folder(self):
        self.assert_found({"lot/lot.cc": '#include "lot.h"'}, "lot/lot.cc:2: lot.h: lot/ may include folder/file.h")

    def test_an_unknown_folder(self):
        self.assert_found({"misc/a.h": "#include <string>"}, "misc/a.h: unknown folder misc")
        self.assert_found({"lot/a.cc": '#include "misc/a.h"'}, "lot/a.cc:2: misc/a.h: lot/ may include")

    def test_the_operating_system_outside_base(self):
        self.assert_found({"store/file.cc": "#include <unistd.h>"}, "store/file.cc:2: unistd.h: only base may")
        self.assert_found({"flow/a.h": "#include <sys/socket.h>"}, "flow/a.h:2: sys/socket.h: only base and http may")
        self.assert_found({"store/db.cc": "#include <sqlite3.h>"}, "store/db.cc:2: sqlite3.h: only local may")

    def test_a_costly_header_in_a_header_or_in_many_files(self):
        self.assert_found({"json/a.h": "#include <nlohmann/json.hpp>"}, "json/a.h:2: nlohmann/json.hpp: too costly")
        self.assert_found({f"base/{name}.cc": "#include <openssl/evp.h>" for name in "abcd"},
                          "<openssl/…> in more than three files: ")

    def test_what_is_banned(self):
        self.assert_found({"lot/a.cc": "#include <regex>"}, "lot/a.cc:2: regex: use <re2/re2.h> instead")


if __name__ == "__main__":
    unittest.main()
