"""Columns in order of their values, so that many rules find what is beyond a level without looking at all.

One `Ranks` serves one batch: each column is sorted once, by the first rule that asks. Pure.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from monitor.model.rule import Level
from monitor.model.sample import Table, Value


@dataclass(frozen=True, slots=True)
class Ranked:
    """The known values of a column, lowest first, and the row of each."""

    values: Sequence[float]
    rows: Sequence[int]

    def beyond(self, level: Level) -> Iterable[int]:
        """Yield the rows beyond an enter edge of `level`."""
        if level.low is not None:
            yield from self.rows[: bisect_left(self.values, level.low)]
        if level.high is not None:
            yield from self.rows[bisect_right(self.values, level.high) :]


def ranked(column: Sequence[Value]) -> Ranked:
    """Return `column` in order; what is unknown has no place in it."""
    known = sorted((value, row) for row, value in enumerate(column) if value is not None)
    return Ranked([value for value, _ in known], [row for _, row in known])


@dataclass(slots=True)
class Ranks:
    """The ranked columns of one batch."""

    _known: dict[tuple[int, str], Ranked] = field(default_factory=dict)

    def of(self, table: Table, metric: str) -> Ranked:
        """Return a column of a table in order."""
        key = (id(table), metric)
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = ranked(table.columns[metric])
        return found
