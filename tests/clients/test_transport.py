"""One request: what is retried, what is not, and what the error says."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from email.utils import format_datetime
from itertools import pairwise

import httpx
import pytest

from monitor.clients.guides.asking import RETRYING
from monitor.clients.transport import Retrying, Transport
from monitor.model.errors import (
    AuthError,
    NotOffered,
    PermissionDenied,
    PlatformError,
    Refused,
    Throttled,
    Unavailable,
    Unintelligible,
)
from tests.builders import ANY, EPOCH, RecordingTelemetry, a_transport, loop_time

pytestmark = pytest.mark.looptime

TOKEN = httpx.Response(200, json={"access_token": "t1", "expires_in": 86399})


class Script:
    """Answers API requests from a list (the last repeats) and counts token requests."""

    def __init__(self, *answers: httpx.Response | Exception) -> None:
        self.answers = list(answers)
        self.tokens = 0
        self.bearers: list[str] = []
        self.times: list[float] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.url.path == "/oauth/token":
            self.tokens += 1
            return httpx.Response(200, json={"access_token": f"t{self.tokens}", "expires_in": 86399})
        self.bearers.append(request.headers["authorization"])
        self.times.append(loop_time())
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return httpx.Response(answer.status_code, headers=answer.headers, content=answer.content)


OK = httpx.Response(200, json={"fine": True})


def error(status: int, code: str = "", message: str = "", **headers: str) -> httpx.Response:
    """Return a Genesys error answer."""
    body = {"status": status, "code": code, "message": message, "contextId": "ctx-1"}
    return httpx.Response(
        status, json=body, headers={name.replace("_", "-"): text for name, text in headers.items()}
    )


@pytest.mark.parametrize("status", [502, 503, 504])
async def test_passing_statuses_are_retried(status: int) -> None:
    """A 502, 503 or 504 is asked again within the deadline, and the good answer counts."""
    script = Script(error(status), error(status), OK)
    assert await a_transport(script).call(ANY, deadline=loop_time() + 10) == OK.content
    assert len(script.times) == 3


async def test_connection_errors_are_retried() -> None:
    """A refused connection is tried again."""
    script = Script(httpx.ConnectError("refused"), OK)
    assert await a_transport(script).call(ANY, deadline=loop_time() + 10) == OK.content


async def test_500_is_left_to_the_next_poll() -> None:
    """A 500 is not retried: it is seldom over in a second."""
    script = Script(error(500, "internal.server.error", "boom"), OK)
    with pytest.raises(Unavailable, match=r"answers 500: boom, code internal.server.error, contextId ctx-1"):
        await a_transport(script).call(ANY, deadline=loop_time() + 10)
    assert len(script.times) == 1


@pytest.mark.parametrize(
    ("headers", "message", "seconds"),
    [
        ({"retry_after": "3"}, "", 3.0),
        ({"retry_after": format_datetime(EPOCH + timedelta(seconds=4), usegmt=True)}, "", 4.0),
        ({}, "Rate limit exceeded the maximum. Retry the request in [2] seconds", 2.0),
        ({"retry_after": "garbage"}, "", 5.0),
        ({"retry_after": "-3"}, "", 5.0),
        ({}, "", 5.0),
    ],
)
async def test_429_waits_as_asked(headers: dict[str, str], message: str, seconds: float) -> None:
    """After a 429 nothing is sent until the wait asked for, in header or body text, is over."""
    script = Script(error(429, "too.many.requests", message, **headers), OK)
    await a_transport(script).call(ANY, deadline=loop_time() + 60)
    first, second = script.times
    assert seconds <= second - first <= seconds + 0.5


async def test_429_pauses_everybody() -> None:
    """A pause asked of one request holds for every other request of the same token."""
    script = Script(error(429, retry_after="30"), OK)
    transport = a_transport(script)
    with pytest.raises(Throttled):
        await transport.call(ANY, deadline=loop_time() + 10)
    with pytest.raises(Throttled, match="asked for a pause of another 30 s"):
        await transport.call(ANY, deadline=loop_time() + 10)
    assert len(script.times) == 1


async def test_a_daily_limit_is_not_slept_through() -> None:
    """A Retry-After beyond the deadline fails this poll at once instead of sleeping in it."""
    script = Script(error(429, retry_after="86400"), OK)
    started = loop_time()
    with pytest.raises(Throttled) as caught:
        await a_transport(script).call(ANY, deadline=loop_time() + 10)
    assert caught.value.retry_after == 86400
    assert loop_time() - started < 1


async def test_retries_stop_at_the_deadline() -> None:
    """No retry starts after the deadline, however transient the error."""
    script = Script(error(503))
    deadline = loop_time() + 3
    with pytest.raises(Unavailable):
        await a_transport(script).call(ANY, deadline=deadline)
    assert max(script.times) <= deadline


async def test_retries_are_a_tenth_of_the_requests() -> None:
    """While a platform stays down, retries add at most a tenth to what the polls ask."""
    script = Script(error(503))
    transport = a_transport(script, limit=100_000)
    polls = 500
    for _ in range(polls):
        with pytest.raises(Unavailable):
            await transport.call(ANY, deadline=loop_time() + 10)
    assert len(script.times) <= polls * 1.12 + 3


async def test_401_gets_one_new_token() -> None:
    """A 401 is answered with one new token and one more try."""
    script = Script(error(401, "bad.credentials"), OK)
    assert await a_transport(script).call(ANY, deadline=loop_time() + 10) == OK.content
    assert script.bearers == ["Bearer t1", "Bearer t2"]


async def test_401_twice_is_an_auth_error() -> None:
    """A second 401 ends it: no hammering of the login host."""
    script = Script(error(401, "authentication.required", "No authentication bearer token specified"))
    with pytest.raises(AuthError, match="even with a new token"):
        await a_transport(script).call(ANY, deadline=loop_time() + 10)
    assert script.tokens == 2


async def test_403_names_the_permission() -> None:
    """A 403 says which permission the OAuth client's role lacks."""
    script = Script(error(403, "missing.permissions", "Unable to perform the requested action"))
    with pytest.raises(PermissionDenied, match="role with permission any:thing:view"):
        await a_transport(script).call(ANY, deadline=loop_time() + 10)
    assert len(script.times) == 1


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (301, Unintelligible),
        (400, Refused),
        (404, NotOffered),
        (409, Refused),
        (413, Refused),
        (415, Refused),
    ],
)
async def test_other_statuses_are_not_retried(status: int, kind: type[PlatformError]) -> None:
    """A status that a retry cannot mend fails at once and loudly; a redirect is never followed."""
    script = Script(error(status, location="https://evil.example/"))
    with pytest.raises(kind, match=f"answers {status}"):
        await a_transport(script).call(ANY, deadline=loop_time() + 10)
    assert len(script.times) == 1


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b"[]",
        b'{"message": 5}',
        b"\xff\xfe",
        '{"message": "Dienst überlastet"}'.encode("latin-1"),
        b'{"message": "\\ud800"}',
        b'{"errors": [{"fieldName": "\xff"}]}',
        b'{"errors": [{"\\ud800": "x", "fieldName": "\\ud800"}]}',
        b'{"errors": ' + b"[" * 200_000 + b"]" * 200_000 + b"}",
    ],
)
async def test_any_error_body_makes_one_line(body: bytes) -> None:
    """An error body that is not Genesys' still gives one clean line."""
    script = Script(httpx.Response(500, content=body))
    with pytest.raises(PlatformError) as caught:
        await a_transport(script).call(ANY, deadline=loop_time() + 10)
    assert "\n" not in str(caught.value)


