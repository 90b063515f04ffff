"""Results kept for a day under invented ids: pages to come, queries, jobs. Time is handed in."""

from datetime import datetime, timedelta
from typing import Generic, TypeVar

from monitor.simulator.centre import identity
from monitor.simulator.guides.flaw import Flaw

# The guides' lifetime of a chunk URL.
_KEPT = timedelta(hours=24)
# Enough for any test and for a demo of hours; the oldest go first.
_HELD = 500

_Item = TypeVar("_Item")


class Shelf(Generic[_Item]):
    """Items by id; the same ones are put there in the same order under the same ids in every run."""

    def __init__(self, kind: str) -> None:
        self._kind = kind
        self._numbered = 0
        self._items: dict[str, tuple[datetime, _Item]] = {}

    def put(self, item: _Item, now: datetime) -> str:
        """Keep an item; answers its id."""
        self._numbered += 1
        key = identity(self._kind, str(self._numbered))
        self._items[key] = now, item
        while len(self._items) > _HELD:
            del self._items[next(iter(self._items))]
        return key

    def find(self, key: str, now: datetime) -> _Item | None:
        """The item of an id; None for an unknown id or one that is a day old."""
        since, item = self._items.get(key, (now, None))
        return None if now - since >= _KEPT else item

    def get(self, key: str, now: datetime) -> _Item:
        """The item of an id; raises Flaw (404) where `find` finds none."""
        item = self.find(key, now)
        if item is None:
            raise Flaw(404, f"There is no {self._kind} {key}.")
        return item
