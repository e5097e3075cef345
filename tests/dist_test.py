#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The tarball of `make dist`: the same bytes each time, and all that it takes in an empty Debian.

Usage: dist_test.py BUILD CACHE [-v] [NAME…]     BUILD is a build tree with cls in it, CACHE a folder for the Debian root
"""
import hashlib
import os
import pathlib
import subprocess
import sys
import tarfile
import tempfile
import unittest

import debian_root

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "tools"))
import check_links  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parent.parent
BUILD = CACHE = pathlib.Path()
PROJECT = """
local lots = 'PT1H';
{
  project: { name: 'd', version: '1' },
  placement: { provider: 'local' },
  boundaries: [{ type: 'core:putListenerBoundary', name: 'inbox', lotUnit: lots,
                 dataset: { name: 'd-in', version: '1', pathURI: 's3://data-d/in/' } }],
  arcs: [{ type: 'core:copyArc', name: 'copy', sources: { main: { name: 'd-in', version: '1' } },
           sinks: { main: { name: 'd-out', version: '1', pathURI: 's3://data-d/out/' } } }],
}
"""


def make(folder, umask=0o022):
    made = subprocess.run([sys.executable, ROOT / "tools/dist.py", BUILD, folder, "--with-sanitizers"], text=True, umask=umask,
                          capture_output=True, timeout=200, env={**os.environ, "SOURCE_DATE_EPOCH": "1700000000"})
    if made.returncode != 0:
        raise AssertionError(made.stdout + made.stderr)
    return pathlib.Path(made.stdout.strip())


class Dist(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory(prefix="cls-dist-", dir=BUILD)
        cls.addClassCleanup(folder.cleanup)
        cls.folder = pathlib.Path(folder.name)
        cls.archive = make(cls.folder)
        with tarfile.open(cls.archive) as tar:
            cls.entries = tar.getmembers()
        cls.top = cls.entries[0].name

    def test_the_same_bytes_each_time(self):
        again = make(self.folder / "again", umask=0o077)
        self.assertEqual(*(hashlib.sha256(path.read_bytes()).hexdigest() for path in (self.archive, again)))

    def test_what_is_in_it(self):
        names = [entry.name.removeprefix(self.top + "/") for entry in self.entries]
        for name in ("bin/cls", "lib/libjsonnet.so.0", "LICENSE", "README.md", "docs/README.md", "share/clusterless/cls.service",
                     "share/doc/clusterless/licences/libssl-dev"):
            self.assertIn(name, names)
        self.assertEqual(self.archive.name, self.top + ".tar.gz")
        self.assertEqual({(entry.uname, entry.gname, entry.mtime) for entry in self.entries}, {("root", "root", 1700000000)})
        self.assertEqual({entry.mode for entry in self.entries if entry.isfile()}, {0o644, 0o755})
        self.assertFalse([name for name in names if "__pycache__" in name])

    def test_no_link_is_dead(self):
        tree = self.folder / "documents"
        tree.mkdir()
        subprocess.run(["tar", "-C", tree, "-xf", self.archive], check=True, timeout=120)
        self.assertEqual(check_links.check(tree / self.top), [])
        # What is left of a link is its text, and the others are still links.
        architecture = (tree / self.top / "docs/architecture.md").read_text()
        self.assertNotIn("](../src", architecture)
        self.assertIn("](adr/README.md)", architecture)
        self.assertTrue((tree / self.top / "docs/concepts/lots.svg").is_file())

    def test_in_an_empty_debian(self):
        root = self.folder / "root"
        root.mkdir()
        subprocess.run(["tar", "-C", root, "--exclude=./dev/*", "-xf", debian_root.debian_root(CACHE)], check=True, timeout=120)
        subprocess.run(["tar", "-C", root / "opt", "-xf", self.archive], check=True, timeout=120)
        (root / "root/p.jsonnet").write_text(PROJECT)

        def inside(script):
            ran = subprocess.run(
                ["bwrap", "--bind", root, "/", "--dev", "/dev", "--proc", "/proc", "--unshare-net", "--unshare-pid",
                 "--die-with-parent", "--clearenv", "--setenv", "HOME", "/root", "--setenv", "PATH",
                 f"/opt/{self.top}/bin:/usr/bin:/bin", "--chdir", "/root", "bash", "-euc", script],
                text=True, capture_output=True, timeout=200, stdin=subprocess.DEVNULL)
            self.assertEqual(ran.returncode, 0, f"{script}\n{ran.stdout}{ran.stderr}")
            return ran.stdout

        self.assertIn(self.top.split("-")[1], inside("cls --version"))
        inside("! ls /usr/lib/*/libjsonnet* /usr/lib/*/libre2* 2>/dev/null")
        self.assertIn("project.json", inside("cls init shop --template copy"))
        inside("cd shop && cls run -p project.json --home home && cat home/stores/s3/shop/kept/lot=*/orders.csv")
        self.assertIn("ran 1 attempt", inside(
            "mkdir -p home/stores/s3/data-d/in && echo one >home/stores/s3/data-d/in/a.txt && cls run -p p.jsonnet --home home --seal"))
        self.assertIn("no violations", inside("cls audit --home home --deep"))
        self.assertIn("complete -", inside("cls completion bash >c && . ./c && complete -p cls"))
        self.assertIn("promises", inside("cls help"))


if __name__ == "__main__":
    BUILD, CACHE = (pathlib.Path(sys.argv.pop(1)).resolve() for _ in range(2))
    unittest.main()
