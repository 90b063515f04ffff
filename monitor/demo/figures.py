"""Reads the daemon's own `/metrics` for the summary. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from prometheus_client.parser import text_string_to_metric_families


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What the daemon says of itself."""

    polls: int
    failed_polls: int
    series: int
    deliveries: int


def figures(text: str) -> Figures:
    """Return the sums found in a page of the text format."""
    polls = failed = deliveries = series = 0.0
    for name, labels, value in _samples(text):
        if name == "queuewatch_polls_total":
            polls += value
            failed += value if labels["outcome"] != "ok" else 0.0
        elif name == "queuewatch_deliveries_total" and labels["outcome"] == "delivered":
            deliveries += value
        elif name.startswith("genesys_"):
            series += 1
    return Figures(polls=int(polls), failed_polls=int(failed), series=int(series), deliveries=int(deliveries))


def _samples(text: str) -> Iterator[tuple[str, dict[str, str], float]]:
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            yield sample.name, sample.labels, sample.value
