"""What one destination was told: for those who show it anew after each connect, or repeat it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import structlog

from monitor.model.alert import EVERYBODY, Alert, AlertState
from monitor.model.delivery import StateRecord
from monitor.outbox import envelope
from monitor.outbox.forms import Form
from monitor.outbox.notice import Notice
from monitor.ports import AlertStore

log = structlog.get_logger(__name__)

Place = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Records:
    """The newest event of every alert that `destination` heard of. `page` is our own page's base URL.

    An event that cannot be read, because an older version kept less of it, is left out and logged once.
    """

    destination: str
    store: AlertStore
    alerts: Callable[[], Iterable[Alert]]
    form: Form
    page: str
    _unread: set[str] = field(default_factory=set, init=False)

    async def states(self) -> list[StateRecord]:
        """Return what is to be shown, or not any more. Raises StoreError."""
        states = await self.store.states()
        heard = {_place(alert) for alert in self.alerts() if self._heard(alert)}
        return [one for one in states if not one.body or (one.org, one.rule, one.entity) in heard]

    async def firing(self) -> list[bytes]:
        """Return the bodies of what fires, in the destination's own form. Raises StoreError."""
        told = {
            _place(alert)
            for alert in self.alerts()
            if alert.state is AlertState.FIRING and alert.told is not None and self._heard(alert)
        }
        bodies = (
            self._body(one)
            for one in await self.store.states()
            if one.body and (one.org, one.rule, one.entity) in told
        )
        return [body for body in bodies if body is not None]

    def _body(self, state: StateRecord) -> bytes | None:
        try:
            said = envelope.decode(state.body)
        except ValueError as error:
            if state.event_id not in self._unread:
                self._unread.add(state.event_id)
                log.warning(
                    "state.unreadable", destination=self.destination, id=state.event_id, error=str(error)
                )
            return None
        return self.form.encode(
            Notice(id=state.event_id, receiver=self.destination, events=(said,), page=self.page)
        )

    def _heard(self, alert: Alert) -> bool:
        return self.destination in alert.heard or EVERYBODY in alert.heard


def _place(alert: Alert) -> Place:
    return alert.org, alert.rule, alert.entity.key
