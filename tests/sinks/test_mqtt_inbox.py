"""Commands over a real broker: done once, answered always, and never one from the past or from a stranger."""

import asyncio
import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
import structlog
from standardwebhooks import Webhook

from monitor.kit.secrets import Secret
from monitor.model.errors import StoreError
from monitor.model.settings import CommandSettings, MqttSettings
from monitor.sinks.mqtt import Command, inbox
from monitor.sinks.mqtt.inbox import Inbox
from tests.builders import EPOCH, FixedClock
from tests.servers.mosquitto import Mosquitto
from tests.sinks.witness import Subscriber, an_envelope, cut, kept, running, settings, until

SECRET = Secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
TOPIC = "queuewatch/acme/command"
OPEN, SIGNED = CommandSettings(), CommandSettings(secret=SECRET)


def asked(id: str = "c1", at: datetime = EPOCH, **changes: Any) -> dict[str, Any]:
    """An acknowledgement."""
    base = {"id": id, "at": at.isoformat(), "command": "acknowledge", "owner": "kim", "org": "acme"}
    return {**base, "rule": "ServiceLevelLow", "entity": "q/voice", **changes}


def signed(id: str = "c1", **changes: Any) -> dict[str, Any]:
    """The same, signed by an independent library."""
    text = json.dumps(asked(id, **changes))
    signature = Webhook(SECRET.reveal()).sign(id, EPOCH, text)
    return {"id": id, "timestamp": int(EPOCH.timestamp()), "payload": text, "signature": signature}


class Desk:
    """Does what is asked: keeps it, and answers `problem`, or raises it."""

    def __init__(self) -> None:
        self.done: list[Command] = []
        self.problem: str | StoreError = ""

    async def __call__(self, command: Command) -> str:
        self.done.append(command)
        if isinstance(self.problem, StoreError):
            raise self.problem
        return self.problem


class Person:
    """Asks, and waits for the answers."""

    def __init__(self, broker: Mosquitto) -> None:
        self._client = Subscriber(broker, "queuewatch/+/answer", name="person")

    async def ask(self, message: object, topic: str = TOPIC, *, retain: bool = False) -> dict[str, Any]:
        """Return the answer."""
        seen = len(self._client.messages)
        self.say(message, topic, retain=retain)
        await until(lambda: len(self._client.messages) > seen)
        answered, payload, *_ = self._client.messages[-1]
        assert answered == topic.replace("/command", "/answer")
        answer: dict[str, Any] = json.loads(payload)
        assert answer["ok"] is not bool(answer["problem"])
        return answer

    def say(self, message: object, topic: str = TOPIC, *, retain: bool = False) -> None:
        """Say it, whatever comes of it."""
        body = message if isinstance(message, bytes) else json.dumps(message).encode()
        self._client.publish(topic, body, retain=retain)

    @property
    def answers(self) -> int:
        """How many there were."""
        return len(self._client.messages)

    def close(self) -> None:
        self._client.close()


@pytest.fixture
def person(mosquitto: Mosquitto) -> Iterator[Person]:
    """Somebody with a tablet on the floor."""
    somebody = Person(mosquitto)
    yield somebody
    somebody.close()


def taking(broker: Mosquitto, commands: CommandSettings, version: str = "5") -> MqttSettings:
    """Settings that allow commands."""
    return settings(broker, commands=commands, version=version)


@pytest.mark.servers
async def test_a_command_is_done_and_answered(mosquitto: Mosquitto, person: Person):
    """Without a secret whoever the broker lets publish is believed; each org has its own topics."""
    desk = Desk()
    async with running(taking(mosquitto, OPEN), command=desk):
        assert await person.ask(asked()) == {"id": "c1", "ok": True, "problem": ""}
        await person.ask(asked("c2", org="b/c"), "queuewatch/b%2Fc/command")
        desk.problem = "nothing of the kind fires"
        assert (await person.ask(asked("c3")))["problem"] == "nothing of the kind fires"
    assert [(one.id, one.org, one.owner) for one in desk.done] == [
        ("c1", "acme", "kim"),
        ("c2", "b/c", "kim"),
        ("c3", "acme", "kim"),
    ]
    assert not [topic for topic in await kept(mosquitto) if topic.endswith("/answer")]


