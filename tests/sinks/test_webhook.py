"""The webhook: what is sent, what each answer means, and what never shows."""

import asyncio
import base64
import socket
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from monitor.kit.clock import SystemClock
from monitor.kit.http import Http
from monitor.kit.secrets import Secret
from monitor.model.delivery import Delivered, Envelope, Gone, Outcome, Rejected, Retry
from monitor.model.settings import TlsSettings, WebhookSettings
from monitor.sinks.webhook import WebhookSink, http_for
from tests.builders import EPOCH, FixedClock
from tests.kit.authority import Authority, serving
from tests.kit.peers import Peer, Reader, Talk, Writer, peer, request_of, saying
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


async def sent(configured: WebhookSettings, *envelopes: Envelope) -> Outcome:
    """What comes of these through a door of the destination's own."""
    http = http_for(configured, "queuewatch/1")
    sink = WebhookSink(configured, http=http, clock=SystemClock())
    try:
        return await (sink.send(*envelopes) if len(envelopes) == 1 else sink.send_all(envelopes))
    finally:
        await http.aclose()


def url_of(receiver: Peer, scheme: str = "http", host: str = "127.0.0.1") -> str:
    """Where this receiver is, with a secret in it."""
    return f"{scheme}://{host}:{receiver.port}/T000/hooktoken"


async def test_what_arrives_is_the_committed_event():
    """Over a real socket: bytes and content type as committed, and the configured headers."""
    async with peer() as receiver:
        configured = settings(url_of(receiver), headers={"X-Team": Secret("support")})
        assert await sent(configured, ENVELOPE) == Delivered()
    (request,) = receiver.requests
    assert request.line == "POST /T000/hooktoken HTTP/1.1"
    assert request.body == ENVELOPE.body
    assert request.headers["content-type"] == "application/cloudevents+json"
    assert request.headers["user-agent"] == "queuewatch/1"
    assert request.headers["x-team"] == "support"
    assert request.headers["webhook-id"] == ENVELOPE.event_id
    assert "queuewatch-skipped" not in request.headers


@pytest.mark.parametrize(
    ("headers", "expected"),
    [({}, "text/plain; charset=utf-8"), ({"Content-Type": Secret("text/markdown")}, "text/markdown")],
)
async def test_the_content_type_is_the_envelope_s(headers: dict[str, Secret], expected: str):
    """Whatever form the body has, unless the user says otherwise."""
    async with peer() as receiver:
        plain = replace(ENVELOPE, content_type="text/plain; charset=utf-8", body="Überlauf".encode())
        assert await sent(settings(url_of(receiver), headers=headers), plain) == Delivered()
    (request,) = receiver.requests
    assert request.headers["content-type"] == expected
    assert request.body.decode() == "Überlauf"


async def test_what_was_skipped_is_said():
    """A header tells how many older events this one took the place of."""
    async with peer() as receiver:
        assert await sent(settings(url_of(receiver)), replace(ENVELOPE, skipped=3)) == Delivered()
    assert receiver.requests[0].headers["queuewatch-skipped"] == "3"


@pytest.mark.parametrize(
    ("url", "headers", "expected"),
    [
        ("http://127.0.0.1:{}/", {"Authorization": Secret("Bearer t0k3n")}, "Bearer t0k3n"),
        ("http://127.0.0.1:{}/", {"authorization": Secret("Basic dTpw")}, "Basic dTpw"),
        ("http://u:p@127.0.0.1:{}/", {}, "Basic dTpw"),
    ],
)
async def test_it_proves_who_it_is(url: str, headers: dict[str, Secret], expected: str):
    """With a bearer token, or with name and password in a header or in the URL."""
    async with peer() as receiver:
        await sent(settings(url.format(receiver.port), headers=headers), ENVELOPE)
    assert receiver.requests[0].headers["authorization"] == expected


async def test_it_shows_its_certificate(tmp_path: Path):
    """To a receiver that takes nothing without one, whose own authority is private."""
    authority = Authority(tmp_path)
    ours = authority.issue("us", usage="clientAuth")
    server = serving(authority.issue("receiver"), clients=authority.file)
    async with peer(tls=server) as receiver:
        url = url_of(receiver, "https", "localhost")
        files = TlsSettings(ca_file=authority.file, cert_file=ours.certificate, key_file=ours.key)
        assert await sent(settings(url, tls=files), ENVELOPE) == Delivered()
        without = await sent(settings(url, tls=TlsSettings(ca_file=authority.file)), ENVELOPE)
    assert isinstance(without, Retry)
    assert len(receiver.requests) == 1


