"""What FoldStore promises, over the store in memory and the store on disk."""

from dataclasses import replace
from datetime import timedelta

from monitor.model.delivery import Delivered, RipeGroup, Wanted
from tests.store.making import (
    NOW,
    Store,
    a_group,
    a_held,
    a_telling,
    an_envelope,
    holding,
    journalled,
    later,
    tries,
)

INTERVAL = 300.0


async def ripe(store: Store, seconds: float = 30.0) -> RipeGroup:
    """Return the one group that is ripe so many seconds from now."""
    (found,) = await store.ripe(now=later(seconds))
    return found


async def told(store: Store, seconds: float = 30.0, event_id: str = "fld_1") -> RipeGroup:
    """Tell the one ripe group of all its members."""
    found = await ripe(store, seconds)
    await store.fold(found, found.members, a_telling(event_id), now=later(seconds))
    return found


async def marks(store: Store, seconds: float) -> list[tuple[int, bool, bool, int]]:
    """Return (sequence, fresh, told, skipped) of every member of the one ripe group."""
    found = await ripe(store, seconds)
    return [(one.sequence, one.fresh, one.told, one.skipped) for one in found.members]


async def test_an_event_waits_for_its_group(store: Store) -> None:
    """Nothing is ripe before the wait of the first is over; then all that came in is there, as it came."""
    held = [a_held(0), a_held(1, created_at=later(29), rule="Wartezeit · „heiß“")]
    await store.commit([], holding(held[0]))
    await store.commit([], holding(held[1]))
    assert await store.next_fold() == later(30)
    assert await store.ripe(now=later(29.999)) == []
    assert await store.ripe(now=later(30)) == [
        RipeGroup(destination="hook", group=a_group(), members=tuple(held))
    ]
    assert await store.due("hook", now=NOW, limit=9) == []
    assert [(one.destination, one.depth) for one in await store.backlog()] == [("hook", 0)]


async def test_the_longest_waiting_group_is_first(store: Store) -> None:
    """Groups are apart by destination and key, and in the order of the dates they are due."""
    late, soon = a_group("team=late", wait=20), a_group("team=soon", wait=10)
    await store.commit([], holding(a_held(0, group=late), a_held(0, group=soon)))
    await store.commit([], holding(a_held(0, group=late, destination="lamp", created_at=later(-15))))
    found = [(one.destination, one.group.key) for one in await store.ripe(now=later(60))]
    assert found == [("lamp", "team=late"), ("hook", "team=soon"), ("hook", "team=late")]
    assert await store.next_fold() == later(5)


async def test_a_newer_event_takes_the_place_of_an_older(store: Store) -> None:
    """Skipped counts those that nobody was told of; an older or equal sequence changes nothing."""
    await store.commit([], holding(a_held(0, 1), a_held(1, 1), a_held(0, 2), a_held(0, 3)))
    await store.commit([], holding(a_held(0, 2), a_held(0, 3, body=b"said again")))
    members = (await ripe(store)).members
    assert members == (a_held(0, 3, skipped=2), a_held(1, 1))
    await told(store)
    await store.commit([], holding(a_held(1, 3, created_at=later(60))))
    assert await marks(store, 330) == [(3, False, True, 0), (3, True, True, 0)]


async def test_the_timing_is_that_of_the_newest(store: Store) -> None:
    """Labels and periods are the newest event's; the date a group has, it keeps."""
    changed = replace(a_group(), labels={"team": "Support"}, wait=600.0, interval=60.0)
    await store.commit([], holding(a_held(0), a_held(1, group=changed)))
    await store.commit([], holding(a_held(0, 1, group=a_group(wait=1.0))))
    found = await ripe(store)
    assert found.group == changed
    assert {one.group.wait for one in found.members} == {600.0}


async def test_after_a_telling_nothing_is_ripe_until_something_is_fresh(store: Store) -> None:
    """Told members stay and are no news; the next telling is an interval away, with all of them."""
    await store.commit([], holding(a_held(0), a_held(1)))
    await told(store)
    assert await store.next_fold() is None
    assert await store.ripe(now=later(10_000)) == []
    await store.commit([], holding(a_held(2, created_at=later(40))))
    assert await store.next_fold() == later(30 + INTERVAL)
    assert await marks(store, 30 + INTERVAL) == [
        (1, False, True, 0),
        (1, False, True, 0),
        (1, True, False, 0),
    ]


