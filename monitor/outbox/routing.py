"""Pure: whom the tree of routes gives an alert to, and why."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from monitor.model.route import Group, Grouping, Reach, Route, Terms
from monitor.model.rule import Matcher, Severity
from monitor.rules.matching import compiled

Labels = Mapping[str, str]

_BADNESS = {severity: place for place, severity in enumerate(Severity)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """One route that was looked at, how deep it stands in the tree, and why it was taken or passed."""

    route: str
    depth: int
    taken: bool
    why: str


@dataclass(frozen=True, slots=True)
class Router:
    """The tree. Without routes every one of `destinations` is told everything, at once and once."""

    routes: tuple[Route, ...]
    destinations: tuple[str, ...]

    def reach(self, labels: Labels, severity: Severity, now: datetime) -> Reach:
        """Return whom an alert with `labels` goes to.

        A destination that several routes name is told on the soonest and the most frequent of their terms, in
        the group of the first.
        """
        if not self.routes:
            return dict.fromkeys(self.destinations, Terms())
        found: dict[str, Terms] = {}
        for route in _taken(self.routes, labels, severity, now):
            group = _group(route, labels)
            steps = [(0.0, route.destinations), *((step.after, step.destinations) for step in route.steps)]
            for after, destinations in steps:
                terms = Terms(after=after, repeat=route.repeat, group=group)
                for name in destinations:
                    found[name] = _sooner(found[name], terms) if name in found else terms
        return found

    def explain(self, labels: Labels, severity: Severity, now: datetime) -> tuple[Tried, ...]:
        """Return every route that is looked at, in order."""
        return tuple(_tried(self.routes, labels, severity, now, 0))


def _taken(routes: Sequence[Route], labels: Labels, severity: Severity, now: datetime) -> Iterator[Route]:
    for route in routes:
        if _obstacle(route, labels, severity, now):
            continue
        inner = tuple(_taken(route.routes, labels, severity, now))
        yield from inner or (route,)
        if not route.goes_on:
            return


def _tried(
    routes: Sequence[Route], labels: Labels, severity: Severity, now: datetime, depth: int
) -> Iterator[Tried]:
    for route in routes:
        obstacle = _obstacle(route, labels, severity, now)
        if obstacle:
            yield Tried(route=route.name, depth=depth, taken=False, why=obstacle)
            continue
        inner = tuple(_tried(route.routes, labels, severity, now, depth + 1))
        within = any(one.taken for one in inner)
        yield Tried(route=route.name, depth=depth, taken=not within, why=_reason(route, within=within))
        yield from inner
        if not route.goes_on:
            return


def _reason(route: Route, *, within: bool) -> str:
    fits = "it fits" if route.matchers else "it takes everything"
    rest = "; one of its own routes does, too" if within else ""
    return f"{fits}{rest}{'; and the search goes on' if route.goes_on else ''}"


def _obstacle(route: Route, labels: Labels, severity: Severity, now: datetime) -> str:
    """Return what keeps a route from being taken; nothing if it is."""
    for matcher in route.matchers:
        value = labels.get(matcher.label, "")
        if not compiled(matcher)(value):
            return f"{matcher.label} is {value!r}, not {_wanted(matcher)}"
    if _BADNESS[severity] < _BADNESS[route.minimum]:
        return f"severity {severity.value} is below {route.minimum.value}"
    if route.during and not any(calendar.is_open(now) for calendar in route.during):
        return "; ".join(f"{calendar.name}: {calendar.why(now)}" for calendar in route.during)
    shut = [calendar for calendar in route.not_during if calendar.is_open(now)]
    return f"not during {shut[0].name}: {shut[0].why(now)}" if shut else ""


def _wanted(matcher: Matcher) -> str:
    if matcher.regex is not None:
        return f"matching /{matcher.regex}/"
    return " or ".join(map(repr, matcher.globs))


def _group(route: Route, labels: Labels) -> Group | None:
    grouping: Grouping | None = route.grouping
    if grouping is None:
        return None
    shared = {name: labels.get(name, "") for name in grouping.by}
    key = json.dumps([route.name, shared], separators=(",", ":"), sort_keys=True)
    return Group(key=key, labels=shared, wait=grouping.wait, interval=grouping.interval)


def _sooner(one: Terms, other: Terms) -> Terms:
    repeats = [terms.repeat for terms in (one, other) if terms.repeat is not None]
    return Terms(
        after=min(one.after, other.after), repeat=min(repeats, default=None), group=one.group or other.group
    )
