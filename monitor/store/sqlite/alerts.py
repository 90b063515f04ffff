"""Alerts, silences, and the newest event of each alert."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from datetime import datetime

from monitor.model.alert import Alert
from monitor.model.delivery import Dispatch, StateRecord
from monitor.model.silence import Silence
from monitor.store import statements
from monitor.store.rows import alerts as rows
from monitor.store.rows.values import micros
from monitor.store.sqlite import dispatching
from monitor.store.sqlite.connection import Database


class Alerts(Database):
    """AlertStore on disk."""

    async def load(self) -> list[Alert]:
        def work(connection: sqlite3.Connection) -> list[Alert]:
            return [self._decode(rows.to_alert, row) for row in connection.execute(statements.LOAD_ALERTS)]

        return await self._transaction(work)

    async def states(self) -> list[StateRecord]:
        def work(connection: sqlite3.Connection) -> list[StateRecord]:
            return [self._decode(rows.to_state, row) for row in connection.execute(statements.LOAD_STATES)]

        return await self._transaction(work)

    async def silences(self) -> list[Silence]:
        def work(connection: sqlite3.Connection) -> list[Silence]:
            found = connection.execute(statements.LOAD_SILENCES)
            return [self._decode(rows.to_silence, row) for row in found]

        return await self._transaction(work)

    async def put_silence(self, silence: Silence) -> None:
        def work(connection: sqlite3.Connection) -> None:
            connection.execute(statements.PUT_SILENCE, rows.from_silence(silence))

        await self._transaction(work)

    async def forget_silences(self, *, before: datetime) -> int:
        def work(connection: sqlite3.Connection) -> int:
            return len(connection.execute(statements.FORGET_SILENCES, (micros(before),)).fetchall())

        return await self._transaction(work)

    async def commit(self, alerts: Sequence[Alert], dispatches: Sequence[Dispatch]) -> None:
        """Write all of it in one durable transaction, or nothing.

        What is there already, and a state no newer than the one kept, change nothing: after an I/O error
        the caller cannot know whether its commit held, and commits the same events again.
        """

        def work(connection: sqlite3.Connection) -> None:
            connection.executemany(statements.PUT_ALERT, [rows.from_alert(alert) for alert in alerts])
            dispatching.put(connection, dispatches)

        await self._transaction(work)
