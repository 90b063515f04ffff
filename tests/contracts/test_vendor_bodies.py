"""The vendor's own SDK as the judge of what we send."""

import json
from datetime import timedelta

import PureCloudPlatformClientV2 as sdk  # noqa: N813
import pytest

from monitor.clients.platform import bodies
from monitor.model.interval import Interval
from tests.builders import EPOCH, SALES, SUPPORT
from tests.simulator.vendor import UNKNOWN_VALUE, Received, flaws

QUARTER = Interval(EPOCH, EPOCH + timedelta(minutes=15))
BOUNDS = {"answeredWithin20s": 20.0, "answeredWithin500ms": 0.5}
OBSERVATIONS = "QueueObservationQuery"
CONVERSATIONS = "ConversationAggregationQuery"
QUERIES = {
    "observations": (OBSERVATIONS, bodies.observations([SUPPORT, SALES])),
    "service": (CONVERSATIONS, bodies.service([SUPPORT], QUARTER, BOUNDS)),
    "service of all": (CONVERSATIONS, bodies.service([], QUARTER, {})),
    "further": (CONVERSATIONS, bodies.service([SUPPORT], QUARTER, BOUNDS, further=True)),
    "service job": ("ConversationAsyncAggregationQuery", bodies.service([SUPPORT], QUARTER, BOUNDS)),
    "use": (CONVERSATIONS, bodies.use([], QUARTER, 1800)),
    "use of some": (CONVERSATIONS, bodies.use(["ada"], QUARTER, 1800)),
    "strategies": (CONVERSATIONS, bodies.strategies(QUARTER)),
    "statuses": ("UserAggregationQuery", bodies.statuses(["ada", "ben"], QUARTER)),
    "workitems": (
        "TaskManagementAggregationQuery",
        bodies.workitems([SUPPORT], QUARTER, 86400, "Europe/London"),
    ),
    "workitem state": ("TaskManagementObservationQuery", bodies.workitem_state(SUPPORT)),
}


@pytest.mark.parametrize(("kind", "query"), QUERIES.values(), ids=QUERIES.keys())
def test_every_query_is_the_sdks_own(kind: str, query: bodies.Query) -> None:
    """The SDK knows every key and value of our query, and would send the very same document itself."""
    document = json.loads(bodies.encoded(query))
    client = sdk.ApiClient()
    read = client.deserialize(Received(json.dumps(document)), kind)
    assert type(read).__name__ == kind
    assert flaws(document, kind, read) == []
    assert client.sanitize_for_serialization(read) == document


@pytest.mark.parametrize("metric", bodies.METRICS)
def test_every_metric_is_in_the_sdks_enums(metric: str) -> None:
    """Each metric is one the SDK allows: not here, where it takes any, but in the two activity queries."""
    readings = []
    for model in (sdk.ConversationActivityQueryMetric(), sdk.RoutingActivityQueryMetric()):
        model.metric = metric
        readings.append(model.metric)
    assert sorted(readings) == sorted([metric, UNKNOWN_VALUE])


@pytest.mark.parametrize("key", ["type", "dimension", "operator", "bogus"])
@pytest.mark.parametrize("name", ["observations", "service", "use of some", "statuses", "workitems"])
def test_a_planted_flaw_is_found(name: str, key: str) -> None:
    """A value outside an enum or a key no model has is found; else the tests above show nothing."""
    kind, query = QUERIES[name]
    document = json.loads(bodies.encoded(query))
    document["filter"]["predicates"][0][key] = "bogus"
    read = sdk.ApiClient().deserialize(Received(json.dumps(document)), kind)
    assert len(flaws(document, kind, read)) == 1
