from collections import Counter
from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.simulator.attendance import Attendance
from monitor.simulator.centre import Centre
from monitor.simulator.ledger import ROUTINGS, SHORT_ABANDON, Entry, Ledger, handling, routing_of
from monitor.simulator.world import World
from tests.simulator.parts import START, a_centre

HOUR = timedelta(hours=1)


def an_entry(second: int, metric: str = "nOffered") -> Entry:
    """An emission so many seconds after START."""
    return Entry(
        at=START + timedelta(seconds=second),
        metric=metric,
        queue_id="q",
        media="voice",
        agent_id=None,
        routing="Standard",
        milliseconds=None,
    )


def a_busy_world(seed: int, agents: int = 2) -> World:
    """An hour of one queue with too few agents: people wait, hang up and are sent elsewhere."""
    world = World(seed, START, a_centre(agents=agents, hourly=60), warmup=timedelta())
    world.advance(START + HOUR)
    return world


def emitted(world: World) -> list[Entry]:
    """Everything in the ledger."""
    return list(world.ledger.between(START - 100 * HOUR, world.now + HOUR))


def test_spans_are_half_open():
    """An entry at the start of a span is in it, one at its end is in the next."""
    ledger = Ledger()
    for second in (0, 10, 10, 20):
        ledger.note(an_entry(second))
    start, middle, end = (START + timedelta(seconds=second) for second in (0, 10, 20))
    assert [entry.at for entry in ledger.between(start, middle)] == [start]
    assert [entry.at for entry in ledger.between(middle, end)] == [middle, middle]


@pytest.mark.parametrize("noted", [9, 12, 13, 30])
def test_the_oldest_entries_are_forgotten(noted):
    """Little more than the limit is remembered, and it is the latest that is."""
    ledger = Ledger(limit=10)
    for second in range(noted):
        ledger.note(an_entry(second))
    found = list(ledger.between(START, START + HOUR))
    assert min(noted, 10) <= len(found) == len(ledger) <= 12
    assert found[-1].at == START + timedelta(seconds=noted - 1)


@given(connected=st.floats(0, 10_000), share=st.floats(0, 1), wrap=st.floats(0, 10_000))
def test_handle_time_is_the_sum_of_its_parts(connected, share, wrap):
    """Talk, hold and after-call work add up to the handle time, to the millisecond."""
    parts = handling(connected, share, wrap)
    assert parts.pop("tHandle") == sum(parts.values())
    assert parts.get("tHeldComplete", 1) > 0
    assert min(parts["tTalkComplete"], parts["tAcw"]) >= 0


def test_routing_methods_are_spread_and_stable():
    """Every method the platform might use here turns up, and a number always has the same one."""
    methods = [routing_of(number) for number in range(60)]
    assert set(methods) == set(ROUTINGS)
    assert methods == [routing_of(number) for number in range(60)]


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_what_was_offered_was_answered_abandoned_or_flowed_out(seed):
    """Once nothing waits any more, the three ways to end add up to what was offered; so do the waits."""
    world = a_busy_world(seed)
    only = world.centre.queues[0].id
    world.set_rate(only, "voice", 0)
    world.advance(START + 6 * HOUR)
    count = Counter(entry.metric for entry in emitted(world))
    lane = world.observe(only).lanes["voice"]
    ended = count["tAnswered"] + count["tAbandon"] + count["tFlowOut"]
    assert count["nOffered"] == ended == count["tWait"] == lane.offered
    assert (count["tAnswered"], count["tAbandon"], count["tFlowOut"]) == (
        lane.answered,
        lane.abandoned,
        lane.flowed,
    )
    assert count["tHandle"] == count["tTalkComplete"] == count["tAcw"] == count["tAnswered"]
    assert 0 < count["tHeldComplete"] < count["tHandle"]


def test_every_metric_shows_up():
    """A queue with too few agents emits everything there is, flow-outs and short abandons included."""
    assert {entry.metric for seed in range(3) for entry in emitted(a_busy_world(seed))} == {
        "nOffered", "nOverSla", "tWait", "tAnswered", "tAbandon", "tShortAbandon", "tFlowOut",
        "tTalkComplete", "tHeldComplete", "tAcw", "tHandle",
    }  # fmt: skip


