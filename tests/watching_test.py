#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Tests of watching that need the machine's help: a queue that overflows, too few watches, a file system that tells
nothing. What needs no help is in tests/scenarios/watch_*.

Usage: watching_test.py CLS [-v] [NAME…]     CLS is the executable
       watching_test.py --fuse MOUNT FOLDER  serves the files of FOLDER at MOUNT, until it is unmounted
"""
import ctypes
import os
import pathlib
import shutil
import signal
import stat
import struct
import subprocess
import sys
import unittest

import processes_test
from faults_test import Faults
from processes_test import COPY, key_of

QUEUE = pathlib.Path("/proc/sys/fs/inotify/max_queued_events")


class Watching(Faults):
    def wait_for_lines(self, names):
        ledger = self.home / "stores/s3/clusterless-arc-state-local-home/arrivals"

        def missing():
            known = "".join(file.read_text() for file in ledger.rglob("segment=*"))
            return [name for name in names if f"/{name}\"" not in known]

        self.wait_for("the objects to be taken in", lambda: not missing())

    def test_events_that_were_lost_are_made_up_for_by_a_scan(self):
        self.declare(COPY, quietSec=0, pollSec=86400)
        up = self.up()
        self.put(key_of(0))
        self.wait_for_copy(key_of(0))
        up.send_signal(signal.SIGSTOP)
        for number in range(int(QUEUE.read_text()) // 2 + 100):  # two events each; equal ones in a row would be one
            (self.input / f".{number % 2}").write_text("")
        names = [key_of(number) for number in range(1, 20)]
        self.put(*names)
        (self.input / "deep").mkdir()
        (self.input / "deep" / key_of(20)).write_text("x")
        up.send_signal(signal.SIGCONT)
        self.wait_for_lines([*names, f"deep/{key_of(20)}"])
        (self.input / "deep" / key_of(21)).write_text("x")  # made while events were lost, and watched all the same
        self.wait_for_lines([f"deep/{key_of(21)}"])
        self.end(up)

    def test_more_folders_than_watches_are_scanned_and_that_is_said_once(self):
        few = ["unshare", "--user", "--map-root-user", "sh", "-c",
               'echo 8 > /proc/sys/user/max_inotify_watches && exec "$@"', "sh"]
        if subprocess.run([*few, "true"], capture_output=True).returncode != 0:
            self.skipTest("needs the right to make a user namespace")
        self.declare(quietSec=0, pollSec=1)
        names = [f"d{i}/{key_of(i)}" for i in range(20)]
        for name in names:
            (self.input / name).parent.mkdir(parents=True)
        up = self.up(*few)
        for name in names:
            (self.input / name).write_text("x")
        self.wait_for_lines(names)
        later = [f"late/er/{key_of(i)}" for i in range(30, 33)]
        (self.input / "late/er").mkdir(parents=True)
        for name in later:
            (self.input / name).write_text("x")
        self.wait_for_lines(later)
        self.assertEqual(self.log().count("scanned every 1 s"), 1, self.log())
        self.assertEqual(self.cls("status").count("scanned every 1 s"), 1)
        self.end(up)
        self.assertNotIn("scanned every", self.cls("status"))

    def test_a_file_system_that_tells_nothing_is_scanned(self):
        mounted, behind = self.folder / "mounted", self.folder / "behind"
        mounted.mkdir()
        behind.mkdir()
        server = subprocess.Popen([sys.executable, __file__, "--fuse", mounted, behind], stdout=subprocess.PIPE)
        self.started.append(server)
        if not server.stdout.readline():
            self.skipTest("needs FUSE, and the right to mount")
        self.addCleanup(server.stdout.close)
        self.addCleanup(subprocess.run, ["umount", "-l", mounted], check=True)
        self.declare(COPY, pollSec=1, quietSec=0,
                     dataset={"name": "p-in", "version": "1", "pathURI": f"file://{mounted}/"})
        up = self.up()
        names = [key_of(i) for i in range(3)]
        for name in names:  # the kernel of this machine has no part in it
            (behind / name).write_text(f"content of {name}\n")
            self.wait_for_copy(name)
        self.assertEqual(self.log().count("it is scanned every 1 s"), 1, self.log())
        self.assertIn("lies on fuse", self.log())
        self.end(up)


# ---- a file system of one flat folder, to read from; linux/fuse.h


class Fuse:
    HEADER = struct.Struct("<IIQQIIII")
    LOOKUP, FORGET, GETATTR, OPEN, READ, STATFS, RELEASE, FLUSH, INIT, OPENDIR, READDIR, RELEASEDIR, ACCESS, FORGETS = (
        1, 2, 3, 14, 15, 17, 18, 25, 26, 27, 28, 29, 34, 42)
    ROOT = 1

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.names = {}  # node → name

    def node(self, name):
        for node, known in self.names.items():
            if known == name:
                return node
        self.names[len(self.names) + 2] = name
        return len(self.names) + 1

    def attributes(self, node):
        found = (self.folder / self.names.get(node, "")).stat()
        mode = found.st_mode if node != self.ROOT else stat.S_IFDIR | 0o755
        seconds, rest = divmod(found.st_mtime_ns, 10**9)
        return struct.pack("<6Q10I", node, found.st_size, 1, seconds, seconds, seconds, rest, rest, rest, mode, 1, 0, 0, 0,
                           4096, 0)

    def entry(self, name):
        if not (self.folder / name).exists():
            raise FileNotFoundError(2, name)
        node = self.node(name)
        return struct.pack("<4Q2I", node, 0, 0, 0, 0, 0) + self.attributes(node)

    def listing(self, offset):
        found = b""
        for number, name in enumerate(sorted(os.listdir(self.folder)), 1):
            if number > offset:
                raw = name.encode()
                found += struct.pack("<QQII", self.node(name), number, len(raw), 8) + raw + bytes(-len(raw) % 8)
        return found[:4096] if len(found) <= 4096 else b""

    def answer(self, opcode, node, body):
        if opcode == self.INIT:
            return struct.pack("<4I2H2I2H8I", 7, 31, 65536, 0, 8, 8, 65536, 1, 0, 0, *[0] * 8)
        if opcode == self.LOOKUP:
            return self.entry(body.rstrip(b"\0").decode())
        if opcode == self.GETATTR:
            return struct.pack("<QII", 0, 0, 0) + self.attributes(node)
        if opcode in (self.OPEN, self.OPENDIR):
            return struct.pack("<QII", 0, 0, 0)
        if opcode == self.READ:
            _, offset, size = struct.unpack_from("<QQI", body)
            return (self.folder / self.names[node]).read_bytes()[offset:offset + size]
        if opcode == self.READDIR:
            return self.listing(struct.unpack_from("<QQ", body)[1])
        if opcode == self.STATFS:
            return struct.pack("<5Q4I6I", *[0] * 5, 4096, 255, 4096, 0, *[0] * 6)
        if opcode in (self.RELEASE, self.RELEASEDIR, self.FLUSH, self.ACCESS):
            return b""
        raise OSError(38, "not here")

    def serve(self, device):
        while True:
            try:
                request = os.read(device, 1 << 20)
            except OSError:  # unmounted
                return
            _, opcode, unique, node, *_ = self.HEADER.unpack_from(request)
            if opcode in (self.FORGET, self.FORGETS):
                continue
            try:
                body, error = self.answer(opcode, node, request[self.HEADER.size:]), 0
            except OSError as failed:
                body, error = b"", -(failed.errno or 5)
            os.write(device, struct.pack("<IiQ", 16 + len(body), error, unique) + body)


def serve_fuse(mount, folder):
    device = os.open("/dev/fuse", os.O_RDWR)
    options = f"fd={device},rootmode=40000,user_id=0,group_id=0".encode()
    if ctypes.CDLL(None, use_errno=True).mount(b"test", mount.encode(), b"fuse", 6, options) != 0:
        raise OSError(ctypes.get_errno(), "mount")
    print("mounted", flush=True)
    Fuse(folder).serve(device)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--fuse"]:
        serve_fuse(*sys.argv[2:])
        sys.exit()
    if len(sys.argv) < 2 or not shutil.which(sys.argv[1]):
        sys.exit(__doc__)
    processes_test.CLS = os.path.abspath(shutil.which(sys.argv.pop(1)))
    unittest.main()
