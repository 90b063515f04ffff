"""Somebody has an alert: for as long as it fires, or until a date. Pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from monitor.alerts.telling import Said, listeners
from monitor.model.alert import Acknowledgement, Alert, EventKind


def taken(alert: Alert, ack: Acknowledgement) -> tuple[Alert, Said | None]:
    """Return the alert in somebody's hands, and what is said of that to those who heard of the alert."""
    had = replace(alert, acknowledged=ack)
    if alert.told is None:
        return had, None
    return replace(had, sequence=alert.sequence + 1), Said(EventKind.ACKNOWLEDGED, listeners(alert))


def lapsed(alert: Alert, now: datetime) -> bool:
    """Return whether somebody had the alert until a date that has come."""
    ack = alert.acknowledged
    return ack is not None and ack.until is not None and ack.until <= now
