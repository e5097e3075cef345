#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks that every relative link of every Markdown file leads somewhere, anchors included. Usage: check_links.py DIR"""
import pathlib
import re
import sys
import urllib.parse

LEFT_OUT = {".git", "build", "node_modules"}  # folders whose Markdown is not ours
FENCE = re.compile(r"^ *(```|~~~)")
CODE = re.compile(r"(`+)(?!`).+?(?<!`)\1(?!`)")
# [text](target), [text](<target>), [text](target "title"), and [label]: target; images alike.
LINK = re.compile(r"\[[^\]]*\]\(\s*(?:<([^>]*)>|([^)\s]+))[^)]*\)|^ {0,3}\[[^\]]+\]:\s*(\S+)")
HEADING = re.compile(r"^ {0,3}#{1,6}\s+(.*?)\s*#*$")


def text_lines(path):
    """The lines of a file with their numbers, code left out: indented code may hold no link of ours either."""
    fenced = False
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if FENCE.match(line):
            fenced = not fenced
        elif not fenced and not line.startswith("    "):
            yield number, line


def anchors(path):
    """The anchors that a Markdown page's headings have, as GitHub makes them."""
    found = {}
    for _, line in text_lines(path):
        if heading := HEADING.match(line):
            text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading[1]).replace("`", "").lower()
            anchor = re.sub(r"[^\w\- ]", "", text).replace(" ", "-")
            found[anchor] = found.get(anchor, -1) + 1
    return {f"{anchor}-{n}" if n else anchor for anchor, last in found.items() for n in range(last + 1)}


def problem_of(root, path, target):
    """What is wrong with one link, or None."""
    if re.match(r"[a-zA-Z][a-zA-Z0-9+.-]*:", target) or target.startswith("//"):
        return None  # another site's; nothing is asked over the network
    name, _, anchor = target.partition("#")
    place = (path.parent / urllib.parse.unquote(name)) if name else path
    if name.startswith("/"):
        return f"{target}: begins with '/'; write it relative to this file"
    if not place.exists():
        return f"{target}: there is no {place.relative_to(root) if place.is_relative_to(root) else place}"
    if not place.resolve().is_relative_to(root.resolve()):
        return f"{target}: leads out of the repository"
    if anchor and place.suffix == ".md" and urllib.parse.unquote(anchor) not in anchors(place):
        return f"{target}: no heading of {place.name} has that anchor"
    return None


def check(root):
    problems = []
    pages = [p for p in sorted(root.rglob("*.md")) if not LEFT_OUT & set(p.relative_to(root).parts[:-1])]
    for path in pages:
        for number, line in text_lines(path):
            for link in LINK.finditer(CODE.sub("", line)):
                if problem := problem_of(root, path, next(filter(None, link.groups()))):
                    problems.append(f"{path}:{number}: {problem}")
    return problems


if __name__ == "__main__":
    found = check(pathlib.Path(sys.argv[1])) if len(sys.argv) == 2 and pathlib.Path(sys.argv[1]).is_dir() else [__doc__]
    sys.exit("\n".join(found) if found else 0)
