"""Addresses and their scopes: nothing is served to whoever was not looked at."""

from __future__ import annotations

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Receive, Send
from starlette.types import Scope as Asked

from monitor.web.access import EVERYBODY, PRINCIPAL, Address, Principal, Scope, routes


async def endpoint(_request: Request) -> Response:
    """Answer."""
    return PlainTextResponse("here")


class _Known:
    """Stands for the door."""

    def __init__(self, app: ASGIApp, found: object) -> None:
        self._app, self._found = app, found

    async def __call__(self, scope: Asked, receive: Receive, send: Send) -> None:
        if self._found is not None:
            scope[PRINCIPAL] = self._found
        await self._app(scope, receive, send)


async def status(needed: Scope | None, found: object) -> int:
    """Return the status of an address that needs this, for whoever that is."""
    app = Starlette(routes=routes([Address(path="/", endpoint=endpoint, scope=needed)]))
    transport = httpx.ASGITransport(_Known(app, found))
    async with httpx.AsyncClient(transport=transport, base_url="http://site") as client:
        return (await client.get("/")).status_code


@pytest.mark.parametrize("needed", list(Scope))
@pytest.mark.parametrize("had", list(Scope))
async def test_no_scope_holds_another(needed: Scope, had: Scope) -> None:
    """Each address is for those who have just its scope."""
    one = Principal(name="alice", scopes=frozenset({had}))
    assert await status(needed, one) == (200 if needed is had else 403)


@pytest.mark.parametrize("found", [None, "alice", {"scopes": ["read"]}, Principal()])
@pytest.mark.parametrize("needed", list(Scope))
async def test_whoever_was_not_looked_at_may_nothing(needed: Scope, found: object) -> None:
    """A forgotten door lets nobody in."""
    assert await status(needed, found) == 403
    assert await status(EVERYBODY, found) == 200


@pytest.mark.parametrize(
    ("method", "had", "expected"),
    [
        ("GET", Scope.READ, 200),
        ("HEAD", Scope.READ, 200),
        ("POST", Scope.READ, 403),
        ("POST", Scope.OPERATE, 200),
        ("GET", Scope.OPERATE, 403),
        ("DELETE", Scope.OPERATE, 405),
    ],
)
async def test_one_path_may_have_several_methods(method: str, had: Scope, expected: int) -> None:
    """Each with its own scope; a method that is not there is told of all that are."""
    app = Starlette(
        routes=routes(
            [
                Address(path="/", endpoint=endpoint, scope=Scope.READ),
                Address(path="/other", endpoint=endpoint, scope=EVERYBODY),
                Address(path="/", endpoint=endpoint, scope=Scope.OPERATE, methods=("POST",)),
            ]
        )
    )
    known = _Known(app, Principal(scopes=frozenset({had})))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(known), base_url="http://site") as client:
        answer = await client.request(method, "/")
    assert answer.status_code == expected
    if expected == 405:
        assert set(answer.headers["allow"].split(", ")) == {"GET", "HEAD", "POST"}
