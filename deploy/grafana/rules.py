"""The alerts that Grafana evaluates itself: what each asks, when it fires, what it tells.

In: the expressions of `promql`. Out: `alerts()`, under the names of deploy/prometheus/rules, of which they
say the same: use one or the other, or people are told twice. What may not happen: an idle queue that alerts;
a silent source, or a Prometheus that does not answer, that clears what fires.

A service level's expression yields a row for every queue that is known: what is missing to its level, 0 or
less for one that is idle, small or well. So "no data" means that nobody knows, and keeps the state. While the
source is down its last hour is repeated, because Grafana resolves rows that go missing while other orgs' rows
stay.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from deploy.grafana import health, overview
from deploy.grafana.boards import Board
from deploy.grafana.promql import PROMISE, Scope, largest

NoData = Literal["Alerting", "KeepLast", "NoData", "OK"]
ExecErr = Literal["Alerting", "Error", "KeepLast", "OK"]
Severity = Literal["critical", "warning"]

LEAST = 10
"""Interactions a window must have before its service level is judged."""

Z = 1.6449
"""The standard normal distribution's 95 % point: the bound is one-sided."""

SCOPE = Scope(
    window='window="15m"', threshold='threshold="20s", media=~"voice|all"', promise=PROMISE, held=True
)
"""What is judged: the window that queuewatch has by default. Without a promise 80 % within 20 s, for voice
and for queues as a whole: nobody promises to answer mail within 20 s."""

COUNTED = "($B + ($B == 0))"
"""How many interactions count, 1 instead of 0: an idle queue is divided by something."""

BEST = (
    f"(($A / {COUNTED} + {Z**2 / 2:.4f} / {COUNTED}"
    f" + {Z} * ($A * ($B - $A) / {COUNTED} ** 3 + {Z**2 / 4:.4f} / {COUNTED} ** 2) ** 0.5)"
    f" / (1 + {Z**2:.4f} / {COUNTED}))"
)
"""Wilson's upper bound of the share $A of $B: the best that the counts allow one to believe."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """One alert: it fires where `expr` is `above` or `below` a number for as long as `lasts`.

    `expr` is the query A. With `others`, the queries B and so on, `math` is what Grafana makes of them and
    compares, and `told` what the words know as `.Values.L`. `silent` says what holds when nothing at all is
    there, `broken` when it cannot be asked. `shown` is the panel that shows it.
    """

    name: str
    expr: str
    severity: Severity
    summary: str
    description: str
    shown: str
    above: float | None = None
    below: float | None = None
    lasts: str = "1m"
    keep: str = ""
    silent: NoData = "KeepLast"
    broken: ExecErr = "KeepLast"
    team: str = "operations"
    others: Mapping[str, str] = field(default_factory=dict)
    math: str = ""
    told: str = ""
    runbook: str = ""

    def board(self) -> Board:
        """Return the dashboard that shows it."""
        return overview.board() if self.team == "contact-centre" else health.board()


def missing(part: float) -> str:
    """Return in Grafana's arithmetic what a queue lacks to `part` of its target $D; 0 if it is too small."""
    return f"($D * {part:g} - {BEST}) * ($B >= {LEAST})"


def _goal() -> str:
    key = ("org", "queue_id", "media")
    own = "last_over_time(genesys_queue_target_ratio[1h])"
    others = largest(key, SCOPE.counts("denominator"))
    return f"{largest(key, own)} or on (org, queue_id, media) {others} * 0 + 0.8"


