"""Work items: the five states, chunks that come late, the 15-minute breaker, and segments joined."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from monitor.clients.jobs import Stuck
from monitor.model.errors import JobFailed, NotOffered, PermissionDenied, Refused, Unavailable, Unintelligible
from monitor.model.interval import Interval
from monitor.model.observation import WorkitemBucket, Workitems
from tests.builders import EPOCH, loop_time
from tests.clients.guides.gateway import DAY, Answer, Gateway, JobTelemetry, a_dialect, hours, soon

pytestmark = pytest.mark.looptime

QUERY, STATE = "analytics/workitems/query", "analytics/queries/x1"
ONE, TWO = "chunks/1", "chunks/2"
HOUR = 3600.0
PROCESSING = {"queryId": "x1", "status": "processing"}
NINE, TEN = "2026-11-21T09:00:00Z", "2026-11-21T10:00:00Z"


def done(*links: str | None) -> dict[str, Any]:
    """Return a finished query with these chunks; None is an entry without address."""
    chunks: list[dict[str, Any]] = [{} if link is None else {"downloadUrl": link} for link in links]
    return {"queryId": "x1", "status": "done", "chunks": chunks}


def item(queue: str = "q", bucket: str = NINE, **values: Any) -> dict[str, Any]:
    """Return one row; keywords are met, missed, backlog and wait."""
    names = {
        "met": "workitem.sla.met.count",
        "missed": "workitem.sla.notMet.count",
        "backlog": "workitem.assigned.count",
        "wait": "workitem.waitTime.seconds",
    }
    return {
        "queue.id": queue,
        "timeBucket": bucket,
        **{names[name]: value for name, value in values.items()},
    }


def chunk(*rows: Any) -> dict[str, Any]:
    """Return one chunk."""
    return {"data": list(rows)}


def gateway(*states: Answer) -> Gateway:
    """Return a gateway whose query passes through these states and has two small chunks."""
    return (
        Gateway()
        .on(QUERY, {"queryId": "x1"})
        .on(STATE, *(states or (done("/api/v2/chunks/1", "/api/v2/chunks/2"),)))
        .on(ONE, chunk(item(met=3, missed=1, backlog=7, wait=12.5)))
        .on(TWO, chunk(item(bucket=TEN, backlog=6)))
    )


async def ask(
    asked: Gateway,
    *queues: str,
    interval: Interval | None = None,
    bucket: float = HOUR,
    zone: str = "UTC",
    seconds: float = 7200,
    **options: Any,
) -> Workitems:
    """Ask about two hours of queue `q`."""
    dialect = a_dialect(asked, **options)
    return await dialect.workitems(
        queues or ("q",), interval or hours(2), bucket, zone, deadline=soon(seconds)
    )


def states(telemetry: JobTelemetry) -> list[str]:
    """Return the states that were entered, in order."""
    return [state for *_, state in telemetry.jobs]


async def test_a_query_passes_its_five_states() -> None:
    """Submitted, polled, validated, downloaded, aggregated: every chunk counts, and telemetry saw it."""
    telemetry = JobTelemetry()
    asked = gateway(PROCESSING, PROCESSING, done("/api/v2/chunks/1", "/api/v2/chunks/2"))
    found = await ask(asked, telemetry=telemetry)
    assert found == Workitems(
        interval=hours(2),
        buckets=(
            WorkitemBucket(
                queue_id="q", interval=hours(1), met=3.0, missed=1.0, backlog=7.0, wait_seconds=12.5
            ),
            WorkitemBucket(queue_id="q", interval=hours(1, start=1), met=0.0, missed=0.0, backlog=6.0),
        ),
    )
    assert states(telemetry) == [
        "submitted",
        "polling",
        "validating_chunks",
        "downloading",
        "aggregating",
        "done",
    ]
    assert {(org, job) for org, job, _ in telemetry.jobs} == {("acme", "workitems")}


async def test_the_question_is_the_guides() -> None:
    """The four metrics by queue and bucket, filtered by queue and status, in the zone asked for."""
    asked = gateway()
    await ask(asked, zone="Europe/Paris")
    clauses = [
        {"dimension": "queue.id", "type": "in", "values": ["q"]},
        {"dimension": "workitem.status", "type": "in", "values": ["assigned", "new"]},
    ]
    assert asked.bodies(QUERY) == [
        {
            "metrics": [
                "workitem.sla.met.count",
                "workitem.sla.notMet.count",
                "workitem.assigned.count",
                "workitem.waitTime.seconds",
            ],
            "timeGrouping": "PT1H",
            "groups": ["queue.id"],
            "filters": {"type": "and", "clauses": clauses},
            "dateFrom": "2026-11-21T09:00:00.000Z",
            "dateTo": "2026-11-21T11:00:00.000Z",
            "timezone": "Europe/Paris",
            "queryType": "workitems",
        }
    ]


async def test_an_unknown_zone_is_not_sent() -> None:
    """A zone that does not exist is refused before anything is asked."""
    asked = gateway()
    with pytest.raises(Refused, match="no time zone Mars/Olympus"):
        await ask(asked, zone="Mars/Olympus")
    assert not asked.asked


@pytest.mark.parametrize(
    "early",
    [
        [done()],
        [{"queryId": "x1", "status": "done"}],
        [done("/api/v2/chunks/1", None)],
        [done("/api/v2/chunks/1")],
        [done("/api/v2/chunks/1"), done(), done("/api/v2/chunks/1")],
    ],
)
async def test_chunks_are_waited_for(early: list[Answer]) -> None:
    """A list of chunks that is empty, has entries without address, or still grows is not taken for whole."""
    whole = done("/api/v2/chunks/1", "/api/v2/chunks/2")
    found = await ask(gateway(*early, whole))
    assert [bucket.backlog for bucket in found.buckets] == [7.0, 6.0]


@pytest.mark.parametrize("listed", [done(), done("/api/v2/chunks/1", None)])
async def test_chunks_that_never_come_fail_the_job(listed: Answer) -> None:
    """The second loop has its own limit of five minutes, and no smaller window is tried."""
    telemetry = JobTelemetry()
    asked = gateway(listed)
    started = loop_time()
    with pytest.raises(Stuck, match=r"the list of chunks .* is not ready after 300 s"):
        await ask(asked, telemetry=telemetry)
    assert 300 <= loop_time() - started < 301
    assert len(asked.asked[QUERY]) == 1
    assert states(telemetry)[-2:] == ["validating_chunks", "failed"]


async def test_a_chunk_that_is_not_there_yet_is_waited_for() -> None:
    """A 404 on a chunk means not yet: back to validating, and then it is downloaded."""
    telemetry = JobTelemetry()
    asked = gateway().on(TWO, 404, 404, chunk(item(bucket=TEN, backlog=6)))
    found = await ask(asked, telemetry=telemetry)
    assert [bucket.backlog for bucket in found.buckets] == [7.0, 6.0]
    first, second = "validating_chunks", "downloading"
    assert states(telemetry)[2:] == [first, second, first, second, first, second, "aggregating", "done"]


async def test_a_chunk_that_never_comes_fails_the_job() -> None:
    """A chunk that stays away for the rest of the five minutes is no empty chunk."""
    started = loop_time()
    with pytest.raises(JobFailed, match="a chunk of a finished work item query is not ready"):
        await ask(gateway().on(TWO, 404))
    assert 300 <= loop_time() - started < 301


async def test_a_broken_chunk_fails_the_answer() -> None:
    """When one chunk fails there is no answer."""
    with pytest.raises(Unavailable):
        await ask(gateway().on(TWO, 500))


async def test_a_chunk_on_another_host_gets_no_token() -> None:
    """A chunk elsewhere is fetched without our token, unless its host is allow-listed."""
    foreign = done("https://files.example.net/1?sig=x")
    for trusted, bearer in ((frozenset[str](), None), (frozenset({"files.example.net"}), "Bearer t1")):
        asked = gateway(foreign).on("files.example.net/1", chunk(item(met=1)))
        await ask(asked, trusted_hosts=trusted)
        (request,) = asked.asked["files.example.net/1"]
        assert request.headers.get("authorization") == bearer


async def test_a_403_on_a_chunk_renews_the_token_once() -> None:
    """A 403 on a chunk means an expired token; a second one is an error that names the scopes."""
    asked = gateway().on(ONE, 403, chunk(item(met=1)))
    await ask(asked)
    bearers = [request.headers["authorization"] for request in asked.asked[ONE]]
    assert bearers == ["Bearer t1", "Bearer t2"]
    with pytest.raises(PermissionDenied, match="analytics:view analytics:export workitem:view"):
        await ask(gateway().on(ONE, 403))


async def test_every_chunk_is_asked_for_with_a_token_that_is_still_good() -> None:
    """A token that ends while the query runs is renewed before the chunk is asked for, not refused first."""
    asked = gateway(*[PROCESSING] * 5, done("/api/v2/chunks/1"))
    asked.life = 90.0
    await ask(asked)
    assert asked.asked[QUERY][0].headers["authorization"] == "Bearer t1"
    (request,) = asked.asked[ONE]
    assert request.headers["authorization"] == f"Bearer t{asked.tokens}" != "Bearer t1"


async def test_an_error_is_named() -> None:
    """The errorCode is part of the error, and a failed query is not asked again."""
    telemetry = JobTelemetry()
    asked = gateway(PROCESSING, {"status": "error", "errorCode": "filter.too.complex"})
    with pytest.raises(JobFailed, match=r"ended in an error: filter\.too\.complex"):
        await ask(asked, telemetry=telemetry)
    assert states(telemetry) == ["submitted", "polling", "failed"]
    assert len(asked.asked[QUERY]) == 1


async def test_an_error_after_done_is_named() -> None:
    """A query that fails while its chunks are waited for is failed, too."""
    with pytest.raises(JobFailed, match="no errorCode"):
        await ask(gateway(done(), {"status": "error"}))


async def test_a_stuck_query_is_asked_again_over_the_newest_half() -> None:
    """After 15 minutes in processing the newest half of the interval is asked for, and answered as such."""
    telemetry = JobTelemetry()
    asked = gateway(PROCESSING).on(QUERY, {"queryId": "x1"}, {"queryId": "x2"})
    asked.on("analytics/queries/x2", done("/api/v2/chunks/2"))
    started = loop_time()
    found = await ask(asked, telemetry=telemetry)
    assert 900 <= loop_time() - started < 910
    assert [body["dateFrom"] for body in asked.bodies(QUERY)] == [
        "2026-11-21T09:00:00.000Z",
        "2026-11-21T10:00:00.000Z",
    ]
    assert found.interval == hours(1, start=1)
    assert [bucket.backlog for bucket in found.buckets] == [6.0]
    assert states(telemetry)[:5] == ["submitted", "polling", "failed", "submitted", "polling"]


async def test_a_query_that_stays_stuck_fails() -> None:
    """The reduced window is tried once: after 30 minutes in all the job has failed."""
    asked = gateway(PROCESSING)
    started = loop_time()
    with pytest.raises(JobFailed, match="not ready after 900 s"):
        await ask(asked)
    assert 1800 <= loop_time() - started < 1801
    assert len(asked.asked[QUERY]) == 2


async def test_a_single_bucket_cannot_be_reduced() -> None:
    """Where there is nothing smaller to ask for, a stuck query has failed."""
    asked = gateway(PROCESSING)
    with pytest.raises(JobFailed):
        await ask(asked, interval=hours(1))
    assert len(asked.asked[QUERY]) == 1


async def test_the_deadline_comes_before_the_breaker() -> None:
    """A poll's own deadline ends it, and nothing is asked again."""
    asked = gateway(PROCESSING)
    started = loop_time()
    with pytest.raises(Unavailable, match="at the deadline"):
        await ask(asked, seconds=100)
    assert loop_time() - started <= 100
    assert len(asked.asked[QUERY]) == 1


