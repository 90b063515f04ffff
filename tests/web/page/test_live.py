"""Streams of what changed: soon, but not too often, and no longer than anybody listens."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

import pytest

from monitor.web.page.frames import NOTHING, Frame, drawn
from monitor.web.page.live import BEAT, PAUSE, STALL, STREAMS, Live, Streamed
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

    def stream(self, seen: Frame = NOTHING) -> AsyncGenerator[str, None]:
        """Return a stream of it."""
        return self.live.stream(self.render, stamp=lambda: '"now":1', seen=seen)


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
    async with aclosing(wall.stream()) as stream:
        assert await told(stream) == {"now": 1, "parts": {"a": "one"}}
        asyncio.get_running_loop().call_later(2.0, wall.change, "two")
        assert await told(stream) == {"now": 1, "parts": {"a": "two"}}
        assert loop_time() == pytest.approx(2.0, abs=0.01)


async def test_what_the_page_shows_already_is_not_told_again() -> None:
    """A page that was just drawn hears only the time."""
    wall = Wall()
    seen = await wall.render()
    async with aclosing(wall.stream(seen)) as stream:
        assert await told(stream) == {"now": 1}


async def test_a_page_is_told_at_most_twice_a_second() -> None:
    """Many changes in a row are one message, and the last of them is in it."""
    wall = Wall()
    async with aclosing(wall.stream()) as stream:
        await told(stream)
        for number in range(10):
            wall.change(f"{number}")
        assert (await told(stream))["parts"] == {"a": "9"}
        assert loop_time() == pytest.approx(PAUSE, abs=0.01)
        assert wall.looks == 2


async def test_a_quiet_stream_beats() -> None:
    """Where nothing changes the time is told every few seconds, well within the page's patience."""
    wall = Wall()
    async with aclosing(wall.stream()) as stream:
        await told(stream)
        for beat in (1, 2, 3):
            assert await told(stream) == {"now": 1}
            assert loop_time() == pytest.approx(beat * BEAT, abs=0.01)


async def test_what_grows_old_by_itself_is_seen_with_the_beat() -> None:
    """A change nobody spoke of, such as a source that became stale, is told with the next beat."""
    wall = Wall()
    async with aclosing(wall.stream()) as stream:
        await told(stream)
        wall.text = "stale"
        assert await told(stream) == {"now": 1, "parts": {"a": "stale"}}


async def test_closing_ends_every_stream_at_once() -> None:
    """A daemon that stops waits for no page, nor does one that waits between two messages."""
    wall = Wall()
    resting, pausing = wall.stream(), wall.stream()
    await told(resting)
    ended = asyncio.ensure_future(anext(resting, None))
    await asyncio.sleep(1.0)
    await told(pausing)
    wall.live.close()
    assert await ended is None
    assert await anext(pausing, None) is None
    assert loop_time() == pytest.approx(1.0, abs=0.01)
    await resting.aclose()


async def test_a_stream_may_be_opened_after_closing() -> None:
    """Closing is also how open pages are made to log in again: new streams go on."""
    wall = Wall()
    wall.live.close()
    async with aclosing(wall.stream()) as stream:
        await told(stream)
        assert await told(stream) == {"now": 1}


async def test_there_is_an_end_to_how_many_may_listen() -> None:
    """As many streams as may be make it full, and one that goes makes room."""
    wall = Wall()
    streams = [wall.stream() for _ in range(STREAMS)]
    room = []
    for one in streams:
        room.append(not wall.live.full)
        await anext(one)
    room.append(not wall.live.full)
    await streams.pop().aclose()
    room.append(not wall.live.full)
    assert room == [*[True] * STREAMS, False, True]
    for one in streams:
        await one.aclose()


class Client:
    """A browser's end of a connection; `reads` after which it reads no more."""

    def __init__(self, reads: int = 100) -> None:
        self.reads = reads
        self.got: list[Any] = []
        self.gone = asyncio.Event()

    async def receive(self) -> dict[str, object]:
        """Say that the client is gone, once it is."""
        await self.gone.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Any) -> None:
        """Take one message, or never."""
        if len(self.got) >= self.reads:
            await asyncio.Event().wait()
        self.got.append(message)

    async def listen(self, wall: Wall, method: str = "GET") -> None:
        """Ask for the stream until it ends."""
        await Streamed(wall.stream())({"type": "http", "method": method}, self.receive, self.send)


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


async def test_a_client_that_does_not_read_is_left() -> None:
    """Somebody who takes nothing keeps a place for half a minute, not for ever."""
    wall, client = Wall(), Client(reads=2)
    await client.listen(wall)
    assert loop_time() == pytest.approx(STALL, abs=0.1)


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