async def test_every_request_is_counted_by_status() -> None:
    """Telemetry sees each request once, with its status or the word for why there is none."""
    telemetry = RecordingTelemetry()
    script = Script(httpx.ReadTimeout("slow"), error(503), OK)
    await a_transport(script, telemetry=telemetry).call(ANY, deadline=loop_time() + 10)
    assert [status for _, endpoint, status in telemetry.requests if endpoint == "any"] == [
        "timeout",
        "503",
        "200",
    ]


@pytest.mark.parametrize(
    "make", [lambda: error(403, message="no s3cr3t"), lambda: httpx.ConnectError("bad t1")]
)
async def test_errors_never_show_credentials(make: Callable[[], httpx.Response | Exception]) -> None:
    """Neither the client secret nor an authorization header is part of an error's text."""
    with pytest.raises(PlatformError) as caught:
        await a_transport(Script(make())).call(ANY, deadline=loop_time() + 1)
    assert "Bearer" not in str(caught.value)
    assert "Basic" not in str(caught.value)


def a_guides_transport(script: Script, retrying: Retrying = RETRYING) -> Transport:
    """Return a transport that tries again as the guides ask."""
    transport = a_transport(script)
    transport.retrying = retrying
    return transport


async def test_the_guides_waits_double_from_two_seconds() -> None:
    """In the guides' dialect waits are 2, 4, 8 s, each longer by at most a tenth."""
    script = Script(error(503), error(503), error(503), OK)
    await a_guides_transport(script).call(ANY, deadline=loop_time() + 60)
    waits = [later - earlier for earlier, later in pairwise(script.times)]
    assert all(full <= wait <= full * 1.1 for full, wait in zip((2, 4, 8), waits, strict=True))


async def test_the_guides_take_retry_after_first() -> None:
    """What the gateway asks for comes before the doubling waits, longer by at most a tenth."""
    script = Script(error(503), error(503), error(429, retry_after="3"), OK)
    await a_guides_transport(script).call(ANY, deadline=loop_time() + 60)
    assert 3 <= script.times[-1] - script.times[-2] <= 3.3


