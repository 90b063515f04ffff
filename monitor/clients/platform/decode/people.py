"""Reads what is known of agents: their names, and how long each was in which routing status."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from monitor.clients.platform.decode import aggregates, wire
from monitor.clients.platform.decode.aggregates import Bucket, Parts, Stats
from monitor.clients.platform.decode.observations import ROUTING_STATUSES
from monitor.kit.text import clean
from monitor.model.measure import plus
from monitor.model.observation import Figure, Oddities

PARTS: Parts = {"tAgentRoutingStatus": ("sum",)}

_METRIC = "tAgentRoutingStatus"
_WHAT = "the list of users"
_NOTHING = Stats()


def names(body: bytes) -> tuple[dict[str, str], int]:
    """Read a page of `GET /users`: names by id, and the number of pages. Raises Unintelligible.

    A name that is no text is left out, as if the user had none.
    """
    raw = wire.frame(body, what=_WHAT)
    users = [(entry.get("id"), entry.get("name")) for entry in wire.listed(raw, "entities", what=_WHAT)]
    count = raw.get("pageCount")
    return (
        {clean(one): clean(name) for one, name in users if isinstance(one, str) and isinstance(name, str)},
        count if isinstance(count, int) else 1,
    )


def statuses(body: bytes, agents: Sequence[str]) -> tuple[dict[str, dict[str, Figure]], Oddities]:
    """Read how many seconds each agent was in which routing status, and what was odd.

    An agent the answer does not mention was in none. Raises Unintelligible.
    """
    oddities: wire.Odd = Counter()
    result: dict[str, dict[str, Figure]] = {agent: {} for agent in agents}
    for container in aggregates.page(body, PARTS, oddities).results:
        agent = clean(container.group.get("userId") or "")
        if agent not in result:
            oddities["user", "unasked" if agent else "missing"] += 1
            continue
        _add(result[agent], container.data or (), oddities)
        if not (container.readable and all(bucket.readable for bucket in container.data or ())):
            lost = dict.fromkeys((*ROUTING_STATUSES, *result[agent]))
            result[agent] = {**lost, **(result[agent] if container.readable else {})}
    return result, dict(oddities)


def _add(found: dict[str, Figure], buckets: Iterable[Bucket], oddities: wire.Odd) -> None:
    for bucket in buckets:
        for datum in bucket.metrics or ():
            if datum.metric == _METRIC and datum.qualifier:
                status = clean(datum.qualifier)
                length = wire.seconds(wire.figure((datum.stats or _NOTHING).sum, _METRIC, oddities))
                found[status] = plus(found.get(status, 0.0), length)
