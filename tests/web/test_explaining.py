"""`/api/v1/explain`: which alert was meant, and what is said of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import httpx

from monitor.exposition.snapshot import Snapshot
from monitor.exposition.telemetry import PrometheusTelemetry
from monitor.web.answers import PROBLEM
from monitor.web.routes import Routes


async def get(path: str, *, told: bool = True) -> httpx.Response:
    """Fetch a page of a site that knows one alert."""
    telemetry = PrometheusTelemetry("0.1.0")
    snapshot = Snapshot({}, queue_name=True, series_cap=100, dropped=telemetry.dropped)

    async def writable() -> bool:
        return True

    def explain(text: str) -> Sequence[Mapping[str, object]]:
        return [{"alert": "R/é", "state": "firing"}] if text in "R/é" else []

    routes = Routes(snapshot, telemetry, writable, explain) if told else Routes(snapshot, telemetry, writable)
    transport = httpx.ASGITransport(routes.app())
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        return await client.get(path)


async def test_an_alert_is_explained() -> None:
    """The whole name, percent-encoded, gives that alert."""
    answer = await get("/api/v1/explain?alert=R%2F%C3%A9")
    assert (answer.status_code, answer.json()) == (200, {"alerts": [{"alert": "R/é", "state": "firing"}]})


async def test_an_alert_has_to_be_named() -> None:
    """Without a name there is nothing to explain."""
    for path in ("/api/v1/explain", "/api/v1/explain?alert=", "/api/v1/explain?alert=%20"):
        assert (await get(path)).status_code == 400


async def test_an_alert_that_is_not_there_is_not_found() -> None:
    """The name is repeated, made safe; a site that was not told of alerts has none."""
    answer = await get("/api/v1/explain?alert=Q%00x")
    assert (answer.status_code, answer.headers["content-type"]) == (404, PROBLEM)
    assert answer.json()["detail"] == "there is no alert 'Q x'"
    assert (await get("/api/v1/explain?alert=R", told=False)).status_code == 404


async def test_nothing_is_changed_by_asking() -> None:
    """Only GET is answered; the index names the page."""
    telemetry = PrometheusTelemetry("0.1.0")
    snapshot = Snapshot({}, queue_name=True, series_cap=100, dropped=telemetry.dropped)

    async def writable() -> bool:
        return True

    transport = httpx.ASGITransport(Routes(snapshot, telemetry, writable).app())
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        assert (await client.post("/api/v1/explain?alert=R")).status_code == 405
        assert "/api/v1/explain" in (await client.get("/")).text
