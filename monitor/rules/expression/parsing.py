"""Tokens → tree, by precedence climbing; how deep it goes is checked before it goes there."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from monitor.kit import durations
from monitor.rules.expression.problems import ExpressionError, meant, quoted
from monitor.rules.expression.scanning import Kind, Token, scanned
from monitor.rules.expression.tree import Binary, Call, Choice, Literal, Name, Node, Unary

DEEPEST = 32
"""Parentheses, calls, signs and choices within each other; keeps far from Python's recursion limit."""

FUNCTIONS = ("min", "max")
COMPARISONS = ("<", "<=", ">", ">=", "==", "!=")
COMPARING = 3
# https://github.com/google/cel-spec/blob/master/doc/langdef.md#syntax: all comparisons bind alike.
STRENGTH = {"||": 1, "&&": 2, **dict.fromkeys(COMPARISONS, COMPARING), "+": 4, "-": 4, "*": 5, "/": 5}
WORDS = {"and": "&&", "or": "||", "not": "!", "true": "true", "false": "false"}
"""What people write for what is written here, in lower case."""


def parsed(text: str) -> Node:
    """Return the tree of `text`.

    Raises:
        ExpressionError: the text is no expression, or beyond a limit.
    """
    tokens = scanned(text)
    if len(tokens) == 1:
        raise ExpressionError(1, "the expression is empty", "write a condition, such as waiting > 20")
    parser = _Parser(tokens)
    tree = parser.choice()
    parser.finish()
    return tree


@dataclass(slots=True)
class _Parser:
    """A place in the tokens; each method takes what it is named for and moves on."""

    tokens: list[Token]
    at: int = 0
    depth: int = 0

    def choice(self) -> Node:
        """Take a whole expression."""
        condition = self.operation(1)
        asked = self.token
        if not self.took("?"):
            return condition
        yes = self.operation(1)
        if self.token.text == "?":
            raise ExpressionError(self.token.column, "a choice within a choice", "put it in parentheses")
        self.expect(":", "a choice is condition ? value : value")
        no = self.within(asked, self.choice)
        return Choice(column=asked.column, condition=condition, yes=yes, no=no)

    def operation(self, weakest: int) -> Node:
        """Take operands joined by operators that bind at least as strongly as `weakest`."""
        left = self.unary()
        while (strength := STRENGTH.get(self.token.text, 0)) >= weakest:
            sign = self.take()
            right = self.operation(strength + 1)
            left = Binary(column=sign.column, sign=sign.text, left=left, right=right)
            if strength == COMPARING and self.token.text in COMPARISONS:
                hint = "write a < b && b < c, or use parentheses"
                raise ExpressionError(self.token.column, "a comparison cannot be chained", hint)
        return left

    def unary(self) -> Node:
        """Take an operand with its signs."""
        token = self.token
        if token.text not in {"-", "!"}:
            return self.value()
        self.take()
        return Unary(column=token.column, sign=token.text, operand=self.within(token, self.unary))

    def value(self) -> Node:
        """Take a literal, a name, a call or something in parentheses."""
        token = self.take()
        if token.text == "(":
            inner = self.within(token, self.choice)
            self.expect(")")
            return inner
        if token.kind is Kind.NAME:
            return self.named(token)
        if token.kind is Kind.NUMBER:
            return Literal(column=token.column, value=_finite(float(token.text), token))
        if token.kind is Kind.DURATION:
            seconds = _finite(durations.parse(token.text), token)
            return Literal(column=token.column, value=seconds, unit="seconds")
        raise _unexpected(token, "a value is missing")

    def named(self, token: Token) -> Node:
        """Take what a word begins."""
        if token.text in {"true", "false"}:
            return Literal(column=token.column, value=token.text == "true")
        if token.text.lower() in WORDS:
            raise _unexpected(token, "a value is missing")
        if self.token.text == "(":
            return self.call(token)
        return Name(column=token.column, name=token.text)

    def call(self, function: Token) -> Node:
        """Take the arguments of a function."""
        if function.text not in FUNCTIONS:
            hint = meant(function.text.lower()) if function.text.lower() in FUNCTIONS else ""
            raise ExpressionError(
                function.column,
                f"there is no function {quoted(function.text)}",
                hint or "functions are min and max",
            )
        self.take()
        arguments = [self.within(function, self.choice)]
        while self.took(","):
            arguments.append(self.within(function, self.choice))
        self.expect(")")
        if len(arguments) == 1:
            raise ExpressionError(function.column, f"{function.text} of one value", "give it two or more")
        return Call(column=function.column, function=function.text, arguments=tuple(arguments))

    def within(self, token: Token, take: Callable[[], Node]) -> Node:
        """Take one level deeper."""
        if self.depth >= DEEPEST:
            raise ExpressionError(token.column, f"nested deeper than {DEEPEST} levels", "split it in two")
        self.depth += 1
        found = take()
        self.depth -= 1
        return found

    def finish(self) -> None:
        """Take the end of the text."""
        if self.token.kind is not Kind.END:
            raise _unexpected(self.token, "an operator is missing")

    @property
    def token(self) -> Token:
        """The next token; END stays at the end."""
        return self.tokens[self.at]

    def take(self) -> Token:
        """Take whatever is next."""
        token = self.token
        if token.kind is not Kind.END:
            self.at += 1
        return token

    def took(self, text: str) -> bool:
        """Take `text` if it is next."""
        if self.token.text != text:
            return False
        self.at += 1
        return True

    def expect(self, text: str, hint: str = "") -> None:
        """Take `text`."""
        if not self.took(text):
            raise _unexpected(self.token, f"{text!r} is missing", hint)


def _unexpected(token: Token, problem: str, hint: str = "") -> ExpressionError:
    """Say what is wrong before `token`, and what its writer may have meant by it."""
    if token.kind is Kind.END:
        return ExpressionError(token.column, f"{problem} at the end", hint)
    if token.kind is Kind.NAME and token.text.lower() in WORDS:
        hint = meant(WORDS[token.text.lower()])
        return ExpressionError(token.column, f"{quoted(token.text)} means nothing here", hint)
    return ExpressionError(token.column, f"{problem} before {quoted(token.text)}", hint)


def _finite(number: float, token: Token) -> float:
    """Return `number`; refuse one beyond what a double can hold."""
    if not math.isfinite(number):
        raise ExpressionError(token.column, f"{quoted(token.text)} is too large a number")
    return number
