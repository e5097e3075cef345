# SPDX-License-Identifier: Apache-2.0
"""What the benchmarks measure in the same way: this disk's own publication, counted system calls, records on disk."""
import os
import re
import statistics
import time

SYNCS = ("fsync", "fdatasync", "syncfs")
PUBLISHERS = ("link", "linkat", "rename", "renameat", "renameat2")
COUNTED = re.compile(r"^ *[\d.]+ +[\d.]+ +\d+ +(\d+) +(?:(\d+) +)?(\w+)$", re.MULTILINE)


def publication(folder, count=200):
    """Median milliseconds of this disk's own publication of a small file: write, fsync, link, fsync of the directory."""
    times = []
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    for i in range(count):
        began = time.perf_counter()
        temporary = folder / f"t{i}"
        with open(temporary, "wb", buffering=0) as file:
            file.write(bytes(300))
            os.fsync(file.fileno())
        os.link(temporary, folder / f"p{i}")
        os.fsync(handle)
        times.append((time.perf_counter() - began) * 1000)
    os.close(handle)
    return statistics.median(times)


def counting(calls, output):
    """The words before a command that count these system calls of all its threads and processes. Only these calls stop
    it: threads that strace slows at every call never wait for the disk at the same moment."""
    return ["strace", "-f", "--seccomp-bpf", "-c", "-e", "trace=" + ",".join(calls), "-o", str(output)]


def counted(output, calls):
    """How many of these calls strace counted, those that failed left out."""
    found = COUNTED.findall(output.read_text())
    return sum(int(count) - int(errors or 0) for count, errors, call in found if call in calls)


def records_of(home):
    """Inodes and bytes on disk of the record stores of a home."""
    inodes = size = 0
    for bucket in (home / "stores/s3").iterdir():
        if not bucket.name.startswith("clusterless-"):
            continue
        for root, folders, files in os.walk(bucket):
            inodes += len(folders) + len(files)
            size += sum(os.lstat(os.path.join(root, name)).st_blocks * 512 for name in folders + files)
    return inodes, size
