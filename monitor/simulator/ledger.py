"""What the centre has done, as analytics counts it: one entry for each emission of a metric. Pure.

Every metric is stamped with the moment the platform emits it: an answer when somebody answers, a handle time
when after-call work ends. A window over the ledger therefore describes moments, not conversations.
"""

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter

ROUTINGS = ("Standard", "Bullseye", "Predictive", "Preferred")
"""The routing methods used here: four of the values the platform knows for `usedRouting`."""

# Every second interaction goes the standard way, the others take turns.
_TURNS = ("Standard", "Bullseye", "Standard", "Predictive", "Standard", "Preferred")

SHORT_ABANDON = 5_000
"""Abandons sooner than this many milliseconds are short ones; invented, the platform lets each org choose."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One emission of a metric; `milliseconds` is None for plain counts (n…), `agent_id` where nobody is."""

    at: datetime
    metric: str
    queue_id: str
    media: str
    agent_id: str | None
    routing: str
    milliseconds: int | None


class Ledger:
    """Entries in the order of their moments; the latest `limit` of them, and at most a quarter more."""

    def __init__(self, limit: int = 1_000_000) -> None:
        self._limit = limit
        self._entries: list[Entry] = []

    def __len__(self) -> int:
        return len(self._entries)

    def note(self, entry: Entry) -> None:
        """Add an entry, not older than the one before it."""
        self._entries.append(entry)
        # Cutting at every note would copy the list at every note.
        if len(self._entries) > self._limit * 5 // 4:
            del self._entries[: -self._limit]

    def emit(
        self,
        metrics: Mapping[str, int | None],
        *,
        at: datetime,
        queue_id: str,
        media: str,
        agent_id: str | None,
        routing: str,
    ) -> None:
        """Note several metrics (with their milliseconds) of one moment."""
        for metric, milliseconds in metrics.items():
            entry = Entry(
                at=at,
                metric=metric,
                queue_id=queue_id,
                media=media,
                agent_id=agent_id,
                routing=routing,
                milliseconds=milliseconds,
            )
            self.note(entry)

    def between(self, start: datetime, end: datetime) -> Iterator[Entry]:
        """The entries from `start` on and before `end`, oldest first."""
        return iter(self.span(start, end))

    def span(self, start: datetime, end: datetime) -> Sequence[Entry]:
        """The same as a sequence of its own."""
        return self._entries[self._before(start) : self._before(end)]

    def _before(self, moment: datetime) -> int:
        return bisect_left(self._entries, moment, key=attrgetter("at"))


def routing_of(number: int) -> str:
    """The routing method used for the interaction of that number, always the same."""
    return _TURNS[number % len(_TURNS)]


def handling(connected: float, held_share: float, wrap: float) -> dict[str, int]:
    """The handle time and its parts in milliseconds, from seconds; no hold, no tHeldComplete.

    The parts add up to tHandle to the millisecond, as on the platform.
    """
    whole = round(connected * 1000)
    held = round(whole * held_share)
    hold = {"tHeldComplete": held} if held else {}
    parts = {"tTalkComplete": whole - held, **hold, "tAcw": round(wrap * 1000)}
    return {**parts, "tHandle": sum(parts.values())}
