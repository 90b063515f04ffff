"""What the platform dialect asks, how often, and what it does where an org does not answer."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta, timezone
from typing import Any

import httpx
import pytest
from structlog.testing import capture_logs

from monitor.clients.platform import bodies
from monitor.clients.platform.asking import PlatformDialect
from monitor.clients.platform.offer import Offer
from monitor.model.errors import JobFailed, NotOffered, Unavailable
from monitor.model.interval import Interval
from tests.builders import SALES, SUPPORT, FixedClock, RecordingTelemetry, a_transport, loop_time
from tests.clients.aggregates import ADA, BEN, LATER, NINE, QUARTER, SPAN, answer, bucket, group, metric

pytestmark = pytest.mark.looptime

AGGREGATES = "/api/v2/analytics/conversations/aggregates/query"
JOBS = "/api/v2/analytics/conversations/aggregates/jobs"
USERS = "/api/v2/users"
STATUSES = "/api/v2/analytics/users/aggregates/query"
WORKITEMS = "/api/v2/analytics/taskmanagement/aggregates/query"
STATES = "/api/v2/analytics/taskmanagement/metrics/query"
LIMITS = "/api/v2/organizations/limits/namespaces/platform.api"
DAY = Interval(NINE, NINE + timedelta(days=1))
WEEK = Interval(NINE, NINE + timedelta(days=7))
EMPTY = answer()

Reply = Callable[[httpx.Request], httpx.Response]


def says(body: bytes, status: int = 200) -> Reply:
    """Return a handler that always answers this."""
    return lambda request: httpx.Response(status, content=body)


def in_turn(*replies: Reply) -> Reply:
    """Return a handler that gives these answers one after the other, the last one for good."""
    rest = list(replies)

    def reply(request: httpx.Request) -> httpx.Response:
        now = rest.pop(0) if len(rest) > 1 else rest[0]
        return now(request)

    return reply


@dataclass
class Org:
    """Answers by path, and keeps what it was asked."""

    replies: dict[str, Reply]
    asked: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    telemetry: RecordingTelemetry = field(default_factory=RecordingTelemetry)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.url.path == "/oauth/token":
            return httpx.Response(200, json={"access_token": "t", "expires_in": 86399})
        body = json.loads(request.content) if request.content else dict(request.url.params)
        self.asked.append((request.url.path, body))
        return self.replies.get(request.url.path, says(b'{"message": "not found"}', 404))(request)

    def dialect(self) -> PlatformDialect:
        """Return the dialect in front of it."""
        return PlatformDialect(a_transport(self, limit=1000, telemetry=self.telemetry), FixedClock(NINE))

    def bodies(self, path: str) -> list[dict[str, Any]]:
        """Return what was asked at one path."""
        return [body for asked, body in self.asked if asked == path]


def any_of(dimension: str, *ids: str) -> dict[str, Any]:
    """Return the filter for these ids."""
    return {
        "type": "or",
        "predicates": [
            {"type": "dimension", "dimension": dimension, "operator": "matches", "value": one} for one in ids
        ],
    }


def ids(count: int) -> list[str]:
    """Return that many ids."""
    return [f"id-{number}" for number in range(count)]


def soon() -> float:
    """Return a deadline."""
    return loop_time() + 1000


@pytest.mark.parametrize(("status", "expected"), [(200, 180), (403, None), (404, None)])
async def test_the_limit_is_none_where_we_may_not_see_it(status: int, expected: int | None) -> None:
    """An org that hides its limits, or has no such operation, leaves us with the default."""
    body = b'{"entities": [{"key": "token.rate.per.minute", "value": 180}]}'
    assert await Org({LIMITS: says(body, status)}).dialect().limit(deadline=soon()) == expected


async def test_a_broken_answer_is_no_limit() -> None:
    """Other failures of the question are errors: they say nothing about the limit."""
    with pytest.raises(Unavailable):
        await Org({LIMITS: says(b"", 500)}).dialect().limit(deadline=soon())


async def test_service_levels_are_one_question() -> None:
    """Queues are named in the filter; "within" is inclusive, so its bound is a millisecond more."""
    org = Org({AGGREGATES: says(EMPTY)})
    found = await org.dialect().service_levels([SUPPORT, SALES], QUARTER, [20.0, 0.5, 20.0], deadline=soon())
    assert (found.queues, found.interval, found.unknown) == ((), QUARTER, frozenset())
    views = {"answeredWithin20s": 20_001, "answeredWithin500ms": 501}
    assert org.bodies(AGGREGATES) == [
        {
            "interval": SPAN,
            "groupBy": ["queueId", "mediaType"],
            "filter": any_of("queueId", SUPPORT, SALES),
            "metrics": list(bodies.SERVICE_METRICS),
            "views": [
                {"name": name, "target": "tAnswered", "function": "rangeBound", "range": {"lt": bound}}
                for name, bound in views.items()
            ],
        }
    ]


@pytest.mark.parametrize(("count", "filtered"), [(200, True), (201, False)])
async def test_many_queues_are_asked_unfiltered(count: int, filtered: bool) -> None:
    """Beyond 200 queues one question about the whole org is asked, and other queues are dropped."""
    rows = [
        group(bucket(metric("tAnswered", count=1, sum=1)), queueId=queue_id, mediaType="voice")
        for queue_id in ("id-0", "foreign")
    ]
    org = Org({AGGREGATES: says(answer(*rows))})
    found = await org.dialect().service_levels(ids(count), QUARTER, [], deadline=soon())
    assert ["filter" in body for body in org.bodies(AGGREGATES)] == [filtered]
    assert [one.queue_id for one in found.queues] == ["id-0"]
    assert bool(found.oddities) is filtered


async def test_thresholds_come_ten_at_a_time() -> None:
    """Further thresholds are further questions about nothing else; all of them end in the same row."""

    def reply(request: httpx.Request) -> httpx.Response:
        asked = json.loads(request.content)
        views = {view["name"]: view["range"]["lt"] // 1000 for view in asked["views"]}
        data = bucket(metric("tAnswered", count=30, sum=1), metric("nOffered", count=31), views=views)
        return httpx.Response(200, content=answer(group(data, queueId=SUPPORT, mediaType="voice")))

    org = Org({AGGREGATES: reply})
    thresholds = [float(number) for number in range(1, 22)]
    found = await org.dialect().service_levels([SUPPORT], QUARTER, thresholds, deadline=soon())
    assert [len(body["views"]) for body in org.bodies(AGGREGATES)] == [10, 10, 1]
    assert [body["metrics"] for body in org.bodies(AGGREGATES)[1:]] == [["tAnswered"]] * 2
    assert found.queues[0].within == {threshold: threshold for threshold in thresholds}
    assert found.queues[0].offered == 31


def job(*states: str, pages: Sequence[bytes] = (EMPTY,)) -> dict[str, Reply]:
    """Return the replies of a job that goes through these states and has these pages."""
    return {
        JOBS: says(b'{"jobId": "a?b"}', 202),
        f"{JOBS}/a?b": in_turn(*(says(json.dumps({"state": state}).encode()) for state in states)),
        f"{JOBS}/a?b/results": in_turn(*map(says, pages)),
    }


def answered(count: int, **frame: object) -> bytes:
    """Return a page with that many answered calls."""
    data = bucket(metric("tAnswered", count=count, sum=1))
    return answer(group(data, queueId=SUPPORT, mediaType="voice"), **frame)


async def test_long_intervals_go_through_a_job() -> None:
    """A job is submitted, awaited with pauses and fetched page by page; its pages add up."""
    org = Org(job("QUEUED", "PENDING", "FULFILLED", pages=[answered(2, cursor="n&xt"), answered(3)]))
    started = loop_time()
    found = await org.dialect().service_levels([SUPPORT], WEEK, [], deadline=soon())
    assert found.queues[0].answered == 5
    assert [body for path, body in org.asked if path.endswith("/results")] == [{}, {"cursor": "n&xt"}]
    assert loop_time() - started >= 4
    assert org.telemetry.jobs == [
        ("acme", "conversation_aggregates", state)
        for state in ("submitted", "polling", "downloading", "done")
    ]


async def test_a_day_is_asked_at_once() -> None:
    """A day is no report yet."""
    org = Org({AGGREGATES: says(answered(1)), **job("FULFILLED")})
    await org.dialect().service_levels([SUPPORT], DAY, [], deadline=soon())
    assert [path for path, _ in org.asked] == [AGGREGATES]


async def test_a_failing_job_fails_the_question() -> None:
    """A job that fails, or never ends, is an error, not an empty answer; the next one is a job again."""
    org = Org(job("PENDING", "FAILED", "PENDING"))
    dialect = org.dialect()
    with pytest.raises(JobFailed, match="ended as FAILED"):
        await dialect.service_levels([SUPPORT], WEEK, [], deadline=soon())
    with pytest.raises(JobFailed, match="not ready after 600 s"):
        await dialect.service_levels([SUPPORT], WEEK, [], deadline=soon())
    assert [state for _, _, state in org.telemetry.jobs][-1] == "failed"
    assert len(org.bodies(JOBS)) == 2


@pytest.mark.parametrize("status", [403, 404])
async def test_an_org_without_jobs_is_asked_at_once(status: int) -> None:
    """Where jobs are not offered the same question is asked synchronously, for good, and said once."""
    org = Org({JOBS: says(b"", status), AGGREGATES: says(answered(4))})
    dialect = org.dialect()
    with capture_logs() as logs:
        for _ in range(3):
            found = await dialect.service_levels([SUPPORT], WEEK, [], deadline=soon())
            assert found.queues[0].answered == 4
    assert [path for path, _ in org.asked] == [JOBS, AGGREGATES, AGGREGATES, AGGREGATES]
    assert [(line["event"], line["operation"]) for line in logs if line["log_level"] == "warning"] == [
        ("operation.refused", "conversation_jobs")
    ]
    assert org.bodies(JOBS)[0] == org.bodies(AGGREGATES)[0]


async def test_two_refusals_at_once_are_one_line() -> None:
    """Questions that are under way together may both be refused; the log says it once."""
    offer = Offer("acme", "jobs", "without")
    with capture_logs() as logs:
        for _ in range(2):
            offer.withdraw(NotOffered("no such thing"))
    assert not offer.stands
    assert len(logs) == 1


async def test_a_passing_failure_of_a_job_is_not_remembered() -> None:
    """An outage while submitting is an error; jobs are tried again afterwards."""
    org = Org(
        {
            **job("FULFILLED", pages=[answered(1)]),
            JOBS: in_turn(says(b"", 500), says(b'{"jobId": "a?b"}', 202)),
        }
    )
    dialect = org.dialect()
    with pytest.raises(Unavailable):
        await dialect.service_levels([SUPPORT], WEEK, [], deadline=soon())
    assert (await dialect.service_levels([SUPPORT], WEEK, [], deadline=soon())).queues[0].answered == 1
    assert org.bodies(AGGREGATES) == []


def worked(agent: str, milliseconds: int, interval: str = SPAN) -> dict[str, Any]:
    """Return one agent's group."""
    return group(bucket(metric("tHandle", sum=milliseconds), interval=interval), userId=agent, queueId=SALES)


