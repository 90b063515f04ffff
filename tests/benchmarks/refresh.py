"""Row: a poll of 100,000 samples with 5 % changed values, until the text is rendered anew."""

from __future__ import annotations

from tests.benchmarks.children import child
from tests.benchmarks.scraper import connected
from tests.benchmarks.servers import serve
from tests.benchmarks.table import Row, p50, worst

ROUNDS = 5


async def measure() -> list[Row]:
    """Refresh both sides in turn."""
    ours: list[float] = []
    peer: list[float] = []
    async with (
        child(serve, True) as (ours_port, _),
        child(serve, False) as (peer_port, _),
        connected(ours_port) as our_scraper,
        connected(peer_port) as peer_scraper,
    ):
        for _ in range(ROUNDS):
            ours.append(await our_scraper.number("/refresh"))
            peer.append(await peer_scraper.number("/refresh"))
    name = "refresh 100k, 5 % changed"
    return [p50(name, ours, peer), worst(name, ours, peer)]
