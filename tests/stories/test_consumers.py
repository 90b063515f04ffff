"""Whatever happens in between, who heard that something fires hears in the end that it does not.

A seeded story has queues that come and go, routes drawn by chance, groups, steps, repeats, an unreliable way
to every receiver, restarts and a store that refuses. A receiver does what docs/delivery.md says: it drops
what is not newer, by the sequence of each rule and entity; and as a pager does it keeps an incident for every
episode it hears of alone, until that is over.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from random import Random
from typing import Any

import pytest

from monitor.alerts.manager import AlertManager
from monitor.model.delivery import Delivered, Dispatch, Envelope, Outcome, Retry
from monitor.model.errors import StoreError
from monitor.model.pace import Pace
from monitor.model.route import Group, Reach, Terms
from monitor.model.rule import Severity
from monitor.outbox.folding import Folder
from monitor.outbox.relay import Relay
from monitor.store.memory import MemoryStore
from tests.alerts.bench import two_levels
from tests.builders import LoopClock, RecordingTelemetry, a_batch
from tests.outbox.making import a_dispatcher

RECEIVERS = ("pager", "chat", "lamp", "newest")
QUEUES = [(f"f6a49350-0000-4000-8000-00000000b00{number}", f"Queue {number}", "voice") for number in range(4)]
STORIES = 40
STEPS = 40
CALM, WARNING, CRITICAL = 3.0, 12.0, 25.0


@dataclass
class Receiver:
    """Follows what it is told, unless it is away; some requests fail, some answers are lost on their way."""

    random: Random
    firing: dict[tuple[str, str], bool] = field(default_factory=dict)
    newest: dict[tuple[str, str], int] = field(default_factory=dict)
    incidents: set[tuple[str, str, int]] = field(default_factory=set)
    reliable: bool = False
    away: bool = False

    async def send(self, envelope: Envelope) -> Outcome:
        await asyncio.sleep(self.random.random())
        luck = 1.0 if self.reliable else self.random.random()
        if self.away or luck < 0.15:
            return Retry(reason="unavailable", detail="answered 503")
        found = json.loads(envelope.body)
        for event in found if isinstance(found, list) else [found]:
            self._follow(event["data"])
        if not isinstance(found, list):
            self._page(found["data"])
        return Retry(reason="timeout", detail="no answer") if luck < 0.25 else Delivered()

    def _follow(self, data: Mapping[str, Any]) -> None:
        alert = (data["rule"], data["entity"]["key"])
        if data["sequence"] > self.newest.get(alert, 0):
            self.newest[alert] = data["sequence"]
            self.firing[alert] = data["state"] == "firing"

    def _page(self, data: Mapping[str, Any]) -> None:
        incident = (data["rule"], data["entity"]["key"], data["episode"])
        if data["kind"] in {"fired", "level_changed", "reminded"}:
            self.incidents.add(incident)
        elif data["kind"] == "resolved":
            self.incidents.discard(incident)


class Store(MemoryStore):
    """Refuses a commit now and then: before it is written, or after."""

    moods: list[str]

    async def commit(self, alerts: Any, dispatches: Any) -> None:
        mood = self.moods.pop() if self.moods else "takes it"
        if mood == "refuses":
            raise StoreError("disk full")
        await super().commit(alerts, dispatches)
        if mood == "is late":
            raise StoreError("fsync failed")


class Story:
    """One daemon's life."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.seed = seed
        self.clock = LoopClock()
        self.store = Store()
        self.store.moods = []
        self.dispatcher = a_dispatcher(*RECEIVERS)
        self.receivers = {name: Receiver(Random(f"{seed} {name}")) for name in RECEIVERS}
        self.values = dict.fromkeys(QUEUES, CALM)
        self.relay = Relay(
            store=self.store, sinks=self.receivers, clock=self.clock, telemetry=RecordingTelemetry(),
            random=Random(seed), coalescing=("newest",),
        )  # fmt: skip
        self.folder = Folder(self.store, self.dispatcher, self.clock, self.relay.wake)
        self.manager = self._manager()

    def _manager(self) -> AlertManager:
        return AlertManager(
            rules=(two_levels(),),
            store=self.store,
            prepare=self._prepared,
            committed=self._committed,
            clock=self.clock,
            route=self._route,
            paces={("acme", "queues"): Pace(10.0)},
            destinations=RECEIVERS,
        )

    def _prepared(self, event: Any) -> Dispatch:
        return self.dispatcher.dispatch(event)

    def _committed(self) -> None:
        self.relay.wake()
        self.folder.wake()

    def _route(self, _labels: Mapping[str, str], severity: Severity, _now: datetime) -> Reach:
        """Draw the terms of each receiver and severity, the same for the whole story."""
        reach = {}
        for name in RECEIVERS:
            drawn = Random(f"{self.seed} {name} {severity}")
            if drawn.random() < 0.15:
                continue
            key = drawn.choice(["", "one", "other"])
            group = Group(key=key, labels={}, wait=drawn.choice([0.0, 30.0]), interval=60.0) if key else None
            after = drawn.choice([0.0, 0.0, 60.0])
            reach[name] = Terms(after=after, repeat=drawn.choice([None, 120.0]), group=group)
        return reach

    async def live(self) -> None:
        """Play it all, then let everything calm down and be delivered."""
        async with asyncio.TaskGroup() as group:
            loops = [group.create_task(run(), name=name) for name, run in self.relay.workers().items()]
            loops.append(group.create_task(self.folder.run(), name="fold"))
            for _ in range(STEPS):
                await self._step()
            self.values = dict.fromkeys(QUEUES, CALM)
            self.store.moods = []
            for receiver in self.receivers.values():
                receiver.reliable, receiver.away = True, False
            for _ in range(90):
                await self._poll()
            for loop in loops:
                loop.cancel()

    async def _step(self) -> None:
        match self.random.randrange(8):
            case 0:
                self.manager = self._manager()
                await self.manager.load()
            case 1:
                self.store.moods = [self.random.choice(["refuses", "is late"])]
            case 2:
                queue = self.random.choice(QUEUES)
                await self._take(f"{queue[0]}/voice")
            case 3:
                receiver = self.receivers[self.random.choice(RECEIVERS)]
                receiver.away = not receiver.away
            case _:
                self.values[self.random.choice(QUEUES)] = self.random.choice([CALM, WARNING, CRITICAL])
        await self._poll()

    async def _take(self, key: str) -> None:
        try:
            await self.manager.acknowledge("acme", "Waiting", key, owner="kim")
        except StoreError:
            await asyncio.sleep(0)  # said to whoever asked

    async def _poll(self) -> None:
        await self.manager.accept(a_batch(dict(self.values)))
        await asyncio.sleep(5)
        await self.manager.tick()
        await asyncio.sleep(5)


@pytest.mark.looptime
@pytest.mark.parametrize("seed", range(STORIES))
async def test_who_hears_of_a_fire_hears_of_its_end(seed: int) -> None:
    """At the end nothing fires, nothing waits, and every receiver knows it."""
    story = Story(seed)
    await story.live()
    assert not [alert for alert in story.manager.alerts() if alert.told is not None]
    assert not story.store.waiting
    assert any(receiver.newest for receiver in story.receivers.values())
    still = {name: one.firing for name, one in story.receivers.items() if any(one.firing.values())}
    assert still == {}
    assert not any(receiver.incidents for receiver in story.receivers.values())