async def test_utilization_is_asked_by_agent_and_queue() -> None:
    """Buckets are asked as a granularity; without names and statuses nothing else is asked."""
    org = Org({AGGREGATES: says(answer(worked(BEN, 1000), worked(ADA, 2000, LATER)))})
    found = await org.dialect().utilization(QUARTER, 1800, deadline=soon())
    assert [path for path, _ in org.asked] == [AGGREGATES]
    assert org.bodies(AGGREGATES) == [
        {
            "interval": SPAN,
            "granularity": "PT30M",
            "groupBy": ["userId", "queueId"],
            "metrics": ["tHandle", "tAcw", "tHeldComplete"],
        }
    ]
    assert [(one.agent_id, one.name, one.active) for one in found.agents] == [(ADA, "", 2), (BEN, "", 1)]
    assert found.status is None


async def test_named_agents_are_filtered() -> None:
    """The agents asked about stand in the filter, and their statuses are asked even if they did nothing."""
    status = answer(group(bucket(metric("tAgentRoutingStatus", "IDLE", sum=900_000)), userId=ADA))
    org = Org({AGGREGATES: says(EMPTY), STATUSES: says(status)})
    found = await org.dialect().utilization(QUARTER, 1800, agents=[ADA], status=True, deadline=soon())
    assert org.bodies(AGGREGATES)[0]["filter"] == any_of("userId", ADA)
    assert org.bodies(STATUSES) == [
        {
            "interval": SPAN,
            "groupBy": ["userId"],
            "filter": any_of("userId", ADA),
            "metrics": ["tAgentRoutingStatus"],
        }
    ]
    assert (found.agents, found.status) == ((), {ADA: {"IDLE": 900}})