def test_certificates_that_cannot_be_read_are_named():
    """When the destination is made, not when something breaks."""
    files = TlsSettings(ca_file="/missing/ca.pem")
    with pytest.raises(OSError, match=r"/missing/ca\.pem"):
        http_for(settings(tls=files), "queuewatch/1")


async def test_an_unknown_authority_is_refused(tmp_path: Path):
    """There is no way around verification; the detail names the host and the reason."""
    async with peer(tls=serving(Authority(tmp_path).issue("receiver"))) as receiver:
        outcome = await sent(settings(url_of(receiver, "https", "localhost")), ENVELOPE)
    assert isinstance(outcome, Retry)
    assert outcome.reason == "refused"
    assert "localhost: [SSL: CERTIFICATE_VERIFY_FAILED]" in outcome.detail
    assert receiver.requests == []


async def test_it_goes_through_its_proxy():
    """With the proxy's credentials, which no receiver sees."""
    async with peer() as proxy:
        through = Secret(f"http://user:pr0xypass@127.0.0.1:{proxy.port}")
        configured = settings("http://receiver.invalid/hooktoken", proxy=through)
        assert await sent(configured, ENVELOPE) == Delivered()
    (request,) = proxy.requests
    assert request.line == "POST http://receiver.invalid/hooktoken HTTP/1.1"
    assert base64.b64decode(request.headers["proxy-authorization"].split()[1]) == b"user:pr0xypass"


async def test_a_private_address_is_refused_where_that_is_said():
    """It is tried again, since names move; the receiver was sent nothing."""
    async with peer() as receiver:
        outcome = await sent(settings(url_of(receiver), private=False), ENVELOPE)
        await receiver.over.wait()
    assert isinstance(outcome, Retry)
    assert outcome.reason == "forbidden"
    assert outcome.detail.startswith("127.0.0.1: its address is not public (loopback)")
    assert receiver.requests == []


async def test_a_redirect_is_not_followed():
    """Not to a metadata service, not to anywhere: whoever it points to hears nothing."""
    async with peer() as metadata:
        target = f"location: http://127.0.0.1:{metadata.port}/latest/meta-data"
        async with peer(saying("301 Moved Permanently", target)) as receiver:
            outcome = await sent(settings(url_of(receiver)), ENVELOPE)
    assert isinstance(outcome, Retry)
    assert outcome.reason == "redirect"
    assert metadata.connections == 0


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


async def test_gone_is_gone():
    """410 ends it for this destination, and says what to do about it."""
    outcome = await answered(410)
    assert isinstance(outcome, Gone)
    assert outcome.detail.startswith("pager.example answered 410: it is gone for good")


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("120", 120.0),
        ((EPOCH + timedelta(minutes=5)).strftime("%a, %d %b %Y %H:%M:%S GMT"), 300.0),
        ((EPOCH - timedelta(minutes=5)).strftime("%a, %d %b %Y %H:%M:%S GMT"), 0.0),
        ("0", 0.0),
        ("9999999999", 86400.0),
        ("soon", None),
        ("-3", None),
    ],
)
@pytest.mark.parametrize("status", [429, 503])
async def test_retry_after_is_read(status: int, header: str, seconds: float | None):
    """Seconds or a date, at most a day; nonsense is ignored."""
    outcome = await answered(status, {"retry-after": header})
    assert isinstance(outcome, Retry)
    assert outcome.after == seconds


async def hang(reader: Reader, writer: Writer) -> None:
    """Never answer."""
    await reader.read()


async def reset(reader: Reader, writer: Writer) -> None:
    """Close without an answer."""
    await request_of(reader)


async def babble(reader: Reader, writer: Writer) -> None:
    """Answer in another protocol."""
    await request_of(reader)
    writer.write(b"SSH-2.0-OpenSSH_9.2\r\n")


async def drip_head(reader: Reader, writer: Writer) -> None:
    """Answer with a header that never ends."""
    await request_of(reader)
    writer.write(b"HTTP/1.1 200 OK\r\nx-")
    while not writer.is_closing():
        writer.write(b".")
        await writer.drain()
        await asyncio.sleep(0.05)


def ended(status: int, rest: bytes = b"transfer-encoding: chunked\r\n\r\n2\r\nok\r\n") -> Talk:
    """Answer with this status, and with a body that never ends unless said otherwise."""

    async def talk(reader: Reader, writer: Writer) -> None:
        await request_of(reader)
        writer.write(f"HTTP/1.1 {status} Whatever\r\n".encode() + rest)
        await writer.drain()
        await reader.read()

    return talk


