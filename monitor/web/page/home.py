"""The wall, the alerts, the sources and the destinations, as named parts.

In: sights, and what an address asks for. Out: frames.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

from monitor.board.view import Group
from monitor.model.alert import AlertState
from monitor.web.page import panels
from monitor.web.page.asking import Asked
from monitor.web.page.cases import case
from monitor.web.page.frames import Drawn, Frame
from monitor.web.page.rendering import Painter
from monitor.web.page.rows import digest
from monitor.web.page.shelves import Shelf
from monitor.web.page.sights import Seen, Sight
from monitor.web.page.wording import STATES

CASES = 100
"""Alerts in the list: more are a storm, which the wall shows better."""


@dataclass(slots=True)
class Home:
    """Draws the first page, and the board for a wall screen."""

    painter: Painter
    _shelf: Shelf = field(init=False)
    _drawing: asyncio.Lock = field(default_factory=asyncio.Lock, init=False)

    def __post_init__(self) -> None:
        self._shelf = Shelf(self.painter)

    async def frame(self, sight: Sight, asked: Asked, *, operate: bool) -> Frame:
        """Return everything that is shown of `sight`: made once for everybody who asks the same."""
        async with self._drawing:
            made = sight.frames.get((asked, operate))
            if made is None:
                made = await self._made(sight, asked, operate=operate)
                sight.frames[asked, operate] = made
        return made

    async def _made(self, sight: Sight, asked: Asked, *, operate: bool) -> Frame:
        seen = await sight.ranked.seen(asked.view)
        walls = await self._wall(seen.groups, asked, sight)
        if asked.board:
            return Frame(parts={**self._head(sight, asked, seen), **walls.parts}, order=walls.order)
        cases = self._cases(sight, asked, operate=operate)
        beside = self._beside(sight, asked, operate=operate)
        parts = {**self._head(sight, asked, seen), **cases.parts, **walls.parts, **beside}
        return Frame(parts=parts, order={**cases.order, **walls.order})

    def _head(self, sight: Sight, asked: Asked, seen: Seen) -> dict[str, Drawn]:
        # A board says of what it is in its heading; on the page a search must not look like an all-clear.
        counts = seen.counts if asked.board else sight.ranked.counts
        late = panels.late(panels.sources(sight.sources, sight.at))
        return {
            "late": self.painter.part("late", late),
            "tally": self.painter.part("tally", panels.tallies(counts, asked)),
        }

    def _beside(self, sight: Sight, asked: Asked, *, operate: bool) -> dict[str, Drawn]:
        deliveries = panels.deliveries(sight.backlog, sight.disabled, sight.at)
        return {
            "orgs": self.painter.part("orgs", panels.orgs(sight.ranked.orgs, sight.active, asked)),
            "silences": self.painter.part("silences", panels.silences(sight.silences, sight.at), operate),
            "sources-now": self.painter.part("sources", panels.sources(sight.sources, sight.at)),
            "deliveries-now": self.painter.part("deliveries", deliveries),
        }

    def _cases(self, sight: Sight, asked: Asked, *, operate: bool) -> Frame:
        meant = [one for one in sight.active if asked.view.org in ("", one.org)]
        cases = [case(one, sight.rules, sight.at) for one in meant[:CASES]]
        firing = sum(one.state is AlertState.FIRING for one in meant)
        org = len(sight.ranked.orgs) > 1
        parts = {"firing": self.painter.part("firing", firing, len(meant) - firing, len(meant) - len(cases))}
        parts.update((one.id, self.painter.part("case", one, org, operate)) for one in cases)
        return Frame(parts=parts, order={"alerts-list": tuple(one.id for one in cases)})

    async def _wall(self, groups: Sequence[Group], asked: Asked, sight: Sight) -> Frame:
        """Return the groups and their rows, at most as many rows as are asked for."""
        left = asked.limit
        parts: dict[str, Drawn] = {}
        inside: dict[str, tuple[str, ...]] = {}
        marks: list[str] = []
        for group in groups:
            if not left:
                break
            mark = "g" + digest(group.heading)
            heading = _heading(group.heading, asked.view.group, alone=len(groups) == 1)
            rows = await self._shelf.drawn(
                group.places[:left], asked.macro, sight.at, sight.rules, org=len(sight.ranked.orgs) > 1
            )
            left -= len(rows)
            marks.append(mark)
            parts[mark] = self.painter.part("shell", mark, asked.kind)
            parts[f"{mark}-h"] = self.painter.part("heading", mark, heading, len(group.places))
            parts.update(rows)
            inside[f"{mark}-l"] = tuple(rows)
        total = sum(len(group.places) for group in groups)
        parts["more"] = self.painter.part("more", asked.limit - left, total, bool(asked.given))
        return Frame(parts=parts, order={"wall": tuple(marks), **inside})


def _heading(text: str, by: str, *, alone: bool) -> str:
    """Return what a group is called; nothing where there is only one that needs no name."""
    if by == "state":
        return STATES.get(text, text)
    return text or ("" if alone else "None")
