"""Asynchronous aggregate queries: submitted, a while in the making, read page by page. Time is handed in."""

import math
from dataclasses import dataclass
from datetime import datetime, timedelta

from monitor.simulator.aggregation import instant
from monitor.simulator.centre import identity
from monitor.simulator.filters import flaw
from monitor.simulator.paging import Document
from monitor.simulator.refusal import refusal

# A week, as in the published example.
_KEPT = timedelta(days=7)
# More than any test or demo submits; the oldest go first.
_HELD = 1_000
_PAGE = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class _Job:
    submitted: datetime
    completed: datetime
    results: list[Document]
    size: int
    error: str


class Jobs:
    """The jobs submitted so far. Each takes `seconds` of the clock; with an `error` they all fail with it."""

    def __init__(self, *, seconds: float, error: str = "") -> None:
        self._length = timedelta(seconds=seconds)
        self._error = error
        self._numbered = 0
        self._jobs: dict[str, _Job] = {}

    def submit(self, results: list[Document], size: object, now: datetime) -> Document:
        """Take a job whose answer is `results`; `size` is the page size asked for, None for the usual one.

        Raises Refusal (400) for a size that is none. Even short results come in two pages, so that nobody
        gets by without reading the cursor.
        """
        if size is not None and (not isinstance(size, int) or size < 1):
            raise flaw("pageSize", f"Value [{size}] is not valid for field [pageSize].", "invalid.value")
        self._numbered += 1
        job_id = identity("job", str(self._numbered))
        self._jobs[job_id] = _Job(
            submitted=now,
            completed=now + self._length,
            results=results,
            size=min(size or _PAGE, max(1, math.ceil(len(results) / 2))),
            error=self._error,
        )
        while len(self._jobs) > _HELD:
            del self._jobs[next(iter(self._jobs))]
        return {"jobId": job_id}

    def status(self, job_id: str, now: datetime) -> Document:
        """How far a job is; raises Refusal (404) for an unknown one."""
        job = self._find(job_id)
        state = _state(job, now)
        document: Document = {"state": state, "submissionDate": instant(job.submitted)}
        if state not in ("QUEUED", "PENDING"):
            document["completionDate"] = instant(job.completed)
            document["expirationDate"] = instant(job.completed + _KEPT)
        if state == "FAILED":
            document["errorMessage"] = job.error
        return document

    def results(self, job_id: str, cursor: str, now: datetime) -> Document:
        """A page of results, from an empty `cursor` on; the last has none.

        Raises Refusal: 404 for an unknown job or one without results (yet, any more), 400 for a bad cursor.
        """
        job = self._find(job_id)
        if _state(job, now) != "FULFILLED":
            raise refusal(404)
        starts = {str(first): first for first in range(job.size, len(job.results), job.size)}
        first = 0 if cursor == "" else starts.get(cursor)
        if first is None:
            raise flaw("cursor", f"Value [{cursor}] is not valid for parameter [cursor].", "invalid.value")
        page: Document = {"results": job.results[first : first + job.size]}
        if first + job.size < len(job.results):
            page["cursor"] = str(first + job.size)
        return page

    def _find(self, job_id: str) -> _Job:
        job = self._jobs.get(job_id)
        if job is None:
            raise refusal(404)
        return job


def _state(job: _Job, now: datetime) -> str:
    if now < job.completed:
        halfway = job.submitted + (job.completed - job.submitted) / 2
        return "QUEUED" if now < halfway else "PENDING"
    if job.error:
        return "FAILED"
    return "FULFILLED" if now < job.completed + _KEPT else "EXPIRED"
