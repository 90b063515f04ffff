"""What an alert says, and to whom: from its state and what was told before to the next event. Pure.

now firing   told      muted    event
yes          nobody    no       fired
yes          nobody    yes      none, until it is not muted any more
yes          milder    no       level_changed (worse or better, in the same episode)
no           somebody  either   resolved, to everybody who got the fire
no           nobody    either   none: what nobody heard of needs no end
"""

from __future__ import annotations

from dataclasses import replace

from monitor.model.alert import SOURCE_DOWN, Alert, AlertState, EventKind


def told(alert: Alert, audience: tuple[str, ...]) -> tuple[Alert, EventKind | None]:
    """Return the alert with what is said now written down, and what that is.

    `audience` are the destinations a fire of this alert goes to now.
    """
    if alert.state is not AlertState.FIRING:
        if alert.told is None:
            return alert, None
        kind = EventKind.KNOWN if alert.rule == SOURCE_DOWN else EventKind.RESOLVED
        return replace(alert, told=None, muted="", sequence=alert.sequence + 1), kind
    if alert.muted or alert.told is alert.severity:
        return alert, None
    fresh = alert.told is None
    kind = EventKind.LEVEL_CHANGED
    if fresh:
        kind = EventKind.UNKNOWN if alert.rule == SOURCE_DOWN else EventKind.FIRED
    reached = audience if fresh else tuple(dict.fromkeys((*alert.told_to, *audience)))
    return (
        replace(alert, told=alert.severity, told_to=reached, sequence=alert.sequence + 1),
        kind,
    )


def flaps(alert: Alert, *, flapping: bool) -> tuple[Alert, EventKind | None]:
    """Return what is said when an alert begins or ends to flap: to those who heard of it, if anybody did."""
    if flapping == alert.history[2] or not alert.told_to:
        return alert, None
    kind = EventKind.FLAPPING if flapping else EventKind.STEADY
    return replace(alert, sequence=alert.sequence + 1), kind
