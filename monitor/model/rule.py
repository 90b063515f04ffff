"""Rules as the user wrote them, and what a rule can say about one entity right now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

UNKNOWN_SEVERITY = "none"


class Severity(StrEnum):
    """How bad a breach is."""

    WARNING = "warning"
    CRITICAL = "critical"


class Verdict(StrEnum):
    """Is the condition true now? `breached`, `clear` and `idle` move an alert; the rest hold it."""

    BREACHED = "breached"
    CLEAR = "clear"
    IDLE = "idle"
    NO_DATA = "no_data"
    ERROR = "error"
    STALE = "stale"


@dataclass(frozen=True, slots=True, kw_only=True)
class Matcher:
    """One label's condition: any of `globs` (shell patterns, case-sensitive) or the whole of `regex`."""

    label: str
    globs: tuple[str, ...] = ()
    regex: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """A threshold with two edges: enter at `enter`, leave only beyond `clear`.

    `above` says which way is bad. Breached is strictly beyond `enter`; cleared is at or beyond `clear`
    on the good side, so a value that sits between the two changes nothing.
    """

    severity: Severity
    above: bool
    enter: float
    clear: float
    dwell: float = 0.0

    def breached(self, value: float) -> bool:
        """Return whether `value` is beyond the enter level."""
        return value > self.enter if self.above else value < self.enter

    def cleared(self, value: float) -> bool:
        """Return whether `value` is back at or beyond the clear level."""
        return value <= self.clear if self.above else value >= self.clear


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One threshold rule. `metric` is a catalogue name; durations in seconds."""

    name: str
    metric: str
    level: Level
    matchers: tuple[Matcher, ...] = ()
    keep_firing_for: float = 0.0
    labels: Mapping[str, str] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict)
