"""Row: from the bytes of a platform's answer about 1,000 queues to the body at a webhook's receiver.

Ours is the daemon's own path: decode, tables, render, judge, durable commit (SQLite, FULL), relay, signed
POST. The peer is what a script does: json.loads, a loop, a POST; nothing is kept, nothing is rendered.
"""

from __future__ import annotations

import asyncio
import json
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from random import Random
from typing import Any

import httpx

from monitor.alerts.manager import AlertManager
from monitor.clients.platform.decode import observations as decode
from monitor.exposition.snapshot import Snapshot
from monitor.exposition.telemetry import PrometheusTelemetry
from monitor.kit.clock import SystemClock
from monitor.kit.http import Http
from monitor.kit.secrets import Secret
from monitor.kit.tasks import supervise
from monitor.model.observation import QueueObservations
from monitor.model.org import Queue, Selection
from monitor.model.pace import Pace
from monitor.model.settings import WebhookSettings
from monitor.outbox.dispatching import Dispatcher
from monitor.outbox.forms import form
from monitor.outbox.relay import Relay
from monitor.outbox.routing import Router
from monitor.ports import Sink
from monitor.sinks.webhook import WebhookSink
from monitor.sources.directory import DirectorySource
from monitor.sources.poller import Poller
from monitor.sources.queues import QueuesSource
from monitor.store.sqlite import SqliteStore
from tests.benchmarks.children import child, until_closed
from tests.benchmarks.table import Row, p50, worst
from tests.builders import FakePlatform, a_rule

QUEUES = 1_000
ROUNDS = 20
WARM_UP = 4
"""Rounds that do not count: connections open, rows are laid out, prefixes are rendered."""
PATIENCE = 5.0
"""Seconds to wait for a POST."""
REST = 0.05
"""Seconds between rounds, for the relay to settle what it sent."""
NOTE = (
    "PERF.md's earlier run, fetch included: prototype (no outbox) seen → webhook 36 ms; "
    "naive answer → webhook at 1,000 queues 54 ms."
)
_SCALARS = ("oMemberUsers", "oActiveUsers", "oOnQueueUsers", "oOffQueueUsers")
_STATUSES = ("IDLE", "INTERACTING", "COMMUNICATING", "OFF_QUEUE")
_PRESENCES = ("AVAILABLE", "BUSY")

_IDS = tuple(f"f6a49350-0000-4000-8000-{number:012x}" for number in range(QUEUES))


def _answer(random: Random, *, breach: bool) -> bytes:
    """Return an observation answer, 20 figures a queue; with `breach`, one queue has 20 waiting."""
    now = int(time.time() * 1000)
    results: list[dict[str, Any]] = []
    for queue_id in _IDS:
        for media in ("voice", "message"):
            waiting = 20 if breach and queue_id == _IDS[500] and media == "voice" else random.randrange(3)
            results.append({"group": {"queueId": queue_id, "mediaType": media}, "data": [
                {"metric": "oWaiting", "stats": {"count": waiting}},
                {"metric": "oInteracting", "stats": {"count": random.randrange(9)}},
                {"metric": "oAlerting", "stats": {"count": 1}},
                {"metric": "oLongestWaiting", "stats": {"calculatedMetricValue": now - 30_000}},
                {"metric": "oLongestInteracting", "stats": {"calculatedMetricValue": now - 90_000}},
            ]})  # fmt: skip
        data: list[dict[str, Any]] = [{"metric": name, "stats": {"count": 7}} for name in _SCALARS]
        data += [
            {"metric": metric, "qualifier": one, "stats": {"count": random.randrange(9)}}
            for metric, ones in (("oUserRoutingStatuses", _STATUSES), ("oUserPresences", _PRESENCES))
            for one in ones
        ]
        results.append({"group": {"queueId": queue_id}, "data": data})
    return json.dumps({"results": results}, separators=(",", ":")).encode()


@dataclass
class _Platform(FakePlatform):
    """Has its answer in hand: what is measured begins with the bytes."""

    body: bytes = b""

    async def directory(self, *, deadline: float) -> tuple[Queue, ...]:
        return tuple(Queue(id=one, name=f"Support Queue {number:04d}") for number, one in enumerate(_IDS))

    async def queues(self, queue_ids: Sequence[str], *, deadline: float) -> QueueObservations:
        return decode.observations(self.body, queue_ids, SystemClock().now())


@dataclass
class _Ours:
    """The daemon's path."""

    platform: _Platform
    poller: Poller

    async def cycle(self, body: bytes) -> None:
        self.platform.body = body
        await self.poller.once()


