"""What there is to see is looked at once for everybody, and drawn once."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from monitor.board.standing import Place
from monitor.board.view import View
from monitor.model.board import QueueLine, SourceState
from monitor.model.rule import Matcher
from monitor.model.silence import Silence
from monitor.web.page.asking import asked
from monitor.web.page.files import Files
from monitor.web.page.frames import Drawn
from monitor.web.page.home import Home
from monitor.web.page.rendering import Painter
from monitor.web.page.shelves import BREATH, KEPT, Shelf
from monitor.web.page.sights import BULK, FRESH, Eyes, Sight
from tests.builders import EPOCH, LoopClock
from tests.web.page.making import HIGH, LOW, a_line, a_source, an_alert, some_lines

pytestmark = pytest.mark.looptime


class Room:
    """What is looked at, and how often."""

    def __init__(self, lines: Sequence[QueueLine]) -> None:
        self.all = lines
        self.looks = 0
        self.version = 0
        self.sources: list[SourceState] = [a_source()]
        self.silences: list[Silence] = []
        self.eyes = Eyes(
            clock=LoopClock(),
            version=lambda: self.version,
            lines=self.lines,
            alerts=list,
            rules=lambda: (LOW,),
            sources=lambda: self.sources,
            silences=lambda: self.silences,
            backlog=list,
            disabled=set,
        )

    def lines(self) -> Sequence[QueueLine]:
        """Return the queues."""
        self.looks += 1
        return self.all

    async def states(self) -> list[str]:
        """Return the states of the queues, worst first."""
        return [one.state for one in (await self.eyes.look()).ranked.places]


async def test_a_look_is_shared_until_something_changes() -> None:
    """Fifty pages look once; a change is seen at once."""
    room = Room([a_line()])
    sights = [await room.eyes.look() for _ in range(50)]
    assert all(one is sights[0] for one in sights)
    room.version += 1
    assert await room.eyes.look() is not sights[0]
    assert room.looks == 2


async def test_what_grows_old_by_itself_is_looked_at_again() -> None:
    """Sources and silences are looked at anew after a second, though nobody said that anything changed."""
    room = Room([a_line()])
    silence = Silence(
        id="s",
        matchers=(Matcher(label="rule", globs=("*",)),),
        starts_at=EPOCH,
        ends_at=EPOCH + timedelta(seconds=FRESH),
        owner="ben",
        comment="",
    )
    room.silences = [silence]
    assert (await room.eyes.look()).silences == [silence]
    assert await room.states() == ["ok"]
    room.sources = [a_source(stale=True)]
    await asyncio.sleep(FRESH + 0.1)
    assert (await room.eyes.look()).silences == []
    assert await room.states() == ["unknown"]


async def test_thousands_are_sorted_only_when_something_changed() -> None:
    """Another look at queues that are as they were takes their order over."""
    room = Room(some_lines(3))
    first = await room.eyes.look()
    await asyncio.sleep(FRESH + 0.1)
    second = await room.eyes.look()
    assert second is not first
    assert second.ranked is first.ranked
    assert room.looks == 1


async def test_many_queues_are_sorted_as_few_are() -> None:
    """So many that it is done in a thread come out the same: worst first, and by view."""
    lines = [*some_lines(BULK), a_line("Aa", "bad", waiting=None)]
    sight = await Room(lines).eyes.look()
    assert sight.ranked.places[0].line.queue_id == "bad"
    assert sight.ranked.orgs["acme"][1] == BULK + 1
    seen = await sight.ranked.seen(View(state="ok", sort="name"))
    assert seen.counts == {"ok": BULK, "unknown": 1}
    assert [one.line.queue for one in seen.groups[0].places[:2]] == ["Queue 0000", "Queue 0001"]
    assert await sight.ranked.seen(View(state="ok", sort="name")) is seen


def a_painter() -> Painter:
    """Return what draws."""
    files = Files()
    return Painter(build=files.build, address=files.address)


async def test_a_frame_is_made_once_for_all_who_ask_the_same() -> None:
    """The same question at the same moment gets the same frame, even asked at the same time."""
    sight: Sight = await Room([a_line()]).eyes.look()
    home = Home(a_painter())
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(home.frame(sight, asked({}), operate=False)) for _ in range(3)]
    frames = [one.result() for one in tasks]
    assert frames[0] is frames[1] is frames[2]
    assert await home.frame(sight, asked({"board": "1"}), operate=False) is not frames[0]


async def drawn(shelf: Shelf, *places: Place, rules: Sequence[str] = ()) -> list[Drawn]:
    """Return the rows of places."""
    known = {one.name: one for one in (LOW, HIGH) if one.name in rules}
    return list((await shelf.drawn(places, "row", EPOCH, known, org=False)).values())


async def test_a_row_that_shows_the_same_is_not_drawn_again() -> None:
    """A place made anew with equal figures keeps its row; one that differs gets another."""
    shelf = Shelf(a_painter())
    (first,) = await drawn(shelf, Place(line=a_line()))
    (again,) = await drawn(shelf, Place(line=a_line()))
    (other,) = await drawn(shelf, Place(line=a_line(waiting=3.0)))
    assert again is first
    assert other.html != first.html


async def test_a_row_is_drawn_again_when_its_rule_is_about_something_else() -> None:
    """After a reload the figure that is to blame may be another, though the alert is the same."""
    shelf = Shelf(a_painter())
    place = Place(line=a_line(), alerts=(an_alert("Waiting"),))
    (without,) = await drawn(shelf, place)
    (blamed,) = await drawn(shelf, place, rules=("Waiting",))
    assert 'class="fault"' in blamed.html
    assert 'class="fault"' not in without.html


async def test_others_have_their_turn_while_many_are_drawn() -> None:
    """Drawing hundreds of rows lets the loop go every few of them."""
    turns = 0

    async def count() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    shelf = Shelf(a_painter())
    places = [Place(line=one) for one in some_lines(5 * BREATH)]
    async with asyncio.TaskGroup() as group:
        counting = group.create_task(count())
        await drawn(shelf, *places)
        counting.cancel()
    assert turns >= 5


async def test_rows_of_queues_that_are_gone_are_forgotten() -> None:
    """What is kept has an end, however many queues come and go."""
    shelf = Shelf(a_painter())
    (one,) = await drawn(shelf, Place(line=a_line()))
    for number in range(KEPT + 10):
        shelf.keep(("row", False, f"q{number}"), (Place(line=a_line()), frozenset(), one))
    assert shelf.kept <= KEPT
    (again,) = await drawn(shelf, Place(line=replace(a_line(), waiting=2.0)))
    assert again.html == one.html
    assert again is not one
