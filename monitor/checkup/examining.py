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

NOBODY = (AuthError, Unavailable)
"""Errors after which no other question to the API host would fare better."""


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
    yield judging.clock(means.skew())
    budget, limits = await _limits(org, platform)
    yield limits
    if limits.verdict is Verdict.FAILURE:
        return
    queues: tuple[Queue, ...] = ()
    try:
        queues = await platform.directory(deadline=asyncio.get_running_loop().time() + DIRECTORY_TIMEOUT)
    except PlatformError as error:
        yield _unread(error, org)
        if isinstance(error, NOBODY):
            return
    else:
        for finding in judging.directory(queues, org, means.select):
            yield finding
    watched = means.select(queues, org.directory.select)
    async for finding in asked(org, platform, watched, means.clock.now(), asyncio.get_running_loop().time):
        yield finding
    if queues:
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
    """Return our budget and the finding; on the platform, it is the API host's first request."""
    try:
        said = await platform.limit(deadline=asyncio.get_running_loop().time() + TIMEOUT)
    except NOBODY as error:
        return org.budget, failure("limits", _told(error, org))
    except PlatformError as error:
        return org.budget, warning("limits", f"cannot be read, so we take {org.budget}: {error}")
    return judging.limits(said, org)


def _unread(error: PlatformError, org: OrgSettings) -> Finding:
    """Return the finding of a directory that was not answered."""
    if isinstance(error, Throttled):
        return warning("directory", f"not answered for now: {error}")
    return failure("directory", _told(error, org))


def _told(error: PlatformError, org: OrgSettings) -> str:
    """Return what went wrong at the API host; what refuses a fresh token may be of another region."""
    if isinstance(error, AuthError):
        return f"{error}; or {urlsplit(org.api_url).hostname} is of another region than the login host"
    return str(error)
