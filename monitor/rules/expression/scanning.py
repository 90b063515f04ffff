"""Text → tokens, within the limits of length and operators."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum, auto

from monitor.rules.expression.problems import ExpressionError, meant, quoted

LONGEST = 1_000
"""Characters of an expression; the longest rule seen in the field fits five times."""

MOST_OPERATORS = 64
"""Operators of an expression: bounds the cost of one evaluation and the depth of its tree."""


class Kind(Enum):
    """What a token is."""

    NUMBER = auto()
    DURATION = auto()
    NAME = auto()
    SIGN = auto()
    BRACKET = auto()
    END = auto()


@dataclass(frozen=True, slots=True)
class Token:
    """A word of the text; `column` counts characters from 1."""

    kind: Kind
    text: str
    column: int


# ASCII only: `\d` and `\w` would let in digits and letters that look like others.
_NUMBER = r"(?:[0-9]+(?:\.[0-9]+)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?"
_DURATION = r"(?:[0-9]+(?:\.[0-9]+)?(?:ms|s|m|h|d))+"
_ENDED = r"(?![A-Za-z0-9_.])"
_TOKENS = re.compile(
    rf"(?P<SPACE>[ \t\r\n\f]+)|(?P<DURATION>{_DURATION}){_ENDED}|(?P<NUMBER>{_NUMBER}){_ENDED}"
    r"|(?P<NAME>[A-Za-z_][A-Za-z0-9_]*)|(?P<SIGN>&&|\|\||[<>=!]=|[-<>+*/!?:])|(?P<BRACKET>[(),])"
)
_MISSPELT = re.compile(r"\.?[0-9][A-Za-z0-9_.]*|<>|=[<>]|.", re.DOTALL)

_HINTS = {
    "=": meant("=="),
    "=>": meant(">="),
    "=<": meant("<="),
    "<>": meant("!="),
    "&": meant("&&"),
    "|": meant("||"),
    "≤": meant("<="),
    "≥": meant(">="),
    "≠": meant("!="),
    "×": meant("*"),
    "÷": meant("/"),
    "−": meant("-"),
    "–": meant("-"),
    ".": "names have no dots",
    "%": "there is no remainder; write 80 % as 0.8",
    "'": "there is no text here; choose entities by their labels with for_each",
    '"': "there is no text here; choose entities by their labels with for_each",
}


def scanned(text: str) -> list[Token]:
    """Return the tokens of `text`, an END last.

    Raises:
        ExpressionError: it is too long, has too many operators, or characters that mean nothing.
    """
    if len(text) > LONGEST:
        raise ExpressionError(LONGEST + 1, f"longer than {LONGEST:,} characters")
    found: list[Token] = []
    at = 0
    while at < len(text):
        match = None if text.startswith(("<>", "=>", "=<"), at) else _TOKENS.match(text, at)
        if match is None or match.lastgroup is None:
            raise _meaningless(text, at)
        if match.lastgroup != "SPACE":
            found.append(Token(Kind[match.lastgroup], match[0], at + 1))
        at = match.end()
    _count([token for token in found if token.kind is Kind.SIGN])
    return [*found, Token(Kind.END, "", len(text) + 1)]


def _meaningless(text: str, at: int) -> ExpressionError:
    match = _MISSPELT.match(text, at)
    word = text[at] if match is None else match[0]
    if word[-1] not in "<>" and (len(word) > 1 or word.isdecimal()):
        hint = "numbers are 20, 0.8 or 1e3, lengths of time 90s or 1h30m"
        return ExpressionError(at + 1, f"{quoted(word)} is not a number", hint)
    return ExpressionError(at + 1, f"{quoted(word)} means nothing here", _HINTS.get(word, ""))


def _count(signs: list[Token]) -> None:
    operators = [token for token in signs if token.text != ":"]
    if len(operators) > MOST_OPERATORS:
        column = operators[MOST_OPERATORS].column
        raise ExpressionError(column, f"more than {MOST_OPERATORS} operators", "split it into two rules")
