#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes a tarball of what `make install` installs: cls-VERSION-linux-MACHINE.tar.gz, to be unpacked anywhere.

In it: bin/, the one library that a plain system lacks in lib/, docs/, examples/, LICENSE, README.md and its fellows, and the
licences of what is linked in. Links of the documents to what is not in it are left out. The same sources and compiler give the same bytes: names are sorted, owners and modes are
fixed, times are SOURCE_DATE_EPOCH or the commit's.
Usage: dist.py BUILD FOLDER [--with-sanitizers]    BUILD is a build tree, FOLDER takes the tarball
"""
import argparse
import gzip
import os
import pathlib
import platform
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import urllib.parse

ROOT = pathlib.Path(__file__).resolve().parent.parent
PREFIX = "opt/clusterless"  # what the unit for systemd names
# What every Debian has (apt needs it), and every other system that runs C++ programs.
SYSTEM = re.compile(r"^(ld-linux.*|linux-vdso|libc|libm|libgcc_s|libstdc\+\+)\.so\.\d+$")
SHIPPED = {"libjsonnet.so.0"}
SANITIZERS = re.compile(r"^lib(asan|ubsan|tsan)\.so\.\d+$")
# Code, in which nothing is a link, or [text](target); the text may hold code.
LINK = re.compile(r"(?P<code>(?P<ticks>`+)(?!`).+?(?<!`)(?P=ticks)(?!`))|\[(?P<text>(?:[^\]`]|`[^`]*`)*)\]\((?P<target>[^)\s]+)\)")
DOCUMENTS = ["LICENSE", "README.md", "ROADMAP.md", "CONTRIBUTING.md", "docs", "examples"]


def output(*command, **more):
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=120, **more).stdout


def version():
    return re.search(r"^project\(clusterless VERSION (\S+)", (ROOT / "CMakeLists.txt").read_text(), re.MULTILINE)[1]


def source_time():
    if "SOURCE_DATE_EPOCH" in os.environ:
        return int(os.environ["SOURCE_DATE_EPOCH"])
    return int(output("git", "-C", str(ROOT), "log", "-1", "--format=%ct"))


def needed(program):
    """Name → path of the libraries that a program loads, but for those that every system has."""
    found = re.findall(r"^\s*(\S+)(?: => (.+?))?(?: \(0x[0-9a-f]+\))?$", output("ldd", str(program)), re.MULTILINE)
    return {name: path for name, path in found if path and not SYSTEM.match(pathlib.Path(name).name)}


def add_libraries(tree, with_sanitizers):
    libraries = {}
    for program in sorted((tree / "bin").iterdir()):
        libraries.update(needed(program))
    for name, path in libraries.items():
        if name not in SHIPPED and not (with_sanitizers and SANITIZERS.match(name)):
            sys.exit(f"dist.py: what is installed needs {name} ({path}), which is not shipped: link it static")
        if not pathlib.Path(path).is_file():
            sys.exit(f"dist.py: {name}: {path}")
        (tree / "lib").mkdir(exist_ok=True)
        shutil.copyfile(path, tree / "lib" / name)


def add_licences(tree):
    """Of the packages that are linked in: those under `# libraries` in tools/packages.txt."""
    part = (ROOT / "tools/packages.txt").read_text().partition("# libraries")[2].partition("\n\n")[0]
    folder = tree / "share/doc/clusterless/licences"
    folder.mkdir(parents=True)
    for package in re.findall(r"^([a-z0-9.+-]+)", part, re.MULTILINE):
        shutil.copyfile(f"/usr/share/doc/{package}/copyright", folder / package)


def add_documents(tree):
    tracked = output("git", "-C", str(ROOT), "ls-files", "-z", *DOCUMENTS).split("\0")
    for name in filter(None, tracked):
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, tree / name)


def leave_out_links(tree):
    """Of the documents: a link to what is not shipped, as sources and tests, becomes its text."""
    def text_of(page, link):
        target = re.split("[#?]", link["target"])[0]
        if re.match("[a-zA-Z][a-zA-Z0-9+.-]*:", target) or not target:
            return link[0]
        return link[0] if (page.parent / urllib.parse.unquote(target)).exists() else link["text"]

    for page in sorted(tree.rglob("*.md")):
        fenced, lines = False, []
        for line in page.read_text(encoding="utf-8").splitlines(keepends=True):
            if re.match(" *(```|~~~)", line):
                fenced = not fenced
            elif not fenced and not line.startswith("    "):
                line = LINK.sub(lambda link: link[0] if link["code"] else text_of(page, link), line)
            lines.append(line)
        page.write_text("".join(lines), encoding="utf-8")


def pack(tree, archive, name, time):
    def fixed(entry):
        entry.uid = entry.gid = 0
        entry.uname = entry.gname = "root"
        entry.mtime = time
        entry.mode = 0o755 if entry.isdir() or entry.mode & 0o100 else 0o644
        return entry

    part = archive.with_name(archive.name + ".part")
    with open(part, "wb") as raw, gzip.GzipFile("", "wb", 9, raw, mtime=time) as packed, \
            tarfile.open(fileobj=packed, mode="w", format=tarfile.GNU_FORMAT) as tar:
        for path in [tree, *sorted(tree.rglob("*"))]:
            tar.add(path, pathlib.Path(name) / path.relative_to(tree), recursive=False, filter=fixed)
    part.rename(archive)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--with-sanitizers", action="store_true", help="take the libraries of a sanitized tree too")
    given = parser.parse_args()
    name = f"cls-{version()}-linux-{platform.machine()}"
    given.folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="cls-dist-") as stage:
        output("cmake", "--install", str(given.build), "--strip", "--prefix", f"/{PREFIX}",
               env={**os.environ, "DESTDIR": stage})
        tree = pathlib.Path(stage) / PREFIX
        add_libraries(tree, given.with_sanitizers)
        add_licences(tree)
        add_documents(tree)
        leave_out_links(tree)
        pack(tree, given.folder / f"{name}.tar.gz", name, source_time())
    print(given.folder / f"{name}.tar.gz")


if __name__ == "__main__":
    main()
