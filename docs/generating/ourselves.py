"""What only the running daemon knows: the types and buckets of its own metrics, how long values live."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from prometheus_client.parser import text_string_to_metric_families

from monitor.app.asking import paces
from monitor.config import load
from monitor.exposition.snapshot import Snapshot, stale_limit
from monitor.exposition.telemetry import Facts, PrometheusTelemetry

EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
"""Any date: nothing of what is shown here depends on it."""

EVERYTHING = """\
sources: {agents: {enabled: true}, workitems: {enabled: true}, strategies: {enabled: true}}
orgs:
  platform: {region: eu-west-1}
  guides: {api_url: "https://gateway.example.com", dialect: guides, requests_per_minute: 10000}
"""
"""A configuration that asks every question in both dialects, which name its orgs, at the default pace."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """One metric of ours; `buckets` are the upper bounds of a histogram's."""

    name: str
    type: str
    help: str
    buckets: tuple[str, ...] = ()


def families() -> dict[str, Family]:
    """Return every family by its name on `/metrics`."""
    return asyncio.run(_families())


async def _families() -> dict[str, Family]:
    telemetry = PrometheusTelemetry("0")
    snapshot = Snapshot(limits={}, queue_name=True, series_cap=1, dropped=lambda *_: None)
    telemetry.watch(Facts(snapshot=snapshot, alerts=list, lag=lambda: 0.0, now=lambda: EPOCH))
    telemetry.poll("org", "source", "ok", 0.0)
    telemetry.delivery("destination", "delivered", "", 0.0)
    found = {}
    for family in text_string_to_metric_families(telemetry.render(openmetrics=False).decode()):
        name = f"{family.name}_total" if family.type == "counter" else family.name
        buckets = (sample.labels["le"] for sample in family.samples if sample.name.endswith("_bucket"))
        found[name] = Family(
            name=name, type=family.type, help=family.documentation, buckets=tuple(dict.fromkeys(buckets))
        )
    return dict(sorted(found.items()))


def lives() -> dict[str, dict[str, float]]:
    """Return the seconds for which values live after the last good answer, by dialect and source."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "queuewatch.yaml"
        path.write_text(EVERYTHING, encoding="utf-8")
        settings = load(path, {}, require_secrets=False)
    return {
        org.name: {name: stale_limit(pace.interval, pace.timeout) for name, pace in paces(org).items()}
        for org in settings.orgs
    }
