"""Reading aggregate answers: what is missing is 0, what is odd is unknown, and the rest is still read."""

from __future__ import annotations

import copy
import json
import tracemalloc
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.clients.platform.decode import aggregates, jobs, people, service, tasks
from monitor.clients.platform.decode.limits import limit
from monitor.clients.platform.decode.service import Asked, joined, service_levels
from monitor.clients.platform.decode.strategies import strategies
from monitor.clients.platform.decode.utilization import utilization
from monitor.model.errors import JobFailed, Unintelligible
from monitor.model.interval import Interval
from monitor.model.observation import (
    AgentUse,
    QueueService,
    QueueUse,
    ServiceLevels,
    StrategyUse,
    WorkitemBucket,
    WorkitemState,
)
from tests.builders import SALES, SUPPORT
from tests.clients.aggregates import ADA, BEN, LATER, NINE, QUARTER, SPAN, answer, bucket, group, metric

HALF_HOUR = 1800.0
VIEWS = {"answeredWithin30s": 30.0}
# GENESYS.md §5, word for word.
PUBLISHED = b"""{"results": [{
"group": {"queueId": "f6a49350-0000-4000-8000-00000000a001", "mediaType": "voice"},
"data": [{"interval": "2026-10-08T09:00:00.000Z/2026-10-08T09:15:00.000Z", "metrics": [
{"metric": "nOffered", "stats": {"count": 42}}, {"metric": "nOverSla", "stats": {"count": 9}},
{"metric": "tAnswered", "stats": {"max": 184220, "min": 1210, "count": 36, "sum": 894312}},
{"metric": "tAbandon", "stats": {"max": 96011, "min": 2212, "count": 5, "sum": 201333}},
{"metric": "tShortAbandon", "stats": {"max": 2212, "min": 2212, "count": 1, "sum": 2212}},
{"metric": "tFlowOut", "stats": {"max": 120004, "min": 120004, "count": 1, "sum": 120004}},
{"metric": "oServiceLevel", "stats": {"ratio": 0.6585365853658537, "numerator": 27, "denominator": 41,
"target": 0.8}}, {"metric": "oServiceTarget", "stats": {"current": 0.8}},
{"metric": "tWait", "stats": {"max": 184220, "min": 1210, "count": 42, "sum": 1215649}},
{"metric": "tHandle", "stats": {"max": 1422010, "min": 30111, "count": 35, "sum": 12903000}},
{"metric": "tAcw", "stats": {"max": 120000, "min": 1800, "count": 34, "sum": 1900000}}],
"views": [{"name": "answeredWithin30s", "stats": {"max": 29880, "min": 1210, "count": 29, "sum": 301222}},
{"name": "abandonAfter10s", "stats": {"max": 96011, "min": 11230, "count": 4, "sum": 199121}}]}]}]}"""


def asked(*queue_ids: str, named: bool = True, **more: Any) -> Asked:
    """Return a question about these queues."""
    return Asked(
        queue_ids=frozenset(queue_ids or (SUPPORT,)), interval=QUARTER, views=VIEWS, named=named, **more
    )


def read(*groups: object, question: Asked | None = None) -> ServiceLevels:
    """Read one answer about service levels."""
    return service_levels([answer(*groups)], question or asked())


def voice(*metrics: object, views: dict[str, object] | None = None) -> dict[str, Any]:
    """Return a group of the support queue's calls."""
    return group(bucket(*metrics, views=views), queueId=SUPPORT, mediaType="voice")


def test_the_published_example_is_read() -> None:
    """Every figure of the vendor's example comes out under our name, times in seconds."""
    found = service_levels([PUBLISHED], asked())
    assert found.queues == (
        QueueService(
            queue_id=SUPPORT,
            media="voice",
            answered=36,
            within={30.0: 29},
            offered=42,
            abandoned=5,
            short_abandoned=1,
            flowed_out=1,
            over_sla=9,
            answer_seconds=894.312,
            waited=42,
            wait_seconds=1215.649,
            handled=35,
            handle_seconds=12903,
            level_met=27,
            level_counted=41,
        ),
    )
    assert (found.unknown, found.oddities) == (frozenset(), {})


def test_what_a_bucket_does_not_mention_is_zero() -> None:
    """Metrics and views without events are left out by the platform: they were 0."""
    one = read(voice(metric("nOffered", count=3))).queues[0]
    assert (one.offered, one.answered, one.within, one.handle_seconds) == (3, 0, {30.0: 0}, 0)
    assert (one.level_met, one.level_counted) == (0, 0)