def test_entries_stand_at_the_moment_of_their_emission():
    """Waits stand at the answer, handle times at the end of after-call work, and both fit the log."""
    world = a_busy_world(0, agents=3)
    answered = {i.answered_at: i for i in world.finished if i.answered_at is not None}
    ended = {i.ended_at: i for i in world.finished if i.answered_at is not None}
    checked: Counter[str] = Counter()
    for entry in emitted(world):
        if entry.metric == "tAnswered" and (item := answered.get(entry.at)) is not None:
            length = entry.at - item.offered_at
        elif entry.metric == "tHandle":
            assert entry.at in ended
            item = ended[entry.at]
            assert item.answered_at is not None
            length = entry.at - item.answered_at
        else:
            continue
        assert entry.agent_id == item.agent_id
        assert entry.milliseconds == pytest.approx(length.total_seconds() * 1000, abs=2)
        checked[entry.metric] += 1
    assert checked["tAnswered"] == checked["tHandle"] == len(answered) > 20


def test_entries_are_in_order():
    """The ledger is sorted by moment, which its search relies on."""
    assert all(one.at <= other.at for one, other in pairwise(emitted(a_busy_world(1))))


def test_only_answers_over_the_target_are_over_it():
    """An answer is over the service level when its wait exceeds the queue's own target of 20 s."""
    entries = emitted(a_busy_world(2, agents=4))
    over = Counter(entry.at for entry in entries if entry.metric == "nOverSla")
    waits = [entry for entry in entries if entry.metric == "tAnswered"]
    late = {entry.at for entry in waits if (entry.milliseconds or 0) > 20_000}
    assert set(over) == late
    assert 0 < len(late) < len(waits)


def test_short_abandons_are_the_short_ones():
    """A short abandon is an abandon under five seconds, and counts as both."""
    entries = [entry for seed in range(8) for entry in emitted(a_busy_world(seed))]
    abandons = [entry.milliseconds or 0 for entry in entries if entry.metric == "tAbandon"]
    short = [entry.milliseconds or 0 for entry in entries if entry.metric == "tShortAbandon"]
    assert sorted(short) == sorted(wait for wait in abandons if wait < SHORT_ABANDON)
    assert any(SHORT_ABANDON <= wait < 2 * SHORT_ABANDON for wait in abandons)


def test_ledger_does_not_depend_on_who_looks():
    """One step or many: the same entries."""
    straight, stepped = (World(5, START, Centre.standard(), warmup=timedelta()) for _ in range(2))
    for minute in range(0, 30, 7):
        stepped.advance(START + timedelta(minutes=minute))
    for world in (straight, stepped):
        world.advance(START + timedelta(minutes=30))
    assert emitted(straight) == emitted(stepped)


def test_old_changes_of_status_are_forgotten():
    """Only the latest changes are remembered; spans after them are told in full, those before not at all."""
    attendance = Attendance(remembered=8)
    for second in range(100):
        attendance.note("a", second, "IDLE" if second % 2 else "INTERACTING")
    assert attendance.between("a", 95, 100) == {"IDLE": 3000, "INTERACTING": 2000}
    assert attendance.between("a", 0, 50) == {}


def test_status_time_adds_up():
    """An agent's times in all statuses are the whole span, and spans side by side are the span of both."""
    world = World(0, START, Centre.standard())
    world.advance(START + HOUR)
    middle = START + timedelta(minutes=17, milliseconds=1)
    for agent in world.centre.agents:
        whole = world.status_time(agent.id, START, START + HOUR)
        parts = Counter(world.status_time(agent.id, START, middle))
        parts.update(world.status_time(agent.id, middle, START + HOUR))
        assert sum(whole.values()) == 3_600_000
        assert parts == whole


def test_status_time_fits_the_work():
    """The only agent is interacting for exactly the handle times that began and ended in the hour."""
    world = World(0, START, a_centre(agents=1, hourly=0), warmup=timedelta())
    world.burst(world.centre.queues[0].id, "voice", count=5, over=5, handle=10, patience=None)
    world.advance(START + HOUR)
    handled = sum(e.milliseconds or 0 for e in emitted(world) if e.metric == "tHandle")
    agent = world.centre.agents[0].id
    spent = world.status_time(agent, START, START + HOUR)
    assert spent["INTERACTING"] == pytest.approx(handled, abs=10)


def test_status_time_ends_at_the_present():
    """Nothing is known of the future, of the time before the world, or of strangers."""
    world = World(0, START, a_centre(agents=1, hourly=0), warmup=timedelta(minutes=1))
    agent = world.centre.agents[0].id
    assert sum(world.status_time(agent, START - HOUR, START + HOUR).values()) == 60_000
    assert world.status_time(agent, START + HOUR, START + 2 * HOUR) == {}
    with pytest.raises(KeyError):
        world.status_time("nobody", START, START + HOUR)
