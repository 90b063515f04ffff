"""One org watched by the real sources over a fake platform, and the nouns of the wall."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from monitor.board.wall import Wall
from monitor.model.alert import Acknowledgement, Alert, AlertState, Entity
from monitor.model.board import Attained, QueueLine
from monitor.model.errors import Unavailable
from monitor.model.interval import Interval
from monitor.model.observation import (
    Interactions,
    QueueObservations,
    QueueService,
    ServiceLevels,
    Staffing,
)
from monitor.model.org import Queue, Selection, Target
from monitor.model.rule import Rule, Severity
from monitor.model.sample import SampleBatch, SourceFailure
from monitor.model.servicelevel import Formula, Window
from monitor.ports import Source
from monitor.sources.directory import DirectorySource
from monitor.sources.queues import QueuesSource
from monitor.sources.servicelevel import ServiceLevelSource
from tests.builders import EPOCH, SUPPORT, FakePlatform, FixedClock, RecordingTelemetry, loop_time

OWN = (Target(media="voice", ratio=0.8, seconds=20.0),)
"""What a queue of these tests promises."""
INTERVAL = Interval(start=EPOCH - timedelta(minutes=15), end=EPOCH)
WINDOWS = (Window(300.0), Window(900.0), Window(1800.0))


def a_queue(queue_id: str = SUPPORT, name: str = "Support", division: str = "Home") -> Queue:
    """Return a queue that promises 80 % within 20 s."""
    return Queue(id=queue_id, name=name, division=division, division_id="d", targets=OWN)


def observed(*parts: Interactions | Staffing) -> QueueObservations:
    """Return an answer to "how are these queues right now?"."""
    return QueueObservations(
        interactions=tuple(part for part in parts if isinstance(part, Interactions)),
        staffing=tuple(part for part in parts if isinstance(part, Staffing)),
    )


def waiting(
    count: float | None,
    *,
    media: str = "voice",
    queue_id: str = SUPPORT,
    longest: float | None = 0.0,
    interacting: float | None = 0.0,
) -> Interactions:
    """Return one media type of one queue."""
    return Interactions(
        queue_id=queue_id, media=media, waiting=count, longest_wait=longest, interacting=interacting
    )


def agents(
    on_queue: float | None, available: float | None, *, queue_id: str = SUPPORT, busy: float | None = 0.0
) -> Staffing:
    """Return one queue's people."""
    return Staffing(queue_id=queue_id, available=available, busy=busy, on_queue=on_queue)


def service(
    met: float | None, offered: float | None, *, media: str = "voice", queue_id: str = SUPPORT
) -> QueueService:
    """Return what was answered, as many within 15 s as within 30 s, and none was abandoned."""
    return QueueService(
        queue_id=queue_id,
        media=media,
        answered=offered,
        abandoned=0.0,
        within={15.0: met, 30.0: met},
        level_met=met,
        level_counted=offered,
    )


def served(*services: QueueService, unknown: frozenset[str] = frozenset()) -> ServiceLevels:
    """Return the answer of one window."""
    return ServiceLevels(interval=INTERVAL, queues=services, unknown=unknown)


class Watched:
    """An org, its three sources, and the wall they are shown on; time stands still unless it is let pass."""

    def __init__(
        self,
        queues: Sequence[Queue] = (),
        *,
        dialect: str = "platform",
        windows: Sequence[Window] = WINDOWS,
        rules: Sequence[Rule] = (),
    ) -> None:
        self.clock = FixedClock()
        self.changes = 0
        self.rules: tuple[Rule, ...] = tuple(rules)
        self.wall = Wall(lambda: self.rules, self._changed, self.clock)
        self.platform = FakePlatform(queues or (a_queue(),), script=[observed()], levels=[served()])
        telemetry = RecordingTelemetry()
        self.directory = DirectorySource("acme", self.platform, Selection(), self.clock)
        self.queues = QueuesSource("acme", self.platform, self.directory, self.clock, telemetry)
        self.levels = ServiceLevelSource(
            "acme", dialect, self.platform, self.directory, windows, [15.0, 30.0], 60.0, Formula(), None,
            self.clock, telemetry,
        )  # fmt: skip

    async def wait(self, minutes: float) -> None:
        """Let time pass, on the clock and off it."""
        await asyncio.sleep(60 * minutes)
        self.clock.at += timedelta(minutes=minutes)

    async def read(self, *queues: Queue) -> None:
        """Read the directory: the queues it showed before, or these."""
        if queues:
            self.platform.queues_known = queues
        await self._take(self.directory)

    async def watch(self, *parts: Interactions | Staffing) -> None:
        """Poll how the queues are."""
        self.platform.script = [observed(*parts)]
        await self._take(self.queues)

    async def serve(self, *answers: ServiceLevels) -> None:
        """Poll the service levels: one answer a window, the last repeats."""
        self.platform.levels = list(answers)
        await self._take(self.levels)

    async def fail(self, source: str = "queues") -> None:
        """Let a source give no answer."""
        error = Unavailable("down")
        await self.wall.accept(
            SourceFailure(
                org="acme", source=source, failed_at=self.clock.at, reason=error.reason, message=str(error)
            )
        )

    def line(self, queue_id: str = SUPPORT) -> QueueLine:
        """Return the line of one queue."""
        line = self.wall.queue("acme", queue_id)
        assert line is not None
        return line

    async def _take(self, source: Source) -> SampleBatch:
        batch = await source.poll(deadline=loop_time() + 10)
        await self.wall.accept(batch)
        return batch

    def _changed(self) -> None:
        self.changes += 1


def a_line(queue: str = "Support", *, org: str = "acme", **parts: object) -> QueueLine:
    """Return a line on which nothing waits and half a target's worth of nothing is wrong."""
    plain = QueueLine(
        org=org, queue_id=f"id-of-{queue}", queue=queue, division="Home", waiting=0.0, interacting=2.0,
        longest_wait=0.0, agents_on_queue=4.0, agents_available=1.0, level=a_level(0.9),
    )  # fmt: skip
    return replace(plain, **parts)  # type: ignore[arg-type]


def a_level(
    ratio: float | None,
    *,
    target: float | None = 0.8,
    idle: bool = False,
    offered: float = 10.0,
    media: str = "voice",
    window: str = "15m",
) -> Attained:
    """Return a service level."""
    met = None if ratio is None else ratio * offered
    return Attained(
        media=media, window=window, threshold=20.0, ratio=ratio, met=met,
        offered=0.0 if idle else None if ratio is None else offered, target=target, idle=idle,
    )  # fmt: skip


def an_alert(
    queue: str = "Support",
    *,
    org: str = "acme",
    rule: str = "Waits",
    severity: Severity = Severity.CRITICAL,
    state: AlertState = AlertState.FIRING,
    at: datetime = EPOCH,
    owner: str = "",
    muted: str = "",
) -> Alert:
    """Return an alert about the queue that `a_line` makes."""
    return Alert(
        org=org, rule=rule, severity=severity, state=state, muted=muted, active_at=at, fired_at=at,
        entity=Entity(key=f"id-of-{queue}/voice", labels={"queue_id": f"id-of-{queue}", "queue": queue}),
        acknowledged=Acknowledgement(owner=owner, note="", at=at) if owner else None,
    )  # fmt: skip
