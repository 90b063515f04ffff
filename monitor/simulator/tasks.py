"""Work items as the platform counts them: over spans, and the present backlog. Pure.

In: a world and request bodies. Out: dictionaries ready for JSON; flawed questions raise `Refusal` (400).
Metrics and groups without events are missing, and so are known metrics that are not simulated.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from monitor.simulator.aggregates import statistics
from monitor.simulator.aggregation import AggregateQuery, Vocabulary, parse, period
from monitor.simulator.filters import array, enumerated, flaw, mapping
from monitor.simulator.paging import Document
from monitor.simulator.platform import milliseconds
from monitor.simulator.refusal import not_allowed
from monitor.simulator.vocabulary import TASK_DIMENSIONS, TASK_GROUPS, TASK_METRICS, TASK_OBSERVATIONS
from monitor.simulator.workbench import TARGET_SHARE, Workbench
from monitor.simulator.world import World

_WORDS = Vocabulary(kind="TaskManagement", metrics=TASK_METRICS, dimensions=TASK_DIMENSIONS)
_PREDICATES = ("queueId", "typeId")
_QUALIFIERS = ("Hours24", "Hours72")


@dataclass(frozen=True, slots=True, kw_only=True)
class BacklogQuery:
    """Which metrics of which queue's present backlog are wanted, and whether by queue."""

    queue_id: str
    by_queue: bool
    metrics: tuple[str, ...]


def task_query(body: object) -> AggregateQuery:
    """Read the body of an aggregate query; raises Refusal (400) naming the first flaw found."""
    return parse(body, _WORDS)


def task_aggregates(workbench: Workbench, query: AggregateQuery) -> Document:
    """Work item metrics over spans, by queue or for all together."""
    ids = [queue_id for queue_id in workbench.queues if query.filter.accepts({"queueId": queue_id})]
    by_queue = "queueId" in query.group_by
    parts = [([queue_id], {"queueId": queue_id}) for queue_id in ids] if by_queue else [(ids, {})]
    results = []
    for queues, group in parts:
        data: list[Document] = []
        for start, end in query.buckets():
            found = _counted(workbench, queues, start, end)
            metrics = [{"metric": name, "stats": found[name]} for name in query.metrics if name in found]
            if metrics:
                data.append({"interval": period(start, end), "metrics": metrics})
        if data:
            results.append({"group": group, "data": data})
    return {"results": results}


def backlog_query(body: object) -> BacklogQuery:
    """Read the body of a query for the present backlog; raises Refusal (400) naming the first flaw found."""
    document = mapping(body, "body")
    groups = enumerated(document.get("groupBy"), "groupBy", "TaskManagementDimension", TASK_GROUPS)
    metrics = tuple(_wanted(item) for item in array(document.get("metrics"), "metrics"))
    if not groups or not metrics:
        raise flaw("metrics" if groups else "groupBy", "At least one value is required.")
    document = mapping(document.get("filter"), "filter")
    predicates = [_predicate(item) for item in array(document.get("predicates"), "filter.predicates")]
    queues = [value for dimension, value in predicates if dimension == "queueId"]
    if len(queues) != 1:
        raise flaw("filter.predicates", f"Exactly one queueId predicate is required, not {len(queues)}.")
    return BacklogQuery(queue_id=queues[0], by_queue="queueId" in groups, metrics=metrics)


def backlog(world: World, query: BacklogQuery) -> Document:
    """The present backlog of one queue; counts of 0 and queues without work items are missing."""
    found = dict(_standing(world.workbench, query.queue_id, world.now))
    data = [{"metric": name, "stats": found[name]} for name in query.metrics if name in found]
    group = {"queueId": query.queue_id} if query.by_queue else {}
    return {"results": [{"group": group, "data": data}] if data else []}


def _counted(
    workbench: Workbench, queues: Sequence[str], start: datetime, end: datetime
) -> Mapping[str, Mapping[str, float]]:
    """What happened over a span, by metric; what did not happen is missing."""
    met, missed, offered = (
        sum(count(queue_id, start, end) for queue_id in queues)
        for count in (workbench.met, workbench.missed, workbench.offered)
    )
    handled = [time for queue_id in queues for time in workbench.handled(queue_id, start, end)]
    found: dict[str, Mapping[str, float]] = {}
    for name, count in (("nWorkitemsOffered", offered), ("nWorkitemsOverSla", missed)):
        if count:
            found[name] = {"count": count}
    if met + missed:
        level = {"ratio": met / (met + missed), "numerator": met, "denominator": met + missed}
        found["oWorkitemsServiceLevel"] = {**level, "target": TARGET_SHARE}
    if handled:
        found["tWorkitemsHandled"] = statistics(handled)
    return found


def _standing(workbench: Workbench, queue_id: str, now: datetime) -> Iterator[tuple[str, dict[str, int]]]:
    counts = {
        "oWorkitemsUnassigned": workbench.unassigned(queue_id, now),
        "oWorkitemsAssigned": workbench.assigned(queue_id, now),
        "oWorkitemsOverDue": workbench.overdue(queue_id, now),
    }
    yield from ((name, {"count": count}) for name, count in counts.items() if count)
    oldest = workbench.oldest_unassigned(queue_id, now)
    if oldest is not None:
        # The published class for these statistics knows but count and max, max for this very metric. What it
        # holds is not published: here it is the moment of creation, as in the longest wait of interactions.
        yield "oWorkitemOldestUnassigned", {"max": milliseconds(oldest)}


def _wanted(value: object) -> str:
    document = mapping(value, "metrics")
    name, qualifier = document.get("name"), document.get("qualifier")
    if name not in TASK_OBSERVATIONS:
        raise not_allowed(name, "metrics.name", "TaskManagementMetric", TASK_OBSERVATIONS)
    if qualifier not in (None, *_QUALIFIERS) or (name == "oWorkitemsDue" and qualifier is None):
        raise not_allowed(qualifier, "metrics.qualifier", "TaskManagementQualifier", _QUALIFIERS)
    return str(name)


def _predicate(value: object) -> tuple[str, str]:
    document = mapping(value, "filter.predicates")
    dimension, wanted = document.get("dimension"), document.get("value")
    if dimension not in _PREDICATES:
        raise not_allowed(dimension, "filter.predicates.dimension", "TaskManagementDimension", _PREDICATES)
    if not isinstance(wanted, str):
        raise flaw("filter.predicates.value", f"A value is required for dimension [{dimension}].")
    return str(dimension), wanted
