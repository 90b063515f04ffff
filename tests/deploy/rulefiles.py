"""The shipped rules and their tests, as checks read them; and what arithmetic a metric allows.

In: the files of deploy/prometheus. Out: rules, alerts, what promtool is asked and finds. Nothing is repaired
here: what a file lacks is empty, and the check that needs it fails.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from monitor.model.catalogue import METRICS
from monitor.model.metric import Kind
from tests.deploy.promql import listed, selectors, tokens
from tests.servers.prometheus import promtool

ROOT = Path(__file__).parents[2]
PROMETHEUS = ROOT / "deploy/prometheus"
RULES = tuple(sorted(PROMETHEUS.glob("rules/*.yml")))
TESTS = tuple(sorted(PROMETHEUS.glob("tests/*.yml")))
RUNBOOKS = ROOT / "docs/runbooks"
BASE = "https://queuewatch.example.com/docs/runbooks/"

TARGET = frozenset({"job", "instance"})
"""Labels that Prometheus puts on whatever it scrapes."""
OF_PROMETHEUS = (
    "up",
    "scrape_duration_seconds",
    "scrape_samples_scraped",
    "process_start_time_seconds",
    "process_resident_memory_bytes",
    "process_open_fds",
    "process_max_fds",
)
"""What Prometheus says of a target, and what every process says of itself."""
HISTOGRAMS = ("queuewatch_poll_duration_seconds", "queuewatch_delivery_duration_seconds")
"""Durations that are shown as a histogram."""

_FORBIDDEN = {
    Kind.COUNT: {"sum_over_time", "rate", "irate", "increase"},  # windows overlap: added up they count twice
    Kind.SNAPSHOT: {"sum_over_time", "rate", "irate", "increase"},
    Kind.RATIO: {"sum", "avg", "sum_over_time", "avg_over_time", "rate", "irate", "increase"},
    Kind.DURATION: {"sum_over_time", "rate", "irate", "increase"},
    Kind.INFO: {"avg", "sum_over_time", "avg_over_time", "rate", "irate", "increase"},
    Kind.TOTAL: {"sum_over_time", "avg_over_time", "delta", "deriv"},
}
"""Functions that say nothing true of a figure of this kind."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of a file; `alert` or `record` is empty."""

    file: str
    group: str
    alert: str
    record: str
    expr: str
    labels: dict[str, str]
    annotations: dict[str, str]
    raw: dict[str, Any] = field(hash=False)

    @property
    def name(self) -> str:
        """What it is called, with its severity where it is an alert."""
        return self.record or f"{self.alert} {self.labels.get('severity')}"


@cache
def rules() -> tuple[Rule, ...]:
    """Return every shipped rule."""
    return tuple(
        Rule(
            path.name,
            group["name"],
            raw.get("alert", ""),
            raw.get("record", ""),
            raw["expr"],
            raw.get("labels", {}),
            raw.get("annotations", {}),
            raw,
        )
        for path in RULES
        for group in yaml.safe_load(path.read_text())["groups"]
        for raw in group["rules"]
    )


def alerts() -> list[Rule]:
    """Return those that are alerts."""
    return [rule for rule in rules() if rule.alert]


def names() -> list[str]:
    """Return the name of every alert once."""
    return sorted({rule.alert for rule in alerts()})


@cache
def recorded() -> frozenset[str]:
    """Return the names of the recording rules."""
    return frozenset(rule.record for rule in rules() if rule.record)


def asked() -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Yield the alert and the expected alerts of everything that promtool's tests ask by name."""
    for path in TESTS:
        for test in yaml.safe_load(path.read_text())["tests"]:
            for question in test.get("alert_rule_test", ()):
                yield question["alertname"], question.get("exp_alerts", [])


def finds(folder: Path, series: Mapping[str, str], *asked: tuple[str, str, Mapping[str, float]]) -> None:
    """Fail unless promtool finds in the series, a value a minute, what is expected.

    What is asked are an expression, a time, and the values expected by their labels. The shipped rules are
    there, and evaluated every minute, those that others build upon first.
    """
    questions = [
        {
            "expr": promql,
            "eval_time": when,
            "exp_samples": [{"labels": labels, "value": value} for labels, value in expected.items()],
        }
        for promql, when, expected in asked
    ]
    given = [{"series": name, "values": values} for name, values in series.items()]
    unit = {
        "rule_files": [str(path) for path in RULES],
        "evaluation_interval": "1m",
        "group_eval_order": list(dict.fromkeys(rule.group for rule in reversed(rules()))),
        "tests": [{"interval": "1m", "input_series": given, "promql_expr_test": questions}],
    }
    path = folder / "unit.yml"
    path.write_text(json.dumps(unit))
    done = promtool("test", "rules", str(path))
    assert done.returncode == 0, done.stdout + done.stderr


@cache
def exported() -> dict[str, tuple[Kind, frozenset[str]]]:
    """Return the kind and the labels of everything that may be asked for by name."""
    found = dict.fromkeys(OF_PROMETHEUS, (Kind.SNAPSHOT, TARGET))
    found["process_cpu_seconds_total"] = (Kind.TOTAL, TARGET)
    for metric in METRICS.values():
        own = {f"exported_{label}" if label in TARGET else label for label in metric.labels}
        labels = TARGET.union(own, {"org"} if metric.sources else ())
        found[metric.exported] = (metric.kind, labels)
        if metric.exported in HISTOGRAMS:
            found[f"{metric.exported}_bucket"] = (Kind.TOTAL, labels | {"le"})
            for part in ("sum", "count"):
                found[f"{metric.exported}_{part}"] = (Kind.TOTAL, labels)
    for name in recorded():
        _, metric_name, operation = name.split(":")
        kind, _ = found.get(metric_name, (Kind.RATIO, frozenset[str]()))
        found[name] = (kind if operation else Kind.RATIO, produced(name))
    every = {label for rule in alerts() for label in (*rule.labels, *_carried(rule))}
    found["ALERTS"] = (Kind.SNAPSHOT, frozenset({"alertname", "alertstate", *every}))
    return found


def produced(record: str) -> frozenset[str]:
    """Return the labels of what a recording rule records."""
    labels = {"org", "queue_id", "media", "threshold"}
    if not record.endswith(":promised"):
        labels.add("definition")
    if record.endswith(":ms"):
        labels.add("ms")
    # Counts are by ids alone; what is shown to people has the name again.
    if re.search(r"objective|ratio:(judged|upper95|held)|burn_rate", record):
        labels.add("queue")
    return frozenset(labels)


def _carried(rule: Rule) -> frozenset[str]:
    """Return labels that an alert takes from its expression."""
    return frozenset().union(*(produced(one.metric) for one in selectors(rule.expr) if ":" in one.metric))


def unknown(promql: str) -> list[str]:
    """Return what an expression names that does not exist: metrics, labels of them, labels in lists."""
    found: list[str] = []
    # What an expression makes by itself (label_join, count_values) stands in it as a text.
    known = {token.strip('"') for token in tokens(promql) if token.startswith('"')}
    for one in selectors(promql):
        if one.metric not in exported():
            found.append(one.metric)
            continue
        labels = exported()[one.metric][1]
        known |= labels
        found += [f"{one.metric}{{{label}}}" for label in one.labels if label not in labels]
    return found + sorted(listed(promql) - known)


def mistaken(promql: str) -> list[str]:
    """Return the arithmetic in an expression that a metric does not allow."""
    return [
        f"{call}({one.metric})"
        for one in selectors(promql)
        if one.metric in exported()
        for call in one.around[:1]
        if call in _FORBIDDEN.get(exported()[one.metric][0], ())
    ]
