"""Starts the daemon and stops it in the reverse order.

What waits for destinations that are no more is let go of before anything runs. One task group, every loop
supervised and named. At the end: nothing is read again, pollers stop, the relay drains, sinks say
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

from monitor.app.building import build
from monitor.app.daemon import Daemon, Loop
from monitor.app.facing import face
from monitor.app.greeting import greeting
from monitor.app.guarding import Guarding, secured
from monitor.app.reloading import Reloading, status
from monitor.kit import stalls, threads
from monitor.kit.clock import SystemClock
from monitor.kit.notify import Notifier
from monitor.kit.serving import bind, serving
from monitor.kit.tasks import stop, supervise
from monitor.model.errors import ListenError
from monitor.model.settings import Settings
from monitor.ports import Clock
from monitor.web.authenticating import Doorkeeper

log = structlog.get_logger(__name__)

DRAIN = 8.0
"""Seconds the relay may still deliver at the end; with the rest it keeps SIGTERM under 15 s."""


async def run(
    settings: Settings,
    stopping: asyncio.Event,
    reloading: Reloading | None = None,
    notifier: Notifier | None = None,
) -> None:
    """Run the daemon until `stopping` is set; `notifier` tells a service manager how it is.

    Raises:
        ListenError: the listen address cannot be bound.
        ConfigError: TLS cannot be set up.
        StoreError: the store cannot be opened.
    """
    threads.install()
    clock, notifier = SystemClock(), notifier or Notifier()
    daemon = build(settings, clock=clock, random=Random())
    tls = secured(settings.web.access)
    bound = _bound(settings)
    async with AsyncExitStack() as stack:
        stack.callback(bound.close)
        daemon.beat.listen(notifier.pulse)
        stack.enter_context(stalls.watching(daemon.beat))
        await stack.enter_async_context(daemon.store)
        await _let_go(daemon, clock)
        await daemon.manager.load()
        door = Doorkeeper(settings.web.access, operate=settings.web.operate)
        routes = face(daemon, door, partial(reloading.once, daemon) if reloading else None)
        server = await stack.enter_async_context(serving(routes.app(), bound, tls=tls))
        stack.callback(daemon.live.close)
        group = await stack.enter_async_context(asyncio.TaskGroup())

        def start(loops: Mapping[str, Loop]) -> list[asyncio.Task[None]]:
            return [
                group.create_task(supervise(name, loop, crashed=daemon.telemetry.crashed), name=name)
                for name, loop in loops.items()
            ]

        loops = start(daemon.loops())
        pollers = start({name: poller.run for name, poller in daemon.pollers.items()})
        readers = start({"reload": partial(reloading.run, daemon)} if reloading else {})
        if settings.web.access_file:
            guarding = Guarding(settings.web, door, server.renew, daemon.live.close)
            readers += start({"guard": guarding.run})
        log.info("daemon.started", **greeting(settings))
        notifier.ready(status(settings))
        await stopping.wait()
        log.info("daemon.stopping")
        notifier.stopping()
        if reloading is not None:
            reloading.end()
        await stop(readers)
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
        why = f"cannot listen on {host}:{port}: {error.strerror or error}"
        raise ListenError(f"{why} (web.listen; choose a free port)") from error
