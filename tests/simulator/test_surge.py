from datetime import timedelta

import pytest

from monitor.simulator.centre import Centre
from monitor.simulator.scenario import SCENARIOS, SURGE_QUEUE
from monitor.simulator.world import World
from tests.simulator.parts import START, a_centre

CENTRE = Centre.standard()
HIT = CENTRE.named(SURGE_QUEUE).id
SPARED = [q.id for q in CENTRE.queues if q.id != HIT and any(s.media == "voice" for s in q.streams)]


def waiting(scenario: str, seed: int, queues: list[str], seconds: int) -> list[dict[str, int]]:
    """Waiting calls by queue, second by second from the start."""
    world = World(seed, START, CENTRE)
    SCENARIOS[scenario](world)
    seen = []
    for second in range(seconds + 1):
        world.advance(START + timedelta(seconds=second))
        seen.append({queue: world.observe(queue).lanes["voice"].waiting for queue in queues})
    return seen


@pytest.mark.parametrize("seed", range(20))
def test_surge_rises_stays_and_falls(seed):
    """More than 8 wait by second 20 and until second 33, at most 3 from second 60 on, few before."""
    calls = [row[HIT] for row in waiting("surge", seed, [HIT], 240)]
    assert max(calls[:8]) < 5
    assert max(calls[:21]) > 8
    assert min(calls[12:34]) > 8
    assert max(calls[60:]) <= 3


@pytest.mark.parametrize("seed", range(20))
def test_surge_spares_the_other_queues(seed):
    """No other queue ever has more than 6 calls waiting in the first 90 seconds."""
    assert max(max(row.values()) for row in waiting("surge", seed, SPARED, 90)) <= 6


@pytest.mark.parametrize("seed", range(20))
def test_steady_is_calm(seed):
    """Without a surge the same queue stays under 5 for the first four minutes."""
    assert max(row[HIT] for row in waiting("steady", seed, [HIT], 240)) < 5


def test_surge_needs_its_queue():
    """A centre without the queue to be hit is told so."""
    world = World(0, START, a_centre(agents=1, hourly=1), warmup=timedelta())
    with pytest.raises(KeyError, match=SURGE_QUEUE):
        SCENARIOS["surge"](world)


def test_waves_come_again_every_ten_minutes():
    """The crowd that the surge brings once comes every ten minutes, and goes each time."""
    calls = [row[HIT] for row in waiting("waves", 1, [HIT], 1300)]
    for start in (0, 600, 1200):
        assert max(calls[start : start + 21]) > 8
        assert calls[start + 90] <= 4
