"""PagerDuty's Events API v2: what is sent, what each answer means, and that the key never shows."""

import asyncio
import json
from dataclasses import replace

import httpx
import pytest

from monitor.kit.http import Http
from monitor.kit.secrets import Secret
from monitor.model.delivery import Delivered, Envelope, Outcome, Rejected, Retry
from monitor.model.settings import PagerDutySettings
from monitor.sinks.pagerduty import PagerDutySink
from tests.builders import FixedClock, streamed
from tests.kit.peers import peer, saying
from tests.outbox.making import an_event, envelopes_of

KEY = "r0utingkeyr0utingkeyr0utingkey00"
BODY = {
    "event_action": "trigger",
    "dedup_key": "acme/ServiceLevelLow/q1",
    "payload": {"summary": "Überlauf \U0001f600", "severity": "warning", "source": "acme", "value": 0.71},
}
(EVENT,) = envelopes_of([an_event()])
ENVELOPE = replace(EVENT, content_type="application/json", body=json.dumps(BODY).encode())


async def sent(
    http: Http, envelope: Envelope = ENVELOPE, url: str = "https://events.pagerduty.com/v2/enqueue"
) -> Outcome:
    """What comes of this event."""
    settings = PagerDutySettings(name="pagerduty", routing_key=Secret(KEY), url=url)
    try:
        return await PagerDutySink(settings, http=http, clock=FixedClock()).send(envelope)
    finally:
        await http.aclose()


async def answered(status: int, headers: dict[str, str] | None = None, body: bytes = b"") -> Outcome:
    """What the sink makes of this answer."""
    return await sent(
        Http("tests", transport=streamed(lambda _: httpx.Response(status, headers=headers, content=body)))
    )


async def test_the_event_arrives_with_its_key():
    """Over a real socket: the stored event as it is, and the routing key beside it."""
    async with peer(saying("202 Accepted", body=b'{"status":"success"}')) as pagerduty:
        outcome = await sent(Http("tests"), url=f"http://127.0.0.1:{pagerduty.port}/v2/enqueue")
    assert outcome == Delivered()
    (request,) = pagerduty.requests
    assert request.line == "POST /v2/enqueue HTTP/1.1"
    assert request.headers["content-type"] == "application/json"
    assert json.loads(request.body) == {**BODY, "routing_key": KEY}


async def test_a_key_in_the_event_is_not_the_one_that_counts():
    """A template cannot send an event to another service."""
    seen: list[bytes] = []

    def receive(request: httpx.Request) -> httpx.Response:
        seen.append(request.content)
        return httpx.Response(202)

    forged = replace(ENVELOPE, body=json.dumps({**BODY, "routing_key": "another"}).encode())
    await sent(Http("tests", transport=streamed(receive)), forged)
    assert json.loads(seen[0])["routing_key"] == KEY


@pytest.mark.parametrize("body", [b"", b"A breach.", b"[]", b'"text"', b"\xff", b"[" * 100_000])
async def test_what_is_no_object_is_not_sent(body: bytes):
    """There is no place for the key in it: it would never be taken."""
    http = Http("tests", transport=streamed(lambda _: pytest.fail("it was sent")))
    outcome = await sent(http, replace(ENVELOPE, body=body))
    assert isinstance(outcome, Rejected)
    assert outcome.reason == "invalid"


@pytest.mark.parametrize(
    ("status", "kind", "reason"),
    [
        (400, Rejected, "invalid"),
        (403, Retry, "refused"),
        (404, Retry, "refused"),
        (413, Rejected, "invalid"),
        (429, Retry, "throttled"),
        (500, Retry, "unavailable"),
        (502, Retry, "unavailable"),
        (301, Retry, "redirect"),
    ],
)
async def test_every_answer_has_its_meaning(status: int, kind: type, reason: str):
    """Try again, or never; the detail names the host."""
    outcome = await answered(status)
    assert isinstance(outcome, kind)
    assert isinstance(outcome, Retry | Rejected)
    assert outcome.reason == reason
    assert outcome.detail.startswith(f"events.pagerduty.com answered {status}")


async def test_it_waits_as_long_as_it_is_asked_to():
    """PagerDuty throttles per key."""
    outcome = await answered(429, {"retry-after": "37"})
    assert isinstance(outcome, Retry)
    assert outcome.after == 37.0


async def test_what_is_wrong_with_an_event_is_said():
    """PagerDuty lists it; the key, control characters and the rest of a long list are left out."""
    errors = ["'payload.severity' is missing", f"{KEY}\x1b[31m is unknown", "x" * 1000]
    outcome = await answered(400, body=json.dumps({"status": "invalid event", "errors": errors}).encode())
    assert isinstance(outcome, Rejected)
    assert "does not take this event: 'payload.severity' is missing; *** [31m is unknown" in outcome.detail
    assert KEY not in outcome.detail
    assert len(outcome.detail) < 400


@pytest.mark.parametrize("body", [b"no JSON", b"[]", b'{"errors":"text"}', b'{"errors":[1]}', b"[" * 100_000])
async def test_an_odd_complaint_is_left_out(body: bytes):
    """Whatever comes with a 400, it is a 400."""
    outcome = await answered(400, body=body)
    assert isinstance(outcome, Rejected)
    assert outcome.detail == "events.pagerduty.com answered 400: it does not take this event"


async def test_the_key_never_shows_in_a_failure():
    """Not even when an answer that is no HTTP repeats it."""

    async def parrot(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(f"{KEY}\r\n\r\n".encode())

    async with peer(parrot) as pagerduty:
        outcome = await sent(Http("tests"), url=f"http://127.0.0.1:{pagerduty.port}/")
    assert isinstance(outcome, Retry)
    assert outcome.reason == "broken"
    assert KEY not in outcome.detail


@pytest.mark.looptime
async def test_a_try_lasts_ten_seconds_at_most():
    """A try that lasts holds others up."""

    async def wait(request: httpx.Request) -> httpx.Response:
        await asyncio.sleep(3600)
        return httpx.Response(202)

    loop = asyncio.get_running_loop()
    started = loop.time()
    outcome = await sent(Http("tests", transport=httpx.MockTransport(wait)))
    assert isinstance(outcome, Retry)
    assert outcome.reason == "timeout"
    assert loop.time() - started <= 10.0
