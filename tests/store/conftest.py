"""The store in memory and the store on disk, each in turn."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from monitor.store.memory import MemoryStore
from monitor.store.sqlite import SqliteStore
from tests.store.making import Store


@pytest.fixture(params=["memory", "sqlite"])
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Store]:
    """Each implementation in turn."""
    if request.param == "memory":
        yield MemoryStore()
        return
    async with SqliteStore(str(tmp_path / "state.db")) as opened:
        yield opened
