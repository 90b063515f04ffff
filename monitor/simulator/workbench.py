"""Work items: tasks without a customer on the line, waiting for hours. Pure; chance from its own generators.

An item's dates are drawn when it is created, so its state at any moment follows from them: new before
`assigned_at`, assigned until `closed_at`, done from then on. Dates beyond the present are the simulator's own
business: what is counted over a span ends at the present.
"""

import math
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from monitor.simulator.centre import Centre, identity

TARGET_SECONDS = 1_800.0
"""Invented: an item is to be assigned within half an hour."""

TARGET_SHARE = 0.8
"""The share of items that is to be; the platform's default for interactions."""

# Invented, in seconds. The mean wait below the target and its spread keep the service level near the target.
_WAIT = 1_200.0
_HANDLE = 900.0
_SPREAD = 0.7  # sigma of both lognormal distributions
_DUE = (2_700.0, 10_800.0)
_EARLIER = timedelta(hours=24)
_REMEMBERED = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Workitem:
    """A work item, to be assigned within `target` seconds and closed by `due`."""

    id: str
    queue_id: str
    created: datetime
    assigned_at: datetime
    closed_at: datetime
    due: datetime
    target: float

    @property
    def met(self) -> bool:
        """Whether it is assigned in time, the bound included."""
        return (self.assigned_at - self.created).total_seconds() <= self.target

    def state(self, at: datetime) -> str:
        """`new`, `assigned` or `done` at a moment, in the spelling of the guides."""
        if at < self.assigned_at:
            return "new"
        return "assigned" if at < self.closed_at else "done"


class Workbench:
    """The work items of a centre's queues, from a day before `start` on; the latest 20,000 of each queue.

    The same seed and centre give the same items, however often `advance` is called on the way. Spans are
    half-open, milliseconds whole. Queues without work items have none; unknown ids are such queues.
    """

    def __init__(self, seed: int, start: datetime, centre: Centre) -> None:
        self._now = start - _EARLIER
        self._items: dict[str, deque[Workitem]] = {}
        self._coming: dict[str, Iterator[Workitem]] = {}
        self._next: dict[str, Workitem] = {}
        for queue in centre.queues:
            if queue.workitems > 0:
                coming = _creations(Random(f"{seed}/{queue.id}"), queue.id, queue.workitems, self._now)
                self._items[queue.id] = deque(maxlen=_REMEMBERED)
                self._coming[queue.id], self._next[queue.id] = coming, next(coming)
        self.advance(start)

    @property
    def queues(self) -> tuple[str, ...]:
        """The ids of the queues that have work items at all."""
        return tuple(self._items)

    def advance(self, to: datetime) -> None:
        """Let everything up to `to` be created; an earlier moment than the present changes nothing."""
        self._now = max(self._now, to)
        for queue_id, items in self._items.items():
            while self._next[queue_id].created <= self._now:
                items.append(self._next[queue_id])
                self._next[queue_id] = next(self._coming[queue_id])

    def items(self, queue_id: str) -> Iterator[Workitem]:
        """The items of a queue created so far, oldest first."""
        return iter(self._items.get(queue_id, ()))

    # Over a span.

    def offered(self, queue_id: str, start: datetime, end: datetime) -> int:
        """How many were created."""
        return len(self._during(queue_id, start, end, lambda item: item.created))

    def met(self, queue_id: str, start: datetime, end: datetime) -> int:
        """How many were assigned, and in time."""
        return sum(item.met for item in self._assigned(queue_id, start, end))

    def missed(self, queue_id: str, start: datetime, end: datetime) -> int:
        """How many were assigned, but too late."""
        return sum(not item.met for item in self._assigned(queue_id, start, end))

    def waited(self, queue_id: str, start: datetime, end: datetime) -> list[int]:
        """Milliseconds from creation to assignment of those assigned."""
        return [_milliseconds(i.assigned_at - i.created) for i in self._assigned(queue_id, start, end)]

    def handled(self, queue_id: str, start: datetime, end: datetime) -> list[int]:
        """Milliseconds from assignment to closing of those closed."""
        closed = self._during(queue_id, start, end, lambda item: item.closed_at)
        return [_milliseconds(item.closed_at - item.assigned_at) for item in closed]

    # At a moment not beyond the present.

    def unassigned(self, queue_id: str, at: datetime) -> int:
        """How many wait to be assigned."""
        return len(self._waiting(queue_id, at))

    def assigned(self, queue_id: str, at: datetime) -> int:
        """How many are in somebody's hands."""
        return sum(item.assigned_at <= at < item.closed_at for item in self.items(queue_id))

    def overdue(self, queue_id: str, at: datetime) -> int:
        """How many were due and are not closed, assigned or not."""
        return sum(item.due <= at < item.closed_at for item in self.items(queue_id))

    def oldest_unassigned(self, queue_id: str, at: datetime) -> datetime | None:
        """When the one that waits longest was created; None when none waits."""
        return min((item.created for item in self._waiting(queue_id, at)), default=None)

    def _waiting(self, queue_id: str, at: datetime) -> list[Workitem]:
        return [item for item in self.items(queue_id) if item.created <= at < item.assigned_at]

    def _assigned(self, queue_id: str, start: datetime, end: datetime) -> list[Workitem]:
        return self._during(queue_id, start, end, lambda item: item.assigned_at)

    def _during(
        self, queue_id: str, start: datetime, end: datetime, moment: Callable[[Workitem], datetime]
    ) -> list[Workitem]:
        last = min(end, self._now)
        return [item for item in self.items(queue_id) if start <= moment(item) < last]


def _creations(random: Random, queue_id: str, hourly: float, start: datetime) -> Iterator[Workitem]:
    created, number = start, 0
    while True:
        number += 1
        created += timedelta(seconds=random.expovariate(hourly / 3600))
        assigned = created + timedelta(seconds=_lognormal(random, _WAIT))
        yield Workitem(
            id=identity("workitem", f"{queue_id}/{number}"),
            queue_id=queue_id,
            created=created,
            assigned_at=assigned,
            closed_at=assigned + timedelta(seconds=_lognormal(random, _HANDLE)),
            due=created + timedelta(seconds=random.uniform(*_DUE)),
            target=TARGET_SECONDS,
        )


def _lognormal(random: Random, mean: float) -> float:
    return random.lognormvariate(math.log(mean) - _SPREAD**2 / 2, _SPREAD)


def _milliseconds(length: timedelta) -> int:
    return length // timedelta(milliseconds=1)
