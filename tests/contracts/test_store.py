"""What AlertStore and OutboxStore promise, over the store in memory and the store on disk."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from monitor.model.alert import AlertState, Evidence
from monitor.model.delivery import Attempt, Delivered, Envelope, Rejected, Retry
from monitor.store.memory import MemoryStore
from monitor.store.sqlite import SqliteStore
from tests.outbox.making import NOW, an_alert, an_event, envelopes_of, prepared

Store = MemoryStore | SqliteStore
LATER = NOW + timedelta(seconds=30)
RETRY = Retry(reason="unavailable", detail="answered 503")


@pytest.fixture(params=["memory", "sqlite"])
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Store]:
    """Each implementation in turn."""
    if request.param == "memory":
        yield MemoryStore()
        return
    async with SqliteStore(str(tmp_path / "state.db")) as opened:
        yield opened


async def due(store: Store, limit: int = 100, probe: bool = False, now=NOW) -> list[Envelope]:
    """Return what is due for the destination `hook`."""
    return await store.due("hook", now=now, limit=limit, probe=probe)


async def test_an_alert_comes_back_as_it_was_kept(store: Store):
    """Every field survives, dates to the microsecond, and a later version replaces the earlier."""
    alerts = [
        an_alert(0, active_at=NOW + timedelta(microseconds=1), resolved_at=NOW),
        an_alert(1, state=AlertState.PENDING, evidence=Evidence(), known=False, fired_at=None),
        an_alert(2, rule="Wartezeit über 20 s · „heiß“"),
    ]
    await store.commit(alerts, [], [])
    await store.commit([replace(alerts[0], sequence=2, state=AlertState.INACTIVE)], [], [])
    kept = sorted(await store.load(), key=lambda alert: alert.entity.key)
    assert kept == [replace(alerts[0], sequence=2, state=AlertState.INACTIVE), *alerts[1:]]


async def test_the_newest_event_of_an_entity_is_its_state(store: Store):
    """An older or equal sequence, committed again, changes nothing."""
    for sequence in (1, 2, 1):
        await store.commit([], *prepared(an_event(0, sequence)))
    again = prepared(an_event(0, 2, reason="said again"))
    await store.commit([], *again)
    assert await store.states() == prepared(an_event(0, 2))[0]


async def test_only_the_oldest_of_a_key_is_due(store: Store):
    """Oldest first, one per key, and none behind one that still waits."""
    first, second, third = (an_event(0, sequence) for sequence in (1, 2, 3))
    await store.commit([], [], envelopes_of([first, second, an_event(1), third]))
    found = await due(store)
    assert [envelope.event_id for envelope in found] == [first.id, an_event(1).id]
    assert found[0] == replace(envelopes_of([first])[0], row=found[0].row)
    await store.settle("hook", [Attempt(row=found[0].row, outcome=RETRY, due_at=LATER)])
    assert [envelope.event_id for envelope in await due(store)] == [an_event(1).id]


async def test_delivery_lets_the_next_of_its_key_go(store: Store):
    """Delivered envelopes are gone, rejected ones are dead; either way the next is due."""
    events = [an_event(0, sequence) for sequence in (1, 2, 3)]
    await store.commit([], [], envelopes_of(events))
    (first,) = await due(store)
    await store.settle("hook", [Attempt(row=first.row, outcome=Delivered())])
    (second,) = await due(store)
    assert second.event_id == events[1].id
    rejected = Rejected(reason="invalid", detail="answered 422")
    await store.settle("hook", [Attempt(row=second.row, outcome=rejected)])
    (third,) = await due(store)
    assert third.event_id == events[2].id
    (backlog,) = await store.backlog()
    assert (backlog.depth, backlog.dead, backlog.oldest) == (1, 1, NOW)


async def test_a_retry_waits_for_its_date(store: Store):
    """It is counted, is not due before, and `next_due` says when."""
    await store.commit([], [], envelopes_of([an_event(0)]))
    (first,) = await due(store)
    await store.settle("hook", [Attempt(row=first.row, outcome=RETRY, due_at=LATER)])
    assert await due(store) == []
    assert await store.next_due("hook") == LATER
    (again,) = await due(store, now=LATER)
    assert (again.row, again.attempts) == (first.row, 1)


async def test_expedite_makes_everything_due(store: Store):
    """The destination answers again: nothing waits for its date any more."""
    await store.commit([], [], envelopes_of([an_event(0), an_event(1)]))
    attempts = [Attempt(row=one.row, outcome=RETRY, due_at=LATER) for one in await due(store)]
    await store.settle("hook", attempts)
    await store.expedite("hook", now=NOW)
    assert len(await due(store)) == 2


async def test_a_probe_prefers_what_was_tried_least(store: Store):
    """A fresh envelope goes before one that failed; with none due, one that waits is taken."""
    await store.commit([], [], envelopes_of([an_event(0), an_event(1)]))
    poison, fresh = await due(store)
    await store.settle("hook", [Attempt(row=poison.row, outcome=RETRY, due_at=NOW)])
    assert [one.row for one in await due(store, limit=1, probe=True)] == [fresh.row]
    await store.settle("hook", [Attempt(row=one.row, outcome=RETRY, due_at=LATER) for one in (poison, fresh)])
    assert [one.row for one in await due(store, limit=1, probe=True)] == [fresh.row]
    await store.settle("hook", [Attempt(row=fresh.row, outcome=Delivered())])
    assert [one.row for one in await due(store, limit=1, probe=True)] == [poison.row]


async def test_a_fresh_envelope_is_due_whatever_the_clock_says(store: Store):
    """A clock set back after the commit does not hold it."""
    event = an_event(0, occurred_at=NOW + timedelta(days=1))
    await store.commit([], [], envelopes_of([event]))
    assert len(await due(store)) == 1


async def test_destinations_do_not_meet(store: Store):
    """Due, settle, expedite and backlog concern one destination; one without work says so."""
    events = [an_event(0)]
    await store.commit([], [], envelopes_of(events, "hook") + envelopes_of(events, "andon"))
    (mine,) = await due(store)
    await store.settle("andon", [Attempt(row=mine.row, outcome=Delivered())])
    assert await due(store) == [mine]
    await store.settle("hook", [Attempt(row=mine.row, outcome=Delivered())])
    assert [(one.destination, one.depth) for one in await store.backlog()] == [("andon", 1), ("hook", 0)]
    assert await store.next_due("hook") is None
    assert await store.next_due("andon") is not None


async def test_an_event_committed_again_is_not_sent_again(store: Store):
    """Committed once more after an error: the first envelope stands, dead or waiting."""
    await store.commit([], [], envelopes_of([an_event(0), an_event(1)]))
    waiting, dead = await due(store)
    await store.settle("hook", [Attempt(row=dead.row, outcome=Rejected(reason="gone", detail="410"))])
    await store.commit([], [], envelopes_of([an_event(0), an_event(1)]))
    assert await due(store) == [waiting]


async def test_settling_twice_changes_nothing(store: Store):
    """What was settled is not settled again by a repeat or by an unknown row."""
    await store.commit([], [], envelopes_of([an_event(0)]))
    (first,) = await due(store)
    for outcome in (Rejected(reason="gone", detail="410"), Delivered(), RETRY):
        await store.settle("hook", [Attempt(row=first.row, outcome=outcome, due_at=NOW)])
    await store.settle("hook", [Attempt(row=999, outcome=Delivered())])
    (backlog,) = await store.backlog()
    assert (backlog.depth, backlog.dead) == (0, 1)
    await store.writable()
