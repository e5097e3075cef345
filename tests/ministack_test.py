#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The suites of all stores against another server of S3 than versitygw: MiniStack, whose objects are no files.

Usage: ministack_test.py STORE_TEST TOOLS     STORE_TEST is the test program of src/store, TOOLS what tools/setup installs into
"""
import os
import pathlib
import subprocess
import sys
import tempfile
import time
import urllib.request

from held_port import hold_port, number_of


def wait_until_ready(server, url, log):
    end = time.monotonic() + 60
    while time.monotonic() < end and server.poll() is None:
        try:
            urllib.request.urlopen(f"{url}/_ministack/health", timeout=5).close()
            return
        except OSError:
            time.sleep(0.05)
    sys.exit(f"MiniStack does not answer; it said:\n{log.read_text()[-2000:]}")


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    program, tools = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]).resolve()
    with tempfile.TemporaryDirectory(prefix="cls-ministack-") as folder, hold_port() as held:
        log = pathlib.Path(folder, "log")
        port = number_of(held)
        url = f"http://127.0.0.1:{port}"
        environment = {"PATH": os.environ["PATH"], "HOME": folder, "PYTHONPATH": str(tools / "python"),
                       "GATEWAY_PORT": str(port), "BIND_HOST": "127.0.0.1", "MINISTACK_HOST": "127.0.0.1",
                       "PERSIST_STATE": "0", "IOT_MTLS_ENABLED": "0"}
        with open(log, "w") as words:
            server = subprocess.Popen([sys.executable, "-m", "ministack"], cwd=folder, env=environment, stdout=words,
                                      stderr=words)
        try:
            wait_until_ready(server, url, log)
            sys.exit(subprocess.run([program, "--gtest_filter=*/s3:*/routed"],
                                    env={**os.environ, "CLS_TEST_S3": url}, timeout=240).returncode)
        finally:
            server.terminate()
            try:
                server.wait(10)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()


if __name__ == "__main__":
    main()
