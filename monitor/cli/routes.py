"""`queuewatch routes`: who would be told, and why?"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from difflib import get_close_matches
from pathlib import Path
from zoneinfo import ZoneInfo

import click

from monitor.alerts.announcing import built_in
from monitor.cli import configured, dating, once
from monitor.config import labels as known_labels
from monitor.config import tree
from monitor.kit import durations
from monitor.kit.clock import SystemClock
from monitor.model.alert import DESTINATION_GONE, DRILL, OURSELVES, SOURCE_DOWN, WATCHDOG
from monitor.model.calendars import DAYS, Calendar
from monitor.model.route import Reach, Route, Terms
from monitor.model.rule import Rule, Severity
from monitor.model.settings import PingSettings, Settings
from monitor.outbox.forms import form
from monitor.outbox.routing import Router, Tried

UTC_ZONE = ZoneInfo("UTC")
_ELSEWHERE = {
    WATCHDOG: "is the heartbeat: it goes to whom heartbeat.receivers names, by no route",
    DRILL: "is a drill: it goes to the receiver that is tried out, by no route",
}
"""What is told under a name like a rule's, and never asks the routes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """An alert that is asked about."""

    labels: Mapping[str, str]
    severity: Severity
    at: datetime


@click.group("routes")
def command() -> None:
    """Look at the routes of a configuration.

    Example: queuewatch routes test team=support --severity critical --at 2026-12-24T09:00
    """


@command.command("show")
@once.JSON
@once.CONFIG
def show(as_json: bool, path: Path) -> None:  # noqa: FBT001
    """Print the tree: what each route takes, and who is told by it.

    Example: queuewatch routes show --config config/queuewatch.yaml
    """
    settings = configured.settings(path, secrets=False)
    if as_json:
        said = {
            "destinations": list(_destinations(settings)),
            "routes": [_branch(one) for one in settings.routes],
        }
        click.echo(json.dumps(said, indent=2, ensure_ascii=False))
        return
    if not settings.routes:
        click.echo(f"no routes: every alert goes to {', '.join(_destinations(settings)) or 'nobody'}")
    for line in tree(settings.routes):
        click.echo(line)


def _branch(route: Route) -> dict[str, object]:
    """Return a route and those below it; lengths of time in seconds."""
    grouping = route.grouping
    return {
        "route": route.name,
        "match": [
            {"label": one.label, "globs": list(one.globs), "regex": one.regex} for one in route.matchers
        ],
        "min_severity": route.minimum.value,
        "during": [one.name for one in route.during],
        "not_during": [one.name for one in route.not_during],
        "told": list(route.destinations),
        "group": None
        if grouping is None
        else {"by": list(grouping.by), "wait": grouping.wait, "interval": grouping.interval},
        "repeat": route.repeat,
        "escalate": [{"after": step.after, "told": list(step.destinations)} for step in route.steps],
        "continue": route.goes_on,
        "routes": [_branch(one) for one in route.routes],
    }


@command.command("test")
@click.argument("labels", nargs=-1, metavar="LABEL=VALUE…")
@click.option(
    "--severity",
    type=click.Choice([one.value for one in Severity]),
    help="Without it, the one of the rule if it has only one, else warning.",
)
@click.option(
    "--at",
    "text",
    help="ISO 8601 date-time, or a time of today; without an offset, in the zone of the routes' calendars, "
    "or else in UTC. Without --at, now.",
)
@once.JSON
@once.CONFIG
def test(labels: tuple[str, ...], severity: str | None, text: str | None, as_json: bool, path: Path) -> None:  # noqa: FBT001
    """Say who would be told of an alert with these labels, when, and why.

    The labels of its rule are added where `rule=NAME` names it, and the org where there is only one; an alert
    about a destination is of the org queuewatch. Nothing is sent. Exit code 1 if nobody would be told.

    Example: queuewatch routes test rule=ServiceLevelLow queue="Support EN" --severity critical
    """
    settings = configured.settings(path, secrets=False)
    case = _case(settings, labels, severity, text)
    router = Router(settings.routes, _destinations(settings))
    reach = _told(settings, router.reach(case.labels, case.severity, case.at))
    tried = router.explain(case.labels, case.severity, case.at)
    if as_json:
        click.echo(json.dumps(_json(case, reach, tried), indent=2, ensure_ascii=False))
    else:
        zone = _zone(settings.routes)
        for line in _lines(case, reach, tried, zone):
            click.echo(line)
    if not any(terms.after == 0 for terms in reach.values()):
        raise SystemExit(1)


def _destinations(settings: Settings) -> tuple[str, ...]:
    """Return who is told of alerts: a ping is for the heartbeat."""
    return tuple(one.name for one in settings.destinations if not isinstance(one, PingSettings))


def _told(settings: Settings, reach: Reach) -> Reach:
    """Return whom an alert reaches as it goes there: what takes no groups gets every event alone."""
    folding = {one.name for one in settings.destinations if form(one).folds}
    return {name: terms if name in folding else replace(terms, group=None) for name, terms in reach.items()}


def _case(settings: Settings, given: Iterable[str], severity: str | None, text: str | None) -> Case:
    """Return the alert that is asked about. Raises ClickException."""
    labels = _labels(settings, given)
    rule = _rule(settings, labels.get("rule"))
    _add(settings, labels, rule)
    said = labels.get("severity")
    if said is not None and severity not in {None, said}:
        raise once.wrong("--severity", f"is {severity}, and the label severity is {said}", "keep one")
    try:
        worst = Severity(severity or said or _usual(rule))
    except ValueError:
        known = " or ".join(one.value for one in Severity)
        raise once.wrong("LABEL=VALUE", f"there is no severity {said!r}", f"there is {known}") from None
    now = SystemClock().now()
    at = now if text is None else dating.moment(text, _zone(settings.routes), now)[0]
    return Case(labels={**labels, "severity": worst.value}, severity=worst, at=at)


