"""The alerts that Grafana evaluates itself: those of deploy/prometheus/rules, with words and panels.

In: Prometheus's rules. Out: `alerts()`: their expressions as they stand there, their patience and labels, so
that the two sets cannot drift. Prometheus has to have the same files, for those of service levels ask its
recording rules, and its ALERTS whether to hold on to what fires; it is not to tell anybody. What may not
happen: an alert without words here; a queue that is called well because nobody can be asked.

Each rule is one query, which has a row of a value from 0 on for whatever is at fault. Where nothing is, there
is no row, which is right: `silent` OK. Service levels have a row of -1 for every other queue, so that no row
at all means that nobody knows: `silent` NoData, of which Grafana tells as DatasourceNoData. Rows that go
missing, because a queue was removed, or all of them, because Prometheus does not answer (DatasourceError),
end their alerts after `missing` evaluations: neither at once, nor never.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from deploy.grafana.names import HEALTH, OVERVIEW
from deploy.rules import groups

NoData = Literal["NoData", "OK"]
ExecErr = Literal["Alerting", "Error"]

EVERY = "30s"
"""How often Grafana evaluates, as Prometheus does."""

KNOWN = "queue:genesys_service_level_objective:judged"
"""What has a row for every queue that is judged, idle ones too, and while its source is silent for 6 h."""

NONE = -0.5
"""Above it is a fault: all that alerts ask for is 0 or more, and -1 says that there is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What is told of an alert, and the panel of the dashboard `board` that shows it."""

    summary: str
    description: str
    shown: str
    board: str = HEALTH


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """One alert: it fires for rows of `expr` above `NONE` for as long as `lasts`, and `keep` longer.

    `silent` says what it means that nothing at all is there, `broken` that it cannot be asked; `missing` is
    after how many evaluations without it a row is over.
    """

    title: str
    expr: str
    words: Words
    runbook: str
    labels: Mapping[str, str] = field(default_factory=dict)
    lasts: str = "0s"
    keep: str = ""
    silent: NoData = "OK"
    broken: ExecErr = "Error"
    missing: int = 4


def _queue(said: str) -> str:
    name = "{{ or .Labels.queue .Labels.queue_id }} ({{ .Labels.media }}): "
    again = "{{ if lt .Values.R.Value 0.0 }}no longer below its promise, or idle{{ else }}"
    return f"{name}{again}{said}{{{{ end }}}}."


_SHARE = "{{ humanizePercentage .Values.R.Value }} answered within {{ .Labels.threshold }}, less than "
_BURNS = "{{ humanize .Values.R.Value }} times as many as may be were late"
_SILENT = "{{ .Labels.org }}: {{ .Labels.source }} gives no answers."
_JUDGED = (
    "Of the interactions of the last 15 minutes (org {{ .Labels.org }}, queue {{ .Labels.queue_id }})."
    " While the source is silent the figure is the last one known."
)
_SPENT = "Answers within {{ .Labels.threshold }} (org {{ .Labels.org }}, queue {{ .Labels.queue_id }})."
_GAPS, _RATIOS = "Gap to target, queue by queue", "Service level against target"

WORDS: Mapping[str, Words] = {
    "GenesysServiceLevelLow": Words(
        summary=_queue(f"{_SHARE}the queue promises"), description=_JUDGED, shown=_GAPS, board=OVERVIEW
    ),
    "GenesysServiceLevelCritical": Words(
        summary=_queue(f"{_SHARE}three quarters of what the queue promises"),
        description=_JUDGED,
        shown=_GAPS,
        board=OVERVIEW,
    ),
    "GenesysServiceLevelBudgetBurn": Words(
        summary=_queue(f"for an hour {_BURNS}"), description=_SPENT, shown=_RATIOS, board=OVERVIEW
    ),
    "GenesysServiceLevelBudgetBurn (warning)": Words(
        summary=_queue(f"for six hours {_BURNS}"), description=_SPENT, shown=_RATIOS, board=OVERVIEW
    ),
    "GenesysServiceLevelUnmeasured": Words(
        summary="{{ .Labels.org }}: {{ with .Labels.threshold }}nobody measures answers within {{ . }}"
        "{{ else }}nothing is measured over 15 minutes{{ end }}.",
        description="{{ with .Labels.queue_id }}Queue {{ . }} promises them and is not judged: add the time"
        " to{{ else }}No service level of the org is judged: add 15m to{{ end }} sources.service_level.",
        shown="Queues, worst first",
        board=OVERVIEW,
    ),
    "QueuewatchDown": Words(
        summary="queuewatch {{ with .Labels.instance }}at {{ . }} {{ end }}is not there.",
        description="Prometheus cannot scrape it, or has no such target. Nothing is known of any queue.",
        shown="Version",
    ),
    "QueuewatchSourceDown": Words(
        summary=_SILENT,
        description="Every poll for a minute failed. What fires is held, nothing new can fire from it.",
        shown="Sources",
    ),
    "QueuewatchSourceDown (warning)": Words(
        summary=_SILENT,
        description=(
            'Every poll for five minutes failed. {{ if eq .Labels.source "directory" }}New queues and '
            "promises are not seen{{ else }}Queues and service levels are not concerned{{ end }}."
        ),
        shown="Sources",
    ),
    "QueuewatchDataStale": Words(
        summary="{{ .Labels.org }}: what {{ .Labels.source }} says is too old.",
        description="Its newest good answer is {{ humanizeDuration .Values.R.Value }} old.",
        shown="Age of the data",
    ),
    "QueuewatchHeartbeatMissing": Words(
        summary="queuewatch has given no sign of life for {{ humanizeDuration .Values.R.Value }}.",
        description="Its heartbeat is sent only while every source is judged, or known to fail, in time.",
        shown="Heartbeat",
    ),
    "QueuewatchOutboxOld": Words(
        summary="{{ .Labels.destination }} has taken no alert for {{ humanizeDuration .Values.R.Value }}.",
        description="What waits is kept and tried again for 75 hours.",
        shown="Oldest undelivered",
    ),
    "QueuewatchDeadLetters": Words(
        summary="{{ .Labels.destination }} did not take {{ humanize .Values.R.Value }} of what it was told.",
        description="They were given up and are kept, until somebody retries or drops them.",
        shown="Undelivered, by destination",
    ),
    "QueuewatchDestinationGone": Words(
        summary="{{ .Labels.destination }} answered that it is gone for good.",
        description="Nothing is sent to it any more. What it is to be told is kept.",
        shown="Destinations",
    ),
    "QueuewatchBudgetSpent": Words(
        summary="{{ .Labels.org }}: {{ humanizePercentage .Values.R.Value }} of the request budget is used.",
        description="For ten minutes polls have had to wait. Figures come later than they should.",
        shown="Request budget used",
    ),
    "QueuewatchReloadFailed": Words(
        summary="queuewatch at {{ .Labels.instance }} refused its new configuration.",
        description="The one before is still in force. A restart would fail.",
        shown="Configuration",
    ),
    "QueuewatchLoopLate": Words(
        summary="queuewatch at {{ .Labels.instance }} runs {{ humanizeDuration .Values.R.Value }} late.",
        description="Its event loop is blocked or the machine is short of processor time.",
        shown="Event loop lag",
    ),
    "QueuewatchTaskCrashing": Words(
        summary="A part of queuewatch crashed ({{ .Labels.task }}).",
        description="It was started again. This is a mistake in queuewatch; its log has the traceback.",
        shown="Crashes",
    ),
    "QueuewatchSeriesDropped": Words(
        summary="{{ .Labels.org }}: series of {{ .Labels.source }} are left out of /metrics.",
        description="There are more series than the cap allows. What is left out nobody here can see.",
        shown="Series dropped",
    ),
    "QueuewatchValuesRefused": Words(
        summary="{{ .Labels.org }}: the platform sends {{ .Labels.field }} that cannot be used.",
        description="Reason: {{ .Labels.reason }}. What is refused counts as unknown.",
        shown="Values refused",
    ),
}
"""By title: the name of Prometheus's alert, and of a second one of that name its severity."""


