#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Tests of arcs with images: a real engine, real images, built from `scratch` and from a Debian root.

Usage: containers_test.py CLS CACHE [-v] [NAME…]     CLS is the executable, CACHE a folder for the Debian root
"""
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import unittest

import debian_root
import processes_test

CACHE = pathlib.Path()
BUSYBOX = shutil.which("busybox")
SHELL = ["/bin/busybox", "sh", "-c"]


def image_arc(script, **workload):
    arc = processes_test.command_arc("")
    arc["workload"] = {"command": [*SHELL, script], "imagePath": "image", "manifest": "collect", **workload}
    return {**arc, "attempts": 1}


class Images(processes_test.Processes):
    ENGINE = "podman"

    def setUp(self):
        super().setUp()
        self.image("FROM scratch\nCOPY busybox /bin/busybox\n")
        shutil.copy(BUSYBOX, self.folder / "image/busybox")
        self.addCleanup(self.remove_containers)

    def image(self, text):
        (self.folder / "image").mkdir(exist_ok=True)
        (self.folder / "image/Containerfile").write_text(text)

    def environment(self):
        return {**super().environment(), "CLS_CONTAINERS": self.ENGINE, "TOKEN": "from-outside"}

    def engine(self, *arguments):
        conf = self.home / "containers/containers.conf"
        known = self.home / "containers/engine.json"
        own = known.exists() and json.loads(known.read_text())["ownConf"]
        environment = {**os.environ, **({"CONTAINERS_CONF": str(conf)} if own else {})}
        return subprocess.run(["podman", *arguments], env=environment, timeout=processes_test.PATIENCE,
                              capture_output=True, text=True).stdout.split()

    def containers(self):
        home = json.loads((self.home / "home.json").read_text())["id"]
        return self.engine("ps", "-a", "-q", "--filter", f"label=cls.home={home}")

    def remove_containers(self):
        if not (self.home / "home.json").exists():
            return
        for container in self.containers():
            self.engine("rm", "-f", container)
        home = json.loads((self.home / "home.json").read_text())["id"].lower()
        for image in self.engine("images", "-q", "--filter", f"reference=localhost/cls-{home}"):
            self.engine("rmi", "-f", image)

    def images(self):
        home = json.loads((self.home / "home.json").read_text())["id"].lower()
        return self.engine("images", "--format", "{{.Repository}}:{{.Tag}}", "--filter", f"reference=localhost/cls-{home}")

    def made(self, name):
        return (self.home / "stores/s3/data-p/work" / name).read_text()


class Podman(Images):
    def test_a_command_runs_in_the_image_built_from_its_directory(self):
        self.declare(image_arc(
            'echo "$CLS_LOT $SECRET" >$CLS_SINK_MAIN_PATH/made;'
            'while read -r f; do cat "$f"; done <$CLS_SOURCE_MAIN_FILES >>$CLS_SINK_MAIN_PATH/made;'
            'test ! -e /etc/passwd', environment={"SECRET": {"fromEnv": "TOKEN"}}))
        self.put("20230101T0001.txt")
        self.cls("run", "-p", "p.json")
        self.assertEqual(self.made("made"), "20230101PT1M0001 from-outside\ncontent of 20230101T0001.txt\n")
        self.assertEqual(self.containers(), [])
        # The image is there now: its files are not needed any more.
        (self.folder / "image/busybox").unlink()
        self.put("20230101T0002.txt")
        self.cls("run")
        self.assertTrue(self.made("made").startswith("20230101PT1M0001"))
        self.cls("audit", "--deep")

    def test_images_of_former_declarations_are_removed_by_a_service(self):
        self.declare(image_arc("echo first >$CLS_SINK_MAIN_PATH/made"))
        self.put("20230101T0001.txt")
        self.cls("run", "-p", "p.json")
        [former] = self.images()
        self.declare(image_arc("echo second >$CLS_SINK_MAIN_PATH/$CLS_LOT"))
        self.put("20230101T0002.txt")
        self.cls("run", "-p", "p.json")
        self.assertEqual(self.made("20230101PT1M0002"), "second\n")
        [present] = set(self.images()) - {former}
        self.start("up")
        self.wait_for("the end of the former image", lambda: self.images() == [present])
        self.put("20230101T0003.txt")
        self.wait_for("the lot", lambda: len(list((self.home / "stores/s3/data-p/work").iterdir())) == 3)
        self.assertEqual(self.images(), [present])

    def test_the_script_of_cls_local_runs_in_the_image(self):
        self.declare(image_arc('test ! -e /etc/passwd || exit 4; echo "$CLS_LOT $SECRET" >$CLS_SINK_MAIN_PATH/made;'
                               'cat $(cat $CLS_SOURCE_MAIN_FILES) >>$CLS_SINK_MAIN_PATH/made',
                               environment={"SECRET": {"fromEnv": "TOKEN"}}))
        self.put("20230101T0001.txt")
        self.cls("deploy", "-p", "p.json", "--since", "all")
        self.cls("disable", "p", "work")
        self.cls("run")
        script = self.cls("local", "-a", "work", "-l", "20230101PT1M0001", "--scratch", str(self.folder / "scratch"))
        self.assertIn("# As an attempt on this machine, it runs under podman", script)
        self.assertNotIn("from-outside", script)
        ran = subprocess.run(["bash", "-c", script], env=self.environment(), capture_output=True, text=True,
                             timeout=processes_test.PATIENCE)
        self.assertEqual(ran.returncode, 0, ran.stderr)
        made = self.folder / "scratch/sinks/MAIN/made"
        self.assertEqual(made.read_text(), "20230101PT1M0001 from-outside\ncontent of 20230101T0001.txt\n")
        self.assertEqual(self.containers(), [])

    def test_an_image_has_its_own_command(self):
        self.image('FROM scratch\nCOPY busybox /bin/busybox\n'
                   'CMD ["/bin/busybox", "sh", "-c", "echo own >$CLS_SINK_MAIN_PATH/made"]\n')
        self.declare(image_arc("", command=[]))
        self.put("20230101T0001.txt")
        self.cls("run", "-p", "p.json")
        self.assertEqual(self.made("made"), "own\n")

    def test_what_cannot_be_built_says_why(self):
        self.image("FROM scratch\nCOPY nowhere /\n")
        self.declare(image_arc("true"))
        self.put("20230101T0001.txt")
        self.cls("run", "-p", "p.json", expect=3)
        status = self.cls("status")
        self.assertIn("could not be built", status)
        self.assertIn("nowhere", status)
        self.assertIn("build.stderr", status)

    def test_a_failure_of_the_command_is_told(self):
        self.declare(image_arc("echo wrong >&2; exit 9"))
        self.put("20230101T0001.txt")
        self.cls("run", "-p", "p.json", expect=3)
        self.assertRegex(self.cls("status"), r"'/bin/busybox' exited with status 9; it says: wrong")

    def test_a_container_ends_with_its_attempt(self):
        self.declare(image_arc("sleep 1000"))
        self.put("20230101T0001.txt")
        self.cls("deploy", "-p", "p.json", "--since", "all")
        up = self.start("up")
        self.wait_for("the container", self.containers)
        up.send_signal(signal.SIGTERM)
        self.assertEqual(up.wait(processes_test.PATIENCE), 0)
        self.assertEqual(self.containers(), [])

    def test_a_container_of_a_killed_process_is_ended_before_its_lot_is_run_again(self):
        flag = self.folder / "home/stores/s3/data-p/flag"
        self.declare(image_arc(f'test -e {flag} && echo again >$CLS_SINK_MAIN_PATH/made || sleep 1000'))
        self.put("20230101T0001.txt")
        self.cls("deploy", "-p", "p.json", "--since", "all")
        up = self.start("up")
        first = self.wait_for("the container", self.containers)
        up.kill()
        up.wait()
        self.assertEqual(self.containers(), first)  # nobody told it
        flag.write_text("")
        self.start("up")
        self.wait_for("the lot", lambda: (self.home / "stores/s3/data-p/work/made").exists())
        self.wait_for("its end", lambda: not self.containers())

    def test_the_stores_are_read_only_for_what_is_collected(self):
        self.declare(image_arc('echo x >$CLS_STORES/s3/data-p/in/x 2>/dev/null && exit 5; echo kept >$CLS_SINK_MAIN_PATH/made'))
        self.put("20230101T0001.txt")
        self.cls("run", "-p", "p.json")
        self.assertEqual(self.made("made"), "kept\n")

    def test_a_python_program_in_a_debian_root(self):
        shutil.copy(debian_root.debian_root(CACHE), self.folder / "image/root.tar")
        (self.folder / "image/count.py").write_text(
            "import os\nfiles = open(os.environ['CLS_SOURCE_MAIN_FILES']).read().split()\n"
            "out = os.environ['CLS_SINK_MAIN_PATH'] + '/made'\n"
            "print(sum(len(open(f).read()) for f in files), file=open(out, 'w'))\n")
        self.image("FROM scratch\nADD root.tar /\nCOPY count.py /app/count.py\nWORKDIR /app\n")
        self.declare(image_arc("", command=["python3", "count.py"], memorySizeMB=512))
        self.put("20230101T0001.txt", "20230101T00013.txt")
        self.cls("run", "-p", "p.json")
        self.assertEqual(self.made("made"), "59\n")


class Bubblewrap(Images):
    ENGINE = "bubblewrap"

    def test_a_command_runs_in_the_directory_and_writes_only_its_own(self):
        script = ("test -e busybox || exit 4; echo x >/usr/x && exit 5; echo x >busybox && exit 6;"
                  "echo x >/tmp/x || exit 7; echo kept >$CLS_SINK_MAIN_PATH/made")
        self.declare(image_arc("", command=["sh", "-c", script]))
        self.put("20230101T0001.txt")
        self.cls("run", "-p", "p.json")
        self.assertEqual(self.made("made"), "kept\n")
        self.assertFalse(pathlib.Path("/usr/x").exists())

    def test_an_image_whose_directory_holds_the_home(self):
        (self.folder / "Containerfile").write_text("FROM scratch\n")
        self.declare(image_arc("", imagePath=".", command=["sh", "-c", "echo x >x && exit 5; echo kept >$CLS_SINK_MAIN_PATH/made"]))
        self.put("20230101T0001.txt")
        self.cls("run", "-p", "p.json")
        self.assertEqual(self.made("made"), "kept\n")

    def test_an_arc_that_insists_on_a_container_does_not_run(self):
        self.declare(image_arc("true", sandbox="container"))
        self.put("20230101T0001.txt")
        self.cls("run", "-p", "p.json", expect=3)
        self.assertIn("needs a container engine, and none works here", self.cls("status"))


    def test_the_script_of_cls_local_is_fenced_too(self):
        self.declare(image_arc("", command=["sh", "-c", "echo x >busybox && exit 6; echo kept >$CLS_SINK_MAIN_PATH/made"]))
        self.put("20230101T0001.txt")
        self.cls("run", "-p", "p.json")
        script = self.cls("local", "-a", "work", "-l", "20230101PT1M0001", "--scratch", str(self.folder / "scratch"))
        self.assertIn("it runs under bubblewrap", script)
        ran = subprocess.run(["bash", "-c", script], env=self.environment(), capture_output=True, text=True,
                             timeout=processes_test.PATIENCE)
        self.assertEqual(ran.returncode, 0, ran.stderr)
        self.assertEqual((self.folder / "scratch/sinks/MAIN/made").read_text(), "kept\n")

    def test_cls_local_says_where_no_engine_works_that_is_needed(self):
        self.declare(image_arc("true", sandbox="container"))
        self.put("20230101T0001.txt")
        self.cls("run", "-p", "p.json", expect=3)
        ran = subprocess.run([processes_test.CLS, "local", "-a", "work", "-l", "20230101PT1M0001"], cwd=self.folder,
                             env=self.environment(), capture_output=True, text=True, timeout=processes_test.PATIENCE)
        self.assertEqual((ran.returncode, ran.stdout), (1, ""))
        self.assertIn("needs a container engine, and none works here", ran.stderr)


class Choice(Images):
    ENGINE = "nonsense"

    def test_an_engine_that_does_not_exist_is_named(self):
        self.declare(image_arc("true"))
        self.put("20230101T0001.txt")
        self.cls("run", "-p", "p.json", expect=3)
        self.assertIn("CLS_CONTAINERS=nonsense: write auto, podman, docker, bubblewrap or none", self.cls("status"))


if __name__ == "__main__":
    processes_test.CLS = sys.argv.pop(1)
    CACHE = pathlib.Path(sys.argv.pop(1)).resolve()
    unittest.main()
