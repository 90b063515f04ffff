"""What every answer says to browsers."""

from __future__ import annotations

from collections.abc import Mapping

import httpx
import pytest
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from monitor.model.settings import WebAccess
from monitor.web.answers import refused
from monitor.web.authenticating import Authenticating, Doorkeeper
from monitor.web.headers import POLICY, Headed
from monitor.web.hosts import Addressed
from tests.web.keys import a_user

OURS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "deny",
    "referrer-policy": "same-origin",
}
STRICT = "max-age=31536000"


async def page(_request: Request) -> Response:
    """Answer with a header that is not the app's to say."""
    return PlainTextResponse("here", headers={"x-frame-options": "allowall", "x-own": "1"})


async def asked(door: Doorkeeper, url: str) -> httpx.Response:
    """Ask an app with all that stands before ours."""
    app = Starlette(
        routes=[Route("/", page)],
        exception_handlers={HTTPException: refused},
        middleware=[
            Middleware(Headed, door=door),
            Middleware(Addressed, known=(), door=door),
            Middleware(Authenticating, door=door),
        ],
    )
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app)) as client:
        return await client.get(url)


@pytest.mark.parametrize(
    ("url", "access", "status"),
    [
        ("http://localhost/", WebAccess(), 200),
        ("http://localhost/nowhere", WebAccess(), 404),
        ("http://evil.example/", WebAccess(), 421),
        ("http://localhost/", WebAccess(users=(a_user("alice", "x"),)), 401),
    ],
)
async def test_every_answer_has_them(url: str, access: WebAccess, status: int) -> None:
    """Also the ones that refuse; what an endpoint says otherwise does not count."""
    answer = await asked(Doorkeeper(access), url)
    assert answer.status_code == status
    assert OURS.items() <= dict(answer.headers).items()
    assert "strict-transport-security" not in answer.headers


async def test_the_rest_of_an_answer_stays() -> None:
    """Its own headers and its body."""
    answer = await asked(Doorkeeper(), "http://localhost/")
    assert (answer.text, answer.headers["x-own"]) == ("here", "1")


@pytest.mark.parametrize(
    ("configured", "url", "expected"),
    [
        ({"X-Frame-Options": "sameorigin"}, "http://localhost/", {**OURS, "x-frame-options": "sameorigin"}),
        ({"X-Frame-Options": ""}, "http://localhost/", OURS),
        ({"X-XSS-Protection": "0"}, "http://localhost/", {**OURS, "x-xss-protection": "0"}),
        (
            {"Strict-Transport-Security": STRICT},
            "https://localhost/",
            {**OURS, "strict-transport-security": STRICT},
        ),
    ],
)
async def test_the_file_has_the_last_word(
    configured: Mapping[str, str], url: str, expected: Mapping[str, str]
) -> None:
    """Header by header; an empty one leaves ours."""
    answer = await asked(Doorkeeper(WebAccess(headers=configured)), url)
    assert expected.items() <= dict(answer.headers).items()


async def test_nobody_is_bound_to_tls_without_it() -> None:
    """A browser that came without TLS is not told to come with it."""
    door = Doorkeeper(WebAccess(headers={"Strict-Transport-Security": STRICT}))
    assert "strict-transport-security" not in (await asked(door, "http://localhost/")).headers


async def test_headers_are_exchanged_while_it_runs() -> None:
    """The next answer has the new ones."""
    door = Doorkeeper()
    door.adopt(WebAccess(headers={"Content-Security-Policy": "default-src 'none'"}))
    answer = await asked(door, "http://localhost/")
    assert answer.headers["content-security-policy"] == "default-src 'none'"
