"""Groups in virtual time: one telling per interval, whatever happens between making it and sending it."""

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from itertools import pairwise

import structlog

from monitor.model.alert import EventKind
from monitor.model.delivery import Dispatch, Held, RipeGroup
from monitor.model.errors import StoreError
from monitor.model.route import Group
from monitor.outbox.dispatching import Dispatcher
from monitor.outbox.folding import LARGE, Folder
from monitor.outbox.forms import Form
from monitor.outbox.notice import Notice
from monitor.store.memory import MemoryStore
from tests.builders import LoopClock
from tests.outbox.making import RecordingSink, a_group, an_event, virtual
from tests.outbox.relaying import BUSY, Bench, running, seconds

GROUP = a_group(wait=30.0, interval=300.0)


def in_short(notice: Notice) -> bytes:
    """Return queue and sequence of each event of a notice."""
    return " ".join(f"{one.data.entity['queue'][8:]}:{one.data.sequence}" for one in notice.events).encode()


SHORT = Form(content_type="text/plain", encode=in_short)


class Room:
    """A folder and a relay on one store, and what a chat is told."""

    def __init__(self, bench: Bench, chat: RecordingSink) -> None:
        self.bench = bench
        self.chat = chat
        self.dispatcher = Dispatcher({"chat": SHORT})
        self.folder = Folder(bench.store, self.dispatcher, bench.clock, bench.relay.wake)

    async def happen(self, *numbers: int, sequence: int = 1, group: Group = GROUP) -> None:
        """Let the event of this sequence happen in each of these queues."""
        now = self.bench.clock.now()
        events = [an_event(one, sequence, audience={"chat": group}, occurred_at=now) for one in numbers]
        await self.bench.store.commit([], [self.dispatcher.dispatch(event) for event in events])
        self.folder.wake()

    def told(self) -> list[str]:
        """Return what the chat was told."""
        return [one.body.decode() for one in self.chat.taken]


@asynccontextmanager
async def folding(store: MemoryStore | None = None, chat: RecordingSink | None = None) -> AsyncIterator[Room]:
    """Run a folder and a relay for the length of the block; then both end as in a crash."""
    sink = chat or RecordingSink()
    async with running({"chat": sink}, store) as bench, asyncio.TaskGroup() as group:
        room = Room(bench, sink)
        loop = group.create_task(room.folder.run())
        await asyncio.sleep(0)
        yield room
        loop.cancel()


def test_a_group_waits_for_company():
    """The first event waits its 30 seconds; what joins it in that time is told with it."""

    async def story() -> None:
        async with folding() as room:
            await room.happen(0)
            await asyncio.sleep(29)
            await room.happen(1)
            assert room.told() == []
            await asyncio.sleep(2)
            assert room.told() == ["0:1 1:1"]
            (one,) = room.chat.taken
            assert (one.kind, one.content_type) == (EventKind.GROUPED, "text/plain")

    virtual(story())


def test_a_storm_is_one_telling_per_interval():
    """An hour of 200 alerts that come and go each minute: a dozen tellings, five minutes apart."""
    moments: list[float] = []

    class Chat(RecordingSink):
        async def send(self, envelope):
            moments.append(seconds())
            return await super().send(envelope)

    async def story() -> None:
        async with folding(chat=Chat()) as room:
            for sequence in range(1, 61):
                await room.happen(*range(200), sequence=sequence)
                await asyncio.sleep(60)
            assert 11 <= len(moments) <= 13
            assert all(later - earlier >= 299 for earlier, later in pairwise(moments))
            assert await room.bench.left() == {"chat": 0}

    virtual(story())


def test_what_is_told_later_has_the_whole_group():
    """A second telling says what still fires, too, the fresh first; a third, what is over."""

    async def story() -> None:
        async with folding() as room:
            await room.happen(0, 1)
            await asyncio.sleep(60)
            await room.happen(2)
            await asyncio.sleep(300)
            await room.happen(0, 1, 2, sequence=2)
            await asyncio.sleep(600)
            assert room.told() == ["0:1 1:1", "2:1 0:1 1:1", "0:2 1:2 2:2"]
            assert [one.key for one in room.chat.taken] == ["group:team=support"] * 3
            sequences = [one.sequence for one in room.chat.taken]
            assert sequences == sorted(set(sequences))

    virtual(story())


def test_what_came_and_went_is_not_told():
    """A blip inside the wait reaches nobody, and the folder goes on."""

    async def story() -> None:
        async with folding() as room:
            await room.happen(0)
            await asyncio.sleep(10)
            await room.happen(0, sequence=2)
            await asyncio.sleep(600)
            assert room.told() == []
            await room.happen(1)
            await asyncio.sleep(60)
            assert room.told() == ["1:1"]

    virtual(story())


def test_a_group_that_waits_for_nobody_is_told_at_once():
    """Its commit ends the folder's rest."""

    async def story() -> None:
        async with folding() as room:
            await asyncio.sleep(20)
            await room.happen(0, group=a_group(wait=0.0))
            await asyncio.sleep(0.1)
            assert room.told() == ["0:1"]

    virtual(story())


