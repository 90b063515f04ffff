from datetime import timedelta

import pytest

from monitor.simulator.centre import Centre
from monitor.simulator.settings import Settings
from tests.simulator.parts import START, Caller, any_of, calling, span

CENTRE = Centre.standard()
CLAIMS = CENTRE.named("Claims").id
COLLECTIONS = CENTRE.named("Collections Callback").id
BILLING = CENTRE.named("Billing").id
AGGREGATES = "/api/v2/analytics/taskmanagement/aggregates/query"
BACKLOG = "/api/v2/analytics/taskmanagement/metrics/query"
METRICS = ["nWorkitemsOffered", "nWorkitemsOverSla", "oWorkitemsServiceLevel", "tWorkitemsHandled"]
STANDING = ["oWorkitemsUnassigned", "oWorkitemsAssigned", "oWorkitemsOverDue", "oWorkitemOldestUnassigned"]
LATER = START + timedelta(hours=3)


async def ask(caller: Caller, **changes: object) -> list[dict]:
    """The results of an aggregate query put three hours after the start."""
    caller.clock.now = LATER
    body = {"interval": span(0, 180), "groupBy": ["queueId"], "metrics": METRICS, **changes}
    answer = await caller.post(AGGREGATES, json=body)
    assert answer.status_code == 200, answer.text
    return list(answer.json()["results"])


def standing(*values: str, **changes: object) -> dict[str, object]:
    """A backlog query about some queues."""
    predicates = [{"dimension": "queueId", "value": value} for value in values]
    metrics = [{"name": name} for name in STANDING]
    return {"groupBy": ["queueId"], "metrics": metrics, "filter": {"predicates": predicates}, **changes}


async def test_aggregates_are_the_workbenches():
    """The four metrics of both queues are what their work items say; other queues are missing."""
    async with calling() as caller:
        results = await ask(caller)
        bench = caller.running.world.workbench
        for result in results:
            queue_id = result["group"]["queueId"]
            found = {entry["metric"]: entry["stats"] for entry in result["data"][0]["metrics"]}
            met, missed, offered = (
                count(queue_id, START, LATER) for count in (bench.met, bench.missed, bench.offered)
            )
            handled = bench.handled(queue_id, START, LATER)
            assert found["nWorkitemsOffered"] == {"count": offered}
            assert found["nWorkitemsOverSla"] == {"count": missed}
            assert found["oWorkitemsServiceLevel"] == {
                "ratio": met / (met + missed),
                "numerator": met,
                "denominator": met + missed,
                "target": 0.8,
            }
            assert found["tWorkitemsHandled"]["count"] == len(handled)
            assert found["tWorkitemsHandled"]["sum"] == sum(handled)
    assert {result["group"]["queueId"] for result in results} == {CLAIMS, COLLECTIONS}


async def test_buckets_and_totals_add_up():
    """Hours add up to the whole, both queues to the ungrouped total, and a filter leaves one of them."""
    async with calling() as caller:
        offered: dict[str, object] = {"metrics": ["nWorkitemsOffered"]}
        (one,) = await ask(caller, filter=any_of("queueId", CLAIMS, BILLING), **offered)
        (cut,) = await ask(caller, filter=any_of("queueId", CLAIMS), granularity="PT1H", **offered)
        (total,) = await ask(caller, groupBy=[], **offered)
        both = await ask(caller, **offered)

    def count(result: dict) -> int:
        return sum(bucket["metrics"][0]["stats"]["count"] for bucket in result["data"])

    assert len(cut["data"]) == 3
    assert count(cut) == count(one)
    assert count(total) == sum(count(result) for result in both)


async def test_what_did_not_happen_is_missing():
    """Idle spans and queues without work items are missing; so are known metrics not simulated."""
    async with calling() as caller:
        assert await ask(caller, interval=span(181, 190)) == []
        assert await ask(caller, filter=any_of("queueId", BILLING)) == []
        assert await ask(caller, metrics=["tWorkitemsParked"]) == []
        refused = await caller.post(AGGREGATES, json={"interval": span(0, 1), "metrics": ["nOffered"]})
    assert refused.status_code == 400


