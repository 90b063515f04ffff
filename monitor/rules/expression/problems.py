"""What is wrong with an expression, where, and what was probably meant."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from monitor.kit.text import clean

SHOWN = 60
"""Characters of the user's text that a message repeats: longer than any metric's name."""

ALIKE = 0.6
"""How like a name must be to be suggested: difflib's own default, and what the configuration uses."""


class ExpressionError(ValueError):
    """An expression that cannot be used. `column` counts characters from 1; `hint` may be empty."""

    def __init__(self, column: int, problem: str, hint: str = "") -> None:
        super().__init__(f"column {column}: {problem}" + (f"; {hint}" if hint else ""))
        self.column = column
        self.problem = problem
        self.hint = hint


def quoted(text: str) -> str:
    """Return `text` as a message shows it: short, in quotes, without hidden characters."""
    return repr(clean(text, SHOWN) or text[:1])


def meant(spelling: str) -> str:
    """Return the hint that proposes `spelling`."""
    return f"did you mean {spelling}?"


def nearest(word: str, known: Iterable[str]) -> str:
    """Return the hint that proposes the name most like `word`; nothing if none is."""
    near = difflib.get_close_matches(word[:SHOWN], known, n=1, cutoff=ALIKE)
    return meant(near[0]) if near else ""
