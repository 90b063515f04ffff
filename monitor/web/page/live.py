"""Streams of what changed, to every page that is open.

In: a word that something changed, from any callback of the loop. Out: server-sent events. What may not
happen: a stream that outlives its client, its client's patience or the daemon, one that is told more often
than a person can read, or a client that is slow keeping anything in memory.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from monitor.kit.tasks import first_of
from monitor.web.page.frames import NOTHING, Frame, difference

STREAMS = 50
"""Pages that are told at once; the daemon has a hundred connections for everybody."""
PAUSE = 0.5
"""Seconds between two messages to the same page at least."""
BEAT = 5.0
"""Seconds between two messages at most: the page says that the stream is cut after twelve."""
STALL = 30.0
"""Seconds a client may take to read one message."""
RETRY = 2000
"""Milliseconds after which a browser that lost the stream asks again."""

Render = Callable[[], Awaitable[Frame]]


class Live:
    """Tells every open page that something changed. One for the daemon."""

    def __init__(self) -> None:
        self._wakes: set[asyncio.Event] = set()
        self._version = 0
        self._turns = asyncio.Lock()
        self._last = (NOTHING, NOTHING, "")
        self._endings: set[asyncio.Event] = set()

    @property
    def version(self) -> int:
        """How often something changed."""
        return self._version

    @property
    def full(self) -> bool:
        """Whether there are as many streams as there may be."""
        return len(self._wakes) >= STREAMS

    def changed(self) -> None:
        """Have every stream look again."""
        self._version += 1
        for wake in self._wakes:
            wake.set()

    def close(self) -> None:
        """End every stream there is at once; browsers ask again by themselves."""
        for ending in self._endings:
            ending.set()
        self.changed()

    async def stream(
        self, render: Render, *, stamp: Callable[[], str], seen: Frame = NOTHING
    ) -> AsyncGenerator[str, None]:
        """Yield events until closed: what `render` shows now that was not in `seen`, then what changes.

        `stamp` gives the members every message has: the server's time.
        """
        wake, ending = asyncio.Event(), asyncio.Event()
        self._wakes.add(wake)
        self._endings.add(ending)
        try:
            yield f"retry: {RETRY}\n\n"
            while not ending.is_set():
                wake.clear()
                frame = await render()
                await self._turn()
                said = ",".join(filter(None, (stamp(), self._difference(seen, frame))))
                seen = frame
                yield f"data: {{{said}}}\n\n"
                await first_of(ending, PAUSE)
                await first_of(wake, BEAT - PAUSE)
        finally:
            self._wakes.discard(wake)
            self._endings.discard(ending)

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
    """An answer that lasts: events, until they end or the client goes."""

    media_type = "text/event-stream"

    def __init__(self, events: AsyncGenerator[str, None]) -> None:
        # A proxy that buffers would keep every message (nginx reads the second header).
        super().__init__(headers={"cache-control": "no-store", "x-accel-buffering": "no"})
        del self.headers["content-length"]
        self.events = events

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the head and then each event."""
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        if scope["method"] == "HEAD":
            await send({"type": "http.response.body", "body": b""})
            return
        async with asyncio.TaskGroup() as group:
            telling = group.create_task(self._tell(send), name="live.tell")
            leaving = group.create_task(_left(receive), name="live.left")
            await asyncio.wait((telling, leaving), return_when=asyncio.FIRST_COMPLETED)
            telling.cancel()
            leaving.cancel()

    async def _tell(self, send: Send) -> None:
        try:
            async with aclosing(self.events) as events:
                async for event in events:
                    async with asyncio.timeout(STALL):
                        await send({"type": "http.response.body", "body": event.encode(), "more_body": True})
                await send({"type": "http.response.body", "body": b"", "more_body": False})
        except TimeoutError:
            return


async def _left(receive: Receive) -> None:
    """Return once the client is gone."""
    while (await receive())["type"] != "http.disconnect":
        pass
