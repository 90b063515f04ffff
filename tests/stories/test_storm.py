"""Ten thousand breaches at once, and a receiver that takes one a second."""

from __future__ import annotations

import asyncio
import json
import tracemalloc
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import pytest

from monitor.exposition.snapshot import Snapshot
from monitor.exposition.telemetry import Facts, PrometheusTelemetry
from monitor.kit.clock import SystemClock
from monitor.kit.secrets import Secret
from monitor.model.delivery import Delivered, Envelope, Outcome
from monitor.model.route import Grouping, Route
from monitor.model.rule import Severity
from monitor.model.settings import WebhookSettings
from monitor.outbox.dispatching import Dispatcher
from monitor.outbox.folding import Folder
from monitor.outbox.forms import form
from monitor.outbox.relay import Relay
from monitor.outbox.routing import Router
from monitor.store.sqlite import SqliteStore
from tests.outbox.making import an_event

STORM = 10_000
FORM = form(WebhookSettings(name="slow", url=Secret("http://127.0.0.1")))


@dataclass
class Slow:
    """Takes one a second, all in all."""

    seconds: float = 1.0
    taken: list[Envelope] = field(default_factory=list)
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def send(self, envelope: Envelope) -> Outcome:
        async with self.turn:
            await asyncio.sleep(self.seconds)
        self.taken.append(envelope)
        return Delivered()


@asynccontextmanager
async def relaying(store: SqliteStore, **sinks: Slow) -> AsyncIterator[Relay]:
    """Run a relay, and end it within the second."""
    relay = Relay(
        store=store, sinks=sinks, clock=SystemClock(), telemetry=PrometheusTelemetry("0"), random=Random(1)
    )
    async with asyncio.TaskGroup() as group:
        for name, worker in relay.workers().items():
            group.create_task(worker(), name=name)
        yield relay
        await relay.drain(0.1)


async def commit(store: SqliteStore, dispatcher: Dispatcher, *, sequence: int = 1, **changes) -> None:
    """Commit the storm, in the thousands in which a manager would."""
    now = datetime.now(UTC) - timedelta(seconds=30)
    for start in range(0, STORM, 1000):
        events = (an_event(start + number, sequence, occurred_at=now, **changes) for number in range(1000))
        await store.commit((), [dispatcher.dispatch(event) for event in events])


@pytest.mark.slow
async def test_the_backlog_is_on_the_disk_and_its_age_is_shown(tmp_path: Path) -> None:
    """Memory stays flat while ten thousand wait; depth and age are on the page, and order holds per key."""
    async with SqliteStore(str(tmp_path / "state.db")) as store:
        dispatcher = Dispatcher({"slow": FORM})
        await commit(store, dispatcher)
        await commit(store, dispatcher, sequence=2)
        slow = Slow(seconds=0.02)
        tracemalloc.start()
        async with relaying(store, slow=slow):
            await asyncio.sleep(0.5)
            early, _ = tracemalloc.get_traced_memory()
            await asyncio.sleep(1.5)
            late, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        (backlog,) = await store.backlog()
    assert len(slow.taken) + backlog.depth == 2 * STORM
    assert 0 < len(slow.taken) < 200
    assert late - early < 1e6
    assert peak < 8e6
    telemetry = PrometheusTelemetry("0")
    telemetry.watch(
        Facts(Snapshot({}, True, 1, telemetry.dropped), tuple, float, SystemClock().now, [backlog])
    )
    page = telemetry.render(openmetrics=False).decode()
    figures = {line.split()[0]: float(line.split()[1]) for line in page.splitlines() if line[0] != "#"}
    assert figures['queuewatch_outbox_depth{destination="slow"}'] == backlog.depth
    assert figures['queuewatch_outbox_oldest_seconds{destination="slow"}'] > 30
    by_key = defaultdict(list)
    for envelope in slow.taken:
        by_key[envelope.key].append(envelope.sequence)
    assert all(found in ([1], [1, 2]) for found in by_key.values())


@pytest.mark.slow
async def test_a_storm_is_folded_where_grouping_says_so(tmp_path: Path) -> None:
    """Ten thousand events of one group are one telling, of a few kilobytes, that counts them all."""
    grouping = Grouping(by=("org",), wait=1.0, interval=60.0)
    router = Router((Route(name="1", destinations=("slow",), grouping=grouping),), ())
    terms = router.reach({"org": "acme"}, Severity.WARNING, datetime.now(UTC))["slow"]
    async with SqliteStore(str(tmp_path / "state.db")) as store:
        dispatcher = Dispatcher({"slow": FORM})
        await commit(store, dispatcher, audience={"slow": terms.group})
        slow = Slow(seconds=0.01)
        async with relaying(store, slow=slow) as relay:
            folder = Folder(store, dispatcher, SystemClock(), relay.wake)
            folding = asyncio.get_running_loop().create_task(folder.run(), name="fold")
            async with asyncio.timeout(20):
                while not slow.taken:
                    await asyncio.sleep(0.02)
            folding.cancel()
        assert not [one for one in await store.backlog() if one.depth]
    (told,) = slow.taken
    said = json.loads(told.body)["data"]
    assert len(told.body) <= 16 * 1024
    assert (said["count"], said["firing"]) == (STORM, STORM)
    assert said["truncated"] == STORM - len(said["alerts"])
