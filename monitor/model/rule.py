"""Rules as the user wrote them, and what a rule can say about one entity right now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from monitor.model.calendars import Calendar


class Severity(StrEnum):
    """How bad a breach is, mildest first."""

    WARNING = "warning"
    CRITICAL = "critical"

    @property
    def rank(self) -> int:
        """How bad it is among all, 0 for the mildest."""
        return tuple(Severity).index(self)


class Verdict(StrEnum):
    """Is the condition true now? `breached`, `clear` and `idle` move an alert; the rest hold it."""

    BREACHED = "breached"
    CLEAR = "clear"
    IDLE = "idle"
    NO_DATA = "no_data"
    ERROR = "error"
    STALE = "stale"


KNOWN = frozenset({Verdict.BREACHED, Verdict.CLEAR, Verdict.IDLE})
"""Verdicts that know something."""


class Action(StrEnum):
    """What an unknown verdict does to an alert once it has lasted."""

    HOLD = "hold"
    ALERT = "alert"
    OK = "ok"


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What one kind of unknown does after `dwell` seconds of it."""

    action: Action = Action.HOLD
    dwell: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Matcher:
    """One label's condition: any of `globs` (shell patterns, case-sensitive) or the whole of `regex`."""

    label: str
    globs: tuple[str, ...] = ()
    regex: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """A threshold with two edges: entered strictly below `low` or above `high`, left only at the clear edges.

    One of `low` and `high` may be None: that side has no threshold. A value between enter and clear edge
    changes nothing. `truth` marks the level of a condition that is true (1) or false (0).
    """

    severity: Severity
    low: float | None = None
    high: float | None = None
    clear_low: float | None = None
    clear_high: float | None = None
    dwell: float = 0.0
    truth: bool = False

    def breached(self, value: float) -> bool:
        """Return whether `value` is beyond an enter edge."""
        return (self.low is not None and value < self.low) or (self.high is not None and value > self.high)

    def cleared(self, value: float) -> bool:
        """Return whether `value` is back at or within the clear edges."""
        low = self.low if self.clear_low is None else self.clear_low
        high = self.high if self.clear_high is None else self.clear_high
        return (low is None or value >= low) and (high is None or value <= high)

    def edge(self, value: float | None, *, cleared: bool) -> tuple[str, float | None]:
        """Return how `value` stands to which edge: the one it is beyond, or the one it came back to."""
        if self.truth:
            return ("false" if cleared else "true", None)
        low = self.clear_low if cleared and self.clear_low is not None else self.low
        high = self.clear_high if cleared and self.clear_high is not None else self.high
        if low is not None and (high is None or (value is not None and abs(value - low) < abs(value - high))):
            return (">=" if cleared else "<", low)
        return ("<=" if cleared else ">", high)


@dataclass(frozen=True, slots=True, kw_only=True)
class Guard:
    """What must be true besides for a breach to count: a minimum volume, and perhaps confidence.

    `volume` is a catalogue metric of the same entity, `at_least` its least value. With `confidence` (0–1) a
    ratio must be beyond its threshold by a one-sided Wilson bound. Guards hold the way in, never the way out.
    """

    volume: str | None = None
    at_least: float = 0.0
    confidence: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Override:
    """Other levels while a calendar is open; where several are, the narrowest opening wins."""

    during: Calendar
    levels: tuple[Level, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Burn:
    """A budget's burn rate over two windows (labels), both at or above `factor` for a breach."""

    severity: Severity
    objective: float
    long: str
    short: str
    factor: float
    dwell: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule. It judges `metric`, or `expr` over several metrics, or `burns`; durations in seconds.

    `levels` are mildest first. Outside `during`, or inside `not_during`, it sleeps: nothing is breached. With
    `inhibit_members` a virtual queue that fires speaks for its members.
    """

    name: str
    metric: str = ""
    expr: str = ""
    levels: tuple[Level, ...] = ()
    burns: tuple[Burn, ...] = ()
    matchers: tuple[Matcher, ...] = ()
    keep_firing_for: float = 0.0
    guard: Guard | None = None
    unknown: Mapping[Verdict, Policy] = field(default_factory=dict)
    during: tuple[Calendar, ...] = ()
    not_during: tuple[Calendar, ...] = ()
    overrides: tuple[Override, ...] = ()
    flapping: bool = True
    inhibit_members: bool = False
    labels: Mapping[str, str] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict)
