"""Everything the daemon answers, over fakes: each list has something in it, nothing goes on by itself."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from monitor.exposition.snapshot import Snapshot
from monitor.exposition.telemetry import PrometheusTelemetry
from monitor.model.alert import Acknowledgement, Alert, AlertState
from monitor.model.board import QueueLine, SourceState
from monitor.model.delivery import Backlog
from monitor.model.reload import Reloaded
from monitor.web.access import Address
from monitor.web.api.configuration import Configuration
from monitor.web.api.deliveries import Deliveries
from monitor.web.api.health import Health
from monitor.web.api.queues import Queues
from monitor.web.api.reloading import Reload
from monitor.web.api.rules import Rules
from monitor.web.api.samples import Samples
from monitor.web.api.sources import Sources
from monitor.web.authenticating import Doorkeeper
from monitor.web.document import Described
from monitor.web.page.frames import NOTHING, Frame
from monitor.web.page.live import Live, Render, Seat
from monitor.web.page.pages import Pages
from monitor.web.routes import Routes
from tests.builders import EPOCH, FixedClock, a_batch
from tests.web.api.desk import LONG, LOW, Desk, a_silence, an_alert
from tests.web.api.figures import a_line, a_source
from tests.web.api.test_configuration import SETTINGS
from tests.web.api.test_rules import BURNING, FULL
from tests.web.making import HOSTILE, RECEIVERS, FakeJournal, FakeLetters, a_history, a_letter, a_try

ALERT = an_alert()


class Brief(Live):
    """Streams that say one thing and end."""

    async def stream(
        self, seat: Seat, render: Render, *, stamp: Callable[[], str], seen: Frame = NOTHING
    ) -> AsyncGenerator[str, None]:
        """Yield what every page is told first."""
        await render()
        yield f"data: {{{stamp()}}}\n\n"


def a_desk() -> Desk:
    """Return alerts in every state, one of them somebody's, and silences over and not."""
    taken = Acknowledgement(owner="kim", note="on it", at=EPOCH, until=EPOCH + timedelta(hours=1))
    return Desk(
        kept=[
            ALERT,
            an_alert("Billing", LONG, acknowledged=taken),
            an_alert("Sales", FULL, state=AlertState.PENDING),
            an_alert("Old", LONG, state=AlertState.INACTIVE, resolved_at=EPOCH),
            an_alert(HOSTILE, LONG, muted="silenced: sil_1"),
        ],
        rules=(LOW, LONG, FULL, BURNING),
        silences=[a_silence(), a_silence("acme/over", -1.0)],
        journal=FakeJournal([a_history(a_try(), a_try(2.0, outcome="retried", reason="timeout"))]),
    )


@dataclass
class Whole:
    """The parts of a daemon that shows all it can; `desk` and `letters` are what requests change."""

    desk: Desk = field(default_factory=a_desk)
    letters: FakeLetters = field(
        default_factory=lambda: FakeLetters(
            {1: a_letter(), 2: a_letter(2, reason="rejected", detail="HTTP 404"), 3: a_letter(3, body=b"{")}
        )
    )

    def routes(self, door: Doorkeeper) -> Routes:
        """Return everything it answers to whom `door` lets in."""
        telemetry = PrometheusTelemetry("0.1.0")
        return Routes(
            snapshot=Snapshot({}, queue_name=True, series_cap=100, dropped=telemetry.dropped),
            telemetry=telemetry,
            writable=_writable,
            door=door,
            hosts=("testserver",),
            others=[*self.desk.addresses(), *self._shown(), *self._done()],
        )

    def _shown(self) -> Sequence[Address]:
        lines = [a_line(), a_line("Billing", level=None, waiting=None), a_line(HOSTILE, org="globex")]
        parts = (
            Queues(
                lines=lambda org: [one for one in lines if org in (None, one.org)],
                queue=lambda org, queue_id: _found(lines, org, queue_id),
                alerts=self._alerts,
                sources=_sources,
            ),
            Samples(batches=lambda: {("acme", "queues"): a_batch(SAMPLES)}, sources=_sources),
            Rules(rules=lambda: self.desk.rules, alerts=self._alerts),
            Sources(sources=_sources),
            Configuration(settings=lambda: SETTINGS),
            Described(),
            Health(
                instance="main",
                clock=FixedClock(),
                writable=_writable,
                settled=lambda: True,
                lag=lambda: 0.001,
                queues=lambda: len(lines),
                sources=_sources,
                alerts=self._alerts,
                backlog=_backlog,
                disabled=_disabled,
            ),
            Pages(
                instance="main",
                live=Brief(),
                clock=FixedClock(),
                journal=self.desk.journal,
                lines=lambda: lines,
                alerts=self._alerts,
                rules=lambda: self.desk.rules,
                explain=_because,
                sources=_sources,
                silences=lambda: self.desk.silences,
                backlog=_backlog,
                disabled=_disabled,
            ),
        )
        return [address for part in parts for address in part.addresses()]

    def _done(self) -> Sequence[Address]:
        deliveries = Deliveries(
            letters=self.letters,
            journal=self.desk.journal,
            released=lambda _destinations: None,
            drill=_drill,
            receivers=RECEIVERS,
            clock=FixedClock(),
            disabled=_disabled,
            backlog=_backlog,
        )
        return [*deliveries.addresses(), *Reload(_reload).addresses()]

    def _alerts(self) -> Sequence[Alert]:
        return self.desk.kept


SAMPLES = {("id-Support", "Support", "voice"): 3.0, ("id-Billing", "Billing", "voice"): None}


def _found(lines: Sequence[QueueLine], org: str, queue_id: str) -> QueueLine | None:
    return next((one for one in lines if (one.org, one.queue_id) == (org, queue_id)), None)


def _sources() -> Sequence[SourceState]:
    return [a_source(), a_source("service_level", up=None, observed_at=None, age=None), a_source(stale=True)]


def _backlog() -> Sequence[Backlog]:
    return [
        Backlog(destination="oncall/webhook", depth=2, oldest=EPOCH, dead=1),
        Backlog(destination="team/log", depth=0, oldest=None, dead=0),
    ]


def _disabled() -> Collection[str]:
    return {"oncall/mqtt"}


def _because(_alert: Alert) -> Mapping[str, object]:
    return {"because": ["critical fires: it ends as soon as it is clear."], "levels": []}


async def _writable() -> bool:
    return True


async def _drill(_receiver: str) -> tuple[str, ...]:
    return ("evt_fired", "evt_resolved")


async def _reload() -> Reloaded:
    return Reloaded(taken=True, changes={"added": ["R"]}, untaken=("orgs",))
