from dataclasses import replace
from datetime import timedelta

import pytest

from monitor.simulator.guides.moods import Moods, Paging
from monitor.simulator.ledger import ROUTINGS
from tests.simulator.guides.parts import HOUR, Gateway, assert_flawed, changed, seconds, wire
from tests.simulator.parts import START

STRATEGIES = "/api/v2/routing/strategies"
SUBMIT = "/api/v2/analytics/routing/strategies/query"
JOBS = "/api/v2/analytics/jobs"
METRICS = ["handledCalls", "avgSpeedOfAnswer", "abandonedCalls"]


def asking(**change):
    """The guide's question about the hour from START on."""
    body = {
        "strategyIds": list(ROUTINGS),
        "metricTypes": METRICS,
        "timeGroup": "byDay",
        "interval": "P1D",
        "from": wire(START),
        "to": wire(START + HOUR),
        "groupBys": ["strategyId"],
        "async": True,
    }
    return changed(body, change)


async def submitted(gateway, body=None):
    """The address of a new job."""
    return f"{JOBS}/{(await gateway.post(SUBMIT, json=body or asking())).json()['jobId']}"


async def evaluated(gateway, body=None):
    """All entities of a new job, from a gateway that does everything at once."""
    address = await submitted(gateway, body)
    await gateway.get(address)
    entities, number, pages = [], 1, 1
    while number <= pages:
        page = (await gateway.get(f"{address}/results", params={"pageNumber": number})).json()
        entities += page["entities"]
        number, pages = number + 1, page["pageCount"]
    return entities


def figures(entity):
    """Values by metric."""
    return {metric["metricId"]: metric["value"] for metric in entity["metrics"]}


async def test_strategies_are_the_routings_and_a_retired_one():
    """Every routing of the ledger is an active strategy; one more is inactive."""
    async with Gateway() as gateway:
        entities = (await gateway.get(STRATEGIES)).json()["entities"]
        used = {entry.routing for entry in gateway.entries("tHandle")}
    states = {one["id"]: one["state"] for one in entities}
    assert {key for key, state in states.items() if state == "active"} == used
    assert [key for key, state in states.items() if state == "inactive"] == ["Retired"]
    assert all(one["name"] for one in entities)


async def test_figures_are_those_of_the_ledger():
    """Handled and abandoned are counts, the speed of answer is the mean wait in seconds, by routing."""
    async with Gateway(Moods.smooth(), hours=2) as gateway:
        entities = await evaluated(gateway)
        for entity in entities:
            handled, answered, abandoned = (
                [e for e in gateway.entries(name, end=START + HOUR) if e.routing == entity["entityId"]]
                for name in ("tHandle", "tAnswered", "tAbandon")
            )
            assert figures(entity) == {
                "handledCalls": len(handled),
                "avgSpeedOfAnswer": pytest.approx(seconds(answered) / len(answered)),
                "abandonedCalls": len(abandoned),
            }
    assert {entity["entityId"] for entity in entities} == set(ROUTINGS)
    assert len(entities) == len(ROUTINGS)


async def test_strategy_without_calls_is_missing():
    """An inactive strategy, and one in a span without calls, have no entity; that still is one page."""
    night = {"from": wire(START - 20 * HOUR), "to": wire(START - 19 * HOUR)}
    async with Gateway(Moods.smooth()) as gateway:
        assert await evaluated(gateway, asking(strategyIds=["Retired"])) == []
        assert await evaluated(gateway, asking(**night)) == []


async def test_speed_is_absent_where_nothing_was_answered():
    """A strategy with calls but without an answer has no speed of answer."""
    async with Gateway(Moods.smooth()) as gateway:
        answers = {(e.at, e.routing) for e in gateway.entries("tAnswered")}
        call = next(e for e in gateway.entries("nOffered") if (e.at, e.routing) not in answers)
        moment = {"from": call.at.isoformat(), "to": (call.at + timedelta(microseconds=1)).isoformat()}
        (entity,) = await evaluated(gateway, asking(strategyIds=[call.routing], **moment))
    assert figures(entity) == {"handledCalls": 0, "abandonedCalls": 0}


async def test_only_asked_metrics_come():
    """Metrics come in the order of the question, others not at all."""
    async with Gateway(Moods.smooth()) as gateway:
        entities = await evaluated(gateway, asking(metricTypes=["abandonedCalls", "handledCalls"]))
    assert all(list(figures(one)) == ["abandonedCalls", "handledCalls"] for one in entities)


async def test_queues_can_group():
    """Grouped by queue an entity is a queue; grouped by both it is a strategy that names its queue."""
    async with Gateway(Moods.smooth()) as gateway:
        queues = await evaluated(gateway, asking(groupBys=["queueId"]))
        both = await evaluated(gateway, asking(groupBys=["queueId", "strategyId"]))
        handled = len(gateway.entries("tHandle"))
        assert {one["entityId"] for one in queues} <= set(gateway.world.centre.by_id)
    assert {one["entityId"] for one in both} == set(ROUTINGS)
    assert {one["queueId"] for one in both} == {one["entityId"] for one in queues}
    for entities in (queues, both):
        assert sum(figures(one)["handledCalls"] for one in entities) == handled


