"""The wall over both dialects' real clients and sources, which ask one simulated contact centre."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from random import Random
from typing import Literal

import httpx
import pytest
from starlette.applications import Starlette

from monitor.app.asking import Tools, sources
from monitor.app.connecting import connect
from monitor.board.wall import Wall
from monitor.kit.http import Http
from monitor.kit.secrets import Secret
from monitor.model.settings import DirectorySettings, OrgSettings, QueuesSettings, ServiceLevelSettings
from monitor.ports import Source
from monitor.simulator.centre import Centre
from monitor.simulator.desk import Desk
from monitor.simulator.faults import Faults
from monitor.simulator.settings import Settings
from monitor.simulator.world import World
from tests.builders import EPOCH, FixedClock, RecordingTelemetry, loop_time

pytestmark = pytest.mark.looptime

Dialect = Literal["platform", "guides"]


@dataclass
class Centres:
    """One wall over one centre that both dialects' sources ask; each dialect is an org of its own."""

    clock: FixedClock
    wall: Wall
    asked: list[Source]

    async def poll(self) -> None:
        """Ask everything at one moment."""
        for source in self.asked:
            await self.wall.accept(await source.poll(deadline=loop_time() + 900))


def an_org(dialect: Dialect) -> OrgSettings:
    """Return an org named after its dialect."""
    return OrgSettings(
        name=dialect, dialect=dialect, api_url="http://centre", login_url="http://centre",
        client_id=Secret("demo-client"), client_secret=Secret("demo-secret"), limit=100_000,
        directory=DirectorySettings(), queues=QueuesSettings(), service_level=ServiceLevelSettings(),
    )  # fmt: skip


@pytest.fixture
async def centres() -> AsyncIterator[Centres]:
    """A centre that has been open for two hours."""
    clock = FixedClock()
    world = World(7, EPOCH, Centre.standard(), warmup=timedelta(hours=2))
    desk = Desk(
        world=world, faults=Faults(), settings=Settings(requests_per_minute=100_000), clock=clock.now,
        speed=1.0, stopping=asyncio.Event(),
    )  # fmt: skip
    app = Starlette(routes=desk.routes())
    asked: list[Source] = []
    https = []
    for dialect in ("platform", "guides"):
        http = Http("tests", transport=httpx.ASGITransport(app))
        https.append(http)
        connection = connect(an_org(dialect), http, clock, RecordingTelemetry(), Random(1))
        tools = Tools(http, clock, RecordingTelemetry(), Random(1))
        asked += [one.source for one in sources(connection, tools)]
    yield Centres(clock, Wall(tuple, lambda: None, clock), asked)
    for http in https:
        await http.aclose()


async def test_both_dialects_show_the_same_queues(centres: Centres) -> None:
    """The same queues, as many waiting and available; service levels of nothing but what each knows."""
    waited = 0.0
    for minute in range(0, 30, 3):
        centres.clock.at = EPOCH + timedelta(minutes=minute)
        await centres.poll()
        platform, guides = centres.wall.lines("platform"), centres.wall.lines("guides")
        assert [(one.queue_id, one.queue) for one in platform] == [
            (one.queue_id, one.queue) for one in guides
        ]
        for ours, theirs in zip(platform, guides, strict=True):
            assert ours.waiting == theirs.waiting
            assert ours.agents_available == theirs.agents_available
            assert theirs.agents_on_queue is None
            assert ours.agents_on_queue is not None
            assert theirs.interacting is None or theirs.interacting == ours.interacting == 0.0
            waited += ours.waiting or 0.0
    assert waited > 0
    assert len(centres.wall.lines()) > 10


async def test_every_level_on_the_wall_is_one_of_the_platforms(centres: Centres) -> None:
    """Each headline stands in the batch under its own labels; the guides' is the one of what was answered."""
    centres.clock.at = EPOCH + timedelta(minutes=30)
    await centres.poll()
    known = 0
    for line in centres.wall.lines():
        level = line.level
        assert level is not None
        table = centres.wall.batches[line.org, "service_level"].tables[0]
        definition = "answered" if line.org == "guides" or level.media == "all" else "genesys"
        row = (line.queue_id, line.queue, level.media, level.window, f"{level.threshold:g}s", definition)
        place = table.rows.values.index(row)
        assert level.window == "15m"
        assert level.ratio == table.columns["service_level_ratio"][place]
        assert level.met == table.columns["service_level_numerator"][place]
        assert level.offered == table.columns["service_level_denominator"][place]
        assert level.idle == (level.offered == 0)
        assert line.org == "platform" or level.media == "all"
        known += level.ratio is not None
    assert known > 10
    targets = {line.level.target for line in centres.wall.lines("platform") if line.level}
    assert targets - {None}
