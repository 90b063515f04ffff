"""Runs one evaluation of routing strategies: confirmed, submitted, polled, every page of results read."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count
from urllib.parse import quote

from monitor.clients.endpoint import Endpoint
from monitor.clients.guides import endpoints
from monitor.clients.guides.decode import directory
from monitor.clients.guides.decode import strategies as decode
from monitor.clients.guides.decode.directory import StrategyPage
from monitor.clients.guides.decode.strategies import ResultPage
from monitor.clients.jobs import Job, State, until
from monitor.clients.paging import pages
from monitor.clients.transport import Transport
from monitor.model.errors import JobFailed, Refused
from monitor.model.interval import Interval
from monitor.model.observation import Strategies

LONGEST = 900.0
"""Seconds an evaluation may take: the guides set no limit, so that of work item queries holds."""
KIND = "strategies"


async def evaluated(
    transport: Transport, wanted: Sequence[str], interval: Interval, *, deadline: float
) -> Strategies:
    """Return how the strategies `wanted` did, all active ones where it is empty.

    Raises:
        Refused: a strategy is unknown or inactive, or the question is beyond the limits.
        JobFailed: the evaluation failed, for the reason in the message, or did not end.
        PlatformError: any request failed.
    """
    endpoints.evaluation_body(wanted, interval)
    confirmed = _confirmed(wanted, await _active(transport, deadline))
    if not confirmed:
        return Strategies(interval=interval, strategies=())
    job = Job(transport.org, KIND, transport.telemetry)
    with job.watched():
        job.enter(State.SUBMITTED)
        body = endpoints.evaluation_body(confirmed, interval)
        answer = await transport.call(endpoints.EVALUATION, body=body, deadline=deadline)
        job_id = quote(decode.job_id(answer), safe="")
        job.enter(State.POLLING)
        await _completed(transport, endpoints.EVALUATION_JOB.at(job_id=job_id), deadline)
        job.enter(State.DOWNLOADING)
        results = endpoints.EVALUATION_RESULTS.at(job_id=job_id)
        found = await _results(transport, results, confirmed, deadline)
        job.enter(State.AGGREGATING)
        return decode.strategies(interval, found)


async def _active(transport: Transport, deadline: float) -> dict[str, bool]:
    """Return every strategy the platform lists, with whether it is active."""

    async def fetch(token: str | None) -> tuple[StrategyPage, str | None]:
        number = int(token or 1)
        query = f"{endpoints.first_page()}&pageNumber={number}"
        page = directory.strategy_page(
            await transport.call(endpoints.STRATEGIES, query=query, deadline=deadline)
        )
        return page, str(number + 1) if number < page.page_count else None

    listed = await pages(fetch, cap=endpoints.PAGE_CAP, what="the list of routing strategies")
    return {strategy: active for page in listed for strategy, active in page.active.items()}


def _confirmed(wanted: Sequence[str], active: dict[str, bool]) -> tuple[str, ...]:
    """Return the strategies to ask about. Raises Refused for those that cannot be."""
    if not wanted:
        return tuple(strategy for strategy, in_use in active.items() if in_use)
    faults = [
        f"{strategy} is {'inactive' if strategy in active else 'unknown'}"
        for strategy in wanted
        if not active.get(strategy, False)
    ]
    if faults:
        raise Refused(f"routing strategies cannot be evaluated: {', '.join(faults)}")
    return tuple(dict.fromkeys(wanted))


async def _completed(transport: Transport, state: Endpoint, deadline: float) -> None:
    async def look() -> bool | None:
        found = decode.job_state(await transport.call(state, deadline=deadline))
        if found.failure:
            raise JobFailed(f"the evaluation of routing strategies failed: {found.failure}")
        return found.completed or None

    what = "the evaluation of routing strategies"
    await until(look, limit=LONGEST, deadline=deadline, what=what)


async def _results(
    transport: Transport, results: Endpoint, asked: Sequence[str], deadline: float
) -> list[ResultPage]:
    numbers = count(1)

    async def fetch(following: str | None) -> tuple[ResultPage, str | None]:
        query = following or endpoints.first_page()
        if query.startswith("?"):
            body = await transport.call(results, query=query, deadline=deadline)
        else:
            body = await transport.follow(results, query, deadline=deadline)
        page = decode.result_page(body, asked, next(numbers))
        return page, page.following

    return await pages(fetch, cap=endpoints.PAGE_CAP, what="the results of an evaluation")
