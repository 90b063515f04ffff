"""A store that forgets at the end: for tests in virtual time, where no thread may be waited for.

In and out: as with the store on disk, whose promises it keeps, all but the one to survive. Forbidden here:
waiting for anything.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from monitor.model.alert import Alert, EventKind
from monitor.model.delivery import (
    GROUP_KEY,
    Attempt,
    Backlog,
    Dispatch,
    Envelope,
    Held,
    History,
    Letter,
    Rejected,
    Revived,
    RipeGroup,
    Rows,
    StateRecord,
    Wanted,
)
from monitor.model.silence import Silence
from monitor.store import trying
from monitor.store.memory.diary import Diary
from monitor.store.memory.groups import Groups
from monitor.store.memory.shelf import Shelf
from monitor.store.rows.values import micros


@dataclass(slots=True)
class MemoryStore:
    """Every port of a store, behaving as SqliteStore does."""

    _alerts: dict[tuple[str, str, str], Alert] = field(default_factory=dict)
    _states: dict[tuple[str, str, str], StateRecord] = field(default_factory=dict)
    _silences: dict[str, Silence] = field(default_factory=dict)
    _diary: Diary = field(default_factory=Diary)
    _shelf: Shelf = field(default_factory=Shelf)
    _groups: Groups = field(default_factory=Groups)

    @property
    def dead(self) -> dict[int, tuple[Envelope, Rejected]]:
        """What was given up, by row."""
        return self._shelf.dead

    @property
    def waiting(self) -> list[Envelope]:
        """What waits, by row."""
        return self._shelf.waiting()

    async def load(self) -> list[Alert]:
        return list(self._alerts.values())

    async def silences(self) -> list[Silence]:
        return list(self._silences.values())

    async def put_silence(self, silence: Silence) -> None:
        self._silences[silence.id] = silence

    async def forget_silences(self, *, before: datetime) -> int:
        over = [one.id for one in self._silences.values() if one.ends_at < before]
        for name in over:
            del self._silences[name]
        return len(over)

    async def states(self) -> list[StateRecord]:
        return list(self._states.values())

    async def commit(self, alerts: Sequence[Alert], dispatches: Sequence[Dispatch]) -> None:
        for alert in alerts:
            self._alerts[alert.org, alert.rule, alert.entity.key] = alert
        for dispatch in dispatches:
            self._put(dispatch)

    async def due(
        self, destination: str, *, now: datetime, limit: int, probe: bool = False, coalesce: bool = False
    ) -> list[Envelope]:
        for one in self._shelf.expire(destination, now):
            self._diary.note(one.event_id, trying.expired(destination, now))
        if coalesce:
            for old, newer in self._shelf.coalesce(destination):
                self._diary.note(old, trying.skipped(destination, now, newer))
        return self._shelf.due(destination, now, limit, probe=probe)

    async def settle(self, destination: str, attempts: Sequence[Attempt]) -> None:
        for attempt in attempts:
            settled = self._shelf.settle(destination, attempt)
            if settled is not None:
                self._diary.note(settled.event_id, trying.tried(destination, attempt))

    async def expedite(self, destination: str, *, now: datetime) -> None:
        self._shelf.expedite(destination, now)

    async def next_due(self, destination: str) -> datetime | None:
        return self._shelf.next_due(destination)

    async def backlog(self) -> list[Backlog]:
        return self._shelf.backlog()

    async def keep_only(self, destinations: Collection[str], *, now: datetime) -> int:
        return sum(self._remove(name, now) for name in self._shelf.destinations() if name not in destinations)

    async def ripe(self, *, now: datetime) -> list[RipeGroup]:
        return self._groups.ripe(now)

    async def fold(
        self, ripe: RipeGroup, told: Sequence[Held], dispatch: Dispatch | None, *, now: datetime
    ) -> None:
        untold, late = self._groups.tell(ripe, told, now, worth=dispatch is not None)
        for one in untold:
            self._diary.note(one.event_id, trying.over(ripe.destination, now))
        for one in late:
            self._diary.unsay(one.event_id, ripe.destination)
        if dispatch is not None:
            self._put(dispatch)
            self._diary.link([one.event_id for one in told if one.fresh], dispatch)

    async def next_fold(self) -> datetime | None:
        return self._groups.next_due()

    async def letters(
        self, *, destination: str | None = None, dead: bool | None = None, after: int = 0, limit: int = 100
    ) -> list[Letter]:
        return [
            self._lettered(letter)
            for letter in self._shelf.letters()
            if letter.row > after
            and destination in (None, letter.destination)
            and dead in (None, bool(letter.reason))
        ][: max(0, limit)]

    async def letter(self, row: int) -> Letter | None:
        return next((self._lettered(one) for one in self._shelf.letters() if one.row == row), None)

    async def revive(self, rows: Rows, *, now: datetime) -> Revived:
        stale = {row for row in rows if self._superseded(row)}
        names = {self._shelf.revive(row, now) for row in {*rows} - stale} - {None}
        return Revived(destinations=tuple(sorted(filter(None, names))), superseded=tuple(sorted(stale)))

    async def drop(self, rows: Rows, *, now: datetime) -> int:
        dropped = [one for row in rows if (one := self._shelf.take(row)) is not None]
        for one in dropped:
            self._diary.note(one.event_id, trying.dropped(one.destination, now))
        return len(dropped)

    async def history(self, wanted: Wanted) -> list[History]:
        return self._diary.history(wanted)

    async def forget(self, *, before: datetime) -> int:
        self._groups.forget(before)
        self._shelf.forget(before)
        forgotten = self._diary.forget(before)
        for name, state in list(self._states.items()):
            if not state.body and state.event_id not in self._diary:
                del self._states[name]
        return forgotten

    async def writable(self) -> None:
        """Do nothing: memory always takes writes."""

    def _put(self, dispatch: Dispatch) -> None:
        state = dispatch.state
        if state is not None:
            known = self._states.get((state.org, state.rule, state.entity))
            if known is None or known.sequence < state.sequence:
                self._states[state.org, state.rule, state.entity] = state
        if dispatch.entry is not None:
            self._diary.enter(dispatch.entry)
        for envelope in dispatch.envelopes:
            self._shelf.put(envelope)
            if envelope.kind not in {EventKind.GROUPED, EventKind.HEARTBEAT}:
                self._move(envelope)
        for held in dispatch.held:
            self._shelf.know(held.destination)
            self._move(held)
            untold = self._groups.hold(held)
            if untold is not None:
                left, instead = untold
                said = trying.skipped(held.destination, held.created_at, instead.event_id)
                self._diary.note(left.event_id, said)

    def _move(self, newer: Envelope | Held) -> None:
        for one in self._groups.move(newer):
            said = trying.skipped(one.destination, newer.created_at, newer.event_id)
            self._diary.note(one.event_id, said)

    def _remove(self, destination: str, now: datetime) -> int:
        untold = self._groups.disband(destination)
        for held in untold:
            self._diary.note(held.event_id, trying.disbanded(destination, now))
        why = Rejected(reason=trying.REMOVED, detail=trying.UNCONFIGURED)
        buried = self._shelf.remove(destination, why, now)
        for one in buried:
            self._diary.note(one.event_id, trying.removed(destination, now))
        return len(untold) + len(buried)

    def _lettered(self, letter: Letter) -> Letter:
        return replace(letter, last=self._diary.last(letter.event_id, letter.destination))

    def _superseded(self, row: int) -> bool:
        """Return whether a dead row would be stale: something newer of its alert or group was sent."""
        one = self._shelf.stale(row)
        if one is None:
            return False
        if one.kind is EventKind.GROUPED:
            told_at = self._groups.told_at(one.destination, one.key.removeprefix(GROUP_KEY))
            return told_at is not None and micros(told_at) > 1000 * (one.sequence + 2)
        state = self._states.get((one.org, one.rule, one.entity))
        return state is not None and state.sequence > one.sequence
