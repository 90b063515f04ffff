"""A real Prometheus reads what the daemon shows."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as openmetrics
from prometheus_client.parser import text_string_to_metric_families as plain

from tests.servers.prometheus import Prometheus, check_metrics
from tests.stories.daemon import Daemon, receiving, simulating, until


@pytest.fixture
async def daemon(tmp_path: Path) -> AsyncIterator[Daemon]:
    """A daemon that is ready, beside a calm centre."""
    async with (
        simulating() as simulator,
        receiving() as receiver,
        Daemon(tmp_path, platform=simulator.url, hook=receiver.url) as running,
    ):
        yield running


def _shown(page: str) -> int:
    """How many of the centre's series a page has."""
    return sum(line.startswith("genesys_") for line in page.splitlines())


@pytest.mark.servers
@pytest.mark.slow
async def test_prometheus_takes_every_series(daemon: Daemon, prometheus: Callable[[str], Prometheus]) -> None:
    """Prometheus finds the target up and stores every series shown; promtool has no complaint."""
    server = await asyncio.to_thread(prometheus, daemon.target)
    await asyncio.to_thread(server.wait_until_up)
    query = 'count({__name__=~"genesys_.*"})'

    async def complete() -> bool:
        # Between a scrape and our own look a series may come or go, so both are asked anew.
        stored = await asyncio.to_thread(server.value, query)
        return stored == _shown(await daemon.metrics())

    await until(complete, within=15, what="as many series stored as shown")
    assert (await asyncio.to_thread(server.value, query) or 0) > 50
    assert await asyncio.to_thread(check_metrics, await daemon.metrics()) == ""
    own = await asyncio.to_thread(server.value, 'queuewatch_source_up{source="queues"}')
    assert own == 1


async def test_both_formats_parse_in_both_encodings(daemon: Daemon) -> None:
    """Plain text and OpenMetrics parse, packed or not, and hold the same families of the centre."""
    families = []
    for encoding in ("identity", "gzip"):
        text = await daemon.get("/metrics", **{"accept-encoding": encoding})
        open_ = await daemon.get(
            "/metrics",
            **{"accept-encoding": encoding, "accept": "application/openmetrics-text; version=1.0.0"},
        )
        for answer in (text, open_):
            assert answer.headers.get("content-encoding", "identity") == encoding
        assert text.headers["content-type"].startswith("text/plain; version=0.0.4")
        assert open_.headers["content-type"].startswith("application/openmetrics-text")
        assert open_.text.endswith("# EOF\n")
        families += [
            {one.name for one in plain(text.text) if one.name.startswith("genesys_")},
            {one.name for one in openmetrics(open_.text) if one.name.startswith("genesys_")},
        ]
    assert len(families[0]) > 5
    assert all(one == families[0] for one in families)
