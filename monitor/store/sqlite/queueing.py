"""Within a transaction: the order of the outbox. The oldest waiting row of a key is its head, no other is."""

from __future__ import annotations

import sqlite3
from datetime import datetime

from monitor.model.delivery import Attempt, Delivered, Rejected
from monitor.store import statements, trying
from monitor.store.rows import values
from monitor.store.sqlite.noting import note


def settle(connection: sqlite3.Connection, destination: str, attempt: Attempt) -> None:
    """Write what became of one try; what does not wait any more changes nothing."""
    outcome = attempt.outcome
    place = (attempt.row, destination)
    if isinstance(outcome, Delivered):
        settled = connection.execute(statements.FORGET, place).fetchall()
    elif isinstance(outcome, Rejected):
        reason, detail = values.text(outcome.reason), values.text(outcome.detail)
        settled = connection.execute(statements.BURY, (reason, detail, *place)).fetchall()
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
    """Leave only the newest row of each key."""
    for (key,) in connection.execute(statements.CROWDED, (destination,)).fetchall():
        *older, (row, newest, skipped) = connection.execute(statements.QUEUED, (destination, key)).fetchall()
        for old_row, event_id, old_skipped in older:
            skipped += old_skipped + 1
            connection.execute(statements.REMOVE, (old_row,))
            note(connection, event_id, trying.skipped(destination, now, newest))
        connection.execute(statements.SUCCEED, (skipped, row))


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


def revive(connection: sqlite3.Connection, row: int, now: datetime) -> list[str]:
    """Let a row begin anew; return its destination, nothing where there is no such row."""
    revived: list[tuple[str, str]] = connection.execute(
        statements.REVIVE, (values.micros(now), row)
    ).fetchall()
    for destination, key in revived:
        reorder(connection, destination, key)
    return [destination for destination, _ in revived]
