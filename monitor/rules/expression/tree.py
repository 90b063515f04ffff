"""An expression as a tree. Every node knows the column of the sign or word that makes it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Literal:
    """A number, a length of time, true or false. `unit` is None for a bare number: it goes with any unit."""

    column: int
    value: float | bool
    unit: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Name:
    """A metric of the entity."""

    column: int
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Unary:
    """`-` or `!`."""

    column: int
    sign: str
    operand: Node


@dataclass(frozen=True, slots=True, kw_only=True)
class Binary:
    """Anything with a left and a right side."""

    column: int
    sign: str
    left: Node
    right: Node


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """`condition ? yes : no`."""

    column: int
    condition: Node
    yes: Node
    no: Node


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """`min(…)` or `max(…)`."""

    column: int
    function: str
    arguments: tuple[Node, ...]


Node = Literal | Name | Unary | Binary | Choice | Call
