"""uvicorn inside our own event loop: a bound socket in, no signal handlers, a stop that does not hang."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator

import uvicorn
from starlette.types import ASGIApp

HEADER_LIMIT = 16 * 1024
CONNECTIONS = 100
"""Bytes of a request's head, and connections at once (FAULTS.md F47)."""
KEEP_ALIVE = 75
"""Seconds an idle connection is kept: longer than any usual scrape interval."""


def bind(host: str, port: int) -> socket.socket:
    """Return a listening socket, so that a busy port is known before anything else starts.

    Raises:
        OSError: the address cannot be bound.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return socket.create_server((host, port), family=family, backlog=128)


class _Server(uvicorn.Server):
    """uvicorn's own handling would catch our SIGTERM and raise it again at exit (LIBS.md U1)."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals to whoever runs the loop."""
        yield


class Serving:
    """Serves one ASGI application on one bound socket until told to stop."""

    def __init__(self, app: ASGIApp, bound: socket.socket, *, grace: int = 2) -> None:
        """`grace` is how many seconds an open response may take at the end."""
        self._bound = bound
        self._server = _Server(
            uvicorn.Config(
                app,
                lifespan="off",
                log_config=None,
                access_log=False,
                server_header=False,
                limit_concurrency=CONNECTIONS,
                h11_max_incomplete_event_size=HEADER_LIMIT,
                timeout_keep_alive=KEEP_ALIVE,
                timeout_graceful_shutdown=grace,
            )
        )

    async def run(self) -> None:
        """Serve until `stop` is called."""
        await self._server.serve(sockets=[self._bound])

    def stop(self) -> None:
        """Ask `run` to return: no new connections, open ones get their grace."""
        self._server.should_exit = True
