"""An independent client of the broker, and what MQTT tests share."""

# ruff: noqa: SLF001  (a lost socket cannot be had through the port)

import asyncio
import contextlib
import json
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from socket import SHUT_RDWR
from socket import socket as Socket  # noqa: N812  (a class)

import aiomqtt
import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from monitor.kit.secrets import Secret
from monitor.model.delivery import Envelope, StateRecord
from monitor.model.errors import StoreError
from monitor.model.settings import MqttSettings
from monitor.ports import Clock
from monitor.sinks.mqtt import Command, MqttSink
from monitor.sinks.mqtt.losses import Patience
from tests.builders import FixedClock
from tests.outbox.making import an_event, envelopes_of, prepared
from tests.servers.mosquitto import Mosquitto


class Subscriber:
    """An independent client (paho's own thread) with a session that survives both its ends."""

    def __init__(self, broker: Mosquitto, topic: str = "queuewatch/#", name: str = "witness") -> None:
        self.messages: list[tuple[str, bytes, bool, list[tuple[str, str]]]] = []
        self.lives: list[int | None] = []
        self._topic = topic
        self._client = paho.Client(CallbackAPIVersion.VERSION2, client_id=name, protocol=paho.MQTTv5)
        self._client.username_pw_set(broker.username, broker.password)
        self.subscribed = False
        self._client.on_connect = self._subscribe
        self._client.on_subscribe = self._note_subscribed
        self._client.on_message = self._take
        self._client.reconnect_delay_set(1, 1)
        keep = Properties(PacketTypes.CONNECT)
        keep.SessionExpiryInterval = 3600
        self._client.connect(broker.host, broker.port, keepalive=5, clean_start=False, properties=keep)
        self._client.loop_start()

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def payloads(self) -> dict[str, bytes]:
        """The newest payload seen on each topic."""
        return {topic: payload for topic, payload, *_ in self.messages}

    def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> None:
        """Say something, and wait until the broker has it."""
        self._client.publish(topic, payload, 1, retain).wait_for_publish(10)

    def events(self) -> list[tuple[str, int, str]]:
        """(subject, sequence, id) of what passed on the event topic."""
        bodies = [json.loads(payload) for topic, payload, *_ in self.messages if topic.endswith("/event")]
        return [(body["subject"], int(body["sequence"]), body["id"]) for body in bodies]

    def states(self) -> dict[str, list[int]]:
        """The sequences seen on each state topic, in order."""
        found: dict[str, list[int]] = defaultdict(list)
        for topic, payload, *_ in self.messages:
            if "/state/" in topic and payload:
                found[topic].append(int(json.loads(payload)["sequence"]))
        return dict(found)

    def _subscribe(self, client, userdata, flags, reason, properties):
        client.subscribe(self._topic, qos=1)

    def _note_subscribed(self, client, userdata, mid, codes, properties):
        self.subscribed = True

    def _take(self, client, userdata, message):
        pairs = getattr(message.properties, "UserProperty", [])
        self.lives.append(getattr(message.properties, "MessageExpiryInterval", None))
        self.messages.append((message.topic, message.payload, message.retain, pairs))


async def kept(broker: Mosquitto) -> dict[str, bytes]:
    """Return what the broker has retained, as a stranger sees it who comes now."""
    mark = f"mark/{time.monotonic_ns()}"
    stranger = Subscriber(broker, "#", name=mark)
    await until(lambda: stranger.subscribed)
    stranger.publish(mark, b"!")  # what is retained has been said before it
    await until(lambda: mark in stranger.payloads())
    stranger.close()
    return {topic: payload for topic, payload, retained, _ in stranger.messages if retained}