async def test_backlog_is_the_workbenches():
    """Counts are those of the moment, the oldest unassigned item is told by its creation in epoch ms."""
    async with calling() as caller:
        caller.clock.now = LATER
        (result,) = (await caller.post(BACKLOG, json=standing(CLAIMS))).json()["results"]
        bench = caller.running.world.workbench
    found = {entry["metric"]: entry["stats"] for entry in result["data"]}
    oldest = bench.oldest_unassigned(CLAIMS, LATER)
    assert oldest is not None
    assert result["group"] == {"queueId": CLAIMS}
    assert found["oWorkitemsUnassigned"] == {"count": bench.unassigned(CLAIMS, LATER)}
    assert found["oWorkitemsAssigned"] == {"count": bench.assigned(CLAIMS, LATER)}
    assert found["oWorkitemOldestUnassigned"] == {"max": round(oldest.timestamp() * 1000)}
    overdue = bench.overdue(CLAIMS, LATER)
    assert found.get("oWorkitemsOverDue", {"count": 0}) == {"count": overdue}


async def test_an_overdue_count_of_zero_is_missing():
    """Over a day the metric is there exactly when something is overdue."""
    async with calling() as caller:
        seen = set()
        for _ in range(20):
            caller.clock.move(1800)
            answer = await caller.post(BACKLOG, json=standing(COLLECTIONS))
            names = {e["metric"] for result in answer.json()["results"] for e in result["data"]}
            late = caller.running.world.workbench.overdue(COLLECTIONS, caller.clock.now) > 0
            assert ("oWorkitemsOverDue" in names) is late
            seen.add(late)
    assert seen == {True, False}


async def test_a_queue_without_work_items_has_no_backlog():
    """Queues without work items and unknown ones have no results."""
    async with calling() as caller:
        for queue_id in (BILLING, "unknown"):
            assert (await caller.post(BACKLOG, json=standing(queue_id))).json() == {"results": []}


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (standing(), "Exactly one queueId predicate is required, not 0"),
        (standing(CLAIMS, COLLECTIONS), "Exactly one queueId predicate is required, not 2"),
        (standing(CLAIMS, groupBy=[]), "At least one value"),
        (standing(CLAIMS, groupBy=["userId"]), "Value [userId] is not valid"),
        (standing(CLAIMS, metrics=[]), "At least one value"),
        (standing(CLAIMS, metrics=[{"name": "oWaiting"}]), "Value [oWaiting] is not valid"),
        (standing(CLAIMS, metrics=["oWorkitemsAssigned"]), "must be an object"),
        (standing(CLAIMS, metrics=[{"name": "oWorkitemsDue"}]), "Value [None] is not valid"),
        (standing(CLAIMS, filter=None), "filter is required"),
        (standing(CLAIMS, filter={"predicates": [{"dimension": "userId", "value": "x"}]}), "Value [userId]"),
        (standing(CLAIMS, filter={"predicates": [{"dimension": "queueId"}]}), "A value is required"),
    ],
)
async def test_flawed_backlog_queries_are_refused(body, words):
    """A query for the backlog needs exactly one queue, known metrics and a grouping."""
    async with calling() as caller:
        answer = await caller.post(BACKLOG, json=body)
    assert answer.status_code == 400
    assert words in answer.json()["message"]


async def test_an_organization_may_lack_the_backlog():
    """Where the endpoint is not there, it is a 404; the aggregates are there all the same."""
    async with calling(settings=Settings(task_metrics=False)) as caller:
        answer = await caller.post(BACKLOG, json=standing(CLAIMS))
        assert await ask(caller)
    assert answer.status_code == 404
