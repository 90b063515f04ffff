"""Makes the sources that one org is asked by, each with the poller that asks it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from random import Random

from monitor.app.connecting import Connection
from monitor.kit.http import Http
from monitor.model.pace import Pace
from monitor.model.settings import OrgSettings, StrategiesSettings
from monitor.ports import Clock, Consumer, Source, Telemetry
from monitor.sinks.evaluations import EvaluationSink
from monitor.sources.agents import AgentsSource
from monitor.sources.checking import SelfCheck
from monitor.sources.directory import DirectorySource
from monitor.sources.poller import Poller
from monitor.sources.queues import QueuesSource
from monitor.sources.servicelevel import ServiceLevelSource
from monitor.sources.strategies import StrategiesSource
from monitor.sources.workitems import WorkitemsSource

DIRECTORY_TIMEOUT = 60.0
"""Seconds to read a whole directory: 50 pages at 5,000 queues."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A source, and how often and how long it is asked, in seconds."""

    source: Source
    interval: float
    timeout: float


@dataclass(frozen=True, slots=True)
class Tools:
    """What every source and poller is made with."""

    http: Http
    clock: Clock
    telemetry: Telemetry
    random: Random


def paces(org: OrgSettings) -> Mapping[str, Pace]:
    """Return the pace of each of the org's sources; empty where none is asked."""
    questions = {
        "queues": org.queues,
        "service_level": org.service_level,
        "agents": org.agents,
        "workitems": org.workitems,
        "strategies": org.strategies,
    }
    found = {name: Pace(one.interval, one.timeout) for name, one in questions.items() if one is not None}
    return {"directory": Pace(org.directory.interval, DIRECTORY_TIMEOUT), **found} if found else {}


def sources(connection: Connection, tools: Tools) -> Iterator[Asked]:
    """Yield every source of the org, the directory first."""
    org, platform = connection.org, connection.platform
    if not paces(org):
        return
    clock, telemetry = tools.clock, tools.telemetry
    directory = DirectorySource(org.name, platform, org.directory.select, clock)
    yield Asked(directory, org.directory.interval, DIRECTORY_TIMEOUT)
    if (queues := org.queues) is not None:
        source: Source = QueuesSource(org.name, platform, directory, clock, telemetry)
        yield Asked(source, queues.interval, queues.timeout)
    if (level := org.service_level) is not None:
        check = SelfCheck(level.formula) if level.self_check and org.dialect == "platform" else None
        source = ServiceLevelSource(
            org.name, org.dialect, platform, directory, level.windows, level.thresholds, level.lag,
            level.formula, check, clock, telemetry,
        )  # fmt: skip
        yield Asked(source, level.interval, level.timeout)
    if (agents := org.agents) is not None:
        source = AgentsSource(
            org.name, org.dialect, platform, directory, agents.bucket, agents.lag, agents.ids,
            agents.include_names, agents.agents_cap, clock, telemetry,
        )  # fmt: skip
        yield Asked(source, agents.interval, agents.timeout)
    if (workitems := org.workitems) is not None:
        source = WorkitemsSource(
            org.name, org.dialect, platform, directory, workitems.select, workitems.bucket, org.zone,
            clock, telemetry,
        )  # fmt: skip
        yield Asked(source, workitems.interval, workitems.timeout)
    if (strategies := org.strategies) is not None:
        source = evaluating(connection, strategies, tools)
        yield Asked(source, strategies.interval, strategies.timeout)


def evaluating(connection: Connection, settings: StrategiesSettings, tools: Tools) -> StrategiesSource:
    """Return the source that evaluates routing strategies and hands each evaluation on."""
    sink = EvaluationSink(tools.http, settings.webhook, settings.audit_path, tools.clock)
    return StrategiesSource(
        connection.org.name, connection.platform, settings.span, settings.ids, settings.weights,
        sink.publish, tools.clock, tools.telemetry,
    )  # fmt: skip


def pollers(connection: Connection, consumers: tuple[Consumer, ...], tools: Tools) -> dict[str, Poller]:
    """Return the org's pollers by task name."""
    org = connection.org.name
    return {
        f"poll.{org}.{asked.source.name}": Poller(
            org=org,
            source=asked.source,
            interval=asked.interval,
            timeout=asked.timeout,
            consumers=consumers,
            clock=tools.clock,
            telemetry=tools.telemetry,
            random=tools.random,
        )
        for asked in sources(connection, tools)
    }
