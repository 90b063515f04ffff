"""Whatever is done to them, in whatever order, the store in memory and the one on disk say the same."""

# ruff: noqa: SLF001

import asyncio
import sqlite3
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.model.alert import ENDINGS, EventKind
from monitor.model.delivery import NOTES, Delivered, Dispatch, Gone, Outcome, Rejected, Retry, Wanted
from monitor.store.memory import MemoryStore
from monitor.store.sqlite import SqliteStore
from tests.store.making import (
    NOW,
    Store,
    a_group,
    a_held,
    a_state,
    a_telling,
    an_envelope,
    holding,
    journalled,
    later,
    tries,
)

KINDS = dict(
    enumerate(
        [
            EventKind.FIRED,
            EventKind.FIRED,
            EventKind.RESOLVED,
            EventKind.FLAPPING,
            EventKind.FIRED,
            EventKind.ACKNOWLEDGED,
            EventKind.RESOLVED,
        ]
    )
)
LONG_AFTER = later(100_000)
OUTCOMES: list[Outcome] = [
    Delivered(),
    Retry(reason="timeout", detail=""),
    Rejected(reason="invalid", detail="422"),
    Gone(detail="410"),
]

numbers = st.integers(0, 1)
sequences = st.integers(1, 6)
moments = st.integers(0, 900)
destinations = st.sampled_from(["hook", "hook", "hook", "lamp"])
places = st.lists(st.integers(0, 9), min_size=1, max_size=3)
Step = Callable[[Store], Any]


def commit(number: int, sequence: int, destination: str, expires: int | None) -> Step:
    """Commit an envelope with its state and entry."""
    expiry = None if expires is None else later(expires)
    name = f"evt_{number}_{sequence}_{destination}"
    envelope = an_envelope(
        number, sequence, destination, event_id=name, expires_at=expiry, kind=KINDS[sequence]
    )
    (dispatch,) = journalled(envelope)
    state = a_state(number, sequence, event_id=name, body=b"" if sequence == 6 else b"{}")
    full = Dispatch(state=state, envelopes=dispatch.envelopes, entry=dispatch.entry)
    return lambda store: store.commit([], [full])


def hold(number: int, sequence: int, destination: str, moment: int, group: str) -> Step:
    """Commit an event that waits for its group."""
    held = a_held(
        number,
        sequence,
        a_group(group, interval=100.0),
        destination=destination,
        created_at=later(moment),
        ends=KINDS[sequence] in ENDINGS,
        note=KINDS[sequence] in NOTES,
    )
    return lambda store: store.commit([], holding(held))


def work(destination: str, outcome: Outcome, moment: int, how: tuple[bool, bool]) -> Step:
    """Send what is due, and settle it."""
    probe, coalesce = how

    async def step(store: Store) -> None:
        now = later(moment)
        sent = await store.due(destination, now=now, limit=2, probe=probe, coalesce=coalesce)
        await store.settle(destination, tries(sent, outcome, due_at=later(moment + 60)))

    return step


def fold(moment: int, part: int, between: Step) -> Step:
    """Tell the ripe groups of some of their members, while something else happens."""

    async def step(store: Store) -> None:
        for number, ripe in enumerate(await store.ripe(now=later(moment))):
            await between(store)
            told = ripe.members[:part]
            event_id = f"fld_{moment}_{number}"
            telling = a_telling(event_id, ripe.destination, ripe.group.key) if told else None
            await store.fold(ripe, told, telling, now=later(moment))

    return step


def handle(verb: str, places: list[int], dead: bool | None) -> Step:
    """Revive or drop the letters at these places of the list."""

    async def step(store: Store) -> object:
        found = [letter.row for letter in await store.letters(dead=dead)] + [99]
        chosen = [found[place % len(found)] for place in places]
        return await (store.revive if verb == "revive" else store.drop)(chosen, now=NOW)

    return step


commits = st.builds(commit, numbers, sequences, destinations, st.none() | moments)
groups = st.sampled_from(["team=support", "team=support", "team=sales"])
holds = st.builds(hold, numbers, sequences, destinations, moments, groups)
how = st.tuples(st.booleans(), st.sampled_from([False, False, True]))
steps = st.one_of(
    commits,
    commits,
    commits,
    holds,
    holds,
    st.builds(work, destinations, st.sampled_from(OUTCOMES), moments, how),
    st.builds(fold, moments, st.integers(0, 3), commits | holds),
    st.builds(handle, st.sampled_from(["revive", "revive", "drop"]), places, st.sampled_from([True, None])),
    destinations.map(lambda name: lambda store: store.expedite(name, now=NOW)),
    moments.map(lambda moment: lambda store: store.forget(before=later(moment))),
    destinations.map(lambda name: lambda store: store.keep_only([name], now=NOW)),
)


async def said(store: Store) -> list[object]:
    """Return everything a store says of itself."""
    return [
        sorted(await store.states(), key=lambda state: state.entity),
        await store.backlog(),
        await store.letters(),
        await store.history(Wanted()),
        await store.next_fold(),
        await store.ripe(now=LONG_AFTER),
        [await store.next_due(name) for name in ("hook", "lamp")],
        [await store.due(name, now=later(300), limit=99, probe=True) for name in ("hook", "lamp")],
    ]


def careless(connection: sqlite3.Connection | None) -> None:
    """Wait for no disk: nobody pulls the plug here, and a busy one would take minutes."""
    assert connection is not None
    connection.execute("PRAGMA synchronous = OFF")


def one_head_each(connection: sqlite3.Connection | None) -> bool:
    """Return whether of every destination and key that waits the oldest row is head, and no other is."""
    assert connection is not None
    found = connection.execute(
        "SELECT sum(head * row), min(row) FROM outbox WHERE reason IS NULL GROUP BY destination, key"
    )
    return all(heads == oldest for heads, oldest in found)


@settings(max_examples=60, deadline=None)
@given(st.lists(steps, min_size=10, max_size=40))
def test_both_stores_say_the_same(story: list[Step]) -> None:
    """After every step; on disk each key with something waiting has one head, its oldest row."""

    async def play(path: Path) -> None:
        memory = MemoryStore()
        async with SqliteStore(str(path)) as disk:
            await disk._run(lambda: careless(disk._connection))
            for step in story:
                assert await step(disk) == await step(memory)
                assert await said(disk) == await said(memory)
                assert await disk._run(lambda: one_head_each(disk._connection))

    with TemporaryDirectory() as folder:
        asyncio.run(play(Path(folder) / "state.db"))
