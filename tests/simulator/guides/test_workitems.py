from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from monitor.simulator.guides.moods import Moods
from tests.simulator.guides.parts import CENTRE, HOUR, Gateway, assert_flawed, changed, wire
from tests.simulator.parts import START

SUBMIT = "/api/v2/analytics/workitems/query"
MET, MISSED = "workitem.sla.met.count", "workitem.sla.notMet.count"
BACKLOG, WAIT = "workitem.assigned.count", "workitem.waitTime.seconds"
CLAIMS, COLLECTIONS = CENTRE.named("Claims").id, CENTRE.named("Collections Callback").id
SUPPORT = CENTRE.named("Support Voice").id


def asking(*queues, **change):
    """The guide's question about the four hours before and the two after START."""
    body = {
        "metrics": [MET, MISSED, BACKLOG, WAIT],
        "timeGrouping": "PT1H",
        "groups": ["queue.id"],
        "filters": {
            "type": "and",
            "clauses": [
                {"dimension": "queue.id", "type": "in", "values": list(queues or (CLAIMS, COLLECTIONS))},
                {"dimension": "workitem.status", "type": "in", "values": ["assigned", "new"]},
            ],
        },
        "dateFrom": wire(START - 4 * HOUR),
        "dateTo": wire(START + 2 * HOUR),
        "timezone": "Europe/Paris",
        "queryType": "workitems",
    }
    return changed(body, change)


async def submitted(gateway, body=None, **headers):
    """The address at which a new query's progress is told."""
    answer = await gateway.post(SUBMIT, json=body or asking(), headers=headers)
    return f"/api/v2/analytics/queries/{answer.json()['queryId']}"


async def polled(gateway, address, times):
    """The status documents of so many polls."""
    return [(await gateway.get(address)).json() for _ in range(times)]


async def downloaded(gateway, body):
    """All rows, from a gateway that does everything at once."""
    (status,) = await polled(gateway, await submitted(gateway, body), 1)
    answers = [(await gateway.get(chunk["downloadUrl"])).json() for chunk in status["chunks"]]
    return [row for answer in answers for row in answer["data"]]


async def test_rows_are_what_the_workbench_shows():
    """By queue and hour: counts and wait of those assigned in it, the backlog at its end or at present."""
    async with Gateway(Moods.smooth(), hours=1.5) as gateway:
        rows = await downloaded(gateway, asking())
        bench, now = gateway.world.workbench, gateway.clock.now
    assert len(rows) == 12
    for row in rows:
        queue_id, start = row["queue.id"], datetime.fromisoformat(row["timeBucket"])
        end = min(start + HOUR, now)
        met, missed = bench.met(queue_id, start, end), bench.missed(queue_id, start, end)
        waits = bench.waited(queue_id, start, end)
        assert (row.get(MET, 0), row.get(MISSED, 0)) == (met, missed)
        assert row[BACKLOG] == bench.unassigned(queue_id, end) + bench.assigned(queue_id, end)
        assert row[WAIT] == pytest.approx(sum(waits) / len(waits) / 1000)
    assert any(row[MET] for row in rows)
    assert any(row[MISSED] for row in rows)
    assert any(row[BACKLOG] for row in rows)


async def test_buckets_start_on_the_hour():
    """Buckets start at the hour of the first moment, in UTC; counts leave out what is beyond the span."""
    first, last = START - timedelta(minutes=20), START + timedelta(minutes=20)
    span = {"dateFrom": wire(first), "dateTo": wire(last)}
    async with Gateway(Moods.smooth()) as gateway:
        rows = await downloaded(gateway, asking(CLAIMS, **span, metrics=[MET, BACKLOG]))
        bench = gateway.world.workbench
        met = [bench.met(CLAIMS, first, START), bench.met(CLAIMS, START, last)]
        assert met[1] < bench.met(CLAIMS, START, START + HOUR)
    assert [row["timeBucket"] for row in rows] == ["2026-03-02T08:00:00Z", "2026-03-02T09:00:00Z"]
    assert [row.get(MET, 0) for row in rows] == met
    assert all(set(row) <= {"queue.id", "timeBucket", MET, BACKLOG} for row in rows)


async def test_time_zones_shift_buckets():
    """Where local hours begin on the half hour so do the buckets."""
    async with Gateway(Moods.smooth()) as gateway:
        rows = await downloaded(gateway, asking(CLAIMS, timezone="Asia/Kolkata", dateFrom=wire(START)))
    assert [row["timeBucket"] for row in rows] == ["2026-03-02T08:30:00Z", "2026-03-02T09:30:00Z"]


