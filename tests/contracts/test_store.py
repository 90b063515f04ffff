"""What AlertStore and OutboxStore promise, over the store in memory and the store on disk."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from monitor.model.alert import AlertState, EventKind, Evidence, Hearing
from monitor.model.delivery import (
    Attempt,
    Delivered,
    Dispatch,
    Envelope,
    Gone,
    Outcome,
    Rejected,
    Retry,
    Try,
    Wanted,
)
from monitor.model.silence import Silence
from monitor.store.memory import MemoryStore
from monitor.store.sqlite import SqliteStore
from tests.outbox.making import an_alert
from tests.store.making import (
    NOW,
    Store,
    a_group,
    a_held,
    a_state,
    an_entry,
    an_envelope,
    holding,
    journalled,
    later,
    sending,
    tries,
)

LATER = later(30)
RETRY = Retry(reason="unavailable", detail="answered 503")


@pytest.fixture(params=["memory", "sqlite"])
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Store]:
    """Each implementation in turn."""
    if request.param == "memory":
        yield MemoryStore()
        return
    async with SqliteStore(str(tmp_path / "state.db")) as opened:
        yield opened


async def due(
    store: Store, limit: int = 100, probe: bool = False, coalesce: bool = False, now=NOW
) -> list[Envelope]:
    """Return what is due for the destination `hook`."""
    return await store.due("hook", now=now, limit=limit, probe=probe, coalesce=coalesce)


async def ids(store: Store, **how) -> list[str]:
    """Return the ids of what is due for the destination `hook`."""
    return [one.event_id for one in await due(store, **how)]


async def settle(store: Store, outcome: Outcome, *envelopes: Envelope, **more) -> None:
    """Settle a try of each."""
    await store.settle("hook", tries(envelopes, outcome, **more))


async def said(store: Store) -> dict[str, list[tuple[str, str]]]:
    """Return outcome and reason of every try, by event."""
    found = await store.history(Wanted())
    return {one.entry.event_id: [(done.outcome, done.reason) for done in one.tries] for one in found}


async def test_an_alert_comes_back_as_it_was_kept(store: Store) -> None:
    """Every field survives, dates to the microsecond, and a later version replaces the earlier."""
    heard = {
        "hook": Hearing(at=later(0.000001), group=a_group("queue=Wartezeit „heiß“")),
        "lamp": Hearing(at=NOW),
    }
    alerts = [
        an_alert(0, active_at=NOW + timedelta(microseconds=1), resolved_at=NOW),
        an_alert(1, state=AlertState.PENDING, evidence=Evidence(), known=False, fired_at=None),
        an_alert(2, rule="Wartezeit über 20 s · „heiß“", heard=heard, told_at=later(-0.5)),
        an_alert(3, told=None, told_at=None, heard={}),
    ]
    await store.commit(alerts, [])
    await store.commit([replace(alerts[0], sequence=2, state=AlertState.INACTIVE)], [])
    kept = sorted(await store.load(), key=lambda alert: alert.entity.key)
    assert kept == [replace(alerts[0], sequence=2, state=AlertState.INACTIVE), *alerts[1:]]


async def test_the_newest_event_of_an_entity_is_its_state(store: Store) -> None:
    """An older or equal sequence, committed again, changes nothing, also where nothing is to be shown."""
    for state in (a_state(0, 1), a_state(0, 2), a_state(0, 1), a_state(0, 2, body=b"said again")):
        await store.commit([], [Dispatch(state=state, envelopes=())])
    assert await store.states() == [a_state(0, 2)]
    for state in (a_state(0, 3, body=b""), a_state(0, 1)):
        await store.commit([], [Dispatch(state=state, envelopes=())])
    assert await store.states() == [a_state(0, 3, body=b"")]


async def test_an_envelope_comes_back_as_it_was_kept(store: Store) -> None:
    """Every field survives, dates to the microsecond."""
    odd = an_envelope(
        0,
        content_type="text/plain; charset=utf-8",
        expires_at=later(0.000001),
        gone=True,
        skipped=3,
        kind=EventKind.HEARTBEAT,
        key="Wartezeit · „heiß“",
        body=bytes(range(256)),
    )
    await store.commit([], sending(odd, an_envelope(1)))
    assert await due(store) == [replace(odd, row=1), replace(an_envelope(1), row=2)]


async def test_only_the_oldest_of_a_key_is_due(store: Store) -> None:
    """Oldest first, one per key, and none behind one that still waits."""
    await store.commit([], sending(an_envelope(0, 1), an_envelope(0, 2), an_envelope(1), an_envelope(0, 3)))
    first, other = await due(store)
    assert (first.event_id, other.event_id) == ("evt_0_1", "evt_1_1")
    await settle(store, RETRY, first, due_at=LATER)
    assert await ids(store) == ["evt_1_1"]


async def test_delivery_lets_the_next_of_its_key_go(store: Store) -> None:
    """Delivered envelopes are gone, rejected ones are dead; either way the next is due."""
    await store.commit([], sending(*(an_envelope(0, sequence) for sequence in (1, 2, 3))))
    await settle(store, Delivered(), *await due(store))
    (second,) = await due(store)
    assert second.sequence == 2
    await settle(store, Rejected(reason="invalid", detail="answered 422"), second)
    assert [one.sequence for one in await due(store)] == [3]
    (backlog,) = await store.backlog()
    assert (backlog.depth, backlog.dead, backlog.oldest) == (1, 1, NOW)


@pytest.mark.parametrize("outcome", [RETRY, Gone(detail="answered 410")])
async def test_what_could_not_be_sent_waits_for_its_date(store: Store, outcome: Outcome) -> None:
    """It is counted, is not due before, and `next_due` says when."""
    await store.commit([], sending(an_envelope()))
    (first,) = await due(store)
    await settle(store, outcome, first, due_at=LATER)
    assert await due(store) == []
    assert await store.next_due("hook") == LATER
    (again,) = await due(store, now=LATER)
    assert again == replace(first, attempts=1)


async def test_expedite_makes_everything_due(store: Store) -> None:
    """The destination answers again: nothing waits for its date any more."""
    await store.commit([], sending(an_envelope(0), an_envelope(1)))
    await settle(store, RETRY, *await due(store), due_at=LATER)
    await store.expedite("hook", now=NOW)
    assert len(await due(store)) == 2


async def test_a_probe_prefers_what_was_tried_least(store: Store) -> None:
    """A fresh envelope goes before one that failed; with none due, one that waits is taken."""
    await store.commit([], sending(an_envelope(0), an_envelope(1)))
    poison, fresh = await due(store)
    await settle(store, RETRY, poison, due_at=NOW)
    assert await ids(store, limit=1, probe=True) == [fresh.event_id]
    await settle(store, RETRY, poison, fresh, due_at=LATER)
    assert await ids(store, limit=1, probe=True) == [fresh.event_id]
    await settle(store, Delivered(), fresh)
    assert await ids(store, limit=1, probe=True) == [poison.event_id]


async def test_a_fresh_envelope_is_due_whatever_the_clock_says(store: Store) -> None:
    """A clock set back after the commit does not hold it."""
    await store.commit([], sending(an_envelope(created_at=NOW + timedelta(days=1))))
    assert len(await due(store)) == 1


async def test_destinations_do_not_meet(store: Store) -> None:
    """Due, settle, expedite and backlog concern one destination; one without work says so."""
    await store.commit([], sending(an_envelope(0), an_envelope(0, destination="andon")))
    (mine,) = await due(store)
    await store.settle("andon", tries([mine], Delivered()))
    assert await due(store) == [mine]
    await settle(store, Delivered(), mine)
    assert [(one.destination, one.depth) for one in await store.backlog()] == [("andon", 1), ("hook", 0)]
    assert await store.next_due("hook") is None
    assert await store.next_due("andon") is not None


async def test_what_is_committed_again_is_not_there_twice(store: Store) -> None:
    """Committed once more after an error: envelopes, dead or waiting, entries and held events stand."""
    dispatches = [*journalled(an_envelope(0), an_envelope(1)), *holding(a_held(2))]
    await store.commit([], dispatches)
    waiting, dead = await due(store)
    await settle(store, Rejected(reason="invalid", detail="answered 422"), dead)
    await store.commit([], dispatches)
    await store.commit([], [replace(dispatches[0], entry=an_entry(0, body=b"said again"))])
    assert await due(store) == [waiting]
    assert [(one.depth, one.dead) for one in await store.backlog()] == [(1, 1)]
    assert [len(group.members) for group in await store.ripe(now=LATER)] == [1]
    found = await store.history(Wanted())
    assert [one.entry for one in found] == [an_entry(2), an_entry(1), an_entry(0)]


async def test_settling_twice_changes_nothing(store: Store) -> None:
    """What was settled is not settled again by a repeat or by an unknown row, and journalled once."""
    await store.commit([], journalled(an_envelope(0)))
    (first,) = await due(store)
    for outcome in (Rejected(reason="invalid", detail="422"), Delivered(), RETRY, Gone(detail="410")):
        await settle(store, outcome, first, due_at=NOW)
    await store.settle("hook", [Attempt(row=999, event_id="evt_0_1", at=NOW, outcome=Delivered())])
    (backlog,) = await store.backlog()
    assert (backlog.depth, backlog.dead) == (0, 1)
    assert await said(store) == {"evt_0_1": [("rejected", "invalid")]}
    await store.writable()


async def test_every_try_is_in_the_journal(store: Store) -> None:
    """With its date, its outcome, its reason and what a person reads."""
    await store.commit([], journalled(an_envelope(0)))
    outcomes: tuple[Outcome, ...] = (RETRY, Gone(detail="answered 410"), Delivered())
    for seconds, outcome in enumerate(outcomes):
        (one,) = await due(store)
        attempt = Attempt(row=one.row, event_id=one.event_id, at=later(seconds), outcome=outcome)
        await store.settle("hook", [attempt])
    (history,) = await store.history(Wanted())
    assert history.entry == an_entry(0)
    assert history.tries == (
        Try(at=NOW, destination="hook", outcome="retried", reason="unavailable", detail="answered 503"),
        Try(at=later(1), destination="hook", outcome="gone", reason="gone", detail="answered 410"),
        Try(at=later(2), destination="hook", outcome="delivered", reason="", detail=""),
    )


async def test_what_has_expired_is_not_sent(store: Store) -> None:
    """It is dropped, from the head of its key or behind it, and journalled; the dead are left to people."""
    soon = later(10)
    await store.commit([], journalled(an_envelope(0, 1, expires_at=soon), an_envelope(0, 2)))
    await store.commit([], journalled(an_envelope(1, 1), an_envelope(1, 2, expires_at=soon)))
    await store.commit([], journalled(an_envelope(2, 1, expires_at=soon)))
    await settle(store, Rejected(reason="invalid", detail="422"), (await due(store))[2])
    assert await ids(store, now=soon) == ["evt_0_1", "evt_1_1"]
    assert await ids(store, now=later(11)) == ["evt_0_2", "evt_1_1"]
    assert [(one.depth, one.dead) for one in await store.backlog()] == [(2, 1)]
    found = await said(store)
    assert [name for name, done in found.items() if done == [("expired", "expired")]] == [
        "evt_1_2",
        "evt_0_1",
    ]
    assert found["evt_2_1"] == [("rejected", "invalid")]


async def test_coalescing_leaves_the_newest_of_each_key(store: Store) -> None:
    """It says how many it took the place of, theirs included; these are journalled; other keys stay."""
    await store.commit([], journalled(an_envelope(0, 1), an_envelope(0, 2), an_envelope(1, 1)))
    await store.commit([], journalled(an_envelope(0, 1, destination="lamp", event_id="evt_9_1")))
    await store.commit([], journalled(an_envelope(0, 2, destination="lamp", event_id="evt_9_2")))
    await settle(store, RETRY, (await due(store))[0], due_at=LATER)
    newest, other = await due(store, coalesce=True)
    assert (other.event_id, other.skipped) == ("evt_1_1", 0)
    assert (newest.event_id, newest.skipped, newest.attempts) == ("evt_0_2", 1, 0)
    await store.commit([], journalled(an_envelope(0, 3), an_envelope(0, 4)))
    assert [(one.event_id, one.skipped) for one in await due(store, coalesce=True)] == [
        ("evt_1_1", 0),
        ("evt_0_4", 3),
    ]
    assert await due(store) == await due(store, coalesce=True)
    assert [(one.destination, one.depth) for one in await store.backlog()] == [("hook", 2), ("lamp", 2)]
    found = await said(store)
    assert found["evt_0_1"] == [("retried", "unavailable"), ("skipped", "replaced")]
    assert found["evt_0_3"] == [("skipped", "replaced")]
    assert found["evt_0_4"] == found["evt_1_1"] == found["evt_9_1"] == []


async def test_what_was_skipped_may_be_committed_again(store: Store) -> None:
    """Nothing of it is left, so that it is sent after what took its place."""
    await store.commit([], sending(an_envelope(0, 1), an_envelope(0, 2)))
    assert await ids(store, coalesce=True) == ["evt_0_2"]
    await store.commit([], sending(an_envelope(0, 1)))
    await settle(store, Delivered(), *await due(store))
    assert await ids(store) == ["evt_0_1"]


async def test_what_has_no_entry_leaves_no_trace(store: Store) -> None:
    """A heartbeat's tries are looked up by nobody, also if such an entry comes later."""
    await store.commit([], sending(an_envelope(0)))
    await settle(store, Delivered(), *await due(store))
    await store.commit([], [Dispatch(state=None, envelopes=(), entry=an_entry(0))])
    assert await said(store) == {"evt_0_1": []}


