"""A simulated contact centre whose surge was minutes ago, and where more callers come while one looks.

The windows of a service level end on whole minutes: of a surge that is under way they tell nothing for up to
a minute and a half. Run as `python -m tests.deploy.centre PORT`; SIGTERM ends it. Beyond the standard centre
it has what joins trip over: a second queue called Billing, in another division, with nobody in it.
"""

import asyncio
import sys
from dataclasses import replace
from datetime import timedelta

from monitor.cli.running import run
from monitor.cli.simulate import WARMUP
from monitor.kit.clock import SystemClock
from monitor.simulator.centre import Centre, Queue, a_division, identity, stream
from monitor.simulator.server import serve
from monitor.simulator.settings import Settings
from monitor.simulator.world import World
from tests.stories.daemon import crowd, relief

NAMESAKE = "Billing"
"""Two queues have this name."""
_AGO = 180.0
"""Seconds since the world began. The surge and the crowds after it are over by second 120, so a window that
ends on the last whole minute has them all."""
_PLAN = (*[(70.0, crowd)] * 4, (100.0, relief), (_AGO + 15.0, crowd))
"""What happens at which second since the world began. With four crowds two thirds and more are late
whichever minute the window ends on: the budget burns faster than any alert allows. The last crowd stays."""


def centre() -> Centre:
    """Return the standard centre and the namesake."""
    standard = Centre.standard()
    namesake = Queue(
        id=identity("queue", f"{NAMESAKE} too"),
        name=NAMESAKE,
        division=a_division("Europe"),
        streams=(stream("voice", 6.0),),
    )
    return replace(standard, queues=(*standard.queues, namesake))


async def _serve(port: int, stopping: asyncio.Event) -> None:
    clock = SystemClock()
    world = World(1, clock.now() - timedelta(seconds=_AGO), centre(), warmup=WARMUP)
    for when, change in _PLAN:
        world.plan(when, change)
    async with serve(world, clock=clock.now, settings=Settings(job_seconds=0.1), scenario="surge", port=port):
        await stopping.wait()


if __name__ == "__main__":
    run(lambda stopping: _serve(int(sys.argv[1]), stopping))
