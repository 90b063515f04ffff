"""Pure: whom the tree of routes gives an alert to, and why."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from monitor.model.alert import DESTINATION_GONE
from monitor.model.route import Group, Grouping, Reach, Route, Terms
from monitor.model.rule import Matcher, Severity
from monitor.rules.matching import compiled

Labels = Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """One route that was looked at, how deep it stands in the tree, and why it was taken or passed."""

    route: str
    depth: int
    taken: bool
    why: str


@dataclass(frozen=True, slots=True)
class Router:
    """The tree. Without routes every one of `destinations` is told everything, at once and once.

    `running`, where given, are the only destinations there are yet: a reload may name others.
    """

    routes: tuple[Route, ...]
    destinations: tuple[str, ...]
    running: frozenset[str] | None = None

    def reach(self, labels: Labels, severity: Severity, now: datetime) -> Reach:
        """Return whom an alert with `labels` goes to.

        A destination that several routes name is told on the soonest and the most frequent of their terms, in
        the group of the first. That a destination is gone is not told to itself; and where that
        leaves nobody of those the routes name, to everybody else.
        """
        gone = labels.get("destination", "") if labels.get("rule") == DESTINATION_GONE else ""
        named = self._named(labels, severity, now)
        left = self._within(named, gone)
        if named and not left and gone:
            left = self._within(dict.fromkeys(self.destinations, Terms()), gone)
        return left if len(left) == len(named) else _at_once(left)

    def _within(self, reach: Reach, gone: str) -> Reach:
        """Return those of a reach that can be told."""
        return {
            name: terms
            for name, terms in reach.items()
            if name != gone and (self.running is None or name in self.running)
        }

    def _named(self, labels: Labels, severity: Severity, now: datetime) -> Reach:
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
        yield Tried(
            route=route.name, depth=depth, taken=not within, why=_reason(route, severity, now, within=within)
        )
        yield from inner
        if not route.goes_on:
            return


def _reason(route: Route, severity: Severity, now: datetime, *, within: bool) -> str:
    """Return why a route is taken: everything that it asks for, and that it goes on."""
    asked = [
        *(["it fits"] if route.matchers else []),
        *([f"severity {severity.value} is at least {route.minimum.value}"] if route.minimum.rank else []),
        *(f"{calendar.name}: {calendar.why(now)}" for calendar in route.during if calendar.is_open(now)),
        *(f"not during {calendar.name}: {calendar.why(now)}" for calendar in route.not_during),
    ]
    fits = "; ".join(asked) or "it takes everything"
    rest = "; one of its own routes does, too" if within else ""
    return f"{fits}{rest}{'; and the search goes on' if route.goes_on else ''}"


def _obstacle(route: Route, labels: Labels, severity: Severity, now: datetime) -> str:
    """Return what keeps a route from being taken; nothing if it is."""
    for matcher in route.matchers:
        value = labels.get(matcher.label, "")
        if not compiled(matcher)(value):
            if not value:
                return f"no {matcher.label} given"
            return f"{matcher.label} is {value!r}, not {_wanted(matcher)}"
    if severity.rank < route.minimum.rank:
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


def _at_once(reach: Reach) -> Reach:
    """Return a reach of which those that would be told first are told at once, if nobody is."""
    soonest = min((terms.after for terms in reach.values()), default=0.0)
    return {
        name: replace(terms, after=0.0) if terms.after == soonest else terms for name, terms in reach.items()
    }


def _sooner(one: Terms, other: Terms) -> Terms:
    repeats = [terms.repeat for terms in (one, other) if terms.repeat is not None]
    return Terms(
        after=min(one.after, other.after), repeat=min(repeats, default=None), group=one.group or other.group
    )
