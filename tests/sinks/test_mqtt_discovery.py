"""What Home Assistant is shown: safe names, stable ids, and never an off or a 0 that nobody measured."""

import asyncio
import json
import re
from typing import Any

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from monitor.model.delivery import Delivered
from monitor.model.settings import MqttSettings
from monitor.sinks.mqtt.client import StrictClient
from monitor.sinks.mqtt.discovery import Discovery, Gauge, Sensor, node_id, pattern, shown_on
from monitor.sinks.mqtt.showcase import Showcase
from tests.servers.mosquitto import Mosquitto
from tests.sinks.witness import Subscriber, an_envelope, cut, kept, running, settings, until

BUILDER = Discovery(discovery="homeassistant", prefix="queuewatch", instance="one", version="1.2.3")
AVAILABILITY = "queuewatch/instance/one/availability"
_EVENTS = re.compile("/state/|/availability$")


def a_sensor(key: str = "q1/voice", *, on: bool | None = True, **changes: Any) -> Sensor:
    """A rule on a queue."""
    base = {"org": "acme", "rule": "ServiceLevelLow", "queue": "Support", "media": "voice"}
    return Sensor(entity_key=key, on=on, **{**base, **changes})


def a_gauge(
    queue_id: str = "q1", *, waiting: float | None = 3.0, service_level: float | None = 0.8765
) -> Gauge:
    """A queue."""
    return Gauge(
        org="acme",
        queue_id=queue_id,
        queue="Support",
        media="voice",
        waiting=waiting,
        service_level=service_level,
    )


def configs(messages: dict[str, bytes]) -> list[dict[str, Any]]:
    """The configurations among these, each with its state and its topic."""
    return [
        {**json.loads(body), "state": messages[json.loads(body)["state_topic"]], "topic": topic}
        for topic, body in messages.items()
        if topic.endswith("/config")
    ]


def test_a_rule_on_a_queue_is_a_problem():
    """One binary sensor, of a device per org, available as long as we are."""
    (config,) = configs(BUILDER.messages([a_sensor()], []))
    assert re.fullmatch(
        r"homeassistant/binary_sensor/queuewatch_one/rule_[0-9a-f]{12}/config", config["topic"]
    )
    assert config["device_class"] == "problem"
    assert config["state"] == b"ON"
    assert config["name"] == "ServiceLevelLow Support voice"
    assert config["default_entity_id"] == "binary_sensor.acme_servicelevellow_support_voice"
    assert config["availability_topic"] == AVAILABILITY
    assert config["state_topic"].startswith("queuewatch/acme/ha/queuewatch_one/rule_")
    assert config["device"]["name"] == "queuewatch acme"
    assert config["origin"] == {"name": "queuewatch", "sw_version": "1.2.3"}
    assert config["unique_id"].startswith("queuewatch_one_rule_")


def test_a_queue_is_two_sensors():
    """Waiting as a number, the service level in percent; on the same device."""
    waiting, level = configs(BUILDER.messages([], [a_gauge()]))
    assert (waiting["name"], waiting["state"]) == ("Support voice waiting", b"3")
    assert (level["name"], level["state"], level["unit_of_measurement"]) == (
        "Support voice service level",
        b"87.65",
        "%",
    )
    assert waiting["device"] == level["device"]
    assert waiting["unique_id"] != level["unique_id"]


@pytest.mark.parametrize("unknown", [None, float("nan"), float("inf")])
def test_what_is_unknown_is_neither_off_nor_nothing(unknown: float | None):
    """Home Assistant's word for it is `None`."""
    found = configs(BUILDER.messages([a_sensor(on=None)], [a_gauge(waiting=unknown, service_level=unknown)]))
    assert [one["state"] for one in found] == [b"None"] * 3
    known = configs(BUILDER.messages([a_sensor(on=False)], [a_gauge(waiting=0.0, service_level=0.0)]))
    assert [one["state"] for one in known] == [b"OFF", b"0", b"0"]


def test_a_new_name_keeps_the_entity():
    """What people have set up for it hangs on its id: a renamed queue keeps topic and id."""
    (old,) = configs(BUILDER.messages([a_sensor()], []))
    (new,) = configs(BUILDER.messages([a_sensor(queue="Help")], []))
    assert old["name"] != new["name"]
    assert (old["topic"], old["unique_id"]) == (new["topic"], new["unique_id"])


