"""Aggregate queries: from JSON to spans, groups, filters and views, for all three kinds of them. Pure.

In: a decoded request body and the words it may use. Out: an `AggregateQuery`. Every flaw becomes a `Refusal`
with status 400.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from monitor.simulator.filters import EVERYTHING, Clause, array, clause, enumerated, flaw, mapping
from monitor.simulator.refusal import not_allowed

MAX_VIEWS = 10
"""The platform's limit of views per call."""

# The platform's limit is not published; this one keeps a slip of the pen from filling the memory.
_MAX_BUCKETS = 10_000
_GRANULARITY = re.compile(
    r"P(?:(\d{1,6})W)?(?:(\d{1,6})D)?(?:T(?:(\d{1,6})H)?(?:(\d{1,6})M)?(?:(\d{1,6})S)?)?", re.ASCII
)
_UNITS = ("weeks", "days", "hours", "minutes", "seconds")
_RANGE = ("gte", "lt")


@dataclass(frozen=True, slots=True, kw_only=True)
class Vocabulary:
    """The metrics and dimensions an endpoint knows, and what the platform calls such a query."""

    kind: str
    metrics: tuple[str, ...]
    dimensions: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """A timer metric restricted to a range of milliseconds, `gte` included and `lt` not."""

    name: str
    target: str
    gte: float
    lt: float


@dataclass(frozen=True, slots=True, kw_only=True)
class AggregateQuery:
    """Which metrics of which groups over which spans are wanted."""

    start: datetime
    end: datetime
    granularity: timedelta
    group_by: tuple[str, ...]
    filter: Clause
    metrics: tuple[str, ...]
    views: tuple[View, ...]

    def buckets(self) -> Iterator[tuple[datetime, datetime]]:
        """The half-open spans the interval is cut into, from its start on; the last may be shorter."""
        start = self.start
        while start < self.end:
            # Not min(): a granularity of ages would run past the calendar's end.
            end = self.end if self.end - start <= self.granularity else start + self.granularity
            yield start, end
            start = end


def parse(body: object, words: Vocabulary) -> AggregateQuery:
    """Read a request body; raises Refusal (400) naming the first flaw found."""
    document = mapping(body, "body")
    start, end = _interval(document.get("interval"))
    granularity = _granularity(document.get("granularity"), end - start)
    metrics = enumerated(document.get("metrics"), "metrics", f"{words.kind}Metric", words.metrics)
    if not metrics:
        raise flaw("metrics", "At least one metric is required.")
    if document.get("queryType") not in (None, "groupBy"):
        raise not_allowed(document["queryType"], "queryType", "QueryType", ("groupBy",))
    return AggregateQuery(
        start=start,
        end=end,
        granularity=granularity,
        group_by=enumerated(document.get("groupBy"), "groupBy", f"{words.kind}Dimension", words.dimensions),
        filter=_filter(document.get("filter"), words),
        metrics=metrics,
        views=_views(document.get("views"), words),
    )


def period(start: datetime, end: datetime) -> str:
    """A span in the platform's spelling, in UTC."""
    return f"{instant(start)}/{instant(end)}"


def instant(moment: datetime) -> str:
    """A moment in the platform's spelling, in UTC."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _filter(value: object, words: Vocabulary) -> Clause:
    if value is None:
        return EVERYTHING
    return clause(value, "filter", dimensions=words.dimensions, kind=f"{words.kind}Dimension")


def _interval(value: object) -> tuple[datetime, datetime]:
    if not isinstance(value, str) or value.count("/") != 1:
        raise flaw("interval", f"Value [{value}] is not valid for field [interval].", "invalid.date")
    start, end = (_moment(text, value) for text in value.split("/"))
    if start >= end:
        raise flaw("interval", f"Interval [{value}] must start before it ends.", "invalid.date")
    return start, end


def _moment(text: str, whole: str) -> datetime:
    refused = flaw("interval", f"Value [{whole}] is not valid for field [interval].", "invalid.date")
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None:
            raise refused
        return moment.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise refused from error


def _granularity(value: object, whole: timedelta) -> timedelta:
    if value is None:
        return whole
    found = _GRANULARITY.fullmatch(value) if isinstance(value, str) else None
    parts = map(int, found.groups("0")) if found else ()
    length = timedelta(**dict(zip(_UNITS, parts, strict=False)))
    if not length:
        raise flaw("granularity", f"Value [{value}] is not valid for field [granularity].", "invalid.value")
    if whole / length > _MAX_BUCKETS:
        raise flaw("granularity", f"Granularity [{value}] is too fine for the interval.")
    return length


def _views(value: object, words: Vocabulary) -> tuple[View, ...]:
    listed = array(value, "views")
    if len(listed) > MAX_VIEWS:
        raise flaw("views", f"Query has {len(listed)} views. The maximum is {MAX_VIEWS}.")
    views = tuple(_view(item, words) for item in listed)
    if len({view.name for view in views}) < len(views):
        raise flaw("views.name", "The names of views must be unique.")
    return views


def _view(value: object, words: Vocabulary) -> View:
    document = mapping(value, "views")
    name, target, function = (document.get(key) for key in ("name", "target", "function"))
    timers = tuple(metric for metric in words.metrics if metric.startswith("t"))
    if not isinstance(name, str) or not name or name in words.metrics:
        raise flaw("views.name", f"View name [{name}] is missing or that of a built-in metric.")
    # Views of views are not timers either: nothing nests.
    if target not in timers:
        raise not_allowed(target, "views.target", f"{words.kind}Metric", timers)
    if function != "rangeBound":
        raise not_allowed(function, "views.function", "ViewFunction", ("rangeBound",))
    bounds = _range(mapping(document.get("range"), "views.range"))
    return View(name=name, target=str(target), gte=bounds.get("gte", 0.0), lt=bounds.get("lt", float("inf")))


def _range(document: Mapping[str, object]) -> dict[str, float]:
    bounds: dict[str, float] = {}
    for key in _RANGE:
        bound = document.get(key)
        if isinstance(bound, int | float) and not isinstance(bound, bool):
            bounds[key] = bound
        elif bound is not None:
            raise flaw(f"views.range.{key}", f"Value [{bound}] is not a number.", "invalid.value")
    if not bounds:
        raise flaw("views.range", "A range needs at least one of gte and lt.")
    return bounds