async def test_transient_errors_are_waited_out() -> None:
    """A 503 while polling is tried again after 2 s, and again after 4."""
    asked = gateway(503, 503, done("/api/v2/chunks/1"))
    assert len((await ask(asked)).buckets) == 1
    first, second, third, *_ = asked.times[STATE]
    assert 2 <= second - first <= 2.2
    assert 4 <= third - second <= 4.4


def days(count: float) -> Interval:
    """Return an interval of so many days."""
    return Interval(EPOCH, EPOCH + count * DAY)


def stamp(moment: datetime) -> str:
    """Return a moment as the wire writes it."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


async def test_segments_are_joined_without_doubles() -> None:
    """A long span is asked in segments that share a bucket; the shared bucket counts once."""
    border = stamp(EPOCH + 14 * DAY - timedelta(hours=1))
    asked = Gateway()
    asked.on(QUERY, *({"queryId": f"x{number}"} for number in (1, 2, 3)))
    for number in (1, 2, 3):
        asked.on(f"analytics/queries/x{number}", done(f"/api/v2/chunks/{number}"))
    asked.on(ONE, chunk(item(bucket=NINE, met=1), item(bucket=border, met=2)))
    asked.on(TWO, chunk(item(bucket=border, met=2), item("other", bucket=border, met=4)))
    asked.on("chunks/3", chunk(item(bucket=stamp(EPOCH + 30 * DAY), met=8)))
    found = await ask(asked, "q", "other", interval=days(31))
    assert [body["dateFrom"][:13] for body in asked.bodies(QUERY)] == [
        "2026-11-21T09",
        "2026-12-05T08",
        "2026-12-19T08",
    ]
    assert [(bucket.queue_id, bucket.met) for bucket in found.buckets] == [
        ("other", 4.0),
        ("q", 1.0),
        ("q", 2.0),
        ("q", 8.0),
    ]
    assert found.oddities == {}


async def test_of_a_shared_bucket_the_whole_one_stays() -> None:
    """Where buckets do not begin with the interval, the segment that holds all of a bucket has it right."""
    off = Interval(EPOCH + timedelta(minutes=20), EPOCH + 31 * DAY)
    cut_late, cut_early = stamp(EPOCH + 14 * DAY), stamp(EPOCH + 14 * DAY - timedelta(hours=1))
    asked = Gateway()
    asked.on(QUERY, *({"queryId": f"x{number}"} for number in (1, 2, 3)))
    for number in (1, 2, 3):
        asked.on(f"analytics/queries/x{number}", done(f"/api/v2/chunks/{number}"))
    asked.on(ONE, chunk(item(bucket=cut_early, met=60), item(bucket=cut_late, met=20)))
    asked.on(TWO, chunk(item(bucket=cut_early, met=40), item(bucket=cut_late, met=60)))
    asked.on("chunks/3", chunk())
    found = await ask(asked, interval=off)
    assert [bucket.met for bucket in found.buckets] == [60.0, 60.0]


async def test_one_failing_segment_fails_the_answer() -> None:
    """A span without its last fortnight is no answer."""
    asked = gateway().on(QUERY, {"queryId": "x1"}, 500)
    with pytest.raises(Unavailable):
        await ask(asked, interval=days(31))


async def test_many_queues_are_asked_in_batches() -> None:
    """At most 200 ids go in a query."""
    asked = gateway(done("/api/v2/chunks/1"))
    await ask(asked, *(f"q{index}" for index in range(201)))
    sizes = [len(body["filters"]["clauses"][0]["values"]) for body in asked.bodies(QUERY)]
    assert sizes == [200, 1]


@pytest.mark.parametrize(
    ("value", "reason"), [(None, "null"), (-1, "negative"), ("1", "malformed"), (True, "malformed")]
)
async def test_a_value_that_is_none_is_unknown(value: object, reason: str) -> None:
    """A value that is no figure is unknown and counted; the rest of the row is read."""
    (bucket,) = (
        await ask(gateway(done("/api/v2/chunks/1")).on(ONE, chunk(item(met=value, missed=2))))
    ).buckets
    assert (bucket.met, bucket.missed) == (None, 2.0)
    found = await ask(gateway(done("/api/v2/chunks/1")).on(ONE, chunk(item(met=value))))
    assert found.oddities == {("workitem.sla.met.count", reason): 1}


async def test_absent_events_are_zero_and_absent_snapshots_unknown() -> None:
    """What did not happen counts 0; a backlog or a mean that is not mentioned is not known."""
    (bucket,) = (await ask(gateway(done("/api/v2/chunks/1")).on(ONE, chunk(item())))).buckets
    assert (bucket.met, bucket.missed, bucket.backlog, bucket.wait_seconds) == (0.0, 0.0, None, None)


async def test_odd_rows_are_counted() -> None:
    """Strangers, other times and repeated rows are left out; an unreadable time makes its queue unknown."""
    rows = (
        item("stranger", met=1),
        item(bucket="2026-11-21T08:00:00Z", met=1),
        item(bucket="2026-11-21T11:00:00Z", met=1),
        item(met=2),
        item(met=3),
        item("odd", bucket="soon", met=1),
    )
    found = await ask(gateway(done("/api/v2/chunks/1")).on(ONE, chunk(*rows)), "q", "odd")
    assert [bucket.met for bucket in found.buckets] == [2.0]
    assert found.unknown == {"odd"}
    assert found.oddities == {
        ("queue.id", "unasked"): 1,
        ("timeBucket", "outside"): 2,
        ("timeBucket", "repeated"): 1,
        ("timeBucket", "malformed"): 1,
    }


@pytest.mark.parametrize(
    ("text", "start"),
    [
        ("2026-11-21T10:00:00+01:00", 0.0),
        ("2026-11-21T09:00:00.000Z/2026-11-21T10:00:00.000Z", 0.0),
        ("2026-11-21T10:00:00", 0.0),
        ("2026-11-21T08:30:00Z", -0.5),
    ],
)
async def test_bucket_times_are_read(text: str, start: float) -> None:
    """Offsets count, a time without one is the zone's, of an interval the start counts."""
    asked = gateway(done("/api/v2/chunks/1")).on(ONE, chunk(item(bucket=text, met=1)))
    (bucket,) = (await ask(asked, zone="Europe/Paris")).buckets
    assert bucket.interval == hours(1, start=start)