NAMES = st.text(st.characters(), max_size=40)


@given(NAMES, NAMES, NAMES, NAMES, NAMES)
def test_every_name_is_safe(instance: str, org: str, rule: str, key: str, queue: str):
    """Whatever the names hold, topics have no wildcard and no level more, and ids only what is allowed."""
    builder = Discovery(discovery="homeassistant", prefix="queuewatch", instance=instance, version="1")
    sensor = a_sensor(key, org=org, rule=rule, queue=queue)
    (config,) = configs(builder.messages([sensor], []))
    _, _, node, object_id, _ = config["topic"].split("/")
    assert re.fullmatch(r"[A-Za-z0-9_-]+", node)
    assert re.fullmatch(r"[A-Za-z0-9_-]+", object_id)
    assert re.fullmatch(r"binary_sensor\.[a-z0-9_]+", config["default_entity_id"])
    assert config["state_topic"].count("/") == 4
    assert not set(config["state_topic"]) & set("+#")
    assert pattern("homeassistant", instance).split("/")[2] == node


@given(st.lists(st.tuples(NAMES, NAMES, NAMES), unique=True, max_size=20))
def test_what_differs_stays_apart(entities: list[tuple[str, str, str]]):
    """Equal names for people, different ids for the machine."""
    sensors = [a_sensor(key, org=org, rule=rule) for org, rule, key in entities]
    found = configs(BUILDER.messages(sensors, []))
    assert len({one["unique_id"] for one in found}) == len(entities)


def test_instances_stay_apart():
    """Also those whose names look alike once made safe."""
    assert node_id("one") == "queuewatch_one"
    assert len({node_id("a b"), node_id("a_b"), node_id("a/b"), node_id("")}) == 4


@pytest.mark.parametrize(
    "topic",
    [
        "queuewatch/acme/state/ServiceLevelLow/q",
        "other/acme/ha/n/o",
        "queuewatch/acme/ha/n",
        "queuewatch/+/ha/n/o",
        "queuewatch/acme/ha/n/\x00",
        7,
        None,
    ],
)
def test_only_our_own_state_topics_are_followed(topic: object):
    """A configuration somebody else has put there does not make us clear anything of ours."""
    assert shown_on(json.dumps({"state_topic": topic}).encode(), "queuewatch") == ""


@given(st.binary() | st.text().map(str.encode) | st.just(b"[" * 100_000))
def test_no_configuration_disturbs_us(payload: bytes):
    """Whatever is retained there."""
    assert isinstance(shown_on(payload, "queuewatch"), str)


def showing(broker: Mosquitto, version: str = "5"):
    """A running sink with discovery."""
    return running(settings(broker, discovery="homeassistant", version=version))


async def until_kept(broker: Mosquitto, expected: dict[str, bytes]) -> None:
    """Wait until this is what is retained, besides our availability and alerts."""
    found: dict[str, bytes] = {}
    async with asyncio.timeout(20):
        while found != expected:
            retained = await kept(broker)
            found = {topic: body for topic, body in retained.items() if not _EVENTS.search(topic)}


@pytest.mark.servers
@pytest.mark.parametrize("version", ["5", "3.1.1"])
async def test_what_is_desired_is_retained(mosquitto: Mosquitto, version: str):
    """All of it, also what was said before we were connected; then the difference, then what is left."""
    first = BUILDER.messages([a_sensor(), a_sensor("q2/voice")], [a_gauge()])
    second = BUILDER.messages([a_sensor(on=False)], [a_gauge()])
    async with showing(mosquitto, version) as bench:
        await bench.sink.show(first)
        await until_kept(mosquitto, first)
        witness = Subscriber(mosquitto, "#")
        await until(lambda: len(witness.messages) == len(first) + 1)
        await bench.sink.show(second)
        await until_kept(mosquitto, second)
        changes = {topic: payload for topic, payload, retained, _ in witness.messages if not retained}
        witness.close()
    del changes[next(topic for topic in changes if topic.startswith("mark/"))]
    gone = {topic: b"" for topic in first if topic not in second}
    changed = {topic: body for topic, body in second.items() if first[topic] != body}
    assert {topic: body for topic, body in changes.items() if topic in first} == {**gone, **changed}
    assert len(changed) == 1