async def test_the_guides_double_where_a_429_says_nothing() -> None:
    """A 429 without Retry-After is waited out as a 503 is."""
    script = Script(error(429), error(429), error(429), OK)
    await a_guides_transport(script).call(ANY, deadline=loop_time() + 60)
    waits = [later - earlier for earlier, later in pairwise(script.times)]
    assert all(full <= wait <= full * 1.1 for full, wait in zip((2, 4, 8), waits, strict=True))


async def test_attempts_are_counted() -> None:
    """After the attempts a dialect allows it is over, whatever time is left."""
    script = Script(error(503))
    with pytest.raises(Unavailable):
        await a_guides_transport(script, replace(RETRYING, attempts=2)).call(ANY, deadline=loop_time() + 600)
    assert len(script.times) == 2
    assert RETRYING.attempts == 5


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"errors": [{"field": "interval", "message": "is too long"}]}, "field interval: is too long"),
        (
            {"message": "Bad.", "errors": [{"field": "a", "message": "b"}, {"field": "c"}]},
            "Bad., field a: b, field c",
        ),
        (
            {"message": "Bad.", "details": [{"fieldName": "predicates", "errorCode": "too.many"}]},
            "Bad., field predicates: too.many",
        ),
        ({"message": "Bad.", "details": [], "errors": []}, "Bad."),
        (
            {"message": "Bad.", "details": "?", "errors": [5, {"field": 5}, {"field": "x\nY"}]},
            "Bad., field x Y",
        ),
        (
            {"errors": [{"field": f"f{n}"} for n in range(9)]},
            "field f0, field f1, field f2, field f3, field f4",
        ),
    ],
)
async def test_400_names_the_malformed_fields(body: dict[str, object], said: str) -> None:
    """A 400 is refused with the fields either dialect's body names, the first five of them."""
    script = Script(httpx.Response(400, json=body))
    with pytest.raises(Refused) as caught:
        await a_transport(script).call(ANY, deadline=loop_time() + 10)
    assert str(caught.value) == f"GET /any answers 400: {said}"


async def test_401_for_good_is_asked_ever_more_seldom() -> None:
    """Polled every ten seconds for an hour, a platform that refuses us is asked, and tokens are, rarely."""
    script = Script(error(401, "authentication.required"))
    transport = a_transport(script)
    for _ in range(360):
        with pytest.raises(AuthError, match="even with a new token"):
            await transport.call(ANY, deadline=loop_time() + 10)
        await asyncio.sleep(10)
    assert 12 <= script.tokens <= 40
    assert 12 <= len(script.times) <= 80


async def test_one_refused_operation_stops_no_other() -> None:
    """Where only one operation answers 401 for good, the others go on with the same token."""
    script = Script(error(401), error(401), OK)
    transport = a_transport(script)
    with pytest.raises(AuthError):
        await transport.call(ANY, deadline=loop_time() + 10)
    other = replace(ANY, name="other")
    assert await transport.call(other, deadline=loop_time() + 10) == OK.content
    with pytest.raises(AuthError):
        await transport.call(ANY, deadline=loop_time() + 10)
    assert script.bearers == ["Bearer t1", "Bearer t2", "Bearer t2"]


async def test_several_refused_operations_share_one_new_token() -> None:
    """A token that was refused when it was new is not renewed for the next operation that is refused."""
    script = Script(error(401))
    transport = a_transport(script)
    for name in ("one", "two", "three"):
        with pytest.raises(AuthError):
            await transport.call(replace(ANY, name=name), deadline=loop_time() + 10)
    assert script.bearers == ["Bearer t1", "Bearer t2", "Bearer t2", "Bearer t2"]


async def test_access_given_back_is_noticed() -> None:
    """After the back-off the platform is asked again, and the good answer counts."""
    script = Script(error(401), error(401), OK)
    transport = a_transport(script)
    with pytest.raises(AuthError):
        await transport.call(ANY, deadline=loop_time() + 10)
    await asyncio.sleep(5)
    assert await transport.call(ANY, deadline=loop_time() + 10) == OK.content
    assert script.tokens == 2


async def test_a_good_answer_ends_the_back_off() -> None:
    """What is refused again after a good answer is asked for again soon: its back-off starts anew."""
    script = Script(error(401))
    transport = a_transport(script)
    for _ in range(20):
        with pytest.raises(AuthError):
            await transport.call(ANY, deadline=loop_time() + 10)
        await asyncio.sleep(301)
    script.answers = [OK, error(401)]
    assert await transport.call(ANY, deadline=loop_time() + 10) == OK.content
    with pytest.raises(AuthError):
        await transport.call(ANY, deadline=loop_time() + 10)
    script.answers = [OK]
    await asyncio.sleep(4.1)
    assert await transport.call(ANY, deadline=loop_time() + 10) == OK.content
