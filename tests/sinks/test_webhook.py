"""The webhook: what is sent, what each answer means, and what never shows."""

import asyncio
import base64
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta

import httpx
import pytest
from cloudevents.core.bindings.http import HTTPMessage, from_http_event
from standardwebhooks.webhooks import Webhook

from monitor.kit.clock import SystemClock
from monitor.kit.http import Http
from monitor.kit.secrets import Secret
from monitor.model.delivery import Delivered, Outcome, Rejected, Retry
from monitor.model.settings import WebhookSettings
from monitor.sinks.webhook import WebhookSink
from tests.builders import EPOCH, FixedClock
from tests.outbox.making import an_event, envelopes_of

SECRET = "whsec_" + base64.b64encode(b"a secret of 24 bytes....").decode()
(ENVELOPE,) = envelopes_of([an_event()])


def settings(
    url: str = "https://pager.example/T000/B000/hooktoken?key=querytoken", **changes
) -> WebhookSettings:
    """Return a destination whose address is secret."""
    return WebhookSettings(name="hook", url=Secret(url), **changes)


def _response(status: int, headers: dict[str, str] | None = None, body: bytes = b"") -> httpx.Response:
    return httpx.Response(status, headers=headers, stream=httpx.ByteStream(body))


async def answered(status: int, headers: dict[str, str] | None = None, body: bytes = b"") -> Outcome:
    """What the sink makes of this answer."""
    transport = httpx.MockTransport(lambda request: _response(status, headers, body))
    http = Http(user_agent="queuewatch", transport=transport)
    try:
        return await WebhookSink(settings(), http=http, clock=FixedClock()).send(ENVELOPE)
    finally:
        await http.aclose()


Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def listening(handler: Handler) -> AsyncIterator[str]:
    """A raw receiver; yields its URL."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await handler(reader, writer)
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/T000/hooktoken"


async def request_of(reader: asyncio.StreamReader) -> tuple[str, dict[str, str], bytes]:
    """Read one request: its first line, headers and body."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
    headers = dict(_pair(line) for line in head[1:] if line)
    return head[0], headers, await reader.readexactly(int(headers["content-length"]))


def _pair(line: str) -> tuple[str, str]:
    name, value = line.split(": ", 1)
    return name.lower(), value


async def test_what_arrives_is_a_signed_cloud_event():
    """Over a real socket: the bytes committed, verified and parsed by the standards' own libraries."""
    seen: list[tuple[str, dict[str, str], bytes]] = []

    async def receive(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        seen.append(await request_of(reader))
        writer.write(b"HTTP/1.1 204 No Content\r\n\r\n")

    http = Http(user_agent="queuewatch/1")
    async with listening(receive) as url:
        configured = settings(url, secrets=(Secret(SECRET),), headers={"Authorization": Secret("Bearer b")})
        sink = WebhookSink(configured, http=http, clock=SystemClock())
        assert await sink.send(ENVELOPE) == Delivered()
    await http.aclose()

    ((line, headers, body),) = seen
    assert line == "POST /T000/hooktoken HTTP/1.1"
    assert body == ENVELOPE.body
    assert headers["authorization"] == "Bearer b"
    assert headers["webhook-id"] == ENVELOPE.event_id
    Webhook(SECRET).verify(body, headers)
    event = from_http_event(HTTPMessage(headers=headers, body=body))
    assert event.get_id() == ENVELOPE.event_id
    assert event.get_type() == "io.queuewatch.alert.fired.v1"
    assert event.get_source() == "/orgs/acme"
    assert event.get_extension("sequence") == "1"
    data = event.get_data()
    assert isinstance(data, dict)
    assert data["value"] == 0.71


async def test_a_retry_has_the_same_id_and_body_and_a_new_time():
    """Receivers deduplicate by the id and refuse old timestamps."""
    seen: list[httpx.Request] = []

    def receive(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return _response(503)

    clock = FixedClock()
    http = Http(user_agent="queuewatch", transport=httpx.MockTransport(receive))
    sink = WebhookSink(settings(secrets=(Secret(SECRET),)), http=http, clock=clock)
    await sink.send(ENVELOPE)
    clock.at = EPOCH + timedelta(hours=2)
    await sink.send(ENVELOPE)
    await http.aclose()
    first, second = seen
    assert first.content == second.content == ENVELOPE.body
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert int(second.headers["webhook-timestamp"]) - int(first.headers["webhook-timestamp"]) == 7200
    assert first.headers["webhook-signature"] != second.headers["webhook-signature"]


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
async def test_2xx_is_a_yes(status: int):
    """And only that."""
    assert await answered(status) == Delivered()


@pytest.mark.parametrize(
    ("status", "kind", "reason"),
    [
        (301, Retry, "redirect"),  # never followed, not even to 169.254.169.254
        (304, Retry, "redirect"),
        (400, Rejected, "invalid"),
        (401, Retry, "refused"),  # a person changes a secret
        (403, Retry, "refused"),
        (404, Retry, "refused"),
        (405, Retry, "client_error"),
        (408, Retry, "unavailable"),
        (410, Rejected, "gone"),
        (413, Rejected, "invalid"),
        (422, Rejected, "invalid"),
        (425, Retry, "unavailable"),
        (429, Retry, "throttled"),
        (500, Retry, "unavailable"),
        (503, Retry, "unavailable"),
        (599, Retry, "unavailable"),
    ],
)
async def test_every_other_answer_has_its_meaning(status: int, kind: type, reason: str):
    """Try again, or never; the detail is one line that names the host and no more of the URL."""
    outcome = await answered(status, {"location": "http://169.254.169.254/latest"})
    assert isinstance(outcome, kind)
    assert isinstance(outcome, Retry | Rejected)
    assert outcome.reason == reason
    assert f"pager.example answered {status}" in outcome.detail
    assert "token" not in outcome.detail
    assert "\n" not in outcome.detail


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("120", 120.0),
        ((EPOCH + timedelta(minutes=5)).strftime("%a, %d %b %Y %H:%M:%S GMT"), 300.0),
        ("soon", None),
        ("-3", None),
    ],
)
async def test_retry_after_is_read(header: str, seconds: float | None):
    """Seconds or a date; nonsense is ignored."""
    outcome = await answered(429, {"retry-after": header})
    assert isinstance(outcome, Retry)
    assert outcome.after == seconds


