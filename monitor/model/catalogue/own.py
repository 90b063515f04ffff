"""The metrics of ourselves."""

from __future__ import annotations

from monitor.model.metric import Kind, Metric


def _own(
    name: str, unit: str, text: str, labels: tuple[str, ...] = (), *, kind: Kind = Kind.SNAPSHOT
) -> Metric:
    return Metric(name=name, kind=kind, unit=unit, help=text, labels=labels)


OWN = (
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
        "Values of an answer that could not be used, by the field they stood in and the reason.",
        ("org", "source", "field", "reason"),
        kind=Kind.TOTAL,
    ),
    _own(
        "queuewatch_job_states_total",
        "states",
        "States that asynchronous queries entered, by kind of job.",
        ("org", "job", "state"),
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
        "queuewatch_destination_enabled",
        "",
        "1 while the destination is sent to, 0 once it said that it is gone for good.",
        ("destination",),
    ),
    _own(
        "queuewatch_heartbeat_age_seconds",
        "seconds",
        "Time since the newest heartbeat was committed for sending, or since the start; absent without one.",
        kind=Kind.DURATION,
    ),
    _own(
        "queuewatch_heartbeat_interval_seconds",
        "seconds",
        "How often a heartbeat is due; absent without one.",
        kind=Kind.DURATION,
    ),
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
        "Crashes of a supervised loop, or of what shows a poll's answer (show.…), which goes on.",
        ("task",),
        kind=Kind.TOTAL,
    ),
    _own(
        "queuewatch_config_last_reload_successful",
        "",
        "1 while the configuration in force is the one that was read last, else 0.",
    ),
    _own("queuewatch_build_info", "", "1; carries the version.", ("version",), kind=Kind.INFO),
)
"""In the order in which the page shows them."""
