"""The listener: a bound socket in, connections out, and an end that nobody can put off.

`uvicorn.Server` captures the process's signals and raises them again at exit (LIBS.md U1), wakes ten times a
second, and keeps the TLS context it began with; so only its connections are used.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.types import ASGIApp
from uvicorn.config import Config
from uvicorn.server import ServerState

from monitor.kit.serving.connection import Connection
from monitor.kit.serving.handshake import Handshake, Turnstile
from monitor.kit.serving.identity import Tls
from monitor.kit.serving.limits import Limits
from monitor.kit.serving.room import Room

BACKLOG = 511
"""Connections that may wait in the kernel to be accepted."""
BATCH = 16
"""Connections accepted before others have their turn. With more, a batch of slow clients could fill the room
before a word of the polite one among them is read, who would then have to make room."""
SILENT = 10
"""Seconds the kernel keeps a connection to itself on which nothing was sent: it takes no place here."""
LAST = 0.5
"""Seconds for answers to notice that their connection was cut, and once more that they are cancelled."""
_POLL = 0.02


def bind(host: str, port: int) -> socket.socket:
    """Return a listening socket, so that a busy port is known before anything else starts.

    Raises:
        OSError: the address cannot be bound.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.create_server((host, port), family=family, backlog=BACKLOG)
    # asyncio does this itself only for sockets made with an explicit protocol number, which this one is
    # not; without it every answer of two writes waits 40 ms for the client's delayed acknowledgement.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if sys.platform == "linux":
        # Whoever is accepted has sent something (tcp(7)): most often a whole head, or a TLS client's hello.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_DEFER_ACCEPT, SILENT)
    return listener


class Server:
    """What listens, while it does."""

    def __init__(self, app: ASGIApp, tls: Tls | None, limits: Limits) -> None:
        self._config = _configuration(app, limits)
        self._state = ServerState()
        self._room = Room(limits.connections)
        self._turnstile = Turnstile()
        self._limits = limits
        self._tls = tls

    def renew(self, tls: Tls | None) -> None:
        """Have new connections meet `tls`; older ones get one more answer at the most, and close.

        Where it believes other clients than before, they get the answer they wait for already, or none.
        """
        self._tls = tls
        for connection in list(self._state.connections):
            if isinstance(connection, Connection):
                connection.part()

    def accept(self) -> asyncio.BaseProtocol:
        """Return what is to speak with whoever has just come."""
        connection = Connection(self._config, self._state, self._room, self._limits, lambda: self._tls)
        if self._tls is None:
            return connection
        return Handshake(connection, self._tls, self._room, self._turnstile, self._limits.handshake)

    def waiting(self) -> int:
        """Return how many bytes of answers wait for clients that do not read them."""
        return sum(one.unread for one in self._state.connections if isinstance(one, Connection))

    async def end(self, grace: float) -> None:
        """Close what is idle, give open answers `grace` seconds, and cut off what is left."""
        for connection in list(self._state.connections):
            connection.shutdown()
        if await self._empty(grace):
            return
        for guest in self._room:
            if (transport := self._room.transport(guest)) is not None:
                transport.abort()
        if not await self._empty(LAST):
            for task in self._state.tasks:
                task.cancel()
            await self._empty(LAST)

    async def _empty(self, seconds: float) -> bool:
        """Wait until nobody is connected and nothing is answered; say whether that came true in time."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + seconds
        while next(iter(self._room), None) is not None or self._state.tasks:
            if loop.time() >= deadline:
                return False
            await asyncio.sleep(_POLL)
        return True


@asynccontextmanager
async def serving(
    app: ASGIApp,
    bound: socket.socket,
    *,
    grace: float = 2,
    tls: Tls | None = None,
    limits: Limits = Limits(),  # noqa: B008 - frozen
) -> AsyncIterator[Server]:
    """Serve `app` on `bound` for the length of the block; open answers get `grace` seconds at its end."""
    server = Server(app, tls, limits)
    listening = await asyncio.get_running_loop().create_server(server.accept, sock=bound, backlog=BATCH)
    # asyncio accepts as many at once as it lets wait; only the second is to be more.
    bound.listen(BACKLOG)
    try:
        yield server
    finally:
        listening.close()
        await server.end(grace)


def _configuration(app: ASGIApp, limits: Limits) -> Config:
    config = Config(
        app,
        http=Connection,
        ws="none",
        lifespan="off",
        log_config=None,
        # What is wrong with a stranger's request is the stranger's business: at "warning" he fills our log.
        log_level=logging.ERROR,
        access_log=False,
        # Who asks is who is connected: a header that says otherwise may be anybody's.
        proxy_headers=False,
        date_header=False,
        server_header=False,
        limit_concurrency=None,
        h11_max_incomplete_event_size=limits.header,
        timeout_keep_alive=limits.idle,
    )
    config.load()
    return config
