"""The vendor's own SDK as the judge of what we send."""

import json

import PureCloudPlatformClientV2 as sdk  # noqa: N813
import pytest

from monitor.clients.platform import endpoints
from tests.builders import SALES, SUPPORT
from tests.simulator.test_vendor_sdk import UNKNOWN_VALUE, Received, flaws

KIND = "QueueObservationQuery"


def test_the_observation_query_is_the_sdks_own() -> None:
    """The SDK knows every key and value of our query, and would send the very same document itself."""
    document = json.loads(endpoints.observations_body([SUPPORT, SALES]))
    client = sdk.ApiClient()
    query = client.deserialize(Received(json.dumps(document)), KIND)
    assert isinstance(query, sdk.QueueObservationQuery)
    assert flaws(document, KIND, query) == []
    assert client.sanitize_for_serialization(query) == document


@pytest.mark.parametrize("metric", endpoints.METRICS)
def test_every_metric_is_in_the_sdks_enums(metric: str) -> None:
    """Each metric is one the SDK allows: not here, where it takes any, but in the two activity queries."""
    readings = []
    for model in (sdk.ConversationActivityQueryMetric(), sdk.RoutingActivityQueryMetric()):
        model.metric = metric
        readings.append(model.metric)
    assert sorted(readings) == sorted([metric, UNKNOWN_VALUE])


@pytest.mark.parametrize("key", ["type", "dimension", "operator", "bogus"])
def test_a_planted_flaw_is_found(key: str) -> None:
    """A value outside an enum or a key no model has is found; else the tests above show nothing."""
    document = json.loads(endpoints.observations_body([SUPPORT]))
    document["filter"]["predicates"][0][key] = "bogus"
    query = sdk.ApiClient().deserialize(Received(json.dumps(document)), KIND)
    assert len(flaws(document, KIND, query)) == 1
