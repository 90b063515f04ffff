"""A connection to an org's platform for a command that asks it itself."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from random import Random

from monitor.app.connecting import USER_AGENT, Connection, connect
from monitor.cli.quiet import Quiet
from monitor.kit.clock import SystemClock
from monitor.kit.http import Http
from monitor.model.settings import OrgSettings


@asynccontextmanager
async def connected(org: OrgSettings, http: Http | None = None) -> AsyncIterator[Connection]:
    """Connect to `org` for the length of the block, through `http` where it is given."""
    door = http if http is not None else Http(USER_AGENT)
    try:
        yield connect(org, door, SystemClock(), Quiet(), Random())
    finally:
        await door.aclose()
