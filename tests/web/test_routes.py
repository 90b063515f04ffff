"""The daemon's own HTTP: formats, encodings, readiness."""

from __future__ import annotations

from datetime import timedelta

import httpx
import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics
from prometheus_client.parser import text_string_to_metric_families as parse_text

from monitor.exposition.snapshot import Snapshot
from monitor.exposition.telemetry import Facts, PrometheusTelemetry
from monitor.model.alert import Alert, AlertState, Entity
from monitor.model.delivery import Backlog
from monitor.model.rule import Severity
from monitor.model.sample import SourceFailure
from monitor.model.settings import WebAccess
from monitor.web.authenticating import Doorkeeper
from monitor.web.routes import OPENMETRICS, TEXT, Routes
from tests.builders import EPOCH, SUPPORT, a_batch
from tests.web.keys import a_token

KEY = ("acme", "queues")


class Site:
    """The routes over one source, one firing alert and one backlog."""

    def __init__(self, access: WebAccess | None = None) -> None:
        self.telemetry = PrometheusTelemetry("0.1.0")
        self.snapshot = Snapshot({KEY: 30.0}, queue_name=True, series_cap=100, dropped=self.telemetry.dropped)
        self.store_works = True
        labels = {"queue_id": SUPPORT, "queue": "Support", "media": "voice"}
        alert = Alert(
            org="acme",
            rule="R",
            severity=Severity.CRITICAL,
            entity=Entity(key="q", labels=labels),
            state=AlertState.FIRING,
        )
        waiting = Backlog(destination="hook", depth=2, oldest=EPOCH - timedelta(seconds=7), dead=1)
        self.telemetry.watch(
            Facts(self.snapshot, lambda: [alert, alert], lambda: 0.25, lambda: EPOCH, [waiting])
        )
        routes = Routes(
            snapshot=self.snapshot,
            telemetry=self.telemetry,
            writable=self._writable,
            door=Doorkeeper(access or WebAccess()),
            hosts=("site",),
        )
        app = routes.app()
        self.client = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://site")

    async def _writable(self) -> bool:
        return self.store_works

    async def get(self, path: str, **headers: str) -> httpx.Response:
        """Fetch a page with exactly these headers."""
        request = httpx.Request(
            "GET",
            f"http://site{path}",
            headers={name.replace("_", "-"): text for name, text in headers.items()},
        )
        return await self.client.send(request)

    async def fill(self) -> None:
        """Publish one batch."""
        await self.snapshot.accept(a_batch({(SUPPORT, "Support", "voice"): 3.0}))


async def test_the_page_has_both_halves() -> None:
    """Samples and our own metrics are one page that the official parser reads without duplicates."""
    site = Site()
    await site.fill()
    answer = await site.get("/metrics")
    samples = [
        (sample.name, tuple(sorted(sample.labels.items())))
        for family in parse_text(answer.text)
        for sample in family.samples
    ]
    names = {name for name, _ in samples}
    assert answer.headers["content-type"] == TEXT
    assert {
        "genesys_queue_waiting",
        "queuewatch_source_up",
        "queuewatch_alert_state",
        "queuewatch_build_info",
    } <= names
    assert len(samples) == len(set(samples))


async def test_our_own_figures_are_right() -> None:
    """Alert state, backlog and loop lag show what they were given."""
    site = Site()
    await site.fill()
    text = (await site.get("/metrics")).text
    assert (
        f'queuewatch_alert_state{{media="voice",org="acme",queue="Support",queue_id="{SUPPORT}",rule="R"'
        in text
    )
    assert 'queuewatch_alerts{severity="critical",state="firing"} 2.0' in text
    assert 'queuewatch_outbox_depth{destination="hook"} 2.0' in text
    assert 'queuewatch_outbox_oldest_seconds{destination="hook"} 7.0' in text
    assert 'queuewatch_dead_letters{destination="hook"} 1.0' in text
    assert "queuewatch_loop_lag_seconds 0.25" in text
    assert 'queuewatch_source_up{org="acme",source="queues"} 1.0' in text


async def test_openmetrics_is_given_when_asked_for() -> None:
    """The OpenMetrics page parses strictly, to its end mark."""
    site = Site()
    await site.fill()
    answer = await site.get("/metrics", accept="application/openmetrics-text;version=1.0.0,text/plain;q=0.5")
    assert answer.headers["content-type"] == OPENMETRICS
    assert "genesys_queue_waiting" in {family.name for family in parse_openmetrics(answer.text)}


@pytest.mark.parametrize("accept", ["", "application/openmetrics-text"])
async def test_gzip_unpacks_to_the_same_page(accept: str) -> None:
    """The compressed page holds the same queue samples, and is one gzip member any client can read."""
    site = Site()
    await site.fill()
    plain = await site.get("/metrics", accept=accept)
    packed = await site.get("/metrics", accept=accept, accept_encoding="gzip")
    assert packed.headers["content-encoding"] == "gzip"
    wanted = [line for line in plain.text.splitlines() if line.startswith("genesys_")]
    assert [line for line in packed.text.splitlines() if line.startswith("genesys_")] == wanted


async def test_a_failing_source_is_down_but_present() -> None:
    """source_up turns 0 and stays, whatever happens to the values."""
    site = Site()
    await site.snapshot.accept(
        SourceFailure(org="acme", source="queues", failed_at=EPOCH, reason="auth", message="refused")
    )
    assert 'queuewatch_source_up{org="acme",source="queues"} 0.0' in (await site.get("/metrics")).text


async def test_ready_means_a_writable_store_and_a_word_from_every_source() -> None:
    """503 before the first word of a source and while the store refuses; a known failure is a word."""
    site = Site()
    assert (await site.get("/readyz")).status_code == 503
    failure = SourceFailure(org="acme", source="queues", failed_at=EPOCH, reason="auth", message="refused")
    await site.snapshot.accept(failure)
    ready = await site.get("/readyz")
    assert ready.status_code == 200
    assert ready.json()["sources"] == {"acme/queues": "down: refused"}
    site.store_works = False
    assert (await site.get("/readyz")).status_code == 503


async def test_strangers_learn_no_more_than_whether_we_are_ready() -> None:
    """Where people have to say who they are, sources and their errors are said at /api/v1/sources alone."""
    _, credential = a_token("reader", "read")
    site = Site(WebAccess(tokens=(credential,)))
    failure = SourceFailure(org="acme", source="queues", failed_at=EPOCH, reason="auth", message="refused")
    await site.snapshot.accept(failure)
    assert (await site.get("/readyz")).json() == {"ready": True}


async def test_healthz_needs_nothing() -> None:
    """Liveness depends on no source, store or broker."""
    site = Site()
    site.store_works = False
    assert (await site.get("/healthz")).text == "ok\n"


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
@pytest.mark.parametrize("path", ["/metrics", "/healthz", "/readyz"])
async def test_nothing_can_be_changed(method: str, path: str) -> None:
    """No address takes anything but GET and HEAD."""
    assert (await Site().client.request(method, path)).status_code == 405
