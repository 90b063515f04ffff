"""One world, both dialects: the figures of the one are those of the other."""

from collections import defaultdict

import pytest

from monitor.simulator.ledger import ROUTINGS
from tests.simulator.guides.parts import CENTRE, HOUR, wire
from tests.simulator.parts import START, any_of, calling

QUEUES = list(CENTRE.by_id)
END = START + HOUR


async def aggregated(caller, group_by, *metrics, **change):
    """The platform's statistics of the hour, by (group, bucket, metric)."""
    body = {
        "interval": f"{wire(START)}/{wire(END)}",
        "groupBy": [group_by],
        "metrics": metrics,
        **change,
    }
    results = (await caller.post("/api/v2/analytics/conversations/aggregates/query", json=body)).json()
    return {
        (result["group"][group_by], bucket["interval"][:19], entry["metric"]): entry["stats"]
        for result in results["results"]
        for bucket in result["data"]
        for entry in bucket["metrics"]
    }


async def test_realtime_counts_agree():
    """Waiting, available and busy are the platform's counts over media and routing statuses."""
    metrics = ["oWaiting", "oUserRoutingStatuses"]
    aggregates = ["queue/waiting/count", "queue/agentsAvailable/count", "queue/agentsBusy/count"]
    async with calling(scenario="surge") as caller:
        caller.clock.move(20)
        body = {"intervalType": "realtime", "queues": QUEUES, "aggregates": aggregates}
        guides = (await caller.post("/api/v2/analytics/stats/queues", json=body)).json()
        platform = (await caller.observe(any_of("queueId", *QUEUES), metrics)).json()
    counts: dict[tuple[str, str], int] = defaultdict(int)
    for result in platform["results"]:
        for entry in result["data"]:
            name = entry.get("qualifier", entry["metric"])
            counts[result["group"]["queueId"], name] += entry["stats"]["count"]
    queues = [queue for division in guides["divisions"] for queue in division["queues"]]
    for queue in queues:
        busy = counts[queue["id"], "INTERACTING"] + counts[queue["id"], "COMMUNICATING"]
        expected = (counts[queue["id"], "oWaiting"], counts[queue["id"], "IDLE"], busy)
        assert tuple(queue["metrics"][name] for name in aggregates) == expected
    assert len(queues) == len(QUEUES)
    assert max(queue["metrics"]["queue/waiting/count"] for queue in queues) > 8


async def test_answered_counts_agree():
    """The guides' conversation.answered is the platform's count of tAnswered."""
    body = {
        "dateRange": {"startDate": wire(START), "endDate": wire(END)},
        "groupings": ["queue"],
        "metrics": ["conversation.answered"],
        "filters": [{"path": "queue.id", "condition": "in", "values": QUEUES}],
    }
    async with calling() as caller:
        caller.clock.move(HOUR.total_seconds())
        guides = (await caller.post("/api/v2/analytics/queues/summary/query", json=body)).json()
        platform = await aggregated(caller, "queueId", "tAnswered")
    assert {
        one["queue"]["id"]: one["metrics"]["conversation.answered"]["count"] for one in guides["entities"]
    } == {queue_id: stats["count"] for (queue_id, _, _), stats in platform.items()}


async def test_handle_times_agree():
    """An agent's three sums of half an hour add up to the platform's tHandle of that half hour."""
    path = "/api/v2/analytics/conversations/details/query"
    body = {
        "interval": "PT30M",
        "groupBy": ["user", "time"],
        "metrics": {"tHandle": {}, "tAcw": {}, "tHold": {}},
        "dateFrom": wire(START),
        "dateTo": wire(END),
    }
    async with calling() as caller:
        caller.clock.move(HOUR.total_seconds())
        caller.running.moods.details_page = 10_000
        guides = (await caller.post(path, json=body)).json()
        platform = await aggregated(caller, "userId", "tHandle", granularity="PT30M")
    sums = {
        (one["user"]["id"], one["time"][:19]): sum(metric["sum"] for metric in one["metrics"].values())
        for one in guides["entities"]
    }
    assert sums == {
        (user, bucket): pytest.approx(stats["sum"] / 1000) for (user, bucket, _), stats in platform.items()
    }
    assert len(sums) > 50


async def test_routing_figures_agree():
    """A strategy's figures are the platform's of that routing method."""
    body = {
        "strategyIds": list(ROUTINGS),
        "metricTypes": ["handledCalls", "avgSpeedOfAnswer", "abandonedCalls"],
        "from": wire(START),
        "to": wire(END),
        "groupBys": ["strategyId"],
    }
    async with calling() as caller:
        caller.clock.move(HOUR.total_seconds())
        caller.running.moods.queued_polls = caller.running.moods.running_polls = 0
        job = (await caller.post("/api/v2/analytics/routing/strategies/query", json=body)).json()["jobId"]
        address = f"/api/v2/analytics/jobs/{job}"
        await caller.get(address)
        pages = [(await caller.get(f"{address}/results?pageNumber={number}")).json() for number in (1, 2)]
        platform = await aggregated(caller, "usedRouting", "tHandle", "tAnswered", "tAbandon")
    entities = [entity for page in pages for entity in page["entities"]]
    assert len(entities) == len(ROUTINGS)
    for entity in entities:
        handled, answered, abandoned = (
            next((stats for (routing, _, metric), stats in platform.items()
                  if (routing, metric) == (entity["entityId"], name)), {"count": 0, "sum": 0})
            for name in ("tHandle", "tAnswered", "tAbandon")
        )  # fmt: skip
        assert {metric["metricId"]: metric["value"] for metric in entity["metrics"]} == {
            "handledCalls": handled["count"],
            "avgSpeedOfAnswer": pytest.approx(answered["sum"] / answered["count"] / 1000),
            "abandonedCalls": abandoned["count"],
        }


async def test_backlogs_agree():
    """The backlog of the running hour is the platform's unassigned and assigned together."""
    queue_id = CENTRE.named("Claims").id
    body = {
        "metrics": ["workitem.assigned.count"],
        "groups": ["queue.id"],
        "filters": {
            "type": "and",
            "clauses": [{"dimension": "queue.id", "type": "in", "values": [queue_id]}],
        },
        "dateFrom": wire(START),
        "dateTo": wire(END),
    }
    standing = {
        "filter": {"type": "and", "predicates": [{"dimension": "queueId", "value": queue_id}]},
        "metrics": [{"name": "oWorkitemsUnassigned"}, {"name": "oWorkitemsAssigned"}],
        "groupBy": ["queueId"],
    }
    async with calling() as caller:
        caller.clock.move(900)
        moods = caller.running.moods
        moods.processing_polls = moods.chunks_late_polls = moods.chunk_missing_fetches = 0
        query = (await caller.post("/api/v2/analytics/workitems/query", json=body)).json()["queryId"]
        status = (await caller.get(f"/api/v2/analytics/queries/{query}")).json()
        ((row,),) = [(await caller.get(chunk["downloadUrl"])).json()["data"] for chunk in status["chunks"]]
        answer = await caller.post("/api/v2/analytics/taskmanagement/metrics/query", json=standing)
    counts = [entry["stats"]["count"] for entry in answer.json()["results"][0]["data"]]
    assert row["workitem.assigned.count"] == sum(counts) > 0
