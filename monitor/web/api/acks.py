"""Acknowledgements: somebody has a firing alert, for this episode or for a while."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from starlette.requests import Request
from starlette.responses import Response

from monitor.model.alert import Acknowledgement, Alert
from monitor.model.rule import Rule
from monitor.ports import Clock
from monitor.web import reading, shapes
from monitor.web.access import Address, Scope
from monitor.web.answers import Problem, Said
from monitor.web.api import looking, paging, tags, wishes
from monitor.web.api.aside import aside
from monitor.web.auditing import Mutation, note

Taken = tuple[Acknowledgement, Alert]


class Acknowledge(Protocol):
    """Notes that somebody has a firing alert."""

    async def __call__(
        self, org: str, rule: str, key: str, *, owner: str, note: str = "", until: datetime | None = None
    ) -> bool:
        """Do it; return False where no such alert fires. Raises StoreError."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Acks:
    """Answers about acknowledgements, of `alerts`, by which `rules`; `acknowledge` makes one.

    `turn` is taken by who works on many things; others may share it.
    """

    alerts: Callable[[], Iterable[Alert]]
    rules: Callable[[], Sequence[Rule]]
    acknowledge: Acknowledge
    clock: Clock
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    def addresses(self) -> list[Address]:
        """Return the addresses and what answers there."""
        return [
            Address(path="/api/v1/acks", endpoint=self.listed, scope=Scope.READ),
            Mutation(path="/api/v1/alerts/{id}/ack", endpoint=self.taken, action="alert.acknowledge"),
        ]

    async def listed(self, request: Request) -> Response:
        """Return who has which alert, page by page, in the order they took them."""
        given = reading.parameters(request, "org", "limit", reading.AFTER)

        def answer() -> Response:
            taken = ((ack, alert) for alert in alerts if (ack := alert.acknowledged) is not None)
            page = paging.paged(taken, _key, given, 0.0, "")
            return tags.tagged(request, {"acks": [_shown(*one) for one in page.items], "next": page.next})

        async with self.turn:
            alerts = self._acknowledged(given.get("org"))
            return await aside(len(alerts), answer)

    async def taken(self, request: Request) -> Response:
        """Note that somebody has an alert; whoever had it before has it no more."""
        id = request.path_params["id"]
        note(request, alert=id)
        reading.parameters(request)
        asked = await reading.document(request, "owner", "note", "until", "duration")
        owner, said = wishes.owner(request, asked), wishes.note(asked, "note")
        until = wishes.end(asked, self.clock.now())
        alert = await looking.found(self.alerts(), id)
        org, rule, key = alert.org, alert.rule, alert.entity.key
        note(request, org=org, rule=rule, entity=key, owner=owner, until=shapes.date(until))
        if not await self.acknowledge(org, rule, key, owner=owner, note=said, until=until):
            raise Problem(409, "the alert does not fire: there is nothing to take")
        after = await looking.found(self.alerts(), id)
        (shown,) = looking.shown([after], self.rules(), self.clock.now())
        return Said({"alert": shown})

    def _acknowledged(self, org: str | None) -> list[Alert]:
        """Return the alerts of one org, or of all, that somebody has."""
        return [one for one in self.alerts() if one.acknowledged is not None and org in (None, one.org)]


def _key(one: Taken) -> paging.Key:
    ack, alert = one
    return ack.at.timestamp(), looking.identify(alert)


def _shown(ack: Acknowledgement, alert: Alert) -> dict[str, object]:
    return {
        "alert": looking.identify(alert),
        "org": alert.org,
        "rule": alert.rule,
        "entity": shapes.entity(alert.entity),
        "queue": shapes.queue(alert.entity),
        "severity": alert.severity.value,
        **shapes.acknowledged(ack),
    }
