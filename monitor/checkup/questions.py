"""Asks every enabled question once, as cheaply as it can be asked, to see whether it is answered."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial

from monitor.checkup.finding import Finding, failure, ok, warning
from monitor.model.errors import NotOffered, PlatformError, Throttled
from monitor.model.interval import Interval
from monitor.model.observation import Oddities
from monitor.model.org import Queue
from monitor.model.settings import (
    AgentsSettings,
    OrgSettings,
    ServiceLevelSettings,
    StrategiesSettings,
    WorkitemsSettings,
)
from monitor.ports import Platform

MINUTE = 60.0
"""Seconds."""
TIMEOUT = 120.0
"""Seconds one question may take; a job runs for some of them."""

Ask = Callable[[float], Awaitable[Oddities]]
"""Asks until a deadline (the loop's time) and returns what could not be read."""


ABOUT_QUEUES = frozenset({"queues", "service_level", "workitems"})
"""Sources whose question is about queues, and so needs one."""


@dataclass(frozen=True, slots=True)
class Asking:
    """Puts each question at its cheapest: about the queues `ids`, and about the newest whole bucket."""

    platform: Platform
    ids: tuple[str, ...]
    now: datetime

    async def queues(self, deadline: float) -> Oddities:
        """Ask how the queues are."""
        return (await self.platform.queues(self.ids, deadline=deadline)).oddities

    async def service_level(self, settings: ServiceLevelSettings, deadline: float) -> Oddities:
        """Ask what was answered in the shortest window, at every threshold."""
        length = min(window.length for window in settings.windows)
        asked = self._newest(length, MINUTE, settings.lag)
        answer = await self.platform.service_levels(self.ids, asked, settings.thresholds, deadline=deadline)
        return answer.oddities

    async def agents(self, settings: AgentsSettings, dialect: str, deadline: float) -> Oddities:
        """Ask how long agents worked in one bucket, with the names and the status the source asks for."""
        answer = await self.platform.utilization(
            self._newest(settings.bucket, settings.bucket, settings.lag),
            settings.bucket,
            agents=settings.ids,
            names=settings.include_names,
            status=dialect == "platform",
            deadline=deadline,
        )
        return answer.oddities

    async def workitems(self, settings: WorkitemsSettings, zone: str, deadline: float) -> Oddities:
        """Ask about the work items of one bucket."""
        asked = self._newest(settings.bucket, settings.bucket, 0.0)
        answer = await self.platform.workitems(self.ids, asked, settings.bucket, zone, deadline=deadline)
        return answer.oddities

    async def strategies(self, settings: StrategiesSettings, deadline: float) -> Oddities:
        """Ask how the routing strategies did, over the span that is evaluated."""
        asked = self._newest(settings.span, MINUTE, 0.0)
        return (await self.platform.strategies(settings.ids, asked, deadline=deadline)).oddities

    def _newest(self, seconds: float, grid: float, lag: float) -> Interval:
        """Return the newest `seconds` that end on a multiple of `grid` and are over since `lag`."""
        moment = self.now.timestamp() - lag
        end = datetime.fromtimestamp(moment - moment % grid, UTC)
        return Interval(end - timedelta(seconds=seconds), end)


async def asked(
    org: OrgSettings, platform: Platform, watched: Sequence[Queue], now: datetime, time: Callable[[], float]
) -> AsyncIterator[Finding]:
    """Yield one finding per enabled question; `time` is the loop's. One queue is enough for each."""
    ids = tuple(queue.id for queue in watched[:1])
    for source, ask in questions(org, Asking(platform, ids, now)):
        if source in ABOUT_QUEUES and not ids:
            yield warning(source, "not asked: no queue is watched")
        else:
            yield await outcome(source, ask, time() + TIMEOUT)


async def outcome(check: str, ask: Ask, deadline: float) -> Finding:
    """Ask, and say how it went."""
    try:
        oddities = await ask(deadline)
    except Throttled as error:
        return warning(check, f"not answered for now: {error}")
    except NotOffered as error:
        return failure(check, f"not offered here, so switch this source off: {error}")
    except PlatformError as error:
        return failure(check, str(error))
    if oddities:
        fields = ", ".join(f"{field} ({reason})" for field, reason in sorted(oddities))
        return warning(check, f"answered, but {sum(oddities.values())} values cannot be read: {fields}")
    return ok(check, "answered")


def questions(org: OrgSettings, asking: Asking) -> Iterator[tuple[str, Ask]]:
    """Yield the sources that are enabled, each with its question."""
    if org.queues is not None:
        yield "queues", asking.queues
    if org.service_level is not None:
        yield "service_level", partial(asking.service_level, org.service_level)
    if org.agents is not None:
        yield "agents", partial(asking.agents, org.agents, org.dialect)
    if org.workitems is not None:
        yield "workitems", partial(asking.workitems, org.workitems, org.zone)
    if org.strategies is not None:
        yield "strategies", partial(asking.strategies, org.strategies)
