"""Delivers alerts to an Alertmanager (API v2), and tells it again and again while they fire.

Alertmanager takes an alert without an end, or whose end has come, as resolved. So what fires is posted with
an end a little ahead, and again long before that. Two things are on their way to it, then: what `send` was
given, and the repeats, which `run` read a moment ago. A repeat must never come behind the end of its own
alert and bring it back:

- what `send` said is over is left out of every repeat until `send` says that it fires again;
- `send` waits while a repeat with one of its alerts is on the way, so that both arrive in this order.

Only a repeat whose answer never came may still arrive later: then Alertmanager ends the alert by itself, when
its time is up. Alertmanager tells alerts apart by their labels, and so does this module.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from urllib.parse import urlsplit

import structlog

from monitor.kit import tasks, text
from monitor.kit.http import Http, HttpError
from monitor.model.alert import EventKind
from monitor.model.delivery import Delivered, Envelope, Outcome, Rejected, Retry
from monitor.model.errors import StoreError
from monitor.model.settings import AlertmanagerSettings
from monitor.ports import Clock
from monitor.sinks import answers

log = structlog.get_logger(__name__)

PERIOD, HORIZON = 60.0, 240.0
"""Seconds between two repeats, and how far ahead the end of a firing alert is: three repeats may fail."""
CHUNK = 100
"""Alerts in one request."""


@dataclass(frozen=True, slots=True)
class _Alert:
    """One alert of a body: its labels as one text, and all its fields."""

    identity: str
    fields: dict[str, object]

    @property
    def over(self) -> bool:
        return "endsAt" in self.fields


class AlertmanagerSink:
    """One Alertmanager: `send` tells it news, `run` repeats what fires. Each peer is a destination."""

    def __init__(
        self,
        settings: AlertmanagerSettings,
        *,
        http: Http,
        clock: Clock,
        firing: Callable[[], Awaitable[list[bytes]]],
        period: float = PERIOD,
        horizon: float = HORIZON,
    ) -> None:
        """Make the sink.

        Args:
            settings: the Alertmanager and how to reach it.
            http: shared, closed by its owner.
            clock: dates.
            firing: returns the body of each alert that fires and was told to this destination, as of now:
                never one whose end is committed. StoreError passes.
            period: seconds between two repeats.
            horizon: seconds after which Alertmanager ends an alert that is not repeated.
        """
        self._settings = settings
        self._http = http
        self._clock = clock
        self._firing = firing
        self._period = period
        self._horizon = timedelta(seconds=horizon)
        base = settings.url.reveal()
        self._url = base.rstrip("/") + "/api/v2/alerts"
        self._host = urlsplit(base).hostname or "the Alertmanager"
        self._secrets = (
            *answers.secret_parts(base),
            *(value.reveal() for value in settings.headers.values()),
        )
        self._over: set[str] = set()
        self._repeating: frozenset[str] = frozenset()
        self._landed = asyncio.Event()
        self._closing = asyncio.Event()
        self._failing = False
        self._log = log.bind(destination=settings.name, host=self._host)

    async def send(self, envelope: Envelope) -> Outcome:
        """Try once, for at most the configured timeout."""
        deadline = asyncio.get_running_loop().time() + self._settings.timeout
        alerts = _read(envelope.body)
        if alerts is None:
            return Rejected(reason="invalid", detail="the body is no list of alerts")
        over = {alert.identity for alert in alerts if alert.over}
        fires = {alert.identity for alert in alerts} - over
        self._over |= over
        while not self._repeating.isdisjoint(over | fires):
            await self._landed.wait()  # at most half of our time: see `_repeat_chunk`
        self._over -= fires
        end = envelope.expires_at if envelope.kind is EventKind.HEARTBEAT else None
        return await self._post(alerts, end, deadline)

    async def run(self) -> None:
        """Repeat what fires, at once and then every period, until `close`."""
        while not self._closing.is_set():
            due = asyncio.get_running_loop().time() + self._period
            self._note(await self._repeat())
            await tasks.first_of(self._closing, due - asyncio.get_running_loop().time())

    async def close(self) -> None:
        """Let `run` end after the request that is on its way, if any."""
        self._closing.set()

    async def _repeat(self) -> Outcome:
        """Post everything that fires, whatever becomes of a part of it; return the first failure, if any."""
        try:
            bodies = await self._firing()
        except StoreError as error:
            return Retry(reason="unread", detail=str(error))
        alerts = [alert for body in bodies for alert in _read(body) or () if not alert.over]
        # What is over and not in this will not be in what is read later, unless it fires again.
        self._over &= {alert.identity for alert in alerts}
        first: Outcome = Delivered()
        for chunk in _chunks(alerts):
            if self._closing.is_set():
                break
            outcome = await self._repeat_chunk(chunk)
            first = outcome if isinstance(first, Delivered) else first
        return first

    async def _repeat_chunk(self, chunk: Sequence[_Alert]) -> Outcome:
        """Post what is not over by now. Nothing may be awaited between looking and the request."""
        alerts = [alert for alert in chunk if alert.identity not in self._over]
        if not alerts:
            return Delivered()
        self._repeating = frozenset(alert.identity for alert in alerts)
        self._landed.clear()
        # Half of what a send has: one that waits for this has the other half.
        deadline = asyncio.get_running_loop().time() + self._settings.timeout / 2
        try:
            return await self._post(alerts, None, deadline)
        finally:
            self._repeating = frozenset()
            self._landed.set()

    async def _post(self, alerts: Sequence[_Alert], end: datetime | None, deadline: float) -> Outcome:
        """Post alerts; those that fire end at `end`, or else a horizon from now."""
        now = self._clock.now()
        ahead = (end or now + self._horizon).isoformat()
        content = json.dumps([{"endsAt": ahead, **alert.fields} for alert in alerts]).encode("ascii")
        own = {name.lower(): value.reveal() for name, value in self._settings.headers.items()}
        try:
            answer = await self._http.tell(
                "POST",
                self._url,
                headers={"content-type": "application/json", **own},
                content=content,
                deadline=deadline,
                cap=answers.ANSWER_CAP,
            )
        except HttpError as error:
            return answers.failed(self._host, error, self._secrets)
        if answer.status == 400:
            # Hidden first: of a secret that is cut, what is left would be shown.
            said = text.clean(answers.hide(answer.body.decode("utf-8", "replace"), self._secrets))
            return Rejected(reason="invalid", detail=f"{self._host} answered 400: {said}")
        return answers.judge(self._host, answer, now)

    def _note(self, outcome: Outcome) -> None:
        """Log when repeats begin to fail, and when they work again."""
        if isinstance(outcome, Delivered):
            if self._failing:
                self._log.info("repeat.recovered")
            self._failing = False
            return
        if not self._failing:
            self._log.warning("repeat.failed", error=outcome.detail)
        self._failing = True


def _read(body: bytes) -> list[_Alert] | None:
    """Return the alerts of a body, None where it is no list of alerts."""
    try:
        items: object = json.loads(body)
    except ValueError:
        return None
    if not isinstance(items, list):
        return None
    alerts = [
        _Alert(json.dumps(item["labels"], sort_keys=True), item)
        for item in items
        if isinstance(item, dict) and "labels" in item
    ]
    return alerts if len(alerts) == len(items) else None


def _chunks(alerts: Sequence[_Alert]) -> Iterator[list[_Alert]]:
    rest = iter(alerts)
    while chunk := list(islice(rest, CHUNK)):
        yield chunk
