"""Says what is about ourselves: the heartbeat, a drill, a destination that is gone. Always the real path."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import structlog

from monitor.alerts.manager import AlertManager
from monitor.model.errors import StoreError
from monitor.model.settings import HeartbeatSettings
from monitor.outbox.dispatching import Dispatcher
from monitor.outbox.drill import drill
from monitor.outbox.heartbeat import heartbeat
from monitor.ports import Clock, OutboxStore

log = structlog.get_logger(__name__)

AGAIN = 5.0
"""Seconds until the fate of a destination is offered again to a manager whose store is behind."""


@dataclass(slots=True)
class Ourselves:
    """Commits events that no alert has caused; `committed` wakes whoever sends them.

    `receivers` are the destinations that each has.
    """

    instance: str
    store: OutboxStore
    dispatcher: Dispatcher
    manager: AlertManager
    committed: Callable[[], None]
    clock: Clock
    receivers: Mapping[str, Sequence[str]]
    _beaten: int = field(default=0, init=False)
    _alive: tuple[float, float] | None = field(default=None, init=False)
    _drilled: int = field(default=0, init=False)
    _fates: asyncio.Queue[tuple[str, bool]] = field(default_factory=asyncio.Queue, init=False)

    async def beat(self, settings: HeartbeatSettings) -> None:
        """Give a sign of life for ever, once per interval, while everything is judged in time."""
        silent = False
        self._alive = asyncio.get_running_loop().time(), settings.interval
        while True:
            await asyncio.sleep(settings.interval)
            sound = self.manager.sound()
            if sound:
                await self._beat(settings)
            if sound == silent:
                log.log(20 if sound else 40, "heartbeat.resumed" if sound else "heartbeat.withheld")
            silent = not sound

    def silence(self) -> tuple[float, float] | None:
        """Return the seconds since a heartbeat was committed, or since the start, and how often one is due.

        None where there are no heartbeats.
        """
        if self._alive is None:
            return None
        at, interval = self._alive
        return asyncio.get_running_loop().time() - at, interval

    async def drill(self, receiver: str) -> tuple[str, ...]:
        """Try one of the receivers out; return the ids of the events. Raises StoreError."""
        now = self.clock.now()
        # Milliseconds since 1970, so that a restart goes on with higher numbers.
        self._drilled = max(int(now.timestamp() * 1000), self._drilled + 1)
        events = drill(receiver, self._drilled, now, self.receivers[receiver])
        await self.store.commit((), [self.dispatcher.dispatch(event) for event in events])
        self.committed()
        return tuple(event.id for event in events)

    def fate(self, destination: str, *, gone: bool) -> None:
        """Note that a destination is gone for good, or takes what it is sent again."""
        self._fates.put_nowait((destination, gone))

    async def announce(self) -> None:
        """Raise, and end, the alert about a destination, for ever."""
        while True:
            destination, gone = await self._fates.get()
            await self._announce(destination, gone=gone)

    async def _announce(self, destination: str, *, gone: bool) -> None:
        """Offer it until it is taken: the destination will not say it again."""
        while True:
            if await self.manager.destination(destination, gone=gone):
                return
            await asyncio.sleep(AGAIN)

    async def _beat(self, settings: HeartbeatSettings) -> None:
        now = self.clock.now()
        event = heartbeat(self.instance, now, settings.interval, settings.destinations, after=self._beaten)
        try:
            await self.store.commit((), (self.dispatcher.dispatch(event),))
        except StoreError as error:
            log.error("heartbeat.failed", error=str(error))
            return
        self._beaten = event.sequence
        self._alive = asyncio.get_running_loop().time(), settings.interval
        self.committed()
