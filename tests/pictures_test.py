#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The pictures of docs/concepts/: one SVG for each page, small, with its words as text, for light and dark ground; and what
cls help prints in its place.

Usage: pictures_test.py CLS [-v] [NAME…]     CLS is the executable
"""
import pathlib
import re
import subprocess
import sys
import unittest
import xml.etree.ElementTree

CLS = ""
CONCEPTS = pathlib.Path(__file__).resolve().parent.parent / "docs/concepts"
PAGES = sorted(path for path in CONCEPTS.glob("*.md") if path.name != "README.md")
SVG = "{http://www.w3.org/2000/svg}"


class Pictures(unittest.TestCase):
    def test_each_page_has_its_picture_and_its_text_in_a_comment(self):
        self.assertGreaterEqual(len(PAGES), 14)
        for page in PAGES:
            with self.subTest(page.name):
                images = re.findall(r"^!\[([^\]]{20,})\]\(([^)]+)\)$", page.read_text(), re.MULTILINE)
                self.assertEqual([target for _, target in images], [page.stem + ".svg"])
                self.assertRegex(page.read_text(), r"\n\n<!-- in a terminal:\n(    .*\n|\n)+-->\n\n")
        self.assertEqual(sorted(path.stem for path in CONCEPTS.glob("*.svg")), [page.stem for page in PAGES])

    def test_a_picture_is_small_and_its_words_are_text(self):
        for page in PAGES:
            with self.subTest(page.stem):
                text = page.with_suffix(".svg").read_text()
                self.assertLess(len(text.encode()), 6000)
                root = xml.etree.ElementTree.fromstring(text)
                self.assertTrue(root.find(SVG + "title").text)
                self.assertIn("prefers-color-scheme: dark", root.find(SVG + "style").text)
                self.assertGreaterEqual(len(root.findall(SVG + "text")), 5)
                # Nothing is loaded from elsewhere, and nothing runs.
                self.assertEqual({element.tag for element in root.iter()} - {SVG + name for name in (
                    "svg", "title", "style", "marker", "path", "rect", "text")}, set())
                self.assertNotRegex(text.replace("http://www.w3.org/2000/svg", ""), r"https?:|href|url\((?!#a\))")
                width, height = (float(root.get(name)) for name in ("width", "height"))
                for box in root.findall(SVG + "rect"):
                    x, y, w, h = (float(box.get(name)) for name in ("x", "y", "width", "height"))
                    self.assertTrue(x >= 0 and y >= 0 and x + w <= width and y + h <= height, box.attrib)

    def test_a_terminal_shows_the_text(self):
        for page in PAGES:
            with self.subTest(page.stem):
                shown = subprocess.run([CLS, "help", page.stem], check=True, capture_output=True, text=True).stdout
                for mark in ("![", ".svg", "<!--", "-->", "in a terminal"):
                    self.assertNotIn(mark, shown)
                text = re.search(r"<!-- in a terminal:\n(.*?)\n-->", page.read_text(), re.DOTALL)[1]
                self.assertIn("\n\n" + text + "\n\n", shown)
                self.assertNotIn("\n\n\n", shown)


if __name__ == "__main__":
    CLS = sys.argv.pop(1)
    unittest.main()
