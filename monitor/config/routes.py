"""Routes: a tree in which nobody is forgotten by mistake, and no branch is out of reach."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from monitor.config.addressing import Receivers
from monitor.config.branches import GroupPart, RoutePart
from monitor.config.part import merged
from monitor.config.report import Report, Trail
from monitor.config.rules import Calendars, matchers
from monitor.config.vocabulary import Vocabulary
from monitor.kit import durations
from monitor.model.route import Grouping, Route, Step
from monitor.model.rule import Severity
from monitor.model.settings import DestinationSettings, PingSettings

DEPTH_LIMIT = 10
"""Routes within each other."""

_STEPS = 10
"""Steps of an escalation."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Terms:
    """What a route hands down to its own.

    `said` is whether anybody wrote who is told, `someone` whether that is more than nobody, on purpose.
    """

    destinations: tuple[str, ...] = ()
    said: bool = False
    someone: bool = False
    group: GroupPart | None = None
    repeat: float | None = None
    steps: tuple[Step, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Planner:
    """Makes the tree; what it names is held against `receivers`, `calendars` and `vocabulary`."""

    receivers: Receivers
    calendars: Calendars
    vocabulary: Vocabulary
    report: Report
    names: set[str] = field(default_factory=set)

    def plan(self, parts: Sequence[RoutePart]) -> tuple[Route, ...]:
        """Return the tree. With mistakes in the report it is no good, but every check has run."""
        if parts and not any(map(_everything, parts)):
            self.report.add(
                ("routes", len(parts) - 1),
                "is the last one, and an alert that fits none of them is told to nobody",
                "end with a route without match, during and min_severity; receivers: [] if nobody is meant",
            )
        return self._siblings(("routes",), "", parts, _Terms())

    def _siblings(
        self, trail: Trail, prefix: str, parts: Sequence[RoutePart], above: _Terms
    ) -> tuple[Route, ...]:
        found: list[Route] = []
        closed = 0
        for number, part in enumerate(parts):
            place = (*trail, number)
            if closed:
                hint = f"move it before the {_ordinal(closed)}, or write continue: true there"
                self.report.add(place, "is never reached: one before it takes everything", hint)
            elif _everything(part) and not part.goes_on:
                closed = number + 1
            found.append(self._route(place, part.name or f"{prefix}{number + 1}", part, above))
        return tuple(found)

    def _route(self, trail: Trail, name: str, part: RoutePart, above: _Terms) -> Route:
        if name in self.names:
            self.report.add((*trail, "name"), f"{name} is the name of another one too", "rename one")
        self.names.add(name)
        if len(trail) > 2 * DEPTH_LIMIT:
            self.report.add(trail, f"is deeper than {DEPTH_LIMIT} routes within each other")
        self.vocabulary.match((*trail, "match"), part.match, self.report)
        terms = self._terms(trail, part, above)
        if not terms.said and not any(map(_everything, part.routes)):
            self.report.add(trail, "tells nobody", "name receivers; receivers: [] if nobody is meant")
        group = terms.group
        return Route(
            name=name,
            matchers=matchers(part.match),
            minimum=Severity(part.min_severity),
            during=self.calendars.find((*trail, "during"), part.during, self.report),
            not_during=self.calendars.find((*trail, "not_during"), part.not_during, self.report),
            destinations=terms.destinations,
            steps=terms.steps,
            grouping=None
            if group is None
            else Grouping(by=tuple(dict.fromkeys(group.by)), wait=group.wait, interval=group.interval),
            repeat=terms.repeat,
            goes_on=part.goes_on,
            routes=self._siblings((*trail, "routes"), f"{name}.", part.routes, terms),
        )

    def _terms(self, trail: Trail, part: RoutePart, above: _Terms) -> _Terms:
        """Return what holds in the route at `trail`: its own words, and its parent's where it has none."""
        said = part.model_fields_set
        group = part.group if "group" in said else above.group
        if part.group is not None and above.group is not None:
            group = merged(above.group, part.group)
        if part.group is not None:
            self.vocabulary.check((*trail, "group", "by"), part.group.by, self.report)
        told = (
            self._find((*trail, "receivers"), part.receivers) if "receivers" in said else above.destinations
        )
        # Whoever is meant to hear of nothing is not to hear of it later, either.
        steps = () if "receivers" in said and not part.receivers else above.steps
        anybody = above.said or "receivers" in said
        someone = bool(part.receivers) if "receivers" in said else above.someone
        if "escalate" in said:
            steps = self._steps((*trail, "escalate"), part, told)
            if steps and anybody and not someone:
                problem = "begins when somebody has been told, and this route tells nobody"
                self.report.add((*trail, "escalate"), problem, "name its receivers")
        return _Terms(
            destinations=told,
            said=anybody,
            someone=someone,
            group=group,
            repeat=part.repeat if "repeat" in said else above.repeat,
            steps=steps,
        )

    def _steps(self, trail: Trail, part: RoutePart, told: tuple[str, ...]) -> tuple[Step, ...]:
        """Return the steps: each later than the one before, each telling somebody new."""
        known = set(told)
        last = 0.0
        found: list[Step] = []
        if len(part.escalate) > _STEPS:
            self.report.add(trail, f"should hold at most {_STEPS} steps")
        for number, step in enumerate(part.escalate):
            place = (*trail, number)
            if step.after <= last:
                problem = f"should be more than {durations.show(last)}, when the one before it is"
                self.report.add((*place, "after"), problem)
            last = max(last, step.after)
            destinations = self._find((*place, "receivers"), step.receivers)
            if not step.receivers:
                self.report.add((*place, "receivers"), "names nobody", "one receiver, or a list")
            elif destinations and known.issuperset(destinations):
                problem = "tells nobody who has not been told before"
                self.report.add((*place, "receivers"), problem, "write repeat: to tell them again")
            known.update(destinations)
            found.append(Step(after=step.after, destinations=destinations))
        return tuple(found)

    def _find(self, trail: Trail, names: Sequence[str]) -> tuple[str, ...]:
        unfit = "has only a ping, which is for the heartbeat"
        return self.receivers.find(trail, names, _tells, unfit, self.report)


def _tells(way: DestinationSettings) -> bool:
    return not isinstance(way, PingSettings)


def _everything(part: RoutePart) -> bool:
    """Return whether a route takes every alert at any time."""
    return not (part.match or part.during or part.not_during or part.min_severity == "critical")


def _ordinal(number: int) -> str:
    return {1: "first", 2: "second", 3: "third"}.get(number, f"{number}th")
