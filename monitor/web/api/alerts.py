"""Alerts: which there are, worst first, and why each is as it is and what was told of it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from glob import escape

from starlette.requests import Request
from starlette.responses import Response

from monitor.alerts.announcing import built_in
from monitor.alerts.explaining import explain, explained
from monitor.kit.text import clean
from monitor.model.alert import Alert, AlertState, alert_id
from monitor.model.delivery import Wanted
from monitor.model.errors import StoreError
from monitor.model.rule import Rule, Severity
from monitor.ports import Clock, Journal
from monitor.web import reading, shapes
from monitor.web.access import Address, Scope
from monitor.web.answers import Problem, Said
from monitor.web.api import looking, paging, tags
from monitor.web.api.aside import aside
from monitor.web.api.globs import fits

ANY = "any"
"""The word for every state there is."""
STATES = (AlertState.FIRING, AlertState.PENDING, AlertState.INACTIVE)
"""In the order they are listed."""
TIMELINE = 50
"""Entries of the journal given with one alert; older ones are in the history."""

_ORDER = (0, 0, "", "", "", "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Alerts:
    """Answers about alerts. `alerts` are all of the configured rules, `rules` those that hold now.

    `turn` is taken by who works on many things; others may share it.
    """

    alerts: Callable[[], Iterable[Alert]]
    rules: Callable[[], Sequence[Rule]]
    journal: Journal
    clock: Clock
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    def addresses(self) -> list[Address]:
        """Return the addresses and what answers there."""
        return [
            Address(path="/api/v1/alerts", endpoint=self.listed, scope=Scope.READ),
            Address(path="/api/v1/alerts/{id}", endpoint=self.opened, scope=Scope.READ),
            Address(path="/api/v1/explain", endpoint=self.explained, scope=Scope.READ),
        ]

    async def listed(self, request: Request) -> Response:
        """Return alerts, page by page: what fires before what is pending, critical before warning."""
        given = reading.parameters(
            request, "org", "state", "severity", "rule", "queue", "limit", reading.AFTER
        )
        reading.word("state", given.get("state"), (*STATES, ANY))
        reading.word("severity", given.get("severity"), tuple(Severity))
        rules, now = tuple(self.rules()), self.clock.now()

        def answer() -> Response:
            page = paging.paged(filter(_fitting(given), alerts), _key, given, *_ORDER)
            shown = looking.shown(page.items, rules, now)
            return tags.tagged(request, {"alerts": shown, "next": page.next})

        async with self.turn:
            alerts = tuple(self.alerts())
            return await aside(len(alerts), answer)

    async def opened(self, request: Request) -> Response:
        """Return one alert, why it is as it is, and what was told of it.

        `timeline` is null where the store does not answer: why it fires is known all the same.
        """
        reading.parameters(request)
        alert = await looking.found(self.alerts(), request.path_params["id"])
        now, rules = self.clock.now(), self.rules()
        (shown,) = looking.shown([alert], rules, now)
        rule = looking.named(rules).get(alert.rule) or built_in(alert.rule)
        timeline, following = await self._timeline(alert)
        return tags.tagged(
            request,
            {
                "alert": shown,
                "explanation": _identified(explain(alert, rule, now)),
                "timeline": timeline,
                "next": following,
            },
        )

    async def explained(self, request: Request) -> Response:
        """Say why the alerts are as they are that are meant by `alert`: rule/entity, or a part of it."""
        text = reading.parameters(request, "alert").get("alert", "").strip()
        if not text:
            raise Problem(400, "which alert? ?alert=rule/entity, or a part of it")
        rules, now = tuple(self.rules()), self.clock.now()
        async with self.turn:
            alerts = tuple(self.alerts())
            found = await aside(len(alerts), lambda: explained(text, alerts, rules, now))
        if not found:
            raise Problem(404, f"there is no alert {clean(text)!r}")
        return Said({"alerts": [_identified(one) for one in found]})

    async def _timeline(self, alert: Alert) -> tuple[list[dict[str, object]] | None, str | None]:
        """Return what was told of an alert, newest first, and the cursor of what is older."""
        wanted = Wanted(org=alert.org, rule=escape(alert.rule), entity=alert.entity.key, limit=TIMELINE + 1)
        try:
            page = paging.cut(await self.journal.history(wanted), shapes.place, TIMELINE)
        except StoreError:
            return None, None
        return [shapes.history(one) for one in page.items], page.next


def _fitting(given: Mapping[str, str]) -> Callable[[Alert], bool]:
    """Return what says whether an alert is one of those asked for."""
    state, severity, org = given.get("state"), given.get("severity"), given.get("org")
    rule, queue = fits(given.get("rule")), fits(given.get("queue"))
    states = STATES[:2] if state is None else STATES if state == ANY else (AlertState(state),)
    return lambda alert: (
        alert.state in states
        and severity in (None, alert.severity)
        and org in (None, alert.org)
        and rule(alert.rule)
        and queue(shapes.queue(alert.entity))
    )


def _key(alert: Alert) -> paging.Key:
    """Return where an alert stands in the list: worst first, then by name."""
    state, severity = STATES.index(alert.state), -alert.severity.rank
    return (state, severity, alert.org, alert.rule, shapes.queue(alert.entity), alert.entity.key)


def _identified(explanation: Mapping[str, object]) -> dict[str, object]:
    """Return an explanation with the id of its alert."""
    match explanation:
        case {"org": str(org), "rule": str(rule), "entity": {"key": str(key)}}:
            return {"id": alert_id(org, rule, key), **explanation}
    return dict(explanation)
