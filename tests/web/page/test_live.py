"""Streams of what changed: soon, but not too often, and no longer than anybody listens."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, ExitStack, aclosing, asynccontextmanager
from typing import Any

import pytest

from monitor.web.page.frames import NOTHING, Frame, drawn
from monitor.web.page.live import BEAT, PAUSE, STALL, STREAMS, Live, Seat, Streamed
from tests.builders import loop_time

pytestmark = pytest.mark.looptime


class Wall:
    """Something that changes, and how often it was looked at."""

    def __init__(self) -> None:
        self.live = Live()
        self.text = "one"
        self.looks = 0

    async def render(self) -> Frame:
        """Return what there is to see."""
        self.looks += 1
        return Frame(parts={"a": drawn(self.text)})

    def change(self, text: str) -> None:
        """Change, and say so."""
        self.text = text
        self.live.changed()

    def stream(self, seat: Seat, seen: Frame = NOTHING) -> AsyncGenerator[str, None]:
        """Return a stream of it."""
        return self.live.stream(seat, self.render, stamp=lambda: '"now":1', seen=seen)

    @asynccontextmanager
    async def open(self, seen: Frame = NOTHING) -> AsyncIterator[AsyncGenerator[str, None]]:
        """Hold a stream of it, in a place of its own."""
        with self.live.seat() as seat:
            assert seat is not None
            async with aclosing(self.stream(seat, seen)) as stream:
                yield stream


async def told(stream: AsyncGenerator[str, None]) -> Any:
    """Return the next message."""
    event = await anext(stream)
    if event.startswith("retry:"):
        event = await anext(stream)
    assert event.startswith("data: ")
    assert event.endswith("\n\n")
    return json.loads(event.removeprefix("data: "))


async def test_a_change_is_told_at_once_and_alone() -> None:
    """Whoever has just come is told everything; then only what changed, when it does."""
    wall = Wall()
    async with wall.open() as stream:
        assert await told(stream) == {"now": 1, "parts": {"a": "one"}}
        asyncio.get_running_loop().call_later(2.0, wall.change, "two")
        assert await told(stream) == {"now": 1, "parts": {"a": "two"}}
        assert loop_time() == pytest.approx(2.0, abs=0.01)


async def test_what_the_page_shows_already_is_not_told_again() -> None:
    """A page that was just drawn hears only the time."""
    wall = Wall()
    seen = await wall.render()
    async with wall.open(seen) as stream:
        assert await told(stream) == {"now": 1}


async def test_a_page_is_told_at_most_twice_a_second() -> None:
    """Many changes in a row are one message, and the last of them is in it."""
    wall = Wall()
    async with wall.open() as stream:
        await told(stream)
        for number in range(10):
            wall.change(f"{number}")
        assert (await told(stream))["parts"] == {"a": "9"}
        assert loop_time() == pytest.approx(PAUSE, abs=0.01)
        assert wall.looks == 2


async def test_a_quiet_stream_beats() -> None:
    """Where nothing changes the time is told every few seconds, well within the page's patience."""
    wall = Wall()
    async with wall.open() as stream:
        await told(stream)
        for beat in (1, 2, 3):
            assert await told(stream) == {"now": 1}
            assert loop_time() == pytest.approx(beat * BEAT, abs=0.01)


async def test_what_grows_old_by_itself_is_seen_with_the_beat() -> None:
    """A change nobody spoke of, such as a source that became stale, is told with the next beat."""
    wall = Wall()
    async with wall.open() as stream:
        await told(stream)
        wall.text = "stale"
        assert await told(stream) == {"now": 1, "parts": {"a": "stale"}}


async def test_closing_ends_every_stream_at_once() -> None:
    """A daemon that stops waits for no page, nor does one that waits between two messages."""
    wall = Wall()
    async with wall.open() as resting, wall.open() as pausing:
        await told(resting)
        ended = asyncio.ensure_future(anext(resting, None))
        await asyncio.sleep(1.0)
        await told(pausing)
        wall.live.close()
        assert await ended is None
        assert await anext(pausing, None) is None
        assert loop_time() == pytest.approx(1.0, abs=0.01)


async def test_closing_ends_what_has_not_begun() -> None:
    """Whoever was let in before it is not told anything after it."""
    wall = Wall()
    async with wall.open() as stream:
        wall.live.close()
        assert [one async for one in stream if one.startswith("data:")] == []
    assert wall.looks == 0


async def test_a_stream_may_be_opened_after_closing() -> None:
    """Closing is also how open pages are made to log in again: new streams go on."""
    wall = Wall()
    wall.live.close()
    async with wall.open() as stream:
        await told(stream)
        assert await told(stream) == {"now": 1}


async def test_there_is_an_end_to_how_many_may_listen() -> None:
    """As many places as may be make it full, also before anything is told; one that is left makes room."""
    wall = Wall()
    room = []
    async with AsyncExitStack() as others:
        for _ in range(STREAMS - 1):
            room.append(not wall.live.full)
            await others.enter_async_context(wall.open())
        async with wall.open():
            with wall.live.seat() as seat:
                assert seat is None
            room.append(not wall.live.full)
        room.append(not wall.live.full)
    assert room == [*[True] * (STREAMS - 1), False, True]


