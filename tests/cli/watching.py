"""A daemon that watches what a test says: the API's own addresses over lists, behind its own door."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from click.testing import CliRunner, Result
from starlette.applications import Starlette

from monitor.cli import main
from monitor.exposition.snapshot import Snapshot
from monitor.exposition.telemetry import PrometheusTelemetry
from monitor.model.board import Attained, MediaLine, QueueLine, SourceState
from monitor.model.delivery import Backlog
from monitor.model.settings import WebAccess
from monitor.web.api.deliveries import Deliveries
from monitor.web.api.health import Health
from monitor.web.api.queues import Queues
from monitor.web.api.sources import Sources
from monitor.web.authenticating import Doorkeeper
from monitor.web.routes import Routes
from tests.builders import EPOCH, FixedClock
from tests.web.api.desk import Desk
from tests.web.making import FakeLetters, served


def a_level(**changes: Any) -> Attained:
    """Return a service level of 34 of 48 within 20 s."""
    level = Attained(
        media="voice", window="15m", threshold=20.0, ratio=34 / 48, met=34.0, offered=48.0, target=0.8
    )
    return replace(level, **changes)


def a_queue(name: str = "Support", **changes: Any) -> QueueLine:
    """Return a queue below its target, with an hour that began unknown."""
    line = QueueLine(
        org="acme",
        queue_id=f"id-{name}",
        queue=name,
        division="Home",
        labels=(("team", "support"),),
        media=(MediaLine(media="voice", waiting=12.0, interacting=3.0, longest_wait=200.0),),
        waiting=12.0,
        interacting=3.0,
        longest_wait=200.0,
        agents_on_queue=4.0,
        agents_available=1.0,
        level=a_level(),
        levels=(a_level(),),
        trend=(*(None,) * 30, *(0.9,) * 29, 34 / 48),
        waits=(*(None,) * 30, *(0.0,) * 29, 12.0),
    )
    return replace(line, **changes)


def a_source(source: str = "queues", **changes: Any) -> SourceState:
    """Return a source that answered three seconds ago."""
    state = SourceState(
        org="acme",
        source=source,
        up=True,
        error="",
        observed_at=EPOCH - timedelta(seconds=3),
        age=3.0,
        limit=40.0,
        stale=False,
    )
    return replace(state, **changes)


@dataclass
class Watched:
    """What the daemon watches. `access` says who may ask, `operate` whether strangers may change anything."""

    desk: Desk = field(default_factory=Desk)
    lines: list[QueueLine] = field(default_factory=list)
    sources: list[SourceState] = field(default_factory=lambda: [a_source(), a_source("service_level")])
    backlog: list[Backlog] = field(default_factory=list)
    disabled: set[str] = field(default_factory=set)
    access: WebAccess = field(default_factory=WebAccess)
    operate: bool = True
    writable: bool = True

    def app(self) -> Starlette:
        """Return the application."""
        clock = FixedClock(self.desk.now)
        queues = Queues(
            lines=self._lines, queue=self._queue, alerts=lambda: self.desk.kept, sources=lambda: self.sources
        )
        health = Health(
            instance="here",
            clock=clock,
            writable=self._writable,
            settled=lambda: True,
            lag=lambda: 0.0,
            queues=lambda: len(self.lines),
            sources=lambda: self.sources,
            alerts=lambda: self.desk.kept,
            backlog=lambda: self.backlog,
            disabled=lambda: self.disabled,
        )
        deliveries = Deliveries(
            letters=FakeLetters(),
            journal=self.desk.journal,
            released=lambda _: None,
            drill=self._drill,
            receivers={},
            clock=clock,
            disabled=lambda: self.disabled,
            destinations=("oncall/webhook", "oncall/mqtt"),
            backlog=lambda: self.backlog,
        )
        telemetry = PrometheusTelemetry("0.1.0")
        return Routes(
            snapshot=Snapshot({}, queue_name=True, series_cap=100, dropped=telemetry.dropped),
            telemetry=telemetry,
            writable=self._writable,
            door=Doorkeeper(self.access, operate=self.operate),
            others=[
                *queues.addresses(),
                *Sources(sources=lambda: self.sources).addresses(),
                *health.addresses(),
                *deliveries.addresses(),
                *self.desk.addresses(),
            ],
        ).app()

    def call(self, *words: str, **environ: str) -> Result:
        """Call `queuewatch` with a daemon that serves this."""
        with served(self.app()) as url:
            return CliRunner().invoke(main, words, env={"QUEUEWATCH_URL": url, **environ})

    def _lines(self, org: str | None) -> Sequence[QueueLine]:
        return [one for one in self.lines if org in {None, one.org}]

    def _queue(self, org: str, queue_id: str) -> QueueLine | None:
        return next((one for one in self.lines if (one.org, one.queue_id) == (org, queue_id)), None)

    async def _writable(self) -> bool:
        return self.writable

    async def _drill(self, receiver: str) -> tuple[str, ...]:
        raise NotImplementedError
