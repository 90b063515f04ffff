"""uvicorn inside our own event loop: a bound socket in, no signal handlers, no task of its own.

`Server.serve` captures the process's signals and raises them again at exit (LIBS.md U1), and wakes ten
times a second; start-up and shutdown, called one by one, do neither.
"""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

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
    listener = socket.create_server((host, port), family=family, backlog=128)
    # asyncio does this itself only for sockets made with an explicit protocol number, which this one is
    # not; without it every answer of two writes waits 40 ms for the client's delayed acknowledgement.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


@asynccontextmanager
async def serving(app: ASGIApp, bound: socket.socket, *, grace: int = 2) -> AsyncIterator[None]:
    """Serve `app` on `bound` for the length of the block; open answers get `grace` seconds at its end."""
    config = uvicorn.Config(
        app,
        http="h11",
        lifespan="off",
        log_config=None,
        access_log=False,
        date_header=False,
        server_header=False,
        limit_concurrency=CONNECTIONS,
        h11_max_incomplete_event_size=HEADER_LIMIT,
        timeout_keep_alive=KEEP_ALIVE,
        timeout_graceful_shutdown=grace,
    )
    config.load()
    server = uvicorn.Server(config)
    server.lifespan = config.lifespan_class(config)
    await server.startup(sockets=[bound])
    try:
        yield
    finally:
        await server.shutdown(sockets=[bound])
