"""Refusals in the log: told once, then counted."""

from __future__ import annotations

import asyncio

import httpx
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from structlog.testing import capture_logs

from monitor.model.settings import WebAccess
from monitor.web.access import routes
from monitor.web.auditing import Mutation
from monitor.web.authenticating import Authenticating, Doorkeeper
from monitor.web.refusals import ADDRESSES, QUIET, Refusals
from tests.web.keys import a_token, bearer

READER, READS = a_token("reader", "read")
OTHER, ALSO = a_token("other", "read")
CHIEF, OPERATES = a_token("chief", "operate")
ACCESS = WebAccess(tokens=(READS, ALSO, OPERATES))


@pytest.mark.looptime
async def test_the_first_is_told_and_the_rest_counted() -> None:
    """Each kind by itself; a minute with one alone says nothing more."""
    refusals = Refusals()
    with capture_logs() as logged:
        assert refusals.first("login", "a", "192.0.2.1")
        assert refusals.first("login", "b", "192.0.2.1")
        assert not any(refusals.first("login", "a", f"192.0.2.{number % 4}") for number in range(8))
        await asyncio.sleep(QUIET + 1)
    assert logged == [
        {"event": "login", "kind": "a", "more": 8, "addresses": 4, "seconds": QUIET, "log_level": "warning"}
    ]
    assert refusals.first("login", "a", "192.0.2.1")


@pytest.mark.looptime
async def test_addresses_take_little_memory() -> None:
    """However many there are, so many are told apart."""
    refusals = Refusals()
    with capture_logs() as logged:
        for number in range(ADDRESSES + 500):
            refusals.first("login", "a", str(number))
        await asyncio.sleep(QUIET + 1)
    assert logged[0]["addresses"] == ADDRESSES


async def done(_request: Request) -> Response:
    """Answer."""
    return PlainTextResponse("done")


async def test_who_may_not_change_anything_cannot_fill_the_log() -> None:
    """One line for each person who tries and tries; every change has its own."""
    app = Starlette(
        routes=routes([Mutation(path="/", endpoint=done, action="test.change")]),
        middleware=[Middleware(Authenticating, door=Doorkeeper(ACCESS))],
    )
    transport = httpx.ASGITransport(app)
    with capture_logs() as logged:
        async with httpx.AsyncClient(transport=transport, base_url="http://site") as client:
            for token, status in ((READER, 403), (OTHER, 403), (CHIEF, 200)):
                for _ in range(5):
                    assert (await client.post("/", json={}, headers=bearer(token))).status_code == status
    told = [(line["who"], line["outcome"]) for line in logged if line["event"] == "audit"]
    assert told == [("reader", "refused"), ("other", "refused"), *[("chief", "done")] * 5]
