"""What was told to whom: the outbox, the journal, and trying a receiver out."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from starlette.convertors import Convertor, register_url_convertor
from starlette.requests import Request
from starlette.responses import Response

from monitor.kit.text import clean
from monitor.model.delivery import Backlog, Letter, Wanted
from monitor.ports import Clock, Journal, Letters
from monitor.web import reading, shapes
from monitor.web.access import Address, Scope, principal
from monitor.web.answers import Problem, Said
from monitor.web.api import paging, tags
from monitor.web.api.choosing import Choosing
from monitor.web.auditing import Mutation, note


class _Row(Convertor[int]):
    """A row in an address: what SQLite can hold, so that no other word is mistaken for one."""

    regex = "[0-9]{1,18}"

    def convert(self, value: str) -> int:
        """Return the number."""
        return int(value)

    def to_string(self, value: int) -> str:
        """Return it as text."""
        return str(value)


register_url_convertor("row", _Row())


@dataclass(frozen=True, slots=True, kw_only=True)
class Deliveries:
    """Answers about deliveries.

    `released` is told the destinations of which something is to be tried again. `drill` sends a drill to a
    receiver and returns the ids of its events; `receivers` are those there are, with their destinations.
    `destinations` are all there are, `disabled` tells those that get nothing because they said they are gone,
    `backlog` what waits for each.
    """

    letters: Letters
    journal: Journal
    released: Callable[[Collection[str]], None]
    drill: Callable[[str], Awaitable[tuple[str, ...]]]
    receivers: Mapping[str, Collection[str]]
    clock: Clock
    disabled: Callable[[], Collection[str]] = frozenset
    destinations: Collection[str] = ()
    backlog: Callable[[], Sequence[Backlog]] = tuple

    def addresses(self) -> list[Address]:
        """Return the addresses and what answers there."""
        return [
            Address(path="/api/v1/deliveries", endpoint=self.summed, scope=Scope.READ),
            Address(path="/api/v1/outbox", endpoint=self.listed, scope=Scope.READ),
            Mutation(path="/api/v1/outbox/retry", endpoint=self.retried, action="outbox.retry"),
            Mutation(path="/api/v1/outbox/drop", endpoint=self.dropped, action="outbox.drop"),
            Address(path="/api/v1/outbox/{row:row}", endpoint=self.opened, scope=Scope.READ),
            Address(path="/api/v1/history", endpoint=self.told, scope=Scope.READ),
            Mutation(path="/api/v1/drill", endpoint=self.drilled, action="receiver.drill"),
        ]

    async def summed(self, request: Request) -> Response:
        """Return how much waits for each destination, and how much is dead."""
        reading.parameters(request)
        disabled = self.disabled()
        shown = [shapes.backlog(one, disabled=one.destination in disabled) for one in self.backlog()]
        return tags.tagged(request, {"destinations": shown})

    async def listed(self, request: Request) -> Response:
        """Return what waits or is dead, page by page: `next` is the `after` of the next page."""
        given = reading.parameters(request, "destination", "dead", reading.AFTER, "limit")
        limit = paging.limit(given)
        dead = reading.flag("dead", given.get("dead"))
        after = reading.whole("after", given.get("after", "0"))
        name = given.get("destination")
        wanted: Sequence[str | None] = (None,) if name is None else await self._choosing().meant(name)
        found: list[Letter] = []
        for destination in wanted:
            found += await self.letters.letters(
                destination=destination, dead=dead, after=after, limit=limit + 1
            )
        found.sort(key=lambda one: one.row)
        page = found[:limit]
        following = page[-1].row if len(found) > limit else None
        disabled = self.disabled()
        shown = [shapes.letter(one, disabled=one.destination in disabled) for one in page]
        return tags.tagged(request, {"letters": shown, "next": following})

    async def opened(self, request: Request) -> Response:
        """Return one letter, with its body for whoever may operate."""
        reading.parameters(request)
        row: int = request.path_params["row"]
        found = await self.letters.letter(row)
        if found is None:
            raise Problem(404, f"there is no row {row} in the outbox: it was delivered, dropped or never was")
        whole = Scope.OPERATE in principal(request).scopes
        return Said(shapes.opened(found, disabled=found.destination in self.disabled(), whole=whole))

    async def told(self, request: Request) -> Response:
        """Return the journal, newest first, page by page."""
        given = reading.parameters(
            request, "org", "queue", "rule", "entity", "since", "until", "limit", reading.AFTER
        )
        limit, after = paging.limit(given), paging.after(given, "")
        wanted = Wanted(
            queue=given.get("queue", "*"),
            rule=given.get("rule", "*"),
            org=given.get("org"),
            entity=given.get("entity"),
            since=reading.moment("since", given.get("since")),
            until=reading.moment("until", given.get("until")),
            behind=None if after is None else str(after[0]),
            limit=limit + 1,
        )
        page = paging.cut(await self.journal.history(wanted), shapes.place, limit)
        entries = [shapes.history(one) for one in page.items]
        return tags.tagged(request, {"entries": entries, "next": page.next})

    async def retried(self, request: Request) -> Response:
        """Try letters again from the start, at once, and every destination that is named.

        `superseded` are dead ones that stay so: something newer of the same alert was sent since.
        """
        reading.parameters(request)
        asked = await reading.document(request, "rows", "destination", "dead")
        chosen = await self._choosing().chosen(asked, whole_waiting=True)
        destinations = {*chosen.destinations}
        superseded: list[int] = []
        done = 0
        try:
            for chunk in _chunks(chosen.rows):
                revived = await self.letters.revive(chunk, now=self.clock.now())
                destinations.update(revived.destinations)
                superseded += revived.superseded
                done += len(chunk) - len(revived.superseded)
        finally:
            names = sorted(destinations)
            note(request, count=done, destinations=names)
            if names:
                self.released(names)
        said = {"retried": done, "destinations": names, "superseded": sorted(superseded)}
        return Said({**said, "unknown": chosen.unknown})

    async def dropped(self, request: Request) -> Response:
        """Throw letters away."""
        reading.parameters(request)
        asked = await reading.document(request, "rows", "destination", "dead")
        chosen = await self._choosing().chosen(asked, whole_waiting=False)
        done = 0
        try:
            for chunk in _chunks(chosen.rows):
                done += await self.letters.drop(chunk, now=self.clock.now())
        finally:
            note(request, count=done, destinations=sorted(chosen.destinations))
        return Said({"dropped": done, "unknown": chosen.unknown})

    async def drilled(self, request: Request) -> Response:
        """Try a receiver out: a marked event that fires and is over, through the same outbox.

        Its destinations are tried at once, also those that failed until now.
        """
        reading.parameters(request)
        receiver = (await reading.document(request, "receiver")).get("receiver")
        if not isinstance(receiver, str):
            raise Problem(400, "receiver: should be the name of a receiver")
        if receiver not in self.receivers:
            there_are = ", ".join(self.receivers) or "none"
            raise Problem(404, f"there is no receiver {clean(receiver)!r}: there is {there_are}")
        note(request, receiver=receiver)
        destinations = sorted(self.receivers[receiver])
        events = await self.drill(receiver)
        self.released(destinations)
        note(request, count=len(events))
        return Said({"events": list(events), "destinations": destinations})

    def _choosing(self) -> Choosing:
        return Choosing(self.letters, self.receivers, self.destinations)


def _chunks(rows: Sequence[int]) -> Sequence[Sequence[int]]:
    return [rows[start : start + reading.LIMIT] for start in range(0, len(rows), reading.LIMIT)]
