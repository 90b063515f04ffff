"""Raw TCP peers on the loopback that note what they were sent."""

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

Reader = asyncio.StreamReader
Writer = asyncio.StreamWriter
Talk = Callable[[Reader, Writer], Awaitable[None]]


@dataclass
class Request:
    """What came: the first line, the headers in lower case, the body."""

    line: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Peer:
    """A listening peer. `connections` counts; `over` is set whenever one has ended."""

    port: int
    connections: int = 0
    requests: list[Request] = field(default_factory=list)
    over: asyncio.Event = field(default_factory=asyncio.Event)


async def request_of(reader: Reader) -> Request:
    """Read one request."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    pairs = (line.split(": ", 1) for line in head[1:] if line)
    headers = {name.lower(): value for name, value in pairs}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return Request(head[0], headers, body)


def saying(status: str = "204 No Content", *headers: str, body: bytes = b"") -> bytes:
    """Return a whole answer."""
    lines = [f"HTTP/1.1 {status}", f"content-length: {len(body)}", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


NO_CONTENT = saying()


@asynccontextmanager
async def peer(
    answer: bytes | Talk = NO_CONTENT, *, host: str = "127.0.0.1", tls: ssl.SSLContext | None = None
) -> AsyncIterator[Peer]:
    """A peer that answers every request alike, or talks as it is told."""
    found = Peer(0)
    writers: set[Writer] = set()

    async def serve(reader: Reader, writer: Writer) -> None:
        found.connections += 1
        writers.add(writer)
        try:
            if not isinstance(answer, bytes):
                await answer(reader, writer)
                return
            while True:
                found.requests.append(await request_of(reader))
                writer.write(answer)
                await writer.drain()
        except (asyncio.IncompleteReadError, OSError):
            return  # it hung up
        finally:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()
            writers.remove(writer)
            found.over.set()

    server = await asyncio.start_server(serve, host, 0, ssl=tls)
    async with server:
        found.port = server.sockets[0].getsockname()[1]
        yield found
    while writers:
        for writer in writers:
            writer.close()
        found.over.clear()
        await found.over.wait()
