"""What a webhook's receiver gets, judged by the libraries of both standards."""

import base64
import json
from collections.abc import Sequence
from dataclasses import replace

import pytest
from cloudevents.core.base import BaseCloudEvent
from cloudevents.core.bindings.http import HTTPMessage, from_http_event
from cloudevents.core.formats.json import JSONFormat
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from monitor.kit.clock import SystemClock
from monitor.kit.http import Http
from monitor.kit.secrets import Secret
from monitor.model.delivery import Delivered, Envelope, Outcome, Rejected, Retry
from monitor.model.settings import WebhookSettings
from monitor.sinks.webhook import WebhookSink
from tests.kit.peers import Request, peer, saying
from tests.outbox.making import an_event, envelopes_of

OLD = "whsec_" + base64.b64encode(b"the old secret, 24 bytes").decode()
NEW = "whsec_" + base64.b64encode(b"the new secret, 24 bytes").decode()
EVENTS = envelopes_of([an_event(number) for number in range(3)])
TEXT = replace(EVENTS[0], event_id="evt_text", content_type="text/plain", body=b"A breach.")


async def taken(
    envelopes: Sequence[Envelope],
    *secrets: str,
    answer: bytes | None = None,
    headers: dict[str, Secret] | None = None,
    one: bool = False,
) -> tuple[Outcome, list[Request]]:
    """What comes of sending these, one alone or several at once, and what the receiver got."""
    http = Http("queuewatch/1")
    async with peer(answer or saying()) as receiver:
        configured = WebhookSettings(
            name="hook",
            url=Secret(f"http://127.0.0.1:{receiver.port}/"),
            secrets=tuple(map(Secret, secrets)),
            headers=headers or {},
        )
        sink = WebhookSink(configured, http=http, clock=SystemClock())
        outcome = await (sink.send(envelopes[0]) if one else sink.send_all(envelopes))
        await http.aclose()
    return outcome, receiver.requests


def events_of(request: Request) -> list[BaseCloudEvent]:
    """The events of a request as the SDK reads them; of a batch, which it has no reader for, one by one."""
    if request.headers["content-type"] != "application/cloudevents-batch+json":
        return [from_http_event(HTTPMessage(headers=request.headers, body=request.body))]
    return [JSONFormat().read(None, json.dumps(one)) for one in json.loads(request.body)]


@pytest.mark.parametrize("envelopes", [EVENTS[:1], EVENTS], ids=["single", "batch"])
@pytest.mark.parametrize(
    ("signed", "verified"), [([OLD], [OLD]), ([NEW, OLD], [NEW, OLD]), ([NEW], [NEW])], ids=str
)
async def test_a_signature_verifies_while_secrets_are_exchanged(
    envelopes: list[Envelope], signed: list[str], verified: list[str]
):
    """Before, during and after a rotation, a receiver with one secret takes what was signed with it."""
    outcome, (request,) = await taken(envelopes, *signed)
    assert outcome == Delivered()
    for secret in (OLD, NEW):
        if secret in verified:
            Webhook(secret).verify(request.body, request.headers)
        else:
            with pytest.raises(WebhookVerificationError):
                Webhook(secret).verify(request.body, request.headers)


@pytest.mark.parametrize("one", [True, False])
async def test_a_single_event_is_a_cloud_event(one: bool):
    """The SDK finds every attribute, the extension and the data; a batch of one is no batch."""
    _, (request,) = await taken(EVENTS[:1], one=one)
    assert request.headers["content-type"] == "application/cloudevents+json"
    assert request.headers["webhook-id"] == EVENTS[0].event_id
    (event,) = events_of(request)
    assert event.get_id() == EVENTS[0].event_id
    assert event.get_type() == "io.queuewatch.alert.fired.v1"
    assert event.get_source() == "/orgs/acme"
    assert event.get_extension("sequence") == "0000000000000001"
    data = event.get_data()
    assert isinstance(data, dict)
    assert data["value"] == 0.71


async def test_a_batch_holds_the_committed_events():
    """In order, in the bytes they were committed in, in one request of the batch content type."""
    outcome, (request,) = await taken(EVENTS)
    assert outcome == Delivered()
    assert request.headers["content-type"] == "application/cloudevents-batch+json"
    assert request.body == b"[" + b",".join(event.body for event in EVENTS) + b"]"
    events = events_of(request)
    assert [event.get_id() for event in events] == [envelope.event_id for envelope in EVENTS]
    assert {event.get_type() for event in events} == {"io.queuewatch.alert.fired.v1"}


async def test_a_batch_s_id_is_its_own():
    """The same for the same events, as a retry's must be; another for others; without a full stop."""
    (_, (first,)), (_, (again,)), (_, (other,)) = [
        await taken(events) for events in (EVENTS, EVENTS, EVENTS[:2])
    ]
    ids = [request.headers["webhook-id"] for request in (first, again, other)]
    assert ids[0] == ids[1] != ids[2]
    assert ids[0].startswith("bat_")
    assert "." not in ids[0]


async def test_a_batch_says_what_was_skipped():
    """The sum over its events; a content type of the user's own is for single events."""
    events = [replace(event, skipped=2) for event in EVENTS]
    _, (request,) = await taken(events, headers={"Content-Type": Secret("application/json")})
    assert request.headers["queuewatch-skipped"] == "6"
    assert request.headers["content-type"] == "application/cloudevents-batch+json"


async def test_what_is_no_event_travels_alone():
    """Several bodies of a template's making cannot be one list."""
    outcome, requests = await taken([EVENTS[0], TEXT, EVENTS[1]])
    assert outcome == Delivered()
    assert [request.headers["content-type"] for request in requests] == [
        "application/cloudevents-batch+json",
        "text/plain",
    ]
    assert [event.get_id() for event in events_of(requests[0])] == [EVENTS[0].event_id, EVENTS[1].event_id]
    assert requests[1].headers["webhook-id"] == "evt_text"


@pytest.mark.parametrize(
    "body",
    [
        EVENTS[1].body + b"," + EVENTS[2].body,  # one more event
        b'{"id":"evt_other"}',
        b'{"id":',
        b"]",
        b"17",
        b"[" * 100_000,
    ],
)
async def test_a_body_cannot_break_a_batch(body: bytes):
    """What is not the event its envelope says is not made part of a list: all of them travel alone."""
    odd = replace(EVENTS[1], body=body)
    outcome, requests = await taken([EVENTS[0], odd])
    assert outcome == Delivered()
    assert [request.body for request in requests] == [EVENTS[0].body, body]
    assert {request.headers["content-type"] for request in requests} == {"application/cloudevents+json"}


@pytest.mark.parametrize(
    ("status", "kind"), [("503 Service Unavailable", Retry), ("422 Unprocessable", Rejected)]
)
async def test_one_outcome_holds_for_a_batch(status: str, kind: type):
    """A batch that is not taken is not followed by anything else."""
    outcome, requests = await taken([*EVENTS, TEXT], answer=saying(status))
    assert isinstance(outcome, kind)
    assert len(requests) == 1
