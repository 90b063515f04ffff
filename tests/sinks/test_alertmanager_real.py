"""A real Alertmanager takes our alerts, sees each once, and keeps those that are repeated."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from monitor.kit.clock import SystemClock
from monitor.kit.http import Http
from monitor.kit.secrets import Secret
from monitor.model.alert import AlertState, EventKind
from monitor.model.delivery import Delivered, Rejected, Retry
from monitor.model.rule import Severity
from monitor.model.settings import AlertmanagerSettings
from monitor.outbox.dispatching import Dispatcher
from monitor.outbox.forms import form
from monitor.sinks.alertmanager import AlertmanagerSink
from tests.outbox.making import an_event
from tests.servers.alertmanager import Alertmanager
from tests.sinks.test_alertmanager import an_envelope, body, firing, labels

pytestmark = pytest.mark.servers


@dataclass
class Pager:
    """Who is told by Alertmanager: keeps status and queue of every alert it hears of."""

    heard: list[tuple[str, str]] = field(default_factory=list)
    url: str = ""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        (length,) = (line.split(":")[1] for line in head.splitlines() if line.startswith("content-length:"))
        told = json.loads(await reader.readexactly(int(length)))
        self.heard += [(alert["status"], alert["labels"]["queue"]) for alert in told["alerts"]]
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
        await writer.drain()
        writer.close()

    async def hears(self, *words: tuple[str, str]) -> None:
        """Wait until it has heard exactly this many, then see that it was this."""
        async with asyncio.timeout(15):
            while len(self.heard) < len(words):
                await asyncio.sleep(0.05)
        assert self.heard == list(words)


@asynccontextmanager
async def alerting(folder: Path) -> AsyncIterator[tuple[Alertmanager, Pager]]:
    """A running Alertmanager and whom it tells."""
    pager = Pager()
    listener = await asyncio.start_server(pager.serve, "127.0.0.1", 0)
    server = Alertmanager(folder, f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}/")
    async with listener:
        await asyncio.to_thread(server.start)
        try:
            yield server, pager
        finally:
            await asyncio.to_thread(server.kill)


async def nothing() -> list[bytes]:
    """Nothing fires."""
    return []


@asynccontextmanager
async def a_sink(
    server: Alertmanager, alerts: Callable[[], Awaitable[list[bytes]]] = nothing, **changes: Any
) -> AsyncIterator[AlertmanagerSink]:
    """A sink for it, as one of our instances has one."""
    http = Http(user_agent="queuewatch")
    settings = AlertmanagerSettings(name="am", url=Secret(server.url), timeout=changes.pop("timeout", 10.0))
    yield AlertmanagerSink(settings, http=http, clock=SystemClock(), firing=alerts, **changes)
    await http.aclose()


def now_firing(number: int = 0) -> dict[str, Any]:
    """An alert that fires since a moment ago."""
    begun = datetime.now(UTC) - timedelta(seconds=60)
    return {**firing(number), "startsAt": begun.isoformat().replace("+00:00", "Z")}


def now_over(alert: dict[str, Any]) -> dict[str, Any]:
    """The same, over."""
    return {**alert, "endsAt": datetime.now(UTC).isoformat().replace("+00:00", "Z")}


async def test_it_takes_our_alert_once_and_its_end(tmp_path: Path):
    """Our labels, annotations and times; a duplicate and repeats change nothing; two notifications in all."""
    alert = now_firing()

    async def alerts() -> list[bytes]:
        return [body(alert)]

    async with alerting(tmp_path) as (server, pager), a_sink(server, alerts, period=0.2) as sink:
        assert await sink.send(an_envelope(alert)) == Delivered()
        assert await sink.send(an_envelope(alert)) == Delivered()
        (found,) = await asyncio.to_thread(server.wait_for, 1)
        assert found["labels"] == labels()
        assert found["annotations"] == alert["annotations"]
        assert found["generatorURL"] == alert["generatorURL"]
        assert datetime.fromisoformat(found["startsAt"]) - datetime.fromisoformat(
            alert["startsAt"]
        ) < timedelta(milliseconds=1)
        left = datetime.fromisoformat(found["endsAt"]) - datetime.now(UTC)
        assert timedelta(seconds=220) < left < timedelta(seconds=241)
        await pager.hears(("firing", "Support 0"))
        async with asyncio.TaskGroup() as group:
            group.create_task(sink.run())
            await asyncio.sleep(1.5)
            assert len(await asyncio.to_thread(server.alerts)) == 1
            # What `alerts` says is late from now on: it goes on calling the alert firing.
            assert await sink.send(an_envelope(now_over(alert))) == Delivered()
            await pager.hears(("firing", "Support 0"), ("resolved", "Support 0"))
            await asyncio.sleep(1)
            assert await asyncio.to_thread(server.alerts) == []
            await sink.close()
        await pager.hears(("firing", "Support 0"), ("resolved", "Support 0"))


async def test_two_of_us_push_one_alert(tmp_path: Path):
    """Two instances that watch the same queue cause one notification, and one end."""
    alert = now_firing()
    async with alerting(tmp_path) as (server, pager), a_sink(server) as one, a_sink(server) as two:
        for sink in (one, two):
            assert await sink.send(an_envelope(alert)) == Delivered()
        await pager.hears(("firing", "Support 0"))
        assert len(await asyncio.to_thread(server.alerts)) == 1
        for sink in (one, two):
            assert await sink.send(an_envelope(now_over(alert))) == Delivered()
        await asyncio.sleep(1.5)
        await pager.hears(("firing", "Support 0"), ("resolved", "Support 0"))


async def test_without_repeats_it_would_end_an_alert_by_itself(tmp_path: Path):
    """Of two alerts, the one that nobody repeats is over at its horizon; the other one stays."""
    kept, left = now_firing(0), now_firing(1)

    async def alerts() -> list[bytes]:
        return [body(kept)]

    async with (
        alerting(tmp_path) as (server, pager),
        a_sink(server, alerts, period=0.3, horizon=1.5) as sink,
        asyncio.TaskGroup() as group,
    ):
        group.create_task(sink.run())
        await pager.hears(("firing", "Support 0"))
        assert await sink.send(an_envelope(left)) == Delivered()
        await asyncio.to_thread(server.wait_for, 2)
        await pager.hears(("firing", "Support 0"), ("firing", "Support 1"), ("resolved", "Support 1"))
        await asyncio.sleep(2)
        (found,) = await asyncio.to_thread(server.alerts)
        assert found["labels"] == labels(0)
        await sink.close()
    assert len(pager.heard) == 3


async def test_a_level_that_changes_is_the_end_of_one_alert_and_another_one(tmp_path: Path):
    """Our own bodies from the first to the last: fired, worse, over; it takes them as they are."""
    fired = now = datetime.now(UTC) - timedelta(seconds=30)
    queue = an_event().entity.labels["queue"]
    dispatcher = Dispatcher({"am": form(AlertmanagerSettings(name="am", url=Secret("http://am.example")))})
    story: tuple[dict[str, Any], ...] = (
        {"kind": EventKind.FIRED},
        {"kind": EventKind.LEVEL_CHANGED, "severity": Severity.CRITICAL},
        {"kind": EventKind.RESOLVED, "severity": Severity.CRITICAL, "state": AlertState.INACTIVE},
    )
    found: list[list[str]] = []
    async with alerting(tmp_path) as (server, pager), a_sink(server) as sink:
        for number, changes in enumerate(story):
            now = fired + timedelta(seconds=number)
            event = an_event(
                occurred_at=now,
                started_at=fired,
                fired_at=fired,
                resolved_at=now if changes["kind"] is EventKind.RESOLVED else None,
                previous_severity=Severity.WARNING if changes["kind"] is EventKind.LEVEL_CHANGED else None,
                **{"state": AlertState.FIRING, **changes},
            )
            (envelope,) = dispatcher.dispatch(event).envelopes
            assert await sink.send(envelope) == Delivered()
            found.append([alert["labels"]["severity"] for alert in await asyncio.to_thread(server.alerts)])
            await asyncio.sleep(1.5)
        assert found == [["warning"], ["critical"], []]
        assert sorted(pager.heard) == [("firing", queue)] * 2 + [("resolved", queue)] * 2


async def test_a_restarted_one_is_told_again(tmp_path: Path):
    """It keeps alerts in its memory alone: the next repeat brings back what fires."""
    alert = now_firing()

    async def alerts() -> list[bytes]:
        return [body(alert)]

    async with alerting(tmp_path) as (server, _), a_sink(server, alerts, period=0.3) as sink:
        assert await sink.send(an_envelope(alert)) == Delivered()
        await asyncio.to_thread(server.kill)
        await asyncio.to_thread(server.start)
        assert await asyncio.to_thread(server.alerts) == []
        async with asyncio.TaskGroup() as group:
            group.create_task(sink.run())
            await asyncio.to_thread(server.wait_for, 1)
            await sink.close()


async def test_it_says_what_it_does_not_take(tmp_path: Path):
    """An alert that ends before it starts is refused in its own words, and never tried again."""
    alert = {**now_firing(), "endsAt": "2020-01-01T00:00:00Z"}
    async with alerting(tmp_path) as (server, _), a_sink(server) as sink:
        outcome = await sink.send(an_envelope(alert))
    assert isinstance(outcome, Rejected)
    assert "start time must be before end time" in outcome.detail


async def test_one_that_hangs_is_tried_again(tmp_path: Path):
    """Within the timeout; what it took while it was frozen does not come twice."""
    alert = now_firing()
    loop = asyncio.get_running_loop()
    async with alerting(tmp_path) as (server, pager), a_sink(server, timeout=0.5) as sink:
        server.freeze()
        started = loop.time()
        outcome = await sink.send(an_envelope(alert))
        assert loop.time() - started < 1
        server.thaw()
        assert isinstance(outcome, Retry)
        assert outcome.reason == "timeout"
        assert await sink.send(an_envelope(alert)) == Delivered()
        await asyncio.sleep(1.5)
        await pager.hears(("firing", "Support 0"))
