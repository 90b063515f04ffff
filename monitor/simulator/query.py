"""The queue observation query: from JSON to what is wanted. Pure.

In: a decoded request body. Out: an `ObservationQuery`. Every flaw becomes a `Refusal` with status 400.
"""

from dataclasses import dataclass

from monitor.simulator.filters import Clause, clause, enumerated, flaw, mapping

INTERACTION_METRICS = ("oWaiting", "oAlerting", "oInteracting", "oLongestWaiting", "oLongestInteracting")
AGENT_METRICS = (
    "oMemberUsers",
    "oActiveUsers",
    "oOnQueueUsers",
    "oOffQueueUsers",
    "oUserRoutingStatuses",
    "oUserPresences",
)
_LONGEST = ("oLongestWaiting", "oLongestInteracting")
_METRICS = (*INTERACTION_METRICS, *AGENT_METRICS)
_DETAIL_METRICS = tuple(metric for metric in _METRICS if metric not in _LONGEST)
_DIMENSIONS = ("queueId", "mediaType")
_KIND = "QueueObservationMetric"

MAX_PREDICATES = 200
"""What the platform allowed according to the error a public client received."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ObservationQuery:
    """Which metrics of which groups are wanted."""

    filter: Clause
    metrics: tuple[str, ...]


def parse(body: object) -> ObservationQuery:
    """Read a request body; raises Refusal (400) naming the first flaw found.

    `detailMetrics` are checked but yield no observations: those carry personal data and no monitor asks.
    """
    document = mapping(body, "body")
    metrics = enumerated(document.get("metrics"), "metrics", _KIND, _METRICS)
    enumerated(document.get("detailMetrics"), "detailMetrics", _KIND, _DETAIL_METRICS)
    if not metrics:
        raise flaw("metrics", "At least one metric is required.")
    wanted = clause(
        document.get("filter"), "filter", dimensions=_DIMENSIONS, kind="QueueObservationDimension"
    )
    if (count := sum(1 for _ in wanted.predicates())) > MAX_PREDICATES:
        raise flaw("filter", f"Query has {count} predicates. The maximum is {MAX_PREDICATES}.")
    return ObservationQuery(filter=wanted, metrics=metrics)