async def test_long_after_a_telling_an_event_waits_for_company_again(store: Store) -> None:
    """Quiet for longer than the interval: the wait counts."""
    await store.commit([], holding(a_held(0)))
    await told(store)
    await store.commit([], holding(a_held(1, created_at=later(1000))))
    assert await store.next_fold() == later(1030)


async def test_what_is_over_goes_with_the_telling(store: Store) -> None:
    """An end is told once, and the alert it ended is not in the group any more."""
    await store.commit([], holding(a_held(0), a_held(1)))
    await told(store)
    await store.commit([], holding(a_held(0, 2, created_at=later(60))))
    assert await marks(store, 330) == [(2, True, True, 0), (1, False, True, 0)]
    await told(store, 330, "fld_2")
    await store.commit([], holding(a_held(0, 3, created_at=later(400))))
    assert await marks(store, 630) == [(1, False, True, 0), (3, True, False, 0)]


async def test_what_came_and_went_unheard_goes_untold(store: Store) -> None:
    """Without a telling nothing is sent, and the next event waits as the first did."""
    await store.commit([], holding(a_held(0, 1), a_held(0, 2)))
    await store.fold(await ripe(store), (), None, now=later(30))
    assert await store.next_fold() is None
    assert await store.due("hook", now=NOW, limit=9) == []
    await store.commit([], holding(a_held(0, 3, created_at=later(40))))
    assert await store.next_fold() == later(70)
    assert await marks(store, 70) == [(3, True, False, 0)]


async def test_what_is_left_out_stays_fresh(store: Store) -> None:
    """A member there was no room for is told after another wait; one that is over goes."""
    await store.commit([], holding(a_held(0), a_held(1), a_held(2, 2)))
    found = await ripe(store)
    await store.fold(found, found.members[:1], a_telling(), now=later(30))
    assert await store.next_fold() == later(60)
    assert await marks(store, 60) == [(1, False, True, 0), (1, True, False, 0)]
    await told(store, 60, "fld_2")
    await store.commit([], holding(a_held(3, created_at=later(70))))
    assert await store.next_fold() == later(60 + INTERVAL)


async def test_what_came_in_since_stays_fresh(store: Store) -> None:
    """New alerts, newer events of told ones, and what follows an end: all are told next time."""
    await store.commit([], holding(a_held(0, 1), a_held(1, 2), a_held(2, 1)))
    found = await ripe(store)
    await store.commit([], holding(a_held(0, 2), a_held(1, 3), a_held(3, 1), a_held(2, 2), a_held(2, 3)))
    await store.fold(found, found.members, a_telling(), now=later(30))
    assert await store.next_fold() == later(330)
    assert await marks(store, 330) == [
        (2, True, True, 0),
        (3, True, False, 0),
        (3, True, True, 1),
        (1, True, False, 0),
    ]


async def test_a_telling_is_sent_like_any_other_envelope(store: Store) -> None:
    """It is in the outbox once the fold is written, and folding the same again adds nothing."""
    await store.commit([], holding(a_held(0)))
    found = await told(store)
    await store.fold(found, found.members, a_telling(), now=later(30))
    assert [one.event_id for one in await store.due("hook", now=NOW, limit=9)] == ["fld_1"]
    assert await store.ripe(now=later(10_000)) == []


async def test_a_group_that_is_gone_is_told_nothing(store: Store) -> None:
    """Folding a group that another fold emptied leaves nothing behind."""
    await store.commit([], holding(a_held(0, 2)))
    found = await ripe(store)
    for _ in range(2):
        await store.fold(found, (), None, now=later(30))
    assert await store.next_fold() is None


async def test_a_clock_set_back_does_not_silence_a_group(store: Store) -> None:
    """A date further away than the periods allow is due now; one that a period explains is not."""
    await store.commit([], holding(a_held(0, created_at=NOW + timedelta(days=1))))
    assert len(await store.ripe(now=NOW)) == 1
    await store.commit([], holding(a_held(0, group=a_group("team=patient", wait=7200))))
    assert [one.group.key for one in await store.ripe(now=NOW)] == ["team=support"]


