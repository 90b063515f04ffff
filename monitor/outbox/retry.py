"""Pure: when to try again, and when to give up."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from monitor.model.delivery import Attempt, Delivered, Envelope, Outcome, Rejected, Retry

SCHEDULE = (5.0, 30.0, 120.0, 300.0, 1800.0, 7200.0, 18000.0, 36000.0)
"""Seconds before each retry of an envelope, the last one for all that follow: Svix's, which is Standard
Webhooks' in its first seven. Whatever it says, a destination that takes something again gets everything.
"""
LONGEST_DELAY = 60.0
"""Seconds: a destination that works again gets every envelope within a minute."""
LONGEST_ASKED = 3600.0
"""Seconds: the longest wait a destination may ask for."""
LONGEST = max(LONGEST_ASKED, *SCHEDULE)
"""Seconds: nothing is ever put off further than this."""
HORIZON = timedelta(hours=75)
"""How long an envelope is tried, as Standard Webhooks' schedule ends: then it is dead, for people to see."""

GRACE = 3600.0
"""Seconds a destination has to fail, in this run, before anything is given up: what waited while the machine
was off, or while there was no network yet, has hardly been tried.
"""

_OF_ONE_ENVELOPE = {"denied", "bug"}
"""Reasons that concern the envelope tried (its topic, its content), not the destination."""


def settle(
    envelope: Envelope,
    outcome: Outcome,
    *,
    now: datetime,
    chance: float,
    works: bool = False,
    early: bool = False,
) -> Attempt:
    """Return what to write about this try: a retry gets its date, or is given up after `HORIZON`.

    Args:
        envelope: as it was claimed; `attempts` counts the tries before this one.
        outcome: what the sink answered.
        now: the date of the try.
        chance: anything in 0…1, for jitter.
        works: the destination took others at the same time. Then it is not probed, and what it put off must
            not wait for hours; what it refuses for the envelope's own sake may.
        early: nothing is to be given up yet.
    """
    if isinstance(outcome, Delivered | Rejected):
        return Attempt(row=envelope.row, event_id=envelope.event_id, at=now, outcome=outcome)
    if not early and expired(envelope, now=now):
        dead = Rejected(reason="expired", detail=f"given up after 75 h: {outcome.detail}")
        return Attempt(row=envelope.row, event_id=envelope.event_id, at=now, outcome=dead)
    wait = 0.0
    if isinstance(outcome, Retry):
        longest = LONGEST_DELAY if works and not of_one_envelope(outcome) else LONGEST
        wait = max(min(scheduled(envelope.attempts + 1, chance=chance), longest), asked((outcome,)))
    due_at = now + timedelta(seconds=wait)
    return Attempt(row=envelope.row, event_id=envelope.event_id, at=now, outcome=outcome, due_at=due_at)


def expired(envelope: Envelope, *, now: datetime) -> bool:
    """Return whether `envelope` is too old to be tried again."""
    return now - envelope.created_at >= HORIZON


def scheduled(failures: int, *, chance: float) -> float:
    """Return seconds an envelope waits after its n-th failure; `chance` as in `delay`."""
    return SCHEDULE[min(failures, len(SCHEDULE)) - 1] * (1.0 - chance / 2.0)


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


def of_one_envelope(outcome: Outcome) -> bool:
    """Return whether this is the envelope's own trouble: another one may fare better."""
    return isinstance(outcome, Rejected) or (
        isinstance(outcome, Retry) and outcome.reason in _OF_ONE_ENVELOPE
    )


def failed(outcomes: Sequence[Outcome]) -> bool:
    """Return whether the destination itself fails: nothing was taken, and the envelopes are not to blame."""
    blames = [isinstance(outcome, Retry) and not of_one_envelope(outcome) for outcome in outcomes]
    taken = any(not isinstance(outcome, Retry) for outcome in outcomes)
    return any(blames) and not taken
