"""When to try again and when to give up, as tables."""

from dataclasses import replace
from datetime import timedelta

import pytest

from monitor.model.delivery import Attempt, Delivered, Envelope, Gone, Outcome, Rejected, Retry
from monitor.outbox import retry
from tests.outbox.making import NOW, an_event, envelopes_of

BUSY = Retry(reason="unavailable", detail="answered 503")
DENIED = Retry(reason="denied", detail="ACL")
INVALID = Rejected(reason="invalid", detail="422")
GONE = Gone(detail="hook answered 410")


def asking(seconds: float) -> Retry:
    """Return an answer that asks for a wait."""
    return Retry(reason="throttled", detail="answered 429", after=seconds)


def an_envelope(attempts: int = 0) -> Envelope:
    """Return an envelope tried so often."""
    return replace(envelopes_of([an_event()])[0], row=7, attempts=attempts)


def an_attempt(outcome: Outcome, *, at=NOW, wait: float | None = None) -> Attempt:
    """Return the attempt of that envelope, due again after `wait` seconds."""
    due_at = None if wait is None else at + timedelta(seconds=wait)
    return Attempt(row=7, event_id=an_event().id, at=at, outcome=outcome, due_at=due_at)


@pytest.mark.parametrize(
    ("attempts", "chance", "seconds"),
    [
        (0, 0.0, 5),
        (1, 0.0, 30),
        (2, 0.0, 120),
        (3, 0.0, 300),
        (4, 0.0, 1800),
        (5, 0.0, 7200),
        (6, 0.0, 18000),
        (7, 0.0, 36000),
        (8, 0.0, 36000),  # and so on
        (5000, 0.0, 36000),
        (0, 1.0, 2.5),  # jitter takes half at most
        (9, 1.0, 18000),
    ],
)
def test_retries_keep_the_schedule(attempts: int, chance: float, seconds: float):
    """5 s, 30 s, 2 min, 5 min, 30 min, 2 h, 5 h, then 10 h each, less the jitter."""
    attempt = retry.settle(an_envelope(attempts), BUSY, now=NOW, chance=chance)
    assert attempt == an_attempt(BUSY, wait=seconds)


@pytest.mark.parametrize(("outcome", "seconds"), [(BUSY, 60), (DENIED, 36000), (asking(300), 300)])
def test_who_takes_others_is_asked_again_soon(outcome: Retry, seconds: float):
    """A destination that works is not probed: what it put off waits a minute, what it denies its time."""
    attempt = retry.settle(an_envelope(9), outcome, now=NOW, chance=0.0, works=True)
    assert attempt == an_attempt(outcome, wait=seconds)


@pytest.mark.parametrize(
    ("failures", "chance", "seconds"),
    [(1, 0.0, 1), (2, 0.0, 2), (6, 0.0, 32), (7, 0.0, 60), (5000, 0.0, 60), (9, 1.0, 30)],
)
def test_pauses_double_up_to_a_minute(failures: int, chance: float, seconds: float):
    """Whatever waits for hours, a destination is probed once a minute."""
    assert retry.delay(failures, first=1.0, chance=chance) == seconds


@pytest.mark.parametrize(
    ("asked", "seconds"),
    [
        (120.0, 120),  # longer than ours: obeyed
        (1.0, 5),  # shorter than ours: ours
        (86400.0, 3600),  # a day: an hour is the longest
    ],
)
def test_what_a_destination_asks_is_obeyed(asked: float, seconds: float):
    """Retry-After counts, within reason."""
    attempt = retry.settle(an_envelope(), asking(asked), now=NOW, chance=0.0)
    assert attempt.due_at == NOW + timedelta(seconds=seconds)


def test_what_a_gone_destination_left_is_due():
    """It waits for somebody who says that the destination is back, and then for nothing else."""
    assert retry.settle(an_envelope(3), GONE, now=NOW, chance=0.0) == an_attempt(GONE, wait=0)


@pytest.mark.parametrize("outcome", [BUSY, GONE])
def test_an_envelope_is_given_up_after_75_hours(outcome):
    """A minute before it is still tried; then it is dead and says why."""
    late = NOW + retry.HORIZON
    almost = retry.settle(an_envelope(), outcome, now=late - timedelta(minutes=1), chance=0.0)
    assert almost.outcome == outcome
    dead = Rejected(reason="expired", detail=f"given up after 75 h: {outcome.detail}")
    assert retry.settle(an_envelope(), outcome, now=late, chance=0.0) == an_attempt(dead, at=late)


@pytest.mark.parametrize("outcome", [Delivered(), INVALID])
def test_what_is_final_stays_as_it_is(outcome):
    """Delivered late is delivered; rejected is rejected."""
    late = NOW + timedelta(hours=100)
    assert retry.settle(an_envelope(), outcome, now=late, chance=0.5) == an_attempt(outcome, at=late)


@pytest.mark.parametrize(
    ("outcomes", "failed"),
    [
        ([BUSY, BUSY], True),  # nothing was taken
        ([BUSY, Delivered()], False),  # it works, if badly
        ([BUSY, INVALID], False),  # it answers: it judged one
        ([DENIED, DENIED], False),  # these topics are the matter, not the broker
        ([DENIED, BUSY], True),
        ([Delivered()], False),
    ],
)
def test_a_destination_fails_when_nothing_is_taken(outcomes, failed: bool):
    """An envelope's own trouble is not its destination's."""
    assert retry.failed(outcomes) is failed


def test_nothing_is_given_up_early():
    """A start finds what waited for days, and has hardly tried it."""
    late = NOW + retry.HORIZON
    found = retry.settle(an_envelope(), BUSY, now=late, chance=0.0, early=True)
    assert found == an_attempt(BUSY, at=late, wait=5)
