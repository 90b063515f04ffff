"""Commits what a turn changes, and only then lets it be true.

A turn that the store refused is committed again as it was, byte for byte, before anything else: it may have
held.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import structlog

from monitor.alerts.book import Book
from monitor.alerts.turn import Turn
from monitor.model.alert import Alert, AlertEvent
from monitor.model.delivery import Dispatch
from monitor.model.errors import StoreError
from monitor.ports import AlertStore

log = structlog.get_logger(__name__)

Prepare = Callable[[AlertEvent], Dispatch]
"""Makes an event into what is stored and sent; `app` hands in the outbox's."""

BREATH = 100
"""Events made into bytes before others have their turn: about ten milliseconds."""


@dataclass(frozen=True, slots=True)
class _Prepared:
    """A turn with its bytes."""

    turn: Turn
    alerts: Sequence[Alert]
    dispatches: Sequence[Dispatch]


@dataclass(slots=True)
class Committing:
    """Writes turns to `store` and `book`.

    `committed` is called when there is something to send, `changed` whenever an alert is not as it was: one
    that is muted, or whose acknowledgement is over, changes and nothing is sent.
    """

    store: AlertStore
    book: Book
    prepare: Prepare
    committed: Callable[[], None]
    changed: Callable[[], None]
    _refused: _Prepared | None = field(default=None, init=False)

    @property
    def behind(self) -> bool:
        """Whether the store refused a turn that it does not have yet."""
        return self._refused is not None

    async def finish(self, turn: Turn) -> bool:
        """Commit a turn; return whether the store took it. Nobody may call this while we are `behind`."""
        dispatches = []
        for number, event in enumerate(turn.events):
            if number % BREATH == 0:
                await asyncio.sleep(0)
            dispatches.append(self.prepare(event))
        return await self._commit(_Prepared(turn, turn.lasting(), dispatches))

    async def caught_up(self) -> bool:
        """Commit what the store refused before, as it was; return whether nothing is left of it."""
        return self._refused is None or await self._commit(self._refused)

    async def _commit(self, one: _Prepared) -> bool:
        """Return whether the store took a turn; one that it refused is kept, for it may have held."""
        if one.alerts or one.dispatches:
            try:
                await self.store.commit(one.alerts, one.dispatches)
            except StoreError as error:
                if self._refused is None:
                    log.error(
                        "commit.failed", error=str(error), alerts=len(one.alerts), events=len(one.dispatches)
                    )
                    self._refused = one
                return False
        if one is self._refused:
            log.info("commit.recovered")
            self._refused = None
        self.book.fill(one.turn.changed.values())
        for event in one.turn.events:
            _log(event)
        if one.turn.events:
            self.committed()
        if one.turn.changed:
            self.changed()
        return True


def _log(event: AlertEvent) -> None:
    log.info(
        "alert.published",
        kind=event.kind.value, org=event.org, rule=event.rule, severity=event.severity.value,
        queue=event.entity.labels.get("queue", ""), media=event.entity.labels.get("media", ""),
        value=event.evidence.value, threshold=event.threshold, reason=event.reason, id=event.id,
    )  # fmt: skip
