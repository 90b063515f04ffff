"""Pure: when to try again, and when to give up."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from monitor.model.delivery import Attempt, Envelope, Outcome, Rejected, Retry

FIRST_DELAY = 5.0
"""Seconds before the first retry (Standard Webhooks' schedule); each one after doubles it."""
LONGEST_DELAY = 60.0
"""Seconds: a destination that works again gets every envelope within a minute."""
LONGEST_ASKED = 3600.0
"""Seconds: the longest wait a destination may ask for."""
HORIZON = timedelta(hours=75)
"""How long an envelope is tried, as Standard Webhooks' schedule ends: then it is dead, for people to see."""

_OF_ONE_ENVELOPE = {"denied", "bug"}
"""Reasons that concern the envelope tried (its topic, its content), not the destination."""


def settle(envelope: Envelope, outcome: Outcome, *, now: datetime, chance: float) -> Attempt:
    """Return what to write about this try: a retry gets its date, or is given up after `HORIZON`.

    Args:
        envelope: as it was claimed; `attempts` counts the tries before this one.
        outcome: what the sink answered.
        now: the present date.
        chance: anything in 0…1, for jitter.
    """
    if not isinstance(outcome, Retry):
        return Attempt(row=envelope.row, outcome=outcome)
    if expired(envelope, now=now):
        dead = Rejected(reason="expired", detail=f"given up after 75 h: {outcome.detail}")
        return Attempt(row=envelope.row, outcome=dead)
    seconds = delay(envelope.attempts + 1, first=FIRST_DELAY, chance=chance)
    wait = timedelta(seconds=max(seconds, asked((outcome,))))
    return Attempt(row=envelope.row, outcome=outcome, due_at=now + wait)


def expired(envelope: Envelope, *, now: datetime) -> bool:
    """Return whether `envelope` is too old to be tried again."""
    return now - envelope.created_at >= HORIZON


def delay(failures: int, *, first: float, chance: float) -> float:
    """Return seconds to wait after the n-th failure: `first`, doubled each time, up to `LONGEST_DELAY`.

    `chance` (0…1) takes away up to half of it, so that what failed together does not come back together.
    """
    whole = min(LONGEST_DELAY, first * 2.0 ** min(failures - 1, 16))
    return whole * (1.0 - chance / 2.0)


def asked(outcomes: Sequence[Outcome]) -> float:
    """Return the longest wait in seconds that the destination asked for in these answers, 0 if none."""
    waits = [
        outcome.after for outcome in outcomes if isinstance(outcome, Retry) and outcome.after is not None
    ]
    return min(max(waits, default=0.0), LONGEST_ASKED)


def failed(outcomes: Sequence[Outcome]) -> bool:
    """Return whether the destination itself fails: nothing was taken, and the envelopes are not to blame."""
    blames = [isinstance(outcome, Retry) and outcome.reason not in _OF_ONE_ENVELOPE for outcome in outcomes]
    taken = any(not isinstance(outcome, Retry) for outcome in outcomes)
    return any(blames) and not taken