async def test_a_rejected_heartbeat_leaves_nothing(store: Store) -> None:
    """Nobody could do anything about it later."""
    await store.commit([], sending(an_envelope(0, kind=EventKind.HEARTBEAT), an_envelope(1)))
    await settle(store, Rejected(reason="invalid", detail="422"), *await due(store))
    assert [one.event_id for one in await store.letters(dead=True)] == ["evt_1_1"]


async def test_coalescing_leaves_an_end_that_is_owed(store: Store) -> None:
    """The end of what was sent before, then the newest fire, and the note on it."""
    kinds = [EventKind.RESOLVED, EventKind.FIRED, EventKind.RESOLVED, EventKind.FIRED, EventKind.ACKNOWLEDGED]
    await store.commit([], journalled(*(an_envelope(0, n, kind=kind) for n, kind in enumerate(kinds, 2))))
    order = []
    while found := await due(store, coalesce=True):
        order += [(one.sequence, one.skipped) for one in found]
        await settle(store, Delivered(), *found)
    assert order == [(2, 0), (5, 2), (6, 0)]


async def test_what_was_looked_at_is_looked_at_again_with_something_newer(store: Store) -> None:
    """A note that was left behind its fire goes when the alert is over."""
    await store.commit([], sending(an_envelope(0, 1), an_envelope(0, 2, kind=EventKind.ACKNOWLEDGED)))
    assert await ids(store, coalesce=True) == ["evt_0_1"]
    await store.commit([], sending(an_envelope(0, 3, kind=EventKind.RESOLVED)))
    assert await ids(store, coalesce=True) == ["evt_0_3"]


