#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs the commands of the README's first pipeline and of docs/getting-started.md as a user would type them.

They run in one shell, in a scratch folder, with CLS's folder first in PATH; then what they left is looked at.
Usage: documented_commands_test.py CLS
"""
import os
import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
BLOCK = re.compile(r"^```sh\n(.*?)^```", re.MULTILINE | re.DOTALL)


def blocks(path, after):
    text = (ROOT / path).read_text(encoding="utf-8")
    return BLOCK.findall(text[text.index(after):])


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    cls = pathlib.Path(sys.argv[1]).resolve()
    commands = blocks("README.md", "## A first pipeline") + blocks("docs/getting-started.md", "## Check, then run")
    if len(commands) < 9:
        sys.exit(f"only {len(commands)} blocks of commands were found")
    # `-m` for `kill %1`; a command that fails where nobody asks for its exit code ends the script.
    script = "set -meu -o pipefail\n" + "".join(f"echo '== {i}'\n{block}" for i, block in enumerate(commands))
    with tempfile.TemporaryDirectory(prefix="cls-documented-") as folder:
        ran = subprocess.run(["bash", "-c", script], cwd=folder, text=True, capture_output=True, timeout=240,
                             stdin=subprocess.DEVNULL,
                             env={**os.environ, "PATH": f"{cls.parent}:{os.environ['PATH']}"})
        print(ran.stdout, ran.stderr, sep="\n--\n")
        if ran.returncode != 0:
            sys.exit(f"the commands ended with {ran.returncode}")
        counts = sorted(file.read_text().strip() for file in pathlib.Path(folder).glob("first/home/stores/s3/first/out/*"))
        if counts != sorted(["3", "2", "1", "2"]):
            sys.exit(f"the counts are {counts}")
        audit = re.findall(r"^(no violations|\d+ violations?)$", ran.stdout, re.MULTILINE)
        if audit != ["no violations"]:
            sys.exit(f"the audit said {audit}")


if __name__ == "__main__":
    main()
