"""The last hour, a point a minute."""

from __future__ import annotations

from datetime import timedelta

import pytest

from monitor.board.trends import EMPTY, MINUTES, NOTHING, Minutes, Trend
from monitor.model.board import Attained
from monitor.model.org import Queue, Target
from tests.board.making import Watched, a_queue, agents, served, service, waiting
from tests.builders import EPOCH, SALES, SUPPORT

pytestmark = pytest.mark.looptime


async def polled(watched: Watched, minute: float, count: float | None, met: float | None) -> None:
    """Poll both sources at a minute of the tests' day."""
    await watched.wait(minute - (watched.clock.at - EPOCH) / timedelta(minutes=1))
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
    await watched.wait(0.5)
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
    await watched.wait(1)
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


@pytest.mark.parametrize("jump", [-30, 30, -10_000, 10_000])
async def test_a_clock_that_jumps_neither_loses_points_nor_makes_a_gap(jump: int) -> None:
    """Minutes pass as they did, whatever is done to the clock, and whether it is undone."""
    watched = Watched()
    await watched.read()
    for minute in range(3):
        await polled(watched, minute, 1.0, 9.0)
    watched.clock.at += timedelta(minutes=jump)
    await watched.watch(waiting(4.0), agents(1.0, 1.0))
    await watched.wait(1)
    await watched.watch(waiting(2.0), agents(1.0, 1.0))
    watched.clock.at -= timedelta(minutes=jump)
    await polled(watched, 4, 3.0, 8.0)
    assert watched.line().waits[-6:] == (None, 1.0, 1.0, 4.0, 2.0, 3.0)
    assert watched.line().trend[-6:] == (None, 0.9, 0.9, 0.9, None, 0.8)


async def test_other_sources_let_time_pass_and_add_no_points() -> None:
    """Reading the directory in a new minute does not repeat the level that was polled in the old one."""
    watched = Watched((a_queue(), a_queue(SALES, "Sales")))
    await watched.read()
    await polled(watched, 0, 1.0, 9.0)
    await watched.wait(1)
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


def test_minutes_begin_where_the_clocks_do() -> None:
    """Seconds counted from anywhere stand under the clock's first minute, and go on without the clock."""
    minutes = Minutes()
    begun = minutes.at(EPOCH + timedelta(seconds=59), 7.5)
    assert minutes.at(EPOCH, 8.25) == begun
    assert minutes.at(EPOCH - timedelta(days=1), 8.5) == begun + 1
    assert minutes.at(EPOCH + timedelta(days=1), 8.5 + 120) == begun + 3


async def test_points_stand_in_the_clocks_minutes() -> None:
    """So that those of two walls stand side by side."""
    watched = Watched()
    watched.clock.at += timedelta(seconds=17)
    await watched.read()
    await polled(watched, 59.99, 1.0, 9.0)
    await polled(watched, 60.01, 2.0, 9.0)
    assert watched.line().waits[-2:] == (1.0, 2.0)


async def test_an_hour_of_which_nothing_is_known_any_more_is_the_one_that_all_share() -> None:
    """Queues that fell silent weigh nothing, and minutes that pass change no line of theirs."""
    watched = Watched()
    await watched.read()
    await polled(watched, 0, 1.0, 9.0)
    assert watched.line().waits is not EMPTY
    await watched.wait(61)
    await watched.fail()
    line = watched.line()
    assert line.waits is line.trend is EMPTY
    await watched.wait(1)
    await watched.fail()
    assert watched.line() is line
    levels = NOTHING.attained(("voice", "15m", 20.0), 0.5).waited(1.0)
    assert levels.moved(59) == Trend((0.5, *EMPTY[1:]), (1.0, *EMPTY[1:]), levels.kind)
    assert levels.moved(60) is NOTHING


# What the line is of.


