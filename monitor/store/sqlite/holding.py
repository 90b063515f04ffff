"""Within a transaction: the events that wait in a group."""

from __future__ import annotations

import contextlib
import sqlite3

from monitor.model.alert import EventKind
from monitor.model.delivery import Envelope, Held
from monitor.store import membership, statements, timing, trying
from monitor.store.rows import folds, values
from monitor.store.sqlite.noting import note

_OF_NO_ALERT = {EventKind.GROUPED, EventKind.HEARTBEAT}


def kept(connection: sqlite3.Connection, held: Held) -> Held | None:
    """Return what waits in the place of `held` at present; None also where that cannot be read any more."""
    row = connection.execute(statements.HOLDING, folds.member(held)).fetchone()
    try:
        return None if row is None else folds.to_held(held.destination, held.group, row)
    except ValueError:
        return None


def hold(connection: sqlite3.Connection, held: Held) -> None:
    """Let an event wait for its group, in the place of an older one; an older one itself changes nothing."""
    older = kept(connection, held)
    if older is not None and membership.stands(older, held):
        note(connection, held.event_id, trying.skipped(held.destination, held.created_at, older.event_id))
        return
    if older is not None:
        newer = membership.replaced(older, held)
        if newer is None:
            return
        if older.fresh:
            note(connection, older.event_id, trying.skipped(held.destination, held.created_at, held.event_id))
        held = newer
    put(connection, held)
    _date(connection, held)


def move(connection: sqlite3.Connection, newer: Envelope | Held) -> None:
    """Let an alert leave every group but the one it is told by from now on."""
    if isinstance(newer, Envelope) and newer.kind in _OF_NO_ALERT:
        return
    here = values.text(newer.group.key) if isinstance(newer, Held) else None
    alert = (values.text(newer.org), values.text(newer.rule), values.text(newer.entity))
    asked = (values.text(newer.destination), *alert, here, newer.sequence)
    for row in connection.execute(statements.ELSEWHERE, asked).fetchall():
        # One that cannot be read is lost when its group is ripe.
        with contextlib.suppress(ValueError):
            _leave(connection, folds.to_straggler(newer.destination, row), newer)


def put(connection: sqlite3.Connection, held: Held) -> None:
    """Put a member into its group, in the place of whatever is there."""
    connection.execute(statements.PUT_HELD, folds.from_held(held))


def tell(connection: sqlite3.Connection, before: Held, after: Held | None) -> None:
    """Let a member go, or stay as it is `after` a telling."""
    if after is None:
        connection.execute(statements.RELEASE, folds.member(before))
    elif after != before:
        marks = (int(after.fresh), int(after.told), after.skipped)
        connection.execute(statements.TELL, (*marks, *folds.member(before)))


def _leave(connection: sqlite3.Connection, kept: Held, newer: Envelope | Held) -> None:
    left = membership.moved(kept, newer)
    if left != kept and kept.fresh:
        note(connection, kept.event_id, trying.skipped(kept.destination, newer.created_at, newer.event_id))
    if left is None:
        connection.execute(statements.RELEASE, folds.member(kept))
        return
    put(connection, left)
    due_at = values.micros(newer.created_at)
    place = (values.text(kept.destination), values.text(kept.group.key))
    connection.execute(statements.HURRY, (due_at, *place))


def _date(connection: sqlite3.Connection, held: Held) -> None:
    """Give the group of a fresh event the date it is told; one that has a date keeps it."""
    place = (values.text(held.destination), values.text(held.group.key))
    told_at, due_at = connection.execute(statements.GATHERING, place).fetchone() or (None, None)
    if due_at is None:
        told = values.optional_date(told_at)
        due_at = values.micros(timing.due(held.group, created_at=held.created_at, told_at=told))
    connection.execute(statements.PUT_GATHERING, (*folds.from_group(held.destination, held.group), due_at))
