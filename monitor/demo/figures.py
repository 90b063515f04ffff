"""Reads the daemon's own `/metrics` for the summary. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from prometheus_client.parser import text_string_to_metric_families


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceFigures:
    """One source: whether its last poll succeeded, and the age of its data in seconds."""

    org: str
    source: str
    up: bool
    age: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What the daemon says of itself."""

    polls: int
    failed_polls: int
    series: int
    deliveries: int
    sources: tuple[SourceFigures, ...]

    def all_up(self) -> bool:
        """Return whether there are sources and every one of them is up."""
        return bool(self.sources) and all(source.up for source in self.sources)


def figures(text: str) -> Figures:
    """Return the sums found in a page of the text format."""
    polls = failed = deliveries = series = 0.0
    up: dict[tuple[str, str], bool] = {}
    age: dict[tuple[str, str], float] = {}
    for name, labels, value in _samples(text):
        if name == "queuewatch_polls_total":
            polls += value
            failed += value if labels["outcome"] != "ok" else 0.0
        elif name == "queuewatch_deliveries_total" and labels["outcome"] == "delivered":
            deliveries += value
        elif name == "queuewatch_source_up":
            up[labels["org"], labels["source"]] = value == 1.0
        elif name == "queuewatch_source_data_age_seconds":
            age[labels["org"], labels["source"]] = value
        elif name.startswith("genesys_"):
            series += 1
    return Figures(
        polls=int(polls),
        failed_polls=int(failed),
        series=int(series),
        deliveries=int(deliveries),
        sources=tuple(
            SourceFigures(org=org, source=source, up=is_up, age=age.get((org, source)))
            for (org, source), is_up in sorted(up.items())
        ),
    )


def _samples(text: str) -> Iterator[tuple[str, dict[str, str], float]]:
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            yield sample.name, sample.labels, sample.value
