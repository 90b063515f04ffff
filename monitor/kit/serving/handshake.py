"""TLS below a connection: counted from its first byte, and ended where the hands are not shaken in time.

asyncio's own listener counts nobody before the handshake is done, and keeps the context it was given. So the
TLS protocol that it would put between a transport and a protocol is put there here, one per connection
(`BaseSelectorEventLoop._make_ssl_transport` does the same).
"""

from __future__ import annotations

import asyncio
from asyncio.sslproto import SSLProtocol

from monitor.kit.serving.connection import Connection
from monitor.kit.serving.identity import Tls
from monitor.kit.serving.room import Room

FAREWELL = 2
"""Seconds a client has to say goodbye in TLS; whoever does not is cut off."""


class Handshake(SSLProtocol):
    """Leads to `connection` once TLS stands."""

    def __init__(self, connection: Connection, tls: Tls, room: Room, patience: float) -> None:
        super().__init__(
            asyncio.get_running_loop(),
            connection,
            tls.context,
            None,  # type: ignore[arg-type]  # nobody waits for the end of the handshake
            server_side=True,
            ssl_handshake_timeout=patience,  # type: ignore[arg-type]  # a fraction will do
            ssl_shutdown_timeout=FAREWELL,
        )
        self._guest = connection
        self._room = room

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin, if there is room."""
        if isinstance(transport, asyncio.Transport) and self._room.enter(self._guest, transport):
            super().connection_made(transport)
        elif isinstance(transport, asyncio.Transport):
            transport.abort()

    def connection_lost(self, exc: BaseException | None) -> None:
        """Leave, whether the handshake was done or not."""
        self._room.leave(self._guest)
        super().connection_lost(exc)
