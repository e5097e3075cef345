#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks the includes below src/ against the layers of docs/architecture.md. Usage: check_layering.py SRC"""
import pathlib
import re
import sys

FRONT_ENDS = {"scenario", "user_scenario", "dashboard", "cli"}  # may use every folder
MAY_USE = {  # directly; what those may use follows
    "base": [], "json": ["base"], "lot": ["base"], "model": ["json", "lot"], "record": ["model"],
    "http": ["base"], "store": ["record", "http"], "flow": ["store"], "work": ["flow"],
    "operate": ["flow"], "sim": ["work"], "local": ["work", "operate"], "aws": ["work", "operate"]}
FOLDERS = FRONT_ENDS | MAY_USE.keys()
# Headers of the operating system and the folders that may use them; tests may as well.
SYSTEM = {r"(sys/socket|netdb|netinet/.*|arpa/.*)\.h": {"base", "http"}, r"sqlite3\.h": {"local"},
          r"((sys|linux|asm)/.*|unistd|fcntl|dirent|poll|signal|spawn|pthread|sched|termios|dlfcn|pwd)\.h": {"base"}}
# Headers that cost seconds of compilation: in no header, and in at most three files each.
HEAVY = ("CLI/", "nlohmann/json.hpp", "sqlite3.h", "openssl/", "fmt/format", "re2/", "boost/",
         "xxhash.h", "pugixml.hpp", "toml++/", "libjsonnet.h")
BANNED = {"iostream": "base/log.h", "regex": "re2/re2.h", "format": "base/format.h"}
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')


def reachable(folder):
    return FOLDERS if folder in FRONT_ENDS else {folder}.union(*map(reachable, MAY_USE[folder]))


def problems_of(folder, path, quote, name):
    """What is wrong with one include of a file of `folder`."""
    if quote == '"':
        if "/" not in name or name.split("/")[0] not in reachable(folder):
            yield f"{folder}/ may include folder/file.h only of {', '.join(sorted(reachable(folder)))}"
        return
    if name in BANNED:
        yield f"use <{BANNED[name]}> instead"
    if path.suffix == ".h" and name.startswith(HEAVY):
        yield "too costly for a header; include it in a .cc file"
    allowed = next((folders for pattern, folders in SYSTEM.items() if re.fullmatch(pattern, name)), FOLDERS)
    if folder not in allowed and not path.stem.endswith("_test"):
        yield f"only {' and '.join(sorted(allowed))} may include it"


def check(src):
    problems, users = [], {header: set() for header in HEAVY}
    for path in sorted(p for p in src.rglob("*") if p.suffix in (".h", ".cc")):
        if (folder := path.relative_to(src).parts[0]) not in FOLDERS:
            problems.append(f"{path}: unknown folder {folder}; give it a line in tools/check_layering.py")
            continue
        for number, line in enumerate(path.read_text().splitlines(), 1):
            if match := INCLUDE.match(line):
                problems += [f"{path}:{number}: {match[2]}: {p}" for p in problems_of(folder, path, *match.groups())]
                for header in filter(match[2].startswith, HEAVY if not path.stem.endswith("_test") else ()):
                    users[header].add(str(path))
    return problems + [f"<{header}…> in more than three files: {', '.join(sorted(paths))}"
                       for header, paths in users.items() if len(paths) > 3]


if __name__ == "__main__":
    found = check(pathlib.Path(sys.argv[1])) if len(sys.argv) == 2 and pathlib.Path(sys.argv[1]).is_dir() else [__doc__]
    sys.exit("\n".join(found) if found else 0)
