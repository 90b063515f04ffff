"""A store that forgets at the end: for tests in virtual time, where no thread may be waited for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from monitor.model.alert import Alert
from monitor.model.delivery import Attempt, Backlog, Delivered, Envelope, Rejected, Retry, StateRecord
from monitor.model.silence import Silence

_AT_ONCE = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(slots=True)
class MemoryStore:
    """AlertStore and OutboxStore in three dictionaries, behaving as SqliteStore does."""

    dead: dict[int, tuple[Envelope, Rejected]] = field(default_factory=dict)
    _alerts: dict[tuple[str, str, str], Alert] = field(default_factory=dict)
    _states: dict[tuple[str, str, str], StateRecord] = field(default_factory=dict)
    _waiting: dict[int, tuple[Envelope, datetime]] = field(default_factory=dict)
    _silences: dict[str, Silence] = field(default_factory=dict)
    _destinations: set[str] = field(default_factory=set)
    _last_row: int = 0

    async def load(self) -> list[Alert]:
        return list(self._alerts.values())

    async def silences(self) -> list[Silence]:
        return list(self._silences.values())

    async def put_silence(self, silence: Silence) -> None:
        self._silences[silence.id] = silence

    async def states(self) -> list[StateRecord]:
        return list(self._states.values())

    async def commit(
        self, alerts: Sequence[Alert], states: Sequence[StateRecord], envelopes: Sequence[Envelope]
    ) -> None:
        for alert in alerts:
            self._alerts[alert.org, alert.rule, alert.entity.key] = alert
        for state in states:
            known = self._states.get((state.org, state.rule, state.entity))
            if known is None or known.sequence < state.sequence:
                self._states[state.org, state.rule, state.entity] = state
        for envelope in envelopes:
            self._destinations.add(envelope.destination)
            if not self._knows(envelope):
                self._last_row += 1
                self._waiting[self._last_row] = (replace(envelope, row=self._last_row), _AT_ONCE)

    async def due(
        self, destination: str, *, now: datetime, limit: int, probe: bool = False
    ) -> list[Envelope]:
        heads = self._heads(destination)
        if probe:
            heads.sort(key=lambda head: (head[1] > now, head[0].attempts, head[0].row))
            return [envelope for envelope, _ in heads[:limit]]
        return [envelope for envelope, due_at in heads if due_at <= now][:limit]

    async def settle(self, destination: str, attempts: Sequence[Attempt]) -> None:
        for attempt in attempts:
            if attempt.row not in self._waiting or self._waiting[attempt.row][0].destination != destination:
                continue
            envelope, _ = self._waiting.pop(attempt.row)
            tried = replace(envelope, attempts=envelope.attempts + 1)
            match attempt.outcome:
                case Retry():
                    self._waiting[attempt.row] = (tried, attempt.due_at or _AT_ONCE)
                case Rejected():
                    self.dead[attempt.row] = (tried, attempt.outcome)
                case Delivered():
                    pass

    async def expedite(self, destination: str, *, now: datetime) -> None:
        for row, (envelope, due_at) in self._waiting.items():
            if envelope.destination == destination and due_at > now:
                self._waiting[row] = (envelope, _AT_ONCE)

    async def next_due(self, destination: str) -> datetime | None:
        return min((due_at for _, due_at in self._heads(destination)), default=None)

    async def backlog(self) -> list[Backlog]:
        return [self._backlog(name) for name in sorted(self._destinations)]

    async def writable(self) -> None:
        """Do nothing: memory always takes writes."""

    def _backlog(self, name: str) -> Backlog:
        waiting = sorted(row for row, (envelope, _) in self._waiting.items() if envelope.destination == name)
        return Backlog(
            destination=name,
            depth=len(waiting),
            oldest=self._waiting[waiting[0]][0].created_at if waiting else None,
            dead=sum(envelope.destination == name for envelope, _ in self.dead.values()),
        )

    def _heads(self, destination: str) -> list[tuple[Envelope, datetime]]:
        heads: dict[str, tuple[Envelope, datetime]] = {}
        for row in sorted(self._waiting):
            envelope, due_at = self._waiting[row]
            if envelope.destination == destination:
                heads.setdefault(envelope.key, (envelope, due_at))
        return list(heads.values())

    def _knows(self, envelope: Envelope) -> bool:
        kept = [waiting for waiting, _ in self._waiting.values()] + [
            buried for buried, _ in self.dead.values()
        ]
        return any(
            (one.destination, one.event_id) == (envelope.destination, envelope.event_id) for one in kept
        )
