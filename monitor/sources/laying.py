"""Lays figures out as tables whose `Rows` stay the same object while the same things are shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from monitor.model.sample import Rows, Table, Value


@dataclass(slots=True)
class Layout:
    """Remembers the rows of each table of one source."""

    _rows: dict[str, Rows] = field(default_factory=dict, init=False)

    def same(self, table: str, names: tuple[str, ...], keys: Sequence[tuple[str, ...]]) -> Rows:
        """Return the rows of the poll before where nothing changed: what others made of them still holds."""
        values = tuple(keys)
        rows = self._rows.get(table)
        if rows is None or rows.names != names or rows.values != values:
            rows = self._rows[table] = Rows(names, values)
        return rows


@dataclass(slots=True)
class Columns:
    """Collects the columns of one table, and where a ratio or mean is idle."""

    values: dict[str, list[Value]] = field(default_factory=dict)
    idle: dict[str, set[int]] = field(default_factory=dict)

    @classmethod
    def of(cls, *metrics: str) -> Columns:
        """Return columns that are there even if nothing is added: a table without rows says so, too."""
        return cls({metric: [] for metric in metrics})

    def add(self, metric: str, value: Value, *, idle: bool = False) -> None:
        """Add the next row's value of `metric`."""
        column = self.values.setdefault(metric, [])
        if idle:
            self.idle.setdefault(metric, set()).add(len(column))
        column.append(value)

    def table(self, rows: Rows) -> Table:
        """Return the columns over `rows`."""
        return Table(rows, self.values, self.idle)
