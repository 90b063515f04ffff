"""Alerts: which there are, worst first, and why each is as it is and what was told of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
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

ANY = "any"
"""The word for every state there is."""
STATES = (AlertState.FIRING, AlertState.PENDING, AlertState.INACTIVE)
"""In the order they are listed."""
TIMELINE = 50
"""Entries of the journal given with one alert; older ones are in the history."""

_ORDER = (0, 0, "", "", "", "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Alerts:
    """Answers about alerts. `alerts` are all of the configured rules, `rules` those that hold now."""

    alerts: Callable[[], Iterable[Alert]]
    rules: Callable[[], Sequence[Rule]]
    journal: Journal
    clock: Clock

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
        fitting = (alert for alert in self.alerts() if _fits(alert, given))
        page = paging.paged(fitting, _key, given, *_ORDER)
        shown = looking.shown(page.items, self.rules(), self.clock.now())
        return tags.tagged(request, {"alerts": shown, "next": page.next})

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
        text = request.query_params.get("alert", "").strip()
        if not text:
            raise Problem(400, "which alert? ?alert=rule/entity, or a part of it")
        found = explained(text, self.alerts(), self.rules(), self.clock.now())
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


def _fits(alert: Alert, given: Mapping[str, str]) -> bool:
    state, severity = given.get("state"), given.get("severity")
    wanted = alert.state is not AlertState.INACTIVE if state is None else state in (ANY, alert.state)
    return (
        wanted
        and severity in (None, alert.severity)
        and given.get("org") in (None, alert.org)
        and fnmatchcase(alert.rule, given.get("rule", "*"))
        and fnmatchcase(shapes.queue(alert.entity), given.get("queue", "*"))
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
