"""The MQTT sink against a real broker: what it shows, what it refuses to say, and what it gets over."""

# ruff: noqa: SLF001  (a lost socket cannot be had through the port)

import asyncio
import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import structlog
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from monitor.kit.secrets import Secret
from monitor.model.alert import EventKind
from monitor.model.delivery import Delivered, Outcome, Rejected, Retry, StateRecord
from monitor.model.errors import StoreError
from monitor.model.settings import MqttSettings
from monitor.sinks import topics
from monitor.sinks.mqtt import MqttSink
from monitor.sinks.mqtt.client import About
from monitor.sinks.mqtt.losses import Patience
from monitor.sinks.mqtt.refusals import ConnectionLost
from tests.builders import FixedClock
from tests.outbox.making import an_entity
from tests.servers.mosquitto import Mosquitto
from tests.sinks.witness import Bench, Subscriber, a_state, an_envelope, cut, kept, running, settings, until

pytestmark = pytest.mark.servers

AVAILABILITY = "queuewatch/instance/one/availability"
HEARTBEAT = "queuewatch/instance/one/heartbeat"
STATE = topics.state("queuewatch", "acme", "ServiceLevelLow", an_entity().key)


async def test_an_event_passes_by_and_stays(mosquitto: Mosquitto):
    """The same bytes on the event topic and, retained, on the state topic; id and sequence as properties."""
    envelope = an_envelope()
    witness = Subscriber(mosquitto)
    async with running(settings(mosquitto)) as bench:
        assert await bench.sink.send(envelope) == Delivered()
        await until(lambda: len(witness.messages) >= 3)
    await until(lambda: len(witness.messages) >= 4)
    witness.close()
    assert [(topic, payload) for topic, payload, *_ in witness.messages] == [
        (AVAILABILITY, b"online"),
        ("queuewatch/acme/event", envelope.body),
        (STATE, envelope.body),
        (AVAILABILITY, b"offline"),
    ]
    assert witness.messages[1][3] == [("id", envelope.event_id), ("sequence", "1")]
    late = Subscriber(mosquitto, name="late")
    await until(lambda: len(late.messages) >= 2)
    late.close()
    assert {topic: payload for topic, payload, *_ in late.messages} == {
        STATE: envelope.body,
        AVAILABILITY: b"offline",
    }


async def test_the_broker_says_offline_for_a_daemon_that_died(mosquitto: Mosquitto):
    """The last will: nobody has to guess from silence."""
    witness = Subscriber(mosquitto, AVAILABILITY)
    async with running(settings(mosquitto)) as bench:
        cut(bench.sink)
        await until(lambda: (AVAILABILITY, b"offline") in [message[:2] for message in witness.messages])
        await until(lambda: bench.connections == 2)
        await until(lambda: witness.messages[-1][1] == b"online")
    witness.close()


async def test_after_connecting_everything_is_shown(mosquitto: Mosquitto):
    """A broker that forgot everything has every retained state before the relay is told to go on."""
    states = [a_state(number, 5) for number in range(105)]
    witness = Subscriber(mosquitto, "queuewatch/+/state/#")
    async with running(settings(mosquitto), states):
        await until(lambda: len(witness.messages) == 105)
    witness.close()
    assert {payload for _, payload, *_ in witness.messages} == {state.body for state in states}


async def test_a_retained_state_never_goes_back(mosquitto: Mosquitto):
    """An older event from the backlog passes on the event topic only."""
    states = [a_state(0, 5)]
    witness = Subscriber(mosquitto)
    async with running(settings(mosquitto), states) as bench:
        for sequence in (3, 4, 5, 6):
            assert await bench.sink.send(an_envelope(0, sequence)) == Delivered()
        await until(lambda: len(witness.events()) == 4)
        await until(lambda: [seen[-1] for seen in witness.states().values()] == [6])
    witness.close()
    assert [sequence for _, sequence, _ in witness.events()] == [3, 4, 5, 6]
    ((_, seen),) = witness.states().items()
    assert seen == sorted(seen)


async def test_what_is_too_large_is_not_sent(tmp_path: Path):
    """The broker would close the connection; the connection goes on and the envelope is rejected."""
    with Mosquitto(tmp_path / "own", extra=["max_packet_size 1500"]) as broker:
        async with running(settings(broker)) as bench:
            outcome = await bench.sink.send(replace(an_envelope(), body=b"x" * 1400))
            assert isinstance(outcome, Rejected)
            assert outcome.reason == "too_large"
            assert await bench.sink.send(replace(an_envelope(1), body=b"x" * 900)) == Delivered()
            assert bench.connections == 1


