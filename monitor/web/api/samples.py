"""`/api/v1/samples`: the newest value of every series of every source, as rules see them."""

from __future__ import annotations

import asyncio
import hashlib
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import NamedTuple

from starlette.requests import Request
from starlette.responses import Response

from monitor.model.board import SourceState
from monitor.model.sample import Rows, SampleBatch, Table
from monitor.web import reading, shapes
from monitor.web.access import Address, Scope
from monitor.web.api import paging, tags

Batches = Mapping[tuple[str, str], SampleBatch]
"""The newest good batch of each (org, source)."""

_JOIN = "\x00"
"""Stands between a series' label values: names are clean, and nothing sorts before it."""
_PLACE_LIMIT = 400
"""Characters of a series' labels in a cursor, which together with the rest must fit in `after`."""


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
    metric: str
    queue: str | None

    def asks(self, org: str, source: str) -> bool:
        """Return whether a source is meant."""
        return self.org in (None, org) and self.source in (None, source)

    def rows(self, rows: Rows) -> Iterable[int]:
        """Return the rows that are meant."""
        if self.queue is None:
            return range(len(rows))
        several = [(rows.names.index(name), fits) for name, fits in self._fits() if name in rows.names]
        return [
            index
            for index, values in enumerate(rows.values)
            if any(fits(values[column]) for column, fits in several)
        ]

    def _fits(self) -> tuple[tuple[str, Callable[[str], bool]], ...]:
        queue = self.queue or ""
        return ("queue_id", queue.__eq__), ("queue", lambda name: fnmatchcase(name, queue))


@dataclass(frozen=True, slots=True, kw_only=True)
class Samples:
    """Answers about samples; `batches` are the newest, `sources` tell which of them are too old."""

    batches: Callable[[], Batches]
    sources: Callable[[], Sequence[SourceState]]

    def addresses(self) -> list[Address]:
        """Return the addresses and what answers there."""
        return [Address(path="/api/v1/samples", endpoint=self.listed, scope=Scope.READ)]

    async def listed(self, request: Request) -> Response:
        """Return series by org, source, metric and labels, page by page."""
        given = reading.parameters(request, "org", "source", "metric", "queue", "limit", "after")
        wanted = _Wanted(
            org=given.get("org"),
            source=given.get("source"),
            metric=given.get("metric", "*"),
            queue=given.get("queue"),
        )
        most, start = paging.limit(given), paging.after(given, "", "", "", "")
        found: list[tuple[paging.Key, _Series, SampleBatch]] = []
        for batch, metric, tables in _metrics(self.batches(), wanted, start):
            head = (batch.org, batch.source, metric)
            rows = _series(tables, wanted, _behind(head, start))
            found += [((*head, one.place), one, batch) for one in rows[: most + 1 - len(found)]]
            if len(found) > most:
                break
            # A big org has 20,000 rows per metric: others get their turn between two.
            await asyncio.sleep(0)
        page = paging.cut(found, lambda item: item[0], most)
        stale = {(one.org, one.source) for one in self.sources() if one.stale}
        shown = [_shown(key, one, batch, stale) for key, one, batch in page.items]
        return tags.tagged(request, {"samples": shown, "next": page.next})


def _metrics(
    batches: Batches, wanted: _Wanted, start: paging.Key | None
) -> Iterator[tuple[SampleBatch, str, Sequence[Table]]]:
    """Yield the metrics that are wanted and may go on behind `start`, with their tables, in order."""
    for (org, source), batch in sorted(batches.items(), key=lambda item: item[0]):
        if not wanted.asks(org, source) or (start is not None and (org, source) < start[:2]):
            continue
        tables: dict[str, list[Table]] = defaultdict(list)
        for table in batch.tables:
            for metric in table.columns:
                tables[metric].append(table)
        for metric in sorted(tables):
            if fnmatchcase(metric, wanted.metric) and (start is None or (org, source, metric) >= start[:3]):
                yield batch, metric, tables[metric]


def _behind(head: paging.Key, start: paging.Key | None) -> str | None:
    """Return behind which row of a metric to begin; None for its first."""
    return str(start[3]) if start is not None and head == start[:3] else None


def _series(tables: Sequence[Table], wanted: _Wanted, behind: str | None) -> list[_Series]:
    """Return the rows of a metric that are wanted and stand behind `behind`, in order."""
    rows = ((table, index) for table in tables for index in wanted.rows(table.rows))
    every = (_Series(_place(table.rows.values[index]), table, index) for table, index in rows)
    return sorted((one for one in every if behind is None or one.place > behind), key=lambda one: one.place)


def _place(values: tuple[str, ...]) -> str:
    """Return where a row stands among its metric's: by its labels, the end of long ones as a digest."""
    text = _JOIN.join(values)
    if len(text) <= _PLACE_LIMIT:
        return text
    digest = hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
    return text[:_PLACE_LIMIT] + digest


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
