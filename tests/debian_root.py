# SPDX-License-Identifier: Apache-2.0
"""The smallest Debian 12 there is, with a Python, as a tar file that is made once (by debootstrap)."""
import os
import shutil
import subprocess


def debian_root(cache):
    root = cache / "debian-root.tar"
    if not root.exists():
        cache.mkdir(parents=True, exist_ok=True)
        partial = cache / f"debian-root.{os.getpid()}"
        subprocess.run(["debootstrap", "--variant=minbase", "--include=python3-minimal", "bookworm", partial],
                       check=True, timeout=900, capture_output=True)
        subprocess.run(["tar", "-C", partial, "--exclude=./var/cache/apt/*", "--exclude=./var/lib/apt/lists/*",
                        "-cf", f"{root}.new", "."], check=True, timeout=300)
        shutil.rmtree(partial)
        os.rename(f"{root}.new", root)
    return root
