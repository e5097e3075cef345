#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What the projects of examples/aws become, byte for byte as in tests/golden/aws/CASE: every component type, every option,
the bootstrap stack. The same bytes when it is done again, and the same templates whatever order the project files and what
they declare are written in. CLS_ACCEPT=1 writes the files anew, and skips.

Usage: golden_templates_test.py CLS [-v]
"""
import difflib
import json
import os
import pathlib
import re
import shutil
import sys
import tempfile
import unittest

from assembly import CASES, GOLDEN, PROJECTS, ROOT, synthesise

CLS = ""


def masked(text, folder):
    """Without the paths of this machine: of the code, and of the directories that images are made of."""
    for spelled, name in ((str(folder), "/scratch"), (str(pathlib.Path(folder).resolve()), "/scratch"), (str(ROOT), "/checkout")):
        text = text.replace(spelled, name)
    return text


def files_of(out, folder):
    """Every file by its path, as text."""
    return {str(path.relative_to(out)): masked(path.read_text(), folder) for path in sorted(out.rglob("*")) if path.is_file()}


def without_comments(text):
    """Of a project file whose comments stand in lines of their own."""
    return json.loads(re.sub(r"^\s*//.*$", "", text, flags=re.M))


class Golden(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="cls-templates-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def made(self, case, files=None):
        return files_of(synthesise(CLS, case, self.folder, files), self.folder)

    def same(self, made, golden, name):
        self.assertEqual(sorted(made), sorted(golden), f"{name}: other files; CLS_ACCEPT=1 writes them anew")
        for path in made:
            with self.subTest(f"{name}/{path}"):
                if made[path] != golden[path]:
                    lines = difflib.unified_diff(golden[path].splitlines(), made[path].splitlines(), "golden", "made", n=2, lineterm="")
                    self.fail("\n".join([f"{name}/{path} differs; CLS_ACCEPT=1 writes it anew", *list(lines)[:60]]))

    def test_all(self):
        if "CLS_ACCEPT" in os.environ:
            shutil.rmtree(GOLDEN, ignore_errors=True)
            for case in CASES:
                for path, text in self.made(case).items():
                    (GOLDEN / case / path).parent.mkdir(parents=True, exist_ok=True)
                    (GOLDEN / case / path).write_text(text)
            self.skipTest("written")
        there = sorted(one.name for one in GOLDEN.iterdir()) if GOLDEN.is_dir() else []
        self.assertEqual(there, sorted(CASES), "cases and what there is of them; CLS_ACCEPT=1 writes them anew")
        for case in CASES:
            made = self.made(case)
            self.same(made, files_of(GOLDEN / case, self.folder), case)
            again = self.made(case)
            self.assertEqual([path for path in made if made[path] != again.get(path)], [], f"{case}: other bytes when done again")

    def test_every_type_is_there(self):
        """What the goldens are of: every type of component that AWS has."""
        types = {component["type"] for name in ("ingest", "lake", "portable")
                 for part in without_comments((ROOT / "examples/aws" / name / "project.json").read_text()).values()
                 if isinstance(part, list) for component in part}
        self.assertEqual(sorted(types), sorted(
            [f"aws:core:{one}" for one in ("s3Bucket", "glueDatabase", "glueTable", "computeEnvironment", "eventBus", "cloudWatchExport",
                                           "s3PutListenerBoundary", "s3CopyArc", "batchExecArc", "glueAddPartitionsArc")] +
            [f"core:{one}" for one in ("bucket", "table", "putListenerBoundary", "copyArc", "commandArc", "addPartitionsArc")]))

    def test_order_of_declaration(self):
        """Templates do not depend on what is declared first, nor on which project is named first."""
        for case in ("two-projects", "portable-all-options"):
            projects = PROJECTS[case][0]
            files = []
            for name in reversed(projects):
                project = without_comments((ROOT / "examples/aws" / name / "project.json").read_text())
                for key, part in project.items():
                    if isinstance(part, list):
                        project[key] = list(reversed(part))
                # Beside what they name by relative paths.
                folder = self.folder / "turned" / name
                shutil.copytree(ROOT / "examples/aws" / name, folder, dirs_exist_ok=True)
                files.append(folder / "project.json")
                files[-1].write_text(json.dumps(project))
            made, turned = self.made(case), self.made(case, files)
            self.same({path: text for path, text in turned.items() if path.endswith(".template.json")},
                      {path: text for path, text in made.items() if path.endswith(".template.json")}, f"{case}, turned")


if __name__ == "__main__":
    CLS = str(pathlib.Path(sys.argv.pop(1)).resolve())
    unittest.main()
