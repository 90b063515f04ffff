"""The Alertmanager sink: what is posted, what is repeated, and that a repeat never undoes an end."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest
from structlog.testing import capture_logs

from monitor.kit.http import Http
from monitor.kit.secrets import Secret
from monitor.model.alert import EventKind
from monitor.model.delivery import Delivered, Envelope, Gone, Rejected, Retry
from monitor.model.errors import StoreError
from monitor.model.settings import AlertmanagerSettings
from monitor.sinks.alertmanager import AlertmanagerSink
from tests.builders import EPOCH, LoopClock


def labels(number: int = 0, severity: str = "warning") -> dict[str, str]:
    """Those of alert number so-and-so."""
    return {"alertname": "ServiceLevelLow", "queue": f"Support {number}", "severity": severity}


def firing(number: int = 0, severity: str = "warning") -> dict[str, Any]:
    """An alert as its form makes it."""
    return {
        "labels": labels(number, severity),
        "annotations": {"summary": "71 %"},
        "startsAt": "2026-11-21T08:58:00Z",
        "generatorURL": "https://queuewatch.example/alerts/1",
    }


def over(number: int = 0, severity: str = "warning") -> dict[str, Any]:
    """The same when it is over."""
    return {**firing(number, severity), "endsAt": "2026-11-21T09:00:00Z"}


def body(*alerts: dict[str, Any]) -> bytes:
    """The body of these."""
    return json.dumps(alerts).encode()


def an_envelope(*alerts: dict[str, Any], **changes: Any) -> Envelope:
    """An envelope that says these."""
    values: dict[str, Any] = {
        "event_id": "evt_abcdefghijklmnopqrstuvwxyz",
        "destination": "am",
        "key": "k",
        "kind": EventKind.FIRED,
        "org": "acme",
        "rule": "ServiceLevelLow",
        "entity": "q/voice",
        "sequence": 1,
        "body": body(*alerts),
        "created_at": EPOCH,
        "content_type": "application/json",
    }
    return Envelope(**{**values, **changes})


def settings(url: str = "http://am.example/prefix/", **changes: Any) -> AlertmanagerSettings:
    """A destination."""
    return AlertmanagerSettings(name="am", url=Secret(url), **changes)


@dataclass
class Peer:
    """An Alertmanager that answers `status`, after `gate` opens, and keeps what it took, in order."""

    status: int = 200
    answer: bytes = b""
    posts: list[list[dict[str, Any]]] = field(default_factory=list)
    requests: list[httpx.Request] = field(default_factory=list)
    arrivals: int = 0
    gate: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.gate.set()

    async def serve(self, request: httpx.Request) -> httpx.Response:
        self.arrivals += 1
        await self.gate.wait()
        self.requests.append(request)
        self.posts.append(json.loads(request.content))
        return httpx.Response(self.status, stream=httpx.ByteStream(self.answer))

    def said(self) -> list[tuple[str, bool]]:
        """Each alert it was told of: its queue, and whether it fires."""
        return [
            (alert["labels"]["queue"], ends(alert) > datetime.fromisoformat("2026-11-21T09:00:00Z"))
            for post in self.posts
            for alert in post
        ]


def ends(alert: dict[str, Any]) -> datetime:
    """When it ends."""
    return datetime.fromisoformat(alert["endsAt"])


@asynccontextmanager
async def a_sink(
    peer: Peer, alerts: Callable[[], list[dict[str, Any]]] = list, **changes: Any
) -> AsyncIterator[AlertmanagerSink]:
    """A sink for this peer; `alerts` are what fires when it asks."""

    async def read() -> list[bytes]:
        return [body(alert) for alert in alerts()]

    http = Http(user_agent="queuewatch", transport=httpx.MockTransport(peer.serve))
    yield AlertmanagerSink(settings(**changes), http=http, clock=LoopClock(), firing=read)
    await http.aclose()


@asynccontextmanager
async def running(sink: AlertmanagerSink) -> AsyncIterator[None]:
    """Its repeats, closed at the end."""
    async with asyncio.TaskGroup() as group:
        group.create_task(sink.run())
        yield
        await sink.close()


async def test_an_alert_that_fires_gets_an_end_ahead():
    """All else is as its form made it, and it goes to API v2 below the configured URL."""
    peer = Peer()
    async with a_sink(peer, headers={"Authorization": Secret("Bearer b")}) as sink:
        assert await sink.send(an_envelope(firing())) == Delivered()
    ((alert,),) = peer.posts
    assert ends(alert) - EPOCH - timedelta(seconds=240) < timedelta(seconds=5)
    assert {name: value for name, value in alert.items() if name != "endsAt"} == firing()
    (request,) = peer.requests
    assert request.method == "POST"
    assert str(request.url) == "http://am.example/prefix/api/v2/alerts"
    assert request.headers["content-type"] == "application/json"
    assert request.headers["authorization"] == "Bearer b"


async def test_an_alert_that_is_over_keeps_its_end():
    """And a level that changed says both: the old one is over, the new one fires."""
    peer = Peer()
    async with a_sink(peer) as sink:
        assert await sink.send(an_envelope(over(0, "warning"), firing(0, "critical"))) == Delivered()
    ((old, new),) = peer.posts
    assert old == over(0, "warning")
    assert ends(new) > EPOCH + timedelta(seconds=200)


async def test_a_heartbeat_ends_when_it_expires():
    """Not later: it is gone as soon as nobody says that we live."""
    peer = Peer()
    expires = EPOCH + timedelta(seconds=120)
    async with a_sink(peer) as sink:
        heartbeat = an_envelope(firing(), kind=EventKind.HEARTBEAT, expires_at=expires)
        assert await sink.send(heartbeat) == Delivered()
    ((alert,),) = peer.posts
    assert ends(alert) == expires


@pytest.mark.parametrize(
    ("status", "kind", "reason"),
    [
        (202, Delivered, ""),
        (400, Rejected, "invalid"),
        (401, Retry, "refused"),
        (404, Retry, "refused"),
        (410, Gone, ""),
        (429, Retry, "throttled"),
        (302, Retry, "redirect"),
        (503, Retry, "unavailable"),
    ],
)
async def test_what_a_status_means(status: int, kind: type, reason: str):
    """As for every HTTP destination; a refusal says why in Alertmanager's own words."""
    peer = Peer(status, answer=b'"start time must be before\\nend time"')
    async with a_sink(peer) as sink:
        outcome = await sink.send(an_envelope(firing()))
    assert isinstance(outcome, kind)
    assert getattr(outcome, "reason", "") == reason
    assert ("start time must be" in getattr(outcome, "detail", "")) == (status == 400)


