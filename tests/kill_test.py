#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Two `cls up` on one home are killed again and again while files arrive; nothing is lost, nothing comes twice.

Another process writes 300 files with times over 20 lots: slowly, renamed in, moved in as a directory, with twins of the
same bytes, overwritten, written again, late. A copy arc, a command arc and a copy arc take them on. One of the two
processes is killed 60 times at random moments; the other one runs under strace, which kills it at the entry of a
system call of a phase (scan, close, claim, workload, commit, publish; told by the path) until every phase was hit
8 times. Then both are let finish, the audit reads everything, and what the last arc lists is compared by hash with
what was written. Usage: kill_test.py CLS [--short] [--seed N] [--keep] | --self-test

Where ptrace is not permitted only the random kills are made, which is said; it fails with CLS_REQUIRE_STRACE=1.
"""
import argparse
import collections
import contextlib
import hashlib
import json
import os
import pathlib
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.parse

LOTS = 20
PHASES = ("scan", "close", "claim", "workload", "commit", "publish")
PATIENCE = 240  # seconds that an end may take; machines are slow and shared
ARCS = (("first", "k-in", "k-a", "a"), ("second", "k-a", "k-b", "b"), ("third", "k-b", "k-c", "c"))
WRITES = "link,linkat,rename,renameat,renameat2,unlink,mkdir,mkdirat,fsync,fdatasync"


def project():
    def arc(name, source, sink, folder):
        return {"type": "core:copyArc", "name": name, "backoffSec": 0,
                "sources": {"main": {"name": source, "version": "1"}},
                "sinks": {"main": {"name": sink, "version": "1", "pathURI": f"s3://data-k/{folder}/"}}}

    arcs = [arc(*one) for one in ARCS]
    arcs[1].update({"type": "core:commandArc", "workload": {"manifest": "collect", "command": [
        "sh", "-c", 'while read -r f; do cp "$f" "$CLS_SINK_MAIN_PATH/"; done < "$CLS_SOURCE_MAIN_FILES"; sleep 0.05']}})
    return {"project": {"name": "k", "version": "1"}, "placement": {"provider": "local"},
            "boundaries": [{"type": "core:putListenerBoundary", "name": "inbox", "lotUnit": "PT1M",
                            "eventArrival": "frequent", "settleSec": 1, "quietSec": 1,
                            "lotSource": "keyTimestampRegex",
                            "keyRegex": r"(?P<year>\d{4})(?P<month>\d\d)(?P<day>\d\d)T(?P<hour>\d\d)(?P<minute>\d\d)",
                            "dataset": {"name": "k-in", "version": "1", "pathURI": "s3://data-k/in/"}}],
            "arcs": arcs}


# ---- what is written


def make_plan(count, draw):
    """Actions in their order, each a dict: how, name, text."""
    late = count // 10
    actions = []
    texts = {}
    for number in range(count):
        lot = number * LOTS // (count - late) if number < count - late else draw.randrange(LOTS // 2)
        name = f"20230101T00{lot:02}-{number:03}.txt"
        how = draw.choices(("slow", "write", "part", "moved", "folder"), (1, 3, 3, 3, 1))[0]
        if how == "folder":
            name = f"d{number:03}/{name}"
        text = f"{number} {draw.getrandbits(64):x}\n" + "x" * draw.randrange(3000)
        if texts and draw.random() < 0.05:  # a twin: the same bytes under another key
            text = texts[draw.choice(sorted(texts))]
        texts[name] = text
        actions.append({"how": how, "name": name, "text": text})
        if draw.random() < 0.08:  # written again with the same bytes
            again = draw.choice(sorted(texts))
            actions.append({"how": "moved", "name": again, "text": texts[again]})
        if draw.random() < 0.06:  # overwritten with other bytes
            over = draw.choice(sorted(texts))
            texts[over] = f"{number} again {draw.getrandbits(64):x}\n"
            actions.append({"how": "moved", "name": over, "text": texts[over]})
    return actions


def write_one(action, target, staging):
    path = target / action["name"]
    how, text = action["how"], action["text"]
    if how == "slow":
        with open(path, "w", encoding="ascii") as file:
            for start in range(0, len(text), len(text) // 3 + 1):
                file.write(text[start:start + len(text) // 3 + 1])
                file.flush()
                time.sleep(0.02)
    elif how == "write":
        path.write_text(text, "ascii")
    elif how == "part":
        part = path.with_name(path.name + ".part")
        part.write_text(text, "ascii")
        part.rename(path)
    elif how == "moved":
        (staging / "file").write_text(text, "ascii")
        (staging / "file").rename(path)
    else:
        (staging / path.parent.name).mkdir()
        (staging / path.parent.name / path.name).write_text(text, "ascii")
        (staging / path.parent.name).rename(path.parent)


def writer(target, staging):
    """The other process: a line of standard input is a list of actions, and is answered by a line."""
    for line in sys.stdin:
        for action in json.loads(line):
            write_one(action, target, staging)
        print("written", flush=True)


# ---- the phases


class Phases:
    """Which paths belong to which phase."""

    def __init__(self, home, names):
        stores = f"{home}/stores/s3"
        self.names = names
        self.lots = LOTS  # how many times of long ago files have
        self.state = f"{stores}/clusterless-arc-state-local-home"
        self.manifests = f"{stores}/clusterless-manifest-local-home/datasets"
        self.input = f"{stores}/data-k/in"
        self.folders = [f"{stores}/data-k/{arc[3]}" for arc in ARCS]
        self.claims = f"{self.state}/claims/"
        self.starts = ((f"{self.state}/arrivals/", "close"), (f"{self.state}/members/", "commit"),
                       (f"{self.state}/arcs/", "publish"),
                       (f"{stores}/clusterless-manifest-local-home/attempts/", "commit"),
                       (f"{self.manifests}/name=k-in/", "close"), (f"{self.manifests}/", "publish"),
                       (f"{home}/attempts/", "workload"), *((folder, "workload") for folder in self.folders),
                       (self.input, "scan"))

    def watched(self, phase):
        """What strace looks at: exact paths are all that it can tell, so those that may come to be."""
        if phase == "scan":
            return [self.input]
        if phase == "commit":
            return []  # rename's target is no path to strace; few renames are of anything but claims
        if phase == "close":
            folder = f"{self.state}/arrivals/project=k/version=1/boundary=inbox"
            return [folder, *(f"{folder}/segment={number:012}.jsonl" for number in range(1, 400))]
        if phase == "workload":
            return [*self.folders, *(f"{folder}/{name}" for folder in self.folders for name in self.names)]
        present = int(time.time()) // 60
        lots = [f"20230101PT1M{lot:04}" for lot in range(self.lots + 2)]
        lots += [time.strftime("%Y%m%dPT1M", time.gmtime(minute * 60)) + f"{minute % 1440:04}"
                 for minute in range(present - 2, present + 4)]
        if phase == "publish":
            return [f"{self.manifests}/name={arc[2]}/version=1/lot={lot}/state=complete{end}"
                    for arc in ARCS for lot in lots for end in ("", "/manifest.json")]
        return [f"{self.claims}project=k/version=1/arc={arc[0]}/lot={lot}.json" for arc in ARCS for lot in lots]

    calls = {"scan": "openat,getdents64", "claim": "link,linkat", "commit": "rename,renameat,renameat2",
             "workload": WRITES + ",openat,copy_file_range"}

    def of(self, line):
        """The phase of a traced call, None for what belongs to none."""
        paths = re.findall(r'[<"](/[^>"]*)[>"]', line)
        if any(path.startswith(self.claims) for path in paths):
            return self.of_claim(paths)
        return next((phase for start, phase in self.starts if any(path.startswith(start) for path in paths)), None)

    @staticmethod
    def of_claim(paths):
        """What the claim would have become stands in the temporary file that its killed writer left."""
        for path in paths:
            if "/.cls-tmp-" not in path:
                continue
            try:
                claim = json.loads(pathlib.Path(path).read_text())
            except (OSError, ValueError):
                return None
            if claim["state"] == "running":
                return "claim"
            return "publish" if all(sink.get("published") for sink in claim["sinks"].values()) else "commit"
        return None


# ---- the killing


class Trial:
    def __init__(self, options, folder):
        self.cls = options.cls
        self.began = time.monotonic()
        self.folder = folder
        self.home = folder / "home"
        self.draw = random.Random(options.seed)
        share = 3 if options.short else 1
        self.kills_wanted = 60 // share
        self.hits_wanted = max(3, 8 // share)
        self.plan = make_plan(300 // share, self.draw)
        self.kills = 0
        self.hits = collections.Counter()
        self.traced = may_trace(folder)
        self.input = self.home / "stores/s3/data-k/in"
        self.phases = Phases(str(self.home), [action["name"] for action in self.plan])
        self.written = 0
        self.misses = 0  # starts under strace that ended in no phase, or in none that was wanted
        self.log = open(folder / "log", "a", encoding="utf-8")
        self.running = []

    def start(self, *before):
        process = subprocess.Popen([*before, self.cls, "up", "--home", self.home], stdout=subprocess.DEVNULL,
                                   stderr=self.log, start_new_session=True)
        self.running.append(process)
        return process

    def command(self, *arguments):
        ran = subprocess.run([self.cls, *arguments, "--home", self.home], capture_output=True, text=True,
                             timeout=PATIENCE)
        if ran.returncode != 0:
            raise SystemExit(f"kill_test: cls {arguments[0]} ended with {ran.returncode}\n{ran.stdout}{ran.stderr}")

    def start_writer(self):
        staging = self.folder / "staging"
        staging.mkdir()
        self.writer = subprocess.Popen([sys.executable, __file__, "--writer", self.input, staging], text=True,
                                       stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def feed(self, share):
        """Lets the writer write until `share` of the plan is there."""
        end = min(len(self.plan), int(share * len(self.plan)) + 8)
        if end <= self.written:
            return
        self.writer.stdin.write(json.dumps(self.plan[self.written:end]) + "\n")
        self.writer.stdin.flush()
        self.writer.stdout.readline()
        self.written = end

    def add_lot(self):
        """One more file, of one more lot, where all is written and a phase still waits for its kills."""
        lot = self.phases.lots
        self.phases.lots += 1
        self.plan.append({"how": "moved", "name": f"20230101T{lot // 60:02}{lot % 60:02}-more.txt", "text": f"more {lot}\n"})
        self.feed(1)

    def start_traced(self):
        """A process that strace kills in the phase that was hit least."""
        self.wanted = min(PHASES, key=lambda phase: (self.hits[phase], self.draw.random()))
        calls = self.phases.calls.get(self.wanted, WRITES)
        paths = [word for path in self.phases.watched(self.wanted) for word in ("-P", path)]
        self.trace = self.folder / "trace"
        self.trace.unlink(missing_ok=True)
        return self.start("strace", "-f", "-y", "-qq", "-o", self.trace, *paths, "-e", f"trace={calls}",
                          "-e", f"inject={calls}:signal=KILL:when={self.draw.randint(1, 2)}")

    def note_hit(self):
        """In which phase the traced process was killed: the call that its thread had just entered."""
        for line in reversed(self.trace.read_text(errors="replace").splitlines()):
            if "/" in line and "exited" not in line and "killed by" not in line:
                phase = self.phases.of(line)
                if phase is not None:
                    self.hits[phase] += 1
                    self.note(f"hit in {phase}, wanted {self.wanted}: {dict(self.hits)}, {self.kills} random kills")
                    return
                break
        self.misses += 1

    def note(self, text):
        self.log.write(f"kill_test: {time.monotonic() - self.began:.1f} s: {text}\n")
        self.log.flush()

    def done(self):
        return self.kills >= self.kills_wanted and (
            not self.traced or all(self.hits[phase] >= self.hits_wanted for phase in PHASES))

    def share(self):
        """How much of the killing is done."""
        hits = sum(min(self.hits[phase], self.hits_wanted) for phase in PHASES) / (self.hits_wanted * len(PHASES))
        return min(self.kills / self.kills_wanted, hits) if self.traced else self.kills / self.kills_wanted

    def kill_all(self):
        """The kills, while files arrive in proportion to them; what is left over arrives when they stall."""
        plain, traced = None, None
        end = time.monotonic() + PATIENCE * 3
        stalled, rest_until, more_at = 0.0, 0.0, 0.0
        while not self.done():
            if time.monotonic() > end:
                raise SystemExit(f"kill_test: only {self.kills} kills, {dict(self.hits)} after {3 * PATIENCE} s")
            before = self.share()
            self.feed(before + stalled)
            if plain is None and self.kills < self.kills_wanted and time.monotonic() > rest_until:
                plain, die_at = self.start(), time.monotonic() + self.draw.choice((0.4, 1.0, 2.5)) * self.draw.random()
            if traced is None and self.traced:
                traced = self.start_traced()
            time.sleep(0.02)
            if plain is not None and time.monotonic() > die_at:
                plain.kill()
                plain.wait()
                plain, rest_until = None, time.monotonic() + self.draw.uniform(0, 0.5)
                self.kills += 1
            if traced is not None and traced.poll() is not None:
                traced = None
                self.note_hit()
            stalled = 0.0 if self.share() > before else stalled + 0.001
            if before + stalled > 1 and self.phases.lots < 1000 and time.monotonic() > more_at:
                self.add_lot()
                more_at = time.monotonic() + 1
        self.end_traced(traced)
        if plain is not None:
            plain.terminate()
            plain.wait(PATIENCE)
        self.feed(1)

    def end_traced(self, traced):
        if traced is None:
            return
        children = pathlib.Path(f"/proc/{traced.pid}/task/{traced.pid}/children").read_text().split()
        for pid in children:
            with contextlib.suppress(ProcessLookupError):  # it may just have ended by itself
                os.kill(int(pid), signal.SIGKILL)
        traced.wait(PATIENCE)

    def finish(self):
        """Both run on until all is taken in, end in good order, and `run --seal` closes what is still open."""
        served = self.served()
        both = [self.start(), self.start()]
        keys = {action["name"] for action in self.plan}
        ledger = self.home / "stores/s3/clusterless-arc-state-local-home/arrivals/project=k/version=1/boundary=inbox"
        end = time.monotonic() + PATIENCE
        while True:
            known = "".join(file.read_text() for file in ledger.glob("segment=*"))
            missing = [key for key in keys if f"/{key}\"" not in known]
            if not missing and self.served() == served + 2:
                break
            if time.monotonic() > end:
                raise SystemExit(f"kill_test: not taken in after {PATIENCE} s: {sorted(missing)[:10]}")
            time.sleep(0.2)
        for process in both:
            process.terminate()
        codes = [process.wait(PATIENCE) for process in both]
        if codes != [0, 0]:
            raise SystemExit(f"kill_test: cls up ended with {codes} after SIGTERM")
        self.command("run", "--until-idle", "--seal")

    def served(self):
        """How many starts came as far as serving; before that a process does not handle SIGTERM."""
        return (self.folder / "log").read_text().count("info: serving")

    # ---- what came of it

    def members(self, dataset):
        """All URIs that the dataset's current manifests list, with repetitions."""
        folder = self.home / f"stores/s3/clusterless-manifest-local-home/datasets/name={dataset}/version=1"
        return [uri for file in folder.glob("lot=*/state=complete/manifest.json")
                for uri in json.loads(file.read_text())["uris"]]

    def compare(self):
        """What is wrong, as lines."""
        problems = []
        for _, _, dataset, _ in ARCS:
            twice = [uri for uri, count in collections.Counter(self.members(dataset)).items() if count > 1]
            problems += [f"{dataset} lists it twice: {uri}" for uri in twice]
        least, most, last = collections.Counter(), collections.Counter(), {}
        for action in self.plan:
            digest = hashlib.sha256(action["text"].encode()).hexdigest()
            if last.get(action["name"]) != digest:  # the same bytes again are no event
                most[digest] += 1
            last[action["name"]] = digest
        least.update(last.values())
        found = collections.Counter()
        for uri in self.members("k-c"):
            path = self.home / "stores/s3" / urllib.parse.unquote(uri.removeprefix("s3://"))
            digest = hashlib.sha256(path.read_bytes()).hexdigest()
            found[digest] += 1
            if digest not in most:
                problems.append(f"nobody wrote these bytes: {uri}")
        for digest in most:
            if not least[digest] <= found[digest] <= most[digest]:
                problems.append(f"in the last sink {found[digest]} times, should be {least[digest]} to {most[digest]}: "
                                + ", ".join(name for name, one in last.items() if one == digest))
        for name, digest in last.items():
            if hashlib.sha256((self.input / name).read_bytes()).hexdigest() != digest:
                problems.append(f"the file itself has other bytes: {name}")
        return problems

    def report(self):
        files = len({action["name"] for action in self.plan})
        print(f"{files} files, {len(self.plan)} writes, {len(self.members('k-c'))} members of the last sink, "
              f"{time.monotonic() - self.began:.0f} s")
        print(f"SIGKILL at random moments: {self.kills}")
        if not self.traced:
            print("SIGKILL in phases: none, because strace may not trace here (ptrace)")
            return
        print(f"SIGKILL in phases by strace, at the entry of a system call ({self.misses} elsewhere):")
        for phase in PHASES:
            print(f"  {phase:9} {self.hits[phase]:4}")

    def end(self):
        for process in self.running:
            if process.poll() is None:
                self.end_traced(process)
                process.kill()
                process.wait()


