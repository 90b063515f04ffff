"""A client that costs next to nothing: one kept connection, one large buffer."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

BUFFER = 32 * 1024 * 1024
_END = b"\r\n0\r\n\r\n"
"""How a chunked answer ends."""


class Scraper:
    """One keep-alive connection to a server on the loopback."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._buffer = bytearray(BUFFER)

    async def get(self, path: str, *, gzip: bool = False) -> tuple[bytes, float]:
        """Return the body as it came, framing of chunks included, and the seconds until it was whole."""
        loop = asyncio.get_running_loop()
        encoding = "gzip" if gzip else "identity"
        request = f"GET {path} HTTP/1.1\r\nhost: localhost\r\naccept-encoding: {encoding}\r\n\r\n"
        view = memoryview(self._buffer)
        started = time.perf_counter()
        await loop.sock_sendall(self._connection, request.encode())
        have, body, length = 0, -1, -1
        while True:
            count = await loop.sock_recv_into(self._connection, view[have:])
            if not count:
                raise ConnectionError("the server hung up")
            have += count
            if body < 0 and (found := self._buffer.find(b"\r\n\r\n", 0, have)) >= 0:
                body, length = found + 4, _length(bytes(view[:found]))
            if body >= 0 and (have >= body + length if length >= 0 else view[have - 7 : have] == _END):
                return bytes(view[body:have]), time.perf_counter() - started

    async def number(self, path: str) -> float:
        """Return the number that `path` answers."""
        body, _ = await self.get(path)
        return float(body)


def _length(head: bytes) -> int:
    """Return the announced length, -1 for chunks. Raises ConnectionError for anything but 200."""
    status, *lines = head.lower().split(b"\r\n")
    if b" 200" not in status:
        raise ConnectionError(status.decode())
    lengths = [int(line.partition(b":")[2]) for line in lines if line.startswith(b"content-length:")]
    return lengths[0] if lengths else -1


@asynccontextmanager
async def connected(port: int) -> AsyncIterator[Scraper]:
    """Yield a scraper of the server at `port`."""
    with socket.create_connection(("127.0.0.1", port), timeout=5.0) as connection:
        connection.setblocking(False)
        yield Scraper(connection)