@pytest.mark.parametrize(
    ("metrics", "level"),
    [
        ([metric("tAnswered", count=1, sum=1)], None),
        ([metric("tAbandon", count=1)], None),
        ([metric("tAnswered", count="?", sum=1)], None),
        ([metric("tAnswered", count=0, sum=0), metric("tAbandon", count=0)], 0),
        ([metric("nOffered", count=1)], 0),
        ([metric("tAnswered", count=1, sum=1), metric("oServiceLevel", numerator=0, denominator=0)], 0),
    ],
)
def test_a_service_level_left_out_is_idle_only_where_nothing_was_counted(
    metrics: list[object], level: float | None
) -> None:
    """Calls were answered or abandoned, but of what service level nobody said: that is unknown, not 0/0."""
    one = read(voice(*metrics)).queues[0]
    assert (one.level_met, one.level_counted) == (level, level)


def test_a_service_level_left_out_of_one_bucket_is_unknown_in_all() -> None:
    """Buckets that say their service level do not stand for one that does not."""
    level = metric("oServiceLevel", numerator=2, denominator=4)
    first, second = bucket(metric("tAnswered", count=4, sum=1), level), bucket(metric("tAbandon", count=1))
    one = read(group(first, second, queueId=SUPPORT, mediaType="voice")).queues[0]
    assert (one.level_met, one.level_counted, one.answered) == (None, None, 4)


@pytest.mark.parametrize(
    ("counts", "within", "odd"),
    [
        ([(36, 36)], 36, {}),
        ([(36, 36.5)], None, {("views", "inconsistent"): 1}),
        ([(0, 1)], None, {("views", "inconsistent"): 1}),
        ([(1, 2), (9, 2)], 4, {}),
        ([(36, 1e308)], None, {("views", "implausible"): 1}),
        ([(5e-324, 1e15)], None, {("views", "inconsistent"): 1}),
    ],
)
def test_more_within_a_threshold_than_at_all_is_unknown(
    counts: list[tuple[float, float]], within: float | None, odd: dict[tuple[str, str], int]
) -> None:
    """The sum over buckets decides; what no queue can have had is no figure."""
    buckets = [
        bucket(metric("tAnswered", count=count, sum=1), views={"answeredWithin30s": seen})
        for count, seen in counts
    ]
    found = read(group(*buckets, queueId=SUPPORT, mediaType="voice"))
    assert found.queues[0].within == {30.0: within}
    assert found.oddities == odd


def test_further_thresholds_fit_the_first_answer() -> None:
    """A later answer may count more than the first one did: its thresholds are about other calls."""
    first = read(voice(metric("tAnswered", count=4, sum=1), views={"answeredWithin30s": 3}))
    more = replace(asked(), views={"answeredWithin60s": 60.0}, parts=service.FURTHER)
    later = voice(metric("tAnswered", count=5, sum=1), views={"answeredWithin60s": 5})
    found = joined(first, [(service_levels([answer(later)], more), (60.0,))])
    assert found.queues[0].within == {30.0: 3, 60.0: None}
    assert found.oddities == {("views", "inconsistent"): 1}


def test_more_met_than_counted_is_no_service_level() -> None:
    """A service level above 1 is impossible: both of its parts are unknown."""
    found = read(voice(metric("oServiceLevel", numerator=5, denominator=4)))
    assert (found.queues[0].level_met, found.queues[0].level_counted) == (None, None)
    assert found.oddities == {("oServiceLevel", "inconsistent"): 1}


def test_a_mean_without_end_is_unknown() -> None:
    """The quotient of two finite numbers need not be one."""
    data = bucket(metric("tAnswered", count=5e-324, sum=1e15))
    found = strategies([answer(group(data, usedRouting="Standard"))], QUARTER, ())
    assert found.strategies[0].answer_seconds is None


def test_what_is_remembered_of_intervals_is_short() -> None:
    """An interval no date can have is none, and is not kept in memory."""
    assert aggregates.span(SPAN) == QUARTER
    tracemalloc.start()
    before, _ = tracemalloc.get_traced_memory()
    for number in range(20):
        assert aggregates.span(f"{number}" + "x" * 1_000_000) is None
    after, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert after - before < 1_000_000


