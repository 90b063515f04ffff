"""The queue observation query: from JSON to a filter that can be asked. Pure.

In: a decoded request body. Out: an `ObservationQuery`. Every flaw becomes a `Refusal` with status 400.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from monitor.simulator.refusal import Refusal, not_allowed

INTERACTION_METRICS = ("oWaiting", "oAlerting", "oInteracting", "oLongestWaiting", "oLongestInteracting")
AGENT_METRICS = (
    "oMemberUsers",
    "oActiveUsers",
    "oOnQueueUsers",
    "oOffQueueUsers",
    "oUserRoutingStatuses",
    "oUserPresences",
)
_LONGEST = ("oLongestWaiting", "oLongestInteracting")
_METRICS = (*INTERACTION_METRICS, *AGENT_METRICS)
_DIMENSIONS = ("queueId", "mediaType")
_JOINS = ("and", "or")
_OPERATORS = ("matches", "exists", "notExists")

MAX_PREDICATES = 200
"""What the platform allowed according to the error a public client received."""


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

    def bound(self) -> frozenset[str] | None:
        """The only queue ids this can let through, or None when it names none."""
        named = self.dimension == "queueId" and self.operator == "matches"
        return frozenset({self.value}) if named else None


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

    def bound(self) -> frozenset[str] | None:
        """The only queue ids this can let through, or None when it does not limit them."""
        bounds = [part.bound() for part in self.parts]
        known = [bound for bound in bounds if bound is not None]
        if self.type == "and":
            return frozenset.intersection(*known) if known else None
        return frozenset().union(*known) if len(known) == len(bounds) else None

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


@dataclass(frozen=True, slots=True, kw_only=True)
class ObservationQuery:
    """Which metrics of which groups are wanted."""

    filter: Clause
    metrics: tuple[str, ...]


def parse(body: object) -> ObservationQuery:
    """Read a request body; raises Refusal (400) naming the first flaw found.

    `detailMetrics` are checked but yield no observations: those carry personal data and no monitor asks.
    """
    document = _mapping(body, "body")
    metrics = _enumerated(document.get("metrics"), "metrics", _METRICS)
    _enumerated(
        document.get("detailMetrics", []), "detailMetrics", [m for m in _METRICS if m not in _LONGEST]
    )
    if not metrics:
        raise _flaw("metrics", "At least one metric is required.")
    wanted = _clause(document.get("filter"), "filter", nested=True)
    if (count := _predicates(wanted)) > MAX_PREDICATES:
        raise _flaw("filter", f"Query has {count} predicates. The maximum is {MAX_PREDICATES}.")
    return ObservationQuery(filter=wanted, metrics=metrics)


def _clause(value: object, field: str, *, nested: bool) -> Clause:
    document = _mapping(value, field)
    kind = document.get("type")
    if kind not in _JOINS:
        raise not_allowed("" if kind is None else kind, f"{field}.type", "QueryFilterType", _JOINS)
    parts: list[Predicate | Clause] = [
        _predicate(item, f"{field}.predicates") for item in _list(document.get("predicates"), field)
    ]
    clauses = _list(document.get("clauses"), field)
    if clauses and not nested:
        raise _flaw(field, "Filters may be nested two levels deep.")
    parts += [_clause(item, f"{field}.clauses", nested=False) for item in clauses]
    # mypy does not narrow an object to a literal by comparison.
    return Clause(type="and" if kind == "and" else "or", parts=tuple(parts))


def _predicate(value: object, field: str) -> Predicate:
    document = _mapping(value, field)
    dimension, operator = document.get("dimension"), document.get("operator", "matches")
    if document.get("type", "dimension") != "dimension":
        raise _flaw(field, "Only predicates of type dimension are supported.")
    if dimension not in _DIMENSIONS:
        raise not_allowed(dimension, f"{field}.dimension", "QueueObservationDimension", _DIMENSIONS)
    if operator not in _OPERATORS:
        raise not_allowed(operator, f"{field}.operator", "QueryOperator", _OPERATORS)
    wanted = document.get("value")
    if operator == "matches" and not isinstance(wanted, str):
        raise _flaw(field, f"A value is required for dimension [{dimension}].")
    return Predicate(dimension=str(dimension), operator=str(operator), value=str(wanted))


def _predicates(clause: Clause) -> int:
    return sum(_predicates(part) if isinstance(part, Clause) else 1 for part in clause.parts)


def _enumerated(value: object, field: str, allowed: "list[str] | tuple[str, ...]") -> tuple[str, ...]:
    found = _list(value, field)
    for item in found:
        if item not in allowed:
            raise not_allowed(item, field, "QueueObservationMetric", allowed)
    return tuple(dict.fromkeys(str(item) for item in found))


def _mapping(value: object, field: str) -> dict[str, object]:
    if not isinstance(value, dict):
        raise _flaw(field, f"{field} is required and must be an object.")
    return value


def _list(value: object, field: str) -> list[object]:
    if value is None:
        return []
    if not isinstance(value, list):
        raise _flaw(field, f"{field} must hold an array.")
    return value


def _flaw(field: str, message: str) -> Refusal:
    return Refusal(status=400, code="bad.request", message=message, fields=(field,))
