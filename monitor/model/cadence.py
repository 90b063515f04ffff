"""What asking costs: requests a minute, question by question. Pure arithmetic over settings.

For a number of watched queues, these are the requests of a poll in which nothing fails:

    question       platform                                          guides
    directory      pages of 100 queues                               pages of 100 queues
    queues         batches of 200 queues                             batches of 200 queues
    service_level  windows × ceil(thresholds ÷ 10)                   windows × (1 + thresholds) × batches
    agents         1 for what they did + 1 per 100 people, + 1       1
                   per 100 people where names are asked for
    workitems      1 for the buckets + 1 per queue, at most 30       4 a batch: query, two looks, one chunk
    strategies     1, or 3 over a span of more than a day: job,      4: the list, query, one look, results
                   one look, results

A batch is 200 queues. How many people there are is told only by the answer: without named ids it is
reckoned with 100, the least that costs anything. The guides' numbers for agents, workitems and strategies are
the least as well: long answers have more pages and chunks, and a query that takes long is looked at more
often; so is a job of the platform. What is over the budget waits for its turn.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import takewhile

from monitor.model.settings import (
    AgentsSettings,
    OrgSettings,
    ServiceLevelSettings,
)

MINUTE = 60.0

BATCH = 200
"""Queues that one question about queues may name (GENESYS.md §4.1)."""

DIRECTORY_PAGE = 100
"""Queues of a directory page: what clients of the platform use (GENESYS.md §7)."""

VIEWS = 10
"""Views, one a threshold, of one aggregate query (GENESYS.md §5)."""

PEOPLE = 100
"""Users that one query for status time may name (GENESYS.md §6.1), and one page of names holds."""

STATES = 30
"""Queues of one poll whose work items are looked at now: the query takes a single queue (GENESYS.md §6.3)."""

DAY = 86_400.0
"""Seconds of the longest span that the platform is asked about at once; beyond it there is a job."""

LARGEST = 50_000
"""Queues beyond which nobody asks how many still fit: the cap of a directory."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """One question: the requests of a poll, and the seconds from one poll to the next."""

    question: str
    requests: int
    interval: float

    @property
    def per_minute(self) -> float:
        """Requests a minute."""
        return self.requests * MINUTE / self.interval


def costs(org: OrgSettings, queues: int) -> tuple[Cost, ...]:
    """Return what each question that `org` is asked costs with `queues` watched queues."""
    return tuple(_costs(org, queues))


def demand(org: OrgSettings, queues: int) -> Mapping[str, float]:
    """Return question → requests a minute with `queues` watched queues."""
    return {cost.question: cost.per_minute for cost in costs(org, queues)}


def named(org: OrgSettings) -> int:
    """Return how many watched queues the settings name; 0 where the directory decides."""
    return len(org.directory.select.ids)


def capacity(org: OrgSettings) -> int:
    """Return about how many queues can be watched within the org's budget: whole batches, or 0."""
    sizes = range(BATCH, LARGEST + 1, BATCH)
    fitting = takewhile(lambda size: sum(demand(org, size).values()) <= org.budget, sizes)
    return max(fitting, default=0)


def _costs(org: OrgSettings, queues: int) -> Iterator[Cost]:
    yield Cost(question="directory", requests=_parts(queues, DIRECTORY_PAGE), interval=org.directory.interval)
    if org.queues:
        yield Cost(question="queues", requests=_parts(queues, BATCH), interval=org.queues.interval)
    if (levels := org.service_level) is not None:
        requests = _platform_levels(levels) if org.dialect == "platform" else _guides_levels(levels, queues)
        yield Cost(question="service_level", requests=requests, interval=levels.interval)
    if (agents := org.agents) is not None:
        requests = _platform_agents(agents) if org.dialect == "platform" else 1
        yield Cost(question="agents", requests=requests, interval=agents.interval)
    if (workitems := org.workitems) is not None:
        watched = len(workitems.select.ids) or queues
        platform = org.dialect == "platform"
        requests = _platform_workitems(watched) if platform else 4 * _parts(watched, BATCH)
        yield Cost(question="workitems", requests=requests, interval=workitems.interval)
    if (strategies := org.strategies) is not None:
        at_once = 3 if strategies.span > DAY else 1
        requests = at_once if org.dialect == "platform" else 4
        yield Cost(question="strategies", requests=requests, interval=strategies.interval)


def _platform_levels(levels: ServiceLevelSettings) -> int:
    return len(levels.windows) * _parts(len(levels.thresholds), VIEWS)


def _guides_levels(levels: ServiceLevelSettings, queues: int) -> int:
    return len(levels.windows) * (1 + len(levels.thresholds)) * _parts(queues, BATCH)


def _platform_agents(agents: AgentsSettings) -> int:
    return 1 + _parts(len(agents.ids), PEOPLE) * (2 if agents.include_names else 1)


def _platform_workitems(queues: int) -> int:
    return 1 + min(STATES, max(1, queues))


def _parts(count: int, size: int) -> int:
    """Return how many requests of `size` it takes for `count`; at least one."""
    return max(1, math.ceil(count / size))
