"""Events that wait for their group."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from datetime import datetime

from monitor.model.delivery import Dispatch, Held, RipeGroup
from monitor.model.route import Group
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
            return [ripe for row in found if (ripe := _ripe(connection, row, now)) is not None]

        return await self._transaction(work)

    async def fold(
        self, ripe: RipeGroup, told: Sequence[Held], dispatch: Dispatch | None, *, now: datetime
    ) -> None:
        def work(connection: sqlite3.Connection) -> None:
            names = {rows.member(one) for one in told}
            for one in ripe.members:
                _tell(connection, one, now, told=rows.member(one) in names)
            _rest(connection, ripe, timing.after(ripe, told, now), now if dispatch is not None else None)
            if dispatch is not None:
                dispatching.put(connection, [dispatch])
                _link(connection, told, dispatch)

        await self._transaction(work)

    async def next_fold(self) -> datetime | None:
        def work(connection: sqlite3.Connection) -> datetime | None:
            (first,) = connection.execute(statements.NEXT_FOLD).fetchone()
            return values.optional_date(first)

        return await self._transaction(work)


def _ripe(connection: sqlite3.Connection, row: values.Row, now: datetime) -> RipeGroup | None:
    """Return a group with its members; one that cannot be read waits for the next event of it."""
    number, *place = row
    try:
        destination, group = rows.to_group(place)
    except ValueError:
        connection.execute(statements.LULL, (number,))
        return None
    found = connection.execute(statements.MEMBERS, (destination, group.key)).fetchall()
    members = (_readable(connection, destination, group, one, now) for one in found)
    return RipeGroup(
        destination=destination, group=group, members=tuple(one for one in members if one is not None)
    )


def _readable(
    connection: sqlite3.Connection, destination: str, group: Group, row: values.Row, now: datetime
) -> Held | None:
    """Return a member, or lose one that cannot be read: it must not silence the others."""
    number, *held = row
    try:
        return rows.to_held(destination, group, held)
    except ValueError as error:
        connection.execute(statements.LOSE, (number,))
        note(connection, str(held[4]), trying.unreadable(destination, now, str(error)))
        return None


def _tell(connection: sqlite3.Connection, read: Held, now: datetime, *, told: bool) -> None:
    """Write down that a member, as it was read, was `told`, or that it was not."""
    kept = holding.kept(connection, read)
    if kept is None:
        missed = membership.missed(read, told=told)
        if missed is not None:
            holding.put(connection, missed)
            _unsay(connection, read)
        return
    if told and kept.sequence > read.sequence:
        _unsay(connection, read)
    left = membership.after(kept, read, told=told)
    if left is None and read.fresh and not told:
        note(connection, read.event_id, trying.over(read.destination, now))
    holding.tell(connection, kept, left)


def _unsay(connection: sqlite3.Connection, read: Held) -> None:
    """Take back that an event was skipped: it was replaced while the telling that has it was made."""
    connection.execute(statements.UNSAY_SKIPPED, (read.event_id, values.text(read.destination)))


def _rest(connection: sqlite3.Connection, ripe: RipeGroup, again: datetime, told_at: datetime | None) -> None:
    """Let a group be quiet, or due `again` where something in it is fresh.

    One that was not told of anything begins anew: the next event waits for company, not for the interval.
    """
    place = (values.text(ripe.destination), values.text(ripe.group.key))
    (fresh,) = connection.execute(statements.FRESH, place).fetchone()
    due_at = again if fresh else None
    dates = (values.optional_micros(told_at), values.optional_micros(due_at))
    connection.execute(statements.TOLD, (*dates, *place))
    connection.execute(statements.EMPTY, place)


def _link(connection: sqlite3.Connection, told: Sequence[Held], dispatch: Dispatch) -> None:
    """Write down into which telling the news went; what it says of older events is none."""
    links = [(one.event_id, telling.event_id) for telling in dispatch.envelopes for one in told if one.fresh]
    connection.executemany(statements.PUT_FOLDED, links)
