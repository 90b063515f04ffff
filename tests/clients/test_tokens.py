"""Tokens: asked for once, renewed in time, never hammered for."""

from __future__ import annotations

import asyncio
from random import Random
from urllib.parse import parse_qsl

import httpx
import pytest

from monitor.clients.tokens import Style, Tokens
from monitor.kit.http import Http
from monitor.kit.secrets import Secret
from monitor.model.errors import AuthError, PlatformError, Unavailable, Unintelligible
from tests.builders import RecordingTelemetry, loop_time, streamed

pytestmark = pytest.mark.looptime


class Login:
    """A login host that answers `answer` and numbers its tokens."""

    def __init__(self, expires_in: object = 86399) -> None:
        self.expires_in = expires_in
        self.answer: httpx.Response | Exception | None = None
        self.requests: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        if isinstance(self.answer, Exception):
            raise self.answer
        if self.answer is not None:
            return httpx.Response(self.answer.status_code, content=self.answer.content)
        body = {
            "access_token": f"t{len(self.requests)}",
            "token_type": "bearer",
            "expires_in": self.expires_in,
        }
        return httpx.Response(200, json={name: value for name, value in body.items() if value is not None})


def tokens(login: Login, style: Style = "basic", scope: str = "") -> Tokens:
    """Return the tokens of a client at `login`."""
    return Tokens(
        org="acme",
        login_url="https://login.example.org",
        client_id=Secret("client"),
        client_secret=Secret("s3cr3t"),
        http=Http("tests", transport=streamed(login)),
        telemetry=RecordingTelemetry(),
        random=Random(1),
        style=style,
        scope=scope,
    )


async def soon(tokens: Tokens) -> str:
    """Return the token there is now."""
    return (await tokens.get(loop_time() + 5)).reveal()


async def test_twenty_callers_make_one_request() -> None:
    """Callers that need a token at the same time share one request."""
    login = Login()
    kept = tokens(login)
    async with asyncio.TaskGroup() as group:
        calls = [group.create_task(soon(kept)) for _ in range(20)]
    assert {call.result() for call in calls} == {"t1"}
    assert len(login.requests) == 1


async def test_credentials_go_as_basic_auth() -> None:
    """The platform dialect sends id and secret in the Authorization header and only the grant in the body."""
    login = Login()
    await soon(tokens(login))
    assert login.requests[0].headers["authorization"] == "Basic Y2xpZW50OnMzY3IzdA=="
    assert login.requests[0].content == b"grant_type=client_credentials"


async def test_credentials_go_as_form_fields() -> None:
    """The guides' dialect posts id, secret, scope and grant as fields, and no Authorization header."""
    login = Login()
    await soon(tokens(login, "form", "analytics:view workitem:view"))
    (request,) = login.requests
    assert "authorization" not in request.headers
    assert request.headers["content-type"] == "application/x-www-form-urlencoded"
    assert dict(parse_qsl(request.content.decode())) == {
        "grant_type": "client_credentials",
        "client_id": "client",
        "client_secret": "s3cr3t",
        "scope": "analytics:view workitem:view",
    }


async def test_no_scope_is_no_field() -> None:
    """Without scopes the form has no empty field for them."""
    login = Login()
    await soon(tokens(login, "form"))
    assert b"scope" not in login.requests[0].content


async def test_a_token_is_renewed_a_minute_early() -> None:
    """A token of ten minutes serves nine, then is renewed."""
    login = Login(expires_in=600)
    kept = tokens(login)
    await soon(kept)
    await asyncio.sleep(539)
    assert await soon(kept) == "t1"
    await asyncio.sleep(2)
    assert await soon(kept) == "t2"


async def test_a_failed_renewal_keeps_the_old_token_to_its_end() -> None:
    """While the login host is down, the token is used to its real end, and not a second longer."""
    login = Login(expires_in=600)
    kept = tokens(login)
    await soon(kept)
    await asyncio.sleep(545)
    login.answer = httpx.ConnectError("down")
    assert await soon(kept) == "t1"
    await asyncio.sleep(56)
    with pytest.raises(Unavailable, match="does not answer"):
        await soon(kept)


@pytest.mark.parametrize("expires_in", [0, -1, None, 1, 60])
async def test_an_absurd_life_does_not_mean_a_token_per_call(expires_in: object) -> None:
    """A token that says it lives for nothing still serves half a minute."""
    login = Login(expires_in=expires_in)
    kept = tokens(login)
    await soon(kept)
    await asyncio.sleep(29)
    await soon(kept)
    assert len(login.requests) == 1


async def test_a_very_long_life_is_cut() -> None:
    """A token is never trusted for longer than the 48 h Genesys allows."""
    login = Login(expires_in=1e9)
    kept = tokens(login)
    await soon(kept)
    await asyncio.sleep(48 * 3600)
    assert await soon(kept) == "t2"


async def test_bad_credentials_say_what_to_check() -> None:
    """A refusal names the org, what the login host said and what to check, and not the secret."""
    login = Login()
    login.answer = httpx.Response(
        401, json={"error": "invalid_client", "description": "client not found: client"}
    )
    with pytest.raises(AuthError) as caught:
        await soon(tokens(login))
    assert "org acme (401: client not found: client); check client id and client secret" in str(caught.value)
    assert "s3cr3t" not in str(caught.value)


