"""What we say about ourselves: the prometheus_client registry, filled through `ports.Telemetry`."""

from __future__ import annotations

import asyncio
from collections import Counter as Tally
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

import prometheus_client as prom
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.exposition import generate_latest
from prometheus_client.openmetrics.exposition import generate_latest as generate_openmetrics
from prometheus_client.registry import Collector

from monitor.exposition.snapshot import Snapshot
from monitor.model.alert import Alert, AlertState
from monitor.model.catalogue import METRICS
from monitor.model.delivery import Backlog

_STATES = {AlertState.INACTIVE: 0.0, AlertState.PENDING: 1.0, AlertState.FIRING: 2.0}
_SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
"""Histogram buckets: from a loopback answer to the longest a poll or an attempt may take."""

prom.disable_created_metrics()  # type: ignore[no-untyped-call]


@dataclass(slots=True)
class Facts:
    """What the collectors read at scrape time; `app` fills it in.

    `heartbeat` is the age of the newest one, and how often one is due, in seconds; None without heartbeats.
    """

    snapshot: Snapshot
    alerts: Callable[[], Iterable[Alert]]
    lag: Callable[[], float]
    now: Callable[[], datetime]
    backlog: list[Backlog] = field(default_factory=list)
    disabled: Callable[[], Collection[str]] = tuple
    heartbeat: Callable[[], tuple[float, float] | None] = lambda: None


class PrometheusTelemetry:
    """Counts what the rooms report. Names, help and labels come from the catalogue."""

    def __init__(self, version: str) -> None:
        self.registry = prom.CollectorRegistry()
        self._polls = self._counter("queuewatch_polls_total")
        self._missed = self._counter("queuewatch_polls_missed_total")
        self._poll_seconds = self._histogram("queuewatch_poll_duration_seconds")
        self._requests = self._counter("queuewatch_api_requests_total")
        self._reload = self._gauge("queuewatch_config_last_reload_successful")
        self._reload.set(1.0)
        self._jobs = self._counter("queuewatch_job_states_total")
        self._refused = self._counter("queuewatch_values_refused_total")
        self._dropped = self._counter("queuewatch_dropped_series_total")
        self._crashes = self._counter("queuewatch_task_crashes_total")
        self._deliveries = self._counter("queuewatch_deliveries_total")
        self._delivery_seconds = self._histogram("queuewatch_delivery_duration_seconds")
        self._budget = self._gauge("queuewatch_api_budget_used_ratio")
        self._gauge("queuewatch_build_info").labels(version).set(1)
        prom.ProcessCollector(registry=self.registry)

    def watch(self, facts: Facts) -> None:
        """Read `facts` at every scrape from now on."""
        self.registry.register(_FactsCollector(facts))

    def request(self, org: str, endpoint: str, status: str) -> None:
        """Count one request to the platform."""
        self._requests.labels(org, endpoint, status).inc()

    def budget(self, org: str, used: float) -> None:
        """Note the share of the request budget in use."""
        self._budget.labels(org).set(used)

    def poll(self, org: str, source: str, outcome: str, seconds: float) -> None:
        """Count one poll."""
        self._polls.labels(org, source, outcome).inc()
        self._poll_seconds.labels(org, source).observe(seconds)

    def missed(self, org: str, source: str, ticks: int) -> None:
        """Count ticks that were not polled."""
        self._missed.labels(org, source).inc(ticks)

    def refused(self, org: str, source: str, field: str, reason: str, count: int) -> None:
        """Count values that could not be used."""
        self._refused.labels(org, source, field, reason).inc(count)

    def job(self, org: str, job: str, state: str) -> None:
        """Count a state that an asynchronous job entered."""
        self._jobs.labels(org, job, state).inc()

    def delivery(self, destination: str, outcome: str, reason: str, seconds: float) -> None:
        """Count one delivery attempt."""
        self._deliveries.labels(destination, outcome, reason).inc()
        self._delivery_seconds.labels(destination).observe(seconds)

    def dropped(self, org: str, source: str, series: int) -> None:
        """Count series left out because of the cap."""
        self._dropped.labels(org, source).inc(series)

    def reloaded(self, *, successful: bool) -> None:
        """Note whether the last reading of the configuration was taken."""
        self._reload.set(float(successful))

    def crashed(self, task: str) -> None:
        """Count a crash of a supervised loop."""
        self._crashes.labels(task).inc()

    def render(self, *, openmetrics: bool) -> bytes:
        """Return our own metrics; in OpenMetrics this part ends the page."""
        rendered: bytes = (
            generate_openmetrics(self.registry)  # type: ignore[no-untyped-call]
            if openmetrics
            else generate_latest(self.registry)
        )
        return rendered

    def _counter(self, name: str) -> prom.Counter:
        metric = METRICS[name]
        return prom.Counter(name, metric.help, metric.labels, registry=self.registry)

    def _gauge(self, name: str) -> prom.Gauge:
        metric = METRICS[name]
        return prom.Gauge(name, metric.help, metric.labels, registry=self.registry)

    def _histogram(self, name: str) -> prom.Histogram:
        metric = METRICS[name]
        return prom.Histogram(name, metric.help, metric.labels, registry=self.registry, buckets=_SECONDS)


