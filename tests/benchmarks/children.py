"""Child processes that report a port and end when their parent lets go of the pipe."""

from __future__ import annotations

import asyncio
import multiprocessing
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from multiprocessing.connection import Connection

START = 30.0
"""Seconds a child may take until it reports."""


@asynccontextmanager
async def child(target: Callable[..., None], *args: object) -> AsyncIterator[tuple[int, Connection]]:
    """Run `target(connection, *args)` in a fresh interpreter; yield the port it reports, and the pipe."""
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=target, args=(there, *args), daemon=True)
    process.start()
    there.close()
    try:
        if not await asyncio.to_thread(here.poll, START):
            raise TimeoutError("the child did not start")
        yield int(here.recv()), here
    finally:
        here.close()
        await asyncio.to_thread(process.join, 3.0)
        if process.is_alive():
            process.kill()
            process.join()


async def until_closed(pipe: Connection) -> None:
    """Return when the parent has let go of its end."""
    closed = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_reader(pipe.fileno(), closed.set)
    await closed.wait()
    loop.remove_reader(pipe.fileno())
