"""The source `service_level`: what was answered in time, per queue, media, window and threshold."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field

import structlog

from monitor.model.observation import ServiceLevels
from monitor.model.org import Queue
from monitor.model.sample import SampleBatch
from monitor.model.servicelevel import Formula, Window
from monitor.ports import Clock, Platform, Telemetry
from monitor.sources.checking import SelfCheck
from monitor.sources.directory import DirectorySource
from monitor.sources.lines import Plan, Sheet, plan
from monitor.sources.windows import newest

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class ServiceLevelSource:
    """Asks once per window and lays the answers out as two tables.

    A media type that a queue has once shown stays, at 0 (or idle) while nothing happens. On the platform
    every media type has its rows by Genesys' definition, and the queue as a whole one by the guides'
    (`definition="answered"`, `media="all"`); the guides know only the latter. A queue that is unknown in any
    window was not answered for: after a restart its media types have no rows, which must not look idle.
    """

    org: str
    dialect: str
    platform: Platform
    directory: DirectorySource
    windows: Sequence[Window]
    thresholds: Sequence[float]
    lag: float
    formula: Formula
    check: SelfCheck | None
    clock: Clock
    telemetry: Telemetry
    name: str = "service_level"
    _media: dict[str, tuple[str, ...]] = field(default_factory=dict, init=False)
    _plan: Plan | None = field(default=None, init=False)

    async def poll(self, *, deadline: float) -> SampleBatch:
        """Ask about every window. Raises PlatformError; nothing is published in part."""
        queues = await self.directory.selected(deadline=deadline)
        now = self.clock.now()
        ids = [queue.id for queue in queues]
        answers = [
            await self.platform.service_levels(
                ids, newest(window, now, self.lag), self.thresholds, deadline=deadline
            )
            for window in (self.windows if ids else ())
        ]
        for answer in answers:
            for (place, reason), count in answer.oddities.items():
                self.telemetry.refused(self.org, self.name, place, reason, count)
        self._remember(queues, answers)
        self._compare(answers)
        return await self._batch(self._planned(queues), answers)

    def _remember(self, queues: Sequence[Queue], answers: Sequence[ServiceLevels]) -> None:
        """Keep which media types each queue has shown."""
        seen = {queue.id: set(self._media.get(queue.id, ())) for queue in queues}
        for service in itertools.chain.from_iterable(answer.queues for answer in answers):
            seen[service.queue_id].add(service.media)
        media = {queue_id: tuple(sorted(several)) for queue_id, several in seen.items()}
        if media != self._media:
            self._media, self._plan = media, None

    def _compare(self, answers: Sequence[ServiceLevels]) -> None:
        """Hold our arithmetic against the platform's; a lasting difference is one line."""
        if self.check is None:
            return
        warning = self.check.check(itertools.chain.from_iterable(answer.queues for answer in answers))
        if warning is not None:
            log.warning("service_level.differs", org=self.org, hint=warning)

    def _planned(self, queues: tuple[Queue, ...]) -> Plan:
        if self._plan is None or self._plan.queues != queues:
            apart = self.dialect == "platform"
            self._plan = plan(queues, self._media, self.windows, self.thresholds, apart=apart)
        return self._plan

    async def _batch(self, shown: Plan, answers: Sequence[ServiceLevels]) -> SampleBatch:
        sheet = Sheet(shown, self.formula)
        unknown = frozenset[str]().union(*(answer.unknown for answer in answers))
        for answer in answers:
            sheet.add(answer)
            await asyncio.sleep(0)  # a window of 5,000 queues takes a while; let others have their turn
        return SampleBatch(
            org=self.org,
            source=self.name,
            observed_at=self.clock.now(),
            tables=sheet.tables(),
            queues=frozenset(queue.id for queue in shown.queues) - unknown,
        )
