"""An outbox and a journal in memory, and a daemon's routes over them, in the test's loop or in a thread."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from fnmatch import fnmatchcase
from typing import Any

import httpx
import structlog
from starlette.applications import Starlette

from monitor.exposition.snapshot import Snapshot
from monitor.exposition.telemetry import PrometheusTelemetry
from monitor.kit.serving import bind, serving
from monitor.model.alert import AlertEvent, AlertState, Entity, EventKind, Evidence
from monitor.model.delivery import Backlog, Entry, History, Letter, Revived, Rows, Try, Wanted
from monitor.model.errors import StoreError
from monitor.model.rule import Severity
from monitor.outbox.envelope import encode
from monitor.web.api.deliveries import Deliveries
from monitor.web.authenticating import Doorkeeper
from monitor.web.hosts import names
from monitor.web.routes import Routes
from tests.builders import EPOCH, FixedClock

HOSTILE = "<script>\u202eevil\x1b[31m\x9b2J\x00\nnext\u2028line"
"""A name that breaks pages, terminals, logs and reading order."""
RECEIVERS = {"oncall": ("oncall/webhook", "oncall/mqtt"), "team": ("team/log",)}
PING = "oncall/ping"
"""A destination that no receiver's drill goes to."""


def a_letter(row: int = 1, **more: Any) -> Letter:
    """Return a letter that waits, or with a `reason` is dead."""
    letter = Letter(
        row=row,
        destination="oncall/webhook",
        key="acme/Waiting/Support",
        event_id=f"evt_{row}",
        kind=EventKind.FIRED,
        created_at=EPOCH,
        due_at=EPOCH + timedelta(seconds=30),
        attempts=2,
        skipped=0,
        reason="",
        detail="",
        content_type="application/cloudevents+json",
        body=b'{"id":"evt_1"}',
    )
    return replace(letter, **more)


def a_try(
    seconds: float = 1.0, destination: str = "oncall/webhook", outcome: str = "delivered", **more: str
) -> Try:
    """Return a try so many seconds after the epoch."""
    at = EPOCH + timedelta(seconds=seconds)
    reason, detail = more.get("reason", ""), more.get("detail", "")
    return Try(at=at, destination=destination, outcome=outcome, reason=reason, detail=detail)


def a_history(*tries: Try, name: str = "Support", minutes: float = 0.0, **event: Any) -> History:
    """Return an entry of an alert that fires, so many minutes after the epoch."""
    at = EPOCH + timedelta(minutes=minutes)
    told = replace(_fired(name, at), **event)
    entry = Entry(
        event_id=told.id,
        at=at,
        kind=told.kind,
        org=told.org,
        rule=told.rule,
        entity=told.entity.key,
        queue=name,
        severity=told.severity.value,
        sequence=told.sequence,
        body=encode(told),
    )
    return History(entry=entry, tries=tries)


def _fired(name: str, at: datetime) -> AlertEvent:
    return AlertEvent(
        id=f"evt_{name}",
        kind=EventKind.FIRED,
        org="acme",
        rule="ServiceLevelLow",
        severity=Severity.CRITICAL,
        state=AlertState.FIRING,
        entity=Entity(key=f"{name}/voice", labels={"queue": name}),
        episode=1,
        sequence=1,
        reason="",
        metric="service_level_ratio",
        evidence=Evidence(value=0.712, numerator=89.0, denominator=125.0),
        operator="<",
        threshold=0.8,
        occurred_at=at,
        observed_at=at,
        started_at=at,
        fired_at=at,
        resolved_at=None,
    )


@dataclass
class FakeLetters:
    """The outbox, in memory. With `broken` nothing works; `breaks_after` calls that change it break.

    What is `stale` is not revived.
    """

    kept: dict[int, Letter] = field(default_factory=dict)
    broken: bool = False
    breaks_after: int | None = None
    revived: list[list[int]] = field(default_factory=list)
    stale: set[int] = field(default_factory=set)
    asked: list[Mapping[str, object]] = field(default_factory=list)

    async def letters(
        self, *, destination: str | None = None, dead: bool | None = None, after: int = 0, limit: int = 100
    ) -> list[Letter]:
        self._works()
        self.asked.append({"destination": destination, "dead": dead, "after": after, "limit": limit})
        found = [
            one
            for row, one in sorted(self.kept.items())
            if row > after and destination in (None, one.destination) and dead in (None, bool(one.reason))
        ]
        return found[:limit]

    async def letter(self, row: int) -> Letter | None:
        self._works()
        return self.kept.get(row)

    async def revive(self, rows: Rows, *, now: datetime) -> Revived:
        self._changes()
        self.revived.append(list(rows))
        there = [self.kept[row] for row in rows if row in self.kept and row not in self.stale]
        for one in there:
            self.kept[one.row] = replace(one, reason="", detail="", attempts=0, due_at=now)
        destinations = tuple(sorted({one.destination for one in there}))
        return Revived(destinations=destinations, superseded=tuple(row for row in rows if row in self.stale))

    async def drop(self, rows: Rows, *, now: datetime) -> int:
        self._changes()
        return sum(self.kept.pop(row, None) is not None for row in rows)

    def _works(self) -> None:
        if self.broken:
            raise StoreError("disk I/O error")

    def _changes(self) -> None:
        self._works()
        if self.breaks_after is not None:
            self.breaks_after -= 1
            if self.breaks_after < 0:
                raise StoreError("disk is full")


