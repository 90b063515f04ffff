"""One rule's view of a batch: entities, what is judged of each, and what stands beside it. Pure.

A batch has several tables, each with its own labels. What a rule needs from other tables than its own is
found by the labels both have: agents of the queue beside interactions of the queue and media type.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

from monitor.model.alert import Evidence
from monitor.model.measure import total
from monitor.model.sample import Rows, Table, Value
from monitor.rules.matching import DESCRIPTIVE, Plan
from monitor.rules.ranking import Ranked

PARTS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "service_level_ratio": ("service_level_numerator", ("service_level_denominator",)),
    "queue_abandon_ratio": ("queue_abandoned", ("queue_answered", "queue_abandoned", "queue_flowed_out")),
    "workitem_sla_ratio": ("workitem_sla_met", ("workitem_sla_met", "workitem_sla_missed")),
}
"""Ratio → its numerator, and the counts that add up to its denominator; all in the ratio's own table."""


@dataclass(frozen=True, slots=True)
class Reading:
    """The entities of one table that a rule matches: parallel to `plan.keys`.

    `ranked` orders the values, by row where they are a column of the table, else by place. `nothing` is what
    an idle value is shown as: 0 for a ratio, with its denominator of 0 beside it.
    """

    plan: Plan
    values: Sequence[Value]
    idle: AbstractSet[int]
    parts: tuple[Sequence[Value], Sequence[Value]] | None
    volume: Sequence[Value] | None
    nothing: Value
    ranked: Ranked

    def evidence(self, place: int) -> Evidence:
        """Return what was judged of one entity."""
        numerator, denominator = (None, None)
        if self.parts is not None:
            numerator, denominator = self.parts[0][place], self.parts[1][place]
        value = self.nothing if place in self.idle else self.values[place]
        return Evidence(value=value, numerator=numerator, denominator=denominator)


@dataclass(slots=True)
class Joins:
    """Finds the row of another table that belongs to a row of this one; remembered per pair of `Rows`."""

    _known: dict[str, tuple[Rows, Rows, list[int | None]]] = field(default_factory=dict)

    def column(
        self, tables: Sequence[Table], slot: int, base: Rows, metric: str
    ) -> tuple[Sequence[Value], AbstractSet[int]] | None:
        """Return `metric` and its idle rows in the order of `base`; None where no table has it."""
        having = [table for table in tables if metric in table.columns]
        if not having:
            return None
        table = having[min(slot, len(having) - 1)]
        column, idle = table.columns[metric], table.idle.get(metric, frozenset())
        if table.rows is base:
            return column, idle
        rows = self._rows(f"{slot}/{metric}", base, table.rows)
        values = [None if row is None else column[row] for row in rows]
        return values, {place for place, row in enumerate(rows) if row in idle} if idle else frozenset()

    def _rows(self, name: str, base: Rows, other: Rows) -> list[int | None]:
        known = self._known.get(name)
        if known is not None and known[0] is base and known[1] is other:
            return known[2]
        shared = [label for label in other.names if label not in DESCRIPTIVE and label in base.names]
        there = [other.names.index(label) for label in shared]
        here = [base.names.index(label) for label in shared]
        index = {tuple(row[place] for place in there): number for number, row in enumerate(other.values)}
        found = [index.get(tuple(row[place] for place in here)) for row in base.values]
        self._known[name] = (base, other, found)
        return found


def parts_of(metric: str, table: Table, indexes: Sequence[int]) -> tuple[list[Value], list[Value]] | None:
    """Return numerator and denominator of a ratio's rows; None where it has none in this table."""
    named = PARTS.get(metric)
    if named is None or named[0] not in table.columns:
        return None
    numerator, added = table.columns[named[0]], [table.columns[name] for name in named[1]]
    return (
        [numerator[row] for row in indexes],
        [total(column[row] for column in added) for row in indexes],
    )


def widest(tables: Sequence[Table], metrics: Sequence[str]) -> list[Table]:
    """Return the tables whose rows are the entities: those with the most labels among the metrics' tables."""
    having = [table for table in tables if any(metric in table.columns for metric in metrics)]
    most = max((_identifying(table) for table in having), default=0)
    return [table for table in having if _identifying(table) == most]


def _identifying(table: Table) -> int:
    return sum(label not in DESCRIPTIVE for label in table.rows.names)