@dataclass(slots=True, eq=False)
class _FactsCollector(Collector):
    """Gauges that are cheaper to read at a scrape than to keep up to date."""

    facts: Facts

    def collect(self) -> Iterator[Metric]:
        """Yield every family afresh."""
        yield from self._sources()
        yield from self._alerts()
        yield from self._outbox()
        yield from self._heartbeat()
        lag = _family("queuewatch_loop_lag_seconds")
        lag.add_metric([], self.facts.lag())
        yield lag

    def describe(self) -> Iterable[Metric]:
        """Yield nothing: registering must not run the collection."""
        return ()

    def _heartbeat(self) -> Iterator[Metric]:
        age, interval = (
            _family("queuewatch_heartbeat_age_seconds"),
            _family("queuewatch_heartbeat_interval_seconds"),
        )
        if (known := self.facts.heartbeat()) is not None:
            age.add_metric([], known[0])
            interval.add_metric([], known[1])
        yield from (age, interval)

    def _sources(self) -> Iterator[Metric]:
        now = asyncio.get_running_loop().time()
        up, age = _family("queuewatch_source_up"), _family("queuewatch_source_data_age_seconds")
        for (org, source), standing in self.facts.snapshot.standings.items():
            if standing.up is not None:
                up.add_metric([org, source], float(standing.up))
            if standing.good_at is not None:
                age.add_metric([org, source], now - standing.good_at)
        yield from (up, age)

    def _alerts(self) -> Iterator[Metric]:
        worst: dict[tuple[str, ...], float] = {}
        tally = Tally[tuple[str, str]]()
        for alert in self.facts.alerts():
            shown = (alert.entity.labels.get(name, "") for name in ("queue_id", "queue", "media"))
            key = (alert.org, alert.rule, alert.severity.value, *shown)
            worst[key] = max(worst.get(key, 0.0), _STATES[alert.state])
            tally[alert.state.value, alert.severity.value] += 1
        state = _family("queuewatch_alert_state")
        for labels, value in worst.items():
            state.add_metric(labels, value)
        alerts = _family("queuewatch_alerts")
        for key, count in tally.items():
            alerts.add_metric(list(key), count)
        yield from (state, alerts)

    def _outbox(self) -> Iterator[Metric]:
        now = self.facts.now()
        depth, oldest = _family("queuewatch_outbox_depth"), _family("queuewatch_outbox_oldest_seconds")
        dead, enabled = _family("queuewatch_dead_letters"), _family("queuewatch_destination_enabled")
        disabled = self.facts.disabled()
        for backlog in self.facts.backlog:
            depth.add_metric([backlog.destination], backlog.depth)
            waited = (now - backlog.oldest).total_seconds() if backlog.oldest else 0.0
            oldest.add_metric([backlog.destination], max(waited, 0.0))
            dead.add_metric([backlog.destination], backlog.dead)
            enabled.add_metric([backlog.destination], float(backlog.destination not in disabled))
        yield from (depth, oldest, dead, enabled)


def _family(name: str) -> GaugeMetricFamily:
    metric = METRICS[name]
    return GaugeMetricFamily(name, metric.help, labels=list(metric.labels))
