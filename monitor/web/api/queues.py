"""`/api/v1/queues`: every queue with its figures, how it stands and why; the worst first."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from starlette.requests import Request
from starlette.responses import Response

from monitor.board.standing import Place, worst_first
from monitor.board.view import View, chosen, order
from monitor.kit.text import clean
from monitor.model.alert import Alert, AlertState
from monitor.model.board import Attained, MediaLine, QueueLine, SourceState
from monitor.web import reading, shapes
from monitor.web.access import Address, Scope
from monitor.web.answers import Problem
from monitor.web.api import looking, paging, tags
from monitor.web.api.aside import aside

FILTERS = ("org", "text", "division", "state", "label", "sort")
"""The parts of a view that are asked for by their own names."""

_NOWHERE = Place(line=QueueLine(org="", queue_id="", queue="", division=""))
"""Stands where any other place could: its sort keys have the types that all have."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Queues:
    """Answers about queues.

    `lines` are those of one org, or of all for None, `queue` one by org and id. `alerts` are every alert ever
    kept, `sources` tell which figures are too old to be believed. `turn` is taken
    by who works on many things; others may share it.
    """

    lines: Callable[[str | None], Sequence[QueueLine]]
    queue: Callable[[str, str], QueueLine | None]
    alerts: Callable[[], Iterable[Alert]]
    sources: Callable[[], Sequence[SourceState]]
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    def addresses(self) -> list[Address]:
        """Return the addresses and what answers there."""
        one = "/api/v1/queues/{org}/{queue_id:path}"
        return [
            Address(path="/api/v1/queues", endpoint=self.listed, scope=Scope.READ),
            Address(path=one, endpoint=self.opened, scope=Scope.READ),
        ]

    async def listed(self, request: Request) -> Response:
        """Return the queues that fit, page by page, and how many they are on all pages together."""
        given = reading.parameters(request, *FILTERS, "limit", "after")
        view = _view(given)

        def answer() -> Response:
            places = chosen(worst_first(lines, alerts, sources), view)
            like = _key(_NOWHERE, view.sort)
            page = paging.paged(places, lambda place: _key(place, view.sort), given, *like)
            shown = [_shown(place) for place in page.items]
            return tags.tagged(request, {"queues": shown, "next": page.next, "total": len(places)})

        async with self.turn:
            lines, alerts, sources = self.lines(view.org or None), self._active(), self.sources()
            return await aside(len(lines) + len(alerts), answer)

    async def opened(self, request: Request) -> Response:
        """Return one queue with its last hour."""
        reading.parameters(request)
        org, queue_id = request.path_params["org"], request.path_params["queue_id"]
        line = self.queue(org, queue_id)
        if line is None:
            raise Problem(404, f"there is no queue {clean(queue_id)!r} in {clean(org)!r}")
        mine = [one for one in self._active() if one.entity.labels.get("queue_id") == queue_id]
        (place,) = worst_first([line], mine, self.sources())
        hour = {"trend": list(line.trend), "waits": list(line.waits)}
        return tags.tagged(request, {**_shown(place), **hour})

    def _active(self) -> list[Alert]:
        """Return what fires or is about to; nothing else says how a queue stands."""
        return [alert for alert in self.alerts() if alert.state is not AlertState.INACTIVE]


def _view(given: Mapping[str, str]) -> View:
    try:
        return View(**{name: given[name] for name in FILTERS if name in given})
    except ValueError as error:
        raise Problem(400, str(error)) from None


def _key(place: Place, sort: str) -> paging.Key:
    return (sort, *order(place, sort))


def _shown(place: Place) -> dict[str, object]:
    line = place.line
    return {
        "org": line.org,
        "queue_id": line.queue_id,
        "queue": line.queue,
        "division": line.division,
        "labels": dict(line.labels),
        "state": place.state,
        "since": shapes.date(place.since),
        "stale": place.stale,
        "as_of": shapes.date(place.as_of),
        "acknowledged": place.acknowledged,
        "silenced": place.silenced,
        "muted": place.muted,
        "alerts": [_alert(one) for one in place.alerts],
        "waiting": line.waiting,
        "interacting": line.interacting,
        "longest_wait": line.longest_wait,
        "agents_on_queue": line.agents_on_queue,
        "agents_available": line.agents_available,
        "level": None if line.level is None else _level(line.level),
        "worst": None if place.worst is None else _level(place.worst),
        "unclear": list(place.unclear),
        "levels": [_level(one) for one in line.levels],
        "media": [_media(one) for one in line.media],
    }


def _alert(alert: Alert) -> dict[str, object]:
    return {
        "id": looking.identify(alert),
        "rule": alert.rule,
        "severity": alert.severity.value,
        "state": alert.state.value,
    }


def _level(level: Attained) -> dict[str, object]:
    return {
        "media": level.media,
        "window": level.window,
        "threshold": level.threshold,
        "ratio": level.ratio,
        "met": level.met,
        "offered": level.offered,
        "target": level.target,
        "idle": level.idle,
    }


def _media(one: MediaLine) -> dict[str, object]:
    return {
        "media": one.media,
        "waiting": one.waiting,
        "interacting": one.interacting,
        "longest_wait": one.longest_wait,
    }
