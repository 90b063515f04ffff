"""Within a transaction: the events that wait in a group."""

from __future__ import annotations

import sqlite3

from monitor.model.delivery import Held
from monitor.store import membership, statements, timing, trying
from monitor.store.rows import folds, values
from monitor.store.sqlite.noting import note


def kept(connection: sqlite3.Connection, held: Held) -> Held | None:
    """Return what waits in the place of `held` at present."""
    row = connection.execute(statements.HOLDING, folds.member(held)).fetchone()
    return None if row is None else folds.to_held(held.destination, held.group, row)


def hold(connection: sqlite3.Connection, held: Held) -> None:
    """Let an event wait for its group, in the place of an older one; an older one itself changes nothing."""
    older = kept(connection, held)
    if older is not None:
        newer = membership.replaced(older, held)
        if newer is None:
            return
        if older.fresh:
            note(connection, older.event_id, trying.skipped(held.destination, held.created_at, held.event_id))
        held = newer
    connection.execute(statements.PUT_HELD, folds.from_held(held))
    _date(connection, held)


def tell(connection: sqlite3.Connection, before: Held, after: Held | None) -> None:
    """Let a member go, or stay as it is `after` a telling."""
    if after is None:
        connection.execute(statements.RELEASE, folds.member(before))
    elif after != before:
        marks = (int(after.fresh), int(after.told), after.skipped)
        connection.execute(statements.TELL, (*marks, *folds.member(before)))


def _date(connection: sqlite3.Connection, held: Held) -> None:
    """Give the group of a fresh event the date it is told; one that has a date keeps it."""
    place = (values.text(held.destination), values.text(held.group.key))
    told_at, due_at = connection.execute(statements.GATHERING, place).fetchone() or (None, None)
    if due_at is None:
        told = values.optional_date(told_at)
        due_at = values.micros(timing.due(held.group, created_at=held.created_at, told_at=told))
    connection.execute(statements.PUT_GATHERING, (*folds.from_group(held.destination, held.group), due_at))
