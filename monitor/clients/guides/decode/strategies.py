"""Reads the answers about an evaluation of routing strategies: its job and its results."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from urllib.parse import quote

from monitor.clients.guides import endpoints as ask
from monitor.clients.guides.decode.wire import (
    Counts,
    Record,
    figure,
    frame,
    identity,
    part,
    rows,
    text,
    whole,
)
from monitor.kit.text import clean
from monitor.model.errors import Unintelligible
from monitor.model.interval import Interval
from monitor.model.measure import total
from monitor.model.observation import Figure, Strategies, StrategyUse, together

_SUBMITTED = "the answer to a new evaluation"
_STATE = "the state of an evaluation"
_RESULTS = "the results of an evaluation"
_UNFINISHED = frozenset({"queued", "running"})


@dataclass(frozen=True, slots=True, kw_only=True)
class JobState:
    """How far a job is; `failure` is why it failed, empty where it did not."""

    completed: bool
    failure: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultPage:
    """Some rows; `following` is the query string or the link of the next page, None at the end."""

    uses: tuple[StrategyUse, ...]
    following: str | None
    oddities: Counts


def job_id(body: bytes) -> str:
    """Return the id of a job just submitted, under either of its names. Raises Unintelligible."""
    record = frame(body, _SUBMITTED)
    return identity(record, "jobId" if "jobId" in record else "id", _SUBMITTED)


def job_state(body: bytes) -> JobState:
    """Read how far a job is. Raises Unintelligible for a state the guides do not name."""
    record = frame(body, _STATE)
    status = text(record, "status").lower()
    if status not in _UNFINISHED | {"completed", "failed"}:
        raise Unintelligible(f"{_STATE} is none we know")
    failed = status == "failed"
    reason = clean(text(record, "failureReason")) or "no failureReason"
    return JobState(completed=status == "completed", failure=reason if failed else "")


def result_page(body: bytes, asked: Collection[str], number: int) -> ResultPage:
    """Read page `number` (1, 2, …) of the results. Raises Unintelligible."""
    record = frame(body, _RESULTS)
    oddities: Counts = Counter()
    uses: list[StrategyUse] = []
    for row in rows(record, "entities", _RESULTS):
        strategy = identity(row, "entityId", _RESULTS)
        if strategy in asked:
            uses.append(_use(strategy, row, oddities))
        else:
            oddities["entityId", "unasked"] += 1
    return ResultPage(uses=tuple(uses), following=_following(record, number), oddities=oddities)


def strategies(interval: Interval, pages: Iterable[ResultPage]) -> Strategies:
    """Join all pages; the days of one strategy become one row."""
    several = tuple(pages)
    days: dict[str, list[StrategyUse]] = {}
    for page in several:
        for use in page.uses:
            days.setdefault(use.strategy, []).append(use)
    return Strategies(
        interval=interval,
        strategies=tuple(_joined(days[strategy]) for strategy in sorted(days)),
        oddities=together(page.oddities for page in several),
    )


def _use(strategy: str, row: Record, oddities: Counts) -> StrategyUse:
    """Read one row; a metric that is not mentioned is unknown: the guides do not say that it is 0."""
    values: dict[str, Record] = {}
    raw = row.get("metrics")
    for metric in raw if isinstance(raw, list) else [None]:
        if isinstance(metric, dict) and text(metric, "metricId"):
            values[text(metric, "metricId")] = metric
        else:
            oddities["metrics", "malformed"] += 1

    def read(name: str) -> Figure:
        return figure(values.get(name, {}), "value", oddities, field=name)

    return StrategyUse(
        strategy=strategy,
        handled=read(ask.HANDLED),
        answer_seconds=read(ask.SPEED),
        abandoned=read(ask.ABANDONED),
    )


def _joined(days: list[StrategyUse]) -> StrategyUse:
    """Add the days up; the mean speed of answer is weighted with what each day handled."""
    if len(days) == 1:
        return days[0]
    handled = total(day.handled for day in days)
    waited = total(_waited(day) for day in days)
    return StrategyUse(
        strategy=days[0].strategy,
        handled=handled,
        answer_seconds=waited / handled if waited is not None and handled else None,
        abandoned=total(day.abandoned for day in days),
    )


def _waited(day: StrategyUse) -> Figure:
    if day.handled == 0:
        return 0.0
    return None if day.handled is None or day.answer_seconds is None else day.handled * day.answer_seconds


def _following(record: Record, number: int) -> str | None:
    """Return the next page, whichever of the guides' ways of naming it is used."""
    paging = part(record, "paging") or record
    for name in ("nextPageLink", "nextUri", "nextPage", "pageToken"):
        value = paging.get(name)
        if value is None or value == "":
            continue
        if not isinstance(value, str):
            raise Unintelligible(f"{_RESULTS} have a next page that cannot be asked for")
        is_link = name in ("nextPageLink", "nextUri") or value.startswith("/") or "://" in value
        return value if is_link else _with_token(value)
    if number < (whole(paging, "pageCount") or 1):
        return f"{ask.first_page()}&pageNumber={number + 1}"
    return None


def _with_token(token: str) -> str:
    """Return the query string of the page a token stands for. Raises Unintelligible for half a character."""
    try:
        return f"{ask.first_page()}&pageToken={quote(token, safe='')}"
    except UnicodeEncodeError as error:
        raise Unintelligible(f"{_RESULTS} have a next page that cannot be asked for") from error