def test_buckets_and_pages_add_up() -> None:
    """Several buckets of a group, on whichever pages, are one row; ratios add both parts."""
    level = metric("oServiceLevel", numerator=2, denominator=4)
    first = answer(voice(metric("tAnswered", count=1, sum=500), level, views={"answeredWithin30s": 1}))
    second = answer(
        group(
            bucket(metric("tAnswered", count=2, sum=1500), level),
            bucket(),
            queueId=SUPPORT,
            mediaType="voice",
        )
    )
    one = service_levels([first, second], asked()).queues[0]
    assert (one.answered, one.answer_seconds, one.within) == (3, 2, {30.0: 1})
    assert (one.level_met, one.level_counted) == (4, 8)


ODD = [
    ("null", "missing"),
    ('"36"', "malformed"),
    ("[]", "malformed"),
    ("true", "malformed"),
    ("-1", "negative"),
    ("NaN", "not_finite"),
    ("-Infinity", "not_finite"),
    ("1e999", "not_finite"),
    ("1e16", "implausible"),
    (str(10**400), "not_finite"),
]


@pytest.mark.parametrize(("raw", "reason"), ODD)
@pytest.mark.parametrize(
    ("name", "part", "figure"),
    [
        ("nOffered", "count", "offered"),
        ("tAnswered", "sum", "answer_seconds"),
        ("tHandle", "count", "handled"),
        ("oServiceLevel", "denominator", "level_counted"),
    ],
)
def test_one_odd_value_is_one_unknown_figure(
    name: str, part: str, figure: str, raw: str, reason: str
) -> None:
    """A value that cannot be used makes exactly its own figure unknown and is counted once, by its field."""
    document = json.loads(PUBLISHED)
    metrics = document["results"][0]["data"][0]["metrics"]
    next(entry for entry in metrics if entry["metric"] == name)["stats"][part] = 777777
    body = json.dumps(document).replace("777777", raw).encode()
    found = service_levels([body], asked())
    whole = service_levels([PUBLISHED], asked()).queues[0]
    names = [name for name in QueueService.__dataclass_fields__ if name != figure]
    assert getattr(found.queues[0], figure) is None
    assert [getattr(found.queues[0], name) for name in names] == [getattr(whole, name) for name in names]
    assert found.oddities == {(name, reason): 1}
    assert found.unknown == frozenset()


@pytest.mark.parametrize(("raw", "reason"), ODD)
def test_an_odd_view_is_an_unknown_threshold(raw: str, reason: str) -> None:
    """Views are counted under one field: their names are ours, but there are as many as thresholds."""
    body = answer(voice(metric("tAnswered", count=2, sum=1), views={"answeredWithin30s": 777777}))
    found = service_levels([body.replace(b"777777", raw.encode())], asked())
    assert (found.queues[0].within, found.queues[0].answered) == ({30.0: None}, 2)
    assert found.oddities == {("views", reason): 1}


def test_a_metric_without_stats_is_unknown() -> None:
    """A metric that is mentioned without figures happened an unknown number of times."""
    found = read(voice({"metric": "nOffered"}, {"metric": "tAbandon", "stats": None}))
    assert (found.queues[0].offered, found.queues[0].abandoned, found.queues[0].flowed_out) == (None, None, 0)
    assert found.oddities == {("nOffered", "missing"): 1, ("tAbandon", "missing"): 1}


def test_an_unnamed_metric_makes_what_is_not_mentioned_unknown() -> None:
    """An entry without a name may be any metric that is not there: none of those was certainly 0."""
    found = read(voice(metric("nOffered", count=3), {"stats": {"count": 5}}, "junk"))
    one = found.queues[0]
    assert (one.offered, one.answered, one.within) == (3, None, {30.0: None})
    assert found.oddities == {("metric", "malformed"): 2}


def test_oddities_never_carry_words_of_the_wire() -> None:
    """A field of a counter is one of ours, whatever an answer calls its metrics."""
    found = read(voice(metric("x" * 10_000, count="?"), metric("tAnswered", count=-1, sum="?")))
    assert found.oddities == {("tAnswered", "negative"): 1, ("tAnswered", "malformed"): 1}


def test_media_are_taken_as_they_come_and_cleaned() -> None:
    """A medium we never heard of keeps its name, without what breaks a terminal, and not at any length."""
    found = read(
        group(bucket(metric("nOffered", count=1)), queueId=SUPPORT, mediaType="holo\u202egram"),
        group(bucket(metric("nOffered", count=2)), queueId=SUPPORT, mediaType="m" * 10_000),
    )
    assert [one.media for one in found.queues] == ["holo gram", "m" * 199 + "…"]