async def test_what_belongs_to_nobody_is_given_up(store: Store) -> None:
    """Envelopes are buried, held events and heartbeats go; the others' wait on, and the journal says why."""
    beat = an_envelope(5, destination="old", kind=EventKind.HEARTBEAT)
    await store.commit([], [*journalled(an_envelope(0), an_envelope(1, destination="old")), *sending(beat)])
    await store.commit([], holding(a_held(2), a_held(3, destination="old"), a_held(4, destination="older")))
    assert await store.keep_only(["hook", "lamp"], now=LATER) == 3
    assert [(one.event_id, one.reason) for one in await store.letters()] == [
        ("evt_0_1", ""),
        ("evt_1_1", "removed"),
    ]
    assert [one.destination for one in await store.ripe(now=later(999))] == ["hook"]
    assert [(one.destination, one.depth, one.dead) for one in await store.backlog()] == [
        ("hook", 1, 0),
        ("old", 0, 1),
    ]
    found = await said(store)
    assert found["evt_1_1"] == [("rejected", "removed")]
    assert found["evt_3_1"] == found["evt_4_1"] == [("skipped", "removed")]
    assert found["evt_0_1"] == found["evt_2_1"] == []
    await store.forget(before=later(31))
    assert await store.keep_only(["hook"], now=LATER) == 0
    assert [one.destination for one in await store.backlog()] == ["hook"]


async def test_a_state_without_a_body_is_forgotten_with_its_event(store: Store) -> None:
    """While the journal knows the event, every broker may have to be told; what is shown stays."""
    for number, body in enumerate((b"", b"{}")):
        dispatch = Dispatch(state=a_state(number, body=body), envelopes=(), entry=an_entry(number))
        await store.commit([], [dispatch])
    await store.forget(before=NOW)
    assert len(await store.states()) == 2
    await store.forget(before=LATER)
    assert await store.states() == [a_state(1, body=b"{}")]


async def test_silences_are_forgotten_once_they_are_over(store: Store) -> None:
    """Those that ended before; what is in force, or ended just then, stays."""
    for seconds in (10, 20, 30):
        silence = Silence(
            id=str(seconds), matchers=(), starts_at=NOW, ends_at=later(seconds), owner="", comment=""
        )
        await store.put_silence(silence)
    assert await store.forget_silences(before=later(20)) == 1
    assert {one.id for one in await store.silences()} == {"20", "30"}
