"""The order in which the rows of a table are shown, worked out once for as long as the table has these rows.

In: rows. Out: their numbers, in order, and where a place is among them. What may not happen: 90,000 rows
sorted again for each page of a hundred; the sort of them keeping every other thread for its whole length.
"""

from __future__ import annotations

import hashlib
from array import array
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from heapq import merge

from monitor.model.sample import Rows

RUN = 8192
"""Rows sorted at a stretch, during which no other thread runs: a few milliseconds."""

_JOIN = "\x00"
"""Stands between a row's label values: names are clean, and nothing sorts before it."""
_PLACE_LIMIT = 400
"""Characters of a row's labels in a cursor, which together with the rest must fit in `after`."""


@dataclass(slots=True)
class Orders:
    """The orders of the rows there are now: those of rows that are gone are kept until `keep` is called."""

    _known: dict[Rows, Sequence[int]] = field(default_factory=dict, init=False)

    def keep(self, several: Iterable[Rows]) -> None:
        """Forget all but the orders of these."""
        known = self._known
        self._known = {rows: known[rows] for rows in several if rows in known}

    def of(self, rows: Rows) -> Sequence[int]:
        """Return the numbers of the rows in the order of their places."""
        found = self._known.get(rows)
        if found is None:
            found = self._known[rows] = _ordered(rows)
        return found


def behind(rows: Rows, order: Sequence[int], start: str) -> int:
    """Return which of `order` is the first that stands behind the place `start`."""
    return bisect_right(order, start, key=lambda row: place(rows.values[row]))


def place(values: tuple[str, ...]) -> str:
    """Return where a row stands among others: by its labels, the end of long ones as a digest."""
    text = _JOIN.join(values)
    if len(text) <= _PLACE_LIMIT:
        return text
    digest = hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
    return text[:_PLACE_LIMIT] + digest


def _ordered(rows: Rows) -> Sequence[int]:
    keyed = [(place(values), row) for row, values in enumerate(rows.values)]
    runs = [sorted(keyed[first : first + RUN]) for first in range(0, len(keyed), RUN)]
    return array("L", (row for _, row in merge(*runs)))
