"""What Journal promises, over the store in memory and the store on disk."""

import pytest

from monitor.model.alert import EventKind
from monitor.model.delivery import Delivered, Dispatch, Entry, Wanted
from tests.store.making import (
    NOW,
    Store,
    a_held,
    a_telling,
    an_entry,
    an_envelope,
    holding,
    journalled,
    later,
    tries,
)


def entering(*entries: Entry) -> list[Dispatch]:
    """Return a dispatch of each entry alone."""
    return [Dispatch(state=None, envelopes=(), entry=entry) for entry in entries]


async def found(store: Store, **wanted) -> list[str]:
    """Return the ids of the entries wanted."""
    return [one.entry.event_id for one in await store.history(Wanted(**wanted))]


async def deliver(store: Store) -> None:
    """Deliver what is due for `hook`."""
    await store.settle("hook", tries(await store.due("hook", now=NOW, limit=999), Delivered()))


async def test_the_newest_entry_is_first(store: Store) -> None:
    """By date, of one date the last to come; every field survives."""
    entries = [
        an_entry(0, at=later(5)),
        an_entry(1, at=later(9)),
        an_entry(2, kind=EventKind.REMINDED),
        an_entry(3),
    ]
    await store.commit([], entering(*entries))
    history = await store.history(Wanted())
    assert [one.entry for one in history] == [entries[1], entries[0], entries[3], entries[2]]
    assert await found(store, limit=2) == ["evt_1_1", "evt_0_1"]
    assert await found(store, limit=0) == []


async def test_a_span_ends_before_its_end(store: Store) -> None:
    """Its first moment is in it, its last is not: spans laid end to end hold every entry once."""
    await store.commit([], entering(*(an_entry(number, at=later(number)) for number in range(5))))
    assert await found(store, since=later(1), until=later(3)) == ["evt_2_1", "evt_1_1"]
    assert await found(store, since=later(4)) == ["evt_4_1"]
    assert await found(store, until=NOW) == []


@pytest.mark.parametrize(
    ("glob", "queues"),
    [
        ("*", ["Sales", "Support [EU]", "Support %_", ""]),
        ("Support*", ["Support [EU]", "Support %_"]),
        ("support*", []),
        ("?ales", ["Sales"]),
        ("[ST]*", ["Sales", "Support [EU]", "Support %_"]),
        ("[!S]*", []),
        ("[^T]ales", ["Sales"]),
        ("[!T]ales", ["Sales"]),
        ("Support [EU", []),
        ("Support [[]EU]", ["Support [EU]"]),
        ("*[E*", ["Support [EU]"]),
        ("Support %*", ["Support %_"]),
        ("Sales' OR '1'='1", []),
        ("", [""]),
    ],
)
async def test_queues_are_found_by_glob(store: Store, glob: str, queues: list[str]) -> None:
    """As everywhere in the house: by the whole name, with regard to case, in either way of negation."""
    names = ["Sales", "Support [EU]", "Support %_", ""]
    await store.commit([], entering(*(an_entry(n, queue=name) for n, name in enumerate(names))))
    assert [one.entry.queue for one in await store.history(Wanted(queue=glob))] == queues[::-1]


async def test_rules_are_found_by_glob_too(store: Store) -> None:
    """Both globs have to fit."""
    await store.commit(
        [], entering(an_entry(0, rule="Low"), an_entry(1, rule="Long"), an_entry(2, rule="High"))
    )
    assert await found(store, rule="Lo*") == ["evt_1_1", "evt_0_1"]
    assert await found(store, rule="Lo*", queue="*0") == ["evt_0_1"]


async def test_orgs_and_entities_are_meant_exactly(store: Store) -> None:
    """Neither is a glob; they narrow like the globs do, and an alert's own entries are found by both."""
    entries = [
        an_entry(0, org="acme", entity="q1/voice"),
        an_entry(1, org="acme", entity="q1/voice", rule="Long", at=later(1)),
        an_entry(2, org="other", entity="q1/voice", at=later(2)),
        an_entry(3, org="acme", entity="q*", at=later(3)),
    ]
    await store.commit([], entering(*entries))
    assert await found(store, org="acme") == ["evt_3_1", "evt_1_1", "evt_0_1"]
    assert await found(store, entity="q1/voice") == ["evt_2_1", "evt_1_1", "evt_0_1"]
    assert await found(store, entity="q*") == ["evt_3_1"]
    assert await found(store, org="ac*") == []
    assert await found(store, org="acme", entity="q1/voice", rule="Long") == ["evt_1_1"]
    assert await found(store, org="acme", entity="q1/voice", until=later(1)) == ["evt_0_1"]


