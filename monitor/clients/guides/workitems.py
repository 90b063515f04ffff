"""Runs one work item query: submitted, polled, its chunks validated, downloaded and joined.

SUBMITTED → POLLING → VALIDATING_CHUNKS → DOWNLOADING → AGGREGATING → DONE, or FAILED from anywhere.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar
from urllib.parse import quote
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from monitor.clients.endpoint import Endpoint
from monitor.clients.guides import endpoints
from monitor.clients.guides.decode import workitems as decode
from monitor.clients.guides.decode.workitems import Asked, Chunk, QueryState
from monitor.clients.jobs import Job, State, Stuck, until
from monitor.clients.transport import Transport
from monitor.model.errors import JobFailed, NotOffered, Refused
from monitor.model.interval import Interval
from monitor.model.observation import Workitems

STUCK = 900.0
"""Seconds in processing after which a query is given up (GUIDES.md §4: 15 min)."""
MATERIALISING = 300.0
"""Seconds a finished query may take to show its chunks; the guides name no figure, a third of `STUCK`."""
KIND = "workitems"

Found = TypeVar("Found")


class StillProcessing(Stuck):
    """The query never left processing: a smaller one may."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkitemQuery:
    """One query over one segment; `run` it once."""

    transport: Transport
    job: Job
    asked: Asked
    zone: str
    deadline: float

    async def run(self) -> list[Chunk]:
        """Return every chunk.

        Raises:
            StillProcessing: it was in processing for longer than `STUCK`.
            JobFailed: it ended in an error, named in the message.
            Stuck: it was done, but its chunks never came.
            PlatformError: any request failed.
        """
        with self.job.watched():
            state = await self._submitted()
            polled = await self._polled(state)
            ends = asyncio.get_running_loop().time() + MATERIALISING
            links = await self._validated(state, polled, ends)
            bodies = [await self._downloaded(link, ends) for link in links]
            self.job.enter(State.AGGREGATING)
            return [decode.chunk(body, self.asked) for body in bodies]

    async def _submitted(self) -> Endpoint:
        """Submit; return where the state is asked for."""
        self.job.enter(State.SUBMITTED)
        asked = self.asked
        body = endpoints.workitems_body(tuple(asked.queues), asked.segment, asked.bucket, self.zone)
        answer = await self.transport.call(endpoints.WORKITEMS, body=body, deadline=self.deadline)
        return endpoints.WORKITEMS_QUERY.at(query_id=quote(decode.query_id(answer), safe=""))

    async def _polled(self, state: Endpoint) -> QueryState:
        """Return the state once it is done."""
        self.job.enter(State.POLLING)

        async def look() -> QueryState | None:
            found = await self._look(state)
            return found if found.done else None

        try:
            return await until(look, limit=STUCK, deadline=self.deadline, what="the work item query")
        except Stuck as error:
            raise StillProcessing(str(error)) from error

    async def _validated(self, state: Endpoint, polled: QueryState, ends: float) -> Sequence[str]:
        """Return the chunks' addresses once two looks in a row show as many, all with an address.

        The list grows for a while after the query is done; nothing in it says how long it will be.
        """
        self.job.enter(State.VALIDATING_CHUNKS)
        before: QueryState | None = None

        async def look() -> Sequence[str] | None:
            nonlocal before
            found = polled if before is None else await self._look(state)
            whole = found.done and found.complete
            settled = whole and before is not None and len(found.links) == len(before.links)
            before = found
            return found.links if settled else None

        return await self._until(look, ends, "the list of chunks of a finished work item query")

    async def _downloaded(self, link: str, ends: float) -> bytes:
        """Return a chunk's body once it is there."""

        async def look() -> bytes | None:
            self.job.enter(State.DOWNLOADING)
            try:
                return await self.transport.download(endpoints.WORKITEMS_CHUNK, link, deadline=self.deadline)
            except NotOffered:
                self.job.enter(State.VALIDATING_CHUNKS)
                return None

        return await self._until(look, ends, "a chunk of a finished work item query")

    async def _until(self, look: Callable[[], Awaitable[Found | None]], ends: float, what: str) -> Found:
        limit = max(ends - asyncio.get_running_loop().time(), 0.0)
        return await until(look, limit=limit, deadline=self.deadline, what=what)

    async def _look(self, state: Endpoint) -> QueryState:
        """Return the query's state. Raises JobFailed with the errorCode where it ended in an error."""
        found = decode.query_state(await self.transport.call(state, deadline=self.deadline))
        if found.error:
            raise JobFailed(f"the work item query ended in an error: {found.error}")
        return found


async def answered(
    transport: Transport,
    queue_ids: Sequence[str],
    interval: Interval,
    bucket: float,
    zone: str,
    *,
    deadline: float,
) -> Workitems:
    """Return the work items of these queues, in as many queries as the limits make it.

    Raises:
        StillProcessing: one of them never left processing.
        PlatformError: as `WorkitemQuery.run`.
    """
    chunks: list[Chunk] = []
    for batch in endpoints.batches(queue_ids):
        for segment in endpoints.segments(interval, overlap=bucket):
            query = WorkitemQuery(
                transport=transport,
                job=Job(transport.org, KIND, transport.telemetry),
                asked=Asked(
                    queues=tuple(batch), segment=segment, interval=interval, bucket=bucket, zone=_zone(zone)
                ),
                zone=zone,
                deadline=deadline,
            )
            chunks += await query.run()
    return decode.workitems(interval, chunks)


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise Refused(f"there is no time zone {name}: nothing was sent") from error