@pytest.mark.parametrize("before", [0, 192])
async def test_a_refusal_shows_no_secret(before: int):
    """Nor kilobytes, even if the peer repeats what it was sent; nor the beginning of one that is cut."""
    peer = Peer(400, answer=b"." * before + b"Bearer t0ken at /s3cret " + b"x" * 5000)
    headers = {"Authorization": Secret("Bearer t0ken")}
    async with a_sink(peer, url="http://am.example/s3cret", headers=headers) as sink:
        outcome = await sink.send(an_envelope(firing()))
    assert isinstance(outcome, Rejected)
    assert "Bearer" not in outcome.detail
    assert "t0ken" not in outcome.detail
    assert "s3cret" not in outcome.detail
    assert len(outcome.detail) < 300


@pytest.mark.parametrize("broken", [b"", b"{}", b"[1]", b'[{"annotations": {}}]', b"\xff"])
async def test_a_body_that_is_no_list_of_alerts_is_rejected(broken: bytes):
    """Without asking anybody."""
    peer = Peer()
    async with a_sink(peer) as sink:
        outcome = await sink.send(an_envelope(body=broken))
    assert isinstance(outcome, Rejected)
    assert outcome.reason == "invalid"
    assert not peer.requests


@pytest.mark.looptime
async def test_what_fires_is_repeated_every_minute():
    """At once, then each minute, with an end four minutes ahead of that minute, until it is not firing."""
    peer = Peer()
    alerts = [firing()]
    async with a_sink(peer, lambda: alerts) as sink, running(sink):
        await asyncio.sleep(150)
        alerts.clear()
        await asyncio.sleep(100)
    found = [ends(alert) for (alert,) in peer.posts]
    assert found == [EPOCH + timedelta(seconds=240 + minute * 60) for minute in range(3)]


@pytest.mark.looptime
async def test_repeats_go_in_requests_of_a_hundred():
    """250 alerts take three; what is over already, and what cannot be read, is left out."""
    peer = Peer()
    many = [*(firing(number) for number in range(250)), over(300), {"annotations": {}}]
    async with a_sink(peer, lambda: many) as sink, running(sink):
        await asyncio.sleep(30)
    assert [len(post) for post in peer.posts] == [100, 100, 50]


@pytest.mark.looptime
async def test_one_request_that_fails_takes_no_other_with_it():
    """One alert the peer refuses does not let the others run out."""
    peer = Peer(400)
    async with a_sink(peer, lambda: [firing(number) for number in range(250)]) as sink, running(sink):
        await asyncio.sleep(30)
    assert len(peer.posts) == 3


@pytest.mark.looptime
async def test_an_end_that_comes_after_the_reading_wins():
    """Read as firing, told to be over, and only then its turn to be repeated: it is left out."""
    peer = Peer()
    peer.gate.clear()
    many = [firing(number) for number in range(150)]
    async with a_sink(peer, lambda: many) as sink, running(sink):
        await asyncio.sleep(1)
        assert peer.arrivals == 1
        async with asyncio.TaskGroup() as group:
            sending = group.create_task(sink.send(an_envelope(over(120))))
            await asyncio.sleep(1)
            assert peer.arrivals == 2  # the end waits for no repeat but its own
            peer.gate.set()
        assert sending.result() == Delivered()
        await asyncio.sleep(10)
    said = [fires for queue, fires in peer.said() if queue == "Support 120"]
    assert said == [False]
    assert len(peer.said()) == 150


