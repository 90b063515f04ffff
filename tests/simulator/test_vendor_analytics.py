"""The vendor's own SDK as the judge of the endpoints over spans. Synchronous, so it runs in a thread."""

import asyncio
from collections.abc import Callable
from typing import Any

import PureCloudPlatformClientV2 as sdk  # noqa: N813
import pytest

from monitor.simulator.centre import Centre
from monitor.simulator.faults import Status
from monitor.simulator.server import Running
from monitor.simulator.settings import Settings
from monitor.simulator.vocabulary import (
    CONVERSATION_DIMENSIONS,
    CONVERSATION_METRICS,
    TASK_DIMENSIONS,
    TASK_METRICS,
    TASK_OBSERVATIONS,
    USER_METRICS,
)
from tests.simulator.parts import START, any_of, calling, span
from tests.simulator.vendor import UNKNOWN_VALUE, a_client, assert_error_body, log_in, refused

CENTRE = Centre.standard()
SUPPORT = CENTRE.named("Support Voice").id
CLAIMS = CENTRE.named("Claims").id
AGENT = CENTRE.members[SUPPORT][0].id
INTERVAL = span(-30, 0)


@pytest.fixture
async def running():
    """A simulator whose jobs are done at once."""
    async with calling(settings=Settings(job_seconds=0)) as caller:
        yield caller.running


async def read(running: Running, ask: Callable[[sdk.ApiClient], Any]) -> Any:
    """What the SDK makes of an answer, after a look that its classes know all of it."""

    def reading() -> Any:
        with a_client(running) as client:
            recorder = log_in(client)
            model = ask(client)
            recorder.check(model)
            return model

    return await asyncio.to_thread(reading)


def an_aggregate_query() -> sdk.ConversationAggregationQuery:
    """Every metric of one queue's voice, with a view, put together from the SDK's own classes."""
    query = sdk.ConversationAggregationQuery()
    query.interval, query.granularity, query.time_zone = INTERVAL, "PT15M", "Europe/London"
    query.group_by, query.metrics = ["queueId", "mediaType", "usedRouting"], list(CONVERSATION_METRICS)
    query.filter = sdk.ConversationAggregateQueryFilter()
    query.filter.type, query.filter.predicates = "and", []
    for dimension, value in (("queueId", SUPPORT), ("mediaType", "voice")):
        predicate = sdk.ConversationAggregateQueryPredicate()
        predicate.type, predicate.dimension, predicate.operator = "dimension", dimension, "matches"
        predicate.value = value
        query.filter.predicates.append(predicate)
    view = sdk.ConversationAggregationView()
    view.name, view.target, view.function = "answeredWithin30s", "tAnswered", "rangeBound"
    view.range = sdk.AggregationRange()
    view.range.lt = 30_001
    query.views = [view]
    return query


async def test_sdk_reads_aggregates(running):
    """All metrics and a view of a queue come through the SDK's classes as they were sent."""
    answer = await read(
        running,
        lambda client: sdk.AnalyticsApi(client).post_analytics_conversations_aggregates_query(
            an_aggregate_query()
        ),
    )
    standard = next(result for result in answer.results if result.group["usedRouting"] == "Standard")
    assert standard.group == {"queueId": SUPPORT, "mediaType": "voice", "usedRouting": "Standard"}
    assert len(standard.data) == 2
    stats = {entry.metric: entry.stats for entry in standard.data[0].metrics}
    assert stats["oServiceLevel"].target == stats["oServiceTarget"].current == 0.8
    assert stats["tHandle"].sum >= stats["tHandle"].count * stats["tHandle"].min > 0
    assert [view.name for view in standard.data[0].views] == ["answeredWithin30s"]


async def test_sdk_reads_a_job(running):
    """The SDK submits a job, sees it fulfilled and reads page after page until there is no cursor."""
    query = sdk.ConversationAsyncAggregationQuery()
    query.interval, query.group_by, query.metrics = INTERVAL, ["queueId"], ["nOffered", "tHandle"]
    query.page_size = 4

    def ask(client: sdk.ApiClient) -> sdk.AsyncQueryResponse:
        return sdk.AnalyticsApi(client).post_analytics_conversations_aggregates_jobs(query)

    job = (await read(running, ask)).job_id
    status = await read(
        running, lambda client: sdk.AnalyticsApi(client).get_analytics_conversations_aggregates_job(job)
    )
    assert (status.state, status.submission_date) == ("FULFILLED", START)
    groups: list[str] = []
    cursor = None
    while cursor is not None or not groups:
        further: dict[str, str] = {} if cursor is None else {"cursor": cursor}

        def page(
            client: sdk.ApiClient, further: dict = further
        ) -> sdk.ConversationAsyncAggregateQueryResponse:
            api = sdk.AnalyticsApi(client)
            return api.get_analytics_conversations_aggregates_job_results(job, **further)

        found = await read(running, page)
        groups += [result.group["queueId"] for result in found.results]
        cursor = found.cursor
    assert sorted(groups) == sorted(CENTRE.by_id)


