"""Clients that mean harm, byte by byte, and what a polite client sees meanwhile."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from statistics import quantiles

import httpx

from tests.servers.programs import HOST
from tests.stories.daemon import samples

CROWD = 500
"""Slow clients at once, each coming back soon after it is thrown out."""
GIGABYTE = 1_000_000_000


@dataclass
class Siege:
    """An attack on a port of this machine; with `tls`, some of it through TLS."""

    port: int
    tls: ssl.SSLContext | None = None
    pause: float = 0.2
    """Seconds before a client that was thrown out comes back."""
    thrown_out: int = 0
    answers: Counter[str] = field(default_factory=Counter)

    @property
    def _common(self) -> bytes:
        return f"host: {HOST}:{self.port}\r\n".encode()

    @asynccontextmanager
    async def crowd(self, size: int = CROWD) -> AsyncIterator[None]:
        """Slow clients for the length of the block: idle ones, half heads, half bodies, dripping ones."""
        kinds: tuple[Callable[[], Awaitable[None]], ...]
        kinds = (self._idle, self._half_head, self._half_body, self._drip)
        kinds += (self._hello,) if self.tls is not None else ()
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(self._again(kinds[number % len(kinds)])) for number in range(size)]
            yield
            for task in tasks:
                task.cancel()

    async def pour(self) -> int:
        """Begin a POST of a gigabyte; return how many bytes were taken before the end."""
        reader, writer = await self._connect()
        writer.write(b"POST /api/v1/silences HTTP/1.1\r\n" + self._common)
        writer.write(f"content-type: application/json\r\ncontent-length: {GIGABYTE}\r\n\r\n".encode())
        sent = 0
        answer = asyncio.ensure_future(reader.readline())
        with suppress(ConnectionError):
            while sent < GIGABYTE and not writer.transport.is_closing():
                writer.write(bytes(65536))
                await writer.drain()
                sent += 65536
                await asyncio.sleep(0.001)
        with suppress(ConnectionError):
            self.answers[_code(await answer)] += 1
        writer.transport.abort()
        return sent

    async def say(self, head: bytes, body: bytes = b"") -> str:
        """Send a request as it is and return the code of the answer."""
        reader, writer = await self._connect()
        with suppress(ConnectionError):
            writer.write(head + body)
            await writer.drain()
        try:
            async with asyncio.timeout(10):
                code = _code(await reader.readline())
        except ConnectionError:
            code = "reset"
        self.answers[code] += 1
        writer.transport.abort()
        return code

    async def ask(self, method: str, path: str, *lines: str, body: bytes = b"") -> str:
        """Send a request with these lines in its head."""
        named = b"" if any(line.startswith("host:") for line in lines) else self._common
        head = (
            f"{method} {path} HTTP/1.1\r\n".encode() + named + "".join(f"{one}\r\n" for one in lines).encode()
        )
        return await self.say(head + b"\r\n", body)

    async def _again(self, kind: Callable[[], Awaitable[None]]) -> None:
        while True:
            with suppress(OSError):
                await kind()
            self.thrown_out += 1
            await asyncio.sleep(self.pause)

    async def _idle(self) -> None:
        await self._hold(b"")

    async def _half_head(self) -> None:
        await self._hold(b"GET / HTTP/1.1\r\n" + self._common)

    async def _half_body(self) -> None:
        head = b"content-type: application/json\r\ncontent-length: 50\r\n\r\n{"
        await self._hold(b"POST /api/v1/silences HTTP/1.1\r\n" + self._common + head)

    async def _hello(self) -> None:
        assert self.tls is not None
        begun = ssl.MemoryBIO()
        with suppress(ssl.SSLWantReadError):
            self.tls.wrap_bio(ssl.MemoryBIO(), begun, server_hostname=HOST).do_handshake()
        await self._hold(begun.read())

    async def _drip(self) -> None:
        await self._hold(b"G", drip=b"x")

    async def _hold(self, first: bytes, drip: bytes = b"") -> None:
        """Connect below TLS, if there is any, send a little and stay; return once thrown out."""
        loop = asyncio.get_running_loop()
        with socket.socket() as plain:
            plain.setblocking(False)
            await loop.sock_connect(plain, (HOST, self.port))
            await loop.sock_sendall(plain, first)
            while True:
                with suppress(TimeoutError):
                    async with asyncio.timeout(0.5):
                        if not await loop.sock_recv(plain, 4096):
                            return
                await loop.sock_sendall(plain, drip)

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection(HOST, self.port, ssl=self.tls)


def _code(line: bytes) -> str:
    return line.split()[1].decode() if line.startswith(b"HTTP/1.1 ") else "reset"


@dataclass
class Watch:
    """What a polite client sees: how old the figures were, how late the loop, how long an answer took."""

    client: httpx.AsyncClient
    headers: dict[str, str] = field(default_factory=dict)
    ages: list[float] = field(default_factory=list)
    lags: list[float] = field(default_factory=list)
    taken: list[float] = field(default_factory=list)

    async def run(self, seconds: float) -> None:
        """Look four times a second, each time over a connection of its own."""
        loop = asyncio.get_running_loop()
        until = loop.time() + seconds
        while loop.time() < until:
            started = loop.time()
            answer = await self.client.get("/metrics", headers={**self.headers, "connection": "close"})
            self.taken.append(loop.time() - started)
            assert answer.status_code == 200
            page = answer.text
            self.ages += [
                value
                for labels, value in samples(page, "queuewatch_source_data_age_seconds")
                if labels["source"] == "queues"
            ]
            self.lags += [value for _, value in samples(page, "queuewatch_loop_lag_seconds")]
            await asyncio.sleep(0.25)


def p99(values: list[float]) -> float:
    """Return what ninety-nine of a hundred are below."""
    return quantiles(values, n=100)[-1]