async def test_the_journal_shows_a_telling_under_each_of_its_news(store: Store) -> None:
    """Tries of the telling stand with the events it told of for the first time, the others say why not."""
    await store.commit([], holding(a_held(0, 1), a_held(1, 1), a_held(0, 3), a_held(2, 1), a_held(2, 2)))
    found = await ripe(store)
    worth = tuple(one for one in found.members if not one.ends)
    await store.fold(found, worth, a_telling(), now=later(30))
    await store.settle("hook", tries(await store.due("hook", now=NOW, limit=9), Delivered()))
    await store.commit([], holding(*(a_held(n, 4, created_at=later(60)) for n in (0, 1))))
    second = await ripe(store, 330)
    await store.fold(second, second.members, a_telling("fld_2"), now=later(330))
    await store.settle("hook", tries(await store.due("hook", now=NOW, limit=9), Delivered()))
    said = {
        one.entry.event_id: [(done.outcome, done.reason) for done in one.tries]
        for one in await store.history(Wanted())
    }
    assert said == {
        "evt_0_1": [("skipped", "replaced")],
        "evt_0_3": [("delivered", "")],
        "evt_1_1": [("delivered", "")],
        "evt_0_4": [("delivered", "")],
        "evt_1_4": [("delivered", "")],
        "evt_2_1": [("skipped", "replaced")],
        "evt_2_2": [("skipped", "over")],
    }


async def test_a_group_with_somebody_in_it_is_not_forgotten(store: Store) -> None:
    """However long ago it was told, and whatever is fresh in it is told."""
    await store.commit([], holding(a_held(0)))
    await told(store)
    await store.commit([], holding(a_held(1, created_at=later(5000))))
    await store.forget(before=later(4999))
    assert await marks(store, 5030) == [(1, False, True, 0), (1, True, False, 0)]


async def test_an_empty_group_is_forgotten_in_time(store: Store) -> None:
    """Until its interval is over it says when the next telling may be; after that it is a fresh group."""
    await store.commit([], holding(a_held(0, 2)))
    await told(store)
    await store.forget(before=later(200))
    await store.commit([], holding(a_held(0, 3, created_at=later(31))))
    assert await store.next_fold() == later(330)
    await told(store, 330, "fld_2")
    await store.commit([], holding(a_held(0, 4, created_at=later(340))))
    await told(store, 700, "fld_3")
    await store.forget(before=later(2000))
    await store.commit([], holding(a_held(0, 5, created_at=later(701))))
    assert await store.next_fold() == later(731)


async def said(store: Store) -> dict[str, list[tuple[str, str]]]:
    """Return outcome and reason of every try, by event."""
    return {
        one.entry.event_id: [(done.outcome, done.reason) for done in one.tries]
        for one in await store.history(Wanted())
    }


async def standing(store: Store, seconds: float) -> list[tuple[str, bool, bool, bool]]:
    """Return (event, ends, fresh, told) of every member of the one ripe group."""
    found = await ripe(store, seconds)
    return [(one.event_id, one.ends, one.fresh, one.told) for one in found.members]


async def test_an_end_there_was_no_room_for_is_told_next_time(store: Store) -> None:
    """The group heard of the fire, and so it hears of the end, a wait later."""
    await store.commit([], holding(a_held(0), a_held(1)))
    await told(store)
    await store.commit([], holding(*(a_held(number, 2, created_at=later(60)) for number in (0, 1))))
    found = await ripe(store, 330)
    await store.fold(found, found.members[:1], a_telling("fld_2"), now=later(330))
    assert await store.next_fold() == later(360)
    assert await marks(store, 360) == [(2, True, True, 0)]
    await told(store, 360, "fld_3")
    assert await store.ripe(now=later(10_000)) == []