def test_a_lost_wake_up_only_delays():
    """Nobody says that an event waits: it is told within a minute of its time."""

    async def story() -> None:
        async with folding() as room:
            await asyncio.sleep(20)
            event = an_event(0, audience={"chat": GROUP}, occurred_at=room.bench.clock.now())
            await room.bench.store.commit([], [room.dispatcher.dispatch(event)])
            await asyncio.sleep(91)
            assert room.told() == ["0:1"]

    virtual(story())


def test_a_crash_before_the_telling_left_changes_nothing():
    """It was on the disk: the next run sends the same id and bytes, and makes no second one."""

    async def story() -> None:
        store = MemoryStore()
        down = RecordingSink(lambda *_: BUSY)
        async with folding(store, down) as room:
            await room.happen(0, 1)
            await asyncio.sleep(100)
            assert room.told() == []
        up = RecordingSink()
        async with folding(store, up) as room:
            await asyncio.sleep(900)
            assert room.told() == ["0:1 1:1"]
        assert {(one.event_id, one.body) for one in down.tries} == {
            (one.event_id, one.body) for one in up.tries
        }

    virtual(story())


class Failing(MemoryStore):
    """A store that takes no telling while `broken`; `asked` are the ids of those it was given."""

    broken = True
    asked: list[str]

    async def fold(
        self, ripe: RipeGroup, told: Sequence[Held], dispatch: Dispatch | None, *, now: datetime
    ) -> None:
        if dispatch is not None:
            self.asked = [*getattr(self, "asked", []), dispatch.envelopes[0].event_id]
        if self.broken:
            raise StoreError("state.db: the disk is full")
        await super().fold(ripe, told, dispatch, now=now)


def test_a_disk_that_refuses_a_telling_delays_it():
    """Nothing was sent; when the disk takes it, it is told once, under the id it had at the first attempt."""

    async def story() -> None:
        store = Failing()
        async with folding(store) as room:
            await room.happen(0, 1)
            await asyncio.sleep(600)
            assert room.told() == []
            assert 10 < len(store.asked) < 30
            store.broken = False
            await asyncio.sleep(300)
            assert room.told() == ["0:1 1:1"]
            assert set(store.asked) == {room.chat.taken[0].event_id}

    with structlog.testing.capture_logs() as logs:
        virtual(story())
    assert [(line["event"], line["task"]) for line in logs] == [
        ("outbox.failed", "folder"),
        ("outbox.recovered", "folder"),
    ]


def test_groups_do_not_wait_for_one_another():
    """Each has its own clock; one's storm delays no other's telling."""

    async def story() -> None:
        async with folding() as room:
            await room.happen(0, group=a_group("team=a"))
            await asyncio.sleep(20)
            await room.happen(1, group=a_group("team=b"))
            await asyncio.sleep(11)
            assert room.told() == ["0:1"]
            await asyncio.sleep(20)
            assert room.told() == ["0:1", "1:1"]

    virtual(story())


def test_a_group_of_nobody_does_not_spin():
    """Its destination is not configured any more: it is looked at now and then, and stays."""
    looks = 0

    class Watched(MemoryStore):
        async def ripe(self, *, now: datetime) -> list[RipeGroup]:
            nonlocal looks
            looks += 1
            return await super().ripe(now=now)

    async def story() -> None:
        async with folding(Watched()) as room:
            room.dispatcher = Dispatcher({"sold": SHORT})  # the folder's own knows only the chat
            now = room.bench.clock.now()
            eager = a_group(wait=0.0, interval=0.0)
            event = an_event(0, audience={"sold": eager}, occurred_at=now)
            await room.bench.store.commit([], [room.dispatcher.dispatch(event)])
            await asyncio.sleep(3600)
            assert room.told() == []

    virtual(story())
    assert looks <= 3602


async def test_a_large_group_does_not_hold_up_the_others():
    """A telling of ten thousand is half a second's work: meanwhile the loop goes on."""
    store, made = MemoryStore(), threading.Event()

    def slow(notice: Notice) -> bytes:
        time.sleep(0.5)
        made.set()
        return in_short(notice)

    dispatcher = Dispatcher({"chat": Form(content_type="text/plain", encode=slow)})
    group = a_group(wait=0.0)
    events = [an_event(number, audience={"chat": group}) for number in range(LARGE)]
    await store.commit([], [dispatcher.dispatch(event) for event in events])
    folder = Folder(store, dispatcher, LoopClock(), lambda: None)
    loop = asyncio.get_running_loop().create_task(folder.run())
    gaps: list[float] = []
    while not made.is_set():
        before = seconds()
        await asyncio.sleep(0.01)
        gaps.append(seconds() - before)
    loop.cancel()
    await asyncio.wait([loop])
    assert max(gaps) < 0.4
