"""Whether what the documents name is there: commands with their options, targets of make, files.

In: what stands in code style, and what is typed in a terminal. Out: what of it is wrong, in words.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from functools import cache

import click

from monitor.cli import main
from tests.docs.examples import ROOT

_APART = re.compile(r"\|\||&&|[|;&\n(){}<>`]|\$\(|\bdo\b|\bthen\b|\belse\b")
_BEFORE = re.compile(
    r"^(?:!|exec|if|until|while|time|sudo(?: -u \w+)?|timeout \d\w*|env|\w+=(?:\"[^\"]*\"|'[^']*'|\S)*)\s+"
)
_TARGET = re.compile(r"^make ((?:[a-z][a-z-]*)(?: [a-z][a-z-]*)*)")
_PATH = re.compile(r"^\.?(?:config|deploy|docs|monitor|tests|ci)/[\w./*-]*$")


def wrong(code: str) -> Iterator[str]:
    """Yield what is wrong with what stands in code style: a command, a target of make or a path."""
    yield from commanded(code)
    if _PATH.match(code) and not any(any(root.glob(code.rstrip("/"))) for root in (ROOT, ROOT / "monitor")):
        yield f"there is no {code}"


def commanded(script: str) -> Iterator[str]:
    """Yield what is wrong with the queuewatch commands and the targets of make that a script has."""
    joined = re.sub(r"(?m)(?:^|(?<=\s))#.*$", "", script.replace("\\\n", " "))
    for command in _APART.split(joined):
        words = command.strip()
        while (rest := _BEFORE.sub("", words)) != words:
            words = rest
        name, _, typed = words.partition(" ")
        if name in {"queuewatch", ".venv/bin/queuewatch"} and typed:
            yield from (f"queuewatch {typed}: {problem}" for problem in unknown(_split(typed)))
        target = _TARGET.match(words)
        for one in target[1].split() if target else ():
            if one not in targets():
                yield f"make has no target {one}"


def _split(typed: str) -> list[str]:
    """Return the words; what is cut off in the middle of a quotation, as far as it goes."""
    try:
        return shlex.split(typed)
    except ValueError:
        return typed.split()


def unknown(words: list[str]) -> Iterator[str]:
    """Yield the words that no command answers to, and the options that the one meant has not."""
    command: click.Command = main
    for word in words:
        if (
            isinstance(command, click.Group)
            and not word.startswith("-")
            and not word.isupper()
            and word != "…"
        ):
            inner = command.get_command(click.Context(command), word)
            if inner is None:
                yield f"no command {word}"
                return
            command = inner
        elif word.startswith("-") and word.partition("=")[0] not in _options(command):
            yield f"no option {word}"


def _options(command: click.Command) -> set[str]:
    params = command.get_params(click.Context(command))
    return {"-", *(name for one in params for name in (*one.opts, *one.secondary_opts))}


@cache
def targets() -> frozenset[str]:
    """Return the Makefile's targets."""
    return frozenset(re.findall(r"(?m)^([a-z][a-z-]*):", (ROOT / "Makefile").read_text()))