@pytest.mark.parametrize(
    "broken",
    [
        group(bucket(metric("nOffered", count=1)), queueId=SUPPORT, mediaType=5),
        group(bucket(metric("nOffered", count=1)), queueId=SUPPORT),
        {"group": {"queueId": SUPPORT, "mediaType": "voice"}, "data": 5},
        group(bucket(metric("nOffered", count=1)), "junk", queueId=SUPPORT, mediaType="voice"),
    ],
)
def test_a_queue_that_cannot_be_read_is_unknown(broken: object) -> None:
    """A known queue with an unreadable group has no row, and is named; the others are read."""
    sales = group(bucket(metric("nOffered", count=2)), queueId=SALES, mediaType="voice")
    chat = group(bucket(metric("nOffered", count=2)), queueId=SUPPORT, mediaType="chat")
    found = read(chat, broken, sales, question=asked(SUPPORT, SALES))
    assert found.unknown == {SUPPORT}
    assert [one.queue_id for one in found.queues] == [SALES]
    assert found.oddities


NO_ANSWER = [
    b"",
    b"<html>sorry</html>",
    b"null",
    b"[]",
    b"{}",
    b'{"results": null}',
    b'{"results": {}}',
    b'{"results": [5]}',
    b'{"results": [{"data": []}]}',
    b'{"results": [{"group": 5, "data": []}]}',
    b"[" * 100_000,
    PUBLISHED[:-1],
]


@pytest.mark.parametrize("body", [*NO_ANSWER, b'{"results": [{"group": {"mediaType": "voice"}}]}'])
def test_what_is_no_answer_is_an_error(body: bytes) -> None:
    """What lacks the frame, or figures whose queue is hidden, are not an idle contact centre."""
    with pytest.raises(Unintelligible):
        service_levels([body], asked())


@pytest.mark.parametrize("named", [True, False])
def test_a_queue_id_that_is_no_text_is_an_error(named: bool) -> None:
    """Figures that belong to nobody knows which queue may belong to any of ours."""
    with pytest.raises(Unintelligible):
        read(group(queueId=5, mediaType="voice"), question=asked(named=named))


def test_foreign_queues_are_dropped() -> None:
    """An unfiltered answer holds other queues, and conversations of none; a filtered one should not."""
    rows = (
        voice(metric("nOffered", count=1)),
        group(bucket(metric("nOffered", count=9)), queueId=SALES, mediaType="voice"),
    )
    none = group(bucket(metric("tHandle", count=9)), mediaType="voice")
    wide, narrow = read(*rows, none, question=asked(named=False)), read(*rows)
    assert [one.queue_id for one in wide.queues] == [one.queue_id for one in narrow.queues] == [SUPPORT]
    assert wide.oddities == {}
    assert narrow.oddities == {("group", "unasked_queue"): 1}


def test_further_thresholds_join_the_first_rows() -> None:
    """A later answer adds its thresholds: 0 where it has no row, unknown where it cannot be read."""
    first = read(
        voice(metric("tAnswered", count=4, sum=1), views={"answeredWithin30s": 3}),
        group(bucket(metric("nOffered", count=1)), queueId=SUPPORT, mediaType="chat"),
        group(bucket(metric("nOffered", count=1)), queueId=SALES, mediaType="chat"),
        question=asked(SUPPORT, SALES),
    )
    more = Asked(
        queue_ids=frozenset({SUPPORT, SALES}),
        interval=QUARTER,
        views={"answeredWithin60s": 60.0},
        parts=service.FURTHER,
    )
    second = service_levels(
        [
            answer(
                voice(metric("tAnswered", count=4, sum=1), views={"answeredWithin60s": 4}),
                group(queueId=SALES, mediaType=5),
            )
        ],
        more,
    )
    found = joined(first, [(second, (60.0,))])
    assert [one.within for one in found.queues] == [
        {30.0: 3, 60.0: 4},
        {30.0: 0, 60.0: 0},
        {30.0: 0, 60.0: None},
    ]
    assert found.queues[0].offered == 0
    assert found.oddities == {("group", "malformed"): 1, ("group", "unreadable"): 1}


def handled(total: object, acw: object = 0, hold: object = 0) -> list[dict[str, Any]]:
    """Return the metrics of an agent's bucket, in milliseconds."""
    return [metric("tHandle", sum=total), metric("tAcw", sum=acw), metric("tHeldComplete", sum=hold)]


