"""Lays a test's series out as sources would: a batch, a failure or silence per source and poll. Pure.

Series of one source with the same labels share a table. A series that has ended is unknown from then on.
Where the service level has a ratio and a denominator, or both parts, the third is worked out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from monitor.model.measure import divided
from monitor.model.sample import PollResult, Rows, SampleBatch, SourceFailure, Table, Value
from monitor.proving.notation import Mark, Point
from monitor.proving.story import Series

RATIO, PART, WHOLE = "service_level_ratio", "service_level_numerator", "service_level_denominator"

Source = tuple[str, str]
"""Org and source."""


@dataclass(frozen=True, slots=True)
class _Sheet:
    """The series of one table: per metric the one of each row, None where there is none."""

    rows: Rows
    columns: Mapping[str, Sequence[Series | None]]


@dataclass(frozen=True, slots=True)
class Layout:
    """Everything one source answers over a test."""

    source: Source
    series: tuple[Series, ...]
    sheets: tuple[_Sheet, ...]

    def result(self, poll: int, at: datetime) -> PollResult | None:
        """Return what poll number `poll` (from 0) gives; None where the source is silent."""
        org, source = self.source
        points = {id(one): _point(one, poll) for one in self.series}
        if Mark.ERROR in points.values():
            return SourceFailure(
                org=org, source=source, failed_at=at, reason="error", message="the test says so"
            )
        if Mark.STALE in points.values():
            return None
        return SampleBatch(
            org=org,
            source=source,
            observed_at=at,
            tables=tuple(_table(sheet, points) for sheet in self.sheets),
            queues=frozenset(one.labels["queue_id"] for one in self.series if "queue_id" in one.labels),
        )


def layouts(series: Iterable[Series]) -> Iterator[Layout]:
    """Yield one layout per org and source."""
    sources: dict[Source, list[Series]] = {}
    for one in series:
        sources.setdefault((one.org, one.source), []).append(one)
    for source, several in sources.items():
        yield Layout(source, tuple(several), tuple(_sheets(several)))


def _sheets(series: Iterable[Series]) -> Iterator[_Sheet]:
    groups: dict[tuple[str, ...], list[Series]] = {}
    for one in series:
        groups.setdefault(tuple(one.labels), []).append(one)
    for names, group in groups.items():
        keys = tuple(dict.fromkeys(tuple(one.labels.values()) for one in group))
        columns: dict[str, list[Series | None]] = {one.metric: [None] * len(keys) for one in group}
        for one in group:
            columns[one.metric][keys.index(tuple(one.labels.values()))] = one
        yield _Sheet(Rows(names, keys), columns)


def _point(series: Series, poll: int) -> Point:
    return series.points[poll] if poll < len(series.points) else Mark.UNKNOWN


def _table(sheet: _Sheet, points: Mapping[int, Point]) -> Table:
    shown = {
        metric: [Mark.UNKNOWN if one is None else points[id(one)] for one in column]
        for metric, column in sheet.columns.items()
    }
    columns: dict[str, Sequence[Value]] = {
        metric: [None if isinstance(point, Mark) else point for point in column]
        for metric, column in shown.items()
    }
    idle = {
        metric: {place for place, point in enumerate(column) if point is Mark.IDLE}
        for metric, column in shown.items()
    }
    if WHOLE in columns:
        _complete(columns, idle)
    return Table(sheet.rows, columns, idle)


def _complete(columns: dict[str, Sequence[Value]], idle: dict[str, set[int]]) -> None:
    """Add what follows: guards look at numerator and denominator, and a rule at the ratio."""
    whole = columns[WHOLE]
    if RATIO in columns and PART not in columns:
        columns[PART] = [
            None if one is None or of is None else one * of
            for one, of in zip(columns[RATIO], whole, strict=True)
        ]
    elif PART in columns and RATIO not in columns:
        columns[RATIO] = [divided(one, of) for one, of in zip(columns[PART], whole, strict=True)]
        idle[RATIO] = {place for place, of in enumerate(whole) if of == 0}
