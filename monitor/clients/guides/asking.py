"""Answers the port `Platform` in the guides' dialect."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

from monitor.clients.endpoint import Endpoint
from monitor.clients.guides import endpoints, workitems
from monitor.clients.guides.decode import agents as reading
from monitor.clients.guides.decode import directory, queues, servicelevels
from monitor.clients.guides.decode.agents import UsePage
from monitor.clients.guides.decode.directory import QueuePage
from monitor.clients.guides.decode.servicelevels import Answered, AnsweredPage
from monitor.clients.guides.decode.wire import Counts
from monitor.clients.guides.strategies import evaluated
from monitor.clients.guides.workitems import StillProcessing
from monitor.clients.paging import pages
from monitor.clients.transport import Retrying, Transport
from monitor.model.errors import NotOffered, Refused, Unintelligible
from monitor.model.interval import Interval
from monitor.model.observation import QueueObservations, ServiceLevels, Strategies, Utilization, Workitems
from monitor.model.org import Queue

RETRYING: Final = Retrying(base=2.0, longest=32.0, attempts=5, jitter=0.1, silence=None)
"""How the guides try again (GUIDES.md, numbers); `longest` is the wait after the fifth attempt."""
STATS_PAUSE = 0.1
"""Seconds between requests for realtime statistics: 10 a second are answered (GUIDES.md §1)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Question:
    """What `utilization` was asked."""

    bucket: float
    chosen: tuple[str, ...]
    names: bool
    deadline: float
    by_user: bool = True

    def body(self, segment: Interval, token: str | None) -> bytes:
        return endpoints.details_body(
            segment, self.bucket, agents=self.chosen, names=self.names, by_user=self.by_user, token=token
        )

    def read(self, body: bytes, segment: Interval) -> UsePage:
        return reading.use_page(
            body, segment, self.bucket, asked=self.chosen, by_user=self.by_user, names=self.names
        )


@dataclass(frozen=True, slots=True)
class GuidesDialect:
    """One org, asked through the guides' endpoints. Its transport retries with `RETRYING`."""

    transport: Transport

    async def limit(self, *, deadline: float) -> int | None:  # noqa: ARG002 - the port's signature
        """Return None: the guides name no operation that says."""
        return None

    async def directory(self, *, deadline: float) -> tuple[Queue, ...]:
        """Return every queue we may see, from either of the two places gateways have the directory in.

        Raises:
            PlatformError: any page failed, or the pages do not add up to the total they announce.
        """
        try:
            return await self._directory(endpoints.QUEUES, deadline)
        except NotOffered:
            return await self._directory(endpoints.IAM_QUEUES, deadline)

    async def queues(self, queue_ids: Sequence[str], *, deadline: float) -> QueueObservations:
        """Return how these queues are; asked in batches of 200, one after the other, 100 ms apart."""
        bodies: list[bytes] = []
        for batch in endpoints.batches(queue_ids):
            if bodies:
                await asyncio.sleep(STATS_PAUSE)
            body = endpoints.stats_body(batch)
            bodies.append(await self.transport.call(endpoints.STATS, body=body, deadline=deadline))
        return queues.observations(bodies, queue_ids)

    async def service_levels(
        self, queue_ids: Sequence[str], interval: Interval, thresholds: Sequence[float], *, deadline: float
    ) -> ServiceLevels:
        """Return what was answered: one query for all of it and one per threshold, every page of each."""
        totals, *within = [Answered() for _ in range(1 + len(thresholds))]
        oddities: list[Counts] = []
        for batch in endpoints.batches(queue_ids):
            for threshold, answered in zip((None, *thresholds), (totals, *within), strict=True):
                for page in await self._answered(batch, interval, threshold, deadline):
                    answered.add(page)
                    oddities.append(page.oddities)
        by_threshold = dict(zip(thresholds, within, strict=True))
        return servicelevels.service_levels(interval, totals, by_threshold, oddities)

    async def utilization(
        self,
        interval: Interval,
        bucket: float,
        *,
        agents: Sequence[str] = (),
        names: bool = False,
        status: bool = False,  # noqa: ARG002 - the guides know no routing-status time
        deadline: float,
    ) -> Utilization:
        """Return how long agents worked; as one agent `all` where the gateway refuses to group by user."""
        question = _Question(bucket=bucket, chosen=tuple(agents), names=names, deadline=deadline)
        try:
            found = await self._uses(interval, question)
        except Refused:
            found = await self._uses(interval, replace(question, by_user=False))
        return reading.utilization(interval, bucket, found)

    async def workitems(
        self, queue_ids: Sequence[str], interval: Interval, bucket: float, zone: str, *, deadline: float
    ) -> Workitems:
        """Return work items per bucket; of the newest half of `interval` where all of it is too much.

        Raises:
            JobFailed: a query failed or, over the newest half as well, never left processing.
            PlatformError: any request failed.
        """
        try:
            return await workitems.answered(
                self.transport, queue_ids, interval, bucket, zone, deadline=deadline
            )
        except StillProcessing:
            reduced = endpoints.newest_half(interval, bucket)
            if reduced is None:
                raise
            return await workitems.answered(
                self.transport, queue_ids, reduced, bucket, zone, deadline=deadline
            )

    async def strategies(
        self, strategies: Sequence[str], interval: Interval, *, deadline: float
    ) -> Strategies:
        """Return how these routing strategies did; see `guides.strategies`."""
        return await evaluated(self.transport, strategies, interval, deadline=deadline)

    async def _directory(self, endpoint: Endpoint, deadline: float) -> tuple[Queue, ...]:
        async def fetch(token: str | None) -> tuple[QueuePage, str | None]:
            number = int(token or 1)
            query = endpoints.queues_page(number)
            page = directory.queue_page(await self.transport.call(endpoint, query=query, deadline=deadline))
            return page, str(number + 1) if number < (page.page_count or 1) else None

        listed = await pages(fetch, cap=endpoints.PAGE_CAP, what="the queue directory")
        found = {queue.id: queue for page in listed for queue in page.queues}
        total = max(page.total or 0 for page in listed)
        if len(found) < total:
            raise Unintelligible(f"the directory lists {len(found)} of {total} queues: it changed meanwhile")
        return tuple(found.values())

    async def _answered(
        self, queue_ids: Sequence[str], interval: Interval, threshold: float | None, deadline: float
    ) -> list[AnsweredPage]:
        wanted = frozenset(queue_ids)

        async def fetch(token: str | None) -> tuple[AnsweredPage, str | None]:
            body = endpoints.summary_body(queue_ids, interval, threshold, token)
            answer = await self.transport.call(endpoints.SUMMARY, body=body, deadline=deadline)
            page = servicelevels.answered_page(answer, wanted)
            return page, page.token

        return await pages(fetch, cap=endpoints.PAGE_CAP, what="the list of answered conversations")

    async def _uses(self, interval: Interval, question: _Question) -> list[UsePage]:
        found: list[UsePage] = []
        for segment in endpoints.segments(interval):
            fetch = partial(self._use_page, segment, question)
            found += await pages(fetch, cap=endpoints.PAGE_CAP, what="the list of agents' times")
        return found

    async def _use_page(
        self, segment: Interval, question: _Question, following: str | None
    ) -> tuple[UsePage, str | None]:
        deadline = question.deadline
        if following is not None and reading.is_link(following):
            body = await self.transport.follow(endpoints.DETAILS, following, deadline=deadline)
        else:
            asked = question.body(segment, following)
            body = await self.transport.call(endpoints.DETAILS, body=asked, deadline=deadline)
        page = question.read(body, segment)
        return page, page.following
