"""A process that delivers what an outbox holds, and kills itself at the moment it is told.

`python -m tests.stories.dying STORE URL STAGE NUMBER`: at the NUMBER-th time STAGE is reached, SIGKILL.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

from monitor.exposition.telemetry import PrometheusTelemetry
from monitor.kit import logs
from monitor.kit.clock import SystemClock
from monitor.kit.http import Http
from monitor.kit.secrets import Secret
from monitor.model.delivery import Attempt, Dispatch, Envelope, Held, Outcome, RipeGroup
from monitor.model.route import Group
from monitor.model.settings import WebhookSettings
from monitor.outbox.dispatching import Dispatcher
from monitor.outbox.folding import Folder
from monitor.outbox.forms import form
from monitor.outbox.relay import Relay
from monitor.sinks.webhook import WebhookSink
from monitor.store.sqlite import SqliteStore
from tests.outbox.making import an_event

STAGES = (
    "before claim", "after claim", "before send", "after send", "before settle", "after settle",
    "before fold", "after fold",
)  # fmt: skip
KEYS, SEQUENCES = 30, 4
GROUPED = Group(key='["1",{}]', labels={}, wait=0.0, interval=1.0)


@dataclass
class Fate:
    """Ends the process when its stage has been reached often enough."""

    stage: str
    left: int

    def at(self, stage: str) -> None:
        """Die here, perhaps."""
        if stage == self.stage:
            self.left -= 1
            if self.left == 0:
                os.kill(os.getpid(), signal.SIGKILL)


@dataclass
class Store(SqliteStore):
    """A store in which one dies."""

    path: str
    fate: Fate = field(kw_only=True)

    def __post_init__(self) -> None:
        SqliteStore.__init__(self, self.path)

    async def due(
        self, destination: str, *, now: datetime, limit: int, probe: bool = False, coalesce: bool = False
    ) -> list[Envelope]:
        self.fate.at("before claim")
        found = await super().due(destination, now=now, limit=limit, probe=probe, coalesce=coalesce)
        self.fate.at("after claim")
        return found

    async def settle(self, destination: str, attempts: Sequence[Attempt]) -> None:
        self.fate.at("before settle")
        await super().settle(destination, attempts)
        self.fate.at("after settle")

    async def fold(
        self, ripe: RipeGroup, told: Sequence[Held], dispatch: Dispatch | None, *, now: datetime
    ) -> None:
        self.fate.at("before fold")
        await super().fold(ripe, told, dispatch, now=now)
        self.fate.at("after fold")


@dataclass
class Sink(WebhookSink):
    """A sink in which one dies."""

    settings: WebhookSettings
    http: Http
    fate: Fate

    def __post_init__(self) -> None:
        WebhookSink.__init__(self, self.settings, http=self.http, clock=SystemClock())

    async def send(self, envelope: Envelope) -> Outcome:
        self.fate.at("before send")
        outcome = await super().send(envelope)
        self.fate.at("after send")
        return outcome


async def fill(path: Path) -> set[str]:
    """Commit events of many keys, single and grouped; return the ids of what goes alone."""
    now = datetime.now(UTC) - timedelta(seconds=5)
    dispatcher = Dispatcher({"hook": form(WebhookSettings(name="hook", url=Secret("http://127.0.0.1")))})
    ids: set[str] = set()
    async with SqliteStore(str(path)) as store:
        for sequence in range(1, SEQUENCES + 1):
            alone = [an_event(number, sequence, occurred_at=now) for number in range(KEYS)]
            ids.update(event.id for event in alone)
            await store.commit((), [dispatcher.dispatch(event) for event in alone])
        together = [
            an_event(number, 1, occurred_at=now, audience={"hook": GROUPED})
            for number in range(KEYS, 2 * KEYS)
        ]
        await store.commit((), [dispatcher.dispatch(event) for event in together])
    return ids


async def deliver(path: str, url: str, fate: Fate) -> None:
    """Deliver until nothing is left, or fate strikes."""
    settings = WebhookSettings(name="hook", url=Secret(url))
    clock, http = SystemClock(), Http("dying")
    sink = Sink(settings, http, fate)
    async with Store(path, fate=fate) as store:
        relay = Relay(
            store=store, sinks={"hook": sink}, clock=clock, telemetry=PrometheusTelemetry("0"),
            random=Random(1),
        )  # fmt: skip
        folder = Folder(store, Dispatcher({"hook": form(settings)}), clock, relay.wake)
        async with asyncio.TaskGroup() as group:
            folding = group.create_task(folder.run(), name="fold")
            group.create_task(relay.workers()["hook"](), name="hook")
            while any(one.depth for one in await store.backlog()) or await store.next_fold() is not None:
                await asyncio.sleep(0.02)
            folding.cancel()
            await relay.drain(5.0)
    await http.aclose()


if __name__ == "__main__":
    logs.configure("critical", "json")
    store, url, stage, number = sys.argv[1:]
    asyncio.run(deliver(store, url, Fate(stage, int(number))))
