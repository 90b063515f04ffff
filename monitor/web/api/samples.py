"""`/api/v1/samples`: the newest value of every series of every source, as rules see them."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from heapq import merge
from itertools import islice
from typing import NamedTuple

from starlette.requests import Request
from starlette.responses import Response

from monitor.model.board import SourceState
from monitor.model.sample import Rows, SampleBatch, Table
from monitor.web import reading, shapes
from monitor.web.access import Address, Scope
from monitor.web.api import paging, tags
from monitor.web.api.aside import aside
from monitor.web.api.globs import fits
from monitor.web.api.sorting import Orders, behind, place

Batches = Mapping[tuple[str, str], SampleBatch]
"""The newest good batch of each (org, source)."""

Choose = Callable[[Rows], Sequence[int]]
"""Rows → the numbers of those that are meant, in order."""


class _Series(NamedTuple):
    """One row of one metric. `place` is where it stands among the metric's."""

    place: str
    table: Table
    row: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wanted:
    """What is asked for: exact names, or where they are globs, what fits; `queue` also takes an id."""

    org: str | None
    source: str | None
    metric: str | None
    queue: str | None

    def asks(self, org: str, source: str) -> bool:
        """Return whether a source is meant."""
        return self.org in (None, org) and self.source in (None, source)

    def meant(self, rows: Rows, order: Sequence[int]) -> Sequence[int]:
        """Return those of `order` that are meant."""
        if self.queue is None:
            return order
        tests = {"queue_id": self.queue.__eq__, "queue": fits(self.queue)}
        several = [(rows.names.index(name), fit) for name, fit in tests.items() if name in rows.names]
        return [row for row in order if any(fit(rows.values[row][column]) for column, fit in several)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Samples:
    """Answers about samples; `batches` are the newest, `sources` tell which of them are too old.

    `turn` is taken by who works on many things; others may share it.
    """

    batches: Callable[[], Batches]
    sources: Callable[[], Sequence[SourceState]]
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    _orders: Orders = field(default_factory=Orders, init=False)

    def addresses(self) -> list[Address]:
        """Return the addresses and what answers there."""
        return [Address(path="/api/v1/samples", endpoint=self.listed, scope=Scope.READ)]

    async def listed(self, request: Request) -> Response:
        """Return series by org, source, metric and labels, page by page."""
        given = reading.parameters(request, "org", "source", "metric", "queue", "limit", "after")
        wanted = _Wanted(
            org=given.get("org"),
            source=given.get("source"),
            metric=given.get("metric"),
            queue=given.get("queue"),
        )
        most, start = paging.limit(given), paging.after(given, "", "", "", "")
        stale = {(one.org, one.source) for one in self.sources() if one.stale}

        def answer() -> Response:
            found = list(islice(self._found(batches, wanted, start), most + 1))
            page = paging.cut(found, lambda item: item[0], most)
            shown = [_shown(key, one, batch, stale) for key, one, batch in page.items]
            return tags.tagged(request, {"samples": shown, "next": page.next})

        async with self.turn:
            batches = self.batches()
            several = {table.rows for batch in batches.values() for table in batch.tables}
            self._orders.keep(several)
            return await aside(sum(map(len, several)), answer)

    def _found(
        self, batches: Batches, wanted: _Wanted, start: paging.Key | None
    ) -> Iterator[tuple[paging.Key, _Series, SampleBatch]]:
        """Yield what is wanted and stands behind `start`, in order; what is not asked for costs nothing."""
        choose = cache(lambda rows: wanted.meant(rows, self._orders.of(rows)))
        for batch, metric, tables in _metrics(batches, wanted, start):
            head = (batch.org, batch.source, metric)
            for one in _series(tables, choose, _behind(head, start)):
                yield (*head, one.place), one, batch


def _metrics(
    batches: Batches, wanted: _Wanted, start: paging.Key | None
) -> Iterator[tuple[SampleBatch, str, Sequence[Table]]]:
    """Yield the metrics that are wanted and may go on behind `start`, with their tables, in order."""
    fitting = fits(wanted.metric)
    for (org, source), batch in sorted(batches.items(), key=lambda item: item[0]):
        if not wanted.asks(org, source) or (start is not None and (org, source) < start[:2]):
            continue
        tables: dict[str, list[Table]] = defaultdict(list)
        for table in batch.tables:
            for metric in table.columns:
                tables[metric].append(table)
        for metric in sorted(tables):
            if fitting(metric) and (start is None or (org, source, metric) >= start[:3]):
                yield batch, metric, tables[metric]


def _behind(head: paging.Key, start: paging.Key | None) -> str | None:
    """Return behind which row of a metric to begin; None for its first."""
    return str(start[3]) if start is not None and head == start[:3] else None


def _series(tables: Sequence[Table], choose: Choose, start: str | None) -> Iterator[_Series]:
    """Yield the rows of a metric that are chosen and stand behind `start`, in order."""
    return merge(*(_of(table, choose(table.rows), start) for table in tables), key=lambda one: one.place)


def _of(table: Table, order: Sequence[int], start: str | None) -> Iterator[_Series]:
    first = 0 if start is None else behind(table.rows, order, start)
    for number in range(first, len(order)):
        row = order[number]
        yield _Series(place(table.rows.values[row]), table, row)


def _shown(
    key: paging.Key, one: _Series, batch: SampleBatch, stale: Collection[tuple[str, str]]
) -> dict[str, object]:
    metric, rows = str(key[2]), one.table.rows
    return {
        "org": batch.org,
        "source": batch.source,
        "metric": metric,
        "labels": dict(zip(rows.names, rows.values[one.row], strict=True)),
        "value": one.table.columns[metric][one.row],
        "idle": one.row in one.table.idle.get(metric, ()),
        "stale": (batch.org, batch.source) in stale,
        "observed_at": shapes.date(batch.observed_at),
    }