@pytest.mark.servers
async def test_what_an_earlier_run_has_left_is_cleared(mosquitto: Mosquitto):
    """Removed while we were away, and its state with it; not what belongs to somebody else."""
    first = BUILDER.messages([a_sensor(str(number)) for number in range(60)], [a_gauge()])
    second = BUILDER.messages([a_sensor("1")], [])
    async with showing(mosquitto) as bench:
        await bench.sink.show(first)
        await until_kept(mosquitto, first)
    other = Discovery(discovery="homeassistant", prefix="queuewatch", instance="two", version="1")
    foreign = {**other.messages([a_sensor()], []), "homeassistant/sensor/lamp/x/config": b"{}"}
    stranger = Subscriber(mosquitto, "none", name="stranger")
    for topic, body in foreign.items():
        stranger.publish(topic, body, retain=True)
    stranger.close()
    async with showing(mosquitto) as bench:
        assert await bench.sink.send(an_envelope()) == Delivered()
        await until_kept(mosquitto, {**first, **foreign})  # nothing goes before we know what is desired
        await bench.sink.show(second)
        await until_kept(mosquitto, {**second, **foreign})


class Quiet(StrictClient):
    """A connection that takes everything, and keeps what it was given."""

    def __init__(self) -> None:
        self.posts: list[tuple[str, bytes]] = []

    def post(self, topic, payload, **rest):
        self.posts.append((topic, payload))
        answer = asyncio.get_running_loop().create_future()
        answer.set_result(None)
        return answer


async def test_nothing_is_cleared_before_it_is_known_what_is_desired():
    """What an earlier run has left stays until we know our queues; then the rest of it goes."""
    showcase = Showcase("+", lambda payload: "", bound=1, log=structlog.get_logger())
    client = Quiet()
    async with asyncio.TaskGroup() as group:
        work = group.create_task(showcase.run())
        showcase.connected(client)
        for topic in ("a", "b"):
            showcase.take(topic, b"old", True)
        showcase.take("d", b"just said by somebody", False)
        await asyncio.sleep(0.01)
        assert client.posts == []
        showcase.show({"a": b"old", "c": b"new"})
        await asyncio.sleep(0.01)
        assert client.posts == [("b", b""), ("c", b"new")]
        work.cancel()


@pytest.mark.servers
async def test_a_broker_that_forgot_is_shown_everything_again(mosquitto: Mosquitto):
    """After every connect, and without being told again what is desired."""
    desired = BUILDER.messages([a_sensor()], [a_gauge()])
    async with showing(mosquitto) as bench:
        await bench.sink.show(desired)
        await until_kept(mosquitto, desired)
        vandal = Subscriber(mosquitto, "none", name="vandal")
        for topic in desired:
            vandal.publish(topic, b"", retain=True)
        vandal.close()
        cut(bench.sink)
        await until_kept(mosquitto, desired)


@pytest.mark.servers
async def test_a_denied_topic_is_said_once_and_stops_nothing(tmp_path):
    """The events go on; the refusal is not repeated with every change."""
    permitted = ["topic readwrite queuewatch/#"]
    with Mosquitto(tmp_path / "guarded", acl=permitted) as broker, structlog.testing.capture_logs() as logs:
        async with showing(broker) as bench:
            for on in (True, False, True):
                await bench.sink.show(BUILDER.messages([a_sensor(on=on), a_sensor("q2/voice", on=on)], []))
                await asyncio.sleep(0.1)
            await bench.sink.send(an_envelope())
    assert [line["event"] for line in logs] == ["showcase.refused"]


async def test_showing_without_a_connection_returns_at_once():
    """Nobody waits for a broker that is away, nor where Home Assistant is not wanted."""
    desired = BUILDER.messages([a_sensor()], [])
    async with asyncio.timeout(1):
        for discovery in ("homeassistant", None):
            nobody = MqttSettings(name="andon", host="127.0.0.1", port=1, discovery=discovery)
            async with running(nobody, wait=False) as bench:
                await bench.sink.show(desired)
