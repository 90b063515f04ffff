"""Alerts as the API shows them: each by its id, with the threshold that holds now."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache

from monitor.alerts.announcing import built_in
from monitor.model.alert import Alert, alert_id
from monitor.model.rule import Level, Rule, Severity
from monitor.rules.judging import Judge
from monitor.web import shapes
from monitor.web.answers import Problem

REMEMBERED = 65_536
"""Ids kept, which are slow to work out: 5,000 queues with a dozen alerts each."""

BREATH = 2000
"""Alerts looked at before others have their turn: a dozen milliseconds where no id is known yet."""

Shown = dict[str, object]

_id = lru_cache(maxsize=REMEMBERED)(alert_id)


def identify(alert: Alert) -> str:
    """Return the id of an alert."""
    return _id(alert.org, alert.rule, alert.entity.key)


async def found(alerts: Iterable[Alert], id: str) -> Alert:
    """Return the alert of that id. Raises Problem."""
    for number, alert in enumerate(alerts, 1):
        if identify(alert) == id:
            return alert
        if number % BREATH == 0:
            await asyncio.sleep(0)
    raise Problem(404, "there is no such alert: it never was, or its rule is not configured any more")


def named(rules: Sequence[Rule]) -> Mapping[str, Rule]:
    """Return rules by name."""
    return {rule.name: rule for rule in rules}


def shown(alerts: Iterable[Alert], rules: Sequence[Rule], now: datetime) -> list[Shown]:
    """Return alerts in JSON, each with the threshold of its severity at `now`."""
    by_name = named(rules)
    return [_shown(alert, by_name.get(alert.rule) or built_in(alert.rule), now) for alert in alerts]


def _shown(alert: Alert, rule: Rule, now: datetime) -> Shown:
    operator, threshold = _edge(alert, rule, now)
    metric = rule.metric or rule.expr
    return shapes.alert(alert, identify(alert), metric=metric, operator=operator, threshold=threshold)


def _edge(alert: Alert, rule: Rule, now: datetime) -> tuple[str, float | None]:
    """Return how the value stands to which threshold while it breaches."""
    if rule.burns:
        return ">=", _burning(rule, alert.severity)
    levels: Sequence[Level] = Judge(rule, alert.org).levels(now) if rule.overrides else rule.levels
    level = next((one for one in levels if one.severity is alert.severity), levels[0] if levels else None)
    return level.edge(alert.value, cleared=False) if level is not None else ("", None)


def _burning(rule: Rule, severity: Severity) -> float | None:
    return min((burn.factor for burn in rule.burns if burn.severity is severity), default=None)