class Client:
    """A browser's end of a connection; `reads` after which it reads no more, or `breaks`."""

    def __init__(self, reads: int = 100, *, breaks: bool = False) -> None:
        self.reads = reads
        self.breaks = breaks
        self.got: list[Any] = []
        self.gone = asyncio.Event()

    async def receive(self) -> dict[str, object]:
        """Say that the client is gone, once it is."""
        await self.gone.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Any) -> None:
        """Take one message, or never."""
        if len(self.got) >= self.reads:
            if self.breaks:
                raise OSError("broken pipe")
            await asyncio.Event().wait()
        self.got.append(message)

    async def listen(self, wall: Wall, method: str = "GET") -> None:
        """Ask for the stream until it ends."""
        await Streamed(wall.live, wall.stream)({"type": "http", "method": method}, self.receive, self.send)


async def test_a_client_that_goes_leaves_nothing_behind() -> None:
    """The stream ends as soon as its client is gone, though nothing changes."""
    wall, client = Wall(), Client()
    asyncio.get_running_loop().call_later(1.0, client.gone.set)
    await client.listen(wall)
    assert loop_time() == pytest.approx(1.0, abs=0.01)
    wall.change("two")
    await asyncio.sleep(2 * BEAT)
    assert wall.looks == 1
    head = dict(client.got[0]["headers"])
    assert head[b"content-type"] == b"text/event-stream; charset=utf-8"
    assert b"content-length" not in head


@pytest.mark.parametrize("reads", [0, 1, 2])
async def test_a_client_that_does_not_read_is_left(reads: int) -> None:
    """Somebody who takes nothing, not even the head, keeps a place for half a minute, not for ever."""
    wall, client = Wall(), Client(reads)
    await client.listen(wall)
    assert loop_time() == pytest.approx(STALL, abs=0.1)


async def test_who_comes_at_once_is_counted_at_once() -> None:
    """However many are let in before the first is told anything, no more listen than may."""
    wall = Wall()
    clients = [Client() for _ in range(STREAMS + 3)]
    async with asyncio.TaskGroup() as group:
        for one in clients:
            group.create_task(one.listen(wall))
        await asyncio.sleep(1.0)
        wall.live.close()
    statuses = [one.got[0]["status"] for one in clients]
    assert statuses == [*[200] * STREAMS, *[503] * 3]
    assert b"as many pages are open as can be told" in clients[-1].got[1]["body"]


async def gone(wall: Wall) -> None:
    """Come and be gone at once."""
    client = Client()
    client.gone.set()
    await client.listen(wall)


async def cancelled(wall: Wall) -> None:
    """Come, and have the daemon end it."""
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(1.0):
            await Client().listen(wall)


async def broken(wall: Wall) -> None:
    """Come, and fail while something is sent."""
    with pytest.raises(ExceptionGroup, match="TaskGroup"):
        await Client(reads=1, breaks=True).listen(wall)


async def unseen(wall: Wall) -> None:
    """Come, and find what cannot be shown."""

    async def nothing() -> Frame:
        raise LookupError

    client = Client()
    answer = Streamed(wall.live, lambda seat: wall.live.stream(seat, nothing, stamp=str))
    with pytest.raises(ExceptionGroup, match="TaskGroup"):
        await answer({"type": "http", "method": "GET"}, client.receive, client.send)


async def stalled(wall: Wall) -> None:
    """Come, and not even read the head."""
    await Client(reads=0).listen(wall)


async def heading(wall: Wall) -> None:
    """Ask for the head."""
    await Client().listen(wall, "HEAD")


@pytest.mark.parametrize("ending", [gone, cancelled, broken, unseen, stalled, heading])
async def test_whoever_goes_leaves_the_place(ending: Callable[[Wall], Awaitable[None]]) -> None:
    """Whichever way a stream ends, and before its first word as well, there is room for the next."""
    wall = Wall()
    with ExitStack() as others:
        for _ in range(STREAMS - 1):
            others.enter_context(wall.live.seat())
        await ending(wall)
        assert not wall.live.full


async def test_the_end_of_the_daemon_is_a_proper_end() -> None:
    """The answer is completed, so that the browser asks again instead of complaining."""
    wall, client = Wall(), Client()
    asyncio.get_running_loop().call_later(1.0, wall.live.close)
    await client.listen(wall)
    assert client.got[-1] == {"type": "http.response.body", "body": b"", "more_body": False}


async def test_who_asks_for_the_head_gets_the_head() -> None:
    """HEAD opens no stream."""
    wall, client = Wall(), Client()
    await client.listen(wall, "HEAD")
    assert [one["type"] for one in client.got] == ["http.response.start", "http.response.body"]
    assert wall.looks == 0
