"""What was told, to whom, and what came of it."""

from __future__ import annotations

import sqlite3
from datetime import datetime
from functools import partial

from monitor.model.delivery import History, Wanted
from monitor.store import statements
from monitor.store.rows import journal as rows
from monitor.store.rows import values
from monitor.store.sqlite.connection import Database

BATCH = 1000
"""Entries forgotten in one transaction: some 20 ms, for which a commit may have to wait."""


class Journal(Database):
    """Journal on disk."""

    async def history(self, wanted: Wanted) -> list[History]:
        def work(connection: sqlite3.Connection) -> list[History]:
            behind = None
            if wanted.behind is not None:
                behind = self._position(connection, wanted.behind)
                if behind is None:
                    return []
            statement = statements.HISTORY if wanted.entity is None else statements.HISTORY_OF
            found = connection.execute(statement, rows.from_wanted(wanted, behind)).fetchall()
            return [self._history(connection, row) for row in found]

        return await self._transaction(work)

    async def forget(self, *, before: datetime) -> int:
        def work(connection: sqlite3.Connection) -> int:
            return _forget(connection, values.micros(before))

        forgotten = 0
        while gone := await self._transaction(work):
            forgotten += gone
        while await self._transaction(partial(_forget_graves, before=values.micros(before))):
            pass
        await self._transaction(_forget_states)
        return forgotten

    def _position(self, connection: sqlite3.Connection, event_id: str) -> rows.Position | None:
        found = connection.execute(statements.POSITION, (values.text(event_id),)).fetchone()
        return None if found is None else self._decode(rows.to_position, found)

    def _history(self, connection: sqlite3.Connection, row: values.Row) -> History:
        entry = self._decode(rows.to_entry, row)
        tries = connection.execute(statements.TRIES, (entry.event_id,))
        return History(entry=entry, tries=tuple(self._decode(rows.to_try, one) for one in tries))


def _forget_graves(connection: sqlite3.Connection, before: int) -> int:
    """Remove one batch of letters that were given up."""
    return len(connection.execute(statements.FORGET_GRAVES, (before, BATCH)).fetchall())


def _forget_states(connection: sqlite3.Connection) -> None:
    """Remove the states of which nothing is shown, once nobody can look their event up."""
    connection.execute(statements.FORGET_STATES)


def _forget(connection: sqlite3.Connection, before: int) -> int:
    """Remove one batch of entries with their tries, and those of the tellings nobody else went into."""
    connection.execute(statements.OUTWORN, (before,))
    gone = connection.execute(statements.FORGET_ENTRIES, (before, BATCH)).fetchall()
    connection.executemany(statements.FORGET_TRIES, gone)
    for event in gone:
        for fold in connection.execute(statements.FORGET_FOLDED, event).fetchall():
            connection.execute(statements.FORGET_FOLD, fold)
    return len(gone)
