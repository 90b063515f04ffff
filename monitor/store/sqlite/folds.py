"""Events that wait for their group."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from datetime import datetime

from monitor.model.delivery import Dispatch, Held, RipeGroup
from monitor.store import membership, statements, timing, trying
from monitor.store.rows import folds as rows
from monitor.store.rows import values
from monitor.store.sqlite import dispatching, holding
from monitor.store.sqlite.connection import Database
from monitor.store.sqlite.noting import note


class Folds(Database):
    """FoldStore on disk."""

    async def ripe(self, *, now: datetime) -> list[RipeGroup]:
        def work(connection: sqlite3.Connection) -> list[RipeGroup]:
            asked = {"now": values.micros(now), "slack": timing.SLACK}
            found = connection.execute(statements.RIPE, asked).fetchall()
            return [self._ripe(connection, row) for row in found]

        return await self._transaction(work)

    async def fold(
        self, ripe: RipeGroup, told: Sequence[Held], dispatch: Dispatch | None, *, now: datetime
    ) -> None:
        def work(connection: sqlite3.Connection) -> None:
            names = {rows.member(one) for one in told}
            for one in ripe.members:
                _tell(connection, one, now, told=rows.member(one) in names)
            _rest(connection, ripe, now, told=dispatch is not None)
            if dispatch is not None:
                dispatching.put(connection, [dispatch])
                _link(connection, told, dispatch)

        await self._transaction(work)

    async def next_fold(self) -> datetime | None:
        def work(connection: sqlite3.Connection) -> datetime | None:
            (first,) = connection.execute(statements.NEXT_FOLD).fetchone()
            return values.optional_date(first)

        return await self._transaction(work)

    def _ripe(self, connection: sqlite3.Connection, row: values.Row) -> RipeGroup:
        destination, group = self._decode(rows.to_group, row)
        members = connection.execute(statements.MEMBERS, (destination, group.key))
        return RipeGroup(
            destination=destination,
            group=group,
            members=tuple(
                self._decode(lambda one: rows.to_held(destination, group, one), member) for member in members
            ),
        )


def _tell(connection: sqlite3.Connection, read: Held, now: datetime, *, told: bool) -> None:
    """Write down that a member, as it was read, was `told`, or that it was not."""
    kept = holding.kept(connection, read)
    if kept is None:
        return
    left = membership.after(kept, read, told=told)
    if left is None and read.fresh and not told:
        note(connection, read.event_id, trying.over(read.destination, now))
    holding.tell(connection, kept, left)


def _rest(connection: sqlite3.Connection, ripe: RipeGroup, now: datetime, *, told: bool) -> None:
    """Let a group be quiet, or due again where something in it is fresh.

    One that was not told of anything begins anew: the next event waits for company, not for the interval.
    """
    place = (values.text(ripe.destination), values.text(ripe.group.key))
    (fresh,) = connection.execute(statements.FRESH, place).fetchone()
    due_at = values.micros(timing.again(ripe.group, now)) if fresh else None
    connection.execute(statements.TOLD, (values.micros(now) if told else None, due_at, *place))
    connection.execute(statements.EMPTY, place)


def _link(connection: sqlite3.Connection, told: Sequence[Held], dispatch: Dispatch) -> None:
    """Write down into which telling the news went; what it says of older events is none."""
    links = [(one.event_id, telling.event_id) for telling in dispatch.envelopes for one in told if one.fresh]
    connection.executemany(statements.PUT_FOLDED, links)
