"""Answers the port `Platform` in the platform dialect."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from monitor.clients.paging import pages
from monitor.clients.platform import agents as people
from monitor.clients.platform import bodies, endpoints
from monitor.clients.platform.conversations import Conversations
from monitor.clients.platform.decode import limits, service
from monitor.clients.platform.decode.directory import DirectoryPage, directory_page
from monitor.clients.platform.decode.observations import observations
from monitor.clients.platform.decode.strategies import strategies as read_strategies
from monitor.clients.platform.decode.utilization import utilization as read_utilization
from monitor.clients.platform.offer import REFUSALS
from monitor.clients.platform.workitems import WorkitemsDesk
from monitor.clients.transport import Transport
from monitor.model.errors import Unintelligible
from monitor.model.interval import Interval
from monitor.model.observation import (
    QueueObservations,
    ServiceLevels,
    Strategies,
    Utilization,
    Workitems,
    together,
)
from monitor.model.org import Queue
from monitor.ports import Clock

PAGE_CAP = 500
"""Pages of a directory we will read: 50,000 queues. More is a loop, not a contact centre."""


@dataclass(slots=True)
class PlatformDialect:
    """One org, asked through the published API. It remembers what the org does not offer."""

    transport: Transport
    clock: Clock
    _conversations: Conversations = field(init=False)
    _workitems: WorkitemsDesk = field(init=False)

    def __post_init__(self) -> None:
        self._conversations = Conversations(self.transport)
        self._workitems = WorkitemsDesk(self.transport, self.clock)

    async def limit(self, *, deadline: float) -> int | None:
        """Return the requests a minute our token may make; None where the platform does not say."""
        try:
            return limits.limit(await self.transport.call(endpoints.LIMITS, deadline=deadline))
        except REFUSALS:
            return None

    async def directory(self, *, deadline: float) -> tuple[Queue, ...]:
        """Return every queue we may see, in the directory's order.

        Raises:
            PlatformError: any page failed, or the pages do not add up to the total they announce.
        """

        async def page(token: str | None) -> tuple[DirectoryPage, str | None]:
            number = int(token or 1)
            query = bodies.queues_page(number)
            found = directory_page(
                await self.transport.call(endpoints.QUEUES, query=query, deadline=deadline)
            )
            return found, str(number + 1) if number < found.page_count else None

        found = await pages(page, cap=PAGE_CAP, what="the directory")
        queues = {queue.id: queue for one in found for queue in one.queues}
        if len(queues) < found[-1].total:
            raise Unintelligible(
                f"the directory lists {len(queues)} of {found[-1].total} queues: it changed meanwhile"
            )
        return tuple(queues.values())

    async def queues(self, queue_ids: Sequence[str], *, deadline: float) -> QueueObservations:
        """Return how these queues are; asked in batches of 200, one after the other."""
        answers: list[QueueObservations] = []
        for start in range(0, len(queue_ids), bodies.PREDICATE_LIMIT):
            batch = queue_ids[start : start + bodies.PREDICATE_LIMIT]
            query = bodies.encoded(bodies.observations(batch))
            body = await self.transport.call(endpoints.OBSERVATIONS, body=query, deadline=deadline)
            answers.append(observations(body, batch, self.clock.now()))
        return answers[0] if len(answers) == 1 else _joined(answers)

    async def service_levels(
        self, queue_ids: Sequence[str], interval: Interval, thresholds: Sequence[float], *, deadline: float
    ) -> ServiceLevels:
        """Return what these queues answered; thresholds beyond ten cost a further question per ten."""
        answers: list[tuple[ServiceLevels, Sequence[float]]] = []
        for bounds in bodies.views(thresholds):
            further = bool(answers)
            query = bodies.service(queue_ids, interval, bounds, further=further)
            asked = service.Asked(
                queue_ids=frozenset(queue_ids),
                interval=interval,
                views=bounds,
                parts=service.FURTHER if further else service.PARTS,
                named=bodies.named(queue_ids),
            )
            found = await self._conversations.ask(query, interval, deadline=deadline)
            answers.append((service.service_levels(found, asked), tuple(bounds.values())))
        return service.joined(answers[0][0], answers[1:])

    async def utilization(
        self,
        interval: Interval,
        bucket: float,
        *,
        agents: Sequence[str] = (),
        names: bool = False,
        status: bool = False,
        deadline: float,
    ) -> Utilization:
        """Return how long each agent worked in every `bucket` seconds of `interval`."""
        query = bodies.use(agents, interval, bucket)
        found = await self._conversations.ask(query, interval, deadline=deadline)
        result = read_utilization(found, interval, bucket, agents)
        seen = tuple(dict.fromkeys(one.agent_id for one in result.agents))
        if status:
            lengths, odd = await people.statuses(
                self.transport, tuple(dict.fromkeys(agents)) or seen, interval, deadline=deadline
            )
            result = replace(result, status=lengths, oddities=together([result.oddities, odd]))
        if names:
            known = await people.names(self.transport, seen, deadline=deadline)
            rows = (replace(one, name=known.get(one.agent_id, "")) for one in result.agents)
            result = replace(result, agents=tuple(rows))
        return result

    async def workitems(
        self, queue_ids: Sequence[str], interval: Interval, bucket: float, zone: str, *, deadline: float
    ) -> Workitems:
        """Return these queues' work items, and the state of at most 30 of them right now."""
        return await self._workitems.ask(queue_ids, interval, bucket, zone, deadline=deadline)

    async def strategies(
        self, strategies: Sequence[str], interval: Interval, *, deadline: float
    ) -> Strategies:
        """Return how these routing methods did; one that was asked for and not used has done nothing."""
        query = bodies.strategies(interval)
        found = await self._conversations.ask(query, interval, deadline=deadline)
        return read_strategies(found, interval, strategies)


def _joined(answers: Sequence[QueueObservations]) -> QueueObservations:
    return QueueObservations(
        interactions=tuple(itertools.chain.from_iterable(answer.interactions for answer in answers)),
        staffing=tuple(itertools.chain.from_iterable(answer.staffing for answer in answers)),
        oddities=together(answer.oddities for answer in answers),
    )
