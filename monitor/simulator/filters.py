"""Query filters: from JSON to something that can be asked about a group, for every analytics endpoint. Pure.

In: decoded parts of a request body. Out: a `Clause`, or plain values. Every flaw becomes a `Refusal` with
status 400.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from monitor.simulator.refusal import Refusal, not_allowed

_JOINS = ("and", "or")
_OPERATORS = ("matches", "exists", "notExists")


@dataclass(frozen=True, slots=True, kw_only=True)
class Predicate:
    """A test of one dimension of a group."""

    dimension: str
    operator: str
    value: str

    def accepts(self, group: Mapping[str, str]) -> bool:
        """Whether the group passes; a group without the dimension matches no value."""
        if self.operator == "matches":
            return group.get(self.dimension) == self.value
        return (self.dimension in group) is (self.operator == "exists")

    def bound(self, dimension: str = "queueId") -> frozenset[str] | None:
        """The only values of a dimension this can let through, or None when it names none."""
        named = self.dimension == dimension and self.operator == "matches"
        return frozenset({self.value}) if named else None

    def predicates(self) -> "Iterator[Predicate]":
        """Itself."""
        yield self


@dataclass(frozen=True, kw_only=True)
class Clause:
    """Predicates and clauses joined by and/or. Nothing joined by or lets nothing through."""

    # Not slotted: cached_property needs an instance dict.
    type: Literal["and", "or"]
    parts: "tuple[Predicate | Clause, ...]"

    def accepts(self, group: Mapping[str, str]) -> bool:
        """Whether the group passes."""
        if self.type == "and":
            return all(part.accepts(group) for part in self.parts)
        return any(pair in self._pairs for pair in group.items()) or any(
            part.accepts(group) for part in self._others
        )

    def bound(self, dimension: str = "queueId") -> frozenset[str] | None:
        """The only values of a dimension this can let through, or None when it does not limit them."""
        bounds = [part.bound(dimension) for part in self.parts]
        known = [bound for bound in bounds if bound is not None]
        if self.type == "and":
            return frozenset.intersection(*known) if known else None
        return frozenset().union(*known) if len(known) == len(bounds) else None

    def predicates(self) -> Iterator[Predicate]:
        """All predicates in it, nested ones included."""
        for part in self.parts:
            yield from part.predicates()

    # Two hundred queue ids in one query are usual: a set instead of two hundred comparisons per group.
    @cached_property
    def _pairs(self) -> frozenset[tuple[str, str]]:
        return frozenset(
            (part.dimension, part.value)
            for part in self.parts
            if isinstance(part, Predicate) and part.operator == "matches"
        )

    @cached_property
    def _others(self) -> "tuple[Predicate | Clause, ...]":
        return tuple(
            part for part in self.parts if not (isinstance(part, Predicate) and part.operator == "matches")
        )


EVERYTHING = Clause(type="and", parts=())
"""The filter that lets every group through."""


def clause(value: object, field: str, *, dimensions: Sequence[str], kind: str, nested: bool = True) -> Clause:
    """Read a filter over some dimensions; `kind` is what the platform calls their enumeration."""
    document = mapping(value, field)
    join = document.get("type")
    if join not in _JOINS:
        raise not_allowed("" if join is None else join, f"{field}.type", "QueryFilterType", _JOINS)
    parts: list[Predicate | Clause] = [
        _predicate(item, f"{field}.predicates", dimensions, kind)
        for item in array(document.get("predicates"), field)
    ]
    clauses = array(document.get("clauses"), field)
    if clauses and not nested:
        raise flaw(field, "Filters may be nested two levels deep.")
    parts += [
        clause(item, f"{field}.clauses", dimensions=dimensions, kind=kind, nested=False) for item in clauses
    ]
    # mypy does not narrow an object to a literal by comparison.
    return Clause(type="and" if join == "and" else "or", parts=tuple(parts))


def _predicate(value: object, field: str, dimensions: Sequence[str], kind: str) -> Predicate:
    document = mapping(value, field)
    dimension, operator = document.get("dimension"), document.get("operator") or "matches"
    if (document.get("type") or "dimension") != "dimension":
        raise flaw(field, "Only predicates of type dimension are supported.")
    if dimension not in dimensions:
        raise not_allowed(dimension, f"{field}.dimension", kind, dimensions)
    if operator not in _OPERATORS:
        raise not_allowed(operator, f"{field}.operator", "QueryOperator", _OPERATORS)
    wanted = document.get("value")
    if operator == "matches" and not isinstance(wanted, str):
        raise flaw(field, f"A value is required for dimension [{dimension}].")
    return Predicate(dimension=str(dimension), operator=str(operator), value=str(wanted))


def enumerated(value: object, field: str, kind: str, allowed: Sequence[str]) -> tuple[str, ...]:
    """An array of words out of an enumeration, each once."""
    found = array(value, field)
    for item in found:
        if item not in allowed:
            raise not_allowed(item, field, kind, allowed)
    return tuple(dict.fromkeys(str(item) for item in found))


def mapping(value: object, field: str) -> dict[str, object]:
    """An object."""
    if not isinstance(value, dict):
        raise flaw(field, f"{field} is required and must be an object.")
    return value


def array(value: object, field: str) -> list[object]:
    """An array; nothing is an empty one."""
    if value is None:
        return []
    if not isinstance(value, list):
        raise flaw(field, f"{field} must hold an array.")
    return value


def flaw(field: str, message: str, code: str = "bad.request") -> Refusal:
    """The 400 for a field that is wrong in another way than by its word."""
    return Refusal(status=400, code=code, message=message, fields=(field,))