def test_agents_are_added_up_over_queues() -> None:
    """An agent's row sums their queues; a queue's row sums its agents; handle is without hold and ACW."""
    found = utilization(
        [
            answer(
                group(bucket(*handled(5000)), bucket(interval=LATER), userId=BEN, queueId=SUPPORT),
                group(bucket(*handled(600_000, 60_000, 30_000)), userId=ADA, queueId=SUPPORT),
            ),
            answer(
                group(bucket(*handled(300_000, 20_000)), userId=ADA, queueId=SALES),
                group(bucket(*handled(1000), interval=LATER), bucket(), userId=ADA, queueId=SALES),
                group(bucket(*handled(100_000)), userId=ADA),
            ),
        ],
        QUARTER,
        HALF_HOUR,
        (),
    )
    later = NINE + timedelta(minutes=30)
    assert found.agents == (
        AgentUse(agent_id=ADA, start=NINE, handle=890, acw=80, hold=30, active=1000),
        AgentUse(agent_id=ADA, start=later, handle=1, acw=0, hold=0, active=1),
        AgentUse(agent_id=BEN, start=NINE, handle=5, acw=0, hold=0, active=5),
    )
    assert found.queues == (
        QueueUse(queue_id=SUPPORT, start=NINE, active=605, agents=2),
        QueueUse(queue_id=SALES, start=NINE, active=300, agents=1),
        QueueUse(queue_id=SALES, start=later, active=1, agents=1),
    )
    assert (found.bucket, found.status, found.oddities) == (HALF_HOUR, None, {})


def test_handle_time_is_never_negative() -> None:
    """After-call work stamped in another bucket than its conversation does not make time run backwards."""
    found = utilization([answer(group(bucket(metric("tAcw", sum=9000)), userId=ADA))], QUARTER, HALF_HOUR, ())
    assert (found.agents[0].active, found.agents[0].handle, found.agents[0].acw) == (0, 0, 9)


def test_an_odd_length_is_unknown_for_its_agent_alone() -> None:
    """An unknown hold makes the net handle time unknown, and neither the rest nor anybody else."""
    found = utilization(
        [
            answer(
                group(bucket(*handled(9000, 1000, "?")), userId=ADA, queueId=SALES),
                group(bucket(*handled(9000, 1000, 0)), userId=BEN, queueId=SALES),
            )
        ],
        QUARTER,
        HALF_HOUR,
        (),
    )
    ada, ben = found.agents
    assert (ada.active, ada.acw, ada.hold, ada.handle) == (9, 1, None, None)
    assert (ben.handle, found.queues[0].active) == (8, 18)
    assert found.oddities == {("tHeldComplete", "malformed"): 1}


@pytest.mark.parametrize(
    "interval", [None, 5, "", "yesterday", SPAN.replace("Z", ""), SPAN[:24] + "/" + SPAN[:24]]
)
def test_a_bucket_without_a_place_makes_the_start_unknown(interval: object) -> None:
    """Work that cannot be placed in time makes the interval's total unknown instead of too small."""
    odd = group(bucket(*handled(9000), interval=interval), bucket(*handled(5000), interval=LATER), userId=ADA)
    found = utilization([answer(odd)], QUARTER, HALF_HOUR, ())
    assert [(one.start, one.active) for one in found.agents] == [
        (NINE, None),
        (NINE + timedelta(minutes=30), 5),
    ]
    assert found.oddities == {("interval", "malformed"): 1}


def test_a_group_without_an_agent_is_counted_and_left_out() -> None:
    """Figures of no agent are nobody's; only the agents asked for are shown."""
    body = answer(
        group(bucket(*handled(1)), queueId=SALES),
        group(bucket(*handled(1)), userId=ADA),
        group(bucket(*handled(1)), userId=BEN),
    )
    found = utilization([body], QUARTER, HALF_HOUR, (BEN,))
    assert [one.agent_id for one in found.agents] == [BEN]
    assert found.oddities == {("user", "missing"): 1}


def test_an_agents_unreadable_data_are_unknown() -> None:
    """An agent whose data are no list worked for an unknown time, not for none."""
    body = answer({"group": {"userId": ADA}, "data": 5}, group(bucket(*handled(1)), userId=BEN))
    found = utilization([body], QUARTER, HALF_HOUR, ())
    assert [one.active for one in found.agents] == [None, 0.001]


