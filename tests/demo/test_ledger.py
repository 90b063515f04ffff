"""The demo's own bookkeeping: what arrived, and whether that is enough."""

from __future__ import annotations

import pytest

from monitor.demo.figures import figures
from monitor.demo.ledger import Arrival, Ledger
from monitor.demo.reading import arrival
from monitor.outbox.envelope import encode
from tests.builders import EPOCH
from tests.outbox.making import an_event


def came(destination: str, kind: str, *, episode: int = 1, entity: str = "q/voice", id_: str = "") -> Arrival:
    """Return an arrival."""
    return Arrival(
        destination=destination,
        id=id_ or f"{kind}-{entity}-{episode}",
        kind=kind,
        org="acme",
        rule="R",
        severity="critical",
        entity=entity,
        queue="Q",
        media="voice",
        value=9.0,
        operator=">",
        threshold=8.0,
        episode=episode,
        at=EPOCH,
        latency=0.01,
    )


@pytest.mark.parametrize(
    ("arrivals", "enough"),
    [
        ([], False),
        ([came("webhook", "fired"), came("mqtt", "fired")], False),
        ([came("webhook", "fired"), came("webhook", "resolved"), came("mqtt", "fired")], False),
        ([came(where, kind) for where in ("webhook", "mqtt") for kind in ("fired", "resolved")], True),
        (
            [came("webhook", kind, episode=1) for kind in ("fired", "resolved")]
            + [came("mqtt", kind, episode=2) for kind in ("fired", "resolved")],
            False,
        ),
    ],
)
def test_one_breach_must_be_told_whole_everywhere(arrivals: list[Arrival], enough: bool) -> None:
    """Only a breach that every destination heard fired and resolved counts."""
    ledger = Ledger(("webhook", "mqtt"))
    for one in arrivals:
        ledger.note(one)
    assert ledger.told_everywhere() is enough


def test_a_repeat_is_counted_and_not_shown_again() -> None:
    """The same id at the same destination is a repeat; at another destination it is news."""
    ledger = Ledger(("webhook", "mqtt"))
    assert ledger.note(came("webhook", "fired"))
    assert not ledger.note(came("webhook", "fired"))
    assert ledger.note(came("mqtt", "fired"))
    assert [(one.fired, one.repeats) for one in ledger.tallies()] == [(1, 1), (1, 0)]


def test_our_own_event_is_read_as_a_stranger_would() -> None:
    """What the daemon encodes comes out with queue, numbers and latency."""
    event = an_event()
    one = arrival("webhook", encode(event), event.observed_at)
    assert (one.id, one.rule, one.value, one.threshold) == (
        event.id,
        event.rule,
        event.evidence.value,
        event.threshold,
    )
    assert one.latency == 0


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"data": {}}', b"not json"])
def test_what_is_no_event_is_refused(body: bytes) -> None:
    """Anything else posted to the receiver is a 400, not a crash."""
    with pytest.raises(ValueError, match=r"."):
        arrival("webhook", body, EPOCH)


def test_the_summary_reads_the_daemons_figures() -> None:
    """Polls, failures, series and deliveries are summed from the page."""
    text = """\
queuewatch_polls_total{org="a",source="queues",outcome="ok"} 30
queuewatch_polls_total{org="a",source="queues",outcome="auth"} 2
queuewatch_deliveries_total{destination="d",outcome="delivered",reason=""} 4
queuewatch_deliveries_total{destination="d",outcome="retried",reason="x"} 9
genesys_queue_waiting{queue="A"} 1
genesys_queue_waiting{queue="B"} 2
"""
    seen = figures(text)
    assert (seen.polls, seen.failed_polls, seen.series, seen.deliveries) == (32, 2, 2, 4)
