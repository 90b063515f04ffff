"""Figures, dates and names as the page says them. Pure; British English, and UTC.

What is not known is `UNKNOWN`: the template says "unknown" beside it for those who listen.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from monitor.kit.figures import MISSING, duration, number, percent
from monitor.model.board import Attained
from monitor.model.catalogue import METRICS
from monitor.model.metric import Kind
from monitor.model.rule import Level

UNKNOWN = MISSING
"""What stands where nothing is known."""

STATES = {
    "critical": "Critical",
    "warning": "Warning",
    "pending": "Pending",
    "unknown": "Unknown",
    "below": "Below target",
    "ok": "OK",
    "idle": "Idle",
}
"""What the states of queues and alerts are called, worst first."""

COUNTED = STATES | {"below": "Below target, no alert"}
"""What the queues in a state are called together: one below its target that has an alert counts as that."""

SHORT = {"below": "Below, no alert"}
"""The same where there is little room."""

_OPERATORS = {"<": "below", ">": "above", "<=": "at most", ">=": "at least"}


@dataclass(frozen=True, slots=True)
class When:
    """A date: for machines, and for people."""

    iso: str
    text: str


def when(date: datetime | None, now: datetime) -> When | None:
    """Return a date as said at `now`: without the day where it is today's."""
    if date is None:
        return None
    at = date.astimezone(UTC)
    pattern = "%H:%M:%S UTC" if at.date() == now.astimezone(UTC).date() else "%-d %b %H:%M UTC"
    return When(at.isoformat(timespec="seconds").replace("+00:00", "Z"), at.strftime(pattern))


def count(value: float | None) -> str:
    """Return how many: whole, as a count is."""
    return UNKNOWN if value is None else number(value, 0)


def length(seconds: float | None) -> str:
    """Return how long; in whole seconds, as what is polled is no more exact."""
    if seconds is None:
        return UNKNOWN
    return duration(round(seconds) if abs(seconds) < 60 else seconds)


def share(ratio: float | None, target: float | None = None) -> str:
    """Return a ratio in whole per cent; with a decimal where it would else look as if it met its target."""
    if ratio is None:
        return UNKNOWN
    shown = percent(ratio, 0)
    close = target is not None and ratio < target and shown == percent(target, 0)
    return percent(ratio, 1) if close else shown


def attained(level: Attained | None) -> str:
    """Return what a service level is of: `34 of 48 within 20 s · 15m`."""
    if level is None:
        return ""
    within = f"within {duration(level.threshold)} · {level.window}"
    if level.idle:
        return f"nothing offered · {level.window}"
    if level.met is None or level.offered is None:
        return within
    return f"{count(level.met)} of {count(level.offered)} {within}"


def value(metric: str, amount: float | None) -> str:
    """Return a figure in the unit of its metric; what a formula makes is a bare number."""
    if amount is None:
        return UNKNOWN
    known = METRICS.get(metric)
    if known is not None and known.kind is Kind.RATIO:
        return percent(amount)
    if known is not None and known.unit == "seconds":
        return duration(amount)
    return number(amount, 2)


def threshold(metric: str, level: Level, amount: float | None) -> str:
    """Return the edge that `amount` is judged by: `below 80 %`."""
    sign, edge = level.edge(amount, cleared=False)
    return sign if edge is None else f"{_OPERATORS[sign]} {value(metric, edge)}"


def clear(metric: str, level: Level, amount: float) -> str:
    """Return the edge that `amount` has to come back to: `85 %`."""
    return value(metric, level.edge(amount, cleared=True)[1])


def glob(text: str) -> str:
    """Return the pattern that means just this text."""
    return "".join(f"[{char}]" if char in "*?[" else char for char in text)


def plural(many: int, one: str, several: str = "") -> str:
    """Return `1 queue`, `2 queues`."""
    return f"{many:,} {one if many == 1 else several or one + 's'}"
