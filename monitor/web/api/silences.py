"""Silences: which there are, beginning one, ending one."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from starlette.requests import Request
from starlette.responses import Response

from monitor.alerts.hushing import labels
from monitor.alerts.muting import silenced, sweeping
from monitor.kit.text import NAME_LIMIT, clean
from monitor.model.alert import Alert, AlertState
from monitor.model.catalogue import METRICS
from monitor.model.rule import Matcher, Rule
from monitor.model.silence import Silence
from monitor.ports import Clock
from monitor.web import reading, shapes
from monitor.web.access import Address, Scope
from monitor.web.answers import Problem, Said
from monitor.web.api import looking, paging, tags, wishes
from monitor.web.api.aside import aside
from monitor.web.auditing import Mutation, note

ACTIVE, PENDING, EXPIRED = "active", "pending", "expired"
"""Alertmanager's words for it."""
STATES = {one: (one,) for one in (ACTIVE, PENDING, EXPIRED)} | {"any": (ACTIVE, PENDING, EXPIRED)}
"""The words a list may be asked for by, and what they mean."""
MATCHERS = 20
"""Matchers of one silence: more labels than any alert has."""

_SAY = 'name something, or say so with {"rule": "*"}'
_EVERY = {"org", "rule", "severity", "source", "destination"}
"""Labels that alerts have besides those of their metric and rule."""


def new_id() -> str:
    """Return an id nobody has: short, and fit for a URL."""
    return f"sil_{secrets.token_hex(5)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Silences:
    """Answers about silences.

    `silences` are those kept, over or not; `silence` keeps one in the place of another of the same id.
    `alerts` and `rules` say what one would be about.
    """

    silences: Callable[[], Iterable[Silence]]
    silence: Callable[[Silence], Awaitable[None]]
    alerts: Callable[[], Iterable[Alert]]
    rules: Callable[[], Sequence[Rule]]
    clock: Clock
    identify: Callable[[], str] = new_id
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    def addresses(self) -> list[Address]:
        """Return the addresses and what answers there."""
        path = "/api/v1/silences"
        return [
            Address(path=path, endpoint=self.listed, scope=Scope.READ),
            Mutation(path=path, endpoint=self.begun, action="silence.begin"),
            # Those asked for over MQTT have their org in the id, with a slash.
            Mutation(
                path=f"{path}/{{id:path}}", endpoint=self.ended, action="silence.end", methods=("DELETE",)
            ),
        ]

    async def listed(self, request: Request) -> Response:
        """Return silences, page by page, the one that ends first at the top; not those that are over."""
        given = reading.parameters(request, "state", "limit", reading.AFTER)
        wanted = reading.word("state", given.get("state"), tuple(STATES))
        states, now = STATES.get(wanted or "", (ACTIVE, PENDING)), self.clock.now()
        found = (one for one in self.silences() if _state(one, now) in states)
        page = paging.paged(found, _key, given, 0.0, "")
        shown = [shapes.silence(one, _state(one, now)) for one in page.items]
        return tags.tagged(request, {"silences": shown, "next": page.next})

    async def begun(self, request: Request) -> Response:
        """Begin a silence at once; say how many alerts that are not over it is about."""
        reading.parameters(request)
        asked = await reading.document(request, "matchers", "duration", "until", "owner", "comment")
        rules, now = tuple(self.rules()), self.clock.now()
        matchers = _matchers(asked.get("matchers"), self._labels(rules))
        note(request, matchers={one.label: one.globs[0] for one in matchers})
        ends, owner = wishes.end(asked, now), wishes.owner(request, asked)
        comment = wishes.note(asked, "comment")
        if ends is None:
            raise Problem(400, "duration: should say how long, such as 1h; or until, a date")
        if not comment:
            raise Problem(400, "comment: should say why")
        silence = Silence(
            id=self.identify(), matchers=matchers, starts_at=now, ends_at=ends, owner=owner, comment=comment
        )
        note(request, silence=silence.id, owner=owner, until=shapes.date(ends))
        await self.silence(silence)
        async with self.turn:
            alerts = [one for one in self.alerts() if one.state is not AlertState.INACTIVE]
            fitting = await aside(len(alerts), lambda: _fitting(silence, alerts, rules, now))
        return Said({"silence": shapes.silence(silence, ACTIVE), "alerts": fitting}, 201)

    async def ended(self, request: Request) -> Response:
        """End a silence now; it is still listed among those that are over."""
        reading.parameters(request)
        id, now = request.path_params["id"], self.clock.now()
        note(request, silence=id)
        found = next((one for one in self.silences() if one.id == id), None)
        if found is None:
            raise Problem(404, f"there is no silence {clean(id)!r}")
        if _state(found, now) == EXPIRED:
            raise Problem(409, f"the silence {clean(id)!r} is over since {shapes.date(found.ends_at)}")
        over = replace(found, starts_at=min(found.starts_at, now), ends_at=now)
        await self.silence(over)
        return Said({"silence": shapes.silence(over, EXPIRED)})

    def _labels(self, rules: Iterable[Rule]) -> Collection[str]:
        """Return the labels that an alert can be matched by: one that none has would fit nothing, ever."""
        of_metrics = {label for metric in METRICS.values() if metric.sources for label in metric.labels}
        of_rules = {label for rule in rules for label in rule.labels}
        of_alerts = {label for alert in self.alerts() for label in alert.entity.labels}
        return _EVERY | of_metrics | of_rules | of_alerts


def _fitting(silence: Silence, alerts: Iterable[Alert], rules: Sequence[Rule], now: datetime) -> int:
    """Return how many of `alerts` the silence is about."""
    by_name = looking.named(rules)
    return sum(silenced(labels(alert, by_name), [silence], now) is not None for alert in alerts)


def _state(silence: Silence, now: datetime) -> str:
    if silence.ends_at <= now:
        return EXPIRED
    return ACTIVE if silence.starts_at <= now else PENDING


def _key(silence: Silence) -> paging.Key:
    return silence.ends_at.timestamp(), silence.id


def _matchers(said: object, known: Collection[str]) -> tuple[Matcher, ...]:
    """Return the matchers that a body means, by label. Raises Problem."""
    if not isinstance(said, dict) or not 1 <= len(said) <= MATCHERS:
        raise Problem(
            400, 'matchers: should be an object of label and pattern, such as {"queue": "Support*"}'
        )
    for label, glob in said.items():
        if label not in known:
            there_are = ", ".join(sorted(known))
            raise Problem(400, f"matchers: there is no label {clean(label)!r}: there is {there_are}")
        if not isinstance(glob, str) or not 0 < len(glob) <= NAME_LIMIT:
            raise Problem(400, f"matchers: {label}: should be a pattern of 1 to {NAME_LIMIT} characters")
        if clean(glob) != glob:
            raise Problem(400, f"matchers: {label}: has blanks or characters that no name has")
    found = tuple(Matcher(label=label, globs=(said[label],)) for label in sorted(said))
    if sweeping(found):
        raise Problem(400, f"matchers: they fit everything there is: {_SAY}")
    return found