@contextlib.asynccontextmanager
async def saying(reason: int, broker: Mosquitto) -> AsyncIterator[int]:
    """A relay before `broker` that gives `reason` when it closes a connection; yields the relay's port."""

    async def copy(source: asyncio.StreamReader, sink: asyncio.StreamWriter, last: bytes = b"") -> None:
        with contextlib.suppress(ConnectionError):
            while data := await source.read(4096):
                sink.write(data)
            sink.write(last)
        sink.close()

    async def relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        upstream, up = await asyncio.open_connection(broker.host, broker.port)
        async with asyncio.TaskGroup() as group:
            group.create_task(copy(reader, up))
            group.create_task(copy(upstream, writer, bytes([0xE0, 1, reason])))  # DISCONNECT

    async with await asyncio.start_server(relay, broker.host) as server:
        yield server.sockets[0].getsockname()[1]


def settings(broker: Mosquitto, **changes) -> MqttSettings:
    """Return how to reach `broker`."""
    return MqttSettings(
        **{
            "name": "andon",
            "host": broker.host,
            "port": broker.port,
            "username": broker.username,
            "password": Secret(broker.password),
            "keepalive": 5,
            **changes,
        }
    )


async def until(holds, within: float = 30.0) -> None:
    """Wait until `holds()`."""
    deadline = time.monotonic() + within
    while not holds():
        assert time.monotonic() < deadline, "not in time"
        await asyncio.sleep(0.02)


def a_state(number: int = 0, sequence: int = 1) -> StateRecord:
    """Return what is shown of one alert."""
    state = prepared(an_event(number, sequence), "andon").state
    assert state is not None
    return state


def an_envelope(number: int = 0, sequence: int = 1) -> Envelope:
    """Return an envelope for the broker."""
    return envelopes_of([an_event(number, sequence)], "andon")[0]


class Bench:
    """A running sink, and how often it said that it is connected."""

    def __init__(
        self,
        configured: MqttSettings,
        states: Sequence[StateRecord] = (),
        *,
        patience: Patience | None = None,
        clock: Clock | None = None,
        command: Callable[[Command], Awaitable[str]] | None = None,
    ) -> None:
        self.connections = 0
        self.shown = list(states)
        self.store_error: StoreError | None = None
        self.clock = clock or FixedClock()
        self.sink = MqttSink(
            configured,
            instance="one",
            clock=self.clock,
            states=self._states,
            connected=self._connected,
            orgs=("acme", "b/c"),
            command=command,
            patience=patience,
        )

    def _connected(self) -> None:
        self.connections += 1

    async def _states(self) -> list[StateRecord]:
        if self.store_error is not None:
            raise self.store_error
        return self.shown


def cut(sink: MqttSink) -> None:
    """End the connection under the sink's client."""
    client = sink._client
    assert client is not None
    socket = client._client.socket()
    assert isinstance(socket, Socket)
    socket.shutdown(SHUT_RDWR)


@contextlib.asynccontextmanager
async def running(
    configured: MqttSettings, states: Sequence[StateRecord] = (), *, wait: bool = True, **rest
) -> AsyncIterator[Bench]:
    """Keep a sink connected; no task of the loop may end with an error nobody saw."""
    noise: list[dict] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: noise.append(context))
    bench = Bench(configured, states, **rest)
    async with asyncio.TaskGroup() as group:
        group.create_task(bench.sink.run())
        if wait:
            await until(lambda: bench.connections > 0, within=5)
        try:
            yield bench
        finally:
            await bench.sink.close()
    await asyncio.sleep(0)
    assert noise == [], noise


@contextlib.asynccontextmanager
async def a_rival(broker: Mosquitto) -> AsyncIterator[None]:
    """Another client with the sink's id, perhaps thrown out before it leaves: nobody misses it."""
    client = aiomqtt.Client(
        broker.host,
        broker.port,
        username=broker.username,
        password=broker.password,
        identifier="queuewatch-one-andon",
        protocol=aiomqtt.ProtocolVersion.V5,
    )
    with contextlib.suppress(aiomqtt.MqttError):
        async with client:
            client._disconnected.add_done_callback(lambda lost: lost.cancelled() or lost.exception())
            yield
