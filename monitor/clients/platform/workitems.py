"""Asks how work items are: what happened in an interval, and what is there right now."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from monitor.clients.platform import bodies, endpoints
from monitor.clients.platform.decode import tasks
from monitor.clients.platform.offer import REFUSALS, Offer
from monitor.clients.transport import Transport
from monitor.model.interval import Interval
from monitor.model.observation import Oddities, Workitems, WorkitemState, together
from monitor.ports import Clock

LIVE_LIMIT = 30
"""Queues asked about their present state per call: each costs one of the 300 requests a minute."""
WITHHELD: Oddities = {("states", "not_offered"): 1}
"""What is odd about an answer without states."""


@dataclass(slots=True)
class WorkitemsDesk:
    """One org's work items."""

    transport: Transport
    clock: Clock
    _live: Offer = field(init=False)

    def __post_init__(self) -> None:
        self._live = Offer(
            self.transport.org,
            endpoints.WORKITEM_STATES.name,
            "the present state of work items stays unknown",
        )

    async def ask(
        self, queue_ids: Sequence[str], interval: Interval, bucket: float, zone: str, *, deadline: float
    ) -> Workitems:
        """Return the buckets, and the state of at most `LIVE_LIMIT` queues. Raises PlatformError."""
        query = bodies.workitems(queue_ids, interval, bucket, zone)
        body = await self.transport.call(endpoints.WORKITEMS, body=bodies.encoded(query), deadline=deadline)
        answer = tasks.workitems(body, frozenset(queue_ids), interval, named=bodies.named(queue_ids))
        busy = {one.queue_id for one in answer.buckets}
        ranked = sorted(dict.fromkeys(queue_ids), key=lambda queue_id: queue_id not in busy)
        states, odd = await self._states(ranked[:LIVE_LIMIT], deadline)
        return replace(answer, states=states, oddities=together([answer.oddities, *odd]))

    async def _states(
        self, queue_ids: Iterable[str], deadline: float
    ) -> tuple[tuple[WorkitemState, ...] | None, list[Oddities]]:
        """Return the state of each queue, or None and `WITHHELD` where this org does not say."""
        if not self._live.stands:
            return None, [WITHHELD]
        found: list[tuple[WorkitemState, Oddities]] = []
        for queue_id in queue_ids:
            query = bodies.encoded(bodies.workitem_state(queue_id))
            try:
                body = await self.transport.call(endpoints.WORKITEM_STATES, body=query, deadline=deadline)
            except REFUSALS as error:
                self._live.withdraw(error)
                return None, [WITHHELD]
            found.append(tasks.state(body, queue_id, self.clock.now()))
        return tuple(state for state, _ in found), [odd for _, odd in found]
