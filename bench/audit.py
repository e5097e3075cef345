#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The audit of many lots: lays the records of a boundary's lots of one small object each, and of an arc that has copied
some of them, as `cls` would have written them, then runs `cls audit`.

Prints for each number of lots seconds, those of the processor (user and system), both in microseconds per lot, and peak
memory; checks that every lot was looked at and nothing was found wrong, and that a manifest which is then deleted is
found. What was just written is read from memory as far as there is room for it, then from the disk: of very many lots
the processor's seconds say what the audit itself takes.
Usage: audit.py CLS [--lots N…] [--claims N] [--folder DIR] [--smoke]
"""
import argparse
import datetime
import hashlib
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

PROJECT = {"project": {"name": "many", "version": "1"}, "placement": {"provider": "local"},
           "boundaries": [{"type": "core:putListenerBoundary", "name": "inbox", "lotUnit": "PT5M",
                           "dataset": {"name": "in", "version": "1", "pathURI": "s3://many/in/"}}],
           "arcs": [{"type": "core:copyArc", "name": "copy", "sources": {"main": {"name": "in", "version": "1"}},
                     "sinks": {"main": {"name": "out", "version": "1", "pathURI": "s3://many/out/"}}}]}
START = datetime.datetime(2010, 1, 1, tzinfo=datetime.timezone.utc)
LOTS_PER_DAY = 288
SEGMENT_LINES = 25_000
CONTENT = b"x"
SHA256 = hashlib.sha256(CONTENT).hexdigest()
MD5 = hashlib.md5(CONTENT).hexdigest()
ATTEMPT = "01ARZ3NDEKTSV4RRFFQ69G5FAV"


def lot_id(number):
    day = START + datetime.timedelta(days=number // LOTS_PER_DAY)
    return f"{day:%Y%m%d}PT5M{number % LOTS_PER_DAY:03}"


def compact(record):
    return json.dumps(record, separators=(",", ":")).encode()


def store(path, content):
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
    os.write(handle, content)
    os.close(handle)


class Home:
    """Lays records below a home that `cls` has made."""

    def __init__(self, cls, folder):
        self.cls, self.home = cls, folder / "home"
        (folder / "p.json").write_text(json.dumps(PROJECT))
        subprocess.run([cls, "deploy", "-p", folder / "p.json", "--home", self.home, "--since", "all"], check=True,
                       stdout=subprocess.DEVNULL)
        self.stores = f"{self.home}/stores/s3"
        arcs = json.loads(pathlib.Path(f"{self.stores}/clusterless-metadata-local-home/arcs/project=many/version=1/"
                                       "arc=copy/arc.json").read_text())
        self.arc = arcs
        self.state = f"{self.stores}/clusterless-arc-state-local-home"
        self.manifests = f"{self.stores}/clusterless-manifest-local-home/datasets"
        self.segment = f"{self.state}/arrivals/project=many/version=1/boundary=inbox"
        self.claims = f"{self.state}/claims/project=many/version=1/arc=copy"
        self.members = f"{self.state}/members/project=many/version=1/arc=copy"
        self.states = f"{self.state}/arcs/project=many/version=1/arc=copy"
        for path in (self.segment, self.claims, self.members, self.states, f"{self.stores}/many/in",
                     f"{self.stores}/many/out", f"{self.manifests}/name=in/version=1",
                     f"{self.manifests}/name=out/version=1"):
            os.makedirs(path, exist_ok=True)

    def manifest(self, dataset, lot, uri):
        """Stores a manifest of one member; its SHA-256."""
        folder = f"{self.manifests}/name={dataset}/version=1/lot={lot}"
        os.mkdir(folder)
        os.mkdir(f"{folder}/state=complete")
        body = compact({"state": "complete", "comment": None, "lotId": lot, "uriType": "identifier", "uris": [uri]})
        store(f"{folder}/state=complete/manifest.json", body)
        return hashlib.sha256(body).hexdigest()

    def data(self, folder, number):
        """One object; its key below the bucket."""
        below = f"{folder}/d{number // 1000:05}"
        if number % 1000 == 0:
            os.mkdir(f"{self.stores}/many/{below}")
        key = f"{below}/f{number:08}"
        store(f"{self.stores}/many/{key}", CONTENT)
        return key

    def arrive(self, number):
        """An object of a lot, and the lot's manifest; the line of the ledger."""
        lot = lot_id(number)
        key = self.data("in", number)
        seconds = int(START.timestamp()) + 300 * number + 60
        os.utime(f"{self.stores}/many/{key}", (seconds, seconds))
        uri = f"s3://many/{key}"
        self.manifest("in", lot, uri)
        when = datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.000000000Z")
        version = {"size": len(CONTENT), "mtime": when, "sha256": SHA256, "etag": None, "versionId": None}
        return {"uri": uri, "object": version, "firstSeen": when, "ownLot": lot, "lot": lot, "decision": "member",
                "reason": None}

    def close(self, number, lines):
        head = {"version": 1, "kind": "ledger", "number": number,
                "dataset": {"name": "in", "version": "1", "pathURI": "s3://many/in/"},
                "closes": [line["lot"] for line in lines], "at": lines[-1]["firstSeen"], "by": "bench"}
        store(f"{self.segment}/segment={number:012}.jsonl", b"\n".join(map(compact, [head, *lines])) + b"\n")

    def commit(self, number, line):
        """What the arc writes for a lot: data, members, claim, manifest, arc state."""
        lot = line["lot"]
        uri = f"s3://many/{self.data('out', number)}"
        member = {"role": "main", "uri": uri, "size": len(CONTENT), "etag": MD5, "sha256": SHA256,
                  "source": line["uri"], "sourceVersion": f"{len(CONTENT)}:sha256:{SHA256}", "wanted": None,
                  "vanished": None, "superseded": None}
        key = f"members/project=many/version=1/arc=copy/{lot}.{ATTEMPT}.jsonl"
        store(f"{self.state}/{key}", compact(member) + b"\n")
        sha256 = self.manifest("out", lot, uri)
        read = hashlib.sha256(f"{line['uri']}\t{member['sourceVersion']}\n".encode()).hexdigest()[:16]
        made = hashlib.sha256(compact(["main", uri, len(CONTENT), SHA256]) + b"\n").hexdigest()[:16]
        bucket = "s3://clusterless-manifest-local-home/datasets"
        sink = {"manifest": f"{bucket}/name=out/version=1/lot={lot}/state=complete/manifest.json", "state": "complete",
                "sha256": sha256, "members": key, "revision": made, "number": 1, "published": True, "former": None}
        source = {"manifest": f"{bucket}/name=in/version=1/lot={lot}/state=complete/manifest.json", "revision": read}
        store(f"{self.claims}/lot={lot}.json", compact({
            "version": 1, "project": "many", "projectVersion": "1", "arc": "copy", "lot": lot, "state": "committed",
            "result": "complete", "epoch": 1, "owner": None, "leaseSec": 60, "beat": 2, "nonce": ATTEMPT,
            "attempt": ATTEMPT, "attempts": 0, "lostAttempts": 0, "declaration": "bench", "sources": {"main": source},
            "sinks": {"main": sink}, "condemned": [], "error": None, "startedAt": line["firstSeen"],
            "committedAt": line["firstSeen"]}))
        os.mkdir(f"{self.states}/lot={lot}")
        store(f"{self.states}/lot={lot}/complete.arc", b"")

    def lay(self, lots, claims):
        lines = []
        for number in range(lots):
            line = self.arrive(number)
            lines.append(line)
            if number < claims:
                self.commit(number, line)
            if len(lines) == SEGMENT_LINES or number + 1 == lots:
                self.close(number // SEGMENT_LINES + 1, lines)
                lines = []

    def audit(self):
        """Seconds, those of the processor, peak memory in MB, exit code and report."""
        began = time.perf_counter()
        with subprocess.Popen([self.cls, "audit", "--home", self.home, "--output", "json"],
                              stdout=subprocess.PIPE) as process:
            printed = process.stdout.read().decode()
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
        report = json.loads(printed) if printed else None
        seconds = time.perf_counter() - began
        return seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, process.returncode, report


def check(home, lots, claims, report, code):
    """Stops unless all was looked at and nothing was found; then unless what is planted is found."""
    looked = {one["promise"]: one["lots"] for one in report["promises"]}
    wanted = {1: lots, 2: 0, 3: claims, 4: claims, 5: claims, 6: lots}
    if code != 0 or looked != wanted:
        raise SystemExit(f"audit.py: exit {code}, looked at {looked}, not at {wanted}: {report['violations'][:3]}")
    gone = f"{home.manifests}/name=in/version=1/lot={lot_id(lots // 2)}/state=complete/manifest.json"
    os.remove(gone)
    _, _, memory, code, report = home.audit()
    found = [one["lot"] for one in report["violations"] if one["promise"] == 1]
    if code != 5 or found != [lot_id(lots // 2)]:
        raise SystemExit(f"audit.py: a deleted manifest was not found: exit {code}, {report['violations'][:3]}")
    return memory


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cls", type=lambda text: pathlib.Path(text).resolve())
    parser.add_argument("--lots", type=int, nargs="+", default=[100_000, 1_000_000])
    parser.add_argument("--claims", type=int, help="how many lots the arc has copied; all, if not given")
    parser.add_argument("--folder", help="where the home is made; some 25 KiB and 12 inodes per lot with a claim")
    parser.add_argument("--smoke", action="store_true", help="1,000 lots, to see that it works")
    options = parser.parse_args()
    if options.smoke:
        options.lots = [1000]
    print(f"load average {os.getloadavg()[0]:.1f}; {os.cpu_count()} processors")
    for lots in options.lots:
        claims = lots if options.claims is None else min(lots, options.claims)
        with tempfile.TemporaryDirectory(dir=options.folder) as scratch:
            home = Home(options.cls, pathlib.Path(scratch))
            began = time.perf_counter()
            home.lay(lots, claims)
            print(f"{lots} lots, {claims} of them with a claim, laid in {time.perf_counter() - began:.0f} s")
            seconds, busy, memory, code, report = home.audit()
            print(f"audit: {seconds:.1f} s, {seconds / lots * 1e6:.0f} microseconds per lot; of the processor "
                  f"{busy:.1f} s, {busy / lots * 1e6:.0f} microseconds per lot; {memory:.0f} MB")
            memory = check(home, lots, claims, report, code)
            print(f"a manifest that is then deleted is found, with {memory:.0f} MB")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