@pytest.mark.servers
async def test_with_a_secret_only_signed_commands_are_done(mosquitto: Mosquitto, person: Person):
    """Said again, or for another org: refused with the reason, and nothing done."""
    desk = Desk()
    async with running(taking(mosquitto, SIGNED), command=desk):
        assert (await person.ask(signed("c1")))["ok"]
        assert "used before" in (await person.ask(signed("c1")))["problem"]
        assert "another org" in (await person.ask(signed("c4"), "queuewatch/b%2Fc/command"))["problem"]
        assert (await person.ask(signed("c5")))["ok"], "it goes on"
    assert [one.id for one in desk.done] == ["c1", "c5"]


@pytest.mark.servers
@pytest.mark.parametrize(
    "message",
    [asked("c2"), {**signed("c3"), "timestamp": 1795251601}, b"\xff{", b"x" * 17_000],
    ids=["unsigned", "wrongly signed", "no JSON", "too long"],
)
async def test_what_nobody_proved_to_have_sent_is_not_answered(
    mosquitto: Mosquitto, person: Person, message: object
):
    """However often it comes, it is neither done nor answered, and said in the log once."""
    desk = Desk()
    with structlog.testing.capture_logs() as logs:
        async with running(taking(mosquitto, SIGNED), command=desk):
            for _ in range(5):
                person.say(message)
            answer = await person.ask(signed("c1"))
    assert answer == {"id": "c1", "ok": True, "problem": ""}
    assert person.answers == 1
    assert [one.id for one in desk.done] == ["c1"]
    assert [line["event"] for line in logs if line["event"] != "command.done"] == ["command.unproven"]


@pytest.mark.servers
async def test_without_a_limit_on_packets_no_commands_are_taken(mosquitto: Mosquitto, person: Person):
    """MQTT 3.1.1 has none: one message could take all the memory there is."""
    desk = Desk()
    async with running(taking(mosquitto, OPEN, "3.1.1"), command=desk) as bench:
        person.say(asked())
        await bench.sink.send(an_envelope())
    assert desk.done == []


@pytest.mark.servers
async def test_a_command_from_the_past_is_ignored(mosquitto: Mosquitto, person: Person):
    """What the broker had kept was meant for another moment, even if its time would do."""
    desk = Desk()
    person.say(asked("c1"), retain=True)
    with structlog.testing.capture_logs() as logs:
        async with running(taking(mosquitto, OPEN), command=desk):
            assert (await person.ask(asked("c2")))["ok"]
    assert [one.id for one in desk.done] == ["c2"]
    assert [line["problem"] for line in logs if line["event"] == "command.ignored"] == [
        "the broker had kept it: publish unretained"
    ]


@pytest.mark.servers
async def test_commands_go_on_after_a_reconnect(mosquitto: Mosquitto, person: Person):
    """And what was used before the connection was lost is not done again after it."""
    desk = Desk()
    async with running(taking(mosquitto, OPEN), command=desk) as bench:
        assert (await person.ask(asked("c1")))["ok"]
        cut(bench.sink)
        await until(lambda: bench.connections == 2)
        assert "used before" in (await person.ask(asked("c1")))["problem"]
        assert (await person.ask(asked("c2")))["ok"]
    assert len(desk.done) == 2


@pytest.mark.servers
async def test_without_permission_nothing_is_taken(mosquitto: Mosquitto, person: Person):
    """Commands are off unless configured."""
    desk = Desk()
    async with running(settings(mosquitto), command=desk) as bench:
        person.say(asked())
        await bench.sink.send(an_envelope())
    assert desk.done == []


