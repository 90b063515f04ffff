"""Within a transaction: the order of the outbox. The oldest waiting row of a key is its head, no other is."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Sequence
from datetime import datetime

from monitor.model.delivery import Attempt, Delivered, Rejected
from monitor.store import coalescing, statements, trying
from monitor.store.coalescing import Waiting
from monitor.store.rows import outbox as rows
from monitor.store.rows import values
from monitor.store.sqlite.noting import note


def settle(connection: sqlite3.Connection, destination: str, attempt: Attempt) -> None:
    """Write what became of one try; what does not wait any more changes nothing."""
    outcome = attempt.outcome
    place = (attempt.row, destination)
    if isinstance(outcome, Delivered):
        settled = connection.execute(statements.FORGET, place).fetchall()
    elif isinstance(outcome, Rejected):
        settled = connection.execute(statements.DISCARD, place).fetchall()
        said = (values.text(outcome.reason), values.text(outcome.detail), values.micros(attempt.at))
        settled += connection.execute(statements.BURY, (*said, *place)).fetchall()
    else:
        due_at = 0 if attempt.due_at is None else values.micros(attempt.due_at)
        for (event_id,) in connection.execute(statements.POSTPONE, (due_at, *place)).fetchall():
            note(connection, event_id, trying.tried(destination, attempt))
        return
    for key, event_id in settled:
        promote(connection, destination, key)
        note(connection, event_id, trying.tried(destination, attempt))


def promote(connection: sqlite3.Connection, destination: str, key: str) -> None:
    """Make the oldest waiting row of a key its head, where the head has gone."""
    connection.execute(statements.PROMOTE, (destination, key))


def reorder(connection: sqlite3.Connection, destination: str, key: str) -> None:
    """Make the oldest waiting row of a key its head, whoever is at present."""
    connection.execute(statements.DEMOTE, (destination, key))
    promote(connection, destination, key)


def expire(connection: sqlite3.Connection, destination: str, now: datetime) -> None:
    """Drop what is past its date."""
    expired = connection.execute(statements.EXPIRE, (destination, values.micros(now))).fetchall()
    for key, event_id in expired:
        promote(connection, destination, key)
        note(connection, event_id, trying.expired(destination, now))


def coalesce(connection: sqlite3.Connection, destination: str, now: datetime) -> None:
    """Leave of each key only what still counts."""
    for (key,) in connection.execute(statements.CROWDED, (destination,)).fetchall():
        found = connection.execute(statements.QUEUED, (destination, key)).fetchall()
        # What cannot be read is buried when it is its turn.
        with contextlib.suppress(ValueError):
            _coalesce(connection, destination, str(key), [rows.to_waiting(row) for row in found], now)


def _coalesce(
    connection: sqlite3.Connection, destination: str, key: str, queue: Sequence[Waiting], now: datetime
) -> None:
    left = coalescing.left(key, queue)
    for older, newer in coalescing.skipped(queue, left):
        connection.execute(statements.REMOVE, (older.row,))
        note(connection, older.event_id, trying.skipped(destination, now, newer.event_id))
    for place, one in enumerate(left):
        connection.execute(statements.KEEP, (int(place == 0), one.skipped, one.row))


def bury(connection: sqlite3.Connection, destination: str, row: int, why: str, now: datetime) -> None:
    """Bury a row that cannot be read: it must not stop the ones behind it."""
    rejected = Rejected(reason="unreadable", detail=why)
    settle(connection, destination, Attempt(row=row, event_id="", at=now, outcome=rejected))


def drop(connection: sqlite3.Connection, row: int, now: datetime) -> int:
    """Throw a row away; return how many that was."""
    dropped = connection.execute(statements.DROP, (row,)).fetchall()
    for destination, key, event_id in dropped:
        reorder(connection, destination, key)
        note(connection, event_id, trying.dropped(destination, now))
    return len(dropped)


def superseded(connection: sqlite3.Connection, row: int) -> bool:
    """Return whether a dead row would be stale: something newer of its alert or group was sent."""
    return connection.execute(statements.SUPERSEDED, (row,)).fetchone() is not None


def revive(connection: sqlite3.Connection, row: int, now: datetime) -> list[str]:
    """Let a row begin anew; return its destination, nothing where there is no such row."""
    revived: list[tuple[str, str]] = connection.execute(
        statements.REVIVE, (values.micros(now), row)
    ).fetchall()
    for destination, key in revived:
        reorder(connection, destination, key)
    return [destination for destination, _ in revived]
