"""Envelopes until they are acknowledged."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Sequence
from datetime import datetime

from monitor.model.delivery import Attempt, Backlog, Envelope
from monitor.store import statements, trying
from monitor.store.rows import outbox as rows
from monitor.store.rows import values
from monitor.store.sqlite import queueing
from monitor.store.sqlite.connection import Database
from monitor.store.sqlite.noting import note

_NEVER = 2**63 - 1
"""Later than any date."""


class Outbox(Database):
    """OutboxStore on disk; `commit` is the alerts' as well."""

    async def due(
        self, destination: str, *, now: datetime, limit: int, probe: bool = False, coalesce: bool = False
    ) -> list[Envelope]:
        """Return envelopes to send now, oldest first, one per key and none behind an older one.

        A probe takes one whose time has come before one that waits, and of these the least often tried:
        an envelope the destination never takes must not use up every probe.
        """
        name = values.text(destination)

        def work(connection: sqlite3.Connection) -> list[Envelope]:
            queueing.expire(connection, name, now)
            if coalesce:
                queueing.coalesce(connection, name, now)
            query = statements.PROBE if probe else statements.DUE
            found = connection.execute(query, (name, values.micros(now), limit)).fetchall()
            if probe and not found:
                found = connection.execute(query, (name, _NEVER, limit)).fetchall()
            return [envelope for row in found if (envelope := _readable(connection, row, now)) is not None]

        return await self._transaction(work)

    async def settle(self, destination: str, attempts: Sequence[Attempt]) -> None:
        name = values.text(destination)

        def work(connection: sqlite3.Connection) -> None:
            for attempt in attempts:
                queueing.settle(connection, name, attempt)

        await self._transaction(work)

    async def expedite(self, destination: str, *, now: datetime) -> None:
        def work(connection: sqlite3.Connection) -> None:
            connection.execute(statements.EXPEDITE, (values.text(destination), values.micros(now)))

        await self._transaction(work)

    async def next_due(self, destination: str) -> datetime | None:
        def work(connection: sqlite3.Connection) -> datetime | None:
            (first,) = connection.execute(statements.NEXT_DUE, (values.text(destination),)).fetchone()
            return values.optional_date(first)

        return await self._transaction(work)

    async def backlog(self) -> list[Backlog]:
        def work(connection: sqlite3.Connection) -> list[Backlog]:
            return [
                Backlog(destination=name, depth=depth, oldest=values.optional_date(oldest), dead=dead)
                for name, depth, oldest, dead in connection.execute(statements.BACKLOG)
            ]

        return await self._transaction(work)

    async def keep_only(self, destinations: Collection[str], *, now: datetime) -> int:
        known = {values.text(name) for name in destinations}

        def work(connection: sqlite3.Connection) -> int:
            names = [str(name) for (name,) in connection.execute(statements.DESTINATIONS).fetchall()]
            return sum(_remove(connection, name, now) for name in names if name not in known)

        return await self._transaction(work)


def _remove(connection: sqlite3.Connection, name: str, now: datetime) -> int:
    """Give up what waits for a destination that is not there any more; return how much that was."""
    held = connection.execute(statements.DISBAND_HELD, (name,)).fetchall()
    untold = [event_id for event_id, fresh in held if fresh]
    for event_id in untold:
        note(connection, event_id, trying.disbanded(name, now))
    connection.execute(statements.DISBAND, (name,))
    why = (trying.REMOVED, trying.UNCONFIGURED, values.micros(now))
    buried = connection.execute(statements.BURY_ALL, (*why, name)).fetchall()
    for (event_id,) in buried:
        note(connection, event_id, trying.removed(name, now))
    connection.execute(statements.DISCARD_ALL, (name,))
    connection.execute(statements.FORGET_DESTINATION, (name,))
    return len(untold) + len(buried)


def _readable(connection: sqlite3.Connection, row: values.Row, now: datetime) -> Envelope | None:
    """Return the envelope, or bury a row that cannot be read: it must not stop the ones behind it."""
    try:
        return rows.to_envelope(row)
    except ValueError as error:
        queueing.bury(connection, str(row[1]), int(row[0] or 0), str(error), now)
        return None
