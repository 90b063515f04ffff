"""The guides' endpoints without a server: a gateway over a still clock, and moods at hand."""

from collections.abc import Iterable
from datetime import datetime, timedelta

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from monitor.simulator import answer as answers
from monitor.simulator.asked import Asked, Question
from monitor.simulator.centre import Centre
from monitor.simulator.guides.desk import Guides
from monitor.simulator.guides.moods import Moods
from monitor.simulator.ledger import Entry
from monitor.simulator.refusal import Refusal
from monitor.simulator.world import World
from tests.simulator.parts import START, StillClock

CENTRE = Centre.standard()
HOUR = timedelta(hours=1)


class Gateway(httpx.AsyncClient):
    """A client of the guides' endpoints over a world of its own, `hours` after its start."""

    def __init__(self, moods: Moods | None = None, *, hours: float = 1, centre: Centre = CENTRE):
        self.clock = StillClock()
        self.clock.move(hours * 3600)
        self.world = World(0, START, centre)
        self.world.advance(self.clock.now)
        guides = Guides(self.world, moods)
        self.moods = guides.moods
        routes = [
            Route(path, self._endpoint(question), methods=[method])
            for method, path, _, question in guides.endpoints()
        ]
        transport = httpx.ASGITransport(Starlette(routes=routes))
        super().__init__(transport=transport, base_url="http://gateway.test")

    def _endpoint(self, question: Question):
        async def endpoint(request: Request) -> Response:
            asked = Asked(at=self.clock(), context_id="-", body=await request.body(), request=request)
            self.world.advance(asked.at)
            try:
                given = answers.good(question(asked))
            except Refusal as no:
                given = answers.refused(no, asked.context_id)
            return Response(given.body, status_code=given.status, headers=dict(given.headers))

        return endpoint

    def entries(self, *metrics: str, start: datetime = START, end: datetime | None = None) -> list[Entry]:
        """What the ledger knows of some metrics, by default from START to now."""
        found = self.world.ledger.between(start, end or self.clock.now)
        return [entry for entry in found if entry.metric in metrics]


def wire(moment: datetime) -> str:
    """A moment as the guides write it in requests."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.000Z")


def seconds(entries: Iterable[Entry]) -> float:
    """Their milliseconds added up, in seconds."""
    return sum(entry.milliseconds or 0 for entry in entries) / 1000


def changed(body: dict, change: dict) -> dict:
    """A body with some fields replaced; a field changed to ... is left out."""
    return {name: value for name, value in {**body, **change}.items() if value is not ...}


def assert_flawed(answer: httpx.Response, field: str, status: int = 400) -> None:
    """The answer is an error in the guides' shape that names the field."""
    error = answer.json()
    assert answer.status_code == error["status"] == status
    assert set(error) == {"errors", "message", "status"}
    assert error["errors"] == [{"field": field, "message": error["message"]}]
    assert error["message"]
