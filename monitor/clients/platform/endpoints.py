"""The requests of the platform dialect, as bytes and query strings."""

from __future__ import annotations

import json
from collections.abc import Sequence

from monitor.clients.endpoint import Endpoint

PREDICATE_LIMIT = 200
"""Queue ids per observation query: the platform refuses more (GENESYS.md §4.1)."""
PAGE_SIZE = 100
"""Queues per directory page: the maximum is not published, clients use 100 (GENESYS.md §7)."""
PAGE_CAP = 500
"""Pages of a directory we will read: 50,000 queues. More is a loop, not a contact centre."""

QUEUES = Endpoint(name="queues", method="GET", path="/api/v2/routing/queues", permission="routing:queue:view")
OBSERVATIONS = Endpoint(
    name="observations",
    method="POST",
    path="/api/v2/analytics/queues/observations/query",
    permission="analytics:queueObservation:view",
)

METRICS = (
    "oWaiting",
    "oInteracting",
    "oAlerting",
    "oLongestWaiting",
    "oLongestInteracting",
    "oUserRoutingStatuses",
    "oUserPresences",
    "oOnQueueUsers",
    "oOffQueueUsers",
    "oMemberUsers",
    "oActiveUsers",
)
"""All eleven metrics the operation knows."""


def queues_page(number: int) -> str:
    """Return the query string of directory page `number` (1, 2, …)."""
    return f"?pageNumber={number}&pageSize={PAGE_SIZE}"


def observations_body(queue_ids: Sequence[str]) -> bytes:
    """Return the body that asks how these queues are; at most `PREDICATE_LIMIT` of them."""
    predicates = [
        {"type": "dimension", "dimension": "queueId", "operator": "matches", "value": queue_id}
        for queue_id in queue_ids
    ]
    return json.dumps({"filter": {"type": "or", "predicates": predicates}, "metrics": METRICS}).encode()