@dataclass
class FakeJournal:
    """The journal, in memory. With `broken` nothing works."""

    kept: list[History] = field(default_factory=list)
    wanted: list[Wanted] = field(default_factory=list)
    broken: bool = False

    async def history(self, wanted: Wanted) -> list[History]:
        self.wanted.append(wanted)
        if self.broken:
            raise StoreError("disk I/O error")
        newest = sorted(self.kept, key=lambda one: one.entry.at, reverse=True)
        if wanted.behind is not None:
            places = [place for place, one in enumerate(newest, 1) if one.entry.event_id == wanted.behind]
            newest = newest[places[0] :] if places else []
        found = [
            one
            for one in newest
            if wanted.org in (None, one.entry.org)
            and wanted.entity in (None, one.entry.entity)
            and fnmatchcase(one.entry.queue, wanted.queue)
            and fnmatchcase(one.entry.rule, wanted.rule)
            and (wanted.since is None or one.entry.at >= wanted.since)
            and (wanted.until is None or one.entry.at <= wanted.until)
        ]
        return found[: wanted.limit]

    async def forget(self, *, before: datetime) -> int:
        raise NotImplementedError


class Site:
    """The routes over a fake outbox and journal; `drilled` may add to the journal what a drill caused."""

    def __init__(self, *letters: Letter, journal: Sequence[History] = (), operate: bool = True) -> None:
        self.letters = FakeLetters({one.row: one for one in letters})
        self.journal = FakeJournal(list(journal))
        self.operate = operate
        self.receivers: Mapping[str, Collection[str]] = RECEIVERS
        self.disabled: set[str] = set()
        self.backlog: list[Backlog] = []
        self.released: list[list[str]] = []
        self.drills: list[str] = []
        self.drilled: Callable[[], None] = lambda: None

    def app(self) -> Starlette:
        """Return the application."""
        telemetry = PrometheusTelemetry("0.1.0")
        snapshot = Snapshot({}, queue_name=True, series_cap=100, dropped=telemetry.dropped)
        deliveries = Deliveries(
            letters=self.letters,
            journal=self.journal,
            released=self._release,
            drill=self._drill,
            receivers=self.receivers,
            clock=FixedClock(),
            disabled=lambda: self.disabled,
            destinations=("oncall/webhook", "oncall/mqtt", PING, "team/log"),
            backlog=lambda: self.backlog,
        )
        return Routes(
            snapshot=snapshot,
            telemetry=telemetry,
            writable=self._writable,
            door=Doorkeeper(operate=self.operate),
            hosts=names("192.0.2.7", "https://site:9877/page"),
            others=deliveries.addresses(),
        ).app()

    async def ask(self, method: str, path: str, **more: Any) -> httpx.Response:
        """Send one request."""
        transport = httpx.ASGITransport(self.app())
        async with httpx.AsyncClient(transport=transport, base_url="http://site:9877") as client:
            return await client.request(method, path, **more)

    async def get(self, path: str) -> httpx.Response:
        """Ask."""
        return await self.ask("GET", path)

    async def post(self, path: str, body: object) -> httpx.Response:
        """Have something done."""
        return await self.ask("POST", path, json=body)

    def _release(self, destinations: Collection[str]) -> None:
        self.released.append(list(destinations))

    async def _drill(self, receiver: str) -> tuple[str, ...]:
        if self.letters.broken:
            raise StoreError("disk I/O error")
        self.drills.append(receiver)
        self.drilled()
        return ("evt_fired", "evt_resolved")

    async def _writable(self) -> bool:
        return True


@contextmanager
def served(app: Any) -> Iterator[str]:
    """Serve `app` in a thread of its own, so that a command may have this one's loop; yield the URL."""
    # What the daemon logs is not to stand between what the command prints.
    structlog.configure(logger_factory=structlog.ReturnLoggerFactory())
    bound = bind("127.0.0.1", 0)
    loop = asyncio.new_event_loop()
    up, stopping = threading.Event(), asyncio.Event()

    async def run() -> None:
        async with serving(app, bound):
            up.set()
            await stopping.wait()

    thread = threading.Thread(target=loop.run_until_complete, args=(run(),))
    thread.start()
    try:
        assert up.wait(10)
        yield f"http://127.0.0.1:{bound.getsockname()[1]}"
    finally:
        loop.call_soon_threadsafe(stopping.set)
        thread.join()
        loop.close()
        bound.close()
