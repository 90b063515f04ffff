"""Envelopes, what a destination answered, and what is kept of both."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from monitor.model.alert import EventKind
from monitor.model.route import Group

NOTES = frozenset({EventKind.ACKNOWLEDGED, EventKind.FLAPPING, EventKind.STEADY})
"""Kinds that say something about an alert, but not whether it fires."""

GROUP_KEY = "group:"
"""What the keys of tellings begin with; the rest is the key of their group."""

CLOUDEVENTS = "application/cloudevents+json"
"""The content type of an event in the form everything else is made from."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """One event addressed to one destination, its bytes fixed when the transition was committed.

    `key` orders: envelopes of one destination and key leave in `row` order, one in flight. After `expires_at`
    it is dropped unsent. `gone` says that nothing of its entity is to be shown any more. `skipped` counts
    older ones of its key that it took the place of.
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
    content_type: str = CLOUDEVENTS
    expires_at: datetime | None = None
    gone: bool = False
    skipped: int = 0
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Gone:
    """Never again: the destination says it is no more. The envelope waits, and nothing else is sent."""

    detail: str


Outcome = Delivered | Retry | Rejected | Gone


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """What became of one try, made at `at`: settled by `outcome`; a retry is due at `due_at`."""

    row: int
    event_id: str
    at: datetime
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
    """The newest event of one (org, rule, entity): what a retained MQTT state topic must show.

    An empty body where there is nothing to show any more.
    """

    org: str
    rule: str
    entity: str
    event_id: str
    sequence: int
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """An event that waits for its group, in the place of an older one of the same alert.

    `body` is the event as CloudEvents JSON. `ends` says that the alert does not fire after it, or is told by
    another way from now on; `note` that it says nothing of whether the alert fires. `fresh` is what was not
    told yet, `told` what the group was told of before; `skipped` counts events it took the place of.
    """

    destination: str
    group: Group
    org: str
    rule: str
    entity: str
    sequence: int
    event_id: str
    ends: bool
    body: bytes
    created_at: datetime
    note: bool = False
    fresh: bool = True
    told: bool = False
    skipped: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class RipeGroup:
    """A group whose time has come, with every member it has: told of or fresh, firing or just over."""

    destination: str
    group: Group
    members: tuple[Held, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One event in the journal. `severity` is a word, `queue` the name of its queue or nothing."""

    event_id: str
    at: datetime
    kind: EventKind
    org: str
    rule: str
    entity: str
    queue: str
    severity: str
    sequence: int
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispatch:
    """Everything one event commits: what is shown of it, its envelopes, what waits for a group, its entry.

    `state` is None for what has no state to show (a heartbeat), `entry` for what nobody looks up.
    """

    state: StateRecord | None
    envelopes: tuple[Envelope, ...]
    held: tuple[Held, ...] = ()
    entry: Entry | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Try:
    """One attempt in the journal: `outcome` is delivered, retried, rejected, gone, expired or skipped."""

    at: datetime
    destination: str
    outcome: str
    reason: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """An event of the journal with what became of it, oldest try first; also that of groups it went in."""

    entry: Entry
    tries: tuple[Try, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """An envelope in the outbox as people see it: waiting (`reason` empty), or dead for a reason.

    `last` is what came of its newest try, reason and detail, for people; empty where there was none.
    """

    row: int
    destination: str
    key: str
    event_id: str
    kind: EventKind
    created_at: datetime
    due_at: datetime | None
    attempts: int
    skipped: int
    reason: str
    detail: str
    content_type: str
    body: bytes
    last: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Revived:
    """What became of letters that were to begin anew: whose they are, sorted; rows that would be stale.

    Of the alert, or the group, of a `superseded` one the destination was sent something newer.
    """

    destinations: tuple[str, ...] = ()
    superseded: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which entries of the journal, newest first: globs over queue and rule, and a span.

    `org` and `entity` (the key of an alert's) are meant exactly. `behind` is the id of an event: only what
    stands after its entry is wanted, nothing where that is not kept any more.
    """

    queue: str = "*"
    rule: str = "*"
    org: str | None = None
    entity: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    behind: str | None = None
    limit: int = 100


Rows = Sequence[int]
"""Row numbers of the outbox."""
