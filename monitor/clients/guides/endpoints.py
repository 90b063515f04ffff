"""The requests of the guides' dialect, as bytes and query strings. Limits are checked before sending."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

from monitor.clients.endpoint import Endpoint
from monitor.model.errors import Refused
from monitor.model.interval import Interval

DAY = 86_400.0
"""Seconds."""
ID_LIMIT = 200
"""Ids per request: the guides name no figure, so the platform's holds (GENESYS.md §4.1)."""
PAGE_SIZE = 250
"""Rows per page (GUIDES.md, numbers)."""
DIRECTORY_PAGE_SIZE = 100
"""Queues per directory page, as on the platform, whose operation this is (GENESYS.md §7)."""
PAGE_CAP = 500
"""Pages of a list we will read: 125,000 rows. More is a loop."""
SPAN_LIMIT = 30 * DAY
"""Seconds one query may span (GUIDES.md, numbers)."""
SEGMENT = 14 * DAY
"""Seconds of the pieces a longer span is split into (GUIDES.md, numbers)."""
WORKITEM_METRIC_LIMIT = 20
STRATEGY_METRIC_LIMIT = 10
"""Metrics one query may ask for (GUIDES.md §4, §5)."""

SCOPES = {
    "queues": "analytics:stats:read",
    "service_level": "analytics:query:view",
    "agents": "analytics:conversation:read user:read",
    "workitems": "analytics:view analytics:export workitem:view",
    "strategies": "analytics:report:read routing:strategy:read",
}
"""The OAuth scopes each question needs (GUIDES.md); `user:read` only for agents' names."""

WAITING = "queue/waiting/count"
AVAILABLE = "queue/agentsAvailable/count"
BUSY = "queue/agentsBusy/count"
AVERAGE_HANDLE = "queue/avgHandleTime"
AVERAGE_WAIT = "queue/avgWaitTime"
AGGREGATES = (WAITING, AVAILABLE, BUSY, AVERAGE_HANDLE, AVERAGE_WAIT)
ANSWERED = "conversation.answered"
HANDLE, ACW, HOLD = "tHandle", "tAcw", "tHold"
MET = "workitem.sla.met.count"
MISSED = "workitem.sla.notMet.count"
BACKLOG = "workitem.assigned.count"
WAIT = "workitem.waitTime.seconds"
WORKITEM_METRICS = (MET, MISSED, BACKLOG, WAIT)
HANDLED, SPEED, ABANDONED = "handledCalls", "avgSpeedOfAnswer", "abandonedCalls"
STRATEGY_METRICS = (HANDLED, SPEED, ABANDONED)
GROUP_BYS = frozenset({"strategyId", "queueId"})
"""What an evaluation may be grouped by (GUIDES.md §5)."""

_ANALYTICS = "/api/v2/analytics"


def _endpoint(name: str, method: str, path: str, source: str) -> Endpoint:
    return Endpoint(name=name, method=method, path=path, permission=SCOPES[source])


QUEUES = Endpoint(name="queues", method="GET", path="/api/v2/routing/queues", permission="routing:queue:view")
IAM_QUEUES = Endpoint(
    name="iam_queues", method="GET", path="/api/v2/iam/queues", permission="routing:queue:view"
)
STATS = _endpoint("stats", "POST", f"{_ANALYTICS}/stats/queues", "queues")
SUMMARY = _endpoint("summary", "POST", f"{_ANALYTICS}/queues/summary/query", "service_level")
DETAILS = _endpoint("details", "POST", f"{_ANALYTICS}/conversations/details/query", "agents")
WORKITEMS = _endpoint("workitems", "POST", f"{_ANALYTICS}/workitems/query", "workitems")
WORKITEMS_QUERY = _endpoint("workitems_query", "GET", f"{_ANALYTICS}/queries/{{query_id}}", "workitems")
WORKITEMS_CHUNK = _endpoint("workitems_chunk", "GET", "", "workitems")
STRATEGIES = _endpoint("strategies", "GET", "/api/v2/routing/strategies", "strategies")
EVALUATION = _endpoint("evaluation", "POST", f"{_ANALYTICS}/routing/strategies/query", "strategies")
EVALUATION_JOB = _endpoint("evaluation_job", "GET", f"{_ANALYTICS}/jobs/{{job_id}}", "strategies")
EVALUATION_RESULTS = _endpoint(
    "evaluation_results", "GET", f"{_ANALYTICS}/jobs/{{job_id}}/results", "strategies"
)


