"""Tests of rules, as their file tells them: what is polled, and what has to come of it. Times in seconds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from monitor.model.alert import AlertState, EventKind
from monitor.model.rule import Rule, Severity
from monitor.proving.notation import Point


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """One metric of one entity: a point per poll of `source`. `labels` are in the catalogue's order."""

    metric: str
    org: str
    source: str
    labels: Mapping[str, str]
    points: tuple[Point, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """An alert that there has to be: its entity has these labels; a severity of None is any."""

    labels: Mapping[str, str]
    state: AlertState
    severity: Severity | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """Every alert of `rule` that is pending or firing `at` seconds after the first poll."""

    at: float
    rule: str
    wanted: tuple[Wanted, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Saying:
    """An event that has to be told, `at` within one interval; None and labels not named are any."""

    at: float
    kind: EventKind
    rule: str
    labels: Mapping[str, str]
    severity: Severity | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """One test: the first poll is at `start`. `sayings` are all there may be; None looks at no event."""

    name: str
    start: datetime
    series: tuple[Series, ...]
    checks: tuple[Check, ...] = ()
    sayings: tuple[Saying, ...] | None = None

    @property
    def polls(self) -> int:
        """How many polls there are."""
        return max(len(one.points) for one in self.series)


@dataclass(frozen=True, slots=True, kw_only=True)
class Suite:
    """One file of tests. Every source is polled every `interval`."""

    file: Path
    interval: float
    rules: tuple[Rule, ...]
    stories: tuple[Story, ...]
