"""What was told to whom: the outbox, the journal, and trying a receiver out.

Reading is open to whoever reaches the port, as `/metrics` is. Changing anything needs `operate`, and leaves a
line in the log.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field

import structlog
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from monitor.kit.text import clean
from monitor.model.delivery import Letter, Wanted
from monitor.ports import Clock, Journal, Letters
from monitor.web import reading, shapes
from monitor.web.answers import Problem, Said, answering

log = structlog.get_logger(__name__)

PAGE = 100
"""Letters or entries given where nobody says how many."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Chosen:
    """The rows that are meant, those named that are not there, and the destinations that were named."""

    rows: Sequence[int]
    unknown: list[int] = field(default_factory=list)
    destinations: Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Deliveries:
    """Answers about deliveries.

    `released` is told the destinations of which something is to be tried again. `drill` sends a drill to a
    receiver and returns the ids of its events; `receivers` are those there are, with their destinations.
    `destinations` are all there are, `disabled` tells those that get nothing because they said they are gone.
    Unless `operate` nothing is changed.
    """

    letters: Letters
    journal: Journal
    released: Callable[[Collection[str]], None]
    drill: Callable[[str], Awaitable[tuple[str, ...]]]
    receivers: Mapping[str, Collection[str]]
    clock: Clock
    operate: bool
    disabled: Callable[[], Collection[str]] = frozenset
    destinations: Collection[str] = ()

    def routes(self) -> list[Route]:
        """Return the addresses and what answers there."""
        return [
            Route("/api/v1/outbox", answering(self.listed)),
            Route("/api/v1/outbox/retry", answering(self.retried), methods=["POST"]),
            Route("/api/v1/outbox/drop", answering(self.dropped), methods=["POST"]),
            Route("/api/v1/outbox/{row}", answering(self.opened)),
            Route("/api/v1/history", answering(self.told)),
            Route("/api/v1/drill", answering(self.drilled), methods=["POST"]),
        ]

    async def listed(self, request: Request) -> Response:
        """Return what waits or is dead, page by page: `next` is the `after` of the next page."""
        given = reading.parameters(request, "destination", "dead", "after", "limit")
        limit = _limit(given)
        dead = reading.flag("dead", given.get("dead"))
        after = reading.whole("after", given.get("after", "0"))
        name = given.get("destination")
        wanted: Sequence[str | None] = (None,) if name is None else await self._meant(name)
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
        return Said({"letters": shown, "next": following})

    async def opened(self, request: Request) -> Response:
        """Return one letter with its body."""
        reading.parameters(request)
        row = reading.whole("row", request.path_params["row"])
        found = await self.letters.letter(row)
        if found is None:
            raise Problem(404, f"there is no row {row} in the outbox: it was delivered, dropped or never was")
        return Said(shapes.opened(found, disabled=found.destination in self.disabled()))

    async def told(self, request: Request) -> Response:
        """Return the journal, newest first."""
        given = reading.parameters(request, "queue", "rule", "since", "until", "limit")
        wanted = Wanted(
            queue=given.get("queue", "*"),
            rule=given.get("rule", "*"),
            since=reading.moment("since", given.get("since")),
            until=reading.moment("until", given.get("until")),
            limit=_limit(given),
        )
        found = await self.journal.history(wanted)
        return Said({"entries": [shapes.history(one) for one in found]})

    async def retried(self, request: Request) -> Response:
        """Try letters again from the start, at once, and every destination that is named.

        `superseded` are dead ones that stay so: something newer of the same alert was sent since.
        """
        chosen = await self._chosen(request, whole_waiting=True)
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
            if names:
                self.released(names)
                _audit(request, "outbox.retry", done, destinations=names)
        said = {"retried": done, "destinations": names, "superseded": sorted(superseded)}
        return Said({**said, "unknown": chosen.unknown})

    async def dropped(self, request: Request) -> Response:
        """Throw letters away."""
        chosen = await self._chosen(request, whole_waiting=False)
        done = 0
        try:
            for chunk in _chunks(chosen.rows):
                done += await self.letters.drop(chunk, now=self.clock.now())
        finally:
            if done:
                _audit(request, "outbox.drop", done)
        return Said({"dropped": done, "unknown": chosen.unknown})

    async def drilled(self, request: Request) -> Response:
        """Try a receiver out: a marked event that fires and is over, through the same outbox.

        Its destinations are tried at once, also those that failed until now.
        """
        reading.guard(request, operate=self.operate)
        receiver = (await reading.document(request, "receiver")).get("receiver")
        if not isinstance(receiver, str):
            raise Problem(400, "receiver: should be the name of a receiver")
        if receiver not in self.receivers:
            there_are = ", ".join(self.receivers) or "none"
            raise Problem(404, f"there is no receiver {clean(receiver)!r}: there is {there_are}")
        destinations = sorted(self.receivers[receiver])
        events = await self.drill(receiver)
        self.released(destinations)
        _audit(request, "receiver.drill", len(events), receiver=receiver)
        return Said({"events": list(events), "destinations": destinations})

    async def _meant(self, name: str) -> Sequence[str]:
        """Return the destinations that a name means: itself, or all of a receiver. Raises Problem.

        One that is not configured any more is known for as long as something of it is in the outbox.
        """
        known = {*self.destinations, *(one for ways in self.receivers.values() for one in ways)}
        if name in known:
            return (name,)
        found = sorted(one for one in known if one.partition("/")[0] == name)
        if not found and not await self.letters.letters(destination=name, limit=1):
            there_are = ", ".join(sorted(known)) or "none"
            raise Problem(404, f"there is no destination {clean(name)!r}: there is {there_are}")
        return found or (name,)

    async def _chosen(self, request: Request, *, whole_waiting: bool) -> _Chosen:
        """Return what is meant. Raises Problem.

        With `whole_waiting` a destination may be named without saying whether its dead are meant.
        """
        reading.guard(request, operate=self.operate)
        asked = await reading.document(request, "rows", "destination", "dead")
        rows, destination, dead = asked.get("rows"), asked.get("destination"), asked.get("dead")
        if (rows is None) is (destination is None):
            raise Problem(400, "the body should have either rows or destination")
        if rows is not None:
            if dead is not None:
                raise Problem(400, "dead: goes with destination, not with rows")
            return await self._there(_numbers(rows))
        if not isinstance(destination, str) or not destination:
            raise Problem(400, "destination: should be the name of a destination")
        if not isinstance(dead, bool) and not (whole_waiting and dead is None):
            raise Problem(400, "dead: should be true for what is dead, or false for what waits")
        names = await self._meant(destination)
        found = [row for name in names for row in await self._all(name, dead)]
        return _Chosen(rows=found, destinations=names)

    async def _there(self, rows: Sequence[int]) -> _Chosen:
        there = [row for row in rows if await self.letters.letter(row) is not None]
        unknown = sorted({*rows} - {*there})
        if not there:
            raise Problem(404, f"not in the outbox: {', '.join(map(str, unknown))}")
        return _Chosen(rows=there, unknown=unknown)

    async def _all(self, destination: str, dead: bool | None) -> Sequence[int]:  # noqa: FBT001
        """Return every row of a destination there is now."""
        rows: list[int] = []
        while True:
            page = await self.letters.letters(
                destination=destination, dead=dead, after=rows[-1] if rows else 0, limit=reading.LIMIT
            )
            rows += [one.row for one in page]
            if len(page) < reading.LIMIT:
                return rows


def _limit(given: Mapping[str, str]) -> int:
    return reading.whole("limit", given.get("limit", str(PAGE)), least=1, most=reading.LIMIT)


def _numbers(rows: object) -> Sequence[int]:
    """Return row numbers, each once. Raises Problem."""
    if not isinstance(rows, list) or not rows or len(rows) > reading.LIMIT:
        raise Problem(400, f"rows: should be a list of 1 to {reading.LIMIT} row numbers")
    if any(isinstance(row, bool) or not isinstance(row, int) or not 0 < row < 2**63 for row in rows):
        raise Problem(400, "rows: should be whole numbers, as the outbox lists them")
    return list(dict.fromkeys(rows))


def _chunks(rows: Sequence[int]) -> Sequence[Sequence[int]]:
    return [rows[start : start + reading.LIMIT] for start in range(0, len(rows), reading.LIMIT)]


def _audit(request: Request, what: str, count: int, **more: object) -> None:
    client = request.client.host if request.client is not None else "?"
    log.info("operation.done", what=what, count=count, client=client, **more)
