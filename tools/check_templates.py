#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""cfn-lint over every golden template, with property names, types and values checked against the schemas of AWS's
resources that cfn-lint ships. Warnings count. That it finds a misspelt property is shown by one planted in a copy of each
kind of stack.
Usage: check_templates.py [TEMPLATE…]     without templates: all below tests/golden/aws
"""
import json
import os
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
PYTHON = ROOT / "build/tools/python"


def lint(templates, region):
    """What cfn-lint says of templates of one region, as objects."""
    done = subprocess.run(
        [sys.executable, "-c", "from cfnlint.runner import main; main()", "--format", "json", "--non-zero-exit-code", "none",
         "--regions", region, "-t", *map(str, templates)],
        env={**os.environ, "PYTHONPATH": str(PYTHON)}, capture_output=True, text=True, timeout=900)
    if done.returncode != 0:
        sys.exit(f"check_templates: cfn-lint: exit {done.returncode}\n{done.stdout}{done.stderr}")
    return json.loads(done.stdout or "[]")


def words(found):
    place = "/".join(map(str, found["Location"]["Path"] or []))
    return f"{found['Filename']}: {found['Rule']['Id']}: {place}: {found['Message']}"


def misspelt(template):
    """The same template, one property of its first resource misspelt."""
    content = json.loads(template.read_text())
    for id in sorted(content["Resources"]):
        properties = content["Resources"][id].get("Properties")
        if properties:
            name = sorted(properties)[0]
            properties[name + "s"] = properties.pop(name)
            return json.dumps(content), f"{name}s"
    sys.exit(f"check_templates: {template} has no properties")


def region_of(template):
    """As the folder of the template is named: ACCOUNT-REGION."""
    return template.parent.name.partition("-")[2] or "us-east-1"


def finds_what_is_planted(templates):
    with tempfile.TemporaryDirectory(prefix="cls-templates-") as folder:
        for number, template in enumerate(templates):
            content, name = misspelt(template)
            copy = pathlib.Path(folder, f"{number}.template.json")
            copy.write_text(content)
            if not any(one["Rule"]["Id"] == "E3002" and name in one["Message"] for one in lint([copy], region_of(template))):
                print(f"check_templates: cfn-lint does not find the property {name} planted in a copy of {template}")
                return False
    return True


def main(arguments):
    templates = [pathlib.Path(one).resolve() for one in arguments] or sorted(
        (ROOT / "tests/golden/aws").glob("*/*/*.template.json"))
    if not templates:
        print("check_templates: there are no templates")
        return 1
    if not (PYTHON / "cfnlint").is_dir():
        print("check_templates: cfn-lint is not installed; tools/setup does that")
        return 1
    regions = {}
    for template in templates:
        regions.setdefault(region_of(template), []).append(template)
    found = [one for region, of_region in sorted(regions.items()) for one in lint(of_region, region)]
    for one in found:
        print(words(one))
    print(f"{len(templates)} templates, {len(found)} findings")
    kinds = [next(one for one in templates if word in one.name) for word in ("bootstrap", "resource", "arc")
             if any(word in one.name for one in templates)]
    return 1 if found or not finds_what_is_planted(kinds) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
