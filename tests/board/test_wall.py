"""The wall over the real sources: what every queue is like now."""

from __future__ import annotations

from dataclasses import replace

import pytest

from monitor.board.standing import Place
from monitor.model.board import Attained, MediaLine
from monitor.model.org import Queue, Target
from monitor.model.servicelevel import Window
from tests.board.making import Watched, a_queue, agents, served, service, waiting
from tests.builders import SALES, SUPPORT

pytestmark = pytest.mark.looptime

HOUR, HALF = Window(3600.0), Window(1800.0)
TARGET_30 = Target(media="voice", ratio=0.7, seconds=30.0)


async def test_a_queue_is_shown_with_all_its_figures() -> None:
    """Waiting and interacting add up over the media types, the longest wait is the longest of them."""
    watched = Watched()
    await watched.read()
    await watched.watch(
        waiting(3.0, longest=40.0, interacting=5.0), waiting(2.0, media="chat", longest=9.0), agents(7.0, 1.0)
    )
    line = watched.line()
    assert (line.org, line.queue_id, line.queue, line.division) == ("acme", SUPPORT, "Support", "Home")
    assert (line.waiting, line.interacting, line.longest_wait) == (5.0, 5.0, 40.0)
    assert (line.agents_on_queue, line.agents_available) == (7.0, 1.0)
    assert line.media == (
        MediaLine(media="voice", waiting=3.0, interacting=5.0, longest_wait=40.0),
        MediaLine(media="chat", waiting=2.0, interacting=0.0, longest_wait=9.0),
    )


async def test_the_directory_alone_shows_queues_of_which_nothing_is_known() -> None:
    """Before the first poll every figure is unknown: nothing is 0, and there is no service level."""
    watched = Watched()
    await watched.read()
    line = watched.line()
    assert (line.waiting, line.interacting, line.longest_wait, line.agents_on_queue) == (None,) * 4
    assert (line.level, line.levels, line.media) == (None, (), ())


async def test_figures_without_a_directory_wait_for_it() -> None:
    """A poll may be taken before the directory is: its queues are shown once their names are known."""
    watched = Watched()
    batch = await watched.directory.poll(deadline=10.0)
    await watched.watch(waiting(3.0), agents(1.0, 1.0))
    assert watched.wall.lines() == ()
    await watched.wall.accept(batch)
    assert watched.line().waiting == 3.0


async def test_a_queue_without_any_media_type_has_nobody_waiting() -> None:
    """In a whole answer a queue of which no media type is shown has nothing at all, and that is known."""
    watched = Watched()
    await watched.read()
    await watched.watch(agents(2.0, 2.0))
    line = watched.line()
    assert (line.waiting, line.interacting, line.longest_wait) == (0.0, 0.0, 0.0)


async def test_one_unknown_part_makes_the_whole_unknown() -> None:
    """Two wait in the chat and nobody knows how many on the phone: nobody knows how many."""
    watched = Watched()
    await watched.read()
    await watched.watch(
        waiting(None, longest=None), waiting(2.0, media="chat", longest=9.0), agents(None, 1.0)
    )
    line = watched.line()
    assert (line.waiting, line.longest_wait, line.agents_on_queue) == (None, None, None)
    assert [one.waiting for one in line.media] == [None, 2.0]
    assert line.agents_available == 1.0


async def test_voice_comes_first() -> None:
    """Media types stand in one order on every queue, whichever was seen first."""
    watched = Watched()
    await watched.read()
    await watched.watch(waiting(1.0, media="email"), waiting(1.0, media="chat"), agents(1.0, 1.0))
    await watched.watch(waiting(2.0), waiting(1.0, media="email"), agents(1.0, 1.0))
    assert [one.media for one in watched.line().media] == ["voice", "chat", "email"]


async def test_nobody_elses_people_are_shown() -> None:
    """A queue without a row of people has an unknown number of them, not another queue's."""
    watched = Watched((a_queue(), a_queue(SALES, "Sales")))
    await watched.read()
    await watched.watch(waiting(1.0), agents(7.0, 6.0, queue_id=SALES))
    line = watched.line()
    assert (line.waiting, line.agents_on_queue, line.agents_available) == (1.0, None, None)
    assert watched.line(SALES).agents_on_queue == 7.0


async def test_a_new_queue_is_unknown_until_it_is_asked_about() -> None:
    """A queue the directory has just shown has no figures yet, while the others keep theirs."""
    watched = Watched()
    await watched.read()
    await watched.watch(waiting(3.0), agents(1.0, 1.0))
    await watched.read(a_queue(), a_queue(SALES, "Sales"))
    assert [line.queue for line in watched.wall.lines()] == ["Support", "Sales"]
    assert (watched.line().waiting, watched.line(SALES).waiting) == (3.0, None)


