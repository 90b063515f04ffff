"""The outbox as an operator sees it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from datetime import datetime
from functools import partial

from monitor.model.delivery import Letter, Revived, Rows
from monitor.store import statements
from monitor.store.rows import outbox as rows
from monitor.store.rows.values import text
from monitor.store.sqlite import queueing
from monitor.store.sqlite.connection import Database

BATCH = 1000
"""Rows revived or dropped in one transaction, so that a commit behind it does not wait for long."""


class Letters(Database):
    """Letters on disk."""

    async def letters(
        self, *, destination: str | None = None, dead: bool | None = None, after: int = 0, limit: int = 100
    ) -> list[Letter]:
        name = None if destination is None else text(destination)
        asked = {"destination": name, "after": after, "limit": max(0, limit), "waiting": int(dead is False)}
        query = statements.LETTERS if destination is None else statements.LETTERS_TO
        if dead:
            query = statements.GRAVES

        def work(connection: sqlite3.Connection) -> list[Letter]:
            return [self._decode(rows.to_letter, row) for row in connection.execute(query, asked)]

        return await self._transaction(work)

    async def letter(self, row: int) -> Letter | None:
        def work(connection: sqlite3.Connection) -> Letter | None:
            found = connection.execute(statements.LETTER, (row,)).fetchone()
            return None if found is None else self._decode(rows.to_letter, found)

        return await self._transaction(work)

    async def revive(self, rows: Rows, *, now: datetime) -> Revived:
        concerned, superseded = set[str](), list[int]()

        def work(connection: sqlite3.Connection, batch: Rows) -> tuple[list[str], list[int]]:
            stale = [row for row in batch if queueing.superseded(connection, row)]
            left = {*batch} - {*stale}
            return [name for row in left for name in queueing.revive(connection, row, now)], stale

        for batch in _batches(rows):
            names, stale = await self._transaction(partial(work, batch=batch))
            concerned.update(names)
            superseded += stale
        return Revived(destinations=tuple(sorted(concerned)), superseded=tuple(sorted({*superseded})))

    async def drop(self, rows: Rows, *, now: datetime) -> int:
        def work(connection: sqlite3.Connection, batch: Rows) -> int:
            return sum(queueing.drop(connection, row, now) for row in batch)

        dropped = 0
        for batch in _batches(rows):
            dropped += await self._transaction(partial(work, batch=batch))
        return dropped


def _batches(rows: Rows) -> Iterator[Rows]:
    for start in range(0, len(rows), BATCH):
        yield rows[start : start + BATCH]
