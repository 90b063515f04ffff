"""The MQTT sink and a broker that does not trust everybody: certificates, access lists, one id for one."""

# ruff: noqa: SLF001  (how often it has failed is nobody's business but a test's)

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import structlog

from monitor.kit.secrets import Secret
from monitor.model.delivery import Delivered, Retry
from monitor.model.settings import TlsSettings
from monitor.sinks.mqtt.losses import Patience
from monitor.sinks.mqtt.refusals import DISPLACED
from tests.kit.authority import Authority
from tests.servers.mosquitto import Mosquitto
from tests.sinks.witness import (
    Subscriber,
    a_rival,
    a_state,
    an_envelope,
    cut,
    running,
    saying,
    settings,
    until,
)

pytestmark = pytest.mark.servers

OURS = "topic readwrite queuewatch/instance/#"
EVENTS = "topic readwrite queuewatch/acme/event"
ALL = "topic readwrite queuewatch/#"
IMPATIENT = Patience(first=0.01, drops=10)


@pytest.fixture
def guarded(tmp_path: Path) -> Iterator[Mosquitto]:
    """A broker with an access list: we may say that we are there, and pass events by, but keep no state."""
    with Mosquitto(tmp_path / "guarded", acl=[OURS, EVENTS]) as broker:
        yield broker


async def test_a_denied_publish_is_noticed(guarded: Mosquitto):
    """The library would call it published: it is a retry that names the topic and what to do."""
    witness = Subscriber(guarded, "queuewatch/acme/event")
    with structlog.testing.capture_logs() as logs:
        async with running(settings(guarded), [a_state(1)]) as bench:
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


async def test_a_denied_publish_goes_once_the_acl_is_extended(guarded: Mosquitto):
    """The same envelope arrives, over the same connection, as soon as the broker has read its list again."""
    envelope = an_envelope()
    async with running(settings(guarded)) as bench:
        denied = await bench.sink.send(envelope)
        guarded.permit(ALL)
        async with asyncio.timeout(10):
            while await bench.sink.send(envelope) != Delivered():
                await asyncio.sleep(0.05)
        assert bench.connections == 1
        late = Subscriber(guarded, "queuewatch/+/state/#", name="late")
        await until(lambda: len(late.messages) == 1)
    late.close()
    assert isinstance(denied, Retry)
    assert late.messages[0][1] == envelope.body


async def test_only_a_new_refusal_is_reported_again(guarded: Mosquitto):
    """A greeting without one in between; a broker that goes on to refuse is not complained about for ever."""
    reported, outcomes = [], []
    with structlog.testing.capture_logs() as logs:
        async with running(settings(guarded), [a_state()], patience=IMPATIENT) as bench:
            for connections, rules in enumerate(([OURS, EVENTS], [ALL], [OURS, EVENTS]), start=2):
                guarded.permit(*rules)
                cut(bench.sink)
                await until(lambda connections=connections: bench.connections == connections)
                reported.append([line["event"] for line in logs].count("greeting.refused"))
                outcomes.append(await bench.sink.send(an_envelope()))
    assert reported == [1, 1, 2]
    assert [type(outcome) for outcome in outcomes] == [Retry, Delivered, Retry]


async def test_a_broker_that_does_not_let_us_say_online_still_gets_events(tmp_path: Path):
    """The availability topic is a courtesy; without it events go."""
    with Mosquitto(tmp_path / "guarded", acl=["topic readwrite queuewatch/acme/#"]) as broker:
        async with running(settings(broker)) as bench:
            assert await bench.sink.send(an_envelope()) == Delivered()


async def test_another_client_with_our_id_is_reported(mosquitto: Mosquitto):
    """Once, with what to do; and we do not throw it out again at once."""
    patience = Patience(first=0.1)
    with structlog.testing.capture_logs() as logs:
        async with (
            saying(DISPLACED, mosquitto) as port,
            running(settings(mosquitto, port=port), patience=patience) as bench,
        ):
            async with a_rival(mosquitto):
                await until(lambda: len(logs) > 0)
                await asyncio.sleep(5 * patience.first)
                assert bench.connections == 1
            assert isinstance(await bench.sink.send(an_envelope()), Retry)
    (line,) = logs
    assert line["event"] == "mqtt.displaced"
    assert line["client_id"] == "queuewatch-one-andon"
    assert "instance" in line["hint"]
    assert "perhaps" not in line["hint"]


