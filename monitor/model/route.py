"""Who is told of an alert, when, and through what: the tree of routes, and what it says of one alert."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from monitor.model.calendars import Calendar
from monitor.model.rule import Matcher, Severity


@dataclass(frozen=True, slots=True, kw_only=True)
class Grouping:
    """Events that share the values of the labels `by` are told as one.

    The first waits `wait` seconds for company; after a telling the next one is `interval` seconds away.
    """

    by: tuple[str, ...] = ()
    wait: float = 30.0
    interval: float = 300.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """Who is told as well when nobody has acknowledged for `after` seconds."""

    after: float
    destinations: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One branch of the tree. What it does not say is its parent's, filled in when it is read.

    It is taken by an alert that fits every matcher and is at least as bad as `minimum`, while one of `during`
    is open (or there is none) and none of `not_during`. Its own branches are tried first, in order; the first
    that is taken ends the search unless it `goes_on`; where none is, it is taken itself.
    """

    name: str
    matchers: tuple[Matcher, ...] = ()
    minimum: Severity = Severity.WARNING
    during: tuple[Calendar, ...] = ()
    not_during: tuple[Calendar, ...] = ()
    destinations: tuple[str, ...] = ()
    steps: tuple[Step, ...] = ()
    grouping: Grouping | None = None
    repeat: float | None = None
    goes_on: bool = False
    routes: tuple[Route, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """The group an alert belongs to at one destination; `key` names it, `labels` are what its members share.

    `wait` and `interval` in seconds, as in its route.
    """

    key: str
    labels: Mapping[str, str]
    wait: float
    interval: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """How a destination is told of one alert.

    First when it has been told to somebody and not acknowledged for `after` seconds (0: at once), and again
    every `repeat` seconds (None: never) while it fires unacknowledged; as a member of `group`, if any.
    """

    after: float = 0.0
    repeat: float | None = None
    group: Group | None = None


Reach = Mapping[str, Terms]
"""Destination → terms: everybody whom the routes give one alert to now, sooner or later."""
