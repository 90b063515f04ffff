"""Checked tree → closures: one value at a time, and a column at a time.

Each node becomes two functions that say the same. They trust the check: a boolean never meets a number.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import isfinite

from monitor.model.sample import Value
from monitor.rules.expression.tree import Binary, Call, Choice, Literal, Name, Node, Unary

Result = float | bool | None
"""A number, true or false; None is unknown."""

One = Callable[[Sequence[Value]], Result]
Many = Callable[[Sequence[list[Result]], int], list[Result]]
"""Columns of finite or unknown values, the caller's to give away, and their length → a column."""

Compute = Callable[[float, float], float]
Compare = Callable[[float, float], bool]

ARITHMETIC: dict[str, Compute] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
}
COMPARISON: dict[str, Compare] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
}
DECISIVE = {"&&": False, "||": True}
"""What settles a connective, whatever the other side is."""


@dataclass(frozen=True, slots=True)
class Built:
    """A node's two functions."""

    one: One
    many: Many


def built(node: Node, places: dict[str, int]) -> Built:
    """Return the functions of `node`; `places` says where each metric's value stands."""
    match node:
        case Literal(value=value):
            return Built(lambda _: value, lambda _, length: [value] * length)
        case Name(name=name):
            return _metric(places[name])
        case Unary(sign=sign, operand=operand):
            return _unary(operator.neg if sign == "-" else operator.not_, built(operand, places))
        case Binary(sign=sign):
            return _binary(sign, built(node.left, places), built(node.right, places))
        case Choice():
            return _choice(*(built(part, places) for part in (node.condition, node.yes, node.no)))
        case Call(function=function):
            arguments = [built(argument, places) for argument in node.arguments]
            return _extreme(operator.lt if function == "min" else operator.gt, arguments)


def picked(column: Sequence[Value], rows: Sequence[int]) -> list[Result]:
    """Return the values at `rows`; None for those that are infinite or no number."""
    return [value if (value := column[row]) is not None and isfinite(value) else None for row in rows]


def _metric(place: int) -> Built:
    def one(values: Sequence[Value]) -> Result:
        value = values[place]
        return value if value is not None and isfinite(value) else None

    return Built(one, lambda columns, _: columns[place])


def _unary(compute: Callable[[float], float], operand: Built) -> Built:
    inner, inners = operand.one, operand.many

    def one(values: Sequence[Value]) -> Result:
        value = inner(values)
        return None if value is None else compute(value)

    def many(columns: Sequence[list[Result]], length: int) -> list[Result]:
        return [None if value is None else compute(value) for value in inners(columns, length)]

    return Built(one, many)


def _binary(sign: str, left: Built, right: Built) -> Built:
    if sign in ARITHMETIC:
        return _arithmetic(ARITHMETIC[sign], left, right)
    if sign in COMPARISON:
        return _comparison(COMPARISON[sign], left, right)
    return _connective(left, right, decisive=DECISIVE[sign])


def _arithmetic(compute: Compute, left: Built, right: Built) -> Built:
    a_one, b_one, a_many, b_many = left.one, right.one, left.many, right.many

    def calculated(a: Result, b: Result) -> Result:
        if a is None or b is None:
            return None
        try:
            found = compute(a, b)
        except ZeroDivisionError:
            return None
        return found if isfinite(found) else None

    def one(values: Sequence[Value]) -> Result:
        return calculated(a_one(values), b_one(values))

    def many(columns: Sequence[list[Result]], length: int) -> list[Result]:
        return list(map(calculated, a_many(columns, length), b_many(columns, length)))

    return Built(one, many)


def _comparison(compare: Compare, left: Built, right: Built) -> Built:
    a_one, b_one, a_many, b_many = left.one, right.one, left.many, right.many

    def one(values: Sequence[Value]) -> Result:
        a = a_one(values)
        if a is None:
            return None
        b = b_one(values)
        return None if b is None else compare(a, b)

    def many(columns: Sequence[list[Result]], length: int) -> list[Result]:
        pairs = zip(a_many(columns, length), b_many(columns, length), strict=True)
        return [None if a is None or b is None else compare(a, b) for a, b in pairs]

    return Built(one, many)


def _connective(left: Built, right: Built, *, decisive: bool) -> Built:
    a_one, b_one, a_many, b_many = left.one, right.one, left.many, right.many
    other = not decisive

    def one(values: Sequence[Value]) -> Result:
        a = a_one(values)
        if a is decisive:
            return decisive
        b = b_one(values)
        if b is decisive:
            return decisive
        return None if a is None or b is None else other

    def many(columns: Sequence[list[Result]], length: int) -> list[Result]:
        pairs = zip(a_many(columns, length), b_many(columns, length), strict=True)
        return [
            decisive if a is decisive or b is decisive else None if a is None or b is None else other
            for a, b in pairs
        ]

    return Built(one, many)


def _choice(condition: Built, yes: Built, no: Built) -> Built:
    asked, positive, negative = condition.one, yes.one, no.one

    def one(values: Sequence[Value]) -> Result:
        answer = asked(values)
        if answer is None:
            return None
        return positive(values) if answer else negative(values)

    def many(columns: Sequence[list[Result]], length: int) -> list[Result]:
        sides = zip(*(part.many(columns, length) for part in (condition, yes, no)), strict=True)
        return [None if answer is None else a if answer else b for answer, a, b in sides]

    return Built(one, many)


def _extreme(beyond: Compare, arguments: list[Built]) -> Built:
    first, *rest = [argument.one for argument in arguments]
    manys = [argument.many for argument in arguments]

    def one(values: Sequence[Value]) -> Result:
        found = first(values)
        for argument in rest:
            value = argument(values)
            if found is None or value is None:
                return None
            if beyond(value, found):
                found = value
        return found

    def chosen(a: Result, b: Result) -> Result:
        if a is None or b is None:
            return None
        return b if beyond(b, a) else a

    def many(columns: Sequence[list[Result]], length: int) -> list[Result]:
        found, *others = [argument(columns, length) for argument in manys]
        for column in others:
            found = list(map(chosen, found, column))
        return found

    return Built(one, many)
