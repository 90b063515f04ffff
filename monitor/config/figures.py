"""What a rule judges: one metric, an expression over several, or the budget of a service level."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from monitor.config.conditions import RulePart
from monitor.config.report import Report, Trail
from monitor.model.catalogue import METRICS, judgeable
from monitor.model.metric import Kind, Metric
from monitor.rules.budgets import METRIC as BUDGETED
from monitor.rules.budgets import WINDOW
from monitor.rules.expression import ExpressionError, compiled
from monitor.rules.matching import DESCRIPTIVE

_UNITS = {name: METRICS[name].unit for name in judgeable()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What is judged: the key that says it, the metrics it reads, and the labels of its entities.

    `widest` is the metric whose rows the entities are; `truth` says that the value is true or false.
    """

    key: str
    metrics: tuple[Metric, ...]
    widest: Metric
    labels: tuple[str, ...]
    truth: bool = False

    @property
    def words(self) -> str:
        """What messages call it."""
        return self.widest.name if self.key == "metric" else self.key

    @property
    def ratio(self) -> bool:
        """Whether its value is a ratio of the catalogue, 0 to 1."""
        return self.key == "metric" and self.widest.kind is Kind.RATIO


def subject(trail: Trail, part: RulePart, report: Report) -> Subject | None:
    """Return what the rule at `trail` judges; None, with a mistake, if that cannot be said."""
    given = [key for key in ("metric", "expr", "burn") if getattr(part, key) is not None]
    if len(given) != 1:
        hint = f"keep one of {' and '.join(given)}" if given else "such as metric: queue_waiting"
        report.add(trail, "should hold exactly one of metric, expr and burn", hint)
        return None
    if part.metric is not None:
        metric = METRICS[part.metric]
        return Subject(key="metric", metrics=(metric,), widest=metric, labels=metric.labels)
    if part.expr is not None:
        return _expression((*trail, "expr"), part.expr, report)
    metric = METRICS[BUDGETED]
    labels = tuple(label for label in metric.labels if label != WINDOW)
    return Subject(key="burn", metrics=(metric,), widest=metric, labels=labels)


def identifying(metric: Metric) -> frozenset[str]:
    """Return the labels of `metric` that tell its rows apart."""
    return frozenset(metric.labels) - DESCRIPTIVE


def _expression(trail: Trail, text: str, report: Report) -> Subject | None:
    try:
        expression = compiled(text, _UNITS)
    except ExpressionError as error:
        report.add(trail, f"column {error.column}: {error.problem}", error.hint)
        return None
    metrics = tuple(METRICS[name] for name in expression.metrics)
    if not metrics:
        report.add(trail, "asks for no metric", "such as queue_waiting > 20")
        return None
    widest = max(metrics, key=lambda metric: len(identifying(metric)))
    if not (_one_source(trail, text, metrics, report) and _nested(trail, text, widest, metrics, report)):
        return None
    return Subject(key="expr", metrics=metrics, widest=widest, labels=widest.labels, truth=expression.boolean)


def _one_source(trail: Trail, text: str, metrics: Sequence[Metric], report: Report) -> bool:
    """Return whether one answer can hold all of `metrics`; note the first that it cannot."""
    shared = set(metrics[0].sources)
    for metric in metrics[1:]:
        if not shared & set(metric.sources):
            here, there = _either(metric.sources), _either(sorted(shared))
            problem = (
                f"column {_column(text, metric)}: {metric.name} comes from sources.{here}, "
                f"{metrics[0].name} from sources.{there}"
            )
            report.add(trail, problem, "an expression judges figures of one source")
            return False
        shared &= set(metric.sources)
    return True


def _nested(trail: Trail, text: str, widest: Metric, metrics: Sequence[Metric], report: Report) -> bool:
    """Return whether every metric can be laid beside the rows of `widest`; note the first that cannot."""
    for metric in metrics:
        extra = sorted(identifying(metric) - identifying(widest))
        if extra:
            problem = (
                f"column {_column(text, metric)}: {metric.name} is told by {_either(extra)}, "
                f"{widest.name} is not"
            )
            report.add(trail, problem, "the labels of one metric have to be among those of the other")
            return False
    return True


def _column(text: str, metric: Metric) -> int:
    """Return where `metric` stands in `text`, counted from 1."""
    found = re.search(rf"\b{metric.name}\b", text)
    return found.start() + 1 if found else 1


def _either(words: Iterable[str]) -> str:
    return " or ".join(words)