async def test_statuses_and_names_are_asked_a_hundred_at_a_time() -> None:
    """The agents found are asked about in batches, all pages of each; an unknown one has no name."""

    def users(request: httpx.Request) -> httpx.Response:
        params = request.url.params
        wanted = [one for one in params.get_list("id") if one != "id-7"]
        half = wanted[:50] if params["pageNumber"] == "1" else wanted[50:]
        entities = [{"id": one, "name": f"Agent {one}"} for one in half]
        return httpx.Response(200, json={"entities": entities, "pageCount": -(-len(wanted) // 50)})

    org = Org(
        {
            AGGREGATES: says(answer(*(worked(agent, 1000) for agent in ids(201)))),
            STATUSES: says(
                answer(group(bucket(metric("tAgentRoutingStatus", "IDLE", sum="?")), userId="id-0"))
            ),
            USERS: users,
        }
    )
    found = await org.dialect().utilization(QUARTER, 1800, names=True, status=True, deadline=soon())
    assert [len(body["filter"]["predicates"]) for body in org.bodies(STATUSES)] == [100, 100, 1]
    assert [body["pageNumber"] for body in org.bodies(USERS)] == ["1", "2", "1", "2", "1"]
    assert found.status is not None
    assert len(found.status) == len(found.agents) == 201
    assert {one.name for one in found.agents} == {"", *(f"Agent {one}" for one in ids(201) if one != "id-7")}
    assert found.status["id-0"] == {"IDLE": None}
    assert found.oddities[("tAgentRoutingStatus", "malformed")] == 1


def counted(request: httpx.Request) -> httpx.Response:
    """Answer a question about one queue's work items: one is unassigned."""
    (predicate,) = json.loads(request.content)["filter"]["predicates"]
    data = [metric("oWorkitemsUnassigned", count=1)]
    return httpx.Response(200, json={"results": [{"group": {"queueId": predicate["value"]}, "data": data}]})


def item(queue_id: str) -> dict[str, Any]:
    """Return one queue's bucket of work items."""
    return group(bucket(metric("oWorkitemsServiceLevel", numerator=1, denominator=1)), queueId=queue_id)


async def test_work_items_are_asked_by_bucket_and_by_queue() -> None:
    """Buckets come from one question in the zone's days, the present state from one per queue."""
    org = Org({WORKITEMS: says(answer(item(SALES))), STATES: counted})
    found = await org.dialect().workitems([SUPPORT, SALES], QUARTER, 86400, "Europe/London", deadline=soon())
    assert org.bodies(WORKITEMS) == [
        {
            "interval": SPAN,
            "granularity": "P1D",
            "timeZone": "Europe/London",
            "groupBy": ["queueId"],
            "filter": any_of("queueId", SUPPORT, SALES),
            "metrics": list(bodies.WORKITEM_METRICS),
        }
    ]
    assert org.bodies(STATES)[0] == {
        "groupBy": ["queueId"],
        "metrics": [
            {"name": name}
            for name in (
                "oWorkitemsUnassigned",
                "oWorkitemsAssigned",
                "oWorkitemsOverDue",
                "oWorkitemOldestUnassigned",
            )
        ],
        "filter": {"predicates": [{"dimension": "queueId", "value": SALES}]},
    }
    assert found.states is not None
    assert [(one.queue_id, one.backlog) for one in found.states] == [(SALES, 1), (SUPPORT, 1)]


async def test_the_state_of_thirty_queues_is_asked() -> None:
    """Queues with work items in the interval come first, then the others in their order, up to thirty."""
    org = Org({WORKITEMS: says(answer(item("id-299"), item("foreign"), item("id-40"))), STATES: counted})
    found = await org.dialect().workitems(ids(300), QUARTER, 1800, "UTC", deadline=soon())
    assert "filter" not in org.bodies(WORKITEMS)[0]
    assert [one.queue_id for one in found.buckets] == ["id-299", "id-40"]
    assert found.states is not None
    assert [one.queue_id for one in found.states] == ["id-40", "id-299", *ids(28)]


@pytest.mark.parametrize("status", [403, 404])
async def test_an_org_without_states_is_asked_again_hourly(status: int) -> None:
    """Where the present state is refused it is unknown, which every answer shows and the log says once."""
    org = Org({WORKITEMS: says(answer(item(SALES))), STATES: says(b"", status)})
    dialect = org.dialect()
    with capture_logs() as logs:
        for pause in (0, 1799, 1799, 4):
            await asyncio.sleep(pause)
            found = await dialect.workitems([SUPPORT, SALES], QUARTER, 1800, "UTC", deadline=soon())
            assert found.states is None
            assert found.oddities == {("states", "not_offered"): 1}
            assert len(found.buckets) == 1
    assert len(org.bodies(STATES)) == 2
    assert [line["operation"] for line in logs if line["event"] == "operation.refused"] == [
        "workitem_metrics"
    ]


async def test_states_come_back_within_the_hour() -> None:
    """A permission given meanwhile is noticed, without a restart."""
    org = Org({WORKITEMS: says(EMPTY), STATES: in_turn(says(b"", 403), counted)})
    dialect = org.dialect()
    await dialect.workitems([SUPPORT], QUARTER, 1800, "UTC", deadline=soon())
    await asyncio.sleep(3600)
    found = await dialect.workitems([SUPPORT], QUARTER, 1800, "UTC", deadline=soon())
    assert found.states is not None
    assert found.oddities == {}


async def test_a_failing_state_fails_the_question() -> None:
    """An outage in the middle of the states is an error: half of them would look like all."""
    org = Org({WORKITEMS: says(EMPTY), STATES: in_turn(counted, says(b"", 500))})
    with pytest.raises(Unavailable):
        await org.dialect().workitems([SUPPORT, SALES], QUARTER, 1800, "UTC", deadline=soon())


async def test_strategies_are_one_question() -> None:
    """Routing methods are asked unfiltered; one asked for and not used has done nothing."""
    org = Org({AGGREGATES: says(answer(group(bucket(metric("tHandle", count=2)), usedRouting="Standard")))})
    found = await org.dialect().strategies(["Bullseye"], QUARTER, deadline=soon())
    assert org.bodies(AGGREGATES) == [
        {"interval": SPAN, "groupBy": ["usedRouting"], "metrics": ["tHandle", "tAnswered", "tAbandon"]}
    ]
    assert [(one.strategy, one.handled, one.answer_seconds) for one in found.strategies] == [
        ("Bullseye", 0, None)
    ]


@pytest.mark.parametrize(
    ("seconds", "written"),
    [
        (60, "PT1M"),
        (900, "PT15M"),
        (1800, "PT30M"),
        (5400, "PT90M"),
        (45, "PT45S"),
        (86400, "P1D"),
        (604800, "P7D"),
    ],
)
def test_lengths_are_written_as_durations(seconds: float, written: str) -> None:
    """Whole days are days, because a day of a time zone is not always 24 hours."""
    assert bodies.granularity(seconds) == written


def test_intervals_are_written_in_utc() -> None:
    """Whatever zone the dates are in, the platform reads UTC with milliseconds."""
    east = timezone(timedelta(hours=2))
    shifted = Interval(QUARTER.start.astimezone(east), QUARTER.end.astimezone(east))
    assert bodies.span(shifted) == SPAN
