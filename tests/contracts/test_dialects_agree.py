"""One contact centre, one hour, five questions, two dialects: the same samples.

Both dialects ask one simulated world through its own endpoints, at the same moments, in virtual time. Where
the platform tells media types apart and the guides do not, its figures are added up first, by the arithmetic
of their kind.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

import httpx
import pytest
from starlette.applications import Starlette

from monitor.app.asking import Tools, sources
from monitor.app.connecting import connect
from monitor.kit.http import Http
from monitor.kit.secrets import Secret
from monitor.model.catalogue import METRICS
from monitor.model.measure import Count, Snapshot
from monitor.model.metric import Kind
from monitor.model.org import ALL_MEDIA
from monitor.model.sample import SampleBatch, Value
from monitor.model.servicelevel import Definition, Window
from monitor.model.settings import (
    AgentsSettings,
    DirectorySettings,
    OrgSettings,
    QueuesSettings,
    ServiceLevelSettings,
    StrategiesSettings,
    WorkitemsSettings,
)
from monitor.ports import Source
from monitor.simulator.centre import Centre
from monitor.simulator.desk import Desk
from monitor.simulator.faults import Faults
from monitor.simulator.settings import Settings
from monitor.simulator.world import World
from tests.builders import FixedClock, RecordingTelemetry, loop_time

pytestmark = pytest.mark.looptime

ZONE = "Europe/Paris"
MIDNIGHT = datetime(2026, 11, 21, tzinfo=ZoneInfo(ZONE)).astimezone(UTC)
EVERY = timedelta(minutes=5)
AGREED = {
    name
    for name, metric in METRICS.items()
    if metric.sources and metric.alike and set(metric.dialects) == {"platform", "guides"}
}
PROMISED = {"queue_target_ratio", "queue_target_seconds"}
"""Both dialects read these from the same directory, per media type; they stand still."""
Key = tuple[tuple[str, str], ...]
Samples = dict[tuple[str, Key], Value]


@dataclass
class Pair:
    """The sources of both dialects over one world, and the clock that moves all three."""

    clock: FixedClock
    asked: Mapping[str, list[Source]]

    async def poll(self, at: datetime) -> dict[str, list[SampleBatch]]:
        """Ask everything in both dialects at one moment."""
        self.clock.at = at
        return {
            dialect: [await source.poll(deadline=loop_time() + 900) for source in several]
            for dialect, several in self.asked.items()
        }


def an_org(dialect: str) -> OrgSettings:
    """Return an org that is asked everything."""
    return OrgSettings(
        name="acme",
        dialect="guides" if dialect == "guides" else "platform",
        api_url="http://centre",
        login_url="http://centre",
        client_id=Secret("demo-client"),
        client_secret=Secret("demo-secret"),
        limit=100_000,
        zone=ZONE,
        directory=DirectorySettings(),
        queues=QueuesSettings(),
        service_level=ServiceLevelSettings(
            windows=(Window(300.0), Window(900.0), Window(1800.0, aligned=True)),
            thresholds=(20.0, 60.0),
        ),
        agents=AgentsSettings(),
        workitems=WorkitemsSettings(),
        strategies=StrategiesSettings(span=3600.0),
    )


@pytest.fixture
async def pair() -> AsyncIterator[Pair]:
    """A centre at local midnight, with two clients."""
    clock = FixedClock(MIDNIGHT)
    world = World(7, MIDNIGHT, Centre.standard(), warmup=timedelta(hours=2))
    desk = Desk(
        world=world,
        faults=Faults(),
        settings=Settings(requests_per_minute=100_000),
        clock=clock.now,
        speed=1.0,
        stopping=asyncio.Event(),
    )
    app = Starlette(routes=desk.routes())
    https = [Http("tests", transport=httpx.ASGITransport(app)) for _ in range(2)]
    telemetry = RecordingTelemetry()
    asked = {}
    for dialect, http in zip(("platform", "guides"), https, strict=True):
        connection = connect(an_org(dialect), http, clock, telemetry, Random(1))
        asked[dialect] = [one.source for one in sources(connection, Tools(http, clock, telemetry, Random(1)))]
    yield Pair(clock, asked)
    for http in https:
        await http.aclose()


def samples(batches: list[SampleBatch]) -> Samples:
    """Return every agreed metric's samples, media types added up to `all`."""
    found: Samples = {}
    apart: dict[tuple[str, Key], list[Value]] = defaultdict(list)
    for batch in batches:
        for table in batch.tables:
            for name in AGREED & set(table.columns):
                for row, value in zip(table.rows.values, table.columns[name], strict=True):
                    labels = dict(zip(table.rows.names, row, strict=True))
                    if labels.get("definition") == Definition.GENESYS.value:
                        continue
                    if labels.get("media", ALL_MEDIA) == ALL_MEDIA or name in PROMISED:
                        found[name, tuple(labels.items())] = value
                    else:
                        labels["media"] = ALL_MEDIA
                        apart[name, tuple(labels.items())].append(value)
    found.update({key: added(key[0], values) for key, values in apart.items()})
    return found


def added(name: str, values: list[Value]) -> Value:
    """Add up one metric's values over media types, as its kind allows."""
    if METRICS[name].kind is Kind.SNAPSHOT:
        return Snapshot.across(Snapshot(value, MIDNIGHT) for value in values).value
    assert METRICS[name].kind is Kind.COUNT, name
    return sum((Count(value) for value in values), Count(0.0)).value


async def test_both_dialects_give_the_same_samples_for_an_hour(pair: Pair) -> None:
    """Every five minutes of a seeded hour, every agreed metric has the same series and the same values."""
    compared: dict[str, int] = defaultdict(int)
    moving: dict[str, set[Value]] = defaultdict(set)
    await pair.poll(MIDNIGHT)  # the platform remembers the backlog only from the first poll on
    for step in range(1, 15):
        batches = await pair.poll(MIDNIGHT + step * EVERY)
        platform, guides = (samples(batches[dialect]) for dialect in ("platform", "guides"))
        idle_apart = {key for key in guides if key not in platform and not guides[key]}
        assert set(platform) == set(guides) - idle_apart
        for key, value in platform.items():
            assert guides[key] == (value if value is None else pytest.approx(value, abs=1e-6)), key
            compared[key[0]] += 1
            moving[key[0]].add(value)
    assert set(compared) == AGREED
    still = {name for name, values in moving.items() if len(values) < 2} - {"queue_info"} - PROMISED
    assert not still, "these never changed, so their agreement says nothing"
