"""How many requests a big org costs, counted where they arrive."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import timedelta
from random import Random

import httpx
import pytest
from starlette.applications import Starlette

from monitor.app.asking import Tools, pollers
from monitor.app.connecting import connect
from monitor.kit.http import Http
from monitor.kit.secrets import Secret
from monitor.kit.tasks import stop
from monitor.model.sample import SampleBatch
from monitor.model.servicelevel import Window
from monitor.model.settings import DirectorySettings, OrgSettings, ServiceLevelSettings
from monitor.simulator.centre import Centre
from monitor.simulator.desk import Desk
from monitor.simulator.faults import Faults
from monitor.simulator.settings import Settings
from monitor.simulator.world import World
from tests.builders import EPOCH, LoopClock, RecordingConsumer, RecordingTelemetry

QUEUES = 5_000


@pytest.mark.looptime
async def test_5000_queues_3_windows_and_3_thresholds_cost_fewer_than_60_requests_a_minute(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """One unfiltered question per window answers for the whole org."""
    clock, faults, telemetry = LoopClock(), Faults(), RecordingTelemetry()
    world = World(1, EPOCH, Centre.sized(queues=QUEUES, hourly=4.0), warmup=timedelta(minutes=10))
    desk = Desk(
        world=world, faults=faults, settings=Settings(), clock=clock.now, speed=1.0, stopping=asyncio.Event()
    )
    http = Http("tests", transport=httpx.ASGITransport(Starlette(routes=desk.routes())))
    org = OrgSettings(
        name="acme",
        api_url="http://centre",
        login_url="http://centre",
        client_id=Secret("demo-client"),
        client_secret=Secret("demo-secret"),
        directory=DirectorySettings(interval=600.0),
        service_level=ServiceLevelSettings(
            interval=30.0,
            windows=(Window(300.0), Window(900.0), Window(1800.0)),
            thresholds=(20.0, 30.0, 60.0),
        ),
    )
    heard = RecordingConsumer()
    connection = connect(org, http, clock, telemetry, Random(1))
    tools = Tools(http, clock, telemetry, Random(1))
    async with asyncio.TaskGroup() as group:
        polling = [
            group.create_task(poller.run(), name=name)
            for name, poller in pollers(connection, (heard,), tools).items()
        ]
        await asyncio.sleep(45)
        before = len(faults.log)
        await asyncio.sleep(60)
        await stop(polling)
    await http.aclose()
    asked = Counter(seen.endpoint for seen in list(faults.log)[before:])
    with capsys.disabled():
        print(  # noqa: T201 - a figure for whoever runs it
            f"\n{QUEUES} queues, 3 windows, 3 thresholds: {dict(asked)} in a minute"
        )
    batches = [one for one in heard.results if isinstance(one, SampleBatch) and one.source == "service_level"]
    assert len(batches[-1].queues) == QUEUES
    assert 0 < asked.total() < 60
    assert set(asked) == {"aggregates"}