async def test_a_note_takes_no_untold_news_away(store: Store) -> None:
    """A fire nobody heard of and the end of one stay what is told; after them, the note is news."""
    await store.commit([], holding(a_held(0, 1), a_held(0, 2, note=True, ends=False)))
    assert await standing(store, 30) == [("evt_0_1", False, True, False)]
    await told(store)
    await store.commit([], holding(a_held(0, 3, note=True), a_held(0, 5, note=True, created_at=later(40))))
    assert await standing(store, 330) == [("evt_0_5", False, True, True)]
    await store.commit([], holding(a_held(0, 6), a_held(0, 7, note=True)))
    assert await standing(store, 330) == [("evt_0_6", True, True, True)]
    journal = await said(store)
    assert journal["evt_0_2"] == journal["evt_0_7"] == [("skipped", "replaced")]


async def test_an_untold_alert_leaves_its_group_without_a_word(store: Store) -> None:
    """What is told directly, or by another group, from now on is not told here as well."""
    sales = a_group("team=sales")
    await store.commit([], holding(a_held(0), a_held(1), a_held(2, destination="lamp")))
    await store.commit([], journalled(an_envelope(0, 3), an_envelope(2, 3)))
    await store.commit([], holding(a_held(1, 3, group=sales)))
    found = {(one.destination, one.group.key): one.members for one in await store.ripe(now=later(60))}
    assert found["hook", "team=support"] == ()
    assert [one.event_id for one in found["hook", "team=sales"]] == ["evt_1_3"]
    assert [one.event_id for one in found["lamp", "team=support"]] == ["evt_2_1"]
    journal = await said(store)
    assert journal["evt_0_1"] == journal["evt_1_1"] == [("skipped", "replaced")]
    assert journal["evt_0_3"] == journal["evt_2_1"] == []


async def test_a_group_hears_at_once_that_an_alert_left(store: Store) -> None:
    """To a group that was told of it the alert is over there; an end that waits is told as it is."""
    await store.commit([], holding(a_held(0), a_held(1), a_held(2)))
    await told(store)
    await store.commit([], holding(a_held(1, 2, created_at=later(40))))
    moved = [an_envelope(number, 3, created_at=later(50)) for number in (0, 1)]
    await store.commit([], journalled(*moved))
    assert await store.next_fold() == later(50)
    assert await standing(store, 50) == [
        ("evt_0_3", True, True, True),
        ("evt_1_2", True, True, True),
        ("evt_2_1", False, False, True),
    ]
    (left, *_) = (await ripe(store, 50)).members
    assert (left.body, left.created_at) == (b'{"sequence": 1}', later(50))
    await told(store, 50, "fld_2")
    await store.commit([], holding(a_held(2, 2, created_at=later(60))))
    assert await standing(store, 350) == [("evt_2_2", True, True, True)]


async def test_an_older_event_moves_nothing(store: Store) -> None:
    """What is committed again, and a telling, leave a group as it is."""
    await store.commit([], holding(a_held(0, 3)))
    await store.commit([], journalled(an_envelope(0, 1), an_envelope(0, 3, event_id="evt_9_3")))
    assert await standing(store, 30) == [("evt_0_3", False, True, False)]


async def test_who_left_while_a_telling_was_made_is_over_in_the_next(store: Store) -> None:
    """It is in that telling, so that the group must hear of its end."""
    await store.commit([], holding(a_held(0), a_held(1)))
    found = await ripe(store)
    await store.commit([], journalled(an_envelope(0, 3)))
    await store.fold(found, found.members, a_telling(), now=later(30))
    assert await standing(store, 330) == [("evt_1_1", False, False, True), ("evt_0_1", True, True, True)]
    await store.settle("hook", tries(await store.due("hook", now=NOW, limit=9), Delivered()))
    assert (await said(store))["evt_0_1"] == [("delivered", "")]


async def test_what_is_replaced_while_a_telling_is_made_was_told(store: Store) -> None:
    """The journal does not say of one event both that it was skipped and that it arrived."""
    await store.commit([], holding(a_held(0), a_held(1)))
    found = await ripe(store)
    await store.commit([], holding(a_held(0, 2), a_held(1, 2)))
    await store.fold(found, found.members[:1], a_telling(), now=later(30))
    await store.settle("hook", tries(await store.due("hook", now=NOW, limit=9), Delivered()))
    journal = await said(store)
    assert (journal["evt_0_1"], journal["evt_1_1"]) == ([("delivered", "")], [("skipped", "replaced")])
