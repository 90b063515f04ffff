"""What a metric is: a name, a kind that says which arithmetic it allows, and where it comes from."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

PLATFORM_PREFIX = "genesys_"

QUEUE = ("queue_id", "queue")
QUEUE_MEDIA = (*QUEUE, "media")

PLATFORM = ("platform",)
GUIDES = ("guides",)
BOTH = ("platform", "guides")


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
    """One metric of the catalogue. `labels` stand beside `org`; `sources` is empty for our own.

    Two sources are those of the two dialects, in their order. `dialects` are those that know it. `alike` is
    False where both do, but about different windows.
    """

    name: str
    kind: Kind
    unit: str
    help: str
    labels: tuple[str, ...]
    sources: tuple[str, ...] = ()
    dialects: tuple[str, ...] = ()
    alike: bool = True

    @property
    def exported(self) -> str:
        """The name on `/metrics`."""
        return PLATFORM_PREFIX + self.name if self.sources else self.name

    def source(self, dialect: str) -> str:
        """Return the source it comes from where a dialect is spoken."""
        return self.sources[0] if len(self.sources) == 1 else self.sources[self.dialects.index(dialect)]


Row = tuple[str, Kind, str, tuple[str, ...], tuple[str, ...], str]
"""Name, kind, unit, labels, dialects, help."""


def table(*rows: Row, sources: tuple[str, ...], alike: bool = True) -> tuple[Metric, ...]:
    """Return metrics of the platform that come from the same question."""
    return tuple(
        Metric(
            name=name,
            kind=kind,
            unit=unit,
            help=text,
            labels=labels,
            dialects=dialects,
            sources=sources,
            alike=alike,
        )
        for name, kind, unit, labels, dialects, text in rows
    )