async def test_without_a_connection_a_try_fails_at_once():
    """And says why there is none; the first failure is logged, the many after it are not."""
    nobody = MqttSettings(name="andon", host="127.0.0.1", port=1)
    with structlog.testing.capture_logs() as logs:
        async with running(nobody, wait=False) as bench:
            await asyncio.sleep(1.2)
            outcome = await bench.sink.send(an_envelope())
    assert isinstance(outcome, Retry)
    assert outcome.reason == "disconnected"
    assert "refused" in outcome.detail
    assert [line["event"] for line in logs] == ["mqtt.failed"]


async def test_a_wrong_password_is_said(mosquitto: Mosquitto):
    """The broker's word is passed on, the password is not."""
    wrong = settings(mosquitto, password=Secret("guessed"))
    with structlog.testing.capture_logs() as logs:
        async with running(wrong, wait=False) as bench:
            await until(lambda: len(logs) > 0)
            outcome = await bench.sink.send(an_envelope())
    assert isinstance(outcome, Retry)
    assert "Not authorized" in outcome.detail
    assert "guessed" not in str(logs)


async def test_a_store_that_cannot_be_read_delays_the_connection(mosquitto: Mosquitto):
    """Without the states nothing could be shown in the right order: try again until the store answers."""
    with structlog.testing.capture_logs() as logs:
        async with running(settings(mosquitto), wait=False) as bench:
            bench.store_error = StoreError("state.db: the disk is broken")
            await until(lambda: len(logs) == 1)
            assert bench.connections == 0
            bench.store_error = None
            await until(lambda: bench.connections == 1)
            assert await bench.sink.send(an_envelope()) == Delivered()
    assert [line["event"] for line in logs] == ["mqtt.failed", "mqtt.recovered"]


async def test_a_frozen_broker_ends_in_a_retry(mosquitto: Mosquitto):
    """No answer: the bound ends the try."""
    async with running(settings(mosquitto), patience=Patience(answer=0.3)) as bench:
        mosquitto.freeze()
        outcome = await bench.sink.send(an_envelope())
        assert outcome == Retry(reason="timeout", detail="the broker did not answer within 0 s")
        mosquitto.thaw()


async def test_a_dying_broker_ends_waiting_tries_at_once(mosquitto: Mosquitto):
    """What waits for a frozen broker fails as soon as that is gone, and goes when it is back."""
    async with running(settings(mosquitto)) as bench:
        loop = asyncio.get_running_loop()
        mosquitto.freeze()
        async with asyncio.TaskGroup() as group:
            waiting: asyncio.Task[Outcome] = group.create_task(bench.sink.send(an_envelope(1)))
            await asyncio.sleep(0.1)
            mosquitto.kill()
            died = loop.time()
        assert isinstance(waiting.result(), Retry)
        assert loop.time() - died < 1

        mosquitto.start()
        await until(lambda: bench.connections == 2)
        assert await bench.sink.send(an_envelope()) == Delivered()


async def test_a_connection_the_broker_ends_at_once_is_not_waited_for():
    """A DISCONNECT right behind the CONNACK: paho takes itself for connected, and no answer would come."""

    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(bytes([0x20, 3, 0, 0, 0]) + bytes([0xE0, 1, 0x8B]))  # accepted; server shutting down
        await reader.read()
        writer.close()

    async with await asyncio.start_server(refuse, "127.0.0.1") as server:
        port = server.sockets[0].getsockname()[1]
        hasty = MqttSettings(name="andon", host="127.0.0.1", port=port)
        async with running(hasty, wait=False) as bench:
            await until(lambda: bench.sink._losses._failures == 2, within=5)
            assert bench.connections == 0
            assert "shutting down" in bench.sink._losses.trouble


async def test_what_comes_after_the_connection_was_lost_is_not_waited_for(mosquitto: Mosquitto):
    """A publish or a subscription that no broker will answer any more fails at once."""
    async with running(settings(mosquitto)) as bench:
        client = bench.sink._client
        assert client is not None
        cut(bench.sink)
        with pytest.raises(ConnectionLost):
            await client.lost()
        answers = [client.post("queuewatch/x", b""), client.follow("queuewatch/x")]
        assert all(isinstance(answer.exception(), ConnectionLost) for answer in answers)


