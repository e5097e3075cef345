#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A system-call trace shows that what is recorded is on disk before anything is built on it.

Below the home's stores, of every link and rename: the file was synced after its last write and before it; its
directory, and the parent of every new directory, is synced afterwards, before the same thread decides anything
(a link or rename among claims or ledger segments), at the latest before the process ends; and what decided is synced
before the thread goes on with any link or rename. fsync and fdatasync count for a file or directory, syncfs for all of
its file system, in whatever thread. Also counts the waits for the disk per lot, and those of one object on its way.

Usage: sync_order_test.py CLS [FOLDER]     FOLDER (on a disk) is made anew
       sync_order_test.py --self-test
Where ptrace is not permitted it ends with 77 (skipped), or with CLS_REQUIRE_STRACE=1 it fails.
"""
import collections
import dataclasses
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

CALLS = ("openat,open,creat,write,pwrite64,writev,link,linkat,rename,renameat,renameat2,mkdir,mkdirat,fsync,fdatasync,"
         "syncfs,sync_file_range,sync,copy_file_range,sendfile,ftruncate,ioctl")
# Waits for the disk of one object, from its closing to the end of a one-arc copy pipeline whose directories are there.
MOST_WAITS = 24
DECIDING = re.compile(r"/clusterless-arc-state-[^/]*/(claims|arrivals)/")


@dataclasses.dataclass
class Call:
    start: int  # the line of the trace where it began
    end: int
    thread: str
    name: str
    arguments: str
    result: str


def calls_of(lines):
    """The calls of a trace in the order of their ends, with unfinished ones put together; failed ones are left out."""
    begun = {}
    for number, line in enumerate(lines):
        thread, _, text = line.partition(" ")
        text = text.strip()
        if text.endswith("<unfinished ...>"):
            begun[thread] = (number, text.removesuffix("<unfinished ...>"))
            continue
        start = number
        resumed = re.match(r"<\.\.\. \w+ resumed>(.*)", text)
        if resumed:
            start, first = begun.pop(thread)
            text = first + resumed[1]
        whole = re.match(r"(\w+)\((.*)\) += (\S+)", text)
        if whole and not whole[3].startswith("-"):
            yield Call(start, number, thread, whole[1], whole[2], whole[3] + text[whole.end():])


def paths_of(arguments):
    """The path arguments as absolute ones; a relative one belongs to the descriptor before it."""
    found, folder = [], ""
    for descriptor, path in re.findall(r'(?:\d+|AT_FDCWD)<([^>]*)>|"((?:[^"\\]|\\.)*)"', arguments):
        if descriptor:
            folder = descriptor
        else:
            found.append(path if path.startswith("/") else f"{folder}/{path}")
    return found


def descriptors_of(arguments):
    return re.findall(r"\b\d+<([^>]*)>", arguments)


class Order:
    """Reads a trace; `problems` says what was not on disk when it had to be."""

    def __init__(self, stores):
        self.stores = str(stores)
        self.problems = []
        self.counts = collections.Counter()
        self.waits = 0  # below the stores, or of a whole file system
        self.written = {}  # path → end of the last write
        self.synced = collections.defaultdict(list)  # path → its syncs (start, end); "" for those of all
        self.pending = collections.defaultdict(list)  # thread → (end, directory, what, deciding)

    def read(self, lines):
        for call in calls_of(lines):
            self.take(call)
        for thread in list(self.pending):
            self.settle(thread, float("inf"), "the process ended")
        return self

    def inside(self, path):
        return path.startswith(self.stores + "/")

    def take(self, call):
        if call.name in ("fsync", "fdatasync", "syncfs", "sync"):
            self.take_sync(call)
        elif call.name in ("write", "pwrite64", "writev", "ftruncate", "ioctl"):
            for path in descriptors_of(call.arguments)[:1]:
                self.written[path] = call.end
        elif call.name == "copy_file_range":
            self.written[descriptors_of(call.arguments)[1]] = call.end
        elif call.name == "sendfile":
            self.written[descriptors_of(call.arguments)[0]] = call.end
        elif call.name in ("openat", "open", "creat") and ("O_CREAT" in call.arguments or call.name == "creat"):
            path = paths_of(call.arguments)[0]
            if path not in self.written:  # one that exists may be opened thus too, and is no change
                self.written[path] = call.end
        elif call.name.startswith(("link", "rename")):
            self.take_name(call, *paths_of(call.arguments))
        elif call.name.startswith("mkdir"):
            path = paths_of(call.arguments)[0]
            if self.inside(path):
                self.counts["directory"] += 1
                self.pending[call.thread].append((call.end, os.path.dirname(path), f"mkdir {path}", False))

    def take_sync(self, call):
        if call.name in ("syncfs", "sync"):
            self.synced[""].append((call.start, call.end))
            self.waits += 1
            return
        path = descriptors_of(call.arguments)[0]
        self.synced[path].append((call.start, call.end))
        if self.inside(path):
            self.waits += 1

    def is_synced(self, path, since, until):
        """Whether a sync of the path began after `since` and had ended by `until`."""
        return any(since < start and end < until for one in (path, "") for start, end in reversed(self.synced[one]))

    def take_name(self, call, source, target):
        if not self.inside(target):
            return
        kind = "link" if call.name.startswith("link") else "rename"
        self.counts[kind] += 1
        deciding = DECIDING.search(target) is not None
        what = f"{kind} {target}"
        self.settle(call.thread, call.start, what, deciding)
        if source not in self.written:
            self.problems.append(f"line {call.start + 1}: {what}: nothing wrote {source}")
        elif not self.is_synced(source, self.written[source], call.start):
            self.problems.append(f"line {call.start + 1}: {what}: the file was not synced after its last write")
        self.pending[call.thread].append((call.end, os.path.dirname(target), what, deciding))

    def settle(self, thread, now, before, deciding=True):
        """What the thread did before must be on disk; what decides nothing may wait for what decides."""
        left = []
        for one in self.pending[thread]:
            end, directory, what, decided = one
            if self.is_synced(directory, end, now):
                continue
            if deciding or decided:
                self.problems.append(f"line {end + 1}: {what}: {directory} was not synced before: {before}")
            else:
                left.append(one)
        self.pending[thread] = left


# ---- the self-test

GOOD = r'''
7 mkdir("/h/s/d", 0777) = 0
7 openat(AT_FDCWD</h>, "/h/s", O_RDONLY|O_DIRECTORY) = 3</h/s>
7 fsync(3</h/s>) = 0
7 openat(AT_FDCWD</h>, "/h/s/d/.t", O_WRONLY|O_CREAT|O_EXCL, 0666) = 3</h/s/d/.t>
7 write(3</h/s/d/.t>, "x", 1) = 1
7 fsync(3</h/s/d/.t> <unfinished ...>
8 openat(AT_FDCWD</h>, "/h/s/e/.u", O_WRONLY|O_CREAT|O_EXCL, 0666) = 4</h/s/e/.u>
7 <... fsync resumed>) = 0
7 link("/h/s/d/.t", "/h/s/d/a") = 0
8 write(4</h/s/e/.u>, "y", 1) = 1
7 fsync(5</h/s/d>) = 0
8 fsync(4</h/s/e/.u>) = 0
8 linkat(6</h/s/e>, ".u", 6</h/s/e>, "b", 0) = 0
8 fdatasync(6</h/s/e>) = 0
'''
CLAIM = "/h/s/clusterless-arc-state-local-home/claims"
BATCH = f'''
7 write(3</h/s/.t>, "x", 1) = 1
7 write(4</h/s/.u>, "x", 1) = 1
7 write(5<{CLAIM}/.t>, "x", 1) = 1
7 syncfs(4</h/s/.u>) = 0
7 link("/h/s/.t", "/h/s/a") = 0
7 link("/h/s/.u", "/h/s/b") = 0
7 fsync(6</h/s>) = 0
7 rename("{CLAIM}/.t", "{CLAIM}/c") = 0
7 fsync(6<{CLAIM}>) = 0
'''


def self_test():
    def problems(text):
        return Order("/h/s").read(text.strip().splitlines()).problems

    assert problems(GOOD) == [], problems(GOOD)
    assert problems(BATCH) == [], problems(BATCH)
    lines = GOOD.strip().splitlines()
    for left_out, said in (("fsync(3</h/s>)", "/h/s was not synced"), ("fsync(5</h/s/d>)", "/h/s/d was not synced"),
                           ("fsync(4", "file was not synced"), ("fdatasync", "/h/s/e was not synced")):
        broken = "\n".join(line for line in lines if left_out not in line)
        assert any(said in problem for problem in problems(broken)), (left_out, problems(broken))
    sync = "8 fsync(4</h/s/e/.u>) = 0\n"
    late = GOOD.replace(sync, "") + sync
    assert any("file was not synced" in problem for problem in problems(late)), "a sync after the link"
    begun = "9 syncfs(4</h/s/e/.u> <unfinished ...>\n8 write(4"
    overlapping = GOOD.replace("8 write(4", begun).replace(sync, "9 <... syncfs resumed>) = 0\n")
    assert any("file was not synced" in problem for problem in problems(overlapping)), "a sync begun before the write"
    early = BATCH.replace('7 fsync(6</h/s>) = 0\n', '') + '7 fsync(6</h/s>) = 0\n'
    assert any("/h/s was not synced before: rename" in problem for problem in problems(early)), "a claim too early"
    print("the self-test's broken traces are all found")


# ---- the pipeline

PROJECT = {"project": {"name": "p", "version": "1"}, "placement": {"provider": "local"},
           "boundaries": [{"type": "core:putListenerBoundary", "name": "inbox", "lotUnit": "Twelfths",
                           "dataset": {"name": "in", "version": "1", "pathURI": "s3://data/in/"}}],
           "arcs": [{"type": "core:copyArc", "name": "copy", "sources": {"main": {"name": "in", "version": "1"}},
                     "sinks": {"main": {"name": "out", "version": "1", "pathURI": "s3://data/out/"}}},
                    {"type": "core:commandArc", "name": "sum", "sources": {"main": {"name": "out", "version": "1"}},
                     "sinks": {"main": {"name": "sums", "version": "1", "pathURI": "s3://data/sums/"}},
                     "workload": {"manifest": "collect", "command": [
                         "sh", "-c", 'xargs cat < "$CLS_SOURCE_MAIN_FILES" > "$CLS_SINK_MAIN_PATH/$CLS_LOT.txt"']}}]}
START = 1672531200  # 2023-01-01


class Pipeline:
    def __init__(self, cls, folder, arcs):
        self.cls, self.folder, self.home = cls, folder, folder / "home"
        self.input = self.home / "stores/s3/data/in"
        self.input.mkdir(parents=True)
        (folder / "p.json").write_text(json.dumps({**PROJECT, "arcs": PROJECT["arcs"][:arcs]}))

    def put(self, lot):
        (self.input / f"f{lot}").write_text(f"{lot}\n")
        os.utime(self.input / f"f{lot}", (START + 300 * lot,) * 2)

    def run(self, *before):
        subprocess.run([*before, self.cls, "run", "-p", self.folder / "p.json", "--home", self.home, "--seal"],
                       check=True, stdout=subprocess.DEVNULL,
                       env={**os.environ, "ASAN_OPTIONS": "detect_leaks=0"})  # the leak check traces too

    def traced(self):
        trace = self.folder / "trace"
        self.run("strace", "-f", "-y", "-s", "16", "-o", trace, "-e", f"trace={CALLS}")
        return Order(self.home / "stores").read(trace.read_text(errors="replace").splitlines())


def main():
    if sys.argv[1:2] == ["--self-test"]:
        return self_test()
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    self_test()
    if subprocess.run(["strace", "-o", "/dev/null", "true"], capture_output=True).returncode != 0:
        print("sync_order_test: strace may not trace here: only the self-test was made")
        sys.exit(1 if os.environ.get("CLS_REQUIRE_STRACE") == "1" else 77)
    folder = pathlib.Path(sys.argv[2] if len(sys.argv) == 3 else tempfile.mkdtemp(prefix="cls-sync-")).resolve()
    shutil.rmtree(folder, ignore_errors=True)
    lots = 8
    whole = Pipeline(sys.argv[1], folder / "whole", 2)
    for lot in range(lots):
        whole.put(lot)
    order = whole.traced()
    print(f"{lots} lots through two arcs, with the deploy: {order.counts['link']} links, {order.counts['rename']} renames, "
          f"{order.counts['directory']} new directories; {order.waits} waits for the disk")
    problems = order.problems
    one = Pipeline(sys.argv[1], folder / "one", 1)
    one.put(0)
    one.run()
    one.put(1)
    order = one.traced()
    print(f"one object through one copy arc: {order.counts['link']} links, {order.counts['rename']} renames, "
          f"{order.counts['directory']} new directories; {order.waits} waits for the disk (at most {MOST_WAITS})")
    problems += order.problems
    if order.waits > MOST_WAITS:
        problems.append(f"one object waited {order.waits} times for the disk, should be at most {MOST_WAITS}")
    if problems or order.counts["link"] == 0:
        sys.exit("\n".join([*problems, f"{len(problems)} problems; the traces are in {folder}"]))
    shutil.rmtree(folder)


if __name__ == "__main__":
    main()
