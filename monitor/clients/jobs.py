"""Questions that are answered later: the states of a job, and asking until it is ready."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeVar

import structlog

from monitor.model.errors import JobFailed, PlatformError, Unavailable
from monitor.ports import Telemetry

log = structlog.get_logger(__name__)

Found = TypeVar("Found")


class State(StrEnum):
    """Where a job is; the first five follow one another, the last two end it (GUIDES.md §4)."""

    SUBMITTED = "submitted"
    POLLING = "polling"
    VALIDATING_CHUNKS = "validating_chunks"
    DOWNLOADING = "downloading"
    AGGREGATING = "aggregating"
    DONE = "done"
    FAILED = "failed"


class Stuck(JobFailed):
    """A job did not come to an end within its own limit."""


@dataclass(slots=True)
class Job:
    """One asynchronous question of one org; `kind` is its metric label."""

    org: str
    kind: str
    telemetry: Telemetry
    state: State | None = field(default=None, init=False)

    def enter(self, state: State) -> None:
        """Make a state visible in logs and metrics; staying in it says nothing."""
        if state is self.state:
            return
        self.state = state
        log.debug("job.entered", org=self.org, job=self.kind, state=state.value)
        self.telemetry.job(self.org, self.kind, state.value)

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Enter DONE at the end of the block, or FAILED where it ends in a PlatformError."""
        try:
            yield
        except PlatformError:
            self.enter(State.FAILED)
            raise
        self.enter(State.DONE)


async def until(
    look: Callable[[], Awaitable[Found | None]],
    *,
    limit: float,
    deadline: float,
    base: float = 2.0,
    longest: float = 30.0,
    what: str,
) -> Found:
    """Look at once and then with growing pauses until there is something; return it.

    Args:
        look: returns None while there is nothing yet.
        limit: seconds after which waiting is given up; the last look is made then.
        deadline: the loop's time no look starts at or after.
        base: seconds of the first pause (GUIDES.md: 2), doubled each time.
        longest: seconds of the longest pause.
        what: names what is waited for in errors.

    Raises:
        Stuck: nothing within `limit`.
        Unavailable: the next look would be past `deadline`.
    """
    loop = asyncio.get_running_loop()
    ends = loop.time() + limit
    pause = base
    while (found := await look()) is None:
        left = ends - loop.time()
        if left <= 0:
            raise Stuck(f"{what} is not ready after {limit:.0f} s")
        wait = min(pause, left)
        if loop.time() + wait >= deadline:
            raise Unavailable(f"{what} is not ready at the deadline")
        await asyncio.sleep(wait)
        pause = min(pause * 2, longest)
    return found