async def test_closing_during_the_greeting_says_offline_too(mosquitto: Mosquitto):
    """The loop does not go on with a connection that nobody would close."""
    witness = Subscriber(mosquitto, AVAILABILITY)
    reading, read = asyncio.Event(), asyncio.Event()

    async def states() -> list[StateRecord]:
        reading.set()
        await read.wait()
        return []

    sink = MqttSink(
        settings(mosquitto), instance="one", clock=FixedClock(), states=states, connected=lambda: None
    )
    async with asyncio.timeout(5), asyncio.TaskGroup() as group:
        group.create_task(sink.run())
        await reading.wait()
        await sink.close()
        read.set()
    await until(lambda: [payload for _, payload, *_ in witness.messages] == [b"online", b"offline"])
    witness.close()


async def test_closing_is_quick_even_if_the_broker_is_frozen(mosquitto: Mosquitto):
    """Two seconds, not the broker's patience."""
    loop = asyncio.get_running_loop()
    bench = Bench(settings(mosquitto))
    async with asyncio.TaskGroup() as group:
        group.create_task(bench.sink.run())
        await until(lambda: bench.connections > 0, within=5)
        mosquitto.freeze()
        started = loop.time()
        await bench.sink.close()
    assert loop.time() - started < 2.5


async def test_offline_is_said_even_if_the_loop_was_cancelled_first(mosquitto: Mosquitto):
    """Whoever ends the tasks before the sinks does not leave `online` behind."""
    witness = Subscriber(mosquitto, AVAILABILITY)
    bench = Bench(settings(mosquitto))
    run = asyncio.get_running_loop().create_task(bench.sink.run())
    await until(lambda: bench.connections > 0, within=5)
    run.cancel()
    await asyncio.wait([run])
    await bench.sink.close()
    await until(lambda: [payload for _, payload, *_ in witness.messages] == [b"online", b"offline"])
    witness.close()


async def test_hostile_names_do_not_block_others(mosquitto: Mosquitto):
    """Wildcards, separators, NUL, surrogates, kilobytes: each is delivered to a topic of its own."""
    names = ["+", "#", "a/b", "$SYS", "a\0b", "", "\ud800", "ü" * 9000, "../..", "%2F"]
    witness = Subscriber(mosquitto, "queuewatch/+/state/#")
    async with running(settings(mosquitto)) as bench:
        for name in names:
            envelope = replace(an_envelope(), rule=name, entity=name)
            assert await bench.sink.send(envelope) == Delivered()
        await until(lambda: len(witness.messages) == len(names))
    witness.close()
    assert len({topic for topic, *_ in witness.messages}) == len(names)
    assert all(topic.count("/") == 4 for topic, *_ in witness.messages)
    assert json.loads(witness.messages[0][1])["specversion"] == "1.0"


async def test_what_is_gone_is_shown_no_more(mosquitto: Mosquitto):
    """Its last event passes by, its state topic is cleared: who comes later sees nothing of it."""
    fired, over = an_envelope(), replace(an_envelope(0, 2), gone=True)
    witness = Subscriber(mosquitto)
    async with running(settings(mosquitto)) as bench:
        assert await bench.sink.send(fired) == Delivered()
        assert set(await kept(mosquitto)) == {AVAILABILITY, STATE}
        assert await bench.sink.send(over) == Delivered()
        assert set(await kept(mosquitto)) == {AVAILABILITY}
        await until(lambda: witness.payloads().get(STATE) == b"")
        assert await bench.sink.send(fired) == Delivered()
        assert set(await kept(mosquitto)) == {AVAILABILITY}, "an older event does not bring it back"
        assert await bench.sink.send(an_envelope(0, 3)) == Delivered()
        assert set(await kept(mosquitto)) == {AVAILABILITY, STATE}, "a newer one does"
    witness.close()
    assert [sequence for _, sequence, _ in witness.events()] == [1, 2, 1, 3]


async def test_what_was_gone_while_we_were_away_is_cleared_first(mosquitto: Mosquitto):
    """A state without a body clears what an earlier run has left, and older events do not bring it back."""
    async with running(settings(mosquitto), [a_state(), a_state(1)]):
        assert len(await kept(mosquitto)) == 3
    tombstone = replace(a_state(0, 2), body=b"")
    async with running(settings(mosquitto), [tombstone]) as bench:
        assert set(await kept(mosquitto)) == {AVAILABILITY, STATE.replace("0000", "0001")}
        assert await bench.sink.send(an_envelope()) == Delivered()
        assert STATE not in await kept(mosquitto)


