"""Runs a coroutine as a whole process: signals set an event, a second one ends at once."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable
from typing import TypeVar

import click

from monitor.model.errors import ConfigError, MonitorError

T = TypeVar("T")

SECOND_SIGNAL = 130
"""Exit code when somebody would not wait: what a shell gives for Ctrl-C."""


def run(body: Callable[[asyncio.Event], Awaitable[T]]) -> T:
    """Run `body`, handing it an event that SIGTERM and SIGINT set."""

    async def whole() -> T:
        stopping = asyncio.Event()

        def stop() -> None:
            if stopping.is_set():
                os._exit(SECOND_SIGNAL)
            stopping.set()

        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop)
        return await body(stopping)

    try:
        return asyncio.run(whole())
    except BaseExceptionGroup as group:
        raise _first_of_ours(group) from group


def _first_of_ours(group: BaseExceptionGroup[BaseException]) -> BaseException:
    """Return the error a person can act on, where the group has one; a task group wraps even a single one."""
    ours = group.subgroup(MonitorError)
    while ours is not None and isinstance(ours.exceptions[0], BaseExceptionGroup):
        ours = ours.exceptions[0]
    return ours.exceptions[0] if ours is not None else group


class _Unusable(click.ClickException):
    """The input is wrong, not the world."""

    exit_code = 2


def failure(error: MonitorError) -> click.ClickException:
    """Return what makes click print one line and exit: 2 for a bad configuration, else 1."""
    return _Unusable(str(error)) if isinstance(error, ConfigError) else click.ClickException(str(error))
