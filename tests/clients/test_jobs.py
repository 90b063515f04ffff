"""Jobs: visible states, and asking with growing pauses until there is something."""

from __future__ import annotations

import pytest

from monitor.clients.jobs import Job, State, Stuck, until
from monitor.model.errors import JobFailed, Unavailable
from tests.builders import loop_time
from tests.clients.guides.gateway import JobTelemetry

pytestmark = pytest.mark.looptime


class Looks:
    """Has something at the look number `ready`; keeps when it was looked."""

    def __init__(self, ready: int | None = None) -> None:
        self.ready = ready
        self.started = loop_time()
        self.times: list[float] = []

    async def __call__(self) -> str | None:
        self.times.append(round(loop_time() - self.started))
        return "found" if len(self.times) == self.ready else None


async def test_pauses_double_up_to_the_longest() -> None:
    """The first look is at once, then after 2, 4, 8, 16, 30, 30, … seconds."""
    looks = Looks(ready=8)
    assert await until(looks, limit=900, deadline=loop_time() + 1000, what="it") == "found"
    assert looks.times == [0, 2, 6, 14, 30, 60, 90, 120]


async def test_the_limit_makes_it_stuck() -> None:
    """After the limit there is one last look, exactly then, and a JobFailed that says what did not come."""
    looks = Looks()
    with pytest.raises(Stuck, match="it is not ready after 100 s") as caught:
        await until(looks, limit=100, deadline=loop_time() + 1000, what="it")
    assert isinstance(caught.value, JobFailed)
    assert looks.times[-1] == 100


async def test_no_look_is_made_past_the_deadline() -> None:
    """Where the next look would be past the deadline, waiting ends at once."""
    looks = Looks()
    with pytest.raises(Unavailable, match="at the deadline"):
        await until(looks, limit=900, deadline=loop_time() + 20, what="it")
    assert looks.times == [0, 2, 6, 14]
    assert loop_time() - looks.started < 20


async def test_states_are_counted_once_each_time_they_are_entered() -> None:
    """A job's states arrive in telemetry in order; staying in one says nothing."""
    telemetry = JobTelemetry()
    job = Job("acme", "workitems", telemetry)
    with job.watched():
        for state in (State.SUBMITTED, State.DOWNLOADING, State.DOWNLOADING, State.VALIDATING_CHUNKS):
            job.enter(state)
        job.enter(State.DOWNLOADING)
    assert [state for *_, state in telemetry.jobs] == [
        "submitted",
        "downloading",
        "validating_chunks",
        "downloading",
        "done",
    ]
    assert telemetry.jobs[0][:2] == ("acme", "workitems")


async def test_an_error_ends_a_job_as_failed() -> None:
    """A job that ends in a PlatformError is failed, and the error goes on."""
    telemetry = JobTelemetry()
    job = Job("acme", "workitems", telemetry)
    with pytest.raises(Unavailable), job.watched():
        raise Unavailable("down")
    assert telemetry.jobs == [("acme", "workitems", "failed")]
