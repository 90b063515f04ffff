"""An org for checkups, and a platform of which any answer can be made to fail."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import cast

from monitor.kit.secrets import Secret
from monitor.model.errors import PlatformError
from monitor.model.interval import Interval
from monitor.model.observation import (
    Oddities,
    QueueObservations,
    ServiceLevels,
    Strategies,
    Utilization,
    Workitems,
)
from monitor.model.org import Queue
from monitor.model.settings import (
    AgentsSettings,
    OrgSettings,
    QueuesSettings,
    ServiceLevelSettings,
    StrategiesSettings,
    WorkitemsSettings,
)
from monitor.ports import Platform
from tests.builders import SALES, a_queue

PLAIN = OrgSettings(
    name="acme",
    api_url="https://api.mypurecloud.ie",
    login_url="https://login.mypurecloud.ie",
    client_id=Secret("id-1f2e3d"),
    client_secret=Secret("hunter2-is-secret"),
)
EVERYTHING = replace(
    PLAIN,
    queues=QueuesSettings(),
    service_level=ServiceLevelSettings(),
    agents=AgentsSettings(),
    workitems=WorkitemsSettings(),
    strategies=StrategiesSettings(),
)
QUEUES = (a_queue(), a_queue(SALES, "Sales Voice", "Sales"))


@dataclass
class Patient:
    """A platform that answers with nothing to tell.

    `failures` are errors by method; `asked` is what each method was asked last.
    """

    said: int | None = 300
    queues_known: Sequence[Queue] = QUEUES
    failures: dict[str, PlatformError] = field(default_factory=dict)
    oddities: Oddities = field(default_factory=dict)
    asked: dict[str, tuple[object, ...]] = field(default_factory=dict)

    async def limit(self, *, deadline: float) -> int | None:
        self._note("limit")
        return self.said

    async def directory(self, *, deadline: float) -> tuple[Queue, ...]:
        self._note("directory")
        return tuple(self.queues_known)

    async def queues(self, queue_ids: Sequence[str], *, deadline: float) -> QueueObservations:
        self._note("queues", *queue_ids)
        return QueueObservations(interactions=(), staffing=(), oddities=self.oddities)

    async def service_levels(
        self, queue_ids: Sequence[str], interval: Interval, thresholds: Sequence[float], *, deadline: float
    ) -> ServiceLevels:
        self._note("service_level", *queue_ids, interval)
        return ServiceLevels(interval=interval, queues=())

    async def utilization(
        self,
        interval: Interval,
        bucket: float,
        *,
        agents: Sequence[str] = (),
        names: bool = False,
        status: bool = False,
        deadline: float,
    ) -> Utilization:
        self._note("agents", interval, names, status)
        return Utilization(interval=interval, bucket=bucket, agents=())

    async def workitems(
        self, queue_ids: Sequence[str], interval: Interval, bucket: float, zone: str, *, deadline: float
    ) -> Workitems:
        self._note("workitems", *queue_ids, interval)
        return Workitems(interval=interval, buckets=())

    async def strategies(
        self, strategies: Sequence[str], interval: Interval, *, deadline: float
    ) -> Strategies:
        self._note("strategies", interval)
        return Strategies(interval=interval, strategies=())

    def port(self) -> Platform:
        """Return it as the port."""
        return cast("Platform", self)

    def _note(self, method: str, *asked: object) -> None:
        self.asked[method] = asked
        if method in self.failures:
            raise self.failures[method]
