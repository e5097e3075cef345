#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs docs/tutorial.md block by block, as one reads it, and compares what is shown there with what was printed.

Times of today, lots of today, ids and the folder may differ. CLS_ACCEPT=1 writes what was printed into the page, and fails.
Usage: tutorial_test.py CLS
"""
import difflib
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs/tutorial.md"
# A block of commands, and what it printed, if that is shown.
STEP = re.compile(r"^```sh\n(.*?)^```\n(?:\n```text\n(.*?)^```\n)?", re.MULTILINE | re.DOTALL)
END = "-- end of block"
# Of one length each, so that columns stay where they are.
VARYING = [(re.compile(r"\b20[2-9]\d-\d\d-\d\dT\d\d:\d\d:\d\dZ"), "2026-11-26T12:00:00Z"),
           (re.compile(r"\b20[2-9]\d{5}PT1H0\d\d\b"), "20261126PT1H012"),
           (re.compile(r"\b01[0-9A-HJKMNP-TV-Z]{24}\b"), "01M8AHQDWMMCM76Z6GNS89QY43"),
           (re.compile(r"after \d+\.\d s"), "after 0.1 s")]


def normal(text, folder):
    text = text.replace(folder, "/data").replace(f"{ROOT}/examples", "/data/examples")
    for pattern, instead in VARYING:
        text = pattern.sub(instead, text)
    # The blank lines around a table at an end of a block may be left out of the page.
    return "\n".join(line.rstrip() for line in text.split("\n")).strip("\n") + "\n"


def run(steps, cls, folder):
    """What each block printed, standard error in its place."""
    script = "set -eu -o pipefail\nexec 2>&1\n" + "".join(f"{block}echo '{END}'\n" for block, _ in steps)
    (folder / "examples").symlink_to(ROOT / "examples")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("CLS_", "PYTHON"))}
    ran = subprocess.run(["bash", "-c", script], cwd=folder, text=True, stdout=subprocess.PIPE, timeout=280,
                         stdin=subprocess.DEVNULL, env={**environment, "PATH": f"{cls.parent}:{os.environ['PATH']}"})
    printed = ran.stdout.split(END + "\n")
    if ran.returncode != 0:
        sys.exit(f"the commands ended with {ran.returncode}:\n{ran.stdout}")
    return printed[:-1]


def wait_for_the_next_hour_if_it_is_near():
    """A file that comes late is of the present hour, which is shown being open still."""
    left = 3600 - time.time() % 3600
    if left < 100:
        time.sleep(left + 1)


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    wait_for_the_next_hour_if_it_is_near()
    page = PAGE.read_text(encoding="utf-8")
    steps = STEP.findall(page)
    with tempfile.TemporaryDirectory(prefix="cls-tutorial-") as folder:
        folder = str(pathlib.Path(folder).resolve())
        printed = [normal(text, folder) for text in run(steps, pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(folder))]
    if "CLS_ACCEPT" in os.environ:
        texts = iter(printed)
        new = STEP.sub(lambda m: f"```sh\n{m[1]}```\n" + (
            "" if (text := next(texts)) == "\n" else f"\n```text\n{text}```\n"), page)
        PAGE.write_text(new, encoding="utf-8")
        sys.exit(f"{PAGE} was written anew")
    wrong = False
    for (block, shown), text in zip(steps, printed, strict=True):
        difference = list(difflib.unified_diff(normal(shown, "/data").splitlines(), text.splitlines(), "docs/tutorial.md",
                                               "printed", lineterm=""))
        if difference:
            wrong = True
            print("$", block, *difference, sep="\n")
    sys.exit(wrong)


if __name__ == "__main__":
    main()
