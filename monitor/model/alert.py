"""Alerts: has a rule's condition been true long enough, and what was said about it.

Each level of a rule has a strand of its own:

    inactive ──breached──▶ pending ──breached for the dwell──▶ firing ──clear for keep_firing_for──▶ inactive
                              └────────────clear──────────────▶ inactive

The alert is what its worst strand is. `fired`, `level_changed` and `resolved` are events, not states. Unknown
verdicts move nothing and stop the clocks, unless the rule says otherwise.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from monitor.model.route import Group
from monitor.model.rule import Severity

SOURCE_DOWN = "SourceDown"
"""The name of the built-in rule that announces a source without answers."""

DESTINATION_GONE = "DestinationGone"
"""The name of the built-in rule that announces a destination which said it is gone for good."""

WATCHDOG = "Watchdog"
"""The name of the heartbeat: what Prometheus calls the alert that always fires."""

DRILL = "Drill"
"""The name under which a receiver is tried out."""

OURSELVES = "queuewatch"
"""The org of what is about ourselves: a destination, the heartbeat, a drill."""

EVERYBODY = "*"
"""Stands for every destination there is: what schema 1 told, before it was written down to whom."""


class AlertState(StrEnum):
    """Where an alert is in its life."""

    INACTIVE = "inactive"
    PENDING = "pending"
    FIRING = "firing"


class EventKind(StrEnum):
    """What a published transition says."""

    FIRED = "fired"
    LEVEL_CHANGED = "level_changed"
    RESOLVED = "resolved"
    ACKNOWLEDGED = "acknowledged"
    UNKNOWN = "unknown"
    """A source has no answers: what it watches is not known."""
    KNOWN = "known"
    FLAPPING = "flapping"
    """An alert comes and goes: its fires are kept back until it is steady."""
    STEADY = "steady"
    REMINDED = "reminded"
    """It still fires: told again, or to somebody who is told later than the others."""
    HEARTBEAT = "heartbeat"
    """We are alive and everything is judged; when it stops, somebody else raises the alarm."""
    GROUPED = "grouped"
    """Several alerts in one."""


ENDINGS = frozenset({EventKind.RESOLVED, EventKind.KNOWN})
"""Kinds after which an alert is over: they reach everybody who heard of its beginning."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entity:
    """What an alert is about: the identifying labels (queue id, media, status), and the name to show."""

    key: str
    labels: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Strand:
    """One level of one alert. `held` is the known time (seconds) its present condition has lasted.

    That is breach time while pending, and clear time while firing and `clearing`. `forced` says that an
    unknown made it fire: no value was beyond the enter edge, so none has to come back to the clear edge.
    """

    state: AlertState = AlertState.INACTIVE
    held: float = 0.0
    clearing: bool = False
    forced: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Acknowledgement:
    """Somebody has it: for this episode, until `until` if given."""

    owner: str
    note: str
    at: datetime
    until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What was judged: the value, and the parts of a ratio where it is one."""

    value: float | None = None
    numerator: float | None = None
    denominator: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Hearing:
    """A destination heard of an alert, last at `at`, as a member of `group` if there is one.

    The end goes the same way, so that nothing overtakes.
    """

    at: datetime
    group: Group | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """One rule on one entity. Kept after it resolves, so that episode and sequence never repeat.

    `known` is whether the last verdict was known; after a restart it is not, so that downtime never counts.
    `unknown_for` is how long (seconds) it has not been. `told` is the severity of the last fire that was
    published (None where nobody heard of this episode), `told_at` when its first was, `heard` who heard of
    it. `muted` says in a word and a name why a fire is kept back. `history` is the flap window:
    bits, how many, and whether it flaps.
    """

    org: str
    rule: str
    severity: Severity
    entity: Entity
    state: AlertState = AlertState.INACTIVE
    episode: int = 0
    sequence: int = 0
    evidence: Evidence = field(default_factory=Evidence)
    reason: str = ""
    known: bool = False
    unknown_for: float = 0.0
    strands: Mapping[Severity, Strand] = field(default_factory=dict)
    active_at: datetime | None = None
    fired_at: datetime | None = None
    resolved_at: datetime | None = None
    told: Severity | None = None
    told_at: datetime | None = None
    heard: Mapping[str, Hearing] = field(default_factory=dict)
    muted: str = ""
    acknowledged: Acknowledgement | None = None
    history: tuple[int, int, bool] = (0, 0, False)

    @property
    def value(self) -> float | None:
        """What was judged last."""
        return self.evidence.value

    def strand(self, severity: Severity) -> Strand:
        """Return the strand of one level; a fresh one where the rule had no such level before."""
        return self.strands.get(severity) or Strand()


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertEvent:
    """A published transition, complete in itself: what a destination needs and nothing it must look up."""

    id: str
    kind: EventKind
    org: str
    rule: str
    severity: Severity
    previous_severity: Severity | None = None
    state: AlertState
    entity: Entity
    episode: int
    sequence: int
    reason: str
    metric: str
    evidence: Evidence
    operator: str
    threshold: float | None
    occurred_at: datetime
    observed_at: datetime
    started_at: datetime | None
    fired_at: datetime | None
    resolved_at: datetime | None
    owner: str = ""
    note: str = ""
    audience: Mapping[str, Group | None] | None = None
    """Destinations that must get this, and no others, each with the group it hears through; None for all."""
    gone: bool = False
    """What it is about is not there any more: nothing of it is kept to be shown."""
    drill: bool = False
    """Only a trial: nothing has happened."""
    labels: Mapping[str, str] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict)


def event_id(org: str, rule: str, entity: str, episode: int, sequence: int) -> str:
    """Return the id of one event: the same on every retry, restart and replica, different for every event.

    It is a hash, so that it holds no "." (Standard Webhooks forbids it) and no raw name.
    """
    return "evt_" + _digest([org, rule, entity, episode, sequence])


def alert_id(org: str, rule: str, entity: str) -> str:
    """Return the id of an alert, for addresses: the same for all its episodes, and after every restart."""
    return "alr_" + _digest([org, rule, entity])


def _digest(parts: list[str | int]) -> str:
    # JSON keeps ("a", "bc") and ("ab", "c") apart, and its ASCII survives text that UTF-8 refuses.
    text = json.dumps(parts)
    return base64.b32encode(hashlib.sha256(text.encode("ascii")).digest())[:26].decode("ascii").lower()
