"""Pure: what the journal says of what became of an envelope."""

from __future__ import annotations

from datetime import datetime

from monitor.model.delivery import Attempt, Delivered, Gone, Outcome, Rejected, Retry, Try

DROPPED = "dropped"
"""The reason of what an operator threw away."""
REMOVED = "removed"
"""The reason of what waited for a destination that is not configured any more."""
UNCONFIGURED = "the destination is not configured any more"
"""What people read of that."""


def tried(destination: str, attempt: Attempt) -> Try:
    """Return what a try to send it came to."""
    outcome, reason, detail = _came_to(attempt.outcome)
    return Try(at=attempt.at, destination=destination, outcome=outcome, reason=reason, detail=detail)


def expired(destination: str, now: datetime) -> Try:
    """Return what is said of an envelope that nobody wants any more."""
    return Try(
        at=now,
        destination=destination,
        outcome="expired",
        reason="expired",
        detail="not sent while it counted",
    )


def skipped(destination: str, now: datetime, newer: str) -> Try:
    """Return what is said of an event whose place the event `newer` took."""
    return Try(at=now, destination=destination, outcome="skipped", reason="replaced", detail=f"by {newer}")


def over(destination: str, now: datetime) -> Try:
    """Return what is said of the end of an alert that nobody had heard of."""
    detail = "it was over before it was told"
    return Try(at=now, destination=destination, outcome="skipped", reason="over", detail=detail)


def dropped(destination: str, now: datetime) -> Try:
    """Return what is said of an envelope that an operator threw away."""
    return Try(
        at=now, destination=destination, outcome="rejected", reason=DROPPED, detail="thrown away by hand"
    )


def removed(destination: str, now: datetime) -> Try:
    """Return what is said of an envelope whose destination is not configured any more."""
    return Try(at=now, destination=destination, outcome="rejected", reason=REMOVED, detail=UNCONFIGURED)


def disbanded(destination: str, now: datetime) -> Try:
    """Return what is said of an event that waited in a group of such a destination."""
    return Try(at=now, destination=destination, outcome="skipped", reason=REMOVED, detail=UNCONFIGURED)


def unreadable(destination: str, now: datetime, why: str) -> Try:
    """Return what is said of an event that waited in a group and cannot be read any more."""
    return Try(at=now, destination=destination, outcome="skipped", reason="unreadable", detail=why)


def _came_to(outcome: Outcome) -> tuple[str, str, str]:
    match outcome:
        case Delivered():
            return "delivered", "", ""
        case Retry():
            return "retried", outcome.reason, outcome.detail
        case Rejected():
            return "rejected", outcome.reason, outcome.detail
        case Gone():
            return "gone", "gone", outcome.detail