async def test_default_way_from_job_to_results():
    """Queued, running, completed; results exist only then."""
    async with Gateway() as gateway:
        address = await submitted(gateway)
        early = await gateway.get(f"{address}/results")
        statuses = [(await gateway.get(address)).json() for _ in range(3)]
        results = await gateway.get(f"{address}/results")
    assert [status["status"] for status in statuses] == ["queued", "running", "completed"]
    assert all("failureReason" not in status for status in statuses)
    assert early.status_code == early.json()["status"] == 404
    assert results.status_code == 200


async def test_results_have_two_pages_at_least():
    """Four entities make two pages by default, told by page numbers; a page past the end is empty."""
    async with Gateway(Moods.smooth()) as gateway:
        address = await submitted(gateway)
        await gateway.get(address)
        pages = [
            (await gateway.get(f"{address}/results", params={"pageNumber": n})).json() for n in (1, 2, 3)
        ]
        bogus = await gateway.get(f"{address}/results", params={"pageNumber": "x"})
    assert [len(page["entities"]) for page in pages] == [2, 2, 0]
    assert {(page["pageCount"], page["pageSize"], page["total"]) for page in pages} == {(2, 2, 4)}
    assert [page["pageNumber"] for page in pages] == [1, 2, 3]
    assert_flawed(bogus, "pageNumber")


async def test_results_may_be_paged_by_address():
    """A mood tells the next page by its address alone, and smaller pages make more of them."""
    moods = replace(Moods.smooth(), results_paging=Paging.ADDRESS, results_page=1)
    async with Gateway(moods) as gateway:
        address = await submitted(gateway)
        await gateway.get(address)
        pages = [(await gateway.get(f"{address}/results")).json()]
        while "nextUri" in pages[-1]:
            pages.append((await gateway.get(pages[-1]["nextUri"])).json())
    assert [entity["entityId"] for page in pages for entity in page["entities"]] == sorted(ROUTINGS)
    assert len(pages) == 4
    assert "pageCount" not in pages[0]


async def test_job_id_may_have_another_name():
    """A mood answers id in place of jobId."""
    async with Gateway(Moods(job_key="id")) as gateway:
        answer = (await gateway.post(SUBMIT, json=asking())).json()
        status = await gateway.get(f"{JOBS}/{answer['id']}")
    assert set(answer) == {"id"}
    assert status.status_code == 200


async def test_job_may_fail():
    """A failing job ends with its reason and without results, the one after it completes."""
    async with Gateway(replace(Moods.smooth(), failing_jobs=1, failure_reason="Too wide.")) as gateway:
        bad, good = await submitted(gateway), await submitted(gateway)
        failed, other = [(await gateway.get(address)).json() for address in (bad, good)]
        results = await gateway.get(f"{bad}/results")
    assert (failed["status"], failed["failureReason"]) == ("failed", "Too wide.")
    assert results.status_code == 404
    assert other["status"] == "completed"


async def test_job_may_hang():
    """A hanging job runs for ever, the one after it completes."""
    async with Gateway(replace(Moods.smooth(), hanging_jobs=1)) as gateway:
        stuck, good = await submitted(gateway), await submitted(gateway)
        statuses = [(await gateway.get(stuck)).json()["status"] for _ in range(10)]
        other = (await gateway.get(good)).json()
    assert set(statuses) == {"running"}
    assert other["status"] == "completed"


async def test_unknown_job_is_not_found():
    """A made-up job answers 404, for its status as for its results."""
    async with Gateway() as gateway:
        answers = [await gateway.get(f"{JOBS}/bogus"), await gateway.get(f"{JOBS}/bogus/results")]
    assert [answer.status_code for answer in answers] == [404, 404]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"metricTypes": [f"metric{n}" for n in range(11)]}, "metricTypes"),
        ({"metricTypes": ["bogusCalls"]}, "metricTypes"),
        ({"metricTypes": []}, "metricTypes"),
        ({"to": wire(START)}, "from"),
        ({"from": wire(START - timedelta(days=30))}, "to"),
        ({"from": ...}, "from"),
        ({"groupBys": ["userId"]}, "groupBys"),
        ({"groupBys": []}, "groupBys"),
        ({"strategyIds": ["Standard", "Bogus"]}, "strategyIds"),
        ({"strategyIds": []}, "strategyIds"),
        ({"timeGroup": "byMoon"}, "timeGroup"),
        ({"interval": "P2D"}, "interval"),
        ({"async": False}, "async"),
    ],
)
async def test_flawed_questions_are_refused(change, field):
    """A question beyond the limits, or one the guide does not know, is a 400 that names the field."""
    async with Gateway() as gateway:
        assert_flawed(await gateway.post(SUBMIT, json=asking(**change)), field)


async def test_refusals_name_limit_and_strategy():
    """Too many metrics say so, and an unknown strategy is named."""
    async with Gateway() as gateway:
        many = await gateway.post(SUBMIT, json=asking(metricTypes=[f"m{n}" for n in range(11)]))
        unknown = await gateway.post(SUBMIT, json=asking(strategyIds=["Bogus"]))
    assert "more than 10" in many.json()["message"]
    assert "Bogus" in unknown.json()["message"]
