#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compares docs/commands/ with what the commands say of themselves: a page per command, which begins with what
`--help` prints. What follows in a page is written by hand and left alone.
Usage: command_pages.py CLS [--update]"""
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
PAGES = ROOT / "docs/commands"
END = "<!-- What `--help` prints ends here; tools/command_pages.py writes it. -->\n"


def help_of(cls, words=()):
    return subprocess.run([cls, *words, "--help"], capture_output=True, text=True, check=True).stdout


def commands_in(text):
    """The names below `Commands:` or `Commands below it:`, with what they do."""
    found, listing = [], False
    for line in text.splitlines():
        if line.startswith("Commands"):
            listing = True
        elif not line:
            listing = False
        elif listing and line.startswith("  ") and line[2] != " ":
            name, _, doc = line.strip().partition(" ")
            found.append([name, doc.strip()])
        elif listing:
            found[-1][1] += " " + line.strip()
    return found


def commands(cls, words=()):
    """Every command as its words, with what it does, each before those below it."""
    for name, doc in commands_in(help_of(cls, words)):
        yield (*words, name), doc
        yield from commands(cls, (*words, name))


def page_of(cls, words, text):
    """The page with its first part as it should be."""
    begin = f"# cls {' '.join(words)}\n\n```text\n{help_of(cls, words)}```\n\n"
    rest = text.split(END, 1)[1] if END in text else "\n"
    return begin + END + rest


def index_of(found):
    rows = "".join(f"| [cls {' '.join(words)}]({'-'.join(words)}.md) | {doc} |\n" for words, doc in found)
    return ("# Commands\n\nA page for each, with what `cls COMMAND --help` prints. Written by `tools/command_pages.py`; exit codes: "
            f"[exit-codes.md](../exit-codes.md).\n\n| command | |\n|---|---|\n{rows}")


def main(cls, update):
    found = list(commands(cls))
    wanted = {PAGES / "README.md": index_of(found)}
    for words, _ in found:
        path = PAGES / f"{'-'.join(words)}.md"
        wanted[path] = page_of(cls, words, path.read_text(encoding="utf-8") if path.exists() else "")
    problems = [f"{path}: no command has this page" for path in PAGES.glob("*.md") if path not in wanted]
    for path, text in wanted.items():
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            problems.append(f"{path}: is not what the command says")
        if update:
            PAGES.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")
    if problems and not update:
        sys.exit("\n".join(problems) + "\ntools/command_pages.py CLS --update writes them")


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3) or sys.argv[2:] not in ([], ["--update"]):
        sys.exit(__doc__)
    main(pathlib.Path(sys.argv[1]).resolve(), bool(sys.argv[2:]))
