"""TLS below a connection: counted from its first byte, and ended where the hands are not shaken in time.

asyncio's own listener counts nobody before the handshake is done, and keeps the context it was given. So the
TLS protocol that it would put between a transport and a protocol is put there here, one per connection
(`BaseSelectorEventLoop._make_ssl_transport` does the same).
"""

from __future__ import annotations

import asyncio
from asyncio.sslproto import SSLProtocol
from collections import deque
from collections.abc import Callable

from monitor.kit.serving.connection import Connection
from monitor.kit.serving.identity import Tls
from monitor.kit.serving.room import Room

SHARE = 0.002
"""Seconds of a turn of the loop for handshakes: a signature with an EC key takes a tenth, with RSA a half."""
FAREWELL = 2
"""Seconds a client has to say goodbye in TLS; whoever does not is cut off."""


class Turnstile:
    """Lets some steps be taken per turn of the loop: a hundred signatures at once would hold up everybody."""

    def __init__(self) -> None:
        self._queue: deque[Callable[[], None]] = deque()

    def take(self, step: Callable[[], None]) -> None:
        """Take the step, once it is its turn."""
        self._queue.append(step)
        if len(self._queue) == 1:
            asyncio.get_running_loop().call_soon(self._some)

    def _some(self) -> None:
        """Take at least one step, and more while there is time."""
        loop = asyncio.get_running_loop()
        until = loop.time() + SHARE
        try:
            while True:
                self._queue[0]()
                if len(self._queue) == 1 or loop.time() >= until:
                    break
                self._queue.popleft()
        finally:
            self._queue.popleft()
            if self._queue:
                loop.call_soon(self._some)


class Handshake(SSLProtocol):
    """Leads to `connection` once TLS stands."""

    def __init__(
        self, connection: Connection, tls: Tls, room: Room, turnstile: Turnstile, patience: float
    ) -> None:
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
        self._turnstile = turnstile
        self._queued = False
        self._gone = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin, if there is room."""
        if isinstance(transport, asyncio.Transport) and self._room.enter(self._guest, transport):
            super().connection_made(transport)
        elif isinstance(transport, asyncio.Transport):
            transport.abort()

    def connection_lost(self, exc: BaseException | None) -> None:
        """Leave, whether the handshake was done or not."""
        self._gone = True
        self._room.leave(self._guest)
        super().connection_lost(exc)

    def _do_handshake(self) -> None:
        """Go on with the handshake, in turn: what comes meanwhile is a part of the same step."""
        if not self._queued:
            self._queued = True
            self._turnstile.take(self._step)

    def _step(self) -> None:
        self._queued = False
        if not self._gone:
            super()._do_handshake()  # type: ignore[misc]  # not in the stubs, as all that is not public
