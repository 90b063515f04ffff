"""Reads how long agents worked: aggregate answers by user and queue in, rows by agent and by queue out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from monitor.clients.platform.decode import aggregates, wire
from monitor.clients.platform.decode.aggregates import Container, Figures, Parts
from monitor.kit.text import clean
from monitor.model.interval import Interval
from monitor.model.measure import plus
from monitor.model.observation import AgentUse, Figure, QueueUse, Utilization

PARTS: Parts = {"tHandle": ("sum",), "tAcw": ("sum",), "tHeldComplete": ("sum",)}

_LOST: Figures = {(metric, "sum"): None for metric in PARTS}


@dataclass(slots=True)
class _Use:
    """What is added up while reading: by (agent, start), and by (queue, start)."""

    interval: Interval
    oddities: wire.Odd = field(default_factory=Counter)
    agents: dict[tuple[str, datetime], Figures] = field(default_factory=dict)
    active: dict[tuple[str, datetime], Figure] = field(default_factory=dict)
    seen: dict[tuple[str, datetime], set[str]] = field(default_factory=dict)

    def add(self, agent: str, queue: str | None, container: Container) -> None:
        """Add one group."""
        for start, found in self._buckets(container):
            self.agents[agent, start] = aggregates.added(self.agents.get((agent, start)), found)
            if queue:
                key = clean(queue), start
                self.active[key] = plus(self.active.get(key, 0.0), found["tHandle", "sum"])
                self.seen.setdefault(key, set()).add(agent)

    def _buckets(self, container: Container) -> Iterator[tuple[datetime, Figures]]:
        """Yield starts and figures; what cannot be placed in time makes the start of the interval unknown.

        Otherwise a total over the interval would leave it out and be too small without saying so.
        """
        if not container.readable:
            yield self.interval.start, _LOST
        for bucket in container.data or ():
            if bucket.readable and not bucket.metrics:
                continue
            span = aggregates.span(bucket.interval)
            if span is None:
                self.oddities["interval", "malformed"] += 1
                yield self.interval.start, _LOST
            else:
                yield span.start, aggregates.figures(bucket, PARTS, (), self.oddities)


def utilization(
    bodies: Sequence[bytes], interval: Interval, bucket: float, agents: Collection[str]
) -> Utilization:
    """Read all pages of one answer; `agents` empty means all. Raises Unintelligible."""
    use = _Use(interval)
    wanted = frozenset(agents)
    for body in bodies:
        for container in aggregates.page(body, PARTS, use.oddities).results:
            agent, queue = container.group.get("userId"), container.group.get("queueId")
            if not agent:
                use.oddities["user", "missing"] += 1
            elif not wanted or agent in wanted:
                use.add(clean(agent), queue, container)
    return Utilization(
        interval=interval,
        bucket=bucket,
        agents=tuple(_agent(*key, use.agents[key]) for key in sorted(use.agents)),
        queues=tuple(
            QueueUse(
                queue_id=queue,
                start=start,
                active=wire.seconds(use.active[queue, start]),
                agents=len(use.seen[queue, start]),
            )
            for queue, start in sorted(use.active)
        ),
        oddities=dict(use.oddities),
    )


def _agent(agent: str, start: datetime, found: Figures) -> AgentUse:
    """Return one row; the platform's handle time holds after-call work and hold (GENESYS.md §5.1)."""
    active, acw, hold = (wire.seconds(found[metric, "sum"]) for metric in PARTS)
    rest = plus(acw, hold)
    return AgentUse(
        agent_id=agent,
        start=start,
        handle=None if active is None or rest is None else max(active - rest, 0.0),
        acw=acw,
        hold=hold,
        active=active,
    )
