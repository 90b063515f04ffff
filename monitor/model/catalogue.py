"""Every metric once: name, kind, unit, help, labels, dialects.

Exposition, rules and the generated reference read this table; nothing else spells a metric's help.
Rules use the names as they stand here; on `/metrics` the platform's figures carry the prefix `genesys_`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

PLATFORM_PREFIX = "genesys_"


class Kind(StrEnum):
    """What arithmetic a metric allows: a snapshot is never summed over time, a ratio never averaged."""

    COUNT = "interval count"
    SNAPSHOT = "snapshot"
    RATIO = "ratio"
    DURATION = "duration"
    INFO = "info"
    TOTAL = "running total"


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """One metric of the catalogue. `labels` stand beside `org`; `source` is None for our own."""

    name: str
    kind: Kind
    unit: str
    help: str
    labels: tuple[str, ...]
    source: str | None = None
    dialects: tuple[str, ...] = ("platform",)

    @property
    def exported(self) -> str:
        """The name on `/metrics`."""
        return PLATFORM_PREFIX + self.name if self.source else self.name


QUEUE = ("queue_id", "queue")
QUEUE_MEDIA = ("queue_id", "queue", "media")
BOTH = ("platform", "guides")


def _queues(
    name: str,
    unit: str,
    text: str,
    labels: tuple[str, ...],
    *,
    kind: Kind = Kind.SNAPSHOT,
    dialects: tuple[str, ...] = ("platform",),
) -> Metric:
    return Metric(
        name=name, kind=kind, unit=unit, help=text, labels=labels, source="queues", dialects=dialects
    )


_QUEUES = (
    _queues(
        "queue_waiting", "interactions", "Interactions waiting in the queue.", QUEUE_MEDIA, dialects=BOTH
    ),
    _queues("queue_interacting", "interactions", "Interactions connected to an agent.", QUEUE_MEDIA),
    _queues("queue_alerting", "interactions", "Interactions ringing at an agent.", QUEUE_MEDIA),
    _queues(
        "queue_longest_wait_seconds",
        "seconds",
        "Age of the longest-waiting interaction; 0 when none waits.",
        QUEUE_MEDIA,
        kind=Kind.DURATION,
    ),
    _queues(
        "queue_longest_interaction_seconds",
        "seconds",
        "Age of the longest connected interaction; 0 when none is connected.",
        QUEUE_MEDIA,
        kind=Kind.DURATION,
    ),
    _queues("queue_agents", "agents", "Members of the queue by routing status.", (*QUEUE, "status")),
    _queues(
        "queue_agents_presence", "agents", "Members of the queue by system presence.", (*QUEUE, "presence")
    ),
    _queues(
        "queue_agents_available",
        "agents",
        "Members ready for the next interaction (IDLE).",
        QUEUE,
        dialects=BOTH,
    ),
    _queues(
        "queue_agents_busy",
        "agents",
        "Members handling something (INTERACTING or COMMUNICATING).",
        QUEUE,
        dialects=BOTH,
    ),
    _queues("queue_agents_on_queue", "agents", "Active members that are on queue.", QUEUE),
    _queues("queue_agents_off_queue", "agents", "Active members that are off queue.", QUEUE),
    _queues("queue_members", "agents", "Members of the queue, active or not.", QUEUE),
    _queues("queue_active_members", "agents", "Members that have joined (activated) the queue.", QUEUE),
    _queues(
        "queue_info",
        "",
        "1; carries the queue's division.",
        (*QUEUE, "division", "division_id"),
        kind=Kind.INFO,
    ),
    _queues(
        "queue_target_ratio",
        "ratio",
        "The queue's own service-level target, 0 to 1.",
        QUEUE_MEDIA,
        kind=Kind.RATIO,
    ),
    _queues(
        "queue_target_seconds",
        "seconds",
        "The answer time of the queue's own service-level target.",
        QUEUE_MEDIA,
        kind=Kind.DURATION,
    ),
)


def _own(
    name: str, unit: str, text: str, labels: tuple[str, ...] = (), *, kind: Kind = Kind.SNAPSHOT
) -> Metric:
    return Metric(name=name, kind=kind, unit=unit, help=text, labels=labels, dialects=())


_OWN = (
    _own("queuewatch_source_up", "", "1 while the source's last poll succeeded, else 0.", ("org", "source")),
    _own(
        "queuewatch_source_data_age_seconds",
        "seconds",
        "Age of the source's newest good answer; absent until there was one.",
        ("org", "source"),
        kind=Kind.DURATION,
    ),
    _own(
        "queuewatch_polls_total", "polls", "Polls by outcome.", ("org", "source", "outcome"), kind=Kind.TOTAL
    ),
    _own(
        "queuewatch_polls_missed_total",
        "polls",
        "Ticks that passed while a poll was still running.",
        ("org", "source"),
        kind=Kind.TOTAL,
    ),
    _own(
        "queuewatch_poll_duration_seconds",
        "seconds",
        "Time one poll took.",
        ("org", "source"),
        kind=Kind.DURATION,
    ),
    _own(
        "queuewatch_api_requests_total",
        "requests",
        "Requests to the platform by endpoint and status (a word where no answer came).",
        ("org", "endpoint", "status"),
        kind=Kind.TOTAL,
    ),
    _own(
        "queuewatch_api_budget_used_ratio",
        "ratio",
        "Share of our own request budget spent in the last 60 s.",
        ("org",),
        kind=Kind.RATIO,
    ),
    _own(
        "queuewatch_values_refused_total",
        "values",
        "Values of an answer that could not be used, by reason.",
        ("org", "source", "reason"),
        kind=Kind.TOTAL,
    ),
    _own(
        "queuewatch_alert_state",
        "",
        "0 inactive, 1 pending, 2 firing; only entities that were pending or firing.",
        ("org", "rule", "severity", "queue_id", "queue", "media"),
    ),
    _own("queuewatch_alerts", "alerts", "Alerts by state and severity.", ("state", "severity")),
    _own(
        "queuewatch_deliveries_total",
        "attempts",
        "Delivery attempts by outcome and reason.",
        ("destination", "outcome", "reason"),
        kind=Kind.TOTAL,
    ),
    _own(
        "queuewatch_delivery_duration_seconds",
        "seconds",
        "Time one delivery attempt took.",
        ("destination",),
        kind=Kind.DURATION,
    ),
    _own("queuewatch_outbox_depth", "envelopes", "Envelopes not yet delivered.", ("destination",)),
    _own(
        "queuewatch_outbox_oldest_seconds",
        "seconds",
        "Age of the oldest envelope not yet delivered; 0 when none waits.",
        ("destination",),
        kind=Kind.DURATION,
    ),
    _own("queuewatch_dead_letters", "envelopes", "Envelopes that were given up.", ("destination",)),
    _own(
        "queuewatch_loop_lag_seconds",
        "seconds",
        "Longest lateness of the event loop's beat in the last 10 s.",
        kind=Kind.DURATION,
    ),
    _own(
        "queuewatch_dropped_series_total",
        "series",
        "Series left out of /metrics because of the series cap, counted once per refresh.",
        ("org", "source"),
        kind=Kind.TOTAL,
    ),
    _own(
        "queuewatch_task_crashes_total",
        "crashes",
        "Crashes of a supervised loop.",
        ("task",),
        kind=Kind.TOTAL,
    ),
    _own("queuewatch_build_info", "", "1; carries the version.", ("version",), kind=Kind.INFO),
)

METRICS: dict[str, Metric] = {metric.name: metric for metric in (*_QUEUES, *_OWN)}
"""Every metric by the name that rules use."""


def judgeable() -> list[str]:
    """Return the names a rule may use: what the platform said, not what we say of ourselves."""
    return [metric.name for metric in _QUEUES if metric.kind is not Kind.INFO]