@pytest.mark.parametrize("version", ["5", "3.1.1"])
async def test_a_fight_over_our_id_is_noticed_though_the_broker_keeps_silent(
    mosquitto: Mosquitto, version: str
):
    """Mosquitto before 2.0.15 just closes: three short connections in a row, and we stop throwing it out."""
    patience = Patience(first=0.01)
    with structlog.testing.capture_logs() as logs:
        async with running(settings(mosquitto, version=version), patience=patience) as bench:
            for times in range(1, patience.drops + 1):
                await until(lambda times=times: bench.connections == times)
                async with a_rival(mosquitto):
                    await until(lambda times=times: bench.sink._losses._drops == times)
            assert isinstance(await bench.sink.send(an_envelope()), Retry)
            assert bench.connections == patience.drops
    said = [line["event"] for line in logs if line["event"] not in {"mqtt.recovered", "mqtt.limited"}]
    assert said == ["mqtt.failed", "mqtt.displaced"]
    assert "perhaps another client" in logs[-1]["hint"]


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """An authority of our own."""
    return Authority(tmp_path_factory.mktemp("certificates"))


@pytest.fixture(scope="module")
def client(authority: Authority) -> TlsSettings:
    """What a client needs that the authority trusts."""
    identity = authority.issue("client", usage="clientAuth")
    return TlsSettings(ca_file=authority.file, cert_file=identity.certificate, key_file=identity.key)


@pytest.fixture
def walled(tmp_path: Path, authority: Authority) -> Iterator[Mosquitto]:
    """A broker that wants all of it: TLS, a certificate, a user name and a place in its access list."""
    identity = authority.issue("server")
    with Mosquitto(
        tmp_path / "walled", identity=identity, clients=authority.file, acl=[ALL, "topic read $SYS/#"]
    ) as broker:
        yield broker


@pytest.mark.parametrize("version", ["5", "3.1.1"])
async def test_tls_a_certificate_a_user_and_an_access_list(
    walled: Mosquitto, client: TlsSettings, version: str
):
    """With everything the broker asks for, and only then, events go."""
    async with running(settings(walled, tls=client, version=version)) as bench:
        assert await bench.sink.send(an_envelope()) == Delivered()


@pytest.mark.parametrize(
    ("without", "words"),
    [
        ({"ca_file": None}, "CERTIFICATE_VERIFY_FAILED"),
        ({"ca_file": "stranger"}, "CERTIFICATE_VERIFY_FAILED"),
        ({"ca_file": "/nowhere/absent.pem"}, "absent.pem"),
        ({"cert_file": None, "key_file": None}, "the broker closed the connection"),
    ],
)
async def test_tls_verifies_both_sides(
    walled: Mosquitto, client: TlsSettings, tmp_path: Path, without: dict[str, str | None], words: str
):
    """A server we cannot verify gets neither our password nor an event; one that cannot verify us, none."""
    if without.get("ca_file") == "stranger":
        without = {"ca_file": Authority(tmp_path, "stranger").file}
    async with running(settings(walled, tls=replace(client, **without)), wait=False) as bench:
        await until(lambda: bench.sink._losses._failures > 0, within=5)
        outcome = await bench.sink.send(an_envelope())
        assert bench.connections == 0
    assert isinstance(outcome, Retry)
    assert outcome.reason == "disconnected"
    assert words in outcome.detail


async def test_a_certificate_alone_is_not_enough(walled: Mosquitto, client: TlsSettings):
    """The user name counts, too, and the broker's word is passed on."""
    wrong = settings(walled, tls=client, password=Secret("guessed"))
    async with running(wrong, wait=False) as bench:
        await until(lambda: bench.sink._losses._failures > 0)
        outcome = await bench.sink.send(an_envelope())
    assert isinstance(outcome, Retry)
    assert "Not authorized" in outcome.detail


async def test_two_destinations_on_one_broker_leave_each_other_alone(mosquitto: Mosquitto):
    """A broker throws out whoever has the id of another; both stay, and both are told."""
    here, there = (settings(mosquitto, name=f"{name}/mqtt", prefix=name) for name in ("wall", "desk"))
    async with running(here) as one, running(there) as other:
        for _ in range(5):
            assert await one.sink.send(an_envelope()) == Delivered()
            assert await other.sink.send(an_envelope()) == Delivered()
        assert (one.connections, other.connections) == (1, 1)
