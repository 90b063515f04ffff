"""The ping: a heartbeat is a GET, and nothing else is."""

import httpx
import pytest

from monitor.kit.http import Http
from monitor.kit.secrets import Secret
from monitor.model.alert import EventKind
from monitor.model.delivery import Delivered, Envelope, Gone, Outcome, Rejected, Retry
from monitor.model.settings import PingSettings
from monitor.sinks.ping import PingSink
from tests.builders import EPOCH, FixedClock

URL = "https://hc.example/ping/5f2c3f0e"


def an_envelope(kind: EventKind = EventKind.HEARTBEAT) -> Envelope:
    """One sign of life."""
    return Envelope(
        event_id="evt_beat",
        destination="switch",
        key="k",
        kind=kind,
        org="queuewatch",
        rule="Watchdog",
        entity="watch-1",
        sequence=1,
        body=b"{}",
        created_at=EPOCH,
    )


async def pinged(
    status: int = 200, kind: EventKind = EventKind.HEARTBEAT, url: str = URL
) -> tuple[Outcome, list[httpx.Request]]:
    """What the sink makes of this status, and what it asked."""
    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(status, stream=httpx.ByteStream(b"OK"))

    http = Http(user_agent="queuewatch", transport=httpx.MockTransport(answer))
    settings = PingSettings(name="switch", url=Secret(url))
    outcome = await PingSink(settings, http=http, clock=FixedClock()).send(an_envelope(kind))
    await http.aclose()
    return outcome, asked


async def test_a_heartbeat_is_a_get():
    """Of the URL as it is, with no body."""
    outcome, (request,) = await pinged()
    assert outcome == Delivered()
    assert request.method == "GET"
    assert str(request.url) == URL
    assert request.content == b""


@pytest.mark.parametrize("kind", [kind for kind in EventKind if kind is not EventKind.HEARTBEAT])
async def test_anything_else_is_no_sign_of_life(kind: EventKind):
    """Nothing is asked: an alert that is told in its place would keep the switch quiet."""
    outcome, asked = await pinged(kind=kind)
    assert isinstance(outcome, Rejected)
    assert outcome.reason == "not_a_heartbeat"
    assert not asked


@pytest.mark.parametrize(
    ("status", "kind"), [(404, Retry), (429, Retry), (500, Retry), (301, Retry), (400, Rejected), (410, Gone)]
)
async def test_a_refusal_shows_no_url(status: int, kind: type):
    """Whoever reads it could keep the switch quiet."""
    outcome, _ = await pinged(status)
    assert isinstance(outcome, kind)
    assert "5f2c3f0e" not in repr(outcome)
    assert "hc.example" in repr(outcome)


async def test_a_mistake_shows_no_url():
    """Whatever the library says about it."""
    outcome, asked = await pinged(url="https://hc.example/\x015f2c3f0e")
    assert isinstance(outcome, Retry)
    assert "5f2c3f0e" not in repr(outcome)
    assert not asked