async def test_a_queue_that_left_the_directory_is_forgotten() -> None:
    """It goes from the wall with its last hour; should it come back, it starts anew."""
    watched = Watched((a_queue(), a_queue(SALES, "Sales")))
    await watched.read()
    await watched.watch(waiting(3.0), agents(1.0, 1.0), agents(1.0, 1.0, queue_id=SALES))
    await watched.read(a_queue(SALES, "Sales"))
    assert [line.queue_id for line in watched.wall.lines()] == [SALES]
    assert watched.wall.queue("acme", SUPPORT) is None
    await watched.read(a_queue())
    assert set(watched.line().waits) == {None}


async def test_a_renamed_queue_keeps_its_figures_and_its_hour() -> None:
    """Identity is the id: name and division follow the directory, the rest stays."""
    watched = Watched()
    await watched.read()
    await watched.watch(waiting(3.0), agents(1.0, 1.0))
    await watched.read(a_queue(name="First line", division="North"))
    line = watched.line()
    assert (line.queue, line.division, line.waiting, line.waits[-1]) == ("First line", "North", 3.0, 3.0)


async def test_a_failure_leaves_the_figures_and_says_that_something_changed() -> None:
    """What was known stays on the wall while a source fails; whoever shows it is told to look again."""
    watched = Watched()
    await watched.read()
    await watched.watch(waiting(3.0), agents(1.0, 1.0))
    before, changes = watched.line(), watched.changes
    await watched.fail()
    assert watched.line() is before
    assert watched.changes == changes + 1


async def test_lines_stay_the_same_objects_while_they_say_the_same() -> None:
    """A poll that brings the same figures changes no line; one that brings another changes only that."""
    watched = Watched((a_queue(), a_queue(SALES, "Sales")))
    await watched.read()
    same = (agents(1.0, 1.0), agents(1.0, 1.0, queue_id=SALES))
    await watched.watch(waiting(3.0), *same)
    await watched.serve(served(service(3.0, 4.0)))
    lines = watched.wall.lines()
    await watched.watch(waiting(3.0), *same)
    await watched.serve(served(service(3.0, 4.0)))
    await watched.read()
    assert watched.wall.lines() is lines
    assert watched.wall.lines("acme") == lines
    await watched.watch(waiting(4.0), *same)
    assert watched.wall.lines()[0] is not lines[0]
    assert watched.wall.lines()[1] is lines[1]
    lines = watched.wall.lines()
    await watched.serve(served(service(3.0, 4.0), service(1.0, 1.0, queue_id=SALES)))
    assert watched.wall.lines()[0] is lines[0]
    assert watched.wall.lines()[1] is not lines[1]


async def test_orgs_stand_side_by_side() -> None:
    """Two orgs may have a queue of the same id; each has its own lines, and is asked for by its name."""
    watched = Watched()
    await watched.read()
    other = Watched()
    batch = await other.directory.poll(deadline=10.0)
    await watched.wall.accept(replace(batch, org="globex"))
    assert watched.wall.orgs == ("acme", "globex")
    assert [line.org for line in watched.wall.lines()] == ["acme", "globex"]
    assert [line.org for line in watched.wall.lines("globex")] == ["globex"]
    assert watched.wall.lines("initech") == ()
    assert watched.wall.queue("initech", SUPPORT) is None


async def test_the_newest_batch_of_every_source_is_at_hand() -> None:
    """Batches are kept as they are, of every source, also while a source fails."""
    watched = Watched()
    await watched.read()
    await watched.watch(agents(1.0, 1.0))
    before = watched.wall.batches["acme", "queues"]
    await watched.watch(agents(2.0, 1.0))
    await watched.fail()
    assert set(watched.wall.batches) == {("acme", "directory"), ("acme", "queues")}
    after = watched.wall.batches["acme", "queues"]
    assert after is not before
    assert after.tables[1].columns["queue_agents_on_queue"] == [2.0]


async def test_hostile_names_are_carried_and_break_nothing() -> None:
    """Whatever a queue is called, its line is found by its id and called the same."""
    names = ["<script>alert(1)</script>", "\u202eevil", "[!*?", "\x1b[31m", "x" * 10_000, ""]
    queues = tuple(a_queue(f"id{n}", name, division=name) for n, name in enumerate(names))
    watched = Watched(queues)
    await watched.read()
    await watched.watch(*(agents(1.0, 1.0, queue_id=queue.id) for queue in queues))
    await watched.serve(served(*(service(1.0, 2.0, queue_id=queue.id) for queue in queues)))
    assert [line.queue for line in watched.wall.lines()] == names
    assert {line.level.ratio for line in watched.wall.lines() if line.level} == {0.5}


