"""Threads for what would block the loop: enough of them, and a dead name server keeps none from the others.

asyncio looks names up in its default executor, which has a handful of threads on a small machine: a few
sends to a host whose name server is silent (25 s each) would keep every other name, and all else that runs
in a thread, waiting. So look-ups have threads of their own, and a name is looked up once at a time, however
many ask for it.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import ParamSpec, TypeVar, cast

WORKERS = 32
"""Threads for files, passwords and packing: made when they are needed, and mostly idle."""
LOOKUPS = 64
"""Threads for names: more than a configuration has destinations that may be dead at the same time."""

P = ParamSpec("P")
T = TypeVar("T")


def install(threads: Threads | None = None) -> None:
    """Give the running loop its threads. Call it once, before anything is sent."""
    asyncio.get_running_loop().set_default_executor(threads or Threads())


class Threads(ThreadPoolExecutor):
    """An executor for a loop. Equal calls of `look_up` that run at the same time are one."""

    def __init__(
        self, look_up: Callable[..., object] = socket.getaddrinfo, *, lookups: int = LOOKUPS
    ) -> None:
        super().__init__(WORKERS, thread_name_prefix="worker")
        self._look_up = look_up
        self._lookups = ThreadPoolExecutor(lookups, thread_name_prefix="lookup")
        self._running: dict[object, Future[object]] = {}

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Run `fn` in a thread. From the loop's own thread only."""
        if fn is not self._look_up or kwargs:
            return super().submit(fn, *args, **kwargs)
        running = self._running.get(args)
        if running is None or running.done():
            running = self._running[args] = self._lookups.submit(fn, *args, **kwargs)
            running.add_done_callback(partial(self._forget, args))
        return cast("Future[T]", _own(running))

    def _forget(self, args: object, done: Future[object]) -> None:
        if self._running.get(args) is done:
            del self._running[args]

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:  # noqa: FBT001, FBT002 - the library's signature
        """Take nothing more; a look-up that hangs is not waited for here."""
        self._lookups.shutdown(wait=False, cancel_futures=True)
        super().shutdown(wait, cancel_futures=cancel_futures)


def _own(shared: Future[object]) -> Future[object]:
    """Return a future that ends as the shared one does; cancelling it takes nothing from the others."""
    own: Future[object] = Future()

    def ended(done: Future[object]) -> None:
        if done.cancelled():
            own.cancel()
        if not own.set_running_or_notify_cancel():
            return
        error = done.exception()
        if error is None:
            own.set_result(done.result())
        else:
            own.set_exception(error)

    shared.add_done_callback(ended)
    return own