def service_levels() -> list[Alert]:
    """Return the alerts about broken promises."""
    summary = (
        "{{ or .Labels.queue .Labels.queue_id }} ({{ .Labels.media }}):"
        " {{ humanizePercentage .Values.L.Value }} answered within {{ .Labels.threshold }}, "
    )
    described = (
        "Of at least 10 interactions in the last 15 minutes (org {{ .Labels.org }}, queue"
        " {{ .Labels.queue_id }}). Even the best that so few allow one to believe is below the level."
        " While the source is silent the figure is the last one known."
    )
    common = "contact-centre", "Queues, worst first"
    return [
        Alert(
            name="GenesysServiceLevelLow",
            expr=SCOPE.judged("numerator"),
            others={"B": SCOPE.judged("denominator"), "D": _goal()},
            math=missing(1),
            told=f"$A / {COUNTED}",
            above=0,
            lasts="2m",
            keep="3m",
            severity="warning",
            team=common[0],
            shown=common[1],
            summary=summary + "less than the queue promises.",
            description=described,
        ),
        Alert(
            name="GenesysServiceLevelCritical",
            expr=SCOPE.judged("numerator"),
            others={"B": SCOPE.judged("denominator"), "D": _goal()},
            math=missing(0.75),
            told=f"$A / {COUNTED}",
            above=0,
            lasts="1m",
            keep="3m",
            severity="critical",
            team=common[0],
            shown=common[1],
            summary=summary + "less than three quarters of what the queue promises.",
            description=described,
        ),
    ]


def presence() -> list[Alert]:
    """Return the alerts about who answers at all."""
    up = 'max by (org, source) (queuewatch_source_up{{source{}"queues|service_level"}})'
    silent_source = "{{ .Labels.org }}: {{ .Labels.source }} gives no answers."
    return [
        Alert(
            name="QueuewatchDown",
            expr='max by (instance) (up{job="queuewatch"})',
            below=1,
            lasts="2m",
            severity="critical",
            # Nothing to scrape, or nobody to ask, is what this alert is about.
            silent="Alerting",
            broken="Alerting",
            summary="queuewatch is not there.",
            description="Prometheus cannot scrape it, or cannot be asked. Nothing is known of any queue.",
            shown="Version",
        ),
        Alert(
            name="QueuewatchSourceDown",
            expr=up.format("=~"),
            below=1,
            keep="2m",
            severity="critical",
            summary=silent_source,
            description="Every poll for a minute failed. What fires is held, nothing new can fire from it.",
            shown="Sources",
        ),
        Alert(
            name="QueuewatchSourceDownOther",
            runbook="QueuewatchSourceDown",
            expr=up.format("!~"),
            below=1,
            lasts="5m",
            keep="2m",
            severity="warning",
            summary=silent_source,
            description="Every poll for five minutes failed. Queues and service levels are not concerned.",
            shown="Sources",
        ),
    ]


def ages() -> list[Alert]:
    """Return the alerts about what has become old."""
    age = 'min by (org, source) (queuewatch_source_data_age_seconds{{source=~"{}"}}) / {}'
    return [
        Alert(
            name="QueuewatchDataStale",
            expr=" or ".join(
                (
                    age.format("queues|service_level", 300),
                    age.format("directory|workitems|agents", 3000),
                    age.format("strategies", 10800),
                )
            ),
            above=1,
            severity="warning",
            summary="{{ .Labels.org }}: what {{ .Labels.source }} says is too old.",
            description="Its newest good answer is {{ humanize .Values.R.Value }} times as old as is"
            " tolerated.",
            shown="Age of the data",
        ),
        Alert(
            name="QueuewatchHeartbeatMissing",
            expr="max(queuewatch_heartbeat_age_seconds)",
            above=300,
            severity="critical",
            # Absent where no heartbeat is configured; QueuewatchDown speaks where nothing is scraped.
            silent="OK",
            summary="queuewatch has given no sign of life for {{ humanizeDuration .Values.R.Value }}.",
            description="Its heartbeat is sent only while every source is judged, or known to fail, in time.",
            shown="Heartbeat",
        ),
    ]


