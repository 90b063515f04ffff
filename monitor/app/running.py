"""Starts the daemon and stops it in the reverse order.

What waits for destinations that are no more is let go of before anything runs. One task group, every loop
supervised and named. At the end: pollers stop, the relay drains, sinks say
goodbye, the listener closes, the store closes last.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Mapping
from contextlib import AsyncExitStack
from functools import partial
from random import Random

import structlog

from monitor.app.building import Daemon, Loop, build
from monitor.app.greeting import greeting
from monitor.app.reloading import Reloading
from monitor.kit import threads
from monitor.kit.clock import SystemClock
from monitor.kit.serving import bind, serving
from monitor.kit.tasks import stop, supervise
from monitor.model.errors import ConfigError, Mistake
from monitor.model.settings import Settings
from monitor.ports import Clock

log = structlog.get_logger(__name__)

DRAIN = 8.0
"""Seconds the relay may still deliver at the end; with the rest it keeps SIGTERM under 15 s."""


async def run(settings: Settings, stopping: asyncio.Event, reloading: Reloading | None = None) -> None:
    """Run the daemon until `stopping` is set.

    Raises:
        ConfigError: the listen address cannot be bound.
        StoreError: the store cannot be opened.
    """
    threads.install()
    clock = SystemClock()
    daemon = build(settings, clock=clock, random=Random())
    bound = _bound(settings)
    async with AsyncExitStack() as stack:
        stack.callback(bound.close)
        await stack.enter_async_context(daemon.store)
        await _let_go(daemon, clock)
        await daemon.manager.load()
        await stack.enter_async_context(serving(daemon.routes.app(), bound))
        group = await stack.enter_async_context(asyncio.TaskGroup())

        def start(loops: Mapping[str, Loop]) -> list[asyncio.Task[None]]:
            return [
                group.create_task(supervise(name, loop, crashed=daemon.telemetry.crashed), name=name)
                for name, loop in loops.items()
            ]

        loops = start(daemon.loops())
        pollers = start({name: poller.run for name, poller in daemon.pollers.items()})
        loops += start({"reload": partial(reloading.run, daemon)} if reloading else {})
        log.info("daemon.started", **greeting(settings))
        await stopping.wait()
        log.info("daemon.stopping")
        await stop(pollers)
        await daemon.relay.drain(DRAIN)
        await daemon.close()
        await stop(loops)
    log.info("daemon.stopped")


async def _let_go(daemon: Daemon, clock: Clock) -> None:
    """Let go of what waits for destinations that are not configured any more: nobody would send it."""
    names = [one.name for one in daemon.settings.destinations]
    if count := await daemon.store.keep_only(names, now=clock.now()):
        log.info("outbox.removed", events=count)


def _bound(settings: Settings) -> socket.socket:
    host, port = settings.web.host, settings.web.port
    try:
        return bind(host, port)
    except OSError as error:
        problem = f"cannot listen on {host}:{port}: {error.strerror or error}"
        mistake = Mistake(file="web", path="web.listen", problem=problem, hint="choose a free port")
        raise ConfigError((mistake,)) from error
