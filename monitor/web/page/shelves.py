"""Rows that were drawn, kept for every page that shows the same of their queues.

In: places. Out: parts by id. What may not happen: the loop held while hundreds are drawn, or memory that
grows with every queue there ever was.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice

from monitor.board.standing import Place
from monitor.model.rule import Rule
from monitor.web.page.frames import Drawn
from monitor.web.page.rendering import Painter
from monitor.web.page.rows import faults, queue_mark, row

BREATH = 10
"""Rows drawn before others have their turn: about five milliseconds."""
KEPT = 12_000
"""Rows remembered: 5,000 queues as rows and as cards; so many take some 40 MB, 500 queues take two."""


_Kept = tuple[Place, frozenset[str], Drawn]


@dataclass(slots=True)
class Shelf:
    """Draws places by a macro of the templates (`row`, `card`), and keeps what was drawn."""

    painter: Painter
    _kept: dict[tuple[str, bool, str], _Kept] = field(default_factory=dict, init=False)

    async def drawn(
        self, places: Sequence[Place], macro: str, now: datetime, rules: Mapping[str, Rule], *, org: bool
    ) -> dict[str, Drawn]:
        """Return the parts of `places` by id, in their order; with `org` they name their organisation."""
        parts: dict[str, Drawn] = {}
        fresh = 0
        for place in places:
            mark = queue_mark(place.line.org, place.line.queue_id)
            blamed = faults(place, rules)
            key = (macro, org, mark)
            kept = self._kept.get(key)
            if kept is None or kept[0] != place or kept[1] != blamed:
                kept = (place, blamed, self.painter.part(macro, row(place, now, blamed), org))
                self.keep(key, kept)
                fresh += 1
                if fresh % BREATH == 0:
                    await asyncio.sleep(0)
            parts[mark] = kept[2]
        return parts

    @property
    def kept(self) -> int:
        """How many rows are kept."""
        return len(self._kept)

    def keep(self, key: tuple[str, bool, str], kept: _Kept) -> None:
        """Keep a row under how it is drawn and whose it is; where there are too many, the oldest go."""
        if len(self._kept) >= KEPT:
            for old in list(islice(self._kept, KEPT // 4)):
                del self._kept[old]
        self._kept[key] = kept
