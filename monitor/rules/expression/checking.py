"""Tree → what it gives: number or boolean, and in which unit. Refuses what makes no sense."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from monitor.model.metric import PLATFORM_PREFIX
from monitor.rules.expression.problems import ExpressionError, meant, nearest, quoted
from monitor.rules.expression.tree import Binary, Call, Choice, Literal, Name, Node, Unary
from monitor.rules.expression.units import BARE, NONE, Unit, product, quotient, said, together

ORDERS = frozenset({"<", "<=", ">", ">="})
EQUALITIES = frozenset({"==", "!="})
VERBS = {
    "+": "add",
    "-": "subtract",
    "min": "take the min of",
    "max": "take the max of",
    "?": "choose between",
}
"""What an operator does, for messages; the others compare."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Meaning:
    """What a node gives: a boolean, or a number in `unit`."""

    boolean: bool = False
    unit: Unit = NONE


BOOLEAN = Meaning(boolean=True)


def checked(node: Node, names: Mapping[str, str]) -> Meaning:
    """Return what `node` gives; looks at every node once.

    Args:
        node: a tree of bounded depth.
        names: metric → unit.

    Raises:
        ExpressionError: an unknown metric, a boolean where a number belongs or the reverse, different units.
    """
    match node:
        case Literal(value=value, unit=unit):
            return BOOLEAN if isinstance(value, bool) else Meaning(unit=unit)
        case Name():
            return Meaning(unit=_unit(node, names))
        case Unary(sign=sign, operand=operand):
            inner = checked(operand, names)
            return _truth(inner, operand, sign) if sign == "!" else _number(inner, operand, sign)
        case Binary(left=left, right=right):
            return _binary(node, checked(left, names), checked(right, names))
        case Choice(condition=condition, yes=yes, no=no):
            _truth(checked(condition, names), condition, "?")
            return _choice(node, checked(yes, names), checked(no, names))
        case Call(arguments=arguments):
            return _call(node, [checked(argument, names) for argument in arguments])


def _unit(node: Name, names: Mapping[str, str]) -> str:
    if node.name in names:
        return names[node.name]
    plain = node.name.removeprefix(PLATFORM_PREFIX)
    hint = meant(plain) if plain in names else nearest(node.name, names)
    raise ExpressionError(node.column, f"there is no metric {quoted(node.name)}", hint)


def _truth(meaning: Meaning, node: Node, sign: str) -> Meaning:
    """Return `meaning`, which `node` has and `sign` needs to be true or false."""
    if not meaning.boolean:
        hint = "compare it with a number"
        raise ExpressionError(node.column, f"{sign!r} takes true or false, this is a number", hint)
    return meaning


def _number(meaning: Meaning, node: Node, sign: str) -> Meaning:
    """Return `meaning`, which `node` has and `sign` needs to be a number."""
    if meaning.boolean:
        hint = "write condition ? 1 : 0 for a number"
        raise ExpressionError(node.column, f"{sign!r} takes numbers, this is true or false", hint)
    return meaning


def _binary(node: Binary, left: Meaning, right: Meaning) -> Meaning:
    sign = node.sign
    if sign in {"&&", "||"} or (sign in EQUALITIES and left.boolean and right.boolean):
        _truth(left, node.left, sign)
        return _truth(right, node.right, sign)
    _number(left, node.left, sign)
    _number(right, node.right, sign)
    if sign == "*":
        return Meaning(unit=product(left.unit, right.unit))
    if sign == "/":
        return Meaning(unit=quotient(left.unit, right.unit))
    unit = _together(left.unit, right.unit, node.column, sign)
    return BOOLEAN if sign in ORDERS | EQUALITIES else Meaning(unit=unit)


def _choice(node: Choice, yes: Meaning, no: Meaning) -> Meaning:
    if yes.boolean != no.boolean:
        hint = "both sides of : are numbers, or both true or false"
        raise ExpressionError(node.column, "cannot choose between a number and true or false", hint)
    if yes.boolean:
        return BOOLEAN
    return Meaning(unit=_together(yes.unit, no.unit, node.column, "?"))


def _call(node: Call, meanings: list[Meaning]) -> Meaning:
    unit: Unit = BARE
    for argument, meaning in zip(node.arguments, meanings, strict=True):
        _number(meaning, argument, node.function)
        unit = _together(unit, meaning.unit, argument.column, node.function)
    return Meaning(unit=unit)


def _together(left: Unit, right: Unit, column: int, sign: str) -> Unit:
    try:
        return together(left, right)
    except ValueError:
        problem = f"cannot {VERBS.get(sign, 'compare')} {said(left)} and {said(right)}"
        hint = "compare each with a number, or divide one by the other"
        raise ExpressionError(column, problem, hint) from None
