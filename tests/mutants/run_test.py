#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Tests of run.py: heads of patches, and which ones a day chooses."""
import argparse
import pathlib
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
from run import PATCHES, chosen, read_mutant  # noqa: E402

DIFF = "--- a/src/x.cc\n+++ b/src/x.cc\n@@ -1 +1 @@\n-Does: a line of the diff\n+b\n"


class Heads(unittest.TestCase):
    def read(self, head):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "one.patch"
            path.write_text(head + DIFF)
            return read_mutant(path)

    def test_a_head(self):
        one = self.read("Does: nothing.\nRow: A1\nKilled-by: flow_test A.B:C.D\nKilled-by: scenario x\n")
        self.assertEqual((one.name, one.does, one.row), ("one", "nothing.", "A1"))
        self.assertEqual(one.killers, (("flow_test", "A.B:C.D"), ("scenario", "x")))

    def test_what_is_missing_or_unknown_is_named(self):
        for head in ("Killed-by: flow_test A.B\n", "Does: x\n", "Does: x\nKilled-by: flow_test\n",
                     "Does: x\nKilled-by: gdb x\n", "Does: x\nKiled-by: y\nKilled-by: flow_test A.B\n"):
            with self.assertRaises(SystemExit) as raised:
                self.read(head)
            self.assertIn("one.patch", str(raised.exception))


class Choice(unittest.TestCase):
    def test_some_are_as_many_and_no_one_twice(self):
        mutants = [read_mutant(path) for path in sorted(PATCHES.glob("*.patch"))]
        some = chosen(mutants, argparse.Namespace(some=3, names=[]))
        self.assertEqual(len({mutant.name for mutant in some}), 3)

    def test_names_may_be_beginnings(self):
        mutants = [read_mutant(path) for path in sorted(PATCHES.glob("*.patch"))]
        self.assertTrue(chosen(mutants, argparse.Namespace(some=0, names=["flow_"])))
        with self.assertRaises(SystemExit):
            chosen(mutants, argparse.Namespace(some=0, names=["no_such"]))


if __name__ == "__main__":
    unittest.main()
