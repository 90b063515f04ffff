"""A manager on a store in memory, polled every ten seconds of virtual time."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from monitor.alerts.manager import AlertManager
from monitor.model.alert import Alert
from monitor.model.calendars import Calendar, Hours, Weekly
from monitor.model.inhibition import Inhibition
from monitor.model.pace import Pace
from monitor.model.route import Reach, Terms
from monitor.model.rule import Level, Rule, Severity
from monitor.model.sample import SampleBatch, SourceFailure, Value
from monitor.outbox.routing import Router
from monitor.store.memory import MemoryStore
from tests.builders import EPOCH, SUPPORT, LoopClock, a_batch
from tests.outbox.making import a_dispatcher

ROW = (SUPPORT, "Support Voice", "voice")
KEY = f"{SUPPORT}/voice"
EVERY = 10.0


def two_levels(**changes: Any) -> Rule:
    """Return a rule: more than 8 waiting is a warning, more than 20 critical; 5 and 15 are good again."""
    levels = (
        Level(severity=Severity.WARNING, high=8.0, clear_high=5.0),
        Level(severity=Severity.CRITICAL, high=20.0, clear_high=15.0),
    )
    return replace(Rule(name="Waiting", metric="queue_waiting", levels=levels, flapping=False), **changes)


def daily(name: str, start: float, end: float, zone: str = "Europe/Paris") -> Calendar:
    """Return hours of every day, in local hours."""
    hours = Hours(start=round(start * 60), end=round(end * 60))
    return Calendar(name=name, zone=ZoneInfo(zone), weekly=(Weekly(first=0, last=6, hours=(hours,)),))


@dataclass
class Bench:
    """One org's `queues` under some rules. `heard` is everything published, as a receiver would read it.

    `changes` counts how often whoever shows alerts was told that one is not as it was.
    """

    rules: Sequence[Rule]
    store: MemoryStore = field(default_factory=MemoryStore)
    audience: tuple[str, ...] = ("hook",)
    inhibitions: tuple[Inhibition, ...] = ()
    router: Router | None = None
    clock: LoopClock = field(default_factory=LoopClock)
    destinations: tuple[str, ...] = ()
    changes: int = 0

    def __post_init__(self) -> None:
        self.manager = AlertManager(
            rules=tuple(self.rules),
            store=self.store,
            prepare=a_dispatcher("hook", "lamp").dispatch,
            committed=lambda: None,
            clock=self.clock,
            route=self._route,
            paces={("acme", "queues"): Pace(EVERY)},
            inhibitions=self.inhibitions,
            destinations=self.destinations,
            changed=self._changed,
        )

    def _changed(self) -> None:
        self.changes += 1

    def _route(self, labels: Mapping[str, str], severity: Severity, now: datetime) -> Reach:
        if self.router is not None:
            return self.router.reach(labels, severity, now)
        return dict.fromkeys(self.audience, Terms())

    async def adopt(self, rules: tuple[Rule, ...]) -> None:
        """Judge by other rules from now on."""
        await self.manager.adopt(rules, (), self._route, self.manager.paces)

    async def poll(self, *values: Value) -> None:
        """Publish one batch of one queue per value."""
        for value in values:
            await self.accept(a_batch({ROW: value}))

    async def accept(self, batch: SampleBatch) -> None:
        """Publish a batch, and wait for the next tick."""
        await self.manager.accept(batch)
        await asyncio.sleep(EVERY)

    async def fail(self, times: int = 1) -> None:
        """Publish failures of the source instead."""
        for _ in range(times):
            failure = SourceFailure(
                org="acme", source="queues", failed_at=EPOCH, reason="auth", message="refused"
            )
            await self.manager.accept(failure)
            await asyncio.sleep(EVERY)

    async def restarted(self) -> Bench:
        """Return a new manager on the same store, an hour later."""
        await asyncio.sleep(3600)
        again = Bench(self.rules, self.store, self.audience, self.inhibitions, self.router, self.clock)
        await again.manager.load()
        return again

    def heard(self, destination: str = "hook") -> list[Mapping[str, Any]]:
        """Return the data of every event for one destination, in order."""
        envelopes = [one for one in self.store.waiting if one.destination == destination]
        return [json.loads(envelope.body)["data"] for envelope in envelopes]

    def kinds(self, destination: str = "hook") -> list[str]:
        """Return what was said, as `rule kind severity`."""
        return [f"{one['rule']} {one['kind']} {one['severity']}" for one in self.heard(destination)]

    def alert(self, key: str = KEY) -> Alert:
        """Return the one alert on an entity."""
        (found,) = [one for one in self.manager.alerts() if one.entity.key == key]
        return found