def batches(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    """Yield ids in pieces of at most `ID_LIMIT`."""
    for start in range(0, len(ids), ID_LIMIT):
        yield ids[start : start + ID_LIMIT]


def segments(interval: Interval, overlap: float = 0.0) -> tuple[Interval, ...]:
    """Return the interval, or pieces of 14 days where it spans over 30; each reaches `overlap` s back."""
    if interval.seconds <= SPAN_LIMIT:
        return (interval,)
    back = timedelta(seconds=overlap)
    return tuple(
        Interval(max(piece.start - back, interval.start), piece.end) for piece in interval.cut(SEGMENT)
    )


def newest_half(interval: Interval, bucket: float) -> Interval | None:
    """Return the newer half of the buckets of `bucket` s, rounded up; None where there is only one."""
    count = int(-(-interval.seconds // bucket))
    if count < 2:
        return None
    return Interval(interval.start + timedelta(seconds=count // 2 * bucket), interval.end)


def queues_page(number: int) -> str:
    """Return the query string of directory page `number` (1, 2, …)."""
    return f"?pageNumber={number}&pageSize={DIRECTORY_PAGE_SIZE}"


def first_page() -> str:
    """Return the query string of the first page of any other list."""
    return f"?pageSize={PAGE_SIZE}"


def stats_body(queue_ids: Sequence[str]) -> bytes:
    """Return the body that asks how these queues are right now."""
    return _json({"intervalType": "realtime", "queues": list(queue_ids), "aggregates": AGGREGATES})


def summary_body(
    queue_ids: Sequence[str], interval: Interval, threshold: float | None, token: str | None
) -> bytes:
    """Return the body that counts what was answered, within `threshold` seconds or, with None, at all."""
    filters: list[dict[str, object]] = [{"path": "queue.id", "condition": "in", "values": list(queue_ids)}]
    if threshold is not None:
        filters.append({"path": "waitTime", "condition": "<=", "value": round(threshold * 1000)})
    return _json(
        {
            "dateRange": {"startDate": _date(interval.start), "endDate": _date(interval.end)},
            "groupings": ["queue"],
            "metrics": [ANSWERED],
            "filters": filters,
            "pageSize": PAGE_SIZE,
            **({"pageToken": token} if token else {}),
        }
    )


def details_body(
    interval: Interval,
    bucket: float,
    *,
    agents: Sequence[str] = (),
    names: bool = False,
    by_user: bool = True,
    token: str | None = None,
) -> bytes:
    """Return the body that asks how long agents worked per `bucket` seconds; names only where wanted."""
    return _json(
        {
            "interval": duration(bucket),
            "groupBy": ["user", "time"] if by_user else ["time"],
            "metrics": {HANDLE: {}, ACW: {}, HOLD: {}},
            "view": "agent",
            "dateFrom": _date(interval.start),
            "dateTo": _date(interval.end),
            "select": ["id", "name"] if names else ["id"],
            **({"filter": {"type": "user", "ids": list(agents)}} if agents else {}),
            **({"pageToken": token} if token else {}),
        }
    )


def workitems_body(
    queue_ids: Sequence[str],
    interval: Interval,
    bucket: float,
    zone: str,
    metrics: Sequence[str] = WORKITEM_METRICS,
) -> bytes:
    """Return the body that asks for work items per `bucket` seconds. Raises Refused beyond the limits."""
    _check("work items", len(metrics), WORKITEM_METRIC_LIMIT, interval)
    clauses = [
        {"dimension": "queue.id", "type": "in", "values": list(queue_ids)},
        {"dimension": "workitem.status", "type": "in", "values": ["assigned", "new"]},
    ]
    return _json(
        {
            "metrics": metrics,
            "timeGrouping": duration(bucket),
            "groups": ["queue.id"],
            "filters": {"type": "and", "clauses": clauses},
            "dateFrom": _date(interval.start),
            "dateTo": _date(interval.end),
            "timezone": zone,
            "queryType": "workitems",
        }
    )


def evaluation_body(
    strategies: Sequence[str],
    interval: Interval,
    metrics: Sequence[str] = STRATEGY_METRICS,
    group_bys: Sequence[str] = ("strategyId",),
) -> bytes:
    """Return the body that asks how strategies did. Raises Refused beyond the limits."""
    _check("routing strategies", len(metrics), STRATEGY_METRIC_LIMIT, interval)
    unsupported = sorted(set(group_bys) - GROUP_BYS)
    if unsupported:
        raise Refused(f"routing strategies cannot be grouped by {', '.join(unsupported)}: nothing was sent")
    return _json(
        {
            "strategyIds": list(strategies),
            "metricTypes": metrics,
            "timeGroup": "byDay",
            "interval": "P1D",
            "from": _date(interval.start),
            "to": _date(interval.end),
            "groupBys": group_bys,
            "async": True,
        }
    )


def duration(seconds: float) -> str:
    """Return whole seconds as ISO 8601: P1D, PT1H, PT30M, PT45S."""
    for pattern, length in (("P{:.0f}D", DAY), ("PT{:.0f}H", 3600.0), ("PT{:.0f}M", 60.0)):
        if seconds % length == 0:
            return pattern.format(seconds / length)
    return f"PT{seconds:.0f}S"


def _check(what: str, metrics: int, limit: int, interval: Interval) -> None:
    if metrics > limit:
        raise Refused(f"{what}: {metrics} metrics, at most {limit} are answered: nothing was sent")
    if interval.seconds > SPAN_LIMIT:
        raise Refused(f"{what}: a span of {interval.seconds / DAY:.1f} days, at most 30: nothing was sent")


def _date(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _json(body: dict[str, object]) -> bytes:
    return json.dumps(body).encode()
