"""When to try again and when to give up, as tables."""

from datetime import timedelta

import pytest

from monitor.model.delivery import Attempt, Delivered, Rejected, Retry
from monitor.outbox import retry
from tests.outbox.making import NOW, an_event, envelopes_of

BUSY = Retry(reason="unavailable", detail="answered 503")
DENIED = Retry(reason="denied", detail="ACL")
GONE = Rejected(reason="gone", detail="410")


def asking(seconds: float) -> Retry:
    """Return an answer that asks for a wait."""
    return Retry(reason="throttled", detail="answered 429", after=seconds)


def an_envelope(attempts: int = 0):
    """Return an envelope tried so often."""
    from dataclasses import replace

    return replace(envelopes_of([an_event()])[0], row=7, attempts=attempts)


@pytest.mark.parametrize(
    ("attempts", "chance", "seconds"),
    [
        (0, 0.0, 5),  # the first retry
        (1, 0.0, 10),  # doubled
        (3, 0.0, 40),
        (4, 0.0, 60),  # 80, capped
        (5000, 0.0, 60),  # and no overflow
        (0, 1.0, 2.5),  # jitter takes half at most
        (9, 1.0, 30),
    ],
)
def test_retries_double_up_to_a_minute(attempts: int, chance: float, seconds: float):
    """5 s, 10 s, 20 s, 40 s, then a minute, less the jitter."""
    attempt = retry.settle(an_envelope(attempts), BUSY, now=NOW, chance=chance)
    assert attempt == Attempt(row=7, outcome=BUSY, due_at=NOW + timedelta(seconds=seconds))


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


def test_an_envelope_is_given_up_after_75_hours():
    """A minute before it is still tried; then it is dead and says why."""
    almost = NOW + retry.HORIZON - timedelta(minutes=1)
    assert isinstance(retry.settle(an_envelope(), BUSY, now=almost, chance=0.0).outcome, Retry)
    dead = retry.settle(an_envelope(), BUSY, now=NOW + retry.HORIZON, chance=0.0)
    assert dead.due_at is None
    assert dead.outcome == Rejected(reason="expired", detail="given up after 75 h: answered 503")


@pytest.mark.parametrize("outcome", [Delivered(), GONE])
def test_what_is_final_stays_as_it_is(outcome):
    """Delivered late is delivered; rejected is rejected."""
    late = NOW + timedelta(hours=100)
    assert retry.settle(an_envelope(), outcome, now=late, chance=0.5) == Attempt(row=7, outcome=outcome)


@pytest.mark.parametrize(
    ("outcomes", "failed"),
    [
        ([BUSY, BUSY], True),  # nothing was taken
        ([BUSY, Delivered()], False),  # it works, if badly
        ([BUSY, GONE], False),  # it answers: it judged one
        ([DENIED, DENIED], False),  # these topics are the matter, not the broker
        ([DENIED, BUSY], True),
        ([Delivered()], False),
    ],
)
def test_a_destination_fails_when_nothing_is_taken(outcomes, failed: bool):
    """An envelope's own trouble is not its destination's."""
    assert retry.failed(outcomes) is failed