def _labels(settings: Settings, given: Iterable[str]) -> dict[str, str]:
    """Return the labels as they are given. Raises ClickException for one that no alert has."""
    found: dict[str, str] = {}
    known = known_labels(settings.rules)
    for one in given:
        label, equal, value = one.partition("=")
        if not equal or label in found:
            problem = f"{label!r} is given twice" if equal else f"{one!r} is no label with a value"
            raise once.wrong("LABEL=VALUE", problem, "write each once: team=support")
        if label not in known:
            raise once.wrong("LABEL=VALUE", f"no alert has the label {label!r}", _near(label, known))
        found[label] = value
    return found


def _rule(settings: Settings, name: str | None) -> Rule | None:
    """Return the rule that is named; None where none is. Raises ClickException where there is no such."""
    if name is None:
        return None
    if name in _ELSEWHERE:
        raise once.wrong("LABEL=VALUE", f"rule {name} {_ELSEWHERE[name]}")
    rules = {rule.name: rule for rule in settings.rules}
    rules |= {own: built_in(own) for own in (SOURCE_DOWN, DESTINATION_GONE)}
    if name not in rules:
        raise once.wrong("LABEL=VALUE", f"there is no rule {name!r}", _near(name, rules))
    return rules[name]


def _add(settings: Settings, labels: dict[str, str], rule: Rule | None) -> None:
    """Add what an alert of `rule` has anyway. Raises ClickException for an org that is not watched."""
    orgs = [org.name for org in settings.orgs]
    about_us = rule is not None and rule.name == DESTINATION_GONE
    if about_us or len(orgs) == 1:
        labels.setdefault("org", OURSELVES if about_us else orgs[0])
    known = [OURSELVES] if about_us else orgs if rule is not None else [*orgs, OURSELVES]
    if "org" in labels and labels["org"] not in known:
        hint = _near(labels["org"], known) or f"there is {', '.join(known)}"
        raise once.wrong("LABEL=VALUE", f"no such alert is of the org {labels['org']!r}", hint)
    for label, value in (rule.labels if rule is not None else {}).items():
        labels.setdefault(label, value)


def _usual(rule: Rule | None) -> Severity:
    """Return the severity of a rule's only level, else the mildest."""
    levels = rule.levels if rule is not None else ()
    return levels[0].severity if len(levels) == 1 else Severity.WARNING


def _near(word: str, known: Iterable[str]) -> str:
    near = get_close_matches(word, list(known), n=1)
    return f"did you mean {near[0]}?" if near else ""


def _zone(routes: Iterable[Route]) -> ZoneInfo:
    """Return the zone of the calendars that routes name, if they agree on one."""
    zones = {calendar.zone.key: calendar.zone for calendar in _calendars(routes)}
    return next(iter(zones.values())) if len(zones) == 1 else UTC_ZONE


def _calendars(routes: Iterable[Route]) -> Iterator[Calendar]:
    for route in routes:
        yield from (*route.during, *route.not_during)
        yield from _calendars(route.routes)


def _lines(case: Case, reach: Reach, tried: Iterable[Tried], zone: ZoneInfo) -> Iterator[str]:
    said = ", ".join(f"{label}={value}" for label, value in case.labels.items())
    local = case.at.astimezone(zone)
    yield f"{said} at {DAYS[local.weekday()]} {local:%Y-%m-%d %H:%M %Z}"
    steps = list(tried)
    yield "routes:" if steps else "no routes: every receiver is told everything"
    for step in steps:
        yield f"  {'  ' * step.depth}{step.route}{' (taken)' if step.taken else ''}: {step.why}"
    if not reach:
        yield "nobody is told"
    for name, terms in sorted(reach.items(), key=lambda item: item[1].after):
        yield f"told: {name}, {', '.join(_terms(terms))}"


def _terms(terms: Terms) -> Iterator[str]:
    if terms.after:
        yield f"after {durations.show(terms.after)} if nobody has acknowledged"
    elif terms.group is None:
        yield "at once"
    if terms.group is not None:
        shared = ", ".join(f"{label}={value}" for label, value in terms.group.labels.items()) or "everything"
        wait, interval = durations.show(terms.group.wait), durations.show(terms.group.interval)
        first = f"{wait} later" if terms.group.wait else "at once"
        yield f"together with what shares {shared}: {first}, then every {interval}"
    if terms.repeat is not None:
        yield f"again every {durations.show(terms.repeat)}"


def _json(case: Case, reach: Reach, tried: Iterable[Tried]) -> dict[str, object]:
    return {
        "labels": dict(case.labels),
        "severity": case.severity.value,
        "at": case.at.isoformat(),
        "told": [
            {
                "destination": name,
                "after": terms.after,
                "repeat": terms.repeat,
                "group": None
                if terms.group is None
                else {
                    "key": terms.group.key,
                    "labels": dict(terms.group.labels),
                    "wait": terms.group.wait,
                    "interval": terms.group.interval,
                },
            }
            for name, terms in reach.items()
        ],
        "routes": [
            {"route": one.route, "depth": one.depth, "taken": one.taken, "why": one.why} for one in tried
        ],
    }
