from datetime import timedelta

import pytest

from monitor.simulator.settings import Settings
from tests.simulator.parts import AGGREGATES, START, Caller, calling, span

JOBS = "/api/v2/analytics/conversations/aggregates/jobs"
BODY = {"interval": span(-30, 0), "groupBy": ["queueId"], "metrics": ["nOffered", "tHandle"]}


async def submitted(caller: Caller, **changes: object) -> str:
    """The id of a job just taken."""
    answer = await caller.post(JOBS, json={**BODY, **changes})
    assert answer.status_code == 202
    return str(answer.json()["jobId"])


async def test_a_job_takes_its_time():
    """A job is queued, pending, fulfilled and at last expired, by the clock; results come in between only."""
    async with calling() as caller:
        job = await submitted(caller)
        states, results = [], []
        for seconds in (0, 1, 0.9, 0.1, 7 * 86_400 - 1, 1):
            caller.clock.move(seconds)
            if seconds > 86_399:
                await caller.login()
            states.append((await caller.get(f"{JOBS}/{job}")).json())
            results.append((await caller.get(f"{JOBS}/{job}/results")).status_code)
    assert [state["state"] for state in states] == [
        "QUEUED",
        "PENDING",
        "PENDING",
        "FULFILLED",
        "FULFILLED",
        "EXPIRED",
    ]
    assert results == [404, 404, 404, 200, 200, 404]
    assert set(states[0]) == {"state", "submissionDate"}
    assert states[3]["submissionDate"] == "2026-03-02T09:00:00.000Z"
    assert states[3]["completionDate"] == "2026-03-02T09:00:02.000Z"
    assert states[3]["expirationDate"] == "2026-03-09T09:00:02.000Z"


@pytest.mark.parametrize(("size", "pages"), [(None, 2), (3, 4), (1, 10), (1000, 2)])
async def test_pages_are_the_answer_of_the_plain_query(size, pages):
    """All pages together are what the synchronous query says at submission, in at least two pages."""
    async with calling(settings=Settings(job_seconds=0)) as caller:
        whole = (await caller.post(AGGREGATES, json=BODY)).json()["results"]
        job = await submitted(caller, pageSize=size)
        caller.clock.now = START + timedelta(minutes=5)
        read, cursor, count = [], "", 0
        while count == 0 or cursor:
            answer = await caller.get(f"{JOBS}/{job}/results", params={"cursor": cursor} if cursor else {})
            page = answer.json()
            read += page["results"]
            cursor, count = page.get("cursor", ""), count + 1
    assert read == whole
    assert (len(whole), count) == (10, pages)


async def test_a_single_result_is_a_single_page():
    """Where nothing can be split there is no cursor; an empty answer is a page, too."""
    async with calling(settings=Settings(job_seconds=0)) as caller:
        for change, length in (({"groupBy": []}, 1), ({"metrics": ["tVoicemail"]}, 0)):
            job = await submitted(caller, **change)
            page = (await caller.get(f"{JOBS}/{job}/results")).json()
            assert len(page["results"]) == length
            assert "cursor" not in page


async def test_a_job_may_fail():
    """A failed job says why and has no results."""
    async with calling(settings=Settings(job_error="Query too complex.")) as caller:
        job = await submitted(caller)
        caller.clock.move(2)
        state = (await caller.get(f"{JOBS}/{job}")).json()
        results = await caller.get(f"{JOBS}/{job}/results")
    assert (state["state"], state["errorMessage"]) == ("FAILED", "Query too complex.")
    assert results.status_code == 404


async def test_flawed_jobs_are_refused():
    """A flawed body is refused at submission, an unknown job or cursor when asked for."""
    changes: list[dict[str, object]] = [{"metrics": []}, {"pageSize": 0}, {"pageSize": "many"}]
    async with calling(settings=Settings(job_seconds=0)) as caller:
        flawed: list[object] = [*({**BODY, **change} for change in changes), []]
        for body in flawed:
            assert (await caller.post(JOBS, json=body)).status_code == 400
        job = await submitted(caller)
        assert (await caller.get(f"{JOBS}/{job}/results", params={"cursor": "bogus"})).status_code == 400
        assert (await caller.get(f"{JOBS}/unknown")).status_code == 404
        assert (await caller.get(f"{JOBS}/unknown/results")).status_code == 404


async def test_an_organization_may_have_no_jobs():
    """Where jobs are not offered, their endpoints do not exist."""
    async with calling(settings=Settings(jobs_offered=False)) as caller:
        statuses = [
            (await caller.post(JOBS, json=BODY)).status_code,
            (await caller.get(f"{JOBS}/x")).status_code,
            (await caller.get(f"{JOBS}/x/results")).status_code,
        ]
    assert statuses == [404, 404, 404]


async def test_the_oldest_jobs_are_forgotten():
    """Only so many jobs are kept."""
    async with calling(settings=Settings(job_seconds=0, requests_per_minute=5000)) as caller:
        first = await submitted(caller)
        for _ in range(1000):
            await submitted(caller, interval=span(5, 6))
        assert (await caller.get(f"{JOBS}/{first}")).status_code == 404