# The service level.


async def test_the_headline_is_of_fifteen_minutes_at_the_queues_own_time() -> None:
    """Of three windows and three thresholds: 15 minutes, and the 20 s the queue promises, with its target."""
    watched = Watched()
    await watched.read()
    await watched.serve(served(service(1.0, 2.0)), served(service(34.0, 48.0)), served(service(60.0, 90.0)))
    line = watched.line()
    assert line.level == Attained(
        media="voice", window="15m", threshold=20.0, ratio=34 / 48, met=34.0, offered=48.0, target=0.8
    )
    assert [(one.window, one.threshold, one.offered) for one in line.levels] == [
        ("5m", 20.0, 2.0), ("15m", 20.0, 48.0), ("30m", 20.0, 90.0),
    ]  # fmt: skip


async def test_a_queue_that_promises_nothing_is_shown_at_the_first_threshold() -> None:
    """Without a time of its own there is no target, and the settings' first threshold counts."""
    watched = Watched((Queue(id=SUPPORT, name="Support"),))
    await watched.read()
    await watched.serve(served(service(3.0, 4.0)))
    level = watched.line().level
    assert level is not None
    assert (level.threshold, level.target, level.ratio) == (15.0, None, 0.75)


async def test_without_fifteen_minutes_the_longest_window_leads() -> None:
    """Where 15 minutes are not asked for, the longest window is the headline, whatever its place."""
    watched = Watched(windows=(HOUR, HALF))
    await watched.read()
    await watched.serve(served(service(3.0, 4.0)))
    level = watched.line().level
    assert level is not None
    assert level.window == "1h"


@pytest.mark.parametrize(
    ("voice", "chat", "leads"),
    [
        ((1.0, 2.0), (8.0, 9.0), "chat"),
        ((1.0, 9.0), (8.0, 9.0), "voice"),
        ((None, None), (8.0, 9.0), "voice"),
        ((8.0, 9.0), (None, None), "chat"),
        ((None, None), (None, None), "voice"),
        ((None, 4.0), (8.0, 9.0), "voice"),
        ((None, None), (0.0, 0.0), "voice"),
        ((0.0, 0.0), (0.0, 0.0), "voice"),
        ((0.0, 0.0), (None, None), "chat"),
    ],
)
async def test_the_media_type_with_most_offered_leads(
    voice: tuple[float | None, float | None], chat: tuple[float | None, float | None], leads: str
) -> None:
    """Most offered leads, voice among equals; what is not known never hides behind what is known."""
    watched = Watched()
    await watched.read()
    await watched.serve(served(service(*chat, media="chat"), service(*voice)))
    level = watched.line().level
    assert level is not None
    assert level.media == leads


async def test_nothing_offered_is_idle_and_not_unknown() -> None:
    """A media type that had calls and has none now is idle: no ratio, 0 of 0, and that is known."""
    watched = Watched()
    await watched.read()
    await watched.serve(served(service(3.0, 4.0)))
    await watched.serve(served())
    level = watched.line().level
    assert level is not None
    assert (level.ratio, level.met, level.offered, level.idle) == (None, 0.0, 0.0, True)


async def test_a_queue_nothing_ever_came_to_is_idle() -> None:
    """It has no media types, yet the answer was whole: idle, of all media together."""
    watched = Watched()
    await watched.read()
    await watched.serve(served())
    level = watched.line().level
    assert level is not None
    assert (level.media, level.ratio, level.idle) == ("all", None, True)


async def test_a_queue_that_was_not_answered_for_is_unknown_and_never_idle() -> None:
    """In one window nothing is known of it, in the next no media type is shown: that must not look idle."""
    watched = Watched()
    await watched.read()
    await watched.serve(served(unknown=frozenset({SUPPORT})), served())
    line = watched.line()
    assert line.level is not None
    assert {(one.ratio, one.met, one.offered, one.idle) for one in line.levels} == {(None, None, None, False)}
    await watched.serve(served(service(None, 4.0)))
    level = watched.line().level
    assert level is not None
    assert (level.ratio, level.idle, level.media) == (None, False, "voice")


