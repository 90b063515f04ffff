"""The journal and old silences are kept as long as they are wanted."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

import pytest

from monitor.app.journaling import PERIOD, Journaling
from monitor.store.memory import MemoryStore
from tests.builders import EPOCH, LoopClock
from tests.outbox.making import an_event, prepared

pytestmark = pytest.mark.looptime


async def test_what_is_too_old_goes_every_hour() -> None:
    """Entries from the store, silences through whoever keeps them in memory as well."""
    store, asked = MemoryStore(), list[datetime]()
    await store.commit((), [prepared(an_event(1), "hook")])

    async def quiet(before: datetime) -> int:
        asked.append(before)
        return 1

    async with asyncio.TaskGroup() as group:
        busy = group.create_task(Journaling(store, LoopClock(), 1000.0, quiet).run())
        await asyncio.sleep(PERIOD + 1)
        busy.cancel()
    assert asked == [EPOCH - timedelta(seconds=1000), EPOCH + timedelta(seconds=PERIOD - 1000)]
    assert await store.forget(before=EPOCH + timedelta(days=1)) == 0
