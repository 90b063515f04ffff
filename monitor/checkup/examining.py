"""Examines one org from login to cadence, and stops where everything further would fail for one reason."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from monitor.checkup import judging
from monitor.checkup.finding import Finding, Verdict, failure, ok, warning
from monitor.checkup.questions import asked
from monitor.model.cadence import demand
from monitor.model.errors import AuthError, PlatformError, Throttled, Unavailable
from monitor.model.org import Queue
from monitor.model.settings import OrgSettings
from monitor.ports import Clock, Platform

TIMEOUT = 30.0
"""Seconds for a token, and for the limits."""
DIRECTORY_TIMEOUT = 60.0
"""Seconds to read a whole directory: 50 pages at 5,000 queues."""


@dataclass(frozen=True, slots=True)
class Means:
    """What other rooms know.

    `login` gets a token until a deadline (the loop's time). `skew` is by how many seconds the platform's
    clock is ahead of ours, None unknown. `select` picks queues.
    """

    login: Callable[[float], Awaitable[object]]
    skew: Callable[[], float | None]
    select: judging.Select
    clock: Clock


async def examine(org: OrgSettings, platform: Platform, means: Means) -> AsyncIterator[Finding]:
    """Yield the findings as they are made; none of them is raised."""
    yield judging.region(org)
    login = await _login(org, means)
    yield login
    if login.verdict is not Verdict.OK:
        return
    budget, limits = await _limits(org, platform)
    yield limits
    queues, unread = await _directory(platform)
    for finding in (unread,) if unread is not None else judging.directory(queues, org, means.select):
        yield finding
    watched = means.select(queues, org.directory.select)
    async for finding in asked(org, platform, watched, means.clock.now(), asyncio.get_running_loop().time):
        yield finding
    yield judging.clock(means.skew())
    if unread is None:
        yield judging.cadence(demand(org, len(watched)), budget)


async def _login(org: OrgSettings, means: Means) -> Finding:
    host = urlsplit(org.login_url).hostname
    try:
        await means.login(asyncio.get_running_loop().time() + TIMEOUT)
    except AuthError as error:
        return failure("login", f"{error}; or the client belongs to another region than {host}")
    except PlatformError as error:
        return failure("login", str(error))
    return ok("login", f"{host} gives a token")


async def _limits(org: OrgSettings, platform: Platform) -> tuple[int, Finding]:
    """Return our budget and the finding; it is the first request that the API host gets."""
    host = urlsplit(org.api_url).hostname
    try:
        said = await platform.limit(deadline=asyncio.get_running_loop().time() + TIMEOUT)
    except AuthError as error:
        return org.budget, failure("limits", f"{error}; or {host} is of another region than the login host")
    except Unavailable as error:
        return org.budget, failure("limits", str(error))
    except PlatformError as error:
        return org.budget, warning("limits", f"cannot be read, so we take {org.budget}: {error}")
    return judging.limits(said, org)


async def _directory(platform: Platform) -> tuple[tuple[Queue, ...], Finding | None]:
    """Return the queues, or what was wrong."""
    try:
        return await platform.directory(deadline=asyncio.get_running_loop().time() + DIRECTORY_TIMEOUT), None
    except Throttled as error:
        return (), warning("directory", f"not answered for now: {error}")
    except PlatformError as error:
        return (), failure("directory", str(error))
