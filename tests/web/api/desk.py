"""Addresses of the API over fakes of what stands behind them, asked by whoever a test says."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import httpx
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Receive, Send
from starlette.types import Scope as AsgiScope

from monitor.model.alert import Acknowledgement, Alert, AlertState, Entity, Evidence, Hearing
from monitor.model.errors import StoreError
from monitor.model.rule import Level, Matcher, Rule, Severity
from monitor.model.silence import Silence
from monitor.web.access import PRINCIPAL, Address, Principal, Scope, routes
from monitor.web.answers import PROBLEM, refused
from monitor.web.api.acks import Acks
from monitor.web.api.alerts import Alerts
from monitor.web.api.looking import identify
from monitor.web.api.silences import Silences
from tests.builders import EPOCH, FixedClock
from tests.web.making import FakeJournal

EVERY = frozenset(Scope)
ANYBODY = Principal(scopes=EVERY)
"""Somebody without a name, who may do everything."""
KIM = Principal(name="kim", scopes=EVERY)
LOW = Rule(
    name="ServiceLevelLow",
    metric="service_level_ratio",
    levels=(Level(severity=Severity.WARNING, low=0.9), Level(severity=Severity.CRITICAL, low=0.8)),
    labels={"team": "support"},
)
LONG = Rule(
    name="LongWait", metric="longest_wait_seconds", levels=(Level(severity=Severity.WARNING, high=60.0),)
)


def an_alert(name: str = "Support", rule: Rule = LOW, **changes: Any) -> Alert:
    """Return a critical alert on the queue of that name, which fires since a minute after the epoch."""
    key = f"id-{name}/voice"
    alert = Alert(
        org="acme",
        rule=rule.name,
        severity=Severity.CRITICAL,
        entity=Entity(key=key, labels={"queue_id": f"id-{name}", "queue": name, "media": "voice"}),
        state=AlertState.FIRING,
        episode=2,
        sequence=3,
        evidence=Evidence(value=0.712, numerator=89.0, denominator=125.0),
        known=True,
        active_at=EPOCH,
        fired_at=EPOCH + timedelta(minutes=1),
        told=Severity.CRITICAL,
        told_at=EPOCH + timedelta(minutes=1),
        heard={"oncall/webhook": Hearing(at=EPOCH)},
    )
    return replace(alert, **changes)


def a_silence(id: str = "sil_1", hours: float = 1.0, **changes: Any) -> Silence:
    """Return a silence that is in force for so many hours from the epoch."""
    silence = Silence(
        id=id,
        matchers=(Matcher(label="queue", globs=("Support",)),),
        starts_at=EPOCH,
        ends_at=EPOCH + timedelta(hours=hours),
        owner="kim",
        comment="moving house",
    )
    return replace(silence, **changes)


def refusal(answer: httpx.Response) -> tuple[int, str]:
    """Return status and detail of a problem, and see that it is one, in one line."""
    said = answer.json()
    assert answer.headers["content-type"] == PROBLEM
    assert (said["type"], said["status"]) == ("about:blank", answer.status_code)
    assert said["title"]
    assert "\n" not in said["title"] + said["detail"]
    return answer.status_code, said["detail"]


@dataclass
class Desk:
    """Alerts, acknowledgements and silences over lists. With `broken` nothing is stored."""

    kept: list[Alert] = field(default_factory=list)
    rules: Sequence[Rule] = (LOW, LONG)
    silences: list[Silence] = field(default_factory=list)
    who: Principal = ANYBODY
    now: datetime = EPOCH
    broken: bool = False
    journal: FakeJournal = field(default_factory=FakeJournal)
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    looks: int = 0
    """How often all alerts were asked for."""

    def addresses(self) -> list[Address]:
        """Return every address of it."""
        clock = FixedClock(self.now)
        alerts = Alerts(
            alerts=self._alerts, rules=self._rules, journal=self.journal, clock=clock, turn=self.turn
        )
        acks = Acks(
            alerts=self._alerts, rules=self._rules, acknowledge=self._acknowledge, clock=clock, turn=self.turn
        )
        silences = Silences(
            silences=lambda: self.silences,
            silence=self._silence,
            alerts=self._alerts,
            rules=self._rules,
            clock=clock,
            identify=lambda: "sil_new",
            turn=self.turn,
        )
        return [*alerts.addresses(), *acks.addresses(), *silences.addresses()]

    async def ask(self, method: str, path: str, **more: Any) -> httpx.Response:
        """Send one request to an address of the API."""
        return await asked(self.addresses(), self.who, method, f"/api/v1/{path}", **more)

    async def get(self, path: str, **headers: str) -> httpx.Response:
        """Ask."""
        named = {name.replace("_", "-"): text for name, text in headers.items()}
        return await self.ask("GET", path, headers=named)

    async def post(self, path: str, body: object) -> httpx.Response:
        """Have something done."""
        return await self.ask("POST", path, json=body)

    def _alerts(self) -> Iterable[Alert]:
        self.looks += 1
        return iter(self.kept)

    def _rules(self) -> Sequence[Rule]:
        return self.rules

    async def _acknowledge(
        self, org: str, rule: str, key: str, *, owner: str, note: str = "", until: datetime | None = None
    ) -> bool:
        self._works()
        for place, one in enumerate(self.kept):
            if (one.org, one.rule, one.entity.key) == (org, rule, key) and one.state is AlertState.FIRING:
                ack = Acknowledgement(owner=owner, note=note, at=self.now, until=until)
                self.kept[place] = replace(one, acknowledged=ack)
                return True
        return False

    async def _silence(self, silence: Silence) -> None:
        self._works()
        self.silences = [one for one in self.silences if one.id != silence.id] + [silence]

    def _works(self) -> None:
        if self.broken:
            raise StoreError("disk is full")


def path_of(alert: Alert) -> str:
    """Return the address of an alert, behind that of the API."""
    return f"alerts/{identify(alert)}"


async def asked(
    addresses: Iterable[Address], who: Principal, method: str, url: str, **more: Any
) -> httpx.Response:
    """Return what `addresses` answer to `who`, found out by somebody at the door."""
    inner = Starlette(routes=routes(addresses), exception_handlers={HTTPException: refused})
    transport = httpx.ASGITransport(_known(inner, who))
    async with httpx.AsyncClient(transport=transport, base_url="http://site:9877") as client:
        return await client.request(method, url, **more)


def _known(inner: ASGIApp, who: Principal) -> ASGIApp:
    async def app(scope: AsgiScope, receive: Receive, send: Send) -> None:
        await inner({**scope, PRINCIPAL: who}, receive, send)

    return app
