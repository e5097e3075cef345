# SPDX-License-Identifier: Apache-2.0
"""Counts the readings of one lot: files named in CLS_SOURCE_MAIN_FILES, one number into CLS_SINK_MAIN_PATH."""
import os
import pathlib
import sys

total = 0
for name in pathlib.Path(os.environ["CLS_SOURCE_MAIN_FILES"]).read_text().splitlines():
    header, *readings = pathlib.Path(name).read_text().splitlines()
    if header != "minute,celsius":
        sys.exit(f"{name}: the header is '{header}'")
    total += len(readings)
(pathlib.Path(os.environ["CLS_SINK_MAIN_PATH"]) / f"{os.environ['CLS_LOT']}.txt").write_text(f"{total}\n")