async def test_sdk_reads_status_times(running):
    """Times in each routing status come through, one user at a time."""
    body = {
        "interval": INTERVAL,
        "granularity": "PT30M",
        "groupBy": ["userId"],
        "filter": any_of("userId", AGENT),
        "metrics": list(USER_METRICS),
    }
    answer = await read(
        running, lambda client: sdk.AnalyticsApi(client).post_analytics_users_aggregates_query(body)
    )
    ((bucket,),) = (result.data for result in answer.results)
    assert answer.results[0].group == {"userId": AGENT}
    assert sum(entry.stats.sum for entry in bucket.metrics) == 1_800_000
    assert "INTERACTING" in {entry.qualifier for entry in bucket.metrics}


async def test_sdk_reads_work_items(running):
    """Work item aggregates and the present backlog come through, the oldest creation included."""
    body = {"interval": INTERVAL, "groupBy": ["queueId"], "metrics": list(TASK_METRICS)}
    answer = await read(
        running, lambda client: sdk.AnalyticsApi(client).post_analytics_taskmanagement_aggregates_query(body)
    )
    claims = next(result for result in answer.results if result.group["queueId"] == CLAIMS)
    stats = {entry.metric: entry.stats for entry in claims.data[0].metrics}
    assert stats["oWorkitemsServiceLevel"].denominator > 0
    wanted = {
        "groupBy": ["queueId"],
        "metrics": [{"name": name, "qualifier": "Hours24"} for name in TASK_OBSERVATIONS],
        "filter": {"predicates": [{"dimension": "queueId", "value": CLAIMS}]},
    }
    backlog = await read(
        running, lambda client: sdk.AnalyticsApi(client).post_analytics_taskmanagement_metrics_query(wanted)
    )
    (result,) = backlog.results
    standing = {entry.metric: entry.stats for entry in result.data}
    oldest = running.world.workbench.oldest_unassigned(CLAIMS, START)
    assert result.group.queue_id == CLAIMS
    assert standing["oWorkitemsUnassigned"].count > 0
    assert oldest is not None
    assert standing["oWorkitemOldestUnassigned"].max == round(oldest.timestamp() * 1000)


async def test_sdk_reads_users(running):
    """Users come through page by page, and by id the SDK's way."""
    page = await read(running, lambda client: sdk.UsersApi(client).get_users(page_size=25, page_number=2))
    assert (len(page.entities), page.page_count) == (25, 3)
    named = await read(running, lambda client: sdk.UsersApi(client).get_users(id=[AGENT]))
    assert [user.id for user in named.entities] == [AGENT]
    assert named.entities[0].division.name == "Home"


def known(model: Any, name: str, value: str) -> bool:
    """Whether a setter of the SDK keeps a value."""
    setattr(model, name, value)
    return bool(getattr(model, name) == value != UNKNOWN_VALUE)


@pytest.mark.parametrize(
    ("make", "name", "words"),
    [
        (sdk.ConversationAggregationView, "target", CONVERSATION_METRICS),
        (sdk.ConversationAggregateQueryPredicate, "dimension", CONVERSATION_DIMENSIONS),
        (sdk.TaskManagementAggregationView, "target", TASK_METRICS),
        (sdk.TaskManagementAggregateQueryPredicate, "dimension", TASK_DIMENSIONS),
        (sdk.TaskManagementQueryMetric, "name", TASK_OBSERVATIONS),
        (sdk.UserAggregationView, "target", USER_METRICS),
    ],
)
def test_sdk_knows_every_word(make, name, words):
    """Every metric and dimension taken here is one the SDK knows, too; a made-up one is not."""
    assert [word for word in words if not known(make(), name, word)] == []
    assert not known(make(), name, "tHold")


async def test_sdk_reads_the_refusals(running):
    """A 400 for a flawed query and a 403 that names the permission are proper ErrorBodies."""
    body = {"interval": INTERVAL, "metrics": ["tHold"]}

    def ask(client: sdk.ApiClient) -> object:
        return sdk.AnalyticsApi(client).post_analytics_conversations_aggregates_query(body)

    flawed = await asyncio.to_thread(refused, running, ask)
    running.faults.add("aggregates", Status(status=403))
    forbidden = await asyncio.to_thread(refused, running, ask)
    assert (flawed.status, forbidden.status) == (400, 403)
    assert "analytics:conversationAggregate:view" in forbidden.body
    for error in (flawed, forbidden):
        assert_error_body(error.body)
