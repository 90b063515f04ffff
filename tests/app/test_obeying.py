"""Commands from outside, and what is answered."""

from __future__ import annotations

import pytest

from monitor.app.obeying import obey
from monitor.sinks.mqtt.commands import Command
from tests.alerts.bench import KEY, Bench, two_levels
from tests.app.test_ourselves import Moody
from tests.builders import EPOCH

pytestmark = pytest.mark.looptime

TAKE = Command(id="c", org="acme", action="acknowledge", owner="ann", rule="Waiting", entity=KEY)


async def test_taking_an_alert_is_answered_truthfully() -> None:
    """Nothing where it is done, a reason where nothing fires, and where it will be done only later."""
    store = Moody()
    bench = Bench((two_levels(),), store=store)
    assert await obey(bench.manager, TAKE, EPOCH) == "no such alert fires"
    await bench.poll(12)
    assert await obey(bench.manager, TAKE, EPOCH) == ""
    store.broken = True
    assert (
        await obey(bench.manager, TAKE, EPOCH) == "not stored yet: it will be as soon as the store takes it"
    )
    assert (await obey(bench.manager, TAKE, EPOCH)).startswith("not done")