def test_statuses_are_read_in_seconds() -> None:
    """Every agent asked about has an entry; an odd value is unknown, an unnamed one makes the rest so."""
    status = "tAgentRoutingStatus"
    body = answer(
        group(
            bucket(metric(status, "INTERACTING", sum=612_000), metric(status, "IDLE", sum="?")), userId=ADA
        ),
        group(bucket(metric(status, "IDLE", sum=1000), {"stats": {"sum": 1}}), userId=BEN),
        group(bucket(metric(status, "IDLE", sum=1000)), userId="stranger"),
    )
    found, oddities = people.statuses(body, (ADA, BEN, "cleo"))
    assert found[ADA] == {"INTERACTING": 612, "IDLE": None}
    assert (found[BEN]["IDLE"], found[BEN]["INTERACTING"], found["cleo"]) == (1, None, {})
    assert oddities == {(status, "malformed"): 1, ("metric", "malformed"): 1, ("user", "unasked"): 1}


def test_names_are_read_and_cleaned() -> None:
    """A name loses what breaks a terminal; a user without one is left out."""
    users = [{"id": ADA, "name": "Ada\x1b[31m"}, {"id": BEN, "name": None}, {"name": "x"}]
    body = json.dumps({"entities": users, "pageCount": 3}).encode()
    assert people.names(body) == ({ADA: "Ada [31m"}, 3)


def level(met: object, counted: object) -> dict[str, Any]:
    """Return the service level of work items."""
    return metric("oWorkitemsServiceLevel", numerator=met, denominator=counted)


def test_work_items_are_read_by_bucket() -> None:
    """What was met and missed comes per queue and bucket, sorted; an empty bucket has no row."""
    body = answer(
        group(bucket(level(1, 1), interval=LATER), bucket(level(10, 12)), bucket(), queueId=SUPPORT),
        group(bucket(metric("nWorkitemsOffered", count=2)), bucket(interval=LATER), queueId=SALES),
    )
    found = tasks.workitems(body, {SUPPORT, SALES}, QUARTER, named=True)
    later = Interval(NINE + timedelta(minutes=30), NINE + timedelta(hours=1))
    assert found.buckets == (
        WorkitemBucket(queue_id=SUPPORT, interval=QUARTER, met=10, missed=2),
        WorkitemBucket(queue_id=SUPPORT, interval=later, met=1, missed=0),
        WorkitemBucket(queue_id=SALES, interval=QUARTER, met=0, missed=0),
    )
    assert (found.states, found.unknown, found.oddities) == (None, frozenset(), {})


@pytest.mark.parametrize(
    ("met", "counted", "read_as", "reason"),
    [("?", 3, (None, None), "malformed"), (2, -3, (2, None), "negative"), (4, 3, (4, None), "negative")],
)
def test_an_odd_level_is_unknown(
    met: object, counted: object, read_as: tuple[object, object], reason: str
) -> None:
    """Nothing can be missed where the parts do not fit; more met than counted is no level."""
    body = answer(group(bucket(level(met, counted)), queueId=SUPPORT))
    found = tasks.workitems(body, {SUPPORT}, QUARTER, named=True)
    assert (found.buckets[0].met, found.buckets[0].missed) == read_as
    assert found.oddities == {("oWorkitemsServiceLevel", reason): 1}


@pytest.mark.parametrize("broken", [bucket(level(1, 1), interval="?"), "junk"])
def test_a_queue_with_a_lost_bucket_is_unknown(broken: object) -> None:
    """A bucket without a place in time makes its queue unknown: a row less is not a bucket without work."""
    body = answer(
        group(bucket(level(1, 1)), broken, queueId=SUPPORT), group(bucket(level(2, 2)), queueId=SALES)
    )
    found = tasks.workitems(body, {SUPPORT, SALES}, QUARTER, named=True)
    assert found.unknown == {SUPPORT}
    assert [one.queue_id for one in found.buckets] == [SALES]


NOW = NINE + timedelta(minutes=10)


def items(*data: object, queue_id: object = SUPPORT) -> bytes:
    """Return the answer about a queue's work items right now."""
    return json.dumps({"results": [{"group": {"queueId": queue_id}, "data": list(data)}]}).encode()


def oldest(**stats: Any) -> dict[str, Any]:
    """Return the metric about the oldest unassigned work item."""
    return metric("oWorkitemOldestUnassigned", **stats)


