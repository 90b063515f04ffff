"""Two servers with the same 100,000 samples, each in its own process: ours, and prometheus_client.

Beside `/metrics` both answer `/poll` (5 % of the values change), `/refresh` (the same, until the text is
rendered anew; answers the seconds), `/block` (the longest time the event loop stood still since it was
last asked, in seconds) and `/rss` (bytes of memory).
"""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime
from multiprocessing.connection import Connection
from pathlib import Path
from random import Random
from typing import Protocol

import prometheus_client as prom
from prometheus_client.exposition import generate_latest
from starlette.types import ASGIApp, Receive, Scope, Send

from monitor.exposition.snapshot import Snapshot
from monitor.exposition.telemetry import Facts, PrometheusTelemetry
from monitor.kit.clock import SystemClock
from monitor.kit.serving import bind, serving
from monitor.model.catalogue import METRICS
from monitor.model.sample import Rows, SampleBatch, Table, Value
from monitor.web.authenticating import Doorkeeper
from monitor.web.routes import Routes
from tests.benchmarks.children import until_closed

ORG = "acme"
LABELS = ("queue_id", "queue", "media")
NAMES = (
    "queue_waiting",
    "queue_interacting",
    "queue_alerting",
    "queue_longest_wait_seconds",
    "queue_longest_interaction_seconds",
)
ROWS = 20_000
"""Times five metrics: 100,000 samples."""
CHANGED = 0.05
TICK = 0.001


class Side(Protocol):
    """What a server of either side can do."""

    app: ASGIApp

    async def poll(self) -> None:
        """Take in a poll of which 5 % changed."""

    async def refresh(self) -> float:
        """Take in a poll, render the text; return the seconds."""


class _Samples:
    """The samples of both sides, and how they change."""

    def __init__(self) -> None:
        self.keys = tuple(
            (f"f6a49350-0000-4000-8000-{number // 3:012x}", f"Support Queue {number // 3:05d}", media)
            for number, media in zip(range(ROWS), ("voice", "chat", "email") * ROWS, strict=False)
        )
        self._random = Random(1)
        self.columns: dict[str, list[Value]] = {
            name: [self._value(name) for _ in range(ROWS)] for name in NAMES
        }

    def change(self) -> None:
        """Give 5 % of the samples another value."""
        for name in NAMES:
            column = list(self.columns[name])
            for place in self._random.sample(range(ROWS), int(ROWS * CHANGED)):
                column[place] = self._value(name)
            self.columns[name] = column

    def _value(self, name: str) -> float:
        if name.endswith("_seconds"):
            return round(self._random.uniform(0, 900), 3)
        return float(self._random.randrange(40))


def _routes(snapshot: Snapshot, telemetry: PrometheusTelemetry) -> Routes:
    return Routes(snapshot=snapshot, telemetry=telemetry, writable=_yes, door=Doorkeeper())


class Ours:
    """Snapshot and Routes, as `app` wires them."""

    def __init__(self) -> None:
        self._samples = _Samples()
        self._rows = Rows(LABELS, self._samples.keys)
        self._queues = frozenset(queue_id for queue_id, _, _ in self._samples.keys)
        telemetry = PrometheusTelemetry("0")
        self._snapshot = Snapshot({(ORG, "queues"): 600.0}, True, 200_000, telemetry.dropped)
        telemetry.watch(Facts(self._snapshot, lambda: (), lambda: 0.0, SystemClock().now))
        self.app: ASGIApp = _routes(self._snapshot, telemetry).app()

    async def poll(self) -> None:
        await self._snapshot.accept(self._batch())

    async def refresh(self) -> float:
        batch = self._batch()
        started = time.perf_counter()
        await self._snapshot.accept(batch)
        self._snapshot.text()
        return time.perf_counter() - started

    def _batch(self) -> SampleBatch:
        self._samples.change()
        return SampleBatch(
            org=ORG,
            source="queues",
            observed_at=datetime.now(UTC),
            tables=(Table(self._rows, dict(self._samples.columns)),),
            queues=self._queues,
        )


class Peer:
    """prometheus_client: a Gauge a metric, a child a sample."""

    def __init__(self) -> None:
        self._samples = _Samples()
        self._registry = prom.CollectorRegistry()
        self._gauges = {
            name: prom.Gauge(
                METRICS[name].exported, METRICS[name].help, ("org", *LABELS), registry=self._registry
            )
            for name in NAMES
        }
        self.app: ASGIApp = prom.make_asgi_app(self._registry)

    async def poll(self) -> None:
        self._samples.change()
        self._set()

    async def refresh(self) -> float:
        self._samples.change()
        started = time.perf_counter()
        self._set()
        generate_latest(self._registry)
        return time.perf_counter() - started

    def _set(self) -> None:
        for name, gauge in self._gauges.items():
            for key, value in zip(self._samples.keys, self._samples.columns[name], strict=True):
                gauge.labels(ORG, *key).set(value or 0.0)


class _Ticker:
    """Ticks in the server's own loop; a late tick is a blocked loop."""

    def __init__(self) -> None:
        self._last = time.perf_counter()
        self._longest = 0.0

    async def run(self) -> None:
        while True:
            await asyncio.sleep(TICK)
            self._look()

    def longest(self) -> float:
        """Return the longest block since the last call."""
        self._look()
        longest, self._longest = self._longest, 0.0
        return longest

    def _look(self) -> None:
        now = time.perf_counter()
        self._longest, self._last = max(self._longest, now - self._last - TICK), now


class _Bench:
    """The side's own application, and the addresses of the benchmark around it."""

    def __init__(self, side: Side, ticker: _Ticker) -> None:
        self._side = side
        self._ticker = ticker

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] == "/metrics":
            await self._side.app(scope, receive, send)
            return
        body = str(await self._answer(scope["path"])).encode()
        head = [(b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": head})
        await send({"type": "http.response.body", "body": body})

    async def _answer(self, path: str) -> float:
        match path:
            case "/refresh":
                return await self._side.refresh()
            case "/block":
                return self._ticker.longest()
            case "/rss":
                pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
                return pages * 4096.0
            case _:
                await self._side.poll()
                return 0.0


def serve(pipe: Connection, ours: bool) -> None:
    """Serve one side until the parent lets go."""
    asyncio.run(_serve(pipe, Ours() if ours else Peer()))


async def _serve(pipe: Connection, side: Side) -> None:
    await side.poll()
    bound = bind("127.0.0.1", 0)
    ticker = _Ticker()
    ticking = asyncio.create_task(ticker.run())
    with bound:
        async with serving(_Bench(side, ticker), bound, grace=1):
            pipe.send(bound.getsockname()[1])
            await until_closed(pipe)
    ticking.cancel()


async def _yes() -> bool:
    return True