async def test_half_hours_can_be_asked_for():
    """A time grouping of half an hour gives twice the rows."""
    async with Gateway(Moods.smooth()) as gateway:
        rows = await downloaded(gateway, asking(CLAIMS, timeGrouping="PT30M", dateFrom=wire(START)))
    assert [row["timeBucket"][11:16] for row in rows] == ["09:00", "09:30"]


async def test_idle_bucket_has_no_counts():
    """Where nothing was assigned there are neither counts nor a wait, but the backlog is known."""
    hour = {"dateFrom": wire(START - 30 * HOUR), "dateTo": wire(START - 29 * HOUR)}
    async with Gateway(Moods.smooth()) as gateway:
        (row,) = await downloaded(gateway, asking(CLAIMS, **hour))
    assert row == {"queue.id": CLAIMS, "timeBucket": "2026-03-01T03:00:00Z", BACKLOG: 0}


async def test_only_queues_with_work_items_have_rows():
    """Queues without work items have no rows, but an empty chunk; without a filter all others have rows."""
    async with Gateway(Moods.smooth()) as gateway:
        (status,) = await polled(gateway, await submitted(gateway, asking(SUPPORT)), 1)
        (none,) = [(await gateway.get(chunk["downloadUrl"])).json() for chunk in status["chunks"]]
        every = await downloaded(gateway, asking(filters=...))
    assert none == {"data": []}
    assert {row["queue.id"] for row in every} == {CLAIMS, COLLECTIONS}


def assert_no(answer, status):
    """The answer is an error in the guides' shape that blames no field."""
    assert answer.status_code == answer.json()["status"] == status
    assert answer.json()["errors"] == []


async def test_default_way_from_query_to_chunk():
    """One poll of processing, one done without chunks, then addresses; the first fetch finds nothing yet."""
    async with Gateway() as gateway:
        address = await submitted(gateway)
        first, second, third = await polled(gateway, address, 3)
        (chunk,) = third["chunks"]
        fetches = [await gateway.get(chunk["downloadUrl"]) for _ in range(2)]
    key = address.rpartition("/")[2]
    assert first == {"queryId": key, "status": "processing"}
    assert second == {"queryId": key, "status": "done", "chunks": []}
    assert third["status"] == "done"
    assert chunk["downloadUrl"] == f"http://gateway.test/api/v2/analytics/chunks/{key}/1"
    assert_no(fetches[0], 404)
    assert set(fetches[1].json()) == {"data"}


async def test_processing_may_take_time():
    """A mood keeps a query in processing until it is so many seconds old, however often it is asked about."""
    async with Gateway(Moods(processing_seconds=60)) as gateway:
        address = await submitted(gateway)
        before = await polled(gateway, address, 5)
        gateway.clock.move(60)
        (after,) = await polled(gateway, address, 1)
    assert {status["status"] for status in before} == {"processing"}
    assert after["status"] == "done"


async def test_query_may_hang():
    """A hanging query is in processing for ever, the one after it is not."""
    async with Gateway(replace(Moods.smooth(), hanging_queries=1)) as gateway:
        stuck, good = await submitted(gateway), await submitted(gateway)
        gateway.clock.move(3600)
        statuses = await polled(gateway, stuck, 10)
        (other,) = await polled(gateway, good, 1)
    assert {status["status"] for status in statuses} == {"processing"}
    assert other["status"] == "done"


async def test_query_may_fail():
    """A failing query ends in error with a code and no chunks, the one after it is done."""
    async with Gateway(replace(Moods.smooth(), failing_queries=1, error_code="TOO_MANY_GROUPS")) as gateway:
        bad, good = await submitted(gateway), await submitted(gateway)
        (failed,) = await polled(gateway, bad, 1)
        (other,) = await polled(gateway, good, 1)
    assert (failed["status"], failed["errorCode"]) == ("error", "TOO_MANY_GROUPS")
    assert "chunks" not in failed
    assert other["status"] == "done"


async def test_last_chunk_may_lack_its_address():
    """A mood leaves the last chunk without an address at first."""
    async with Gateway(replace(Moods.smooth(), chunk_rows=4, chunk_unnamed_polls=1)) as gateway:
        first, second = await polled(gateway, await submitted(gateway), 2)
    assert [set(chunk) for chunk in first["chunks"]] == [{"downloadUrl"}, {"downloadUrl"}, set()]
    assert [set(chunk) for chunk in second["chunks"]] == [{"downloadUrl"}] * 3


async def test_rows_are_divided_into_chunks():
    """Smaller chunks hold the same rows, in the same order."""
    async with Gateway(Moods.smooth()) as gateway:
        whole = await downloaded(gateway, asking())
        gateway.moods.chunk_rows = 5
        parts = await downloaded(gateway, asking())
    assert parts == whole
    assert len(whole) == 10