@pytest.mark.parametrize(
    ("entry", "age"),
    [
        (oldest(calculatedMetricValue=NINE.timestamp() * 1000), 600),
        (oldest(max=NINE.timestamp() * 1000), 600),
        (oldest(max=95_000), 95),
        (oldest(), None),
        (oldest(max="?"), None),
        (oldest(calculatedMetricValue=5), None),
    ],
)
def test_a_queues_work_items_are_read(entry: dict[str, Any], age: float | None) -> None:
    """The backlog is what is assigned and what is not; the oldest may come as a date or as an age."""
    body = items(
        metric("oWorkitemsUnassigned", count=5),
        metric("oWorkitemsAssigned", count=7),
        metric("oWorkitemsOverDue", count=1),
        entry,
    )
    found, _ = tasks.state(body, SUPPORT, NOW)
    assert found == WorkitemState(
        queue_id=SUPPORT, backlog=12, unassigned=5, overdue=1, oldest_unassigned=age
    )


def test_no_work_items_are_none() -> None:
    """A complete answer without the queue, or with none of its metrics, means no work items."""
    empty = WorkitemState(queue_id=SUPPORT, backlog=0, unassigned=0, overdue=0, oldest_unassigned=0)
    assert tasks.state(items(), SUPPORT, NOW) == (empty, {})
    assert tasks.state(b'{"results": []}', SUPPORT, NOW) == (empty, {})


def test_groups_of_other_queues_alone_say_nothing() -> None:
    """Where groups came but none is of the queue asked about, its work items are unknown and not none."""
    foreign = items(metric("oWorkitemsUnassigned", count=5), queue_id=SALES)
    unknown = WorkitemState(
        queue_id=SUPPORT, backlog=None, unassigned=None, overdue=None, oldest_unassigned=None
    )
    assert tasks.state(foreign, SUPPORT, NOW) == (unknown, {("group", "unasked_queue"): 1})
    both = json.dumps({"results": [*json.loads(foreign)["results"], *json.loads(items())["results"]]})
    assert tasks.state(both.encode(), SUPPORT, NOW)[0].backlog == 0


def test_an_odd_count_of_work_items_is_unknown() -> None:
    """An odd value makes its figure and their sum unknown, an unnamed one what is not mentioned."""
    odd, oddities = tasks.state(items(metric("oWorkitemsAssigned", count="7")), SUPPORT, NOW)
    assert (odd.unassigned, odd.backlog, odd.overdue) == (0, None, 0)
    assert oddities == {("oWorkitemsAssigned", "malformed"): 1}
    hidden, _ = tasks.state(items({"stats": {"count": 1}}), SUPPORT, NOW)
    assert (hidden.unassigned, hidden.overdue, hidden.oldest_unassigned) == (None, None, None)


@pytest.mark.parametrize("body", [*NO_ANSWER, items(queue_id=5), b'{"results": [{"group": {}, "data": []}]}'])
def test_what_is_no_state_is_an_error(body: bytes) -> None:
    """An unreadable answer is not an empty queue."""
    with pytest.raises(Unintelligible):
        tasks.state(body, SUPPORT, NOW)


def test_strategies_are_read() -> None:
    """Every method that appears has a row; the mean speed of answer is unknown where nothing was answered."""
    body = answer(
        group(
            bucket(metric("tHandle", count=3), metric("tAnswered", count=4, sum=10_000)),
            usedRouting="Bullseye",
        ),
        group(
            bucket(metric("tAbandon", count=2)), bucket(metric("tAbandon", count=1)), usedRouting="Standard"
        ),
        group(bucket(metric("tHandle", count=9))),
    )
    bullseye = StrategyUse(strategy="Bullseye", handled=3, answer_seconds=2.5, abandoned=0)
    standard = StrategyUse(strategy="Standard", handled=0, answer_seconds=None, abandoned=3)
    nothing = StrategyUse(strategy="Predictive", handled=0, answer_seconds=None, abandoned=0)
    assert strategies([body], QUARTER, ()).strategies == (bullseye, standard)
    assert strategies([body], QUARTER, ("Predictive", "Bullseye")).strategies == (nothing, bullseye)