def an_inbox(desk: Desk, clock: FixedClock, *, remembered: int = 10) -> Inbox:
    """One without a broker."""
    return Inbox(
        prefix="queuewatch",
        orgs=["acme"],
        secret=None,
        act=desk,
        clock=clock,
        log=structlog.get_logger(),
        remembered=remembered,
    )


async def answers(box: Inbox, *messages: dict[str, Any]) -> list[str]:
    """What is answered to these."""
    said: asyncio.Queue[str] = asyncio.Queue()

    async def answer(topic: str, body: bytes) -> None:
        said.put_nowait(json.loads(body)["problem"])

    running = asyncio.get_running_loop().create_task(box.run(answer))
    found = []
    for message in messages:
        box.take(TOPIC, json.dumps(message).encode(), False)
        found.append(await said.get())
    running.cancel()
    await asyncio.wait([running])
    return found


async def test_a_command_from_before_we_started_is_refused():
    """Nobody remembers which ids were used then."""
    clock = FixedClock()
    box = an_inbox(Desk(), clock)
    (problem,) = await answers(box, asked(at=EPOCH - timedelta(seconds=1)))
    assert "before queuewatch started" in problem


async def test_ids_are_remembered_as_long_as_they_could_be_used():
    """Also of a sender whose clock runs ahead; and no more of them than fit."""
    clock, desk = FixedClock(), Desk()
    box = an_inbox(desk, clock, remembered=2)
    ahead = asked("c1", at=EPOCH + timedelta(seconds=5))
    clock.at = EPOCH + timedelta(seconds=1)
    first = await answers(box, ahead, asked("c2"), asked("c3"))
    assert first == ["", "", "too many commands"]
    clock.at = EPOCH + timedelta(seconds=305)
    assert await answers(box, ahead, asked("c4", at=clock.at)) == ["this id was used before", ""]
    assert [one.id for one in desk.done] == ["c1", "c2", "c4"]


async def test_a_clock_far_ahead_is_not_believed():
    """Its commands could be done again after a restart, when nobody remembers their ids."""
    (problem,) = await answers(an_inbox(Desk(), FixedClock()), asked(at=EPOCH + timedelta(seconds=6)))
    assert "look at the clocks" in problem


@pytest.mark.looptime
async def test_refusals_are_logged_now_and_then():
    """Each has its answer; the log has one line of a kind in five minutes."""
    clock = FixedClock()
    box = an_inbox(Desk(), clock)
    old = asked(at=EPOCH - timedelta(seconds=1))
    with structlog.testing.capture_logs() as logs:
        assert len(await answers(box, *[old] * 20)) == 20
        await asyncio.sleep(301)
        await answers(box, old)
    assert [line["event"] for line in logs] == ["command.refused"] * 2


async def test_a_flood_is_dropped():
    """A hundred may wait; what comes on top is dropped, and said once."""
    with structlog.testing.capture_logs() as logs:
        box = an_inbox(Desk(), FixedClock())
        for _ in range(inbox.WAITING + 3):
            box.take(TOPIC, b"x", False)
    assert [line["problem"] for line in logs] == ["too many are waiting"]


async def test_a_store_that_does_not_keep_it_is_answered():
    """A command that could not be kept was not done."""
    desk = Desk()
    desk.problem = StoreError("the disk is full")
    assert await answers(an_inbox(desk, FixedClock()), asked()) == ["could not be kept: the disk is full"]


@pytest.mark.looptime
async def test_a_command_that_takes_too_long_is_answered():
    """The next one gets its turn."""

    class Slow(Desk):
        async def __call__(self, command: Command) -> str:
            if command.id == "c1":
                await asyncio.sleep(3600)
            return ""

    slow, quick = await answers(an_inbox(Slow(), FixedClock()), asked("c1"), asked("c2"))
    assert "longer than 10 s" in slow
    assert quick == ""
