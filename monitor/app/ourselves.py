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
    _fates: asyncio.Queue[tuple[str, bool]] = field(default_factory=asyncio.Queue, init=False)

    async def beat(self, settings: HeartbeatSettings) -> None:
        """Give a sign of life for ever, once per interval, while everything is judged in time."""
        silent = False
        while True:
            await asyncio.sleep(settings.interval)
            sound = self.manager.sound()
            if sound:
                await self._beat(settings)
            if sound == silent:
                log.log(20 if sound else 40, "heartbeat.resumed" if sound else "heartbeat.withheld")
            silent = not sound

    async def drill(self, receiver: str) -> tuple[str, ...]:
        """Try one of the receivers out; return the ids of the events. Raises StoreError."""
        now = self.clock.now()
        events = drill(receiver, int(now.timestamp()), now, self.receivers[receiver])
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
            await self.manager.destination(destination, gone=gone)

    async def _beat(self, settings: HeartbeatSettings) -> None:
        event = heartbeat(self.instance, self.clock.now(), settings.interval, settings.destinations)
        try:
            await self.store.commit((), (self.dispatcher.dispatch(event),))
        except StoreError as error:
            log.error("heartbeat.failed", error=str(error))
            return
        self.committed()
