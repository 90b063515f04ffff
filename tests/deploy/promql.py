"""Reads of a PromQL expression what a check needs: selectors, label lists, and what is called around them.

In: the text of an expression. Out: names and texts, no values. It is no parser: what it cannot read it takes
for a metric's name, and the check that looks the name up fails.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass

_TOKEN = re.compile(
    r"""(?P<comment>\#[^\n]*)
    |(?P<string>"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|`[^`]*`)
    |(?P<number>(?:0x[0-9a-fA-F]+|\d+(?:\.\d+)?(?:ms|[smhdwy])(?:\d+(?:ms|[smhdwy]))*|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?))
    |(?P<name>[a-zA-Z_:][a-zA-Z0-9_:]*)
    |(?P<mark>=~|!~|!=|==|>=|<=|[^\s])""",
    re.VERBOSE,
)
LISTS = {"by", "without", "on", "ignoring", "group_left", "group_right"}
"""Words that a list of labels follows."""
WORDS = {"and", "or", "unless", "atan2", "bool", "offset", "start", "end", "inf", "nan"}
"""Words of the language that are neither of a metric nor of a function."""
_COMPARISONS = {"==", "!=", "<", ">", "<=", ">="}


@dataclass(frozen=True, slots=True)
class Selector:
    """One metric that is asked for. `around` are the functions it is an argument of, the nearest first.

    `text` is the selector itself, as an instant vector: without its range and offset.
    """

    metric: str
    text: str
    labels: tuple[str, ...]
    around: tuple[str, ...]


def tokens(promql: str) -> list[str]:
    """Return names, numbers, strings and marks; comments are left out."""
    return [found.group() for found in _TOKEN.finditer(promql) if found.lastgroup != "comment"]


def _named(token: str) -> bool:
    return re.fullmatch(r"[a-zA-Z_:][a-zA-Z0-9_:]*", token) is not None


def _matched(there: list[str]) -> tuple[str, ...]:
    """Return the labels of the matchers between two braces."""
    pairs = itertools.pairwise(there)
    return tuple(name for name, mark in pairs if _named(name) and mark in {"=", "!=", "=~", "!~"})


def listed(promql: str) -> set[str]:
    """Return every label that stands in a list: by (…), on (…) and their kin."""
    found: set[str] = set()
    there = tokens(promql)
    for place, token in enumerate(there):
        if token in LISTS and there[place + 1 : place + 2] == ["("]:
            found |= {name for name in there[place + 2 : there.index(")", place)] if name != ","}
    return found


def selectors(promql: str) -> Iterator[Selector]:
    """Yield every selector, in order."""
    there = [*tokens(promql), ""]
    calls: list[str] = []
    pending, place = "", 0
    while place < len(there):
        token = there[place]
        if token in LISTS:
            if there[place + 1] == "(":
                place = there.index(")", place)
        elif token == "(":
            calls.append(pending)
            pending = ""
        elif token == ")":
            calls.pop()
        elif token == "[":
            place = there.index("]", place)
        elif _named(token) and token.lower() not in WORDS:
            if there[place + 1] == "(" or there[place + 1] in LISTS:
                pending = token
            else:
                closing = there.index("}", place) if there[place + 1] == "{" else place
                text = "".join(there[place : closing + 1])
                labels = _matched(there[place + 2 : closing])
                yield Selector(token, text, labels, tuple(call for call in reversed(calls) if call))
                place = closing
        place += 1


def relaxed(promql: str) -> str:
    """Return it with every comparison saying 0 or 1 instead of dropping series, and no `unless`.

    An alert's expression is empty while all is well, and also when a label in it is misspelt: relaxed, it is
    empty only then.
    """
    words = [*tokens(promql), ""]
    inside = False
    for place, word in enumerate(words):
        inside = word == "{" or (inside and word != "}")
        if word in _COMPARISONS and not inside and words[place + 1] != "bool":
            words[place] = f"{word} bool"
        elif word.lower() == "unless":
            words[place] = "and"
    return " ".join(words).strip()
