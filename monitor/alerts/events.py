"""From an alert and its rule to the event that is published. Pure."""

from __future__ import annotations

from datetime import datetime

from monitor.alerts.announcing import BUILT_IN
from monitor.alerts.retiring import REMOVALS
from monitor.alerts.telling import Said
from monitor.model.alert import ENDINGS, Alert, AlertEvent, EventKind, event_id
from monitor.model.rule import Level, Rule, Severity


def event(
    alert: Alert,
    rule: Rule,
    said: Said,
    *,
    before: Severity | None,
    levels: tuple[Level, ...],
    now: datetime,
    observed_at: datetime,
) -> AlertEvent:
    """Return the event of what is said; `before` is the severity told before, `levels` hold now."""
    kind = said.kind
    cleared = kind in ENDINGS
    severity = before if cleared and before is not None else alert.severity
    operator, threshold = _edge(alert, rule, severity, levels, cleared=cleared)
    ack = alert.acknowledged
    return AlertEvent(
        id=event_id(alert.org, alert.rule, alert.entity.key, alert.episode, alert.sequence),
        kind=kind,
        org=alert.org,
        rule=alert.rule,
        severity=severity,
        previous_severity=before if before is not severity else None,
        state=alert.state,
        entity=alert.entity,
        episode=alert.episode,
        sequence=alert.sequence,
        reason=said.reason or alert.reason,
        metric=rule.metric or rule.expr,
        evidence=alert.evidence,
        operator=operator,
        threshold=threshold,
        occurred_at=now,
        observed_at=observed_at,
        started_at=alert.active_at,
        fired_at=alert.fired_at,
        resolved_at=alert.resolved_at,
        owner=ack.owner if ack and kind is EventKind.ACKNOWLEDGED else "",
        note=ack.note if ack and kind is EventKind.ACKNOWLEDGED else "",
        audience=said.audience,
        gone=cleared and alert.reason in REMOVALS,
        labels=rule.labels,
        # What a built-in rule says is true while it fires.
        annotations={} if cleared and rule.name in BUILT_IN else rule.annotations,
    )


def _edge(
    alert: Alert, rule: Rule, severity: Severity, levels: tuple[Level, ...], *, cleared: bool
) -> tuple[str, float | None]:
    """Return how the value stands to the threshold the event is about."""
    if rule.burns:
        factors = [burn.factor for burn in rule.burns if burn.severity is severity]
        return ("<" if cleared else ">=", min(factors, default=None))
    level = next((one for one in levels if one.severity is severity), levels[0] if levels else None)
    return level.edge(alert.value, cleared=cleared) if level is not None else ("", None)
