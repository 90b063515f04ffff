"""`/api/v1/health`: how the daemon itself is, in one look; whether it is ready is `/readyz`'s business."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Iterable, Sequence
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from monitor.model.alert import Alert, AlertState
from monitor.model.board import SourceState
from monitor.model.delivery import Backlog
from monitor.ports import Clock
from monitor.web import reading, shapes
from monitor.web.access import Address, Scope
from monitor.web.answers import Said


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """Answers how we are.

    `writable` tries the store, `settled` says that every source has answered or is known to fail, `lag` is
    how late (seconds) the event loop turns, `queues` how many queues are watched. `backlog` is what waits for
    each destination, `disabled` are those that get nothing because they said they are gone.
    """

    instance: str
    clock: Clock
    writable: Callable[[], Awaitable[bool]]
    settled: Callable[[], bool]
    lag: Callable[[], float]
    queues: Callable[[], int]
    sources: Callable[[], Sequence[SourceState]]
    alerts: Callable[[], Iterable[Alert]]
    backlog: Callable[[], Sequence[Backlog]]
    disabled: Callable[[], Collection[str]]

    def addresses(self) -> list[Address]:
        """Return the addresses and what answers there."""
        return [Address(path="/api/v1/health", endpoint=self.told, scope=Scope.READ)]

    async def told(self, request: Request) -> Response:
        """Return the numbers: 200 however bad they are, since they are what was asked for."""
        reading.parameters(request)
        writable = await self.writable()
        return Said(
            {
                "instance": self.instance,
                "now": shapes.date(self.clock.now()),
                "ready": writable and self.settled(),
                "store": "writable" if writable else "not writable",
                "lag": round(self.lag(), 3),
                "queues": self.queues(),
                "alerts": _alerts(self.alerts()),
                "sources": _sources(self.sources()),
                "deliveries": _deliveries(self.backlog(), self.disabled()),
            }
        )


def _alerts(alerts: Iterable[Alert]) -> dict[str, int]:
    states = [one.state for one in alerts]
    return {one.value: states.count(one) for one in (AlertState.FIRING, AlertState.PENDING)}


def _sources(sources: Sequence[SourceState]) -> dict[str, int]:
    return {
        "up": sum(one.up is True for one in sources),
        "down": sum(one.up is False for one in sources),
        "waiting": sum(one.up is None for one in sources),
        "stale": sum(one.stale for one in sources),
    }


def _deliveries(backlog: Sequence[Backlog], disabled: Collection[str]) -> dict[str, object]:
    oldest = min((one.oldest for one in backlog if one.oldest is not None), default=None)
    return {
        "waiting": sum(one.depth for one in backlog),
        "oldest": shapes.date(oldest),
        "dead": sum(one.dead for one in backlog),
        "disabled": sorted(disabled),
    }
