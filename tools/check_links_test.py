#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Tests of check_links.py: what it must find and what it must leave alone. Usage: check_links_test.py"""
import pathlib
import sys
import tempfile

sys.dont_write_bytecode = True
import check_links  # noqa: E402

PAGES = {
    "a.md": "# Top\n\n## What `it` is, and why\n\n[b](sub/b.md) [top](#top) [part](a.md#what-it-is-and-why)\n"
            "[site](https://example.org/no) `[code](no1.md)`\n\n```\n[fenced](no2.md)\n```\n\n    [indented](no3.md)\n",
    "sub/b.md": "[up](../a.md#top) [folder](../sub/)\n[gone](c.md) [no part](../a.md#bottom) [root](/a.md)\n"
                "[out](../../x.md)\n[label]: missing.md\n",
    "build/x.md": "[gone](nowhere.md)\n",
}
FOUND = {"sub/b.md:2: c.md": "there is no", "sub/b.md:2: ../a.md#bottom": "no heading", "sub/b.md:2: /a.md": "begins with",
         "sub/b.md:3: ../../x.md": "there is no", "sub/b.md:4: missing.md": "there is no"}


def main():
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        for name, text in PAGES.items():
            (root / name).parent.mkdir(exist_ok=True)
            (root / name).write_text(text)
        problems = check_links.check(root)
        wanted = [f"{root}/{start}: {why}" for start, why in FOUND.items()]
    if len(problems) != len(wanted) or any(not p.startswith(w) for p, w in zip(problems, wanted)):
        sys.exit("found:\n  " + "\n  ".join(problems) + "\nwanted:\n  " + "\n  ".join(wanted))


if __name__ == "__main__":
    main()
