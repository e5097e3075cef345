#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Tests of model.py: what it makes of a verifier's output, and that every configuration is whole."""
import sys
import unittest

sys.dont_write_bytecode = True
from model import HERE, Configuration, configurations, judge  # noqa: E402

HOLDS = "State-vector 60 byte, depth reached 9, errors: 0\n  1200 states, stored\n"
BROKEN = "pan:1: assertion violated (commits<=2) (at depth 5)\nState-vector 60 byte, depth reached 5, errors: 1\n"


def row(expected, model="claim"):
    return Configuration(model, "quick", expected, "", "")


class Judge(unittest.TestCase):
    def test_what_should_hold(self):
        self.assertEqual(judge(row("OK"), HOLDS), ("holds", None))
        self.assertIsNotNone(judge(row("OK"), BROKEN)[1])

    def test_only_the_named_assertion_may_fail(self):
        self.assertEqual(judge(row("commits<=2"), BROKEN), ("violated", None))
        self.assertIsNotNone(judge(row("csrc==src"), BROKEN)[1])
        self.assertIsNotNone(judge(row("commits<=2"), HOLDS)[1])

    def test_reaching_the_end_is_the_assertion_that_says_so(self):
        self.assertEqual(judge(row("REACH"), BROKEN.replace("(commits<=2)", " !(1)")), ("reached", None))
        self.assertIsNotNone(judge(row("REACH"), BROKEN)[1])

    def test_a_search_that_was_not_whole_proves_nothing(self):
        for text in ("", "error: max search depth too small\n" + HOLDS, HOLDS + "Warning: Search not completed\n"):
            self.assertIsNotNone(judge(row("OK"), text)[1], text)

    def test_an_end_where_none_may_be_is_no_violation_of_an_assertion(self):
        self.assertIsNotNone(judge(row("commits<=2"), "pan:1: invalid end state (at depth 5)\n")[1])


class Configurations(unittest.TestCase):
    def test_each_model_has_some_that_hold_and_some_that_must_not(self):
        rows = configurations()
        self.assertEqual({path.stem for path in HERE.glob("*.pml")}, {one.model for one in rows})
        for model in {one.model for one in rows}:
            expected = {one.expected for one in rows if one.model == model and one.mode == "quick"}
            self.assertTrue({"OK"} < expected, model)
            self.assertIn("REACH", {one.expected for one in rows if one.model == model}, model)


if __name__ == "__main__":
    unittest.main()