def _made(title: str, rule: Mapping[str, Any]) -> Alert:
    # Without its name a row has the same labels whether it comes from the alert or from KNOWN.
    expr = f"1 * (\n{rule['expr'].strip()}\n)"
    alert = {
        "title": title,
        "words": WORDS[title],
        "runbook": rule["annotations"]["runbook_url"],
        "labels": rule["labels"] | {"monitor": "grafana"},
        "lasts": rule.get("for", "0s"),
        "keep": rule.get("keep_firing_for", ""),
    }
    if rule["labels"]["team"] == "contact-centre":
        # Half an hour without an answer of Prometheus ends no alert about a queue.
        return Alert(expr=f"{expr}\nor 0 * {KNOWN} - 1", silent="NoData", missing=60, **alert)
    # Nobody to ask is what QueuewatchDown is about, too.
    return Alert(expr=expr, broken="Alerting" if title == "QueuewatchDown" else "Error", **alert)


def _titled(rules: list[dict[str, Any]]) -> Iterator[tuple[str, dict[str, Any]]]:
    named: set[str] = set()
    for rule in rules:
        if name := rule.get("alert"):
            yield (f"{name} ({rule['labels']['severity']})" if name in named else name), rule
            named.add(name)


def alerts() -> dict[str, list[Alert]]:
    """Return the alerts of each of Prometheus's groups. Raises KeyError for one that has no words here."""
    return {
        group["name"]: [_made(title, rule) for title, rule in _titled(group["rules"])] for group in groups()
    }
