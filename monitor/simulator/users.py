"""Users: who they are, and how long they were in which routing status. Pure.

In: a world or centre, and parsed questions. Out: dictionaries ready for JSON. Presence times are known to the
platform but not simulated: they are missing, like everything without events.
"""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from functools import partial

from monitor.simulator.aggregation import AggregateQuery, Vocabulary, parse, period
from monitor.simulator.centre import Agent, Centre
from monitor.simulator.filters import flaw
from monitor.simulator.paging import Document, Listing, page
from monitor.simulator.platform import division_entity, presences
from monitor.simulator.vocabulary import USER_DIMENSIONS, USER_METRICS
from monitor.simulator.world import World

MAX_USERS = 100
"""The platform's limit of userId predicates per query."""

_USERS = "/api/v2/users"
_WORDS = Vocabulary(kind="User", metrics=USER_METRICS, dimensions=USER_DIMENSIONS)
_STATUS = "tAgentRoutingStatus"


def user_page(centre: Centre, asked: Listing) -> Document:
    """One page of the users asked for by id (none: all), in order of name."""
    ids = frozenset(asked.ids)
    found = sorted(
        (agent for agent in centre.agents if not ids or agent.id in ids),
        key=lambda agent: (agent.name, agent.id),
    )
    return page(found, asked, _USERS, partial(_user_entity, centre))


def user_query(body: object) -> AggregateQuery:
    """Read a request body; raises Refusal (400) naming the first flaw found."""
    query = parse(body, _WORDS)
    named = sum(predicate.operator == "matches" for predicate in query.filter.predicates())
    if named > MAX_USERS:
        raise flaw("filter", f"Query has {named} userId predicates. The maximum is {MAX_USERS}.")
    return query


def user_aggregates(world: World, query: AggregateQuery) -> Document:
    """Time in each routing status, for each user or for all together; users without any are missing."""
    ids = [agent.id for agent in world.centre.agents if query.filter.accepts({"userId": agent.id})]
    parts = [([user_id], {"userId": user_id}) for user_id in ids] if query.group_by else [(ids, {})]
    results = []
    for users, group in parts:
        data = [bucket for start, end in query.buckets() for bucket in _bucket(world, users, start, end)]
        if data and _STATUS in query.metrics:
            results.append({"group": group, "data": data})
    return {"systemToOrganizationMappings": presences(), "results": results}


def _bucket(world: World, users: list[str], start: datetime, end: datetime) -> Iterator[Document]:
    spent: Counter[str] = Counter()
    for user_id in users:
        spent.update(world.status_time(user_id, start, end))
    metrics = [
        {"metric": _STATUS, "qualifier": status, "stats": {"sum": time}} for status, time in spent.items()
    ]
    if metrics:
        yield {"interval": period(start, end), "metrics": metrics}


def _user_entity(centre: Centre, agent: Agent) -> Document:
    return {
        "id": agent.id,
        "name": agent.name,
        "division": division_entity(centre.by_id[agent.queues[0]].division),
        "state": "active",
        "version": 7,
        "acdAutoAnswer": False,
        "selfUri": f"{_USERS}/{agent.id}",
    }
