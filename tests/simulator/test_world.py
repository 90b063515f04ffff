from collections import Counter
from datetime import timedelta
from statistics import mean

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.simulator.centre import Centre
from monitor.simulator.floor import Routing
from monitor.simulator.world import World
from tests.simulator.parts import START, a_centre

CENTRE = Centre.standard()
SOON = timedelta(minutes=10)


def a_world(seed: int, centre: Centre = CENTRE) -> World:
    """A world with ten minutes behind it."""
    return World(seed, START, centre, warmup=SOON)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32), minutes=st.lists(st.floats(0, 20), min_size=1, max_size=5))
def test_every_agent_is_counted_once_per_status_and_presence(seed, minutes):
    """Statuses and presences add up to the members, on and off queue together to the active members."""
    world = a_world(seed)
    for minute in minutes:
        world.advance(START + timedelta(minutes=minute))
        for queue in CENTRE.queues:
            state = world.observe(queue.id)
            assert sum(state.statuses.values()) == sum(state.presences.values()) == state.members
            assert sum(state.on_queue.values()) + sum(state.off_queue.values()) == state.active
            assert state.active <= state.members
            assert Routing.OFF_QUEUE not in state.on_queue


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32), minutes=st.floats(0, 60))
def test_no_interaction_is_lost(seed, minutes):
    """Everything offered is answered, abandoned, waiting or alerting, and the counts are never negative."""
    world = a_world(seed)
    world.advance(START + timedelta(minutes=minutes))
    for queue in CENTRE.queues:
        for lane in world.observe(queue.id).lanes.values():
            assert min(lane.waiting, lane.alerting, lane.interacting) >= 0
            assert lane.offered == (
                lane.answered + lane.abandoned + lane.flowed + lane.waiting + lane.alerting
            )
            assert (lane.oldest_wait is None) == (lane.waiting == 0)
            assert (lane.oldest_interaction is None) == (lane.interacting == 0)


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 2**32), stops=st.lists(st.floats(0, 30), max_size=6))
def test_history_does_not_depend_on_who_looks(seed, stops):
    """The same seed gives the same history, whether the world is advanced in one step or in many."""
    straight, stepped = a_world(seed), a_world(seed)
    end = START + timedelta(minutes=30)
    for stop in [*sorted(stops), 30]:
        stepped.advance(START + timedelta(minutes=stop))
        stepped.observe(CENTRE.queues[0].id)
    straight.advance(end)
    assert list(straight.finished) == list(stepped.finished)
    assert [straight.observe(q.id) for q in CENTRE.queues] == [stepped.observe(q.id) for q in CENTRE.queues]


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_finished_interactions_happen_in_order(seed):
    """An interaction is answered or abandoned, never both, after it was offered and before it ended."""
    world = a_world(seed)
    world.advance(START + timedelta(hours=1))
    assert world.finished
    for item in world.finished:
        assert (item.answered_at is None) != (item.abandoned_at is None)
        assert (item.agent_id is None) == (item.answered_at is None)
        met = item.answered_at or item.abandoned_at
        assert met is not None
        assert item.offered_at <= met <= item.disconnected_at <= item.ended_at <= world.now


def test_different_seeds_differ():
    """Two seeds do not give one history."""
    assert list(a_world(1).finished) != list(a_world(2).finished)


def service_level(agents: int, seed: int) -> float:
    """The share of callers answered within 20 s over three hours."""
    world = World(seed, START, a_centre(agents=agents, hourly=90), warmup=timedelta(hours=3))
    waits = [
        (item.answered_at - item.offered_at).total_seconds() if item.answered_at else None
        for item in world.finished
    ]
    return mean(wait is not None and wait <= 20 for wait in waits)


@pytest.mark.parametrize("seed", range(5))
def test_service_level_follows_from_staffing(seed):
    """Three agents short of the load answer almost nothing in time, twelve answer almost everything."""
    few, enough, many = (service_level(agents, seed) for agents in (3, 7, 12))
    assert few < 0.4 < enough < many
    assert many > 0.9


def test_every_status_and_off_queue_presence_shows_up():
    """An afternoon shows all routing statuses and several reasons for being off queue."""
    world = a_world(0)
    statuses: Counter[str] = Counter()
    presences: Counter[str] = Counter()
    for minute in range(0, 240, 2):
        world.advance(START + timedelta(minutes=minute))
        for queue in CENTRE.queues:
            state = world.observe(queue.id)
            statuses.update(state.statuses)
            presences.update(state.off_queue)
    assert set(statuses) == set(Routing)
    assert len(presences) >= 4


def test_a_rate_can_be_changed_while_the_world_runs():
    """A rate of zero ends the arrivals of a medium, a higher one brings more of them."""
    centre = a_centre(agents=5, hourly=60)
    only = centre.queues[0].id
    world = a_world(3, centre)
    offered = [world.observe(only).lanes["voice"].offered]
    for hourly in (0.0, 600.0):
        world.set_rate(only, "voice", hourly)
        world.advance(world.now + timedelta(minutes=10))
        offered.append(world.observe(only).lanes["voice"].offered)
    assert offered[1] == offered[0]
    assert offered[2] - offered[1] > 60


def test_the_log_of_finished_interactions_is_bounded():
    """Only the latest interactions are remembered."""
    world = World(0, START, CENTRE, history=10)
    assert len(world.finished) == 10


def test_looking_back_changes_nothing():
    """A clock that jumps back does not turn the world back."""
    world = a_world(0)
    world.advance(START + timedelta(minutes=5))
    world.advance(START)
    assert world.now == START + timedelta(minutes=5)


def test_longest_waiting_is_routed_first():
    """With one agent, callers who stay are answered in the order in which they came."""
    centre = a_centre(agents=1, hourly=0)
    world = World(0, START, centre, warmup=timedelta())
    world.burst(centre.queues[0].id, "voice", count=10, over=5, handle=10, patience=None)
    world.advance(START + timedelta(hours=2))
    offered = [item.offered_at for item in world.finished]
    assert len(offered) == 10
    assert offered == sorted(offered)


def test_the_standard_centre_is_what_a_demonstration_needs():
    """Ten queues with unique ids in three divisions, one with accents, and about sixty people."""
    assert len({queue.id for queue in CENTRE.queues}) == 10
    assert {queue.division.name for queue in CENTRE.queues} == {"Home", "Europe", "Back Office"}
    assert CENTRE.named("Kundenservice Zürich").division.name == "Europe"
    assert 55 <= len({agent.id for agent in CENTRE.agents}) <= 70
    with pytest.raises(KeyError):
        CENTRE.named("Nowhere")


def test_a_large_centre_is_cheap():
    """Five hundred queues advance a minute and are observed without anybody waiting for it."""
    centre = Centre.sized(queues=500)
    world = World(0, START, centre, warmup=timedelta(minutes=5))
    world.advance(START + timedelta(minutes=1))
    assert len({world.observe(queue.id).queue_id for queue in centre.queues}) == 500
