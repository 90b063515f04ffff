"""Small parts for the simulator's tests: a clock that stands still until told, small centres, a client."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import httpx

from monitor.simulator.centre import Agent, Centre, a_division, a_queue, identity, stream
from monitor.simulator.server import Running, serve
from monitor.simulator.settings import Settings
from monitor.simulator.world import World

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
OBSERVATIONS = "/api/v2/analytics/queues/observations/query"
QUEUES = "/api/v2/routing/queues"
AGGREGATES = "/api/v2/analytics/conversations/aggregates/query"


class StillClock:
    """Stands at START until moved."""

    def __init__(self):
        self.now = START

    def __call__(self) -> datetime:
        return self.now

    def move(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


def a_centre(*, agents: int, hourly: float) -> Centre:
    """One voice queue."""
    queue = a_queue("Only", a_division("Home"), [stream("voice", hourly)])
    people = tuple(
        Agent(
            id=identity("agent", str(n)), name=f"Agent {n}", queues=(queue.id,), joined=frozenset({queue.id})
        )
        for n in range(agents)
    )
    return Centre(queues=(queue,), agents=people, divisions=(queue.division,))


class Caller(httpx.AsyncClient):
    """A client of a running simulator that knows how to log in and ask."""

    def __init__(self, running: Running, clock: StillClock):
        super().__init__(base_url=running.url, timeout=5)
        self.running = running
        self.clock = clock

    async def login(self, secret: str = "demo-secret") -> httpx.Response:
        answer = await self.post(
            "/oauth/token", auth=("demo-client", secret), data={"grant_type": "client_credentials"}
        )
        if answer.status_code == 200:
            self.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
        return answer

    async def observe(self, filter_: object, metrics: list[str]) -> httpx.Response:
        return await self.post(OBSERVATIONS, json={"filter": filter_, "metrics": metrics})


@asynccontextmanager
async def calling(
    *, centre: Centre | None = None, settings: Settings | None = None, scenario: str = "steady"
) -> AsyncIterator[Caller]:
    """A logged-in client of a fresh simulator."""
    clock = StillClock()
    world = World(0, START, centre or Centre.standard())
    async with (
        serve(world, clock=clock, settings=settings, scenario=scenario) as running,
        Caller(running, clock) as caller,
    ):
        await caller.login()
        yield caller


def span(start: float, end: float) -> str:
    """An interval from one minute after START to another."""
    first, last = (START + timedelta(minutes=minute) for minute in (start, end))
    return f"{first.isoformat()}/{last.isoformat()}"


def any_of(dimension: str, *values: str) -> dict[str, object]:
    """A filter that lets any of some values through."""
    return {"type": "or", "predicates": [{"dimension": dimension, "value": value} for value in values]}
