"""Rows: a full outbox to a webhook and to an MQTT broker; and the same events through Alertmanager.

Ours is the daemon's own path: claimed from SQLite (FULL), sent through the sink, settled and journalled. The
peer is a bare loop over the same client library, ten at once, which keeps nothing. All figures are
milliseconds for a thousand events.
"""

from __future__ import annotations

import asyncio
import json
import statistics
import tempfile
import time
import urllib.request
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from multiprocessing.connection import Connection
from pathlib import Path
from random import Random

import aiomqtt
import httpx
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from monitor.exposition.telemetry import PrometheusTelemetry
from monitor.kit.clock import SystemClock
from monitor.kit.http import Http
from monitor.kit.secrets import Secret
from monitor.kit.tasks import supervise
from monitor.model.delivery import CLOUDEVENTS, Envelope, Outcome, StateRecord
from monitor.model.settings import DestinationSettings, MqttSettings, WebhookSettings
from monitor.outbox.dispatching import Dispatcher
from monitor.outbox.forms import form
from monitor.outbox.relay import Relay
from monitor.ports import Sink
from monitor.sinks.mqtt import MqttSink
from monitor.sinks.webhook import WebhookSink
from monitor.store.sqlite import SqliteStore
from tests.benchmarks.children import child, until_closed
from tests.benchmarks.table import Row
from tests.outbox.making import an_event
from tests.servers.alertmanager import Alertmanager
from tests.servers.mosquitto import Mosquitto

EVENTS = 2_000
LANES = 10
"""At once, on both sides: more makes httpx slower (PERF.md)."""
ROUNDS = 3
PACED = 300
"""Events of one round in which latency is measured."""
PATIENCE = 30.0
"""Seconds for one round of one side."""
SECRET = Secret("whsec_" + "MDEyMzQ1Njc4OWFiY2RlZmdoaWprbG1u")


class _Counting(PrometheusTelemetry):
    """Says when everything was delivered: to ask the store again and again would slow it down."""

    def __init__(self, version: str) -> None:
        super().__init__(version)
        self.everything = asyncio.Event()
        self._delivered = 0

    def delivery(self, destination: str, outcome: str, reason: str, seconds: float) -> None:
        super().delivery(destination, outcome, reason, seconds)
        self._delivered += outcome == "delivered"
        if self._delivered == EVENTS:
            self.everything.set()


