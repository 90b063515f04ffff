"""The requests of the platform dialect: JSON bodies and query strings. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TypeAlias
from urllib.parse import quote

from monitor.clients.platform.decode.tasks import LIVE_METRICS
from monitor.model.interval import Interval

Query: TypeAlias = Mapping[str, object]
"""The body of an analytics query."""

PREDICATE_LIMIT = 200
"""Queue ids per query: the platform refuses more in an observation query (GENESYS.md §4.1).

The aggregate queries keep to it as well; about more queues than that they are asked unfiltered, because one
answer for the whole org costs one request where 5,000 queues would cost 25.
"""
USER_LIMIT = 100
"""User ids per query of user aggregates (GENESYS.md §6.1), and per page of users."""
VIEW_LIMIT = 10
"""Views per aggregate query (GENESYS.md §5)."""
PAGE_SIZE = 100
"""Entities per page: the maximum is not published, clients use 100 (GENESYS.md §7)."""

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
"""All eleven metrics of queue observations."""
SERVICE_METRICS = (
    "nOffered",
    "tAnswered",
    "tAbandon",
    "tShortAbandon",
    "tFlowOut",
    "nOverSla",
    "oServiceLevel",
    "oServiceTarget",
    "tWait",
    "tHandle",
)
FURTHER_METRICS = ("tAnswered",)
"""What is asked again with the thresholds that did not fit into the first query."""
USE_METRICS = ("tHandle", "tAcw", "tHeldComplete")
STRATEGY_METRICS = ("tHandle", "tAnswered", "tAbandon")
STATUS_METRICS = ("tAgentRoutingStatus",)
WORKITEM_METRICS = (
    "nWorkitemsOffered",
    "nWorkitemsOverSla",
    "oWorkitemsServiceLevel",
    "tWorkitemsHandled",
)


def encoded(query: Query) -> bytes:
    """Return a query as the bytes that are sent."""
    return json.dumps(query).encode()


def queues_page(number: int) -> str:
    """Return the query string of directory page `number` (1, 2, …)."""
    return f"?pageNumber={number}&pageSize={PAGE_SIZE}"


def users_page(agents: Sequence[str], number: int) -> str:
    """Return the query string of page `number` (1, 2, …) of these users, at most `USER_LIMIT`."""
    ids = "".join(f"id={quote(agent, safe='')}&" for agent in agents)
    return f"?{ids}pageNumber={number}&pageSize={PAGE_SIZE}"


def results_page(cursor: str | None) -> str:
    """Return the query string of a job's page of results."""
    return "" if cursor is None else f"?cursor={quote(cursor, safe='')}"


def observations(queue_ids: Sequence[str]) -> Query:
    """Ask how these queues are; at most `PREDICATE_LIMIT` of them."""
    return {"filter": _any_of("queueId", queue_ids), "metrics": METRICS}


def named(ids: Sequence[str]) -> bool:
    """Return whether a query can list these ids in its filter."""
    return 0 < len(ids) <= PREDICATE_LIMIT


def views(thresholds: Sequence[float]) -> list[dict[str, float]]:
    """Return name → threshold (seconds) for each call that is needed to ask for all of them, at least one."""
    every = [(_view(threshold), threshold) for threshold in dict.fromkeys(thresholds)]
    starts = range(0, max(len(every), 1), VIEW_LIMIT)
    return [dict(every[start : start + VIEW_LIMIT]) for start in starts]


def _view(threshold: float) -> str:
    milliseconds = _milliseconds(threshold)
    whole, rest = divmod(milliseconds, 1000)
    return f"answeredWithin{milliseconds}ms" if rest else f"answeredWithin{whole}s"


def service(
    queue_ids: Sequence[str], interval: Interval, bounds: Mapping[str, float], *, further: bool = False
) -> Query:
    """Ask what these queues answered; `bounds` maps the name of a view to its threshold in seconds.

    "Within" is inclusive, the platform's upper bound is not: hence the millisecond more.
    """
    return {
        "interval": span(interval),
        "groupBy": ["queueId", "mediaType"],
        **_filter("queueId", queue_ids),
        "metrics": FURTHER_METRICS if further else SERVICE_METRICS,
        "views": [
            {
                "name": name,
                "target": "tAnswered",
                "function": "rangeBound",
                "range": {"lt": _milliseconds(threshold) + 1},
            }
            for name, threshold in bounds.items()
        ],
    }


def use(agents: Sequence[str], interval: Interval, bucket: float) -> Query:
    """Ask how long these agents (none named: all) worked in every `bucket` seconds."""
    return {
        "interval": span(interval),
        "granularity": granularity(bucket),
        "groupBy": ["userId", "queueId"],
        **_filter("userId", agents),
        "metrics": USE_METRICS,
    }


def statuses(agents: Sequence[str], interval: Interval) -> Query:
    """Ask how long these agents, at most `USER_LIMIT`, were in each routing status."""
    return {
        "interval": span(interval),
        "groupBy": ["userId"],
        "filter": _any_of("userId", agents),
        "metrics": STATUS_METRICS,
    }


def strategies(interval: Interval) -> Query:
    """Ask how the routing methods did."""
    return {"interval": span(interval), "groupBy": ["usedRouting"], "metrics": STRATEGY_METRICS}


def workitems(queue_ids: Sequence[str], interval: Interval, bucket: float, zone: str) -> Query:
    """Ask for these queues' work items in every `bucket` seconds; `zone` is an IANA name."""
    return {
        "interval": span(interval),
        "granularity": granularity(bucket),
        "timeZone": zone,
        "groupBy": ["queueId"],
        **_filter("queueId", queue_ids),
        "metrics": WORKITEM_METRICS,
    }


def workitem_state(queue_id: str) -> Query:
    """Ask how one queue's work items are; the platform takes one queue at a time (GENESYS.md §6.3)."""
    return {
        "groupBy": ["queueId"],
        "metrics": [{"name": metric} for metric in LIVE_METRICS],
        "filter": {"predicates": [{"dimension": "queueId", "value": queue_id}]},
    }


def span(interval: Interval) -> str:
    """Return an interval as the platform writes it."""
    return f"{_date(interval.start)}/{_date(interval.end)}"


def granularity(seconds: float) -> str:
    """Return a length as an ISO 8601 duration; whole days as days, so that a time zone can bend them."""
    whole = round(seconds)
    if whole % 86400 == 0:
        return f"P{whole // 86400}D"
    return f"PT{whole}S" if whole % 60 else f"PT{whole // 60}M"


def _date(at: datetime) -> str:
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"


def _milliseconds(seconds: float) -> int:
    return round(seconds * 1000)


def _filter(dimension: str, ids: Sequence[str]) -> Query:
    return {"filter": _any_of(dimension, ids)} if named(ids) else {}


def _any_of(dimension: str, ids: Sequence[str]) -> Query:
    predicates = [
        {"type": "dimension", "dimension": dimension, "operator": "matches", "value": one} for one in ids
    ]
    return {"type": "or", "predicates": predicates}