@pytest.mark.parametrize(
    ("talk", "kind"),
    [
        (ended(200), Delivered),
        (ended(200, b"content-encoding: br\r\ncontent-length: 3\r\n\r\nabc"), Delivered),
        (ended(200, b"content-length: 1100000\r\n\r\n" + b"x" * 1_100_000), Delivered),
        (ended(400, b"content-encoding: deflate\r\ncontent-length: 3\r\n\r\nabc"), Rejected),
        (ended(410), Gone),
    ],
)
async def test_a_status_that_is_in_counts(talk: Talk, kind: type):
    """Whatever is wrong with the body: who took an event is not given it again and again."""
    async with peer(talk) as receiver:
        outcome = await sent(settings(url_of(receiver), timeout=5.0), ENVELOPE)
    assert isinstance(outcome, kind)


@pytest.mark.parametrize(
    ("talk", "reason"),
    [(hang, "timeout"), (reset, "broken"), (babble, "broken"), (drip_head, "timeout")],
)
async def test_a_broken_receiver_is_tried_again(talk: Talk, reason: str):
    """Hanging, resetting after reading, no HTTP, an answer that never ends: each within the timeout."""
    loop = asyncio.get_running_loop()
    async with peer(talk) as receiver:
        started = loop.time()
        outcome = await sent(settings(url_of(receiver), timeout=0.5), ENVELOPE)
        took = loop.time() - started
    assert isinstance(outcome, Retry)
    assert outcome.reason == reason
    assert outcome.detail.startswith("127.0.0.1: ")
    assert "hooktoken" not in outcome.detail
    assert took < 0.7


@pytest.mark.looptime
async def test_a_try_lasts_ten_seconds_at_most():
    """Whatever is configured: a try that lasts holds others up."""

    async def wait(request: httpx.Request) -> httpx.Response:
        await asyncio.sleep(3600)
        return _response(200)

    loop = asyncio.get_running_loop()
    http = Http("tests", transport=httpx.MockTransport(wait))
    sink = WebhookSink(settings(timeout=60.0), http=http, clock=FixedClock())
    started = loop.time()
    outcome = await sink.send(ENVELOPE)
    assert loop.time() - started <= 10.0
    started = loop.time()
    await sink.send_all([replace(ENVELOPE, content_type="text/plain")] * 3)
    assert loop.time() - started <= 10.0
    assert isinstance(outcome, Retry)
    assert outcome.reason == "timeout"
    await http.aclose()


async def test_a_receiver_that_is_not_there_is_tried_again():
    """Nobody listens: refused."""
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{nobody.getsockname()[1]}/hooktoken"
    outcome = await sent(settings(url), ENVELOPE)
    assert isinstance(outcome, Retry)
    assert outcome.reason == "refused"


@pytest.mark.parametrize(
    "broken",
    [
        {"url": "https://pager.example/hook\x01token"},
        {"url": "gopher://pager.example/hooktoken"},
        {"url": "http://user:hooktoken@127.0.0.1:9/x"},
        {"url": "http://127.0.0.1:hooktoken/x"},
        {"proxy": Secret("socks5://user:hooktoken@127.0.0.1:9")},
        {"proxy": Secret("http://user:hooktoken@127.0.0.1:9")},
        {"headers": {"Authorization": Secret("Bearer hooktoken\r\nX: y")}},
        {"headers": {"Authorization": Secret("hooktoken ü")}},
    ],
)
async def test_a_secret_never_shows_even_in_a_mistake(broken: dict):
    """Whatever the library says about a bad URL, header or proxy, the detail does not repeat it."""
    outcome = await sent(settings(**{"url": "http://127.0.0.1:9/x", **broken}), ENVELOPE)
    assert isinstance(outcome, Retry | Rejected)
    assert "hooktoken" not in outcome.detail


async def test_a_secret_never_shows_when_a_receiver_repeats_it():
    """An answer that is no HTTP is quoted, without what it may have read in the request."""

    async def parrot(reader: Reader, writer: Writer) -> None:
        request = await request_of(reader)
        writer.write(f"{request.line} {request.headers['authorization']}\r\n\r\n".encode())

    async with peer(parrot) as receiver:
        configured = settings(url_of(receiver), headers={"Authorization": Secret("Bearer t0k3n")})
        outcome = await sent(configured, ENVELOPE)
    assert isinstance(outcome, Retry)
    assert outcome.reason == "broken"
    assert "POST *** HTTP/1.1 ***" in outcome.detail
    assert "hooktoken" not in outcome.detail
    assert "t0k3n" not in outcome.detail
