"""The broker is killed in the middle of a stream of events; nothing is lost and nothing goes back."""

import asyncio
import json
import time
from collections import defaultdict
from pathlib import Path
from random import Random

import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from monitor.kit.clock import SystemClock
from monitor.kit.secrets import Secret
from monitor.kit.tasks import supervise
from monitor.model.settings import MqttSettings
from monitor.outbox.relay import Relay
from monitor.sinks.mqtt import MqttSink
from monitor.store.sqlite import SqliteStore
from tests.builders import RecordingTelemetry
from tests.outbox.making import an_event, prepared
from tests.servers.mosquitto import Mosquitto

pytestmark = pytest.mark.servers


class Subscriber:
    """An independent client (paho's own thread) with a session that survives both its ends."""

    def __init__(self, broker: Mosquitto, topic: str = "queuewatch/#", name: str = "witness") -> None:
        self.messages: list[tuple[str, bytes, bool, list[tuple[str, str]]]] = []
        self._topic = topic
        self._client = paho.Client(CallbackAPIVersion.VERSION2, client_id=name, protocol=paho.MQTTv5)
        self._client.username_pw_set(broker.username, broker.password)
        self._client.on_connect = self._subscribe
        self._client.on_message = self._take
        self._client.reconnect_delay_set(1, 1)
        keep = Properties(PacketTypes.CONNECT)
        keep.SessionExpiryInterval = 3600
        self._client.connect(broker.host, broker.port, keepalive=5, clean_start=False, properties=keep)
        self._client.loop_start()

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def events(self) -> list[tuple[str, int, str]]:
        """(subject, sequence, id) of what passed on the event topic."""
        bodies = [json.loads(payload) for topic, payload, *_ in self.messages if topic.endswith("/event")]
        return [(body["subject"], int(body["sequence"]), body["id"]) for body in bodies]

    def states(self) -> dict[str, list[int]]:
        """The sequences seen on each state topic, in order."""
        found: dict[str, list[int]] = defaultdict(list)
        for topic, payload, *_ in self.messages:
            if "/state/" in topic:
                found[topic].append(int(json.loads(payload)["sequence"]))
        return dict(found)

    def _subscribe(self, client, userdata, flags, reason, properties):
        client.subscribe(self._topic, qos=1)

    def _take(self, client, userdata, message):
        pairs = getattr(message.properties, "UserProperty", [])
        self.messages.append((message.topic, message.payload, message.retain, pairs))


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


async def test_nothing_is_lost_when_the_broker_is_killed(
    mosquitto: Mosquitto, tmp_path: Path, caplog: pytest.LogCaptureFixture
):
    """Two kills during 600 events: each arrives, the retained states are the last, none ever goes back."""
    keys, rounds = 20, 30
    witness = Subscriber(mosquitto)
    noise: list[dict] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: noise.append(context))
    async with SqliteStore(str(tmp_path / "state.db")) as store, asyncio.TaskGroup() as group:
        relays: list[Relay] = []
        sink = MqttSink(
            settings(mosquitto),
            instance="one",
            states=store.states,
            connected=lambda: relays[0].wake("andon"),
        )
        relay = Relay(
            store=store,
            sinks={"andon": sink},
            clock=SystemClock(),
            telemetry=RecordingTelemetry(),
            random=Random(1),
        )
        relays.append(relay)
        connection = group.create_task(sink.run())
        for run in relay.workers().values():
            group.create_task(supervise("relay", run))
        sent: dict[str, str] = {}
        for sequence in range(1, rounds + 1):
            for number in range(keys):
                event = an_event(number, sequence, occurred_at=SystemClock().now())
                sent[event.id] = event.entity.key
                await store.commit([], *prepared(event, "andon"))
            relay.wake()
            if sequence in (8, 20):
                await asyncio.sleep(0.05)
                mosquitto.kill()
            if sequence in (12, 24):
                await asyncio.sleep(0.5)
                mosquitto.start()
            await asyncio.sleep(0.02)
        await until(lambda: {id_ for *_, id_ in witness.events()} == set(sent))
        await until(lambda: all(seen[-1] == rounds for seen in witness.states().values()))
        await relay.drain(2)
        (backlog,) = await store.backlog()
        await sink.close()
        await connection
    witness.close()

    assert backlog.depth == 0
    assert backlog.dead == 0
    assert len(witness.states()) == keys
    for topic, seen in witness.states().items():
        assert seen == sorted(seen), f"{topic} went back"
    first_seen: dict[str, list[int]] = defaultdict(list)
    for subject, sequence, _ in witness.events():
        if sequence not in first_seen[subject]:
            first_seen[subject].append(sequence)
    assert all(seen == list(range(1, rounds + 1)) for seen in first_seen.values())
    assert noise == []

    late = Subscriber(mosquitto, name="late")
    await until(lambda: len(late.messages) >= keys + 1)
    await asyncio.sleep(0.2)
    late.close()
    retained = {topic: payload for topic, payload, retain, _ in late.messages if retain}
    assert len(retained) == keys + 1
    assert retained.pop("queuewatch/instance/one/availability") == b"offline"
    assert {json.loads(payload)["sequence"] for payload in retained.values()} == {str(rounds)}
