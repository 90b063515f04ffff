"""How long a user's regular expression may take, before it is ever run.

Python's `re` backtracks: `(a+)+b` needs longer than the universe for forty letters, and a match that hangs
hangs the daemon (FAULTS.md F31, §4). An expression's choices multiply along a sequence and add up over
alternatives; this bounds their product for a name of 200 characters. It refuses some harmless
expressions; it never lets a harmful one in.
"""

from __future__ import annotations

import re
import warnings
from dataclasses import dataclass

from monitor.kit.text import NAME_LIMIT

LENGTH_LIMIT = 200
"""Characters of a glob or an expression."""

CHOICE_LIMIT = 10_000_000
"""Ways to try one name: three unbounded repeats (200³), or 23 optional letters."""

_COUNTED = re.compile(r"\{(?=[0-9,])([0-9]*)(,?)([0-9]*)\}")
_OPENING = re.compile(r"\((?:\?(?:P<\w+>|i?:))?")
_SIMPLE_ESCAPE = re.compile(r"\\[^0-9]", re.DOTALL)


class TooMuch(ValueError):
    """The expression uses, or may need, more than is allowed; the message says what."""


@dataclass(slots=True)
class _Scanner:
    """Walks a valid expression once and multiplies its choices."""

    text: str
    at: int = 0

    def alternatives(self) -> int:
        """Choices of everything up to the closing bracket or the end."""
        total = self._sequence()
        while self.text.startswith("|", self.at):
            self.at += 1
            total += self._sequence()
        return total

    def _sequence(self) -> int:
        choices = 1
        while self.at < len(self.text) and self.text[self.at] not in "|)":
            choices *= self._repeated(self._atom())
            if choices > CHOICE_LIMIT:
                raise TooMuch("may take too long: too many repeats (* + {}) or choices (? |) in a row")
        return choices

    def _atom(self) -> int:
        char = self.text[self.at]
        if char == "(":
            return self._group()
        if char == "[":
            self._skip_set()
        elif char == "\\":
            if not _SIMPLE_ESCAPE.match(self.text, self.at):
                raise TooMuch("should not refer back to a group")
            self.at += 2
        else:
            self.at += 1
        return 1

    def _group(self) -> int:
        opening = _OPENING.match(self.text, self.at)
        if opening is None or self.text.startswith("?", opening.end()):
            raise TooMuch("should use only plain groups: ( ), (?: ), (?i: ), (?P<name> )")
        self.at = opening.end()
        choices = self.alternatives()
        self.at += 1
        return choices

    def _skip_set(self) -> None:
        self.at += 2 if self.text.startswith("[^", self.at) else 1
        first = self.at
        while self.text[self.at] != "]" or self.at == first:
            self.at += 2 if self.text[self.at] == "\\" else 1
        self.at += 1

    def _repeated(self, choices: int) -> int:
        """Choices of an atom with the quantifier that follows it, if one does."""
        counted = _COUNTED.match(self.text, self.at)
        char = self.text[self.at : self.at + 1]
        if counted is None and char not in {"*", "+", "?"}:
            return choices
        self.at = counted.end() if counted else self.at + 1
        if self.text[self.at : self.at + 1] in {"?", "+"}:
            self.at += 1
        if char == "?":
            return choices + 1
        if counted and not counted[2]:
            return self._power(choices, int(counted[1]))
        if choices > 1:
            raise TooMuch("should not repeat (* + {}) a group that holds a repeat or a choice (? |)")
        return NAME_LIMIT

    @staticmethod
    def _power(choices: int, times: int) -> int:
        """Choices of `{n}`, and at least its turns; cut off, so that no huge number is computed."""
        return max(int(pow(choices, min(times, 24))), times)


def check(expression: str) -> None:
    """Accept a regular expression that is valid, short and surely quick.

    Raises:
        TooMuch: it is too long, may take too long, or uses what cannot be bounded here.
        re.error: it is not valid.
    """
    if len(expression) > LENGTH_LIMIT:
        raise TooMuch(f"should have at most {LENGTH_LIMIT} characters")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            re.compile(expression)
    except (OverflowError, RecursionError):
        raise TooMuch("holds a number that is too large, or too many groups") from None
    except Warning:
        raise TooMuch("is ambiguous: write \\[ for a bracket inside [ ]") from None
    _Scanner(expression.removeprefix("(?i)")).alternatives()