def deliveries() -> list[Alert]:
    """Return the alerts about whether anybody is told."""
    return [
        Alert(
            name="QueuewatchOutboxOld",
            expr="max by (destination) (queuewatch_outbox_oldest_seconds)",
            above=300,
            lasts="2m",
            severity="warning",
            summary="{{ .Labels.destination }} has not taken an alert for {{ humanizeDuration"
            " .Values.R.Value }}.",
            description="What waits is kept and tried again for 75 hours.",
            shown="Oldest undelivered",
        ),
        Alert(
            name="QueuewatchDeadLetters",
            expr="max by (destination) (queuewatch_dead_letters)",
            above=0,
            severity="warning",
            summary="{{ .Labels.destination }} did not take {{ humanize .Values.R.Value }} of what it was"
            " told.",
            description="They were given up and are kept, until somebody retries or drops them.",
            shown="Undelivered, by destination",
        ),
        Alert(
            name="QueuewatchDestinationGone",
            expr="min by (destination) (queuewatch_destination_enabled)",
            below=1,
            severity="critical",
            summary="{{ .Labels.destination }} answered that it is gone for good.",
            description="Nothing is sent to it any more. What it is to be told is kept.",
            shown="Destinations",
        ),
    ]


def _grown(name: str, by: str) -> str:
    # A counter that has just appeared grows from nothing, which increase() cannot see: hence the second half.
    total = f"queuewatch_{name}_total"
    return f"max by ({by}) (increase({total}[15m]) > 0 or {total} unless {total} offset 15m)"


def works() -> list[Alert]:
    """Return the alerts about how queuewatch runs."""
    return [
        Alert(
            name="QueuewatchBudgetSpent",
            expr="max by (org) (queuewatch_api_budget_used_ratio)",
            above=0.95,
            lasts="10m",
            severity="warning",
            summary="{{ .Labels.org }}: {{ humanizePercentage .Values.R.Value }} of the request budget is"
            " used.",
            description="For ten minutes polls have had to wait. Figures come later than they should.",
            shown="Request budget used",
        ),
        Alert(
            name="QueuewatchReloadFailed",
            expr="min by (instance) (queuewatch_config_last_reload_successful)",
            below=1,
            severity="warning",
            summary="queuewatch at {{ .Labels.instance }} refused its new configuration.",
            description="The one before is still in force. A restart would fail.",
            shown="Configuration",
        ),
        Alert(
            name="QueuewatchLoopLate",
            expr="max by (instance) (queuewatch_loop_lag_seconds)",
            above=1,
            lasts="2m",
            severity="warning",
            summary="queuewatch at {{ .Labels.instance }} runs {{ humanizeDuration .Values.R.Value }} late.",
            description="Its event loop is blocked or the machine is short of processor time.",
            shown="Event loop lag",
        ),
    ]


def losses() -> list[Alert]:
    """Return the alerts about what is lost inside queuewatch."""
    return [
        Alert(
            name="QueuewatchTaskCrashing",
            expr=_grown("task_crashes", "task"),
            above=0,
            lasts="0s",
            silent="OK",
            severity="warning",
            summary="A part of queuewatch crashed ({{ .Labels.task }}).",
            description="It was started again. This is a mistake in queuewatch; its log has the traceback.",
            shown="Crashes",
        ),
        Alert(
            name="QueuewatchSeriesDropped",
            expr=_grown("dropped_series", "org, source"),
            above=0,
            lasts="0s",
            silent="OK",
            severity="warning",
            summary="{{ .Labels.org }}: series of {{ .Labels.source }} are left out of /metrics.",
            description="There are more series than the cap allows. What is left out nobody here can see.",
            shown="Series dropped",
        ),
        Alert(
            name="QueuewatchValuesRefused",
            expr=_grown("values_refused", "org, source, field, reason"),
            above=0,
            lasts="0s",
            silent="OK",
            severity="warning",
            summary="{{ .Labels.org }}: the platform sends {{ .Labels.field }} that cannot be used.",
            description="Reason: {{ .Labels.reason }}. What is refused counts as unknown.",
            shown="Values refused",
        ),
    ]


def alerts() -> dict[str, list[Alert]]:
    """Return the alerts of each group."""
    return {
        "genesys-service-level": service_levels(),
        "queuewatch": [*presence(), *ages(), *deliveries(), *works(), *losses()],
    }
