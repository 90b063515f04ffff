"""Serves a world over loopback HTTP in the caller's process: for the command line and for tests alike."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from starlette.applications import Starlette
from starlette.types import ASGIApp, Receive, Scope, Send

from monitor.kit.serving import bind, serving
from monitor.simulator.desk import Clock, Desk
from monitor.simulator.faults import Faults
from monitor.simulator.guides.moods import Moods
from monitor.simulator.mischief import TRANSPORT
from monitor.simulator.scenario import SCENARIOS
from monitor.simulator.settings import Settings
from monitor.simulator.world import World

# Seconds granted to answers in flight; those that wait on purpose watch `stopping` and end at once.
_GRACE = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """A simulator that is up: where it listens and the parts a test may want to touch."""

    url: str
    world: World
    faults: Faults
    settings: Settings
    moods: Moods


@asynccontextmanager
async def serve(
    world: World,
    *,
    clock: Clock,
    faults: Faults | None = None,
    settings: Settings | None = None,
    moods: Moods | None = None,
    scenario: str = "steady",
    host: str = "127.0.0.1",
    port: int = 0,
    speed: float = 1.0,
) -> AsyncIterator[Running]:
    """Serve `world` until the block is left; login and API share one address.

    `clock` gives aware datetimes and drives everything dated: the world (advanced on every request), token
    expiry, rate windows, jobs, the log. With a `speed` other than 1 the world's dates leave the clock's
    behind. `moods` are those of the guides' endpoints. Port 0 takes a free one. Raises OSError for a port in
    use, KeyError for an unknown scenario.
    """
    SCENARIOS[scenario](world)
    stopping = asyncio.Event()
    faults, settings, moods = faults or Faults(), settings or Settings(), moods or Moods()
    desk = Desk(
        world=world,
        faults=faults,
        settings=settings,
        clock=clock,
        speed=speed,
        stopping=stopping,
        moods=moods,
    )
    listener = bind(host, port)
    address = listener.getsockname()
    async with serving(_marked(Starlette(routes=desk.routes())), listener, grace=_GRACE):
        try:
            yield Running(
                url=f"http://{address[0]}:{address[1]}",
                world=world,
                faults=faults,
                settings=settings,
                moods=moods,
            )
        finally:
            stopping.set()


def _marked(app: ASGIApp) -> ASGIApp:
    """The application with the connection's transport in its scope, so that faults can reset it."""

    async def marked(scope: Scope, receive: Receive, send: Send) -> None:
        # ASGI has no way to break a connection; where the server hides its transport, faults only close.
        scope[TRANSPORT] = getattr(getattr(send, "__self__", None), "transport", None)
        await app(scope, receive, send)

    return marked