async def offered(watched: Watched, voice: float | None, chat: float | None) -> None:
    """Poll the levels, a minute later: 90 % of the calls and 30 % of the chats in time."""
    await watched.wait(1)
    await watched.serve(
        served(
            service(None if voice is None else voice * 0.9, voice),
            service(None if chat is None else chat * 0.3, chat, media="chat"),
        )
    )


def headline(watched: Watched) -> Attained:
    """Return the level that stands for the queue."""
    level = watched.line().level
    assert level is not None
    return level


async def test_media_types_that_are_about_as_busy_do_not_take_turns() -> None:
    """What led goes on leading while the other has hardly more: one call makes no fall from 90 % to 30 %."""
    watched = Watched()
    await watched.read()
    for voice, chat in ((100.0, 99.0), (99.0, 100.0), (100.0, 119.0), (1.0, 2.0), (None, 100.0)):
        await offered(watched, voice, chat)
        assert headline(watched).media == "voice"
    assert watched.line().trend[-6:] == (None, 0.9, 0.9, 0.9, 0.9, None)


async def test_the_line_begins_anew_with_another_media_type() -> None:
    """Once it has a fifth more, and five; what was drawn of the other goes, so that nothing seems to fall."""
    watched = Watched()
    await watched.read()
    await offered(watched, 100.0, 99.0)
    await offered(watched, 100.0, 120.0)
    assert headline(watched).media == "chat"
    assert watched.line().trend == (*EMPTY[1:], 0.3)
    await offered(watched, 100.0, 90.0)
    assert watched.line().trend == (*EMPTY[2:], 0.3, 0.3)


async def test_one_that_is_idle_leads_no_more() -> None:
    """As soon as something else is offered; when nothing is, what led is idle, and its line stays."""
    watched = Watched()
    await watched.read()
    await offered(watched, 10.0, 0.0)
    await offered(watched, 0.0, 0.0)
    assert (headline(watched).media, headline(watched).idle) == ("voice", True)
    assert watched.line().trend[-3:] == (None, 0.9, None)
    await offered(watched, 0.0, 1.0)
    assert watched.line().trend == (*EMPTY[1:], 0.3)


async def test_one_that_is_unknown_makes_a_gap_and_drops_nothing() -> None:
    """For a minute nobody knows of the chats: the headline says so, and the line of the calls goes on."""
    watched = Watched()
    await watched.read()
    for chat in (50.0, None, 50.0):
        await offered(watched, 100.0, chat)
    assert watched.line().trend[-4:] == (None, 0.9, None, 0.9)


async def test_what_led_stands_for_the_queue_while_nothing_is_known() -> None:
    """Of two unknown media types it is the one that led, though voice comes first where nobody did."""
    watched = Watched()
    await watched.read()
    await offered(watched, 10.0, 50.0)
    await offered(watched, None, None)
    assert headline(watched).media == "chat"


async def test_who_led_is_forgotten_with_the_queue() -> None:
    """A queue that comes back is led by what is offered then."""
    watched = Watched((a_queue(), a_queue(SALES, "Sales")))
    await watched.read()
    await offered(watched, 99.0, 120.0)
    assert headline(watched).media == "chat"
    await watched.read(a_queue(SALES, "Sales"))
    await watched.serve(served(service(1.0, 1.0, queue_id=SALES)))
    await watched.read(a_queue())
    await offered(watched, 100.0, 99.0)
    assert headline(watched).media == "voice"


async def test_the_line_begins_anew_with_another_time() -> None:
    """A queue that promises 30 s from now on has another level: the points of 20 s go."""
    watched = Watched()
    await watched.read()
    await watched.serve(served(service(9.0, 10.0)))
    assert watched.line().trend[-1] == 0.9
    await watched.read(
        Queue(id=SUPPORT, name="Support", targets=(Target(media="voice", ratio=0.8, seconds=30.0),))
    )
    await watched.wait(1)
    await watched.serve(served(service(8.0, 10.0)))
    assert watched.line().trend == (*EMPTY[1:], 0.8)
