"""What Home Assistant is shown of queues and rules."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import pytest

from monitor.app.showing import Showing
from monitor.model.alert import Alert, AlertState
from monitor.model.observation import QueueService
from monitor.model.org import Queue, Target
from monitor.model.sample import Rows, SampleBatch, SourceFailure, Table
from monitor.model.servicelevel import Window
from monitor.sinks.mqtt.discovery import Discovery
from tests.alerts.bench import KEY, ROW, two_levels
from tests.board.making import WINDOWS, Watched, observed, served, service, waiting
from tests.builders import EPOCH, SUPPORT, a_batch, loop_time
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


def at_each(least: float) -> QueueService:
    """Return calls of which more were answered in time the more time there is."""
    within = {15.0: least, 20.0: least + 10.0, 30.0: least + 20.0}
    return QueueService(queue_id=SUPPORT, media="voice", answered=100.0, abandoned=0.0, within=within)


def down(source: str) -> SourceFailure:
    """A source without an answer."""
    return SourceFailure(org="acme", source=source, failed_at=EPOCH, reason="auth", message="refused")


async def test_a_queue_shows_who_waits_and_its_service_level() -> None:
    """By fifteen minutes and the first threshold; the figures of all media together are left out."""
    stage = Stage()
    windows, thresholds = ("5m", "15m", "30m"), ("20s", "30s")
    rows = [(*ROW, window, threshold, "genesys") for window in windows for threshold in thresholds]
    rows.append((SUPPORT, "Support Voice", "all", "15m", "20s", "answered"))
    await stage.showing.accept(a_batch({ROW: 7.0}))
    assert stage.broker.times == 0
    await stage.showing.accept(levels(*rows, values=(0.1, 0.2, 0.75, 0.4, 0.6, 0.65, 0.5)))
    states = stage.broker.states()
    assert states == {
        "Waiting Support Voice voice": "OFF",
        "Support Voice voice waiting": "7",
        "Support Voice voice service level": "75",
    }


@pytest.mark.parametrize(
    "windows", [WINDOWS, WINDOWS[::-1], (Window(300.0), Window(3600.0), Window(1800.0)), (Window(900.0),)]
)
async def test_the_service_level_is_the_one_on_the_wall(windows: Sequence[Window]) -> None:
    """Of each media type, at the time the queue promises, whatever windows are asked for in which order."""
    watched, stage = Watched(windows=windows), Stage()
    stage.limits["acme", "directory"] = 3600.0
    for source in (watched.directory, watched.queues, watched.levels):
        watched.platform.script = [observed(waiting(1.0), waiting(0.0, media="chat"))]
        watched.platform.levels = [
            served(at_each(10.0 * number), service(3.0, 4.0 + number, media="chat"))
            for number in range(len(windows))
        ]
        batch = await source.poll(deadline=loop_time() + 10)
        await watched.wall.accept(batch)
        await stage.showing.accept(batch)
    line, states = watched.line(), stage.broker.states()
    assert line.level is not None
    shown = {one.media: one.ratio for one in line.levels if one.window == line.level.window}
    for media, ratio in shown.items():
        assert ratio is not None
        assert float(states[f"Support {media} service level"]) == pytest.approx(100 * ratio, abs=0.1)
    assert line.level.threshold == 20.0
    assert set(shown) == {"voice", "chat"}


async def test_a_promise_that_changes_changes_the_service_level() -> None:
    """The directory says another time: the level at that is shown, without another poll."""
    watched, stage = Watched(), Stage()
    stage.limits["acme", "directory"] = 3600.0
    watched.platform.script = [observed(waiting(1.0))]
    watched.platform.levels = [served(at_each(10.0))]
    directory = await watched.directory.poll(deadline=loop_time() + 10)
    for source in (watched.queues, watched.levels):
        await stage.showing.accept(await source.poll(deadline=loop_time() + 10))
    assert stage.broker.times == 0
    await stage.showing.accept(directory)
    assert stage.broker.states()["Support voice service level"] == "20"
    watched.platform.queues_known = (
        Queue(id=SUPPORT, name="Support", targets=(Target(media="voice", ratio=0.8, seconds=30.0),)),
    )
    await stage.showing.accept(await watched.directory.poll(deadline=loop_time() + 10))
    assert stage.broker.states()["Support voice service level"] == "30"


async def test_a_directory_that_fails_withholds_nothing() -> None:
    """Its failure is enough to go on: the first threshold is shown."""
    stage = Stage()
    stage.limits["acme", "directory"] = 3600.0
    await stage.showing.accept(a_batch({ROW: 7.0}))
    await stage.showing.accept(levels((*ROW, "15m", "20s", "genesys"), values=(0.75,)))
    assert stage.broker.times == 0
    await stage.showing.accept(down("directory"))
    assert stage.broker.states()["Support Voice voice service level"] == "75"


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


async def test_of_two_answers_at_once_the_newer_one_stays() -> None:
    """Many queues take longer to be shown than one, and yet do not come back."""
    stage = Stage(limits={("acme", "queues"): 30.0})
    many = {(f"f6a49350-0000-4000-8000-{number:012}", "Other", "voice"): 1.0 for number in range(500)}
    async with asyncio.TaskGroup() as group:
        group.create_task(stage.showing.accept(a_batch(many)))
        group.create_task(stage.showing.accept(a_batch({ROW: 7.0})))
    assert stage.broker.times == 2
    states = stage.broker.states()
    assert states["Support Voice voice waiting"] == "7"
    assert not [name for name in states if "Other" in name]