@dataclass
class _Naive:
    """The script's path."""

    http: httpx.AsyncClient
    url: str
    firing: set[tuple[str, str]] = field(default_factory=set)

    async def cycle(self, body: bytes) -> None:
        for result in json.loads(body)["results"]:
            group = result["group"]
            if "mediaType" not in group:
                continue
            key = (group["queueId"], group["mediaType"])
            for datum in result["data"]:
                if datum["metric"] == "oWaiting":
                    await self._judge(key, datum["stats"]["count"])

    async def _judge(self, key: tuple[str, str], waiting: int) -> None:
        if waiting > 8 and key not in self.firing:
            self.firing.add(key)
            await self.http.post(self.url, json={"alert": "fired", "queue": key, "value": waiting})
        elif waiting <= 3 and key in self.firing:
            self.firing.discard(key)
            await self.http.post(self.url, json={"alert": "resolved", "queue": key, "value": waiting})


@asynccontextmanager
async def _daemon(url: str, folder: str) -> AsyncIterator[_Ours]:
    """Wire the parts as `app` does, with the platform's client left out."""
    clock, random, telemetry, http = SystemClock(), Random(1), PrometheusTelemetry("0"), Http("benchmark")
    settings = WebhookSettings(
        name="hook", url=Secret(url), secrets=(Secret("whsec_" + "MDEyMzQ1Njc4OWFiY2RlZg=="),)
    )
    sinks: dict[str, Sink] = {"hook": WebhookSink(settings, http=http, clock=clock)}
    async with SqliteStore(str(Path(folder) / "queuewatch.db")) as store:
        relay = Relay(store=store, sinks=sinks, clock=clock, telemetry=telemetry, random=random)
        manager = AlertManager(
            rules=(a_rule(),),
            store=store,
            prepare=Dispatcher({"hook": form(settings)}).dispatch,
            committed=relay.wake,
            clock=clock,
            route=Router((), ("hook",)).reach,
            paces={("acme", "queues"): Pace(10.0)},
        )
        snapshot = Snapshot({("acme", "queues"): 600.0}, True, 200_000, telemetry.dropped)
        platform = _Platform()
        directory = DirectorySource("acme", platform, Selection(), clock)
        source = QueuesSource("acme", platform, directory, clock, telemetry)
        poller = Poller("acme", source, 10.0, 10.0, (snapshot, manager), clock, telemetry, random)
        await directory.poll(deadline=asyncio.get_running_loop().time() + 10.0)
        await manager.load()
        async with asyncio.TaskGroup() as group:
            group.create_task(supervise("hook", relay.workers()["hook"], crashed=telemetry.crashed))
            yield _Ours(platform, poller)
            await relay.drain(1.0)
        await http.aclose()


async def measure() -> list[Row]:
    """Let both sides report the same breaches in turn."""
    random = Random(1)
    ours: list[float] = []
    peer: list[float] = []
    body = b""
    with tempfile.TemporaryDirectory() as folder:
        async with (
            child(receive) as (port, pipe),
            _daemon(f"http://127.0.0.1:{port}/hook", folder) as daemon,
            httpx.AsyncClient() as http,
        ):
            naive = _Naive(http, f"http://127.0.0.1:{port}/naive")
            for number in range(WARM_UP + ROUNDS):
                body = _answer(random, breach=number % 2 == 0)
                for side, found in ((daemon, ours), (naive, peer)):
                    found.append(await _round(side, body, pipe))
    name = f"answer → webhook, {QUEUES:,} queues, {len(body) / 1e6:.1f} MB"
    ours, peer = ours[WARM_UP:], peer[WARM_UP:]
    return [p50(name, ours, peer), worst(name, ours, peer)]


async def _round(side: _Ours | _Naive, body: bytes, pipe: Connection) -> float:
    """Return the seconds from `body` to the receiver; its clock is ours: CLOCK_MONOTONIC of one machine."""
    started = time.perf_counter()
    await side.cycle(body)
    if not await asyncio.to_thread(pipe.poll, PATIENCE):
        raise TimeoutError("nothing came to the receiver")
    arrived = float(pipe.recv())
    await asyncio.sleep(REST)
    return arrived - started


def receive(pipe: Connection) -> None:
    """Receive POSTs, report when each was whole, until the parent lets go."""
    asyncio.run(_receive(pipe))


async def _receive(pipe: Connection) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while not reader.at_eof():
            try:
                head = await reader.readuntil(b"\r\n\r\n")
            except asyncio.IncompleteReadError:
                break
            lines = head.lower().split(b"\r\n")
            await reader.readexactly(
                next(int(one[15:]) for one in lines if one.startswith(b"content-length:"))
            )
            pipe.send(time.perf_counter())
            writer.write(b"HTTP/1.1 204 No Content\r\n\r\n")
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    pipe.send(server.sockets[0].getsockname()[1])
    await until_closed(pipe)
    server.close()
