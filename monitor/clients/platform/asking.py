"""Answers the port `Platform` in the platform dialect."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

from monitor.clients.platform import decode, endpoints
from monitor.clients.transport import Transport
from monitor.model.errors import Unintelligible
from monitor.model.observation import QueueObservations
from monitor.model.org import Queue
from monitor.ports import Clock


@dataclass(frozen=True, slots=True)
class PlatformDialect:
    """One org, asked through the published API."""

    transport: Transport
    clock: Clock

    async def directory(self, *, deadline: float) -> tuple[Queue, ...]:
        """Return every queue we may see, in the directory's order.

        Raises:
            PlatformError: any page failed, or the pages do not add up to the total they announce.
        """
        queues: dict[str, Queue] = {}
        for number in range(1, endpoints.PAGE_CAP + 1):
            body = await self.transport.call(
                endpoints.QUEUES, query=endpoints.queues_page(number), deadline=deadline
            )
            page = decode.directory_page(body)
            queues.update((queue.id, queue) for queue in page.queues)
            if number >= page.page_count:
                if len(queues) < page.total:
                    raise Unintelligible(
                        f"the directory lists {len(queues)} of {page.total} queues: it changed meanwhile"
                    )
                return tuple(queues.values())
        raise Unintelligible(f"the directory has more than {endpoints.PAGE_CAP} pages")

    async def queues(self, queue_ids: Sequence[str], *, deadline: float) -> QueueObservations:
        """Return how these queues are; asked in batches of 200, one after the other."""
        answers: list[QueueObservations] = []
        for start in range(0, len(queue_ids), endpoints.PREDICATE_LIMIT):
            batch = queue_ids[start : start + endpoints.PREDICATE_LIMIT]
            body = await self.transport.call(
                endpoints.OBSERVATIONS, body=endpoints.observations_body(batch), deadline=deadline
            )
            answers.append(decode.observations(body, batch, self.clock.now()))
        return _joined(answers)


def _joined(answers: Sequence[QueueObservations]) -> QueueObservations:
    if len(answers) == 1:
        return answers[0]
    oddities: dict[str, int] = {}
    for answer in answers:
        for reason, count in answer.oddities.items():
            oddities[reason] = oddities.get(reason, 0) + count
    return QueueObservations(
        interactions=tuple(itertools.chain.from_iterable(answer.interactions for answer in answers)),
        staffing=tuple(itertools.chain.from_iterable(answer.staffing for answer in answers)),
        oddities=oddities,
    )