async def test_a_bucket_ends_with_the_interval() -> None:
    """The last bucket is as long as the interval lets it be."""
    asked = gateway(done("/api/v2/chunks/1")).on(ONE, chunk(item(bucket=TEN, met=1)))
    (bucket,) = (await ask(asked, interval=hours(1.5))).buckets
    assert bucket.interval == hours(0.5, start=1)


async def test_days_are_the_zones() -> None:
    """The day the clocks go forward has 23 hours."""
    start = datetime.fromisoformat("2026-03-29T00:00:00+01:00")
    asked = gateway(done("/api/v2/chunks/1")).on(ONE, chunk(item(bucket="2026-03-29T00:00:00", met=1)))
    span = Interval(start, start + 3 * DAY)
    (bucket,) = (await ask(asked, interval=span, bucket=86400, zone="Europe/Paris")).buckets
    assert bucket.interval.seconds == 23 * HOUR


@pytest.mark.parametrize(
    ("path", "answer"),
    [
        (QUERY, {}),
        (QUERY, {"queryId": 5}),
        (STATE, {"status": "lost"}),
        (STATE, {}),
        (ONE, {}),
        (ONE, {"data": [5]}),
        (ONE, chunk({"timeBucket": NINE})),
    ],
)
async def test_an_unusable_answer_is_loud(path: str, answer: dict[str, Any]) -> None:
    """Ids that are missing, states the guides do not name, chunks without rows: Unintelligible."""
    with pytest.raises(Unintelligible):
        await ask(gateway().on(path, answer))


async def test_a_gateway_without_work_items_says_so() -> None:
    """A 404 on the question is NotOffered, not a chunk that is late."""
    with pytest.raises(NotOffered):
        await ask(Gateway())
