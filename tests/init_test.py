#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs what `cls init` writes, as its README says, from an empty home. Usage: init_test.py CLS TEMPLATE"""
import os
import pathlib
import re
import subprocess
import sys
import tempfile

BLOCK = re.compile(r"^```sh\n(.*?)^```", re.MULTILINE | re.DOTALL)
RESULTS = {  # below home/stores/s3/shop/; `*` is a lot
    "copy": {"kept/lot=*/orders.csv": "order,item,pieces\n1,apple,3\n2,pear,5\n"},
    "command": {"sums/*.csv": "item,pieces\r\napple,7\r\npear,5\r\n"},
    "several-sources": {"delivered/*0501*.csv": "order,amount\r\n1,10.00\r\n2,18.00\r\n",
                        "delivered/*0502*.csv": "order,amount\r\n3,24.00\r\n"},
}


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    cls, template = pathlib.Path(sys.argv[1]).resolve(), sys.argv[2]
    with tempfile.TemporaryDirectory(prefix="cls-init-") as user:
        environment = {"PATH": f"{cls.parent}:{os.environ['PATH']}", "HOME": user}

        def run(command, folder=user):
            done = subprocess.run(["bash", "-euc", command], cwd=folder, text=True, capture_output=True, timeout=200,
                                  stdin=subprocess.DEVNULL, env=environment)
            print(f"$ {command}\n{done.stdout}{done.stderr}")
            return done

        begun = run(f"cls init shop --template {template}")
        assert begun.returncode == 0, begun.stderr
        folder = pathlib.Path(user) / "shop"
        commands = BLOCK.findall((folder / "README.md").read_text(encoding="utf-8"))
        # The first three commands are those that init names.
        for line in commands[0].strip().splitlines():
            assert line.split("#")[0].strip() in begun.stdout, f"init does not name: {line}"
        for block in commands:
            done = run(block, folder)
            assert done.returncode == 0, done.stderr
            assert "warning" not in done.stderr, done.stderr
        for pattern, text in RESULTS[template].items():
            files = list((folder / "home/stores/s3/shop").glob(pattern))
            assert len(files) == 1, f"{pattern}: {files}"
            assert files[0].read_bytes().decode() == text, f"{files[0]}: {files[0].read_text()!r}"
        made = [f for f in (folder / "home/stores/s3/shop").rglob("*") if f.is_file() and "_note" in f.name]
        assert len(made) <= 1, f"it was copied: {made}"
        assert run("cls audit --home home --settled", folder).returncode == 0
        before = {f: f.read_bytes() for f in folder.rglob("*") if f.is_file() and "/home/" not in str(f)}
        again = run(f"cls init shop --template {template}")
        assert again.returncode == 4, again.returncode
        assert "project.json" in again.stderr, again.stderr
        assert before == {f: f.read_bytes() for f in before}


if __name__ == "__main__":
    main()
