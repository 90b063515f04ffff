"""What Letters promises, over the store in memory and the store on disk."""

from dataclasses import replace
from datetime import timedelta

from monitor.model.alert import EventKind
from monitor.model.delivery import (
    CLOUDEVENTS,
    Delivered,
    Dispatch,
    Gone,
    Letter,
    Rejected,
    Retry,
    Revived,
    StateRecord,
    Wanted,
)
from tests.store.making import (
    NOW,
    Store,
    a_held,
    a_state,
    a_telling,
    an_envelope,
    holding,
    journalled,
    later,
    sending,
    tries,
)

INVALID = Rejected(reason="invalid", detail="answered 422")
RETRY = Retry(reason="unavailable", detail="answered 503")
LONG_AFTER = NOW + timedelta(days=4)


async def filled(store: Store) -> None:
    """Leave rows 1 (dead), 2 (due later), 3 (behind it) for `hook`, 4 (at once) and 5 (dead) for `lamp`."""
    await store.commit([], journalled(an_envelope(0, 1), an_envelope(1, 1), an_envelope(1, 2)))
    await store.commit([], journalled(*(an_envelope(n, 1, "lamp", event_id=f"evt_{n}_9") for n in (2, 3))))
    dead, late = await store.due("hook", now=NOW, limit=9)
    await store.settle("hook", [*tries([dead], INVALID), *tries([late], RETRY, due_at=later(60))])
    _, dead = await store.due("lamp", now=NOW, limit=9)
    await store.settle("lamp", tries([dead], INVALID))


async def rows(store: Store, **how) -> list[int]:
    """Return the row numbers of the letters asked for."""
    return [letter.row for letter in await store.letters(**how)]


async def test_letters_are_found_by_row_destination_and_fate(store: Store) -> None:
    """In order, behind a row if asked, and no more than asked."""
    await filled(store)
    assert await rows(store) == [1, 2, 3, 4, 5]
    assert await rows(store, after=1, limit=2) == [2, 3]
    assert await rows(store, dead=True) == [1, 5]
    assert await rows(store, dead=False) == [2, 3, 4]
    assert await rows(store, dead=True, after=1) == [5]
    assert await rows(store, destination="hook") == [1, 2, 3]
    assert await rows(store, destination="hook", after=1, limit=1) == [2]
    assert await rows(store, destination="lamp", dead=True) == [5]
    assert await rows(store, destination="lamp", dead=False) == [4]
    assert await rows(store, destination="nobody") == []
    assert await rows(store, limit=0) == []


async def test_a_letter_says_all_there_is(store: Store) -> None:
    """A dead one why, a waiting one until when; one that is due at once has no date."""
    await filled(store)
    dead, late, behind = [await store.letter(row) for row in (1, 2, 3)]
    assert late == Letter(
        row=2,
        destination="hook",
        key="acme/Low/q1",
        event_id="evt_1_1",
        kind=EventKind.FIRED,
        created_at=NOW,
        due_at=later(60),
        attempts=1,
        skipped=0,
        reason="",
        detail="",
        content_type=CLOUDEVENTS,
        body=b'{"sequence": 1}',
        last="unavailable: answered 503",
    )
    assert dead is not None
    assert behind is not None
    assert (dead.reason, dead.detail, dead.attempts, dead.due_at) == ("invalid", "answered 422", 1, None)
    assert (behind.reason, behind.attempts, behind.due_at) == ("", 0, None)
    assert await store.letter(6) is None
    assert [await store.letter(letter.row) for letter in await store.letters()] == await store.letters()


async def test_what_is_revived_begins_anew(store: Store) -> None:
    """Dead or waiting, it is due at once, as if made now and never tried; the journal is as it was."""
    await filled(store)
    before = await store.history(Wanted())
    assert await store.revive([5, 2, 1, 99, 1], now=LONG_AFTER) == Revived(destinations=("hook", "lamp"))
    assert await rows(store, dead=True) == []
    found = await store.due("hook", now=NOW, limit=9)
    assert [(one.row, one.attempts, one.created_at) for one in found] == [
        (1, 0, LONG_AFTER),
        (2, 0, LONG_AFTER),
    ]
    assert await store.history(Wanted()) == before
    assert await store.revive([99], now=NOW) == Revived()


async def test_what_is_revived_goes_before_what_is_younger(store: Store) -> None:
    """Of its key only the oldest waiting one may be sent, whichever was before."""
    await store.commit([], sending(an_envelope(0, 1), an_envelope(0, 2)))
    await store.settle("hook", tries(await store.due("hook", now=NOW, limit=9), INVALID))
    assert [one.row for one in await store.due("hook", now=NOW, limit=9)] == [2]
    await store.revive([1], now=NOW)
    assert [one.row for one in await store.due("hook", now=NOW, limit=9)] == [1]


