"""The whole daemon tells people: by routes, over a real broker, with commands, a heartbeat and drills."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.servers.mosquitto import Mosquitto
from tests.sinks.witness import Subscriber
from tests.stories.daemon import ORG, RULE, Daemon, Gate, crowd, receiving, relief, simulating, until

pytestmark = pytest.mark.servers

BROKER = {"home_assistant": True, "commands": {"trust_broker": True}}


def receivers(hook: str, lead: str, broker: Mosquitto) -> dict[str, Any]:
    """Return the on-call's webhook, the lead's, and the lamps' broker."""
    lamps = {"host": broker.host, "port": broker.port, "username": broker.username, **BROKER}
    return {
        "oncall": {"webhook": {"url": hook}},
        "lead": {
            "webhook": {"url": lead, "body": {"text": "{{ rule }} at {{ queue }}: {{ value | number }}"}}
        },
        "lamps": {"mqtt": lamps},
    }


ROUTES = [
    {
        "match": {"rule": RULE},
        "receivers": ["oncall"],
        "escalate": [{"after": "3s", "receivers": ["lead"]}],
        "continue": True,
    },
    {"receivers": ["lamps"]},
]


@asynccontextmanager
async def command(*arguments: str) -> AsyncIterator[tuple[int, str]]:
    """Run a command of the CLI to its end; yield its exit code and what it printed."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "monitor", *arguments),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    async with asyncio.timeout(60):
        printed, _ = await process.communicate()
    yield process.returncode or 0, printed.decode()


@pytest.mark.slow
async def test_a_breach_is_told_escalated_taken_and_ended(tmp_path: Path) -> None:
    """On call at once, the lead after three seconds, an acknowledgement by MQTT, and everybody hears the end.

    Meanwhile Home Assistant sees the rule go on and off, the heartbeat beats, a drill goes out marked, and
    the journal tells it all.
    """
    with Mosquitto(tmp_path / "broker") as broker:
        async with simulating() as simulator, receiving() as oncall, receiving() as lead:
            changes = {
                "receivers": receivers(oncall.url, lead.url, broker),
                "routes": ROUTES,
                "heartbeat": {"receivers": ["lamps"], "interval": "10s"},
            }
            daemon = Daemon(
                tmp_path, platform=simulator.url, hook="", changes={**changes, "web": {
                    "listen": "127.0.0.1:0", "operate": True}},
                environment={"QUEUEWATCH_RECEIVERS__LAMPS__MQTT__PASSWORD": broker.password},
            )  # fmt: skip
            _listen(daemon)
            lamps = Subscriber(broker, "#", "lamps")
            try:
                async with daemon:
                    await _told(daemon, simulator.world, oncall, lead, lamps)
                    await _looked_up(daemon)
            finally:
                lamps.close()


def _listen(daemon: Daemon) -> None:
    """Write the port that was found for it into its configuration."""
    written = json.loads(daemon.config.read_text())
    written["web"]["listen"] = daemon.target
    daemon.config.write_text(json.dumps(written))


async def _told(daemon: Daemon, world: Any, oncall: Any, lead: Any, lamps: Subscriber) -> None:
    crowd(world)
    await until(lambda: bool(oncall.taken), within=15, what="the fire")
    await until(lambda: bool(lead.taken), within=15, what="the step")
    event = oncall.taken[0].event["data"]
    assert lead.taken[0].body == (
        f'{{"text":"{RULE} at {event["entity"]["queue"]}: {event["value"]:g}"}}'.encode()
    )
    await until(lambda: b"ON" in _shown(lamps, "problem"), within=10, what="the sensor goes on")
    lamps.publish(
        f"queuewatch/{ORG}/command",
        json.dumps(
            {"id": "c1", "at": datetime.now(UTC).isoformat(), "command": "acknowledge", "rule": RULE,
             "entity": event["entity"]["key"], "owner": "kim", "note": "on it"}
        ).encode(),
    )  # fmt: skip
    await until(lambda: _kinds(oncall) == ["fired", "acknowledged"], within=10, what="the acknowledgement")
    assert oncall.taken[1].event["data"]["owner"] == "kim"
    await until(lambda: len(lead.taken) == 2, within=10, what="the lead hears of it, too")
    relief(world)
    await until(lambda: len(lead.taken) == 3, within=60, what="the end")
    await until(lambda: _kinds(oncall)[-1] == "resolved", within=10, what="the end for the on-call")
    assert _kinds(oncall) == ["fired", "acknowledged", "resolved"]
    await until(lambda: b"ON" not in _shown(lamps, "problem"), within=10, what="the sensor goes off")
    await until(lambda: bool(_beats(lamps)), within=15, what="a heartbeat")
    assert json.loads(_beats(lamps)[0])["type"] == "io.queuewatch.heartbeat.v1"


async def _looked_up(daemon: Daemon) -> None:
    async with command("notify", "test", "oncall", "--url", daemon.url) as (code, printed):
        assert code == 0, printed
    async with command("history", "--url", daemon.url, "--since", "10m") as (code, printed):
        assert code == 0, printed
        assert RULE in printed
        assert "lead/webhook" in printed
    async with command("outbox", "list", "--url", daemon.url) as (code, printed):
        assert code == 0, printed
    async with command("routes", "test", f"rule={RULE}", "--config", str(daemon.config)) as (code, printed):
        assert code == 0, printed
        assert "oncall" in printed


def _beats(lamps: Subscriber) -> list[bytes]:
    return [payload for topic, payload, *_ in lamps.messages if topic.endswith("/heartbeat")]


def _kinds(receiver: Any) -> list[str]:
    return [one.kind for one in receiver.taken if not one.event["data"]["drill"]]


def _shown(lamps: Subscriber, device_class: str) -> set[bytes]:
    """Return the states of Home Assistant's entities of a class, as a fresh look at the topics has them."""
    payloads = lamps.payloads()
    configs = (
        json.loads(payload) for topic, payload in payloads.items() if topic.endswith("/config") and payload
    )
    topics = [one["state_topic"] for one in configs if one.get("device_class") == device_class]
    return {payloads.get(topic, b"") for topic in topics}


@pytest.mark.slow
async def test_dead_letters_are_tried_again_when_somebody_says_so(tmp_path: Path) -> None:
    """A receiver that refuses for good makes a dead letter; `outbox retry` sends it once more."""
    async with simulating() as simulator, receiving() as receiver:
        daemon = Daemon(tmp_path, platform=simulator.url, hook=receiver.url)
        written = json.loads(daemon.config.read_text())
        written["web"]["operate"] = True
        daemon.config.write_text(json.dumps(written))
        receiver.move(Gate.UNFIT)
        async with daemon:
            crowd(simulator.world)

            async def dead() -> bool:
                return await daemon.value("queuewatch_dead_letters") == 1

            await until(dead, within=15, what="the dead letter")
            async with command("outbox", "list", "--url", daemon.url, "--json") as (code, printed):
                (letter,) = json.loads(printed)["letters"]
                assert (code, letter["reason"]) == (0, "invalid")
            receiver.move(Gate.OPEN)
            async with command("outbox", "retry", str(letter["row"]), "--url", daemon.url) as (code, printed):
                assert code == 0, printed
            await until(lambda: len(receiver.taken) == 1, within=10, what="the delivery")
            assert receiver.taken[0].id == letter["event_id"]