async def test_chunk_refuses_the_token_that_has_lapsed():
    """From some age of the query on its own token is a 403, a newer one is good."""
    async with Gateway(replace(Moods.smooth(), chunk_token_seconds=60)) as gateway:
        address = await submitted(gateway, Authorization="Bearer old")
        ((chunk,),) = [status["chunks"] for status in await polled(gateway, address, 1)]
        early = await gateway.get(chunk["downloadUrl"], headers={"Authorization": "Bearer old"})
        gateway.clock.move(60)
        late = await gateway.get(chunk["downloadUrl"], headers={"Authorization": "Bearer old"})
        fresh = await gateway.get(chunk["downloadUrl"], headers={"Authorization": "Bearer new"})
    assert (early.status_code, fresh.status_code) == (200, 200)
    assert_no(late, 403)


async def test_chunks_may_be_elsewhere():
    """A mood has the addresses point to another host."""
    async with Gateway(replace(Moods.smooth(), chunk_base="https://files.test/")) as gateway:
        (status,) = await polled(gateway, await submitted(gateway), 1)
    assert status["chunks"][0]["downloadUrl"].startswith("https://files.test/api/v2/analytics/chunks/")


async def test_results_live_for_a_day():
    """A day after the query neither it nor its chunks exist; nor do made-up ones."""
    async with Gateway(Moods.smooth()) as gateway:
        address = await submitted(gateway)
        (status,) = await polled(gateway, address, 1)
        chunk = status["chunks"][0]["downloadUrl"]
        no_such = await gateway.get(chunk.removesuffix("1") + "2")
        gateway.clock.move(24 * 3600 - 1)
        kept = await gateway.get(chunk)
        gateway.clock.move(1)
        gone = [await gateway.get(chunk), await gateway.get(address)]
    assert kept.status_code == 200
    for answer in (no_such, *gone):
        assert_no(answer, 404)


async def test_rows_stay_as_they_were():
    """A chunk downloaded later shows the world as it was when the query came in."""
    async with Gateway(Moods.smooth()) as gateway:
        before = await downloaded(gateway, asking())
        (status,) = await polled(gateway, await submitted(gateway), 1)
        gateway.clock.move(1800)
        after = (await gateway.get(status["chunks"][0]["downloadUrl"])).json()["data"]
    assert after == before


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"metrics": [f"workitem.metric{n}" for n in range(21)]}, "metrics"),
        ({"metrics": ["workitem.bogus"]}, "metrics"),
        ({"metrics": []}, "metrics"),
        ({"dateFrom": wire(START - timedelta(days=31))}, "dateTo"),
        ({"dateFrom": wire(START + 3 * HOUR)}, "dateFrom"),
        ({"dateTo": "2026-03-02"}, "dateTo"),
        ({"timeGrouping": "PT7M"}, "timeGrouping"),
        ({"groups": ["user.id"]}, "groups"),
        ({"groups": ...}, "groups"),
        ({"queryType": "conversations"}, "queryType"),
        ({"timezone": "Europe/Nowhere"}, "timezone"),
        ({"timezone": "../etc"}, "timezone"),
        ({"filters": {"type": "or", "clauses": []}}, "filters.type"),
        ({"filters": {"type": "and", "clauses": [{"dimension": "x", "type": "in", "values": ["y"]}]}},
         "filters.clauses[0].dimension"),
        ({"filters": {"type": "and", "clauses": [{"dimension": "queue.id", "type": "is"}]}},
         "filters.clauses[0].type"),
    ],
)  # fmt: skip
async def test_flawed_questions_are_refused(change, field):
    """A question beyond the limits, or one the guide does not know, is a 400 that names the field."""
    async with Gateway() as gateway:
        answer = await gateway.post(SUBMIT, json=asking(**change))
    assert_flawed(answer, field)


async def test_too_many_metrics_and_days_are_told_apart():
    """The limits say what they are: twenty metrics, thirty days; exactly thirty days are taken."""
    async with Gateway() as gateway:
        many = await gateway.post(SUBMIT, json=asking(metrics=[f"m{n}" for n in range(21)]))
        long = await gateway.post(SUBMIT, json=asking(dateFrom=wire(START - 30 * 24 * HOUR)))
        exact = {"dateFrom": wire(START - 30 * 24 * HOUR), "dateTo": wire(START)}
        allowed = await gateway.post(SUBMIT, json=asking(**exact))
    assert "more than 20" in many.json()["message"]
    assert "30 days" in long.json()["message"]
    assert allowed.status_code == 200
