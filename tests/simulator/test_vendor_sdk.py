"""The vendor's own SDK as the judge of what the simulator says. Synchronous, so it runs in a thread."""

import asyncio
import json
from datetime import UTC, datetime

import PureCloudPlatformClientV2 as sdk  # noqa: N813
import pytest

from monitor.simulator.centre import PRESENCES, Centre
from monitor.simulator.faults import Status
from monitor.simulator.query import AGENT_METRICS, INTERACTION_METRICS
from tests.simulator.parts import any_of, calling
from tests.simulator.vendor import (
    UNKNOWN_VALUE,
    Received,
    a_client,
    assert_error_body,
    flaws,
    log_in,
    refused,
)

# For the tests of answers that do not come from the simulator.
__all__ = ["UNKNOWN_VALUE", "Received", "flaws"]

CENTRE = Centre.standard()
SUPPORT = CENTRE.named("Support Voice").id


@pytest.fixture
async def running():
    """A simulator in the middle of its surge."""
    async with calling(scenario="surge") as caller:
        caller.clock.move(20)
        yield caller.running


async def test_sdk_reads_all_pages_of_queues(running):
    """The SDK logs in, pages through the queues and finds every field where its model has it."""

    def read() -> list[sdk.Queue]:
        with a_client(running) as client:
            recorder = log_in(client)
            api, found, number, pages = sdk.RoutingApi(client), [], 1, 1
            while number <= pages:
                page = api.get_routing_queues(page_size=4, page_number=number)
                recorder.check(page)
                found += page.entities
                number, pages = number + 1, page.page_count
            return found

    queues = await asyncio.to_thread(read)
    assert {queue.id: queue.name for queue in queues} == {q.id: q.name for q in CENTRE.queues}
    assert queues[0].media_settings.call.service_level.duration_ms == 20_000
    assert queues[0].date_created == datetime(2025, 1, 10, 10, tzinfo=UTC)
    assert running.faults.count("queues") == 3
    assert running.faults.count("token") == 2  # the fixture's and the SDK's


async def test_sdk_narrows_the_queues(running):
    """The SDK's way of listing ids and giving a pattern is understood."""

    def read() -> tuple[list[str], list[str], str]:
        with a_client(running) as client:
            recorder = log_in(client)
            api = sdk.RoutingApi(client)
            ids = [queue.id for queue in CENTRE.queues[:2]]
            listed = [queue.id for queue in api.get_routing_queues(id=ids).entities]
            named = [queue.name for queue in api.get_routing_queues(name="*Zürich").entities]
            one = api.get_routing_queue(SUPPORT)
            recorder.check(one)
            return listed, named, one.name

    listed, named, name = await asyncio.to_thread(read)
    assert set(listed) == {queue.id for queue in CENTRE.queues[:2]}
    assert (named, name) == (["Kundenservice Zürich"], "Support Voice")


async def test_sdk_reads_observations(running):
    """Every metric of every queue goes through the SDK's classes and comes out as it was sent."""

    def read() -> sdk.QueueObservationQueryResponse:
        with a_client(running) as client:
            recorder = log_in(client)
            query = sdk.QueueObservationQuery()
            query.filter = sdk.QueueObservationQueryFilter()
            query.filter.type = "or"
            query.filter.predicates = []
            for queue in CENTRE.queues:
                predicate = sdk.QueueObservationQueryPredicate()
                predicate.type, predicate.dimension, predicate.operator = "dimension", "queueId", "matches"
                predicate.value = queue.id
                query.filter.predicates.append(predicate)
            query.metrics = [*INTERACTION_METRICS, *AGENT_METRICS]
            answer = sdk.AnalyticsApi(client).post_analytics_queues_observations_query(query)
            recorder.check(answer)
            return answer

    answer = await asyncio.to_thread(read)
    voice = next(r for r in answer.results if r.group == {"queueId": SUPPORT, "mediaType": "voice"})
    waiting = {entry.metric: entry.stats for entry in voice.data}["oWaiting"].count
    assert waiting == running.world.observe(SUPPORT).lanes["voice"].waiting > 8
    assert answer.system_to_organization_mappings["MEAL"] == list(PRESENCES["MEAL"])


async def test_sdk_reads_the_rest(running):
    """Token, organization and limits are what the SDK's classes expect."""

    def read() -> tuple[str, str, list[int]]:
        with a_client(running) as client:
            recorder = log_in(client)
            token = sdk.TokensApi(client).get_tokens_me()
            recorder.check(token)
            api = sdk.OrganizationApi(client)
            organization = api.get_organizations_me()
            recorder.check(organization)
            limits = api.get_organizations_limits_namespace("platform.api")
            recorder.check(limits)
            return token.o_auth_client.name, organization.name, [limit.value for limit in limits.entities]

    assert await asyncio.to_thread(read) == ("demo-client", "Example Org", [300, 300])


@pytest.mark.parametrize("status", [400, 403, 404, 500, 502])
async def test_sdk_reads_errors(running, status):
    """A refusal reaches the caller of the SDK as an exception whose body is a proper ErrorBody."""
    running.faults.add("organization", Status(status=status))
    error = await asyncio.to_thread(
        refused, running, lambda client: sdk.OrganizationApi(client).get_organizations_me()
    )
    assert error.status == status
    assert_error_body(error.body)


async def test_sdk_reads_a_refused_query(running):
    """The 400 for an unknown metric is a proper ErrorBody, details included."""
    body = {"filter": any_of("queueId", SUPPORT), "metrics": ["oBogus"]}
    error = await asyncio.to_thread(
        refused,
        running,
        lambda client: sdk.AnalyticsApi(client).post_analytics_queues_observations_query(body),
    )
    assert error.status == 400
    assert_error_body(error.body)


async def test_sdk_is_refused_with_a_wrong_secret(running):
    """A wrong secret is a 401 for the SDK, too."""
    error = await asyncio.to_thread(refused, running, lambda client: None, "wrong")
    assert error.status == 401


def test_the_check_is_strict():
    """Unknown keys, unknown enum values and wrong types are found; else the tests above show nothing."""
    client = sdk.ApiClient()
    document = {"bogus": 1, "state": "bogus", "version": "1", "features": {"contactCenter": True}}
    found = flaws(
        document, "Organization", client.deserialize(Received(json.dumps(document)), "Organization")
    )
    assert len(found) == 3
    assert any(UNKNOWN_VALUE in flaw for flaw in found)
