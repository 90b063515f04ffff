"""Arithmetic over the ledger: sums by any key, and the buckets of time they fall into. Pure."""

from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from typing import TypeVar

from monitor.simulator.ledger import Entry

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

_Key = TypeVar("_Key", bound=Hashable)


@dataclass(slots=True)
class Sum:
    """How many entries there were and how many milliseconds they add up to."""

    count: int = 0
    milliseconds: int = 0

    @property
    def mean(self) -> float:
        """Milliseconds per entry; a Sum only exists where there was an entry."""
        return self.milliseconds / self.count


def sums(entries: Iterable[Entry], key: Callable[[Entry], _Key | None]) -> dict[_Key, Sum]:
    """Entries added up by key; those with the key None are left out."""
    found: dict[_Key, Sum] = {}
    for entry in entries:
        place = key(entry)
        if place is not None:
            at = found.setdefault(place, Sum())
            at.count += 1
            at.milliseconds += entry.milliseconds or 0
    return found


def floor(moment: datetime, length: timedelta, zone: tzinfo = UTC) -> datetime:
    """The start of the bucket a moment is in, in UTC; buckets of up to an hour, aligned to the local hour."""
    # Shifting by the offset instead of local arithmetic, which forgets which of two repeated hours it is in.
    utc = moment.astimezone(UTC)
    shift = moment.astimezone(zone).utcoffset() or timedelta(0)
    return utc - (utc - _EPOCH + shift) % length


def buckets(
    start: datetime, end: datetime, length: timedelta, zone: tzinfo = UTC
) -> Iterator[tuple[datetime, datetime]]:
    """Start and end of every bucket that overlaps [start, end)."""
    first = floor(start, length, zone)
    while first < end:
        yield first, first + length
        first += length