@pytest.mark.parametrize("narrowed", [{}, {"entity": "q1/voice"}])
async def test_what_stands_behind_an_entry(store: Store, narrowed: dict[str, str]) -> None:
    """Page after page holds everything once, also what is of one moment and what came in since."""
    moments = (0, 1, 1, 1, 2)
    entries = [an_entry(n, at=later(at), entity="q1/voice") for n, at in enumerate(moments)]
    await store.commit([], entering(*entries))
    first = await found(store, limit=2, **narrowed)
    await store.commit([], entering(an_entry(9, at=later(3), entity="q1/voice")))
    second = await found(store, limit=2, behind=first[-1], **narrowed)
    third = await found(store, limit=2, behind=second[-1], **narrowed)
    assert (first, second, third) == (["evt_4_1", "evt_3_1"], ["evt_2_1", "evt_1_1"], ["evt_0_1"])
    assert await found(store, behind="evt_0_1", **narrowed) == []


async def test_a_span_and_a_place_both_hold(store: Store) -> None:
    """Whichever of the end of the span and the entry is earlier counts."""
    await store.commit([], entering(*(an_entry(number, at=later(number)) for number in range(5))))
    assert await found(store, until=later(2), behind="evt_4_1") == ["evt_1_1", "evt_0_1"]
    assert await found(store, until=later(4), behind="evt_2_1") == ["evt_1_1", "evt_0_1"]
    assert await found(store, since=later(1), behind="evt_2_1") == ["evt_1_1"]


async def test_nothing_stands_behind_what_is_forgotten(store: Store) -> None:
    """Everything behind it was older, and is forgotten too; an id that never was has nothing behind it."""
    await store.commit([], entering(*(an_entry(number, at=later(number)) for number in range(3))))
    await store.forget(before=later(1))
    for name in ("evt_0_1", "evt_none", "\ud800"):
        assert await found(store, behind=name) == []


async def test_what_is_older_is_forgotten(store: Store) -> None:
    """Entries go with their tries, how many is said, and what is sent later of them is not journalled."""
    await store.commit([], journalled(an_envelope(0), an_envelope(1, created_at=later(1))))
    (old, young) = await store.due("hook", now=NOW, limit=9)
    await store.settle("hook", tries([young], Delivered()))
    assert await store.forget(before=later(1)) == 1
    assert await found(store) == ["evt_1_1"]
    await store.settle("hook", tries([old], Delivered()))
    await store.commit([], entering(an_entry(0)))
    assert [len(one.tries) for one in await store.history(Wanted())] == [1, 0]
    assert await store.forget(before=NOW) == 0


async def test_a_telling_is_forgotten_with_the_last_of_its_news(store: Store) -> None:
    """As long as one event of it is remembered its tries are."""
    await store.commit([], holding(a_held(0), a_held(1, created_at=later(20))))
    (ripe,) = await store.ripe(now=later(30))
    await store.fold(ripe, ripe.members, a_telling(), now=later(30))
    await deliver(store)
    assert await store.forget(before=later(10)) == 1
    (left,) = await store.history(Wanted())
    assert [one.outcome for one in left.tries] == ["delivered"]
    assert await store.forget(before=later(21)) == 1
    await store.commit([], entering(an_entry(7, event_id="fld_1")))
    assert [one.tries for one in await store.history(Wanted())] == [()]


async def test_more_than_a_transaction_takes_is_forgotten(store: Store) -> None:
    """Thousands of entries, in several transactions; the count is of all of them."""
    await store.commit(
        [], entering(*(an_entry(number) for number in range(2500)), an_entry(9999, at=later(1)))
    )
    assert await store.forget(before=later(1)) == 2500
    assert await found(store) == ["evt_9999_1"]
