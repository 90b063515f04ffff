"""The MQTT sink against a real broker: what it shows, what it refuses to say, and what it gets over."""

# ruff: noqa: SLF001  (a lost socket cannot be had through the port)

import asyncio
import json
import subprocess
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
import structlog

from monitor.kit.secrets import Secret
from monitor.model.delivery import Delivered, Outcome, Rejected, Retry, StateRecord
from monitor.model.errors import StoreError
from monitor.model.settings import MqttSettings, TlsSettings
from monitor.sinks import mqtt
from monitor.sinks.mqtt import MqttSink
from tests.outbox.making import an_event, prepared
from tests.servers.mosquitto import Mosquitto
from tests.sinks.witness import Bench, Subscriber, a_rival, an_envelope, cut, running, saying, settings, until

pytestmark = pytest.mark.servers

AVAILABILITY = "queuewatch/instance/one/availability"


async def test_an_event_passes_by_and_stays(mosquitto: Mosquitto):
    """The same bytes on the event topic and, retained, on the state topic; id and sequence as properties."""
    envelope = an_envelope()
    witness = Subscriber(mosquitto)
    async with running(settings(mosquitto)) as bench:
        assert await bench.sink.send(envelope) == Delivered()
        await until(lambda: len(witness.messages) >= 3)
    await until(lambda: len(witness.messages) >= 4)
    witness.close()
    state = f"queuewatch/acme/state/ServiceLevelLow/{envelope.entity.replace('/', '%2F')}"
    assert [(topic, payload) for topic, payload, *_ in witness.messages] == [
        (AVAILABILITY, b"online"),
        ("queuewatch/acme/event", envelope.body),
        (state, envelope.body),
        (AVAILABILITY, b"offline"),
    ]
    assert witness.messages[1][3] == [("id", envelope.event_id), ("sequence", "1")]
    late = Subscriber(mosquitto, name="late")
    await until(lambda: len(late.messages) >= 2)
    late.close()
    assert {topic: payload for topic, payload, *_ in late.messages} == {
        state: envelope.body,
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
    states = [prepared(an_event(number, 5))[0][0] for number in range(105)]
    witness = Subscriber(mosquitto, "queuewatch/+/state/#")
    async with running(settings(mosquitto), states):
        await until(lambda: len(witness.messages) == 105)
    witness.close()
    assert {payload for _, payload, *_ in witness.messages} == {state.body for state in states}


async def test_a_retained_state_never_goes_back(mosquitto: Mosquitto):
    """An older event from the backlog passes on the event topic only."""
    states = [prepared(an_event(0, 5))[0][0]]
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


Brokers = Callable[..., AbstractAsyncContextManager[Mosquitto]]


@pytest.fixture
def broker_with(tmp_path: Path) -> Brokers:
    """A maker of brokers with configuration lines of their own."""

    @asynccontextmanager
    async def make(*extra: str) -> AsyncIterator[Mosquitto]:
        with Mosquitto(tmp_path / "own", extra=extra) as broker:
            yield broker

    return make


async def test_a_denied_publish_is_noticed(broker_with: Brokers, tmp_path: Path):
    """The library would call it published: it is a retry that names the topic and what to do."""
    acl = tmp_path / "acl"
    acl.write_text(
        "user queuewatch\ntopic readwrite queuewatch/instance/#\ntopic readwrite queuewatch/acme/event\n"
    )
    states = [prepared(an_event(1))[0][0]]
    async with broker_with(f"acl_file {acl}") as broker:
        witness = Subscriber(broker, "queuewatch/acme/event")
        with structlog.testing.capture_logs() as logs:
            async with running(settings(broker), states) as bench:
                outcomes = [await bench.sink.send(an_envelope()) for _ in range(3)]
                await until(lambda: len(witness.messages) == 1)
                await asyncio.sleep(0.2)
        witness.close()
    for outcome in outcomes:
        assert isinstance(outcome, Retry)
        assert outcome.reason == "denied"
        assert "does not let queuewatch publish to queuewatch/acme/state/ServiceLevelLow/" in outcome.detail
    assert len(witness.messages) == 1, "the event topic, which is allowed, is not told again and again"
    assert [line["event"] for line in logs] == ["greeting.refused"]


async def test_a_denied_publish_goes_once_the_acl_is_extended(
    broker_with: Brokers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """The retry of the same envelope is delivered and retained; only a new refusal is reported again."""
    monkeypatch.setattr(mqtt, "FIRST_PAUSE", 0.01)
    monkeypatch.setattr(mqtt, "DROPS", 10)
    acl, more = tmp_path / "acl", "user queuewatch\ntopic readwrite queuewatch/#\n"
    less = "user queuewatch\ntopic readwrite queuewatch/instance/#\ntopic readwrite queuewatch/acme/event\n"
    acl.write_text(less)
    reported, outcomes = [], []
    async with broker_with(f"acl_file {acl}") as broker:
        with structlog.testing.capture_logs() as logs:
            async with running(settings(broker), [prepared(an_event())[0][0]]) as bench:
                for connections, rules in enumerate((less, more, less), start=2):
                    acl.write_text(rules)
                    broker.reload()
                    cut(bench.sink)
                    await until(lambda connections=connections: bench.connections == connections)
                    reported.append([line["event"] for line in logs].count("greeting.refused"))
                    outcomes.append(await bench.sink.send(an_envelope()))
    assert reported == [1, 1, 2]
    assert [type(outcome) for outcome in outcomes] == [Retry, Delivered, Retry]


async def test_a_broker_that_does_not_let_us_say_online_still_gets_events(
    broker_with: Brokers, tmp_path: Path
):
    """The availability topic is a courtesy; without it events go."""
    acl = tmp_path / "acl"
    acl.write_text("user queuewatch\ntopic readwrite queuewatch/acme/#\n")
    async with broker_with(f"acl_file {acl}") as broker, running(settings(broker)) as bench:
        assert await bench.sink.send(an_envelope()) == Delivered()


async def test_what_is_too_large_is_not_sent(broker_with: Brokers):
    """The broker would close the connection; the connection goes on and the envelope is rejected."""
    async with broker_with("max_packet_size 1500") as broker, running(settings(broker)) as bench:
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


async def test_a_frozen_broker_ends_in_a_retry(mosquitto: Mosquitto, monkeypatch: pytest.MonkeyPatch):
    """No answer: the bound ends the try; when the connection dies, waiting tries fail at once."""
    async with running(settings(mosquitto)) as bench:
        loop = asyncio.get_running_loop()
        mosquitto.freeze()
        monkeypatch.setattr(mqtt, "BOUND", 0.3)
        outcome = await bench.sink.send(an_envelope())
        assert outcome == Retry(reason="timeout", detail="the broker did not answer within 0 s")
        monkeypatch.undo()

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


async def test_another_client_with_our_id_is_reported(mosquitto: Mosquitto):
    """Once, with what to do; and we do not throw it out again at once."""
    with structlog.testing.capture_logs() as logs:
        async with (
            saying(mqtt.DISPLACED, mosquitto) as port,
            running(settings(mosquitto, port=port)) as bench,
        ):
            async with a_rival(mosquitto):
                await until(lambda: len(logs) > 0)
                await asyncio.sleep(2 * mqtt.FIRST_PAUSE)
                assert bench.connections == 1
            assert isinstance(await bench.sink.send(an_envelope()), Retry)
    (line,) = logs
    assert line["event"] == "mqtt.displaced"
    assert line["client_id"] == "queuewatch-one"
    assert "instance" in line["hint"]
    assert "perhaps" not in line["hint"]


async def test_a_fight_over_our_id_is_noticed_though_the_broker_keeps_silent(
    mosquitto: Mosquitto, monkeypatch: pytest.MonkeyPatch
):
    """Mosquitto before 2.0.15 just closes: three short connections in a row, and we stop throwing it out."""
    monkeypatch.setattr(mqtt, "FIRST_PAUSE", 0.01)
    with structlog.testing.capture_logs() as logs:
        async with running(settings(mosquitto)) as bench:
            for times in range(1, mqtt.DROPS + 1):
                await until(lambda times=times: bench.connections == times)
                async with a_rival(mosquitto):
                    await until(lambda times=times: bench.sink._drops == times)
            assert isinstance(await bench.sink.send(an_envelope()), Retry)
            assert bench.connections == mqtt.DROPS
    assert [line["event"] for line in logs if line["event"] != "mqtt.recovered"] == [
        "mqtt.failed",
        "mqtt.displaced",
    ]
    assert "perhaps another client" in logs[-1]["hint"]


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
            await until(lambda: bench.sink._failures == 2, within=mqtt.BOUND / 2)
            assert bench.connections == 0
            assert "shutting down" in bench.sink._trouble


async def test_closing_during_the_greeting_says_offline_too(mosquitto: Mosquitto):
    """The loop does not go on with a connection that nobody would close."""
    witness = Subscriber(mosquitto, AVAILABILITY)
    reading, read = asyncio.Event(), asyncio.Event()

    async def states() -> list[StateRecord]:
        reading.set()
        await read.wait()
        return []

    sink = MqttSink(settings(mosquitto), instance="one", states=states, connected=lambda: None)
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


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An authority of our own, and a certificate of 127.0.0.1 and of a client, both signed by it."""
    folder = tmp_path_factory.mktemp("certificates")

    def openssl(*arguments: str) -> None:
        subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)

    key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2")
    ca = ("-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=critical,keyCertSign")
    openssl("req", "-x509", *key, "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=Test authority", *ca)
    for name in ("server", "client"):
        (folder / f"{name}.ext").write_text("subjectAltName=IP:127.0.0.1\nbasicConstraints=CA:FALSE\n")
        openssl("req", *key[:-2], "-keyout", f"{name}.key", "-out", f"{name}.csr", "-subj", f"/CN={name}")
        signing = ("-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2")
        openssl(
            "x509", "-req", "-in", f"{name}.csr", *signing, "-extfile", f"{name}.ext", "-out", f"{name}.pem"
        )
    return folder


async def test_tls_verifies_both_sides(broker_with: Brokers, certificates: Path):
    """With the right authority and a client certificate it works; without either it does not, and says so."""
    at = {name: str(certificates / name) for name in ("ca.pem", "client.pem", "client.key")}
    async with broker_with(
        f"cafile {certificates}/ca.pem",
        f"certfile {certificates}/server.pem",
        f"keyfile {certificates}/server.key",
        "require_certificate true",
    ) as broker:
        good = TlsSettings(ca_file=at["ca.pem"], cert_file=at["client.pem"], key_file=at["client.key"])
        async with running(settings(broker, tls=good)) as bench:
            assert await bench.sink.send(an_envelope()) == Delivered()
        for bad, words in [
            (TlsSettings(cert_file=at["client.pem"], key_file=at["client.key"]), "CERTIFICATE_VERIFY_FAILED"),
            (replace(good, ca_file=str(certificates / "absent.pem")), "absent.pem"),
        ]:
            async with running(settings(broker, tls=bad), wait=False) as bench:
                await until(lambda bench=bench: bench.sink._failures > 0)
                outcome = await bench.sink.send(an_envelope())
            assert isinstance(outcome, Retry)
            assert words in outcome.detail


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
