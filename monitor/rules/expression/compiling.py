"""Text → `Expression`: parsed, checked and built once, then evaluated as often as there are values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from monitor.model.sample import Value
from monitor.rules.expression.building import Many, One, Result, built, picked
from monitor.rules.expression.checking import checked
from monitor.rules.expression.parsing import parsed
from monitor.rules.expression.tree import Binary, Call, Choice, Literal, Name, Node, Unary


@dataclass(frozen=True, slots=True, kw_only=True)
class Expression:
    """An expression that makes sense.

    `metrics` are what it asks for, each once, in order of appearance. It gives a boolean, or a number in
    `unit`; the unit is empty for booleans, bare numbers and where the parts make none.
    """

    text: str
    metrics: tuple[str, ...]
    boolean: bool
    unit: str
    _one: One = field(repr=False, compare=False)
    _many: Many = field(repr=False, compare=False)

    def evaluate(self, values: Sequence[Value]) -> Result:
        """Return what the expression says of one entity; `values` stand in the order of `metrics`."""
        return self._one(values)

    def column(self, columns: Sequence[Sequence[Value]], rows: Sequence[int]) -> list[Result]:
        """Return what the expression says of each of `rows`; `columns` stand in the order of `metrics`."""
        return self._many([picked(column, rows) for column in columns], len(rows))


def compiled(text: str, names: Mapping[str, str]) -> Expression:
    """Return the expression that `text` says.

    Args:
        text: what the user wrote.
        names: the metrics it may ask for → their units; "" for none.

    Raises:
        ExpressionError: it says nothing, or nothing that makes sense; with column, problem and hint.
    """
    tree = parsed(text)
    meaning = checked(tree, names)
    places: dict[str, int] = {}
    for name in _names(tree):
        places.setdefault(name, len(places))
    functions = built(tree, places)
    return Expression(
        text=text,
        metrics=tuple(places),
        boolean=meaning.boolean,
        unit=meaning.unit or "",
        _one=functions.one,
        _many=functions.many,
    )


def _names(node: Node) -> Iterator[str]:
    """Yield the metrics below `node` from left to right, as often as they appear."""
    match node:
        case Literal():
            return
        case Name(name=name):
            yield name
        case Unary(operand=operand):
            yield from _names(operand)
        case Binary(left=left, right=right):
            yield from _names(left)
            yield from _names(right)
        case Choice(condition=condition, yes=yes, no=no):
            for part in (condition, yes, no):
                yield from _names(part)
        case Call(arguments=arguments):
            for part in arguments:
                yield from _names(part)