async def test_gone_is_delivered_only_when_both_are(tmp_path: Path):
    """Where the broker does not let us clear the topic, the envelope stays, and stays the tombstone."""
    allowed = ["topic readwrite queuewatch/instance/#", "topic readwrite queuewatch/acme/event"]
    with Mosquitto(tmp_path / "own", acl=allowed) as broker:
        async with running(settings(broker)) as bench:
            outcome = await bench.sink.send(replace(an_envelope(), gone=True))
    assert isinstance(outcome, Retry)
    assert outcome.reason == "denied"


async def test_what_was_left_out_is_counted(mosquitto: Mosquitto):
    """An envelope that took the place of others says of how many."""
    witness = Subscriber(mosquitto, "queuewatch/acme/event")
    async with running(settings(mosquitto)) as bench:
        assert await bench.sink.send(replace(an_envelope(0, 5), skipped=3)) == Delivered()
        await until(lambda: len(witness.messages) == 1)
    witness.close()
    assert ("skipped", "3") in witness.messages[0][3]


async def test_a_sign_of_life_has_a_topic_of_its_own(mosquitto: Mosquitto):
    """Not retained, and forgotten by the broker when it is no sign of life any more."""
    clock = FixedClock()
    alive = replace(an_envelope(), kind=EventKind.HEARTBEAT, expires_at=clock.now() + timedelta(seconds=90.5))
    witness = Subscriber(mosquitto, HEARTBEAT)
    async with running(settings(mosquitto), clock=clock) as bench:
        assert await bench.sink.send(alive) == Delivered()
        await until(lambda: len(witness.messages) == 1)
        clock.at += timedelta(seconds=91)
        late = await bench.sink.send(alive)
    witness.close()
    assert witness.messages[0][1:3] == (alive.body, False)
    life = witness.lives[0]
    assert life is not None
    assert 85 < life <= 91
    assert isinstance(late, Retry)
    assert late.reason == "expired"
    assert set(await kept(mosquitto)) == {AVAILABILITY}


async def test_the_older_version_of_the_protocol(mosquitto: Mosquitto):
    """The same topics, retained, will, tombstone, no properties; what it cannot see is said once."""
    over = replace(an_envelope(1, 2), gone=True)
    alive = replace(an_envelope(), kind=EventKind.HEARTBEAT, expires_at=FixedClock().now() + timedelta(60))
    witness = Subscriber(mosquitto)
    with structlog.testing.capture_logs() as logs:
        async with running(settings(mosquitto, version="3.1.1"), [a_state(1)]) as bench:
            for envelope in (an_envelope(), over, alive):
                assert await bench.sink.send(envelope) == Delivered()
            assert set(await kept(mosquitto)) == {AVAILABILITY, STATE}
            cut(bench.sink)
            await until(lambda: bench.connections == 2)
            assert await bench.sink.send(an_envelope()) == Delivered()
    await until(lambda: witness.messages[-1][1] == b"offline")
    witness.close()
    said = [payload for topic, payload, *_ in witness.messages if topic == AVAILABILITY]
    assert said == [b"online", b"offline", b"online", b"offline"]
    assert HEARTBEAT in witness.payloads()
    assert [line["event"] for line in logs].count("mqtt.limited") == 1


@pytest.mark.parametrize(
    ("user", "expiry"),
    [
        ([], None),
        ([("id", "evt_a"), ("sequence", "1"), ("skipped", "3")], None),
        ([("Wartezeit", "Hôtel 📞" * 40)], 120),
    ],
)
def test_properties_are_written_as_the_library_writes_them(user: list[tuple[str, str]], expiry: int | None):
    """They are packed by us, and once: a peer must see no difference."""
    theirs = Properties(PacketTypes.PUBLISH)
    theirs.ContentType = "application/cloudevents+json"
    if user:
        theirs.UserProperty = user
    if expiry is not None:
        theirs.MessageExpiryInterval = expiry
    about = About("application/cloudevents+json", user, expiry=expiry)
    assert about.pack() == theirs.pack()
    assert about.pack() is about.pack()
