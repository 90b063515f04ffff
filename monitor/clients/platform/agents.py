"""Asks what is known of agents: their names, and how long each was in which routing status."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence

from monitor.clients.paging import pages
from monitor.clients.platform import bodies, endpoints
from monitor.clients.platform.decode import people
from monitor.clients.transport import Transport
from monitor.model.interval import Interval
from monitor.model.observation import Figure, Oddities, together

PAGE_CAP = 100
"""Pages of at most 100 users we will read: one is to be expected."""


async def names(transport: Transport, agents: Sequence[str], *, deadline: float) -> dict[str, str]:
    """Return the names of these agents, without those the platform does not know. Raises PlatformError."""
    result: dict[str, str] = {}
    for batch in _batches(agents):

        async def page(token: str | None, batch: Sequence[str] = batch) -> tuple[dict[str, str], str | None]:
            number = int(token or 1)
            body = await transport.call(
                endpoints.USERS, query=bodies.users_page(batch, number), deadline=deadline
            )
            found, count = people.names(body)
            return found, str(number + 1) if number < count else None

        for found in await pages(page, cap=PAGE_CAP, what="the list of users"):
            result.update(found)
    return result


async def statuses(
    transport: Transport, agents: Sequence[str], interval: Interval, *, deadline: float
) -> tuple[dict[str, dict[str, Figure]], Oddities]:
    """Return the seconds each agent was in each routing status, and what was odd. Raises PlatformError."""
    result: dict[str, dict[str, Figure]] = {}
    oddities: list[Oddities] = []
    for batch in _batches(agents):
        query = bodies.statuses(batch, interval)
        body = await transport.call(endpoints.STATUSES, body=bodies.encoded(query), deadline=deadline)
        found, odd = people.statuses(body, batch)
        result.update(found)
        oddities.append(odd)
    return result, together(oddities)


def _batches(agents: Sequence[str]) -> Iterator[list[str]]:
    rest = iter(agents)
    while batch := list(itertools.islice(rest, bodies.USER_LIMIT)):
        yield batch
