"""Asks for conversation aggregates: at once, or through a job where the interval is long."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import quote

from monitor.clients.jobs import Job, State, until
from monitor.clients.paging import pages
from monitor.clients.platform import bodies, endpoints
from monitor.clients.platform.decode import jobs
from monitor.clients.platform.offer import REFUSALS, Offer
from monitor.clients.transport import Transport
from monitor.model.interval import Interval

LONGEST = 86400.0
"""Seconds of the longest interval asked for at once: more is a report, and goes through a job."""
JOB_LIMIT = 600.0
"""Seconds after which a job is given up; the vendor's own example takes 7 (GENESYS.md §5.2)."""
PAGE_CAP = 1000
"""Pages of results we will read; more is a loop."""
WHAT = "the job of conversation aggregates"


@dataclass(slots=True)
class Conversations:
    """One org's conversation aggregates."""

    transport: Transport
    _jobs: Offer = field(init=False)

    def __post_init__(self) -> None:
        self._jobs = Offer(
            self.transport.org, endpoints.CONVERSATIONS_JOBS.name, "long intervals are asked for at once"
        )

    async def ask(self, query: bodies.Query, interval: Interval, *, deadline: float) -> list[bytes]:
        """Return every page of the answer. Raises PlatformError."""
        body = bodies.encoded(query)
        if interval.seconds > LONGEST and self._jobs.stands:
            try:
                submitted = await self.transport.call(
                    endpoints.CONVERSATIONS_JOBS, body=body, deadline=deadline
                )
            except REFUSALS as error:
                self._jobs.withdraw(error)
            else:
                return await self._finish(jobs.job_id(submitted), deadline)
        return [await self.transport.call(endpoints.CONVERSATIONS, body=body, deadline=deadline)]

    async def _finish(self, job_id: str, deadline: float) -> list[bytes]:
        """Wait for a job and return its results."""
        part = quote(job_id, safe="")
        job = Job(self.transport.org, endpoints.CONVERSATIONS.name, self.transport.telemetry)

        async def look() -> bool | None:
            body = await self.transport.call(endpoints.CONVERSATIONS_JOB.at(job=part), deadline=deadline)
            return jobs.fulfilled(body) or None

        async def page(cursor: str | None) -> tuple[bytes, str | None]:
            body = await self.transport.call(
                endpoints.CONVERSATIONS_RESULTS.at(job=part),
                query=bodies.results_page(cursor),
                deadline=deadline,
            )
            return body, jobs.cursor(body)

        job.enter(State.SUBMITTED)
        with job.watched():
            job.enter(State.POLLING)
            await until(look, limit=JOB_LIMIT, deadline=deadline, what=WHAT)
            job.enter(State.DOWNLOADING)
            return await pages(page, cap=PAGE_CAP, what=WHAT)
