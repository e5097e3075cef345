#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""cls status from the index and from the records, whatever cls did in between and however it ended.

Usage: status_test.py CLS [-v] [NAME…]     CLS is the executable
"""
import json
import os
import random
import shutil
import signal
import sys
import time
import unittest

import processes_test
from processes_test import COPY, PATIENCE, Processes, command_arc, key_of

SETTLED = 3  # seconds after which the stamp of a directory is trusted (docs/adr/0019)
# Some lots fail until the file `mended` is there.
SCRIPT = ('case $CLS_LOT in *7|*3) test -e $HOME/mended || exit 3;; esac; '
          'echo x > $CLS_SINK_MAIN_PATH/$CLS_LOT.txt')


class Index(Processes):
    def setUp(self):
        super().setUp()
        os.environ["HOME"] = str(self.folder)

    def status(self, *options):
        report = json.loads(self.cls("status", "--output", "json", *options))
        report.pop("at")
        for arc in report["arcs"]:
            arc.pop("lagSec")
        return report

    def assert_same(self, after):
        self.assertEqual(self.status(), self.status("--records"), after)

    def settle(self):
        """Until all directories have stamps."""
        newest = max(path.stat().st_ctime for path in (self.home / "stores").rglob("*") if path.is_dir())
        while time.time() < newest + SETTLED + 0.1:
            time.sleep(0.1)

    def claim_files(self, arc="copy"):
        folder = self.home / f"stores/s3/clusterless-arc-state-local-home/claims/project=p/version=1/arc={arc}"
        return sorted(folder.glob("lot=*.json"))

    def test_what_is_proved_is_not_read_again(self):
        self.declare(COPY)
        self.put(*map(key_of, range(3)))
        self.cls("run", "-p", "p.json")
        self.settle()
        before = self.status()
        self.assertEqual(before, self.status("--records"))
        claim = self.claim_files()[0]
        claim.write_bytes(b'{"half' + claim.read_bytes()[6:])  # in its place: the one change that leaves no trace
        self.assertEqual(self.status(), before)
        self.assertEqual(self.status("--records")["damagedRecords"], 1)
        other = claim.with_name("other")
        claim.rename(other)
        other.rename(claim)
        self.assertEqual(self.status()["damagedRecords"], 1)
        self.settle()
        self.assertEqual(self.status()["damagedRecords"], 1)

    def test_an_index_that_is_damaged_or_of_another_home_says_nothing_wrong(self):
        self.declare(COPY)
        self.put(*map(key_of, range(3)))
        self.cls("run", "-p", "p.json")
        self.settle()
        self.assert_same("run")
        old = (self.home / "cls.db").read_bytes()
        self.put(key_of(9))
        self.cls("run")
        (self.home / "cls.db").write_bytes(old)  # as after a power cut
        for rest in self.home.glob("cls.db-*"):
            rest.unlink()
        self.settle()
        self.assert_same("an older index")
        copied = self.folder / "copied"
        shutil.copytree(self.home, copied)
        shutil.rmtree(self.home)
        copied.rename(self.home)  # other inodes
        self.claim_files()[0].unlink()
        self.assert_same("a copy")
        self.settle()
        self.assert_same("a copy")
        (self.home / "cls.db").unlink()
        self.assert_same("no index")
        self.cls("recover")
        self.assert_same("recover")

    def killed(self, process, random_):
        time.sleep(random_.random() * 0.6)  # when it dies is what is random
        process.send_signal(random_.choice([signal.SIGKILL, signal.SIGTERM]))
        process.wait(PATIENCE)

    def step(self, random_, number):
        """Something that users or accidents do; what."""
        what = random_.choice(["run", "run", "kill", "kill two", "retry", "mend", "disable", "enable", "redeploy",
                               "destroy", "touch", "put", "recover", "delete the index"])
        if what in ("run", "kill", "kill two"):
            self.put(*(key_of(10 * number + i) for i in range(random_.randrange(6))))
        if what == "run":
            self.try_cls("run")
        elif what in ("kill", "kill two"):
            processes = [self.start("run") for _ in range(1 if what == "kill" else 2)]
            for process in processes:
                self.killed(process, random_)
        elif what == "retry":
            self.cls("retry")
        elif what == "mend":
            (self.folder / "mended").touch()
        elif what in ("disable", "enable"):
            self.cls(what, "p:1", random_.choice(["copy", "inbox"]))
        elif what == "redeploy":
            self.declare(COPY, command_arc(SCRIPT + f"; : {number}", attempts=1))
            self.cls("deploy", "-p", "p.json")
        elif what == "destroy":
            self.try_cls("destroy", "p:1", "--wait", "0", *random_.choice([(), ("--delete-records",)]))
            self.assert_same("destroy")
            self.cls("deploy", "-p", "p.json")
        elif what == "touch":
            for path in list(self.input.glob("*.txt"))[:1]:
                path.write_text(f"other content {number}\n")
        elif what == "put":
            self.put(key_of(10 * number))
        elif what == "recover":
            self.try_cls("recover")
        else:
            for path in self.home.glob("cls.db*"):
                path.unlink(missing_ok=True)
        return what

    def try_cls(self, *arguments):
        """What may end in several ways, as after the death of another."""
        process = self.start(*arguments)
        self.assertIn(process.wait(PATIENCE), (0, 1, 3, 75), arguments)

    def test_random_steps(self):
        seed = int(os.environ.get("CLS_SEED", random.randrange(1 << 30)))
        random_ = random.Random(seed)
        self.declare(COPY, command_arc(SCRIPT, attempts=1))
        self.put(*map(key_of, range(4)))
        self.try_cls("run", "-p", "p.json")
        done = ["run"]
        for number in range(1, 26):
            done.append(self.step(random_, number))
            self.assert_same(f"seed {seed}: {done}")
            if random_.random() < 0.4:
                self.settle()
                self.assert_same(f"seed {seed}, settled: {done}")


if __name__ == "__main__":
    if len(sys.argv) < 2 or not shutil.which(sys.argv[1]):
        sys.exit(__doc__)
    processes_test.CLS = os.path.abspath(shutil.which(sys.argv.pop(1)))
    unittest.main()
