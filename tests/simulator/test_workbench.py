from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.simulator.centre import Centre
from monitor.simulator.workbench import TARGET_SECONDS, Workbench
from tests.simulator.parts import START

CENTRE = Centre.standard()
CLAIMS = CENTRE.named("Claims").id
HOUR = timedelta(hours=1)
ONE_MS = timedelta(milliseconds=1)


def a_bench(seed: int = 0, hours: float = 4) -> Workbench:
    """A workbench some hours after its start."""
    bench = Workbench(seed, START, CENTRE)
    bench.advance(START + hours * HOUR)
    return bench


def test_two_queues_have_work_items():
    """Two Back Office queues have a backlog from the start, the others none; nor has a large centre."""
    bench = Workbench(0, START, CENTRE)
    names = {CENTRE.by_id[queue_id].division.name for queue_id in bench.queues}
    assert (len(bench.queues), names) == (2, {"Back Office"})
    assert all(bench.unassigned(queue_id, START) > 0 for queue_id in bench.queues)
    assert Workbench(0, START, Centre.sized(queues=3)).queues == ()
    calm = CENTRE.named("Billing").id
    assert bench.unassigned(calm, START) == bench.offered(calm, START - HOUR, START) == 0
    assert bench.oldest_unassigned(calm, START) is None


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 2**32), minutes=st.integers(0, 240))
def test_states_follow_from_the_dates(seed, minutes):
    """At any moment every item is new, assigned or done, and the counts are those of the states."""
    bench, at = a_bench(seed), START + timedelta(minutes=minutes)
    states = [item.state(at) for item in bench.items(CLAIMS) if item.created <= at]
    waiting = [item.created for item in bench.items(CLAIMS) if item.created <= at and item.state(at) == "new"]
    assert bench.unassigned(CLAIMS, at) == states.count("new")
    assert bench.assigned(CLAIMS, at) == states.count("assigned")
    assert bench.oldest_unassigned(CLAIMS, at) == min(waiting, default=None)
    assert bench.overdue(CLAIMS, at) <= states.count("new") + states.count("assigned")


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 2**32), cuts=st.lists(st.integers(0, 240), max_size=5))
def test_spans_side_by_side_add_up(seed, cuts):
    """Counts over spans side by side are the count over the whole, and nothing is lost on the way."""
    bench, end = a_bench(seed), START + 4 * HOUR
    marks = [START, *(START + timedelta(minutes=cut) for cut in sorted(cuts)), end]
    for count in (bench.offered, bench.met, bench.missed):
        assert sum(count(CLAIMS, *span) for span in pairwise(marks)) == count(CLAIMS, START, end)
    born, taken = bench.offered(CLAIMS, START, end), len(bench.waited(CLAIMS, START, end))
    assert bench.unassigned(CLAIMS, end - ONE_MS) - bench.unassigned(CLAIMS, START) == pytest.approx(
        born - taken, abs=1
    )


def test_the_target_decides():
    """Items assigned within half an hour are met, the others missed; most are met, some are not."""
    bench, end = a_bench(), START + 4 * HOUR
    waits = bench.waited(CLAIMS, START, end)
    met = bench.met(CLAIMS, START, end)
    assert met == sum(wait <= TARGET_SECONDS * 1000 for wait in waits)
    assert bench.missed(CLAIMS, START, end) == len(waits) - met
    assert 0.6 < met / len(waits) < 1


def test_handling_is_counted_when_it_ends():
    """Handle times are those of the items closed in the span."""
    bench, end = a_bench(), START + 4 * HOUR
    closed = [item for item in bench.items(CLAIMS) if START <= item.closed_at < end]
    assert bench.handled(CLAIMS, START, end) == [
        (item.closed_at - item.assigned_at) // ONE_MS for item in closed
    ]
    assert closed


def test_nothing_is_counted_before_it_happened():
    """Dates already drawn but still to come do not count."""
    bench = Workbench(0, START, CENTRE)
    assert bench.waited(CLAIMS, START, START + 9 * HOUR) == []
    assert bench.handled(CLAIMS, START, START + 9 * HOUR) == []


def test_some_items_become_overdue():
    """Over a day somebody is late."""
    bench = a_bench(hours=24)
    assert any(bench.overdue(CLAIMS, START + hour * HOUR) for hour in range(24))


def test_items_do_not_depend_on_who_looks():
    """One step or many, or one back: the same items; another seed has others."""
    straight, stepped = Workbench(3, START, CENTRE), Workbench(3, START, CENTRE)
    for hour in (1, 0, 2, 5):
        stepped.advance(START + hour * HOUR)
    straight.advance(START + 5 * HOUR)
    assert list(straight.items(CLAIMS)) == list(stepped.items(CLAIMS))
    assert list(straight.items(CLAIMS)) != list(a_bench(4, hours=5).items(CLAIMS))
