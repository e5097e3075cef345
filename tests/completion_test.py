#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Loads the scripts of `cls completion` in real shells and asks for completions. Usage: completion_test.py CLS SHELL
SHELL: bash, zsh, zsh-autoloaded, fish.
Ends with 77 (skipped) where the shell is not installed."""
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

BASH = r"""
source ./script
COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
_cls
printf '%s\n' "${COMPREPLY[@]}"
"""

# The completion function is called by a widget, as by the key; what it adds is printed.
ZSH = r"""
zmodload zsh/zpty
line=$1
zpty shell zsh -f -i
settle() { local text; while zpty -r -t shell text; do :; done }
zpty -w shell 'PS1= PS2= ; unsetopt zle_bracketed_paste; fpath=($PWD $fpath)'
zpty -w shell "autoload -Uz compinit; compinit -u -d dump; $2"
zpty -w shell 'compadd() { builtin compadd -A found -D displays "$@" 2>/dev/null; builtin compadd -A found "$@"; print -l -- $found >> answer }'
zpty -w shell 'show() { _main_complete; print done >> answer }; zle -C show complete-word show; bindkey "^I" show'
zpty -w shell 'print ready > ready'
until [[ -s ready ]]; do zpty -r -t shell text; done
zpty -w -n shell "$line"$'\t'
until [[ -s answer && $(tail -1 answer) == done ]]; do zpty -r -t shell text; done
zpty -d shell
grep -vx done answer
"""


def bash(words):
    # As readline hands them over: = is a word of its own.
    words = [part for word in words for part in (re.split("(=)", word) if "=" in word else [word])]
    return ["bash", "--norc", "-c", BASH, "bash", *words]


def fish(words):
    return ["fish", "--no-config", "-c", 'source ./script; complete -C "$argv"', " ".join(words)]


def zsh(words, load="source ./script"):
    return ["zsh", "-f", "-c", ZSH, "zsh", " ".join(words), load]


def zsh_autoloaded(words):
    return zsh(words, "true")  # by compinit, from fpath


CASES = [  # words before the cursor; what must be offered; what must not
    (["cls", "de"], {"deploy", "destroy"}, {"verify", "--home"}),
    (["cls", "arcs", ""], {"status"}, {"deploy", "--home"}),
    (["cls", "show", "--"], {"--list", "--describe", "--model", "--required", "--home"}, {"--metrics"}),
    (["cls", "--output", ""], {"table", "json", "csv", "tsv"}, {"deploy"}),
    (["cls", "status", "--output", ""], {"table", "json", "csv", "tsv"}, {"deploy"}),
    (["cls", "deploy", "-p", "pro"], {"project.json"}, {"deploy"}),
    (["cls", "--home", "run", "stat"], {"status"}, set()),
    (["cls", "completion", ""], {"bash", "zsh", "fish"}, {"deploy"}),
    (["cls", "help", "late"], {"lateness"}, {"deploy"}),
    (["cls", "show", "ar"], {"arc"}, {"arcs"}),
    (["cls", "status", "--output=j"], {"json"}, {"table"}),
]


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    cls, shell = pathlib.Path(sys.argv[1]).resolve(), sys.argv[2]
    program = shell.split("-")[0]
    if not shutil.which(program):
        print(f"there is no {program}")
        sys.exit(77)
    run = {"bash": bash, "zsh": zsh, "zsh-autoloaded": zsh_autoloaded, "fish": fish}[shell]
    problems = []
    script = subprocess.run([cls, "completion", program], capture_output=True, text=True, check=True).stdout
    for words, wanted, unwanted in CASES:
        with tempfile.TemporaryDirectory() as folder:
            (pathlib.Path(folder) / ("_cls" if shell == "zsh-autoloaded" else "script")).write_text(script)
            (pathlib.Path(folder) / "project.json").write_text("{}")
            done = subprocess.run(run(words), cwd=folder, capture_output=True, text=True, timeout=60,
                                  env={"PATH": os.environ["PATH"], "HOME": folder, "LC_ALL": "C.UTF-8", "TERM": "dumb"})
        offered = {line.split("\t")[0].strip().removeprefix("--output=") for line in done.stdout.splitlines()}
        if done.stderr or not wanted <= offered or offered & unwanted:
            problems.append(f"{' '.join(words)!r} in {shell}: wanted {sorted(wanted)}, got {sorted(offered)} {done.stderr}")
    print(f"{len(CASES)} lines completed by {shell}")
    sys.exit("\n".join(problems) or 0)


if __name__ == "__main__":
    main()