async def test_refused_credentials_are_not_hammered() -> None:
    """While refused, the login host is asked ever more seldom, at least every 5 minutes or so."""
    login = Login()
    login.answer = httpx.Response(401, json={"error": "invalid_client"})
    kept = tokens(login)
    for _ in range(3600):
        with pytest.raises(AuthError):
            await soon(kept)
        await asyncio.sleep(1)
    assert 12 <= len(login.requests) <= 60


async def test_a_mended_secret_is_noticed() -> None:
    """Once the login host accepts us again, the next attempt after the pause succeeds."""
    login = Login()
    login.answer = httpx.Response(401, json={"error": "invalid_client"})
    kept = tokens(login)
    with pytest.raises(AuthError):
        await soon(kept)
    login.answer = None
    await asyncio.sleep(10)
    assert await soon(kept) == "t2"


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(200, content=b"<html>maintenance</html>"),
        httpx.Response(200, content=b""),
        httpx.Response(200, json={"access_token": ""}),
        httpx.Response(200, json={"access_token": "\u20ac"}),
    ],
)
async def test_an_answer_without_a_token_is_loud(answer: httpx.Response) -> None:
    """A 200 that carries no usable token is not taken for one."""
    login = Login()
    login.answer = answer
    with pytest.raises(Unintelligible):
        await soon(tokens(login))


async def test_only_the_refused_token_is_forgotten() -> None:
    """A late 401 about an old token does not throw away the new one."""
    login = Login()
    kept = tokens(login)
    old = await kept.get(loop_time() + 5)
    kept.invalidate(old)
    new = await kept.get(loop_time() + 5)
    kept.invalidate(old)
    assert await kept.get(loop_time() + 5) is new


@pytest.mark.parametrize("status", [500, 429, 503])
async def test_a_broken_login_host_is_not_bad_credentials(status: int) -> None:
    """Only a refusal is an AuthError; a login host in trouble is unavailable."""
    login = Login()
    login.answer = httpx.Response(status)
    with pytest.raises(PlatformError) as caught:
        await soon(tokens(login))
    assert isinstance(caught.value, Unavailable)


@pytest.mark.parametrize(
    "token", ["SECRET\\n", "SECRET\\u0001TOKEN", "SECRET TOKEN", "SECRET\\u007f", "SECRET\\u0000", " "]
)
async def test_a_token_that_no_header_can_carry_is_not_sent(token: str) -> None:
    """Control characters and blanks would come back, with the token, in the text of another error."""
    login = Login()
    login.answer = httpx.Response(200, content=f'{{"access_token": "{token}"}}'.encode())
    with pytest.raises(Unintelligible, match="unusable token") as caught:
        await soon(tokens(login))
    assert "SECRET" not in str(caught.value)


DEEP = b"[" * 30_000 + b"]" * 30_000


@pytest.mark.parametrize("status", [200, 401, 500])
@pytest.mark.parametrize(
    "body",
    [
        b'{"access_token": "SECRET\xff", "error": "SECRET\xff", "description": "\xff"}',
        b'{"access_token": "SECRET", "x": ' + DEEP + b', "error": "SECRET"}',
        b'{"access_token": "\\ud800", "error": "\\ud800"}',
        b"\xff\xfe",
    ],
)
async def test_what_is_no_json_is_an_error_like_any_other(status: int, body: bytes) -> None:
    """Bytes that are not UTF-8, and nesting without end, are no bug of ours; nothing of them is kept."""
    login = Login()
    login.answer = httpx.Response(status, content=body)
    with pytest.raises(PlatformError) as caught:
        await soon(tokens(login))
    assert "SECRET" not in str(caught.value)
    assert caught.value.__cause__ is None


async def test_a_use_refused_twice_waits_and_others_go_on() -> None:
    """Where a new token is refused too, that use backs off; the token stays, for it may do elsewhere."""
    login = Login()
    kept = tokens(login)
    new = await kept.get(loop_time() + 5)
    kept.refused("queues", new, AuthError("even with a new token"))
    kept.invalidate(new)
    with pytest.raises(AuthError, match="even with a new token"):
        await kept.get(loop_time() + 5, use="queues")
    assert await kept.get(loop_time() + 5, use="users") is new
    await asyncio.sleep(5)
    assert await kept.get(loop_time() + 5, use="queues") is new
    kept.invalidate(new)
    assert await soon(kept) == "t2"


async def test_the_back_off_ends_with_the_first_success() -> None:
    """A use that is accepted starts anew: its next refusal is its first."""
    kept = tokens(Login())
    new = await kept.get(loop_time() + 5)
    for _ in range(12):
        kept.refused("queues", new, AuthError("no"))
    kept.accepted("queues")
    assert await kept.get(loop_time() + 5, use="queues") is new
    kept.refused("queues", new, AuthError("no"))
    await asyncio.sleep(4.1)
    assert await kept.get(loop_time() + 5, use="queues") is new