async def test_what_is_dropped_is_gone_and_the_next_may_go(store: Store) -> None:
    """Dead or waiting; the journal says that a person did it."""
    await filled(store)
    assert await store.drop([1, 2, 99, 2], now=later(5)) == 2
    assert await rows(store) == [3, 4, 5]
    assert [one.row for one in await store.due("hook", now=NOW, limit=9)] == [3]
    done = {one.entry.event_id: one.tries[-1] for one in await store.history(Wanted()) if one.tries}
    assert [(done[name].outcome, done[name].reason, done[name].at) for name in ("evt_0_1", "evt_1_1")] == [
        ("rejected", "dropped", later(5)),
        ("rejected", "dropped", later(5)),
    ]


async def test_what_stands_behind_others_is_dropped_alone(store: Store) -> None:
    """The head of its key stays the head, and nothing else is due."""
    await store.commit([], sending(*(an_envelope(0, sequence) for sequence in (1, 2, 3))))
    assert await store.drop([2], now=NOW) == 1
    assert [one.row for one in await store.due("hook", now=NOW, limit=9)] == [1]
    assert await store.drop([1], now=NOW) == 1
    assert [one.row for one in await store.due("hook", now=NOW, limit=9)] == [3]


async def test_more_than_a_transaction_takes_is_revived_and_dropped(store: Store) -> None:
    """Thousands of rows, in several transactions."""
    await store.commit([], sending(*(an_envelope(number) for number in range(2500))))
    assert await store.revive(range(1, 2501), now=LONG_AFTER) == Revived(destinations=("hook",))
    assert await store.drop(range(1, 2501), now=NOW) == 2500
    assert await rows(store) == []


async def test_what_would_be_stale_stays_dead(store: Store) -> None:
    """Of its alert something newer was sent; where the newer waits, or is dead as well, it may go."""
    await store.commit([], journalled(*(an_envelope(number, 1) for number in range(3))))
    await store.settle("hook", tries(await store.due("hook", now=NOW, limit=9), INVALID))
    newer = [an_envelope(number, 2, kind=EventKind.RESOLVED) for number in range(3)]
    await store.commit([], [replace(one, state=_state_of(one)) for one in sending(*newer)])
    sent, dead, _ = await store.due("hook", now=NOW, limit=9)
    await store.settle("hook", [*tries([sent], Delivered()), *tries([dead], INVALID)])
    assert await store.revive([1, 2, 3], now=LONG_AFTER) == Revived(destinations=("hook",), superseded=(1,))
    assert await rows(store, dead=True) == [1, 5]
    assert [one.row for one in await store.due("hook", now=NOW, limit=9)] == [2, 3]


async def test_a_telling_that_was_followed_by_another_stays_dead(store: Store) -> None:
    """Its members may be over; the last one of a group may be tried again."""
    for number in (1, 2):
        at = later(number * 1000)
        await store.commit([], holding(a_held(number, created_at=at)))
        (found,) = await store.ripe(now=later(number * 1000 + 30))
        now = later(number * 1000 + 30)
        telling = a_telling(f"fld_{number}", sequence=int(now.timestamp() * 1000))
        await store.fold(found, found.members, telling, now=now)
        await store.settle("hook", tries(await store.due("hook", now=NOW, limit=9), INVALID))
    assert await store.drop([1], now=NOW) + len(await rows(store)) == 2
    first, second = a_telling("fld_3", sequence=1), a_telling("fld_4", sequence=2)
    await store.commit([], [first, second])
    dead = [3, 4]
    for _ in dead:
        await store.settle("hook", tries(await store.due("hook", now=NOW, limit=9), INVALID))
    assert await store.drop([4], now=NOW) == 1
    assert await store.revive([2, 3], now=NOW) == Revived(destinations=("hook",), superseded=())
    assert await store.drop([2], now=NOW) == 1
    await store.settle("hook", tries(await store.due("hook", now=NOW, limit=9), INVALID))
    assert await store.revive([3], now=NOW) == Revived(superseded=(3,))


async def test_the_dead_are_forgotten_in_time(store: Store) -> None:
    """By the date they were given up, not by their event's; what waits is left alone."""
    await store.commit([], journalled(*(an_envelope(number, created_at=later(-9000)) for number in range(3))))
    first, second, _ = await store.due("hook", now=NOW, limit=9)
    late = [replace(one, at=later(60)) for one in tries([second], INVALID)]
    await store.settle("hook", [*tries([first], INVALID), *late])
    await store.forget(before=NOW)
    assert await rows(store) == [1, 2, 3]
    await store.forget(before=later(60))
    assert await rows(store) == [2, 3]
    await store.revive([2], now=NOW)
    await store.forget(before=later(61))
    assert await rows(store) == [2, 3]


async def test_a_letter_says_what_its_newest_try_came_to(store: Store) -> None:
    """At its own destination, and nothing before there was one."""
    await store.commit([], journalled(an_envelope(0), an_envelope(0, destination="lamp")))
    for outcome in (RETRY, Gone(detail="answered 410")):
        await store.settle("hook", tries(await store.due("hook", now=NOW, limit=9), outcome, due_at=NOW))
    assert [one.last for one in await store.letters()] == ["gone: answered 410", ""]


def _state_of(dispatch: Dispatch) -> StateRecord:
    (one,) = dispatch.envelopes
    return a_state(int(one.entity[1:]), one.sequence)