async def hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Never answer."""
    await reader.read()


async def reset(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Close without an answer."""
    await request_of(reader)


async def babble(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer in another protocol."""
    await request_of(reader)
    writer.write(b"SSH-2.0-OpenSSH_9.2\r\n")


async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer byte by byte."""
    await request_of(reader)
    writer.write(b"HTTP/1.1 500 Oops\r\ncontent-length: 1000\r\n\r\n")
    while not writer.is_closing():
        writer.write(b".")
        await writer.drain()
        await asyncio.sleep(0.05)


@pytest.mark.parametrize(
    ("handler", "reason"), [(hang, "timeout"), (reset, "broken"), (babble, "broken"), (drip, "timeout")]
)
async def test_a_broken_receiver_is_tried_again(handler: Handler, reason: str):
    """Hanging, resetting after reading, no HTTP, a body that never ends: each within the timeout."""
    http = Http(user_agent="queuewatch")
    loop = asyncio.get_running_loop()
    async with listening(handler) as url:
        sink = WebhookSink(settings(url, timeout=0.5), http=http, clock=SystemClock())
        started = loop.time()
        outcome = await sink.send(ENVELOPE)
        took = loop.time() - started
        await http.aclose()
    assert isinstance(outcome, Retry)
    assert outcome.reason == reason
    assert "hooktoken" not in outcome.detail
    assert took < 1.5


async def test_a_receiver_that_is_not_there_is_tried_again():
    """Nobody listens: refused."""
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{nobody.getsockname()[1]}/hooktoken"
    http = Http(user_agent="queuewatch")
    outcome = await WebhookSink(settings(url), http=http, clock=SystemClock()).send(ENVELOPE)
    await http.aclose()
    assert isinstance(outcome, Retry)
    assert outcome.reason == "refused"


@pytest.mark.parametrize(
    "broken",
    [
        {"url": "https://pager.example/hook\x01token"},
        {"url": "gopher://pager.example/hooktoken"},
        {"headers": {"Authorization": Secret("Bearer hooktoken\r\nX: y")}},
        {"headers": {"Authorization": Secret("hooktoken ü")}},
    ],
)
async def test_a_secret_never_shows_even_in_a_mistake(broken: dict):
    """Whatever the library says about a bad URL or header, the detail does not repeat it."""
    http = Http(user_agent="queuewatch")
    changes = {"url": "http://127.0.0.1:9/x", **broken}
    outcome = await WebhookSink(settings(**changes), http=http, clock=SystemClock()).send(ENVELOPE)
    await http.aclose()
    assert isinstance(outcome, Retry | Rejected)
    assert "hooktoken" not in outcome.detail
