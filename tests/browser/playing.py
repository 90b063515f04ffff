"""An hour of the demo's contact centre, played in seconds before the daemon that watched it.

A picture of a wall needs an hour behind it, and nobody wants to wait for one: simulator and daemon share a
clock that starts an hour behind and catches up, minute by minute, with a poll of everything in each. From
then on the daemon runs as it always does.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from random import Random

from monitor.app.building import build
from monitor.app.daemon import Daemon
from monitor.app.facing import face
from monitor.config import load
from monitor.demo.show import SHOWS
from monitor.kit.serving import bind, serving
from monitor.kit.tasks import stop, supervise
from monitor.model.alert import Alert, AlertState, alert_id
from monitor.simulator.centre import Centre
from monitor.simulator.scenario import SURGE_QUEUE
from monitor.simulator.server import Running, serve
from monitor.simulator.settings import Settings
from monitor.simulator.world import World
from monitor.web.authenticating import Doorkeeper
from tests.servers.programs import HOST
from tests.stories.daemon import until

HOUR = timedelta(hours=1)
STEP = timedelta(minutes=1)
MINUTE = 60.0
SEED = 4
"""Of the days there could be, one that ends its hour with queues in nearly every state."""
PATIENT = 60.0
"""Seconds for a rule of the demo to fire, of which it may dwell thirty."""
_PLENTY = 100_000
"""Requests a minute: an hour's are made in seconds."""


@dataclass(slots=True)
class Late:
    """A clock that is `behind` the system's."""

    behind: timedelta

    def now(self) -> datetime:
        """Return its date."""
        return datetime.now(UTC) - self.behind


class Hasty(asyncio.SelectorEventLoop):
    """A loop whose time can be put forward: whatever waits for a moment before is due at once.

    What is counted in the loop's time, as dwells and the points of a trend are, needs it to have its hour.
    """

    ahead = 0.0

    def time(self) -> float:
        """Return the seconds, those ahead included."""
        return super().time() + self.ahead


@dataclass(frozen=True, slots=True, kw_only=True)
class Play:
    """What is on: the page's address, the simulated centre, and the daemon that watches it."""

    url: str
    centre: Running
    daemon: Daemon

    async def firing(self, rule: str, queue: str) -> str:
        """Wait until the alert of this rule about this queue fires; return its id."""
        await until(lambda: bool(self._firing(rule, queue)), within=PATIENT, what=f"{rule} fires for {queue}")
        one = self._firing(rule, queue)[0]
        return alert_id(one.org, one.rule, one.entity.key)

    def _firing(self, rule: str, queue: str) -> list[Alert]:
        meant = [
            one
            for one in self.daemon.manager.alerts()
            if one.rule == rule and one.entity.labels.get("queue") == queue
        ]
        return [one for one in meant if one.state is AlertState.FIRING]


@asynccontextmanager
async def playing(folder: Path, hook: str, seed: int = SEED) -> AsyncIterator[Play]:
    """The demo's daemon with an hour behind it, telling `hook` what happens; `folder` is for its store."""
    clock = Late(HOUR)
    world = World(seed, clock.now(), Centre.standard())
    stage(world)
    async with AsyncExitStack() as stack:
        simulator = serve(world, clock=clock.now, settings=Settings(requests_per_minute=_PLENTY))
        centre = await stack.enter_async_context(simulator)
        bound = bind(HOST, 0)
        address = f"{HOST}:{bound.getsockname()[1]}"
        settings = load(SHOWS["surge"].path(), _environment(centre.url, hook, address, folder))
        daemon = build(settings, clock=clock, random=Random(seed))
        await stack.enter_async_context(daemon.store)
        await daemon.manager.load()
        await catch_up(daemon, clock)
        routes = face(daemon, Doorkeeper(operate=True))
        await stack.enter_async_context(serving(routes.app(), bound, grace=1))
        stack.callback(daemon.live.close)
        stack.push_async_callback(daemon.close)
        group = await stack.enter_async_context(asyncio.TaskGroup())
        loops = {**daemon.loops(), **{name: poller.run for name, poller in daemon.pollers.items()}}
        tasks = [group.create_task(supervise(name, loop), name=name) for name, loop in loops.items()]
        stack.push_async_callback(stop, tasks)
        yield Play(url=f"http://{address}", centre=centre, daemon=daemon)


def stage(world: World) -> None:
    """Plan the hour: a crowd that comes and goes, lunch at Billing, a busy Europe, a messenger at rest."""
    queues = {queue.name: queue.id for queue in world.centre.queues}
    world.plan(22 * MINUTE, partial(_crowd, queue_id=queues[SURGE_QUEUE], count=26))
    crew = [agent.id for agent in world.centre.members[queues["Billing"]]]
    world.plan(47 * MINUTE, lambda world: world.dismiss(crew[:-3], "MEAL"))
    for minute, name, media, hourly in _RATES:
        change = partial(World.set_rate, queue_id=queues[name], media=media, hourly=hourly)
        world.plan(minute * MINUTE, change)


_RATES = (
    (20, "Kundenservice Zürich", "voice", 75.0),
    (38, "Service clients Genève", "voice", 62.0),
    (40, "Social Messaging", "message", 0.0),
)
"""From which minute on how many an hour ask for what."""


def rush(world: World) -> None:
    """Have a crowd call Support Voice now, whose crew is at lunch but for two, and a few call Zürich."""
    voice = world.centre.named(SURGE_QUEUE).id
    crew = [agent.id for agent in world.centre.members[voice]]
    world.dismiss(crew[2:], "MEAL")
    _crowd(world, queue_id=voice, count=16)
    _crowd(world, queue_id=world.centre.named("Kundenservice Zürich").id, count=7)


def _crowd(world: World, *, queue_id: str, count: int) -> None:
    world.burst(queue_id, "voice", count=count, over=5.0, handle=150.0, patience=900.0)


async def catch_up(daemon: Daemon, clock: Late) -> None:
    """Ask every source in every step until the clock is right."""
    loop = asyncio.get_running_loop()
    while clock.behind > timedelta():
        for poller in daemon.pollers.values():
            await poller.once()
        clock.behind -= STEP
        if isinstance(loop, Hasty):
            loop.ahead += STEP.total_seconds()


def _environment(platform: str, hook: str, address: str, folder: Path) -> Mapping[str, str]:
    return {
        "QUEUEWATCH_ORGS__DEMO__API_URL": platform,
        "QUEUEWATCH_ORGS__DEMO__LOGIN_URL": platform,
        "QUEUEWATCH_ORGS__DEMO__CLIENT_SECRET": Settings().client_secret,
        "QUEUEWATCH_ORGS__DEMO__REQUESTS_PER_MINUTE": str(_PLENTY),
        "QUEUEWATCH_RECEIVERS__DEMO__WEBHOOK__URL": hook,
        "QUEUEWATCH_RECEIVERS__DEMO__MQTT": "null",
        "QUEUEWATCH_WEB__LISTEN": address,
        "QUEUEWATCH_STORE__PATH": str(folder / "queuewatch.db"),
    }