async def test_the_guides_dialect_has_one_level_a_window_and_no_more() -> None:
    """Its figures are of all media together and of what was answered; agents on queue are not known."""
    watched = Watched(dialect="guides")
    await watched.read()
    await watched.watch(
        waiting(3.0, media="all", longest=None, interacting=None), agents(None, 2.0, busy=1.0)
    )
    await watched.serve(served(service(3.0, 4.0, media="all")))
    line = watched.line()
    assert (line.waiting, line.interacting, line.longest_wait) == (3.0, None, None)
    assert (line.agents_on_queue, line.agents_available) == (None, 2.0)
    assert line.level == Attained(
        media="all", window="15m", threshold=15.0, ratio=0.75, met=3.0, offered=4.0, target=None
    )
    assert [one.window for one in line.levels] == ["5m", "15m", "30m"]


async def test_the_guides_idle_queue_is_idle() -> None:
    """A queue that answered nothing at all has a level of nothing, in their dialect, too."""
    watched = Watched(dialect="guides")
    await watched.read()
    await watched.serve(served())
    level = watched.line().level
    assert level is not None
    assert (level.ratio, level.idle) == (None, True)


@pytest.mark.parametrize(
    ("media", "interacting", "busy", "served_now"),
    [
        ("all", None, 0.0, 0.0),
        ("all", None, 5.0, None),
        ("all", None, None, None),
        ("all", 2.0, 0.0, 2.0),
        ("voice", None, 0.0, None),
    ],
)
async def test_where_no_agent_is_busy_nobody_is_served(
    media: str, interacting: float | None, busy: float | None, served_now: float | None
) -> None:
    """The guides do not say how many are served; that it is nobody can be told by the agents."""
    watched = Watched(dialect="guides")
    await watched.read()
    await watched.watch(waiting(0.0, media=media, interacting=interacting), agents(None, 2.0, busy=busy))
    line = watched.line()
    assert (line.interacting, line.media[0].interacting) == (served_now, served_now)


@pytest.mark.parametrize(("busy", "is_"), [(0.0, "idle"), (5.0, "ok"), (None, "ok")])
async def test_a_queue_whose_agents_are_busy_is_not_idle(busy: float | None, is_: str) -> None:
    """Nothing came in a quarter of an hour, yet five still talk: that is not idle, nor is what is unknown."""
    watched = Watched(dialect="guides")
    await watched.read()
    await watched.watch(waiting(0.0, media="all", interacting=None), agents(None, 0.0, busy=busy))
    await watched.serve(served())
    assert Place(line=watched.line()).state == is_


async def test_a_queue_of_which_the_calls_are_unknown_is_unknown() -> None:
    """One chat was answered in time, and nobody knows of the calls: that is not 100 %, and not well."""
    watched = Watched()
    await watched.read()
    await watched.watch(waiting(0.0), waiting(0.0, media="chat"), agents(1.0, 1.0))
    await watched.serve(served(service(None, None), service(1.0, 1.0, media="chat")))
    place = Place(line=watched.line())
    assert place.line.level is not None
    assert (place.state, place.unclear, place.line.level.ratio) == ("unknown", ("voice",), None)


async def test_a_target_that_changes_changes_the_headline() -> None:
    """The directory says 30 s from now on: the level at 30 s is the headline, without another poll."""
    watched = Watched()
    await watched.read()
    await watched.serve(served(service(3.0, 4.0)))
    await watched.read(Queue(id=SUPPORT, name="Support", targets=(TARGET_30,)))
    level = watched.line().level
    assert level is not None
    assert (level.threshold, level.target) == (30.0, 0.7)


async def test_a_promise_of_one_time_says_nothing_of_another() -> None:
    """The directory says 45 s, the poll before was about 15, 20, 30: until the next there is no target."""
    watched = Watched()
    await watched.read()
    await watched.serve(served(service(3.0, 4.0)))
    await watched.read(Queue(id=SUPPORT, name="Support", targets=(replace(TARGET_30, seconds=45.0),)))
    level = watched.line().level
    assert level is not None
    assert (level.threshold, level.target) == (15.0, None)
    await watched.serve(served(service(3.0, 4.0)))
    level = watched.line().level
    assert level is not None
    assert (level.threshold, level.target) == (45.0, 0.7)


async def test_a_target_that_is_known_in_part_is_no_target() -> None:
    """A ratio of no time promises nothing; a time without a ratio is only where the level is taken."""
    watched = Watched((Queue(id=SUPPORT, name="Support", targets=(replace(TARGET_30, seconds=None),)),))
    await watched.read()
    await watched.serve(served(service(3.0, 4.0)))
    level = watched.line().level
    assert level is not None
    assert (level.threshold, level.target) == (15.0, None)
    await watched.read(Queue(id=SUPPORT, name="Support", targets=(replace(TARGET_30, ratio=None),)))
    level = watched.line().level
    assert level is not None
    assert (level.threshold, level.target) == (30.0, None)
