"""The broker is killed in the middle of a stream of events; nothing is lost and nothing goes back."""

import asyncio
import json
from collections import defaultdict
from pathlib import Path
from random import Random

import pytest

from monitor.kit.clock import SystemClock
from monitor.kit.tasks import supervise
from monitor.outbox.relay import Relay
from monitor.sinks.mqtt import MqttSink
from monitor.sinks.mqtt.client import StrictClient
from monitor.store.sqlite import SqliteStore
from tests.builders import RecordingTelemetry
from tests.outbox.making import an_event, prepared
from tests.servers.mosquitto import Mosquitto
from tests.sinks.witness import Subscriber, settings, until

pytestmark = pytest.mark.servers


async def test_nothing_is_lost_when_the_broker_is_killed(  # noqa: C901  (one story)
    mosquitto: Mosquitto, tmp_path: Path
):
    """Two kills during 600 events: each arrives, the retained states are the last, none ever goes back."""
    keys, rounds = 20, 30
    published: dict[str, list[int]] = defaultdict(list)

    class Recording(StrictClient):
        def post(self, topic, payload, **rest):
            if "/state/" in topic:
                published[topic].append(int(json.loads(payload)["sequence"]))
            return super().post(topic, payload, **rest)

    witness = Subscriber(mosquitto)
    noise: list[dict] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: noise.append(context))
    async with SqliteStore(str(tmp_path / "state.db")) as store, asyncio.TaskGroup() as group:
        relays: list[Relay] = []
        sink = MqttSink(
            settings(mosquitto),
            instance="one",
            clock=SystemClock(),
            states=store.states,
            connected=lambda: relays[0].wake("andon"),
            client=Recording,
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
                await store.commit([], [prepared(event, "andon")])
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
    for topic, sequences in published.items():
        assert sequences == sorted(sequences), f"{topic} went back"
    for topic, seen in witness.states().items():
        # A killed broker repeats exactly what it does not remember to have sent.
        assert list(dict.fromkeys(seen)) == sorted(set(seen)), f"{topic} went back"
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
    assert {json.loads(payload)["sequence"] for payload in retained.values()} == {f"{rounds:016d}"}