async def measure() -> list[Row]:
    """Let every side deliver the same events in turn; the best of some rounds each."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder)
        return [*await _webhook(path), *await _mqtt(path), await _beside(path)]


async def _webhook(folder: Path) -> list[Row]:
    single: list[float] = []
    batched: list[float] = []
    bare: list[float] = []
    alertmanager: list[float] = []
    async with child(receive) as (port, pipe):
        url = f"http://127.0.0.1:{port}"
        for number in range(ROUNDS):
            for batch, found in ((1, single), (100, batched)):
                settings = WebhookSettings(
                    name="hook", url=Secret(f"{url}/one"), secrets=(SECRET,), batch=batch
                )
                http = Http("benchmark")
                sink = WebhookSink(settings, http=http, clock=SystemClock())
                async with _outbox(folder / f"{number}-{batch}.db", settings, sink) as deliver:
                    found.append(await deliver())
                await http.aclose()
                _emptied(pipe)
            bare.append(await _bare_posts(f"{url}/one"))
            _emptied(pipe)
            with Alertmanager(folder / f"alertmanager-{number}", f"{url}/alertmanager") as peer:
                alertmanager.append(await _through(peer.url, pipe))
    name = f"{EVENTS:,} events → webhook"
    return [
        Row(f"{name}, beside a bare loop", min(single), min(bare)),
        Row(f"{name}, 100 in a request, beside a bare loop", min(batched), min(bare)),
        Row(f"{name}, beside Alertmanager", min(single), min(alertmanager)),
        Row(f"{name}, 100 in a request, beside Alertmanager", min(batched), min(alertmanager)),
    ]


async def _mqtt(folder: Path) -> list[Row]:
    ours: list[float] = []
    bare: list[float] = []
    # The broker of the tests writes its whole file at every change: here that would be all that is measured.
    with Mosquitto(folder / "broker", extra=("autosave_on_changes false", "autosave_interval 600")) as broker:
        for number in range(ROUNDS):
            settings = MqttSettings(
                name="hook", host=broker.host, port=broker.port, username=broker.username,
                password=Secret(broker.password), prefix=f"bench{number}",
            )  # fmt: skip
            ready = asyncio.Event()
            sink = MqttSink(
                settings, instance="bench", clock=SystemClock(), states=_nothing, connected=ready.set
            )
            async with asyncio.TaskGroup() as group:
                group.create_task(sink.run(), name="broker")
                await ready.wait()
                async with _outbox(folder / f"mqtt-{number}.db", settings, sink) as deliver:
                    ours.append(await deliver())
                await sink.close()
            bare.append(await _bare_publishes(broker, f"bare{number}"))
    return [Row(f"{EVENTS:,} events → MQTT, beside a bare loop", min(ours), min(bare))]


@dataclass
class _Timed:
    """A webhook sink that notes when each event was taken."""

    sink: WebhookSink
    taken: dict[str, float] = field(default_factory=dict)

    async def send(self, envelope: Envelope) -> Outcome:
        outcome = await self.sink.send(envelope)
        self.taken[envelope.event_id] = time.perf_counter()
        return outcome


async def _beside(folder: Path) -> Row:
    """How long an event takes from its commit to a healthy webhook, beside a hanging one and alone."""

    async def hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()  # until the other side gives up
        writer.close()

    server = await asyncio.start_server(hang, "127.0.0.1", 0)
    stuck = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
    found: dict[bool, list[float]] = {True: [], False: []}
    async with child(receive) as (port, _pipe):
        for number in range(2 * ROUNDS):
            hanging = number % 2 == 0
            urls = {"hook": f"http://127.0.0.1:{port}/one", **({"stuck": stuck} if hanging else {})}
            found[hanging] += await _paced(folder / f"beside-{number}.db", urls)
    server.close()
    with_it, without = (statistics.quantiles(found[one], n=100)[98] * 1000 for one in (True, False))
    return Row("a healthy webhook beside a hanging one, and alone, p99", with_it, without)


async def _paced(path: Path, urls: Mapping[str, str]) -> list[float]:
    """Commit an event every few milliseconds; return the seconds each took to `hook`."""
    settings = {name: WebhookSettings(name=name, url=Secret(url)) for name, url in urls.items()}
    http = {name: Http("benchmark") for name in urls}
    sinks = {
        name: _Timed(WebhookSink(one, http=http[name], clock=SystemClock())) for name, one in settings.items()
    }
    telemetry = PrometheusTelemetry("0")
    dispatcher = Dispatcher({name: form(one) for name, one in settings.items()})
    committed: dict[str, float] = {}
    async with SqliteStore(str(path)) as store, asyncio.TaskGroup() as group:
        relay = Relay(
            store=store, sinks=dict(sinks), clock=SystemClock(), telemetry=telemetry, random=Random(1)
        )
        for name, worker in relay.workers().items():
            group.create_task(worker(), name=name)
        for number in range(PACED):
            event = an_event(number, occurred_at=datetime.now(UTC))
            await store.commit((), [dispatcher.dispatch(event)])
            committed[event.id] = time.perf_counter()
            relay.wake()
            await asyncio.sleep(0.004)
        await asyncio.sleep(0.2)
        relay_end = asyncio.get_running_loop().time()
        await relay.drain(0.1)
        for one in http.values():
            await one.aclose()
        assert asyncio.get_running_loop().time() - relay_end < PATIENCE
    taken = sinks["hook"].taken
    return [taken[event_id] - since for event_id, since in committed.items()]


@asynccontextmanager
async def _outbox(
    path: Path, settings: DestinationSettings, sink: Sink
) -> AsyncIterator[Callable[[], Awaitable[float]]]:
    """Commit the events, then yield what delivers them all and says how long a thousand took."""
    telemetry = _Counting("0")
    batches = {"hook": settings.batch} if isinstance(settings, WebhookSettings) else {}
    async with SqliteStore(str(path)) as store:
        relay = Relay(
            store=store, sinks={"hook": sink}, clock=SystemClock(), telemetry=telemetry, random=Random(1),
            batches={name: size for name, size in batches.items() if size > 1},
        )  # fmt: skip
        dispatcher = Dispatcher({"hook": form(settings)})
        now = datetime.now(UTC)
        events = [an_event(number, occurred_at=now) for number in range(EVENTS)]
        await store.commit((), [dispatcher.dispatch(event) for event in events])

        async def deliver() -> float:
            started = time.perf_counter()
            async with asyncio.TaskGroup() as group, asyncio.timeout(PATIENCE):
                group.create_task(supervise("hook", relay.workers()["hook"], crashed=telemetry.crashed))
                await telemetry.everything.wait()
                while any(one.depth for one in await store.backlog()):
                    await asyncio.sleep(0.001)
                seconds = time.perf_counter() - started
                await relay.drain(1.0)
            return seconds * 1e6 / EVENTS

        yield deliver


async def _bare_posts(url: str) -> float:
    """Post the same bodies, ten at once, and forget them."""
    bodies = _bodies()
    async with httpx.AsyncClient() as http:

        async def post(body: bytes) -> None:
            answer = await http.post(url, content=body, headers={"content-type": "application/json"})
            answer.raise_for_status()

        return await _lanes(bodies, post)


async def _bare_publishes(broker: Mosquitto, prefix: str) -> float:
    """Publish each event and its retained state, with the same properties, ten at once; forget them."""
    async with aiomqtt.Client(
        broker.host, broker.port, username=broker.username, password=broker.password,
        protocol=aiomqtt.ProtocolVersion.V5,
    ) as client:  # fmt: skip
        client.pending_calls_threshold = 2 * LANES
        numbers = iter(range(EVENTS))

        async def publish(body: bytes) -> None:
            topic = f"{prefix}/acme/state/{next(numbers)}"
            properties = Properties(PacketTypes.PUBLISH)
            properties.ContentType = CLOUDEVENTS
            properties.UserProperty = [("id", topic), ("sequence", "1")]
            async with asyncio.TaskGroup() as group:
                group.create_task(client.publish(f"{prefix}/acme/event", body, qos=1, properties=properties))
                group.create_task(client.publish(topic, body, qos=1, retain=True, properties=properties))

        return await _lanes(_bodies(), publish)


async def _lanes(bodies: list[bytes], send: Callable[[bytes], Awaitable[None]]) -> float:
    waiting = iter(bodies)

    async def lane() -> None:
        for body in waiting:
            await send(body)

    started = time.perf_counter()
    async with asyncio.TaskGroup() as group, asyncio.timeout(PATIENCE):
        for _ in range(LANES):
            group.create_task(lane())
    return (time.perf_counter() - started) * 1e6 / EVENTS


async def _through(url: str, pipe: Connection) -> float:
    """Push the events as alerts, each a group of its own, and wait until the receiver heard of all."""
    now = datetime.now(UTC)
    alerts = [
        {"labels": {"alertname": "ServiceLevelLow", "queue": str(number)}, "annotations": {"summary": "low"},
         "startsAt": now.isoformat(), "endsAt": (now + timedelta(minutes=4)).isoformat()}
        for number in range(EVENTS)
    ]  # fmt: skip
    body = json.dumps(alerts).encode()
    request = urllib.request.Request(
        f"{url}/api/v2/alerts", data=body, headers={"content-type": "application/json"}
    )

    def push() -> float:
        started = time.perf_counter()
        with urllib.request.urlopen(request, timeout=PATIENCE):
            pass
        for _ in range(EVENTS):
            if not pipe.poll(PATIENCE):
                raise TimeoutError("Alertmanager did not tell everything")
            pipe.recv()
        return (time.perf_counter() - started) * 1e6 / EVENTS

    return await asyncio.to_thread(push)


def _bodies() -> list[bytes]:
    dispatcher = Dispatcher({"hook": form(WebhookSettings(name="hook", url=Secret("http://127.0.0.1")))})
    return [dispatcher.dispatch(an_event(number)).envelopes[0].body for number in range(EVENTS)]


async def _nothing() -> list[StateRecord]:
    return []


def _emptied(pipe: Connection) -> None:
    while pipe.poll(0):
        pipe.recv()


def receive(pipe: Connection) -> None:
    """Receive POSTs, report one per notification of Alertmanager, until the parent lets go."""
    asyncio.run(_receive(pipe))


async def _receive(pipe: Connection) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while not reader.at_eof():
            try:
                head = await reader.readuntil(b"\r\n\r\n")
            except (asyncio.IncompleteReadError, ConnectionError):
                break
            headers = _headers(head)
            await reader.readexactly(int(headers["content-length"]))
            if b"/alertmanager" in head.split(b"\r\n", 1)[0]:
                pipe.send(1)
            writer.write(b"HTTP/1.1 204 No Content\r\n\r\n")
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    pipe.send(server.sockets[0].getsockname()[1])
    await until_closed(pipe)
    server.close()


def _headers(head: bytes) -> Mapping[str, str]:
    lines = (line.partition(":") for line in head.decode("latin-1").split("\r\n")[1:])
    return {name.strip().lower(): value.strip() for name, _, value in lines}
