"""A client that speaks byte by byte, and an app that answers in every way a client can be trouble for."""

from __future__ import annotations

import asyncio
import socket
import ssl
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from typing import Self

from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from monitor.kit.serving import CERTIFICATE, Limits, Server, Tls, bind, serving

BRIEF = Limits(head=0.3, body=0.3, stall=0.3, linger=0.3, handshake=0.3)
"""Deadlines that a test can wait for."""
HELLO = b"GET /hello HTTP/1.1\r\nhost: us\r\n\r\n"


@dataclass
class Site:
    """A server, the port it is at, and what its app saw."""

    port: int = 0
    server: Server = field(init=False)
    gate: asyncio.Event = field(default_factory=asyncio.Event)
    streaming: int = 0
    early: int = 0

    def app(self) -> Starlette:
        """Return the app."""
        return Starlette(
            routes=[
                Route("/hello", self.hello),
                Route("/wait", self.wait),
                Route("/stream", self.stream),
                Route("/much", self.much),
                Route("/body", self.body, methods=["POST"]),
            ]
        )

    async def hello(self, request: Request) -> Response:
        """Answer at once, with the name in the client's certificate."""
        return PlainTextResponse(f"hello {request.scope.get(CERTIFICATE, 'stranger')}")

    async def wait(self, _request: Request) -> Response:
        """Answer once the gate is open."""
        await self.gate.wait()
        return PlainTextResponse("waited")

    async def stream(self, _request: Request) -> Response:
        """Answer for ever."""
        return StreamingResponse(self._ticks())

    async def much(self, _request: Request) -> Response:
        """Answer with 8 MB."""
        return PlainTextResponse("x" * 8_000_000)

    async def body(self, request: Request) -> Response:
        """Read the whole body."""
        try:
            return PlainTextResponse(str(len(await request.body())))
        except ClientDisconnect:
            self.early += 1
            raise

    async def _ticks(self) -> AsyncIterator[bytes]:
        self.streaming += 1
        try:
            while True:
                yield b"tick\n"
                await asyncio.sleep(0.02)
        finally:
            self.streaming -= 1


@asynccontextmanager
async def site(
    limits: Limits = BRIEF,
    *,
    tls: Tls | None = None,
    grace: float = 0.2,
    kernel: bool = False,
    **changes: int,
) -> AsyncIterator[Site]:
    """A server for the length of the block; only with `kernel` are silent clients kept from it."""
    one = Site()
    bound = bind("127.0.0.1", 0)
    if not kernel and sys.platform == "linux":
        bound.setsockopt(socket.IPPROTO_TCP, socket.TCP_DEFER_ACCEPT, 0)
    one.port = bound.getsockname()[1]
    async with serving(
        one.app(), bound, grace=grace, tls=tls, limits=replace(limits, **changes)
    ) as one.server:
        yield one


@dataclass
class Knock:
    """One connection, as raw as it gets."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    @classmethod
    async def at(cls, one: Site, tls: ssl.SSLContext | None = None) -> Self:
        """Connect."""
        return cls(
            *await asyncio.open_connection(
                "127.0.0.1", one.port, ssl=tls, server_hostname=None if tls is None else "localhost"
            )
        )

    async def say(self, data: bytes) -> Self:
        """Send."""
        self.writer.write(data)
        with suppress(ConnectionError):
            await self.writer.drain()
        return self

    def deaf(self) -> Self:
        """Read nothing any more."""
        self._transport.pause_reading()
        return self

    def hear(self) -> Self:
        """Read again."""
        self._transport.resume_reading()
        return self

    @property
    def _transport(self) -> asyncio.Transport:
        assert isinstance(self.writer.transport, asyncio.Transport)
        return self.writer.transport

    async def answer(self) -> tuple[int, dict[str, str], bytes]:
        """One answer with a length: status, headers and body. Status 0 where the connection ends instead."""
        try:
            async with asyncio.timeout(5):
                head = (await self.reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
                headers = dict(line.split(": ", 1) for line in head[1:] if line)
                return (
                    int(head[0].split()[1]),
                    headers,
                    await self.reader.readexactly(int(headers["content-length"])),
                )
        except (asyncio.IncompleteReadError, ConnectionError):
            return 0, {}, b""

    async def ended(self, within: float = 5.0) -> float:
        """Read until the other side ends the connection; return the seconds that took."""
        loop = asyncio.get_running_loop()
        started = loop.time()
        async with asyncio.timeout(within):
            await self.rest()
        return loop.time() - started

    async def rest(self, most: int = 1 << 40) -> int:
        """Read until the other side ends the connection, or so many came; return the bytes that came."""
        received = 0
        with suppress(ConnectionError):
            while received < most and (part := await self.reader.read(65536)):
                received += len(part)
        return received

    async def close(self) -> None:
        """Go."""
        self.writer.transport.abort()
        with suppress(ConnectionError):
            await self.writer.wait_closed()
