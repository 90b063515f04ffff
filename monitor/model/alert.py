"""Alerts: has a rule's condition been true long enough, and what was said about it.

    inactive ──breached──▶ pending ──breached for the dwell──▶ firing ──clear for keep_firing_for──▶ inactive
                              └────────────clear──────────────▶ inactive

`fired` and `resolved` are events, not states. Unknown verdicts move nothing and stop the clocks.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from monitor.model.rule import Severity


class AlertState(StrEnum):
    """Where an alert is in its life."""

    INACTIVE = "inactive"
    PENDING = "pending"
    FIRING = "firing"


class EventKind(StrEnum):
    """What a published transition says."""

    FIRED = "fired"
    RESOLVED = "resolved"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entity:
    """What an alert is about: the identifying labels (queue id, media, status), and the name to show."""

    key: str
    labels: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """One rule on one entity. Kept after it resolves, so that episode and sequence never repeat.

    `held` is the known time (seconds) the present condition has lasted: breach time while pending, clear
    time while firing and `clear_since` is set. `known` is whether the last verdict was known; after a
    restart it is not, so that downtime never counts.
    """

    org: str
    rule: str
    severity: Severity
    entity: Entity
    state: AlertState = AlertState.INACTIVE
    episode: int = 0
    sequence: int = 0
    value: float | None = None
    held: float = 0.0
    known: bool = False
    active_at: datetime | None = None
    fired_at: datetime | None = None
    clear_since: datetime | None = None
    resolved_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertEvent:
    """A published transition, complete in itself: what a destination needs and nothing it must look up."""

    id: str
    kind: EventKind
    org: str
    rule: str
    severity: Severity
    entity: Entity
    episode: int
    sequence: int
    reason: str
    metric: str
    value: float | None
    threshold: float
    above: bool
    occurred_at: datetime
    observed_at: datetime
    started_at: datetime | None
    fired_at: datetime | None
    resolved_at: datetime | None
    labels: Mapping[str, str] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict)


def event_id(org: str, rule: str, entity: str, episode: int, sequence: int) -> str:
    """Return the id of one event: the same on every retry, restart and replica, different for every event.

    It is a hash, so that it holds no "." (Standard Webhooks forbids it) and no raw name.
    """
    # JSON keeps ("a", "bc") and ("ab", "c") apart, and its ASCII survives text that UTF-8 refuses.
    text = json.dumps([org, rule, entity, episode, sequence])
    digest = base64.b32encode(hashlib.sha256(text.encode("ascii")).digest())
    return "evt_" + digest[:26].decode("ascii").lower()
