"""Named plots: what happens to a world at which second after its start. Pure; no randomness of its own."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from monitor.simulator.world import World

SURGE_QUEUE = "Support Voice"
"""The queue the surge hits; a centre without it cannot stage the surge."""

# With fewer callers, or more of the crew left, a lucky seed could keep the queue under the level of 8.
_CALLERS = 19
_BURST_SECONDS = 4.0
_STILL_THERE = 2
# Short calls and patient callers make the recovery quick and the plateau flat, whatever the seed.
_TALK_SECONDS = 10.0
_PATIENCE_SECONDS = 600.0
_RESTED_SECONDS = 240.0
_PERIOD_SECONDS = 600.0


def steady(world: World) -> None:
    """Nothing out of the ordinary happens."""


def surge(world: World) -> None:
    """A crowd of callers meets a crew at lunch, then the crew comes back.

    In Support Voice more than 8 calls wait from about second 12 to 35; from second 60 on at most 3 do, and
    all is calm. Raises KeyError for a centre without that queue.
    """
    _stage(world, 0.0)


def waves(world: World) -> None:
    """The surge, again every ten minutes, for as long as the world turns. Raises KeyError as `surge` does."""

    def wave(start: float) -> None:
        _stage(world, start)
        world.plan(start + _PERIOD_SECONDS, lambda _: wave(start + _PERIOD_SECONDS))

    wave(0.0)


def _stage(world: World, start: float) -> None:
    """Plan one surge that begins `start` seconds after the world did."""
    queue_id = world.centre.named(SURGE_QUEUE).id
    crew = [agent.id for agent in world.centre.members[queue_id] if queue_id in agent.joined]
    away, everyone = crew[_STILL_THERE:], crew

    def lunch(world: World) -> None:
        world.dismiss(away, "MEAL")

    def crowd(world: World) -> None:
        world.burst(
            queue_id,
            "voice",
            count=_CALLERS,
            over=_BURST_SECONDS,
            handle=_TALK_SECONDS,
            patience=_PATIENCE_SECONDS,
        )

    def relief(world: World) -> None:
        world.recall(everyone, rested=_RESTED_SECONDS)

    world.plan(start + 4.0, lunch)
    world.plan(start + 8.0, crowd)
    world.plan(start + 35.0, relief)


SCENARIOS: Mapping[str, Callable[[World], None]] = MappingProxyType(
    {"steady": steady, "surge": surge, "waves": waves}
)
"""Scenarios by name; staging one is calling it on a world that has not been advanced past its start."""
