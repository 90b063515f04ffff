"""Streams of what changed, to every page that is open.

In: a word that something changed, from any callback of the loop. Out: server-sent events. What may not
happen: a stream that outlives its client, its client's patience or the daemon, one that is told more often
than a person can read, or a client that is slow keeping anything in memory.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator
from contextlib import aclosing, contextmanager
from dataclasses import dataclass, field

from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from monitor.kit.tasks import first_of
from monitor.web.answers import problem
from monitor.web.page.frames import NOTHING, Frame, difference

STREAMS = 50
"""Pages that are told at once; the daemon has a hundred connections for everybody."""
PAUSE = 0.5
"""Seconds between two messages to the same page at least."""
BEAT = 5.0
"""Seconds between two messages at most: the page says that the stream is cut after twelve."""
STALL = 120.0
"""Seconds a client may take to read one message: the whole wall of 500 queues, 900 kB, on a slow line. Who
reads nothing at all is cut off by the listener before."""
RETRY = 2000
"""Milliseconds after which a browser that lost the stream asks again."""

CROWDED = "as many pages are open as can be told at once"
"""What is said to whom there is no place for."""

Render = Callable[[], Awaitable[Frame]]


@dataclass(frozen=True, slots=True, eq=False)
class Seat:
    """The place of one stream: `wake` has it look again, `ending` ends it."""

    wake: asyncio.Event = field(default_factory=asyncio.Event)
    ending: asyncio.Event = field(default_factory=asyncio.Event)


class Live:
    """Tells every open page that something changed. One for the daemon."""

    def __init__(self) -> None:
        self._seats: set[Seat] = set()
        self._version = 0
        self._turns = asyncio.Lock()
        self._last = (NOTHING, NOTHING, "")

    @property
    def version(self) -> int:
        """How often something changed."""
        return self._version

    @property
    def full(self) -> bool:
        """Whether there are as many streams as there may be."""
        return len(self._seats) >= STREAMS

    def changed(self) -> None:
        """Have every stream look again."""
        self._version += 1
        for seat in self._seats:
            seat.wake.set()

    def close(self) -> None:
        """End every stream there is at once; browsers ask again by themselves."""
        for seat in self._seats:
            seat.ending.set()
        self.changed()

    @contextmanager
    def seat(self) -> Iterator[Seat | None]:
        """Hold the place of a stream; None where there is none left.

        It is taken before anything is sent: a stream that has not begun is counted, and closed with the rest.
        """
        if self.full:
            yield None
            return
        seat = Seat()
        self._seats.add(seat)
        try:
            yield seat
        finally:
            self._seats.discard(seat)

    async def stream(
        self, seat: Seat, render: Render, *, stamp: Callable[[], str], seen: Frame = NOTHING
    ) -> AsyncGenerator[str, None]:
        """Yield events until closed: what `render` shows now that was not in `seen`, then what changes.

        `stamp` gives the members every message has: the server's time.
        """
        yield f"retry: {RETRY}\n\n"
        while not seat.ending.is_set():
            seat.wake.clear()
            frame = await render()
            await self._turn()
            said = ",".join(filter(None, (stamp(), self._difference(seen, frame))))
            seen = frame
            yield f"data: {{{said}}}\n\n"
            await first_of(seat.ending, PAUSE)
            await first_of(seat.wake, BEAT - PAUSE)

    async def _turn(self) -> None:
        """Let others in between two messages: fifty of half a megabyte would hold the loop for long."""
        async with self._turns:
            await asyncio.sleep(0)

    def _difference(self, before: Frame, after: Frame) -> str:
        """Return what changed: worked out once for all pages that show the same."""
        if self._last[0] is not before or self._last[1] is not after:
            self._last = (before, after, difference(before, after))
        return self._last[2]


class Streamed(Response):
    """An answer that lasts: events, until they end or the client goes; a problem where there is no place."""

    media_type = "text/event-stream"

    def __init__(self, live: Live, events: Callable[[Seat], AsyncGenerator[str, None]]) -> None:
        # A proxy that buffers would keep every message (nginx reads the second header).
        super().__init__(headers={"cache-control": "no-store", "x-accel-buffering": "no"})
        del self.headers["content-length"]
        self.live = live
        self.events = events

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the head and then each event."""
        if scope["method"] == "HEAD":
            await send(self._head())
            await send(_body(b""))
            return
        with self.live.seat() as seat:
            if seat is None:
                await problem(503, CROWDED)(scope, receive, send)
                return
            async with asyncio.TaskGroup() as group:
                telling = group.create_task(self._tell(seat, send), name="live.tell")
                leaving = group.create_task(_left(receive), name="live.left")
                await asyncio.wait((telling, leaving), return_when=asyncio.FIRST_COMPLETED)
                telling.cancel()
                leaving.cancel()

    async def _tell(self, seat: Seat, send: Send) -> None:
        try:
            await _sent(send, self._head())
            async with aclosing(self.events(seat)) as events:
                async for event in events:
                    await _sent(send, _body(event.encode(), more=True))
            await _sent(send, _body(b""))
        except TimeoutError:
            return

    def _head(self) -> Message:
        return {"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers}


def _body(said: bytes, *, more: bool = False) -> Message:
    return {"type": "http.response.body", "body": said, "more_body": more}


async def _sent(send: Send, message: Message) -> None:
    """Send it. Raises TimeoutError where the client does not take it in time."""
    async with asyncio.timeout(STALL):
        await send(message)


async def _left(receive: Receive) -> None:
    """Return once the client is gone."""
    while (await receive())["type"] != "http.disconnect":
        pass
