"""Answers on the wire, the faulty ones included: slow, cut off, or none at all."""

import asyncio
import socket
import struct
from collections.abc import AsyncIterator
from contextlib import suppress

from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from monitor.simulator.answer import Answer
from monitor.simulator.faults import Drip, Fault, Hang, Reset, Severed

TRANSPORT = "simulator.transport"
"""The key under which the server leaves the connection's transport in the ASGI scope."""

# How often a silent connection looks whether it may end, in seconds: the most it can delay a shutdown.
_GLANCE = 0.05
# SO_LINGER on with a time of zero: closing then sends a reset instead of an orderly end.
_NO_LINGER = struct.pack("ii", 1, 0)


def on_the_wire(fault: Fault | None, answer: Answer, stopping: asyncio.Event) -> Response:
    """The response that sends an answer as the fault wants it sent; once `stopping` is set none dawdles."""
    match fault:
        case Hang():
            return _Silence(stopping)
        case Reset():
            return _Silence(None)
        case Severed():
            return _Cut(answer)
        case Drip():
            return StreamingResponse(
                _drops(answer.body, fault, stopping), status_code=answer.status, headers=dict(answer.headers)
            )
    return Response(answer.body, status_code=answer.status, headers=dict(answer.headers))


class _Silence(Response):
    """Says nothing until the client goes or `until` is set (None: at once), then resets the connection."""

    def __init__(self, until: asyncio.Event | None) -> None:
        super().__init__()
        self._until = until

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 (ASGI)
        while self._until is not None and not self._until.is_set():
            if await _gone(receive):
                return
        transport = _transport(scope)
        if transport is not None:
            with suppress(AttributeError, OSError):  # a reset is best effort; closing does as well
                transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
            transport.abort()
            await _gone(receive)


class _Cut(Response):
    """Announces the whole body, sends half of it and closes the connection."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.body, status_code=answer.status, headers=dict(answer.headers))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        half = bytes(self.body)[: len(self.body) // 2]
        await send({"type": "http.response.body", "body": half, "more_body": True})
        transport = _transport(scope)
        if transport is not None:
            transport.close()
            await _gone(receive)


async def _drops(body: bytes, fault: Drip, stopping: asyncio.Event) -> AsyncIterator[bytes]:
    for first in range(0, len(body), fault.chunk):
        if stopping.is_set():
            return
        yield body[first : first + fault.chunk]
        await _pause(fault.pause, stopping)


async def _pause(seconds: float, stopping: asyncio.Event) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await stopping.wait()


async def _gone(receive: Receive) -> bool:
    """Whether the client is gone, or goes within a glance.

    To be awaited after closing a connection, too: a response that returned before its server noticed would
    have the server answer on its behalf.
    """
    with suppress(TimeoutError):
        async with asyncio.timeout(_GLANCE):
            return bool((await receive())["type"] == "http.disconnect")
    return False


def _transport(scope: Scope) -> asyncio.Transport | None:
    found = scope.get(TRANSPORT)
    return found if isinstance(found, asyncio.Transport) else None
