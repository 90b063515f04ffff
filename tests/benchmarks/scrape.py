"""Row: a scrape of 100,000 samples over the loopback, and how long it stops the server's event loop."""

from __future__ import annotations

from collections import defaultdict

from tests.benchmarks.children import child
from tests.benchmarks.scraper import Scraper, connected
from tests.benchmarks.servers import serve
from tests.benchmarks.table import Row, p50, worst

ROUNDS = 4
IDENTITY, GZIP, AGAIN = (
    "scrape 100k, after a poll",
    "scrape 100k gzip, after a poll",
    "scrape 100k gzip, again",
)


CUT = 500
"""Names that the frames of chunks may stand in: the peer's page goes out in some two hundred of them."""


async def measure() -> list[Row]:
    """Scrape both sides in turn."""
    ours, peer = defaultdict[str, list[float]](list), defaultdict[str, list[float]](list)
    async with (
        child(serve, True) as (ours_port, _),
        child(serve, False) as (peer_port, _),
        connected(ours_port) as our_scraper,
        connected(peer_port) as peer_scraper,
    ):
        for _ in range(ROUNDS):
            for scraper, found in ((our_scraper, ours), (peer_scraper, peer)):
                await _round(scraper, found)
        memory = Row(
            "memory of the server after these scrapes",
            await our_scraper.number("/rss") / 1e6,
            await peer_scraper.number("/rss") / 1e6,
            "MB",
        )
    rows = [
        row
        for name in (IDENTITY, GZIP, AGAIN)
        for row in (
            p50(name, ours[name], peer[name]),
            worst(f"{name}: loop block", ours["!" + name], peer["!" + name]),
        )
    ]
    return [*rows, memory]


async def _round(scraper: Scraper, found: dict[str, list[float]]) -> None:
    for name in (IDENTITY, GZIP, AGAIN):
        if name != AGAIN:
            await scraper.get("/poll")
        await scraper.number("/block")
        body, seconds = await scraper.get("/metrics", gzip=name != IDENTITY)
        if name == IDENTITY and body.count(b"genesys_queue") < 100_000 - CUT:
            raise ValueError("not every sample came")
        found[name].append(seconds)
        found["!" + name].append(await scraper.number("/block"))
