"""The life cycle of one alert: state × verdict × known time → state, and perhaps an event. Pure.

state      verdict    what happens
inactive   breached   pending, or firing at once where the dwell is 0
pending    breached   the dwell grows by the known time; at the full dwell it fires
pending    clear      inactive; nothing was said, nothing is said
firing     breached   stays; a clearing that had begun starts over
firing     clear      clearing; after keep_firing_for of known clear time it resolves
any        idle       as clear: a ratio of nothing neither fires nor keeps firing
any        unknown    nothing moves, and the time until the next known verdict does not count
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from monitor.model.alert import Alert, AlertState, EventKind
from monitor.model.rule import Rule, Verdict

KNOWN = (Verdict.BREACHED, Verdict.CLEAR, Verdict.IDLE)
"""Verdicts that move an alert; the rest hold it."""


def step(
    alert: Alert, rule: Rule, verdict: Verdict, value: float | None, *, elapsed: float, now: datetime
) -> tuple[Alert, EventKind | None]:
    """Return the alert after one verdict, and the event that this causes.

    Args:
        alert: as it was.
        rule: as it is configured now.
        verdict: what the rule says now.
        value: what it judged, None where unknown.
        elapsed: known seconds since the judgement before (0 after an unknown stretch or a restart).
        now: the moment of this judgement.
    """
    if verdict not in KNOWN:
        return replace(alert, known=False), None
    counted = elapsed if alert.known else 0.0
    judged = replace(alert, known=True, value=value)
    breached = verdict is Verdict.BREACHED
    match alert.state, breached:
        case AlertState.INACTIVE, True:
            return _ripen(replace(judged, state=AlertState.PENDING, held=0.0, active_at=now), rule, now)
        case AlertState.PENDING, True:
            return _ripen(replace(judged, held=alert.held + counted), rule, now)
        case AlertState.PENDING, False:
            return replace(judged, state=AlertState.INACTIVE, held=0.0, active_at=None), None
        case AlertState.FIRING, True:
            return replace(judged, held=0.0, clear_since=None), None
        case AlertState.FIRING, False:
            held = alert.held + counted if alert.clear_since is not None else 0.0
            return _clear(replace(judged, held=held, clear_since=alert.clear_since or now), rule, now)
        case _:
            return judged, None


def _ripen(alert: Alert, rule: Rule, now: datetime) -> tuple[Alert, EventKind | None]:
    """Fire once the breach has lasted for the dwell."""
    if alert.held < rule.level.dwell:
        return alert, None
    fired = replace(
        alert,
        state=AlertState.FIRING,
        severity=rule.level.severity,
        episode=alert.episode + 1,
        sequence=alert.sequence + 1,
        held=0.0,
        fired_at=now,
        clear_since=None,
        resolved_at=None,
    )
    return fired, EventKind.FIRED


def _clear(alert: Alert, rule: Rule, now: datetime) -> tuple[Alert, EventKind | None]:
    """Resolve once it has been clear for keep_firing_for."""
    if alert.held < rule.keep_firing_for:
        return alert, None
    resolved = replace(
        alert,
        state=AlertState.INACTIVE,
        sequence=alert.sequence + 1,
        held=0.0,
        clear_since=None,
        resolved_at=now,
    )
    return resolved, EventKind.RESOLVED
