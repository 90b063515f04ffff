"""Envelopes, and what a destination answered."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from monitor.model.alert import EventKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """One event addressed to one destination, its bytes fixed when the transition was committed.

    `key` orders: envelopes of one destination and key leave in `row` order, one in flight.
    """

    event_id: str
    destination: str
    key: str
    kind: EventKind
    org: str
    rule: str
    entity: str
    sequence: int
    body: bytes
    created_at: datetime
    row: int = 0
    attempts: int = 0


@dataclass(frozen=True, slots=True)
class Delivered:
    """The destination has it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Retry:
    """Not now: `reason` is a word for a metric, `detail` a line for a person, `after` seconds if asked."""

    reason: str
    detail: str
    after: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejected:
    """Never: the destination will not take this envelope."""

    reason: str
    detail: str


Outcome = Delivered | Retry | Rejected


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """What became of one try: settled by `outcome`; a retry is due at `due_at`."""

    row: int
    outcome: Outcome
    due_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Backlog:
    """What waits for one destination: `depth` envelopes, the oldest since `oldest`; `dead` gave up."""

    destination: str
    depth: int
    oldest: datetime | None
    dead: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StateRecord:
    """The newest event of one (org, rule, entity): what a retained MQTT state topic must show."""

    org: str
    rule: str
    entity: str
    event_id: str
    sequence: int
    body: bytes