@pytest.mark.looptime
async def test_an_end_waits_for_a_repeat_on_its_way():
    """Two requests at once could arrive in either order."""
    peer = Peer()
    peer.gate.clear()
    async with a_sink(peer, lambda: [firing()]) as sink, running(sink):
        await asyncio.sleep(1)
        async with asyncio.TaskGroup() as group:
            group.create_task(sink.send(an_envelope(over())))
            await asyncio.sleep(1)
            assert peer.arrivals == 1
            peer.gate.set()
        assert peer.said() == [("Support 0", True), ("Support 0", False)]


@pytest.mark.looptime
async def test_an_end_outlives_a_repeat_that_hangs():
    """The repeat gives up first, and leaves the end the other half of its time."""
    peer = Peer()
    peer.gate.clear()
    loop = asyncio.get_running_loop()
    async with a_sink(peer, lambda: [firing()]) as sink, running(sink):
        await asyncio.sleep(1)
        loop.call_later(6, peer.gate.set)
        assert await sink.send(an_envelope(over())) == Delivered()
    assert peer.said() == [("Support 0", False)]


@pytest.mark.looptime
@pytest.mark.parametrize("begun", [0.001, 1.0, 4.0])
async def test_an_end_waits_within_its_timeout(begun: float):
    """Waiting and request take ten seconds together."""
    peer = Peer()
    peer.gate.clear()
    loop = asyncio.get_running_loop()
    async with a_sink(peer, lambda: [firing()]) as sink, running(sink):
        await asyncio.sleep(begun)
        started = loop.time()
        outcome = await sink.send(an_envelope(over()))
        assert 8 < loop.time() - started <= 10
        assert peer.arrivals == 2
    assert isinstance(outcome, Retry)
    assert outcome.reason == "timeout"


@pytest.mark.looptime
async def test_an_end_is_remembered_until_the_alert_is_not_read_as_firing():
    """Whoever reads it late reads it in vain; one that fires again is repeated again."""
    peer = Peer()
    alerts = [firing(0), firing(1)]
    async with a_sink(peer, lambda: alerts) as sink, running(sink):
        await asyncio.sleep(30)
        await sink.send(an_envelope(over(0)))
        await sink.send(an_envelope(over(1)))
        peer.posts.clear()
        await asyncio.sleep(120)
        assert not peer.posts
        await sink.send(an_envelope(firing(0)))
        await asyncio.sleep(60)
        assert [queue for queue, _ in peer.said()] == ["Support 0", "Support 0"]
        alerts.clear()
        await asyncio.sleep(60)
        alerts.append(firing(1))
        peer.posts.clear()
        await asyncio.sleep(60)
        assert peer.said() == [("Support 1", True)]


@pytest.mark.looptime
async def test_an_end_that_failed_is_still_an_end():
    """It will be tried again; until then nothing says that the alert fires."""
    peer = Peer()
    async with a_sink(peer, lambda: [firing()]) as sink, running(sink):
        await asyncio.sleep(30)
        peer.status = 503
        assert isinstance(await sink.send(an_envelope(over())), Retry)
        peer.status = 200
        peer.posts.clear()
        await asyncio.sleep(100)
    assert not peer.posts


@pytest.mark.looptime
async def test_a_repeat_that_fails_is_logged_once():
    """Not every minute; and once more when it works again."""
    peer = Peer(503)
    with capture_logs() as logs:
        async with a_sink(peer, lambda: [firing()]) as sink, running(sink):
            await asyncio.sleep(200)
            peer.status = 200
            await asyncio.sleep(120)
            peer.status = 400
            await asyncio.sleep(60)
    assert [line["event"] for line in logs] == ["repeat.failed", "repeat.recovered", "repeat.failed"]
    assert len(peer.posts) == 7


@pytest.mark.looptime
async def test_a_store_that_cannot_be_read_ends_nothing():
    """The next minute is another try."""
    reads = 0

    def alerts() -> list[dict[str, Any]]:
        nonlocal reads
        reads += 1
        if reads == 1:
            raise StoreError("the disk is away")
        return [firing()]

    peer = Peer()
    with capture_logs() as logs:
        async with a_sink(peer, alerts) as sink, running(sink):
            await asyncio.sleep(90)
    assert peer.said() == [("Support 0", True)]
    assert [line["event"] for line in logs] == ["repeat.failed", "repeat.recovered"]


@pytest.mark.looptime
async def test_close_ends_the_repeats_at_once():
    """Between two of them, and in the middle of one."""
    loop = asyncio.get_running_loop()
    peer = Peer()
    async with a_sink(peer, lambda: [firing(number) for number in range(250)]) as sink:
        async with running(sink):
            await asyncio.sleep(30)
            started = loop.time()
        assert loop.time() - started < 1
    peer = Peer()
    peer.gate.clear()
    async with a_sink(peer, lambda: [firing(number) for number in range(250)]) as sink:
        async with running(sink):
            await asyncio.sleep(1)
            asyncio.get_running_loop().call_later(1, peer.gate.set)
        assert len(peer.posts) == 1
