"""What Home Assistant is shown of queues and rules."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import pytest

from monitor.app.showing import Showing
from monitor.model.alert import Alert, AlertState
from monitor.model.sample import Rows, SampleBatch, SourceFailure, Table
from monitor.sinks.mqtt.discovery import Discovery
from tests.alerts.bench import KEY, ROW, two_levels
from tests.builders import EPOCH, SUPPORT, a_batch
from tests.outbox.making import an_alert

pytestmark = pytest.mark.looptime

DISCOVERY = Discovery(discovery="homeassistant", prefix="queuewatch", instance="one", version="0")
LEVELS = ("queue_id", "queue", "media", "window", "threshold", "definition")


@dataclass
class Broker:
    """Keeps what it was to show last, and how often it was told."""

    desired: Mapping[str, bytes] = field(default_factory=dict)
    times: int = 0

    async def show(self, desired: Mapping[str, bytes]) -> None:
        self.desired = desired
        self.times += 1

    def states(self) -> dict[str, str]:
        """The state of every entity by its name."""
        configs = [json.loads(body) for topic, body in self.desired.items() if topic.endswith("/config")]
        return {one["name"]: self.desired[one["state_topic"]].decode() for one in configs}


@dataclass
class Stage:
    """Showing for one org with both sources that are shown, or others."""

    alerts: list[Alert] = field(default_factory=list)
    limits: dict[tuple[str, str], float] = field(
        default_factory=lambda: {("acme", "queues"): 30.0, ("acme", "service_level"): 90.0}
    )
    broker: Broker = field(default_factory=Broker)

    def __post_init__(self) -> None:
        self.showing = Showing(
            [(self.broker, DISCOVERY)],  # type: ignore[list-item]  # a broker is shown to, and nothing else
            lambda: (two_levels(),),
            lambda: self.alerts,
            self.limits,
        )


def levels(*rows: tuple[str, ...], values: tuple[float | None, ...]) -> SampleBatch:
    """A batch of service levels."""
    table = Table(rows=Rows(LEVELS, rows), columns={"service_level_ratio": values})
    return replace(a_batch({ROW: 1.0}), source="service_level", tables=(table,))


def down(source: str) -> SourceFailure:
    """A source without an answer."""
    return SourceFailure(org="acme", source=source, failed_at=EPOCH, reason="auth", message="refused")


async def test_a_queue_shows_who_waits_and_its_service_level() -> None:
    """By the longest window and the first threshold; the figures of all media together are left out."""
    stage = Stage()
    rows = [(*ROW, window, threshold, "genesys") for window in ("5m", "15m") for threshold in ("20s", "30s")]
    rows.append((SUPPORT, "Support Voice", "all", "15m", "20s", "answered"))
    await stage.showing.accept(a_batch({ROW: 7.0}))
    assert stage.broker.times == 0
    await stage.showing.accept(levels(*rows, values=(0.1, 0.2, 0.75, 0.4, 0.5)))
    states = stage.broker.states()
    assert states == {
        "Waiting Support Voice voice": "OFF",
        "Support Voice voice waiting": "7",
        "Support Voice voice service level": "75",
    }


async def test_a_rule_is_on_while_it_fires() -> None:
    """And off as soon as it does not."""
    stage = Stage(limits={("acme", "queues"): 30.0})
    firing = replace(an_alert(), rule="Waiting", entity=replace(an_alert().entity, key=KEY))
    stage.alerts = [firing]
    await stage.showing.accept(a_batch({ROW: 12.0}))
    assert stage.broker.states()["Waiting Support Voice voice"] == "ON"
    stage.alerts = [replace(firing, state=AlertState.INACTIVE)]
    await stage.showing.accept(a_batch({ROW: 1.0}))
    assert stage.broker.states()["Waiting Support Voice voice"] == "OFF"


async def test_a_silent_source_is_unknown_and_neither_zero_nor_off() -> None:
    """After as long as its figures are believed; a single failure changes nothing."""
    stage = Stage(limits={("acme", "queues"): 30.0})
    await stage.showing.accept(a_batch({ROW: 7.0}))
    await stage.showing.accept(down("queues"))
    assert stage.broker.states()["Support Voice voice waiting"] == "7"
    await asyncio.sleep(31)
    await stage.showing.accept(down("queues"))
    assert set(stage.broker.states().values()) == {"None"}


async def test_one_source_that_never_answers_does_not_withhold_the_others() -> None:
    """Its failure is enough to go on."""
    stage = Stage()
    await stage.showing.accept(a_batch({ROW: 7.0}))
    await stage.showing.accept(down("service_level"))
    assert stage.broker.states()["Support Voice voice waiting"] == "7"


async def test_a_queue_that_is_gone_is_not_named_any_more() -> None:
    """What is not named is taken away by the broker's side."""
    stage = Stage(limits={("acme", "queues"): 30.0})
    other = ("f6a49350-0000-4000-8000-00000000a009", "Other", "voice")
    await stage.showing.accept(a_batch({ROW: 7.0, other: 1.0}))
    assert "Other voice waiting" in stage.broker.states()
    await stage.showing.accept(a_batch({ROW: 7.0}))
    assert "Other voice waiting" not in stage.broker.states()
