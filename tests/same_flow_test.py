#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""cls and cls-sim are linked with one and the same library of flow/, and cls-sim has no other copy of its code.

Usage: same_flow_test.py BUILD_DIRECTORY
"""
import pathlib
import re
import sys

LIBRARY = "src/flow/libcls_flow.a"


def inputs(ninja, output):
    """Everything that the edge of a program has as input, its link libraries included."""
    match = re.search(rf"^build {re.escape(output)}[^\n:]*: \S+(?P<inputs>[^\n]*)\n(?P<variables>(?:  [^\n]*\n)*)",
                      ninja, re.M)
    if not match:
        sys.exit(f"build.ninja has no edge for {output}: build with Ninja, by a preset")
    return match["inputs"] + match["variables"]


def main(build):
    ninja = (build / "build.ninja").read_text().replace("$\n", "")
    for program in ("src/cli/cls", "src/sim/cls-sim"):
        if LIBRARY not in inputs(ninja, program):
            sys.exit(f"{program} is not linked with {LIBRARY}")
    members = inputs(ninja, "src/sim/libcls_sim.a")
    if re.search(r"src/flow/\S+\.o\b", members):
        sys.exit("src/sim/libcls_sim.a holds code of flow/ itself")
    print(f"cls and cls-sim are linked with {LIBRARY}")


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
