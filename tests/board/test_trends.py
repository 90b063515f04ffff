"""The last hour, a point a minute."""

from __future__ import annotations

from datetime import timedelta

import pytest

from monitor.board.trends import MINUTES, Minutes
from tests.board.making import Watched, a_queue, agents, served, service, waiting
from tests.builders import EPOCH, SALES, loop_time

pytestmark = pytest.mark.looptime


async def polled(watched: Watched, minute: float, count: float | None, met: float | None) -> None:
    """Poll both sources at a minute of the tests' day."""
    watched.clock.at = EPOCH + timedelta(minutes=minute)
    await watched.watch(waiting(count), agents(1.0, 1.0))
    await watched.serve(served(service(met, None if met is None else 10.0)))


async def test_an_hour_has_a_point_a_minute() -> None:
    """The last known level of each minute, the most that waited in it; oldest first, and nothing before."""
    watched = Watched()
    await watched.read()
    for minute, count, met in ((0.1, 1.0, 9.0), (0.5, 4.0, 8.0), (0.9, 2.0, 7.0), (1.0, 3.0, 6.0)):
        await polled(watched, minute, count, met)
    line = watched.line()
    assert len(line.trend) == len(line.waits) == 60
    assert line.trend[-3:] == (None, 0.7, 0.6)
    assert line.waits[-3:] == (None, 4.0, 3.0)


async def test_a_minute_in_which_nothing_was_known_is_a_gap() -> None:
    """While sources fail time passes on the wall, too; an unknown figure is no point and removes none."""
    watched = Watched()
    await watched.read()
    await polled(watched, 0, 1.0, 9.0)
    await polled(watched, 0.5, None, None)
    watched.clock.at = EPOCH + timedelta(minutes=1)
    await watched.fail()
    assert watched.line().trend[-2:] == (0.9, None)
    await polled(watched, 2, None, None)
    await polled(watched, 3, 0.0, 5.0)
    assert watched.line().trend[-4:] == (0.9, None, None, 0.5)
    assert watched.line().waits[-4:] == (1.0, None, None, 0.0)


async def test_idle_is_no_point() -> None:
    """A minute in which nothing was offered has no ratio: it is neither 0 nor what was before."""
    watched = Watched()
    await watched.read()
    await polled(watched, 0, 1.0, 9.0)
    watched.clock.at = EPOCH + timedelta(minutes=1)
    await watched.serve(served())
    assert watched.line().trend[-2:] == (0.9, None)


async def test_an_hour_is_all_that_is_kept() -> None:
    """After sixty minutes the first point has gone, after a long sleep all of them."""
    watched = Watched()
    await watched.read()
    for minute in range(61):
        await polled(watched, minute, float(minute), minute / 10)
    line = watched.line()
    assert (line.waits[0], line.waits[-1]) == (1.0, 60.0)
    assert line.trend == tuple(pytest.approx(minute / 100) for minute in range(1, 61))
    await polled(watched, 1000, 7.0, 5.0)
    assert (set(watched.line().waits[:-1]), watched.line().waits[-1]) == ({None}, 7.0)


async def test_a_clock_put_back_loses_nothing() -> None:
    """Points go on from the minute the clock says now: none is moved away, none is counted twice."""
    watched = Watched()
    await watched.read()
    await polled(watched, 100, 1.0, 9.0)
    await polled(watched, 40, 2.0, 8.0)
    await polled(watched, 41, 3.0, 7.0)
    assert watched.line().waits[-3:] == (None, 2.0, 3.0)


async def test_other_sources_let_time_pass_and_add_no_points() -> None:
    """Reading the directory in a new minute does not repeat the level that was polled in the old one."""
    watched = Watched((a_queue(), a_queue(SALES, "Sales")))
    await watched.read()
    await polled(watched, 0, 1.0, 9.0)
    watched.clock.at = EPOCH + timedelta(minutes=1)
    await watched.read()
    assert watched.line().trend[-2:] == (0.9, None)
    assert watched.line().waits[-2:] == (1.0, None)
    assert watched.line(SALES).trend == (None,) * MINUTES


async def test_points_are_shared() -> None:
    """Two queues at the same level hold the same number: an hour of 5,000 queues stays small."""
    watched = Watched((a_queue(), a_queue(SALES, "Sales")))
    await watched.read()
    await watched.serve(served(service(1.0, 3.0), service(2.0, 6.0, queue_id=SALES)))
    await watched.watch(
        waiting(2.0), waiting(2.0, queue_id=SALES), agents(1.0, 1.0), agents(1.0, 1.0, queue_id=SALES)
    )
    ours, theirs = watched.line(), watched.line(SALES)
    assert ours.trend[-1] is theirs.trend[-1]
    assert ours.trend[-1] == pytest.approx(1 / 3, abs=1e-4)
    assert ours.waits[-1] is theirs.waits[-1]


@pytest.mark.parametrize("odd", [1.5, -0.25, 2.5e9])
async def test_odd_figures_are_kept_as_they_are(odd: float) -> None:
    """A platform that claims a level above 1, or half a caller, is shown as it said; nothing breaks."""
    watched = Watched()
    await watched.read()
    await polled(watched, 0, odd, odd * 10)
    assert (watched.line().trend[-1], watched.line().waits[-1]) == (odd, odd)


def test_minutes_are_counted_from_the_first() -> None:
    """The first call starts the count; later ones say how far the clock went, never backwards."""
    minutes = Minutes()
    assert [minutes.passed(at) for at in (500, 500, 503, 400, 401)] == [0, 0, 3, 0, 1]


async def test_virtual_time_is_not_the_clock() -> None:
    """The trend goes by the clock's minutes, so that points of two walls stand side by side."""
    watched = Watched()
    await watched.read()
    assert loop_time() < 60
    await polled(watched, 59.99, 1.0, 9.0)
    await polled(watched, 60.01, 2.0, 9.0)
    assert watched.line().waits[-2:] == (1.0, 2.0)
