"""A store that forgets at the end: for tests in virtual time, where no thread may be waited for.

In and out: as with the store on disk, whose promises it keeps, all but the one to survive. Forbidden here:
waiting for anything.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from monitor.model.alert import Alert
from monitor.model.delivery import (
    Attempt,
    Backlog,
    Dispatch,
    Envelope,
    Held,
    History,
    Letter,
    Rejected,
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
            for old, newest in self._shelf.coalesce(destination):
                self._diary.note(old.event_id, trying.skipped(destination, now, newest.event_id))
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

    async def ripe(self, *, now: datetime) -> list[RipeGroup]:
        return self._groups.ripe(now)

    async def fold(
        self, ripe: RipeGroup, told: Sequence[Held], dispatch: Dispatch | None, *, now: datetime
    ) -> None:
        for one in self._groups.tell(ripe, told, now, worth=dispatch is not None):
            self._diary.note(one.event_id, trying.over(ripe.destination, now))
        if dispatch is not None:
            self._put(dispatch)
            self._diary.link([one.event_id for one in told if one.fresh], dispatch)

    async def next_fold(self) -> datetime | None:
        return self._groups.next_due()

    async def letters(
        self, *, destination: str | None = None, dead: bool | None = None, after: int = 0, limit: int = 100
    ) -> list[Letter]:
        return [
            letter
            for letter in self._shelf.letters()
            if letter.row > after
            and destination in (None, letter.destination)
            and dead in (None, bool(letter.reason))
        ][: max(0, limit)]

    async def letter(self, row: int) -> Letter | None:
        return next((letter for letter in self._shelf.letters() if letter.row == row), None)

    async def revive(self, rows: Rows, *, now: datetime) -> list[str]:
        return sorted({name for row in rows if (name := self._shelf.revive(row, now)) is not None})

    async def drop(self, rows: Rows, *, now: datetime) -> int:
        dropped = [one for row in rows if (one := self._shelf.take(row)) is not None]
        for one in dropped:
            self._diary.note(one.event_id, trying.dropped(one.destination, now))
        return len(dropped)

    async def history(self, wanted: Wanted) -> list[History]:
        return self._diary.history(wanted)

    async def forget(self, *, before: datetime) -> int:
        self._groups.forget(before)
        return self._diary.forget(before)

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
        for held in dispatch.held:
            self._shelf.know(held.destination)
            older = self._groups.hold(held)
            if older is not None:
                said = trying.skipped(held.destination, held.created_at, held.event_id)
                self._diary.note(older.event_id, said)
