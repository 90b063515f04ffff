"""Envelopes until they are acknowledged, in dictionaries."""

from __future__ import annotations

from bisect import insort
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from monitor.model.alert import EventKind
from monitor.model.delivery import Attempt, Backlog, Delivered, Envelope, Letter, Rejected
from monitor.store import coalescing
from monitor.store.coalescing import Waiting

_AT_ONCE = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(slots=True)
class Shelf:
    """Rows by number: waiting ones with the date they are due, dead ones with why.

    `_queues` has the waiting row numbers of each destination and key, in order: the first is the head.
    """

    dead: dict[int, tuple[Envelope, Rejected]] = field(default_factory=dict)
    _ended: dict[int, datetime] = field(default_factory=dict)
    _waiting: dict[int, tuple[Envelope, datetime]] = field(default_factory=dict)
    _queues: dict[str, dict[str, list[int]]] = field(default_factory=dict)
    _known: set[tuple[str, str]] = field(default_factory=set)
    _last_row: int = 0

    def know(self, destination: str) -> None:
        """Remember that there is such a destination."""
        self._queues.setdefault(destination, {})

    def put(self, envelope: Envelope) -> None:
        """Let an envelope wait, unless it is there already, waiting or dead."""
        self.know(envelope.destination)
        # As on disk, where a number is used up also by what turns out to be there already.
        self._last_row += 1
        if _identity(envelope) not in self._known:
            self._add(replace(envelope, row=self._last_row, attempts=0), _AT_ONCE)

    def due(self, destination: str, now: datetime, limit: int, *, probe: bool) -> list[Envelope]:
        """Return what to send now: heads only, the oldest first."""
        heads = self._heads(destination)
        if probe:
            heads.sort(key=lambda head: (head[1] > now, head[0].attempts, head[0].row))
            due = [one for one, due_at in heads if due_at <= now] or [one for one, _ in heads]
            return due[:limit]
        return [one for one, due_at in heads if due_at <= now][:limit]

    def expire(self, destination: str, now: datetime) -> list[Envelope]:
        """Drop and return what is past its date."""
        expired = [
            one for one in self._all(destination) if one.expires_at is not None and one.expires_at < now
        ]
        for one in expired:
            self._remove(one.row)
        return expired

    def coalesce(self, destination: str) -> list[tuple[str, str]]:
        """Leave of each key only what still counts; return ids: of what went, of what took its place."""
        gone = list[tuple[str, str]]()
        for key, rows in list(self._queues.get(destination, {}).items()):
            queue = [_as_waiting(self._waiting[row][0]) for row in rows]
            left = coalescing.left(key, queue)
            for older, newer in coalescing.skipped(queue, left):
                self._remove(older.row)
                gone.append((older.event_id, newer.event_id))
            for one in left:
                envelope, due_at = self._waiting[one.row]
                self._waiting[one.row] = (replace(envelope, skipped=one.skipped), due_at)
        return gone

    def settle(self, destination: str, attempt: Attempt) -> Envelope | None:
        """Write what became of one try; return the envelope if it waited for that."""
        envelope, _ = self._waiting.get(attempt.row, (None, None))
        if envelope is None or envelope.destination != destination:
            return None
        tried = replace(envelope, attempts=envelope.attempts + 1)
        match attempt.outcome:
            case Delivered():
                self._remove(attempt.row)
            case Rejected():
                self._bury(tried, attempt.outcome, attempt.at)
            case _:
                self._waiting[attempt.row] = (tried, attempt.due_at or _AT_ONCE)
        return envelope

    def expedite(self, destination: str, now: datetime) -> None:
        """Make every head due."""
        for envelope, due_at in self._heads(destination):
            if due_at > now:
                self._waiting[envelope.row] = (envelope, _AT_ONCE)

    def next_due(self, destination: str) -> datetime | None:
        """Return when the next head is due."""
        return min((due_at for _, due_at in self._heads(destination)), default=None)

    def backlog(self) -> list[Backlog]:
        """Return what waits for each destination."""
        return [self._backlog(name) for name in sorted(self._queues)]

    def waiting(self) -> list[Envelope]:
        """Return every envelope that waits, in order."""
        return [self._waiting[row][0] for row in sorted(self._waiting)]

    def letters(self) -> list[Letter]:
        """Return every row as people see it, in order."""
        found = [_letter(one, due_at) for one, due_at in self._waiting.values()]
        found += [_letter(one, _AT_ONCE, why) for one, why in self.dead.values()]
        return sorted(found, key=lambda letter: letter.row)

    def remove(self, destination: str, why: Rejected, now: datetime) -> list[Envelope]:
        """Bury and return what waits for a destination that is not there any more."""
        waiting = sorted(self._all(destination), key=lambda one: one.row)
        for one in waiting:
            self._bury(one, why, now)
        if not any(one.destination == destination for one, _ in self.dead.values()):
            self._queues.pop(destination, None)
        return [one for one in waiting if one.kind is not EventKind.HEARTBEAT]

    def destinations(self) -> list[str]:
        """Return every destination that has, or had, anything."""
        return sorted(self._queues)

    def forget(self, before: datetime) -> None:
        """Remove what was given up before."""
        for row in [row for row, ended_at in self._ended.items() if ended_at < before]:
            self.take(row)

    def stale(self, row: int) -> Envelope | None:
        """Return a dead row of whose key nothing newer is here, waiting or dead."""
        envelope, _ = self.dead.get(row, (None, None))
        if envelope is None:
            return None
        others = (*self._all(envelope.destination), *(one for one, _ in self.dead.values()))
        newer = any(
            (one.destination, one.key) == (envelope.destination, envelope.key)
            and one.sequence > envelope.sequence
            for one in others
        )
        return None if newer else envelope

    def revive(self, row: int, now: datetime) -> str | None:
        """Let a row begin anew; return its destination, None where there is no such row."""
        envelope = self.take(row)
        if envelope is None:
            return None
        self._add(replace(envelope, attempts=0, created_at=now), _AT_ONCE)
        return envelope.destination

    def take(self, row: int) -> Envelope | None:
        """Take a row away, waiting or dead, and return it; None where there is none."""
        if row in self.dead:
            envelope, _ = self.dead.pop(row)
            del self._ended[row]
            self._known.discard(_identity(envelope))
            return envelope
        return self._remove(row) if row in self._waiting else None

    def _bury(self, envelope: Envelope, why: Rejected, now: datetime) -> None:
        """Give up a waiting row; a heartbeat goes, of which nobody would want to know."""
        self._remove(envelope.row)
        if envelope.kind is EventKind.HEARTBEAT:
            return
        self.dead[envelope.row] = (envelope, why)
        self._ended[envelope.row] = now
        self._known.add(_identity(envelope))

    def _add(self, envelope: Envelope, due_at: datetime) -> None:
        self._known.add(_identity(envelope))
        self._waiting[envelope.row] = (envelope, due_at)
        insort(self._queues[envelope.destination].setdefault(envelope.key, []), envelope.row)

    def _remove(self, row: int) -> Envelope:
        envelope, _ = self._waiting.pop(row)
        self._known.discard(_identity(envelope))
        queues = self._queues[envelope.destination]
        queues[envelope.key].remove(row)
        if not queues[envelope.key]:
            del queues[envelope.key]
        return envelope

    def _heads(self, destination: str) -> list[tuple[Envelope, datetime]]:
        rows = sorted(rows[0] for rows in self._queues.get(destination, {}).values())
        return [self._waiting[row] for row in rows]

    def _all(self, destination: str) -> Iterator[Envelope]:
        for rows in self._queues.get(destination, {}).values():
            yield from (self._waiting[row][0] for row in rows)

    def _backlog(self, name: str) -> Backlog:
        heads = self._heads(name)
        return Backlog(
            destination=name,
            depth=sum(map(len, self._queues[name].values())),
            oldest=heads[0][0].created_at if heads else None,
            dead=sum(envelope.destination == name for envelope, _ in self.dead.values()),
        )


def _identity(envelope: Envelope) -> tuple[str, str]:
    return envelope.destination, envelope.event_id


def _as_waiting(envelope: Envelope) -> Waiting:
    return Waiting(
        row=envelope.row,
        event_id=envelope.event_id,
        rule=envelope.rule,
        kind=envelope.kind,
        attempts=envelope.attempts,
        skipped=envelope.skipped,
    )


def _letter(envelope: Envelope, due_at: datetime, why: Rejected | None = None) -> Letter:
    return Letter(
        row=envelope.row,
        destination=envelope.destination,
        key=envelope.key,
        event_id=envelope.event_id,
        kind=envelope.kind,
        created_at=envelope.created_at,
        due_at=None if why is not None or due_at == _AT_ONCE else due_at,
        attempts=envelope.attempts,
        skipped=envelope.skipped,
        reason="" if why is None else why.reason,
        detail="" if why is None else why.detail,
        content_type=envelope.content_type,
        body=envelope.body,
    )