def test_an_odd_strategy_is_unknown() -> None:
    """Odd values and unreadable data make a method's figures unknown; a hidden method is an error."""
    odd = group(bucket(metric("tHandle", count=-3), metric("tAbandon", count=1)), usedRouting="Bullseye")
    lost = {"group": {"usedRouting": "Standard"}, "data": [5]}
    first, second = strategies([answer(odd, lost)], QUARTER, ()).strategies
    assert (first.handled, first.abandoned) == (None, 1)
    assert (second.handled, second.abandoned, second.answer_seconds) == (None, None, None)
    with pytest.raises(Unintelligible):
        strategies([answer(group(usedRouting=5))], QUARTER, ())


def limits(*pairs: tuple[object, object]) -> bytes:
    """Return a list of limits."""
    return json.dumps({"entities": [{"key": key, "value": value} for key, value in pairs]}).encode()


TOKEN, CLIENT = "token.rate.per.minute", "client.credentials.token.rate.per.minute"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (limits((TOKEN, 400), (CLIENT, 300)), 300),
        (limits((TOKEN, 180), (CLIENT, 300)), 180),
        (limits((CLIENT, 600.0)), 600),
        (limits(("org.user.rate.per.minute", 5)), None),
        (limits((TOKEN, None), (CLIENT, 300)), 300),
        (limits((TOKEN, "180"), (TOKEN, -1), (TOKEN, 0), (TOKEN, True), (5, 5)), None),
        (limits((TOKEN, float("nan")), (CLIENT, float("inf"))), None),
        (limits(), None),
    ],
)
def test_the_smallest_limit_of_a_token_counts(body: bytes, expected: int | None) -> None:
    """Of the limits that bound a client's token the smallest usable one is taken, others are not."""
    assert limit(body) == expected


@pytest.mark.parametrize("read", [limit, people.names])
@pytest.mark.parametrize("body", [b"", b"{}", b"[]", b'{"entities": null}', b'{"entities": [5]}'])
def test_what_is_no_list_is_an_error(read: Callable[[bytes], object], body: bytes) -> None:
    """An unreadable list of entities is not an empty one."""
    with pytest.raises(Unintelligible):
        read(body)


def test_a_jobs_life_is_read() -> None:
    """A job has an id, waits in any state but the last ones, and its pages name the next."""
    assert jobs.job_id(b'{"jobId": "j1"}') == "j1"
    assert jobs.fulfilled(b'{"state": "FULFILLED"}')
    assert not any(
        jobs.fulfilled(json.dumps({"state": state}).encode()) for state in ("QUEUED", "PENDING", "NEW")
    )
    assert jobs.cursor(b'{"results": [NaN], "cursor": "c2"}') == "c2"
    assert jobs.cursor(b'{"results": []}') is None


@pytest.mark.parametrize("state", jobs.ENDED)
def test_a_job_that_ended_otherwise_has_failed(state: str) -> None:
    """FAILED, CANCELLED and EXPIRED bring no results, and say why."""
    with pytest.raises(JobFailed, match=f"{state}: too much"):
        jobs.fulfilled(json.dumps({"state": state, "errorMessage": "too\nmuch"}).encode())


@pytest.mark.parametrize(
    ("read", "body"),
    [
        (jobs.job_id, b"{}"),
        (jobs.job_id, b'{"jobId": 5}'),
        (jobs.fulfilled, b"{}"),
        (jobs.fulfilled, b"[]"),
        (jobs.cursor, b'{"cursor": 5}'),
        (jobs.cursor, b"<html>"),
    ],
)
def test_a_job_that_says_nothing_is_an_error(read: Callable[[bytes], object], body: bytes) -> None:
    """A job without an id, a state or a usable cursor is not waited for."""
    with pytest.raises(Unintelligible):
        read(body)


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


def spots(node: Any) -> list[tuple[Any, Any]]:
    """Return every place of a tree, as a holder and a key."""
    pairs = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    return [spot for key, value in list(pairs) for spot in [(node, key), *spots(value)]]


@settings(max_examples=300, deadline=None)
@given(place=st.integers(0, 10_000), junk=JSON)
def test_drift_anywhere_is_contained(place: int, junk: object) -> None:
    """Whatever one value of an answer is replaced by, the outcome is usable figures or one clear error."""
    body: dict[str, Any] = json.loads(PUBLISHED)
    places = spots(body)
    holder, key = places[place % len(places)]
    holder[key] = copy.deepcopy(junk)
    raw = json.dumps(body).encode()
    try:
        found = service_levels([raw], asked())
    except Unintelligible:
        return
    for one in found.queues:
        figures = (one.offered, one.answered, one.handle_seconds, one.level_met, *one.within.values())
        assert all(value is None or 0 <= value < float("inf") for value in figures)
