"""Which alerts are about something that is not there any more. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from monitor.model.alert import DESTINATION_GONE, SOURCE_DOWN, Alert, AlertState
from monitor.model.catalogue import METRICS
from monitor.model.rule import Rule
from monitor.rules.matching import DESCRIPTIVE

REMOVALS = frozenset(
    {"source_removed", "rule_removed", "rule_changed", "queue_removed", "destination_removed"}
)
"""Reasons after which there is nothing left that the alert could be about."""


def speaks(alert: Alert) -> bool:
    """Return whether an alert says anything that would have to be taken back, or still waits to."""
    return alert.state is not AlertState.INACTIVE or alert.told is not None or alert.history[2]


def shown(alert: Alert) -> bool:
    """Return whether something of an alert may still be shown: it was told once, and not yet removed."""
    return alert.sequence > 0 and alert.reason not in REMOVALS


def gone(
    alert: Alert,
    rules: Mapping[str, Rule],
    home: Mapping[tuple[str, str], str],
    asked: Collection[tuple[str, str]],
    destinations: Collection[str],
) -> str:
    """Return why an alert has nothing to be about any more; nothing if it has.

    `home` is the source that (org, rule) waits for, `asked` every (org, source) there is.
    """
    if alert.rule == DESTINATION_GONE:
        return "" if alert.entity.key in destinations else "destination_removed"
    if alert.rule == SOURCE_DOWN:
        return "" if (alert.org, alert.entity.key) in asked else "source_removed"
    rule = rules.get(alert.rule)
    if rule is None:
        return "rule_removed"
    if (alert.org, home.get((alert.org, alert.rule), "")) not in asked:
        return "source_removed"
    return "" if _same(alert, rule) else "rule_changed"


def _same(alert: Alert, rule: Rule) -> bool:
    """Return whether the alert's entity is one that the rule's metric has."""
    if not rule.metric or rule.burns or not alert.entity.labels:
        return True
    return alert.entity.labels.keys() - DESCRIPTIVE == set(METRICS[rule.metric].labels) - DESCRIPTIVE
