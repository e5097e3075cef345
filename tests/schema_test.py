#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks what `cls schema` prints with an independent validator: every project file of the examples and scenarios
that `cls verify` reads is valid, and what is broken is not, at the place that is broken.
Usage: schema_test.py CLS"""
import copy
import json
import pathlib
import subprocess
import sys

import jsonschema

ROOT = pathlib.Path(__file__).resolve().parent.parent


def without_comments(text):
    """JSON without // /* */ and # comments; what stands in quotes is left alone."""
    out, at = [], 0
    while at < len(text):
        if text[at] == '"':
            end = at + 1
            while text[end] != '"':
                end += 2 if text[end] == "\\" else 1
            out.append(text[at:end + 1])
            at = end + 1
        elif text[at] == "#" or text.startswith("//", at):
            at = text.find("\n", at)
            at = len(text) if at < 0 else at
        elif text.startswith("/*", at):
            at = text.index("*/", at) + 2
        else:
            out.append(text[at])
            at += 1
    return "".join(out)


def project_files():
    for path in sorted((ROOT / "examples").rglob("project*.json")) + sorted((ROOT / "tests/scenarios").rglob("*.json")):
        yield path


BROKEN = [  # what is done to a good project, and where the validator must find it
    ("an unknown field", lambda p: p.update(arc=[]), []),
    ("no project", lambda p: p.pop("project"), []),
    ("no version", lambda p: p["project"].pop("version"), ["project"]),
    ("a list that is none", lambda p: p.update(arcs={}), ["arcs"]),
    ("a number for a name", lambda p: p["project"].update(name=[1]), ["project", "name"]),
    ("an unknown type", lambda p: p["arcs"][0].update(type="core:copyArk"), ["arcs", 0]),
    ("an unknown field of an arc", lambda p: p["arcs"][0].update(atempts=3), ["arcs", 0]),
    ("a number out of its range", lambda p: p["arcs"][0].update(attempts=0), ["arcs", 0]),
    ("no sources", lambda p: p["arcs"][0].pop("sources"), ["arcs", 0]),
    ("a sink without a path", lambda p: p["arcs"][0]["sinks"]["main"].pop("pathURI"), ["arcs", 0]),
    ("a boundary in the list of arcs", lambda p: p["arcs"].append(p["boundaries"][0]), ["arcs", 1]),
    ("a word that is none of the closed set", lambda p: p["boundaries"][0].update(lateness="never"), ["boundaries", 0]),
    ("a text for a flag", lambda p: p["arcs"][0].update(exclude="yes"), ["arcs", 0]),
]

ALLOWED = [
    ("$schema", lambda p: p.update({"$schema": "project.schema.json"})),
    ("x- fields", lambda p: p["arcs"][0].update({"x-owner": {"team": "blue"}})),
    ("a number as a version", lambda p: p["project"].update(version=20240401)),
    ("what is accepted without effect", lambda p: p["arcs"][0]["sinks"]["main"].update(publish=True)),
    ("null for what has no default", lambda p: p["placement"].update(stage=None)),
]

GOOD = {"project": {"name": "p", "version": "1"}, "placement": {"provider": "local"},
        "boundaries": [{"type": "core:putListenerBoundary", "name": "in", "lotUnit": "Hours",
                        "dataset": {"name": "a", "version": "1", "pathURI": "s3://b/a/"}}],
        "arcs": [{"type": "core:copyArc", "name": "copy", "sources": {"main": {"name": "a", "version": "1"}},
                  "sinks": {"main": {"name": "c", "version": "1", "pathURI": "s3://b/c/"}}}]}


LISTS = {"resource": "resources", "activity": "activities", "boundary": "boundaries", "barrier": "barriers", "arc": "arcs"}


def templates(cls):
    """Each type's template, with all fields and with the required ones, in a project."""
    def show(*words):
        return subprocess.run([cls, "show", *words], capture_output=True, text=True, check=True).stdout

    for kind, of in LISTS.items():
        for name in show(kind, "--list").split():
            for more in ([], ["--required"]):
                yield f"{name} {more}", {**GOOD, of: [json.loads(show(kind, "--model", name, *more))]}


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    cls = pathlib.Path(sys.argv[1]).resolve()
    printed = subprocess.run([cls, "schema"], capture_output=True, text=True, check=True).stdout
    schema = json.loads(printed)
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    problems, valid, invalid = [], 0, 0
    for path in project_files():
        if "project" not in (text := path.read_text(encoding="utf-8")):
            continue
        read = subprocess.run([cls, "verify", "-p", path, "--output", "json"], capture_output=True, text=True)
        try:
            document = json.loads(without_comments(text))
        except json.JSONDecodeError:
            continue  # a scenario about that
        errors = list(validator.iter_errors(document))
        # What verify finds beyond the schema (references, owners) does not concern it.
        if read.returncode == 0 and errors:
            problems.append(f"{path}: {errors[0].message[:300]}")
        valid += not errors
        invalid += bool(errors)
    for name, change in [("nothing", lambda p: None)] + ALLOWED:
        project = copy.deepcopy(GOOD)
        change(project)
        if not validator.is_valid(project):
            problems.append(f"{name}: should be valid")
    several = list(templates(cls))
    problems += [f"the template of {name}: {validator.iter_errors(project).__next__().message[:200]}"
                 for name, project in several if not validator.is_valid(project)]
    if len(several) < 40:
        problems.append(f"only {len(several)} templates")
    if not validator.is_valid([GOOD, GOOD]) or validator.is_valid([]):
        problems.append("an array of projects should be valid, an empty one not")
    for name, change, place in BROKEN:
        project = copy.deepcopy(GOOD)
        change(project)
        found = [list(e.absolute_path) for error in validator.iter_errors(project) for e in [error, *(error.context or [])]]
        if place not in found:
            problems.append(f"{name}: should be found at {place}, was at {found}")
    print(f"{valid} project files are valid, {invalid} are not, {len(BROKEN)} broken ones")
    if valid < 80 or invalid < 1:
        problems.append("too few project files were looked at")
    sys.exit("\n".join(problems) or 0)


if __name__ == "__main__":
    main()
