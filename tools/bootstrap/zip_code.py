#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Packs a program as the code of a Lambda function: `bootstrap`, executable, in a zip file that is the same bytes for
the same program. Usage: zip_code.py PROGRAM ZIP"""
import pathlib
import sys
import zipfile

if len(sys.argv) != 3:
    sys.exit(__doc__)
program, target = map(pathlib.Path, sys.argv[1:])
entry = zipfile.ZipInfo("bootstrap", (1980, 1, 1, 0, 0, 0))
entry.compress_type = zipfile.ZIP_DEFLATED
entry.create_system = 3  # Unix, so that the mode counts
entry.external_attr = 0o100755 << 16
target.parent.mkdir(parents=True, exist_ok=True)
with zipfile.ZipFile(target, "w") as archive:
    archive.writestr(entry, program.read_bytes(), compresslevel=9)
