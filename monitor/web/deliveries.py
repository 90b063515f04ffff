"""What was told to whom: the outbox, the journal, and trying a receiver out.

Reading is open to whoever reaches the port, as `/metrics` is. Changing anything needs `operate`, and leaves a
line in the log.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

import structlog
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from monitor.kit.text import clean
from monitor.model.delivery import Wanted
from monitor.ports import Clock, Journal, Letters
from monitor.web import reading, shapes
from monitor.web.answers import Problem, Said, answering

log = structlog.get_logger(__name__)

PAGE = 100
"""Letters or entries given where nobody says how many."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deliveries:
    """Answers about deliveries.

    `released` is told the destinations of which something is to be tried again. `drill` sends a drill to a
    receiver and returns the ids of its events; `receivers` are those there are, with their destinations.
    Unless `operate` nothing is changed.
    """

    letters: Letters
    journal: Journal
    released: Callable[[Collection[str]], None]
    drill: Callable[[str], Awaitable[tuple[str, ...]]]
    receivers: Mapping[str, Collection[str]]
    clock: Clock
    operate: bool

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
        found = await self.letters.letters(
            destination=given.get("destination"),
            dead=reading.flag("dead", given.get("dead")),
            after=reading.whole("after", given.get("after", "0")),
            limit=limit + 1,
        )
        page = found[:limit]
        following = page[-1].row if len(found) > limit else None
        return Said({"letters": [shapes.letter(one) for one in page], "next": following})

    async def opened(self, request: Request) -> Response:
        """Return one letter with its body."""
        reading.parameters(request)
        row = reading.whole("row", request.path_params["row"])
        found = await self.letters.letter(row)
        if found is None:
            raise Problem(404, f"there is no row {row} in the outbox: it was delivered, dropped or never was")
        return Said(shapes.opened(found))

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
        """Try letters again from the start, at once."""
        rows, unknown = await self._chosen(request, whole_waiting=True)
        destinations = set[str]()
        done = 0
        try:
            for chunk in _chunks(rows):
                destinations.update(await self.letters.revive(chunk, now=self.clock.now()))
                done += len(chunk)
        finally:
            if destinations:
                self.released(sorted(destinations))
            if done:
                _audit(request, "outbox.retry", done, destinations=sorted(destinations))
        return Said({"retried": done, "destinations": sorted(destinations), "unknown": unknown})

    async def dropped(self, request: Request) -> Response:
        """Throw letters away."""
        rows, unknown = await self._chosen(request, whole_waiting=False)
        done = 0
        try:
            for chunk in _chunks(rows):
                done += await self.letters.drop(chunk, now=self.clock.now())
        finally:
            if done:
                _audit(request, "outbox.drop", done)
        return Said({"dropped": done, "unknown": unknown})

    async def drilled(self, request: Request) -> Response:
        """Try a receiver out: a marked event that fires and is over, through the same outbox."""
        reading.guard(request, operate=self.operate)
        receiver = (await reading.document(request, "receiver")).get("receiver")
        if not isinstance(receiver, str):
            raise Problem(400, "receiver: should be the name of a receiver")
        if receiver not in self.receivers:
            there_are = ", ".join(self.receivers) or "none"
            raise Problem(404, f"there is no receiver {clean(receiver)!r}: there is {there_are}")
        events = await self.drill(receiver)
        _audit(request, "receiver.drill", len(events), receiver=receiver)
        return Said({"events": list(events), "destinations": sorted(self.receivers[receiver])})

    async def _chosen(self, request: Request, *, whole_waiting: bool) -> tuple[Sequence[int], list[int]]:
        """Return the rows that are meant, and those named that are not there. Raises Problem.

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
        return await self._all(destination, dead), []

    async def _there(self, rows: Sequence[int]) -> tuple[Sequence[int], list[int]]:
        there = [row for row in rows if await self.letters.letter(row) is not None]
        unknown = sorted({*rows} - {*there})
        if not there:
            raise Problem(404, f"not in the outbox: {', '.join(map(str, unknown))}")
        return there, unknown

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