def may_trace(folder):
    """Whether strace can kill: not where ptrace is forbidden."""
    if shutil.which("strace") is None:
        return False
    probe = ["strace", "-f", "-o", folder / "probe", "-e", "inject=openat:signal=KILL:when=1", "true"]
    return subprocess.run(probe, capture_output=True).returncode == -signal.SIGKILL


def run(options, folder):
    trial = Trial(options, folder)
    if not trial.traced and os.environ.get("CLS_REQUIRE_STRACE") == "1":
        raise SystemExit("kill_test: strace may not trace here, and CLS_REQUIRE_STRACE=1 says that it has to")
    try:
        trial.input.mkdir(parents=True)
        (folder / "p.json").write_text(json.dumps(project()))
        trial.command("deploy", "-p", folder / "p.json", "--since", "all")
        trial.start_writer()
        trial.kill_all()
        trial.finish()
        trial.report()
        trial.command("audit", "--deep")
        problems = trial.compare()
    finally:
        trial.end()
    if problems:
        print("\n".join(problems), file=sys.stderr)
        raise SystemExit(f"kill_test: {len(problems)} problems with seed {options.seed}")
    print("audit clean; every file is in the last sink, once")


def self_test():
    """The comparison finds each loss, each repetition, and bytes that nobody wrote."""

    class Compared(Trial):
        def __init__(self, folder):
            self.plan = make_plan(60, random.Random(1))
            self.home, self.input = folder, folder / "stores/s3/data-k/in"
            self.uris = []
            for name, text in {action["name"]: action["text"] for action in self.plan}.items():
                for path in (self.input / name, folder / "stores/s3/data-k/c" / name):
                    path.parent.mkdir(parents=True, exist_ok=True)
                    path.write_text(text)
                self.uris.append(f"s3://data-k/c/{name}")

        def members(self, dataset):
            return self.uris if dataset == "k-c" else []

    with tempfile.TemporaryDirectory() as folder:
        compared = Compared(pathlib.Path(folder))
        assert compared.compare() == [], compared.compare()
        whole = compared.uris
        for number, uri in enumerate(whole):
            compared.uris = whole[:number] + whole[number + 1:]
            assert compared.compare(), f"the loss of {uri} is not found"
            compared.uris = [*whole, uri]
            assert compared.compare(), f"{uri} is listed twice, which is not found"
        compared.uris = whole
        (compared.home / "stores/s3/data-k/c/20230101T0000-000.txt").write_text("other")
        assert any("nobody wrote" in problem for problem in compared.compare())
    print("each loss and each repetition is found")


def main():
    if sys.argv[1:2] == ["--writer"]:
        return writer(*map(pathlib.Path, sys.argv[2:]))
    if sys.argv[1:2] == ["--self-test"]:
        return self_test()
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cls", type=lambda text: pathlib.Path(text).resolve())
    parser.add_argument("--short", action="store_true", help="a third of it")
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 30))
    parser.add_argument("--keep", action="store_true", help="leave the folder")
    options = parser.parse_args()
    print(f"seed {options.seed}", flush=True)
    folder = pathlib.Path(tempfile.mkdtemp(prefix="cls-kill-"))
    try:
        run(options, folder)
    except BaseException:
        options.keep = True
        raise
    finally:
        if options.keep:
            print(f"left for a look: {folder}", file=sys.stderr)
        else:
            shutil.rmtree(folder)


if __name__ == "__main__":
    main()
