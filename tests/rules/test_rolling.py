"""Virtual queues: what adds up, what does not, what is unknown, and which rows stay the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.model.catalogue import METRICS, SAID
from monitor.model.metric import Kind
from monitor.model.org import Queue
from monitor.model.sample import Rows, SampleBatch, Table, Value
from monitor.model.virtual import VirtualQueue
from monitor.rules.rolling import LONGEST, RATIOS, Roller
from tests.builders import EPOCH, a_batch, a_queue, a_table

A, B, C, D = (a_queue(name, f"Queue {name}", division) for name, division in zip("abcd", "NNSS", strict=True))
DIRECTORY = (A, B, C, D)
NORTH = VirtualQueue(name="North", divisions=("N",))
ALL = VirtualQueue(name="All")

LEVEL = METRICS["service_level_ratio"].labels
WINDOW = METRICS["queue_answered"].labels
QUEUE = METRICS["workitem_backlog"].labels


def batch(*tables: Table, source: str = "service_level", queues: Sequence[Queue] = DIRECTORY) -> SampleBatch:
    """Return a batch of these tables about these queues."""
    return replace(a_batch({}), source=source, tables=tables, queues=frozenset(one.id for one in queues))


def rolled(*tables: Table, virtual: VirtualQueue = NORTH) -> tuple[Table, ...]:
    """Roll up and return what was added."""
    return Roller([virtual], DIRECTORY).rolled(batch(*tables)).tables[len(tables) :]


def level_row(queue: Queue, *, threshold: str = "20s", media: str = "voice") -> tuple[str, ...]:
    """Return the labels of one service level."""
    return (queue.id, queue.name, media, "15m", threshold, "genesys")


def levels(parts: Mapping[tuple[str, ...], tuple[Value, Value]]) -> Table:
    """Return service levels from their numerators and denominators; the ratio is nonsense, to be ignored."""
    return a_table(
        LEVEL,
        {
            "service_level_ratio": dict.fromkeys(parts, 0.123),
            "service_level_numerator": {row: part for row, (part, _) in parts.items()},
            "service_level_denominator": {row: whole for row, (_, whole) in parts.items()},
        },
    )


def read(table: Table, metric: str) -> dict[tuple[str, ...], Value]:
    """Return a column by its labels."""
    return dict(zip(table.rows.values, table.columns[metric], strict=True))


def per_queue(metric: str, figures: Mapping[Queue, Value], names: tuple[str, ...] = QUEUE) -> Table:
    """Return one figure per queue."""
    rest = ("x",) * (len(names) - 2)
    return a_table(
        names, {metric: {(queue.id, queue.name, *rest): value for queue, value in figures.items()}}
    )


def test_a_service_level_is_weighted_by_volume() -> None:
    """90 of 100 and 1 of 10 are 91 of 110, not the mean of 90 % and 10 %."""
    (table,) = rolled(levels({level_row(A): (90.0, 100.0), level_row(B): (1.0, 10.0)}))
    row = ("virtual:North", "North", "voice", "15m", "20s", "genesys")
    assert table.rows.names == LEVEL
    assert read(table, "service_level_ratio") == {row: 91 / 110}
    assert read(table, "service_level_numerator") == {row: 91.0}
    assert read(table, "service_level_denominator") == {row: 110.0}
    assert table.idle == {"service_level_ratio": set()}


@pytest.mark.parametrize(
    ("one", "other", "ratio", "idle"),
    [
        ((0.0, 0.0), (0.0, 0.0), None, True),  # nothing anywhere
        ((0.0, 0.0), (3.0, 4.0), 0.75, False),  # an idle member has no weight
        ((0.0, 5.0), (0.0, 0.0), 0.0, False),
        ((None, None), (3.0, 4.0), None, False),  # unknown, not idle
        ((None, 5.0), (3.0, 4.0), None, False),
        ((None, None), (0.0, 0.0), None, False),
    ],
)
def test_idle_and_unknown_are_kept_apart(
    one: tuple[Value, Value], other: tuple[Value, Value], ratio: Value, idle: bool
) -> None:
    """A ratio of nothing is idle, one with an unknown part is unknown."""
    (table,) = rolled(levels({level_row(A): one, level_row(B): other}))
    assert table.columns["service_level_ratio"] == [ratio]
    assert table.idle["service_level_ratio"] == ({0} if idle else set())


@pytest.mark.parametrize(
    ("metric", "one", "other", "expected"),
    [
        ("queue_waiting", 3.0, 4.0, 7.0),
        ("queue_waiting", 0.0, 0.0, 0.0),
        ("queue_waiting", None, 4.0, None),
        ("queue_offered", 3.0, 4.0, 7.0),
        ("queue_agents_on_queue", 3.0, 4.0, 7.0),
        ("workitem_backlog_change", 3.0, -4.0, -1.0),
        ("queue_longest_wait_seconds", 30.0, 40.0, 40.0),
        ("queue_longest_wait_seconds", 0.0, 0.0, 0.0),
        ("queue_longest_wait_seconds", 30.0, None, None),  # the unknown one may be the longest
        ("queue_longest_interaction_seconds", 50.0, 40.0, 50.0),
        ("workitem_oldest_unassigned_seconds", 30.0, 40.0, 40.0),
    ],
)
def test_counts_add_up_and_waits_do_not(metric: str, one: Value, other: Value, expected: Value) -> None:
    """Each figure is rolled up as its kind allows; an unknown part makes it unknown."""
    (table,) = rolled(per_queue(metric, {A: one, B: other}, METRICS[metric].labels))
    assert table.columns == {metric: [expected]}


@pytest.mark.parametrize(
    "metric",
    [
        "queue_target_ratio",
        "queue_target_seconds",
        "queue_info",
        "queue_average_handle_seconds",
        "queue_average_wait_seconds",
        "queue_speed_of_answer_seconds",
        "workitem_wait_seconds",
        "workitem_backlog_daily_peak",
        "queue_utilization_ratio",
    ],
)
def test_what_cannot_be_rolled_up_is_left_out(metric: str) -> None:
    """There is no table for what has no sums to go by."""
    assert rolled(per_queue(metric, {A: 1.0, B: 1.0}, METRICS[metric].labels)) == ()


def test_every_metric_of_a_queue_is_decided_by_its_kind() -> None:
    """A ratio or duration rolls up only where it is listed: a new one is left out until somebody thought."""
    for metric in SAID:
        if "queue_id" not in metric.labels or metric.name in (*RATIOS, *LONGEST):
            continue
        shown = rolled(per_queue(metric.name, {A: 1.0, B: 1.0}, metric.labels))
        adds = metric.kind in (Kind.COUNT, Kind.SNAPSHOT) and metric.name != "workitem_backlog_daily_peak"
        assert bool(shown) is adds, metric.name


def test_a_ratio_without_its_parts_is_left_out() -> None:
    """Its neighbours in the table are not."""
    row = ("a", "Queue a", "voice", "15m")
    table = a_table(WINDOW, {"queue_abandon_ratio": {row: 0.1}, "queue_abandoned": {row: 1.0}})
    (shown,) = rolled(table)
    assert set(shown.columns) == {"queue_abandoned"}


def test_abandoned_and_workitem_ratios_go_by_their_parts() -> None:
    """Abandoned of answered, abandoned and flowed out; met of met and missed."""
    rows = [("a", "Queue a", "voice", "15m"), ("b", "Queue b", "voice", "15m")]
    columns = {
        "queue_abandon_ratio": (0.5, 0.5),
        "queue_answered": (60.0, 10.0),
        "queue_abandoned": (20.0, 5.0),
        "queue_flowed_out": (0.0, 5.0),
    }
    calls = a_table(WINDOW, {name: dict(zip(rows, two, strict=True)) for name, two in columns.items()})
    work = a_table(
        QUEUE,
        {
            "workitem_sla_ratio": {("a", "Queue a"): 0.5, ("b", "Queue b"): None},
            "workitem_sla_met": {("a", "Queue a"): 8.0, ("b", "Queue b"): 0.0},
            "workitem_sla_missed": {("a", "Queue a"): 2.0, ("b", "Queue b"): 0.0},
        },
    )
    abandons, items = rolled(calls, work)
    assert abandons.columns["queue_abandon_ratio"] == [0.25]
    assert items.columns["workitem_sla_ratio"] == [0.8]


def test_other_labels_are_kept_apart() -> None:
    """Media types are not mixed; a member that lacks one had nothing there."""
    (table,) = rolled(
        a_table(
            METRICS["queue_waiting"].labels,
            {
                "queue_waiting": {
                    ("a", "Queue a", "voice"): 1.0,
                    ("a", "Queue a", "chat"): 2.0,
                    ("b", "Queue b", "voice"): 4.0,
                    ("c", "Queue c", "voice"): 8.0,
                }
            },
        )
    )
    assert read(table, "queue_waiting") == {
        ("virtual:North", "North", "voice"): 5.0,
        ("virtual:North", "North", "chat"): 2.0,
    }


def test_a_threshold_that_only_some_members_have_is_left_out() -> None:
    """The level of one queue at its own 15 s is not that of both; where no other has the media, it is."""
    (table,) = rolled(
        levels(
            {
                level_row(A): (1.0, 2.0),
                level_row(A, threshold="15s"): (1.0, 2.0),
                level_row(B): (3.0, 4.0),
                level_row(B, threshold="10s"): (3.0, 4.0),
                level_row(A, media="chat", threshold="15s"): (5.0, 6.0),
            }
        )
    )
    assert read(table, "service_level_numerator") == {
        ("virtual:North", "North", "voice", "15m", "20s", "genesys"): 4.0,
        ("virtual:North", "North", "chat", "15m", "15s", "genesys"): 5.0,
    }


@pytest.mark.parametrize(
    ("virtual", "members"),
    [
        (VirtualQueue(name="v"), "abcd"),
        (VirtualQueue(name="v", ids=("a", "c", "gone")), "ac"),
        (VirtualQueue(name="v", names=("Queue [ab]", "*d")), "abd"),
        (VirtualQueue(name="v", divisions=("S",)), "cd"),
        (VirtualQueue(name="v", divisions=("id-of-N",)), "ab"),
        (VirtualQueue(name="v", names=("*[bc]",), divisions=("S",)), "c"),  # every list that is not empty
        (VirtualQueue(name="v", ids=("a", "c"), divisions=("S",)), "c"),
        (VirtualQueue(name="v", names=("queue *",)), ""),  # case matters
    ],
)
def test_members_fit_every_list_that_is_not_empty(virtual: VirtualQueue, members: str) -> None:
    """Ids, names and divisions narrow each other, as they do where queues are selected to be watched."""
    assert [queue.id for queue in DIRECTORY if virtual.holds(queue)] == list(members)
    waits = {queue: float(2**place) for place, queue in enumerate(DIRECTORY)}
    shown = rolled(per_queue("workitem_backlog", waits), virtual=virtual)
    expected = sum(waits[queue] for queue in DIRECTORY if queue.id in members)
    assert [table.columns["workitem_backlog"] for table in shown] == ([[expected]] if members else [])


def test_a_queue_may_be_in_several_virtual_ones() -> None:
    """Each has its own row, and the members' own tables stay as they were."""
    before = batch(per_queue("workitem_backlog", {A: 1.0, C: 2.0}))
    after = Roller([NORTH, ALL], DIRECTORY).rolled(before)
    assert after.tables[:1] == before.tables
    assert read(after.tables[1], "workitem_backlog") == {
        ("virtual:North", "North"): 1.0,
        ("virtual:All", "All"): 3.0,
    }


def test_virtual_queues_are_answered_for_when_every_member_is() -> None:
    """One with a member that was not answered for is not: without a row that would pass for empty."""
    virtual = [NORTH, VirtualQueue(name="South", divisions=("S",)), VirtualQueue(name="None", ids=("x",))]
    members = [queue for queue in DIRECTORY if NORTH.holds(queue)]
    after = Roller(virtual, DIRECTORY).rolled(batch(queues=members))
    assert after.queues == {*(queue.id for queue in members), "virtual:North"}
    assert after.tables == ()


def test_a_member_that_was_not_answered_for_makes_the_whole_unknown() -> None:
    """What one queue alone shows is not what the business unit has."""
    members = [queue for queue in DIRECTORY if NORTH.holds(queue)]
    assert len(members) > 1
    known = a_table(("queue_id", "queue"), {"workitem_backlog": {(A.id, A.name): 1.0}})
    after = Roller([NORTH], DIRECTORY).rolled(batch(known, queues=[A]))
    assert read(after.tables[1], "workitem_backlog") == {("virtual:North", "North"): None}
    assert "virtual:North" not in after.queues


def test_what_is_not_about_queues_passes_through() -> None:
    """Agents and strategies belong to no virtual queue; the rest of the batch is untouched."""
    before = batch(a_table(("strategy",), {"routing_strategy_handled": {("s",): 1.0}}), source="strategies")
    after = Roller([ALL], DIRECTORY).rolled(before)
    assert after.tables == before.tables
    assert (after.org, after.source, after.observed_at) == ("acme", "strategies", EPOCH)


def test_without_virtual_queues_nothing_is_added() -> None:
    """The batch comes out equal."""
    before = batch(per_queue("workitem_backlog", {A: 1.0}))
    assert Roller([], DIRECTORY).rolled(before) == before


def test_the_rows_stay_the_same_object_while_the_queues_show_the_same_labels() -> None:
    """New values leave them alone; so do new rows that roll up to the same."""
    roller = Roller([NORTH], DIRECTORY)
    first = per_queue("workitem_backlog", {A: 1.0, B: 2.0})
    again = Table(first.rows, {"workitem_backlog": [5.0, 6.0]})
    alike = per_queue("workitem_backlog", {B: 1.0, C: 9.0})
    one, two, three = (roller.rolled(batch(table)).tables[1] for table in (first, again, alike))
    assert one.rows is two.rows
    assert two.rows is three.rows
    assert [table.columns["workitem_backlog"] for table in (one, two, three)] == [[3.0], [11.0], [1.0]]


def test_changed_rows_are_new_ones() -> None:
    """A media type that appears makes rows of its own, and every source has its own memory."""
    roller = Roller([NORTH], DIRECTORY)
    voice = a_batch({("a", "Queue a", "voice"): 1.0})
    more = a_batch({("a", "Queue a", "voice"): 1.0, ("a", "Queue a", "chat"): 2.0})
    one = roller.rolled(voice).tables[1]
    other = roller.rolled(batch(per_queue("workitem_backlog", {A: 1.0}), source="workitems")).tables[1]
    assert roller.rolled(voice).tables[1].rows is one.rows
    two = roller.rolled(more).tables[1]
    assert two.rows is not one.rows
    assert (len(one.rows), len(two.rows), other.rows.names) == (1, 2, QUEUE)


FIGURE = st.one_of(st.none(), st.integers(0, 1000).map(float))
PARTS = st.tuples(FIGURE, FIGURE)


@given(st.dictionaries(st.sampled_from("abcd"), PARTS, min_size=1))
def test_the_level_is_the_ratio_of_the_sums(parts: dict[str, tuple[Value, Value]]) -> None:
    """Whatever the members' parts, known or not, idle or not."""
    queues = {queue.id: queue for queue in DIRECTORY}
    (table,) = rolled(levels({level_row(queues[one]): two for one, two in parts.items()}), virtual=ALL)
    met, counted = zip(*parts.values(), strict=True)
    part = None if None in met else sum(met)
    whole = None if None in counted else sum(counted)
    assert table.columns["service_level_numerator"] == [part]
    assert table.columns["service_level_denominator"] == [whole]
    assert table.idle["service_level_ratio"] == ({0} if whole == 0 else set())
    expected = None if part is None or not whole else part / whole
    assert table.columns["service_level_ratio"] == [expected]


@given(
    st.dictionaries(
        st.tuples(
            st.sampled_from("abcd"), st.sampled_from(["voice", "chat"]), st.sampled_from(["15s", "20s"])
        ),
        PARTS,
        min_size=1,
    ),
    st.integers(0, 1000),
)
def test_the_order_of_members_changes_nothing(
    parts: dict[tuple[str, str, str], tuple[Value, Value]], seed: int
) -> None:
    """Neither that of the rows nor that of the directory."""
    queues = {queue.id: queue for queue in DIRECTORY}
    rows = {
        level_row(queues[one], media=media, threshold=threshold): two
        for (one, media, threshold), two in parts.items()
    }
    shuffled, directory = list(rows), list(DIRECTORY)
    Random(seed).shuffle(shuffled)
    Random(seed).shuffle(directory)
    one = Roller([NORTH, ALL], DIRECTORY).rolled(batch(levels(rows))).tables[1:]
    other = Roller([NORTH, ALL], directory).rolled(batch(levels({row: rows[row] for row in shuffled})))
    for metric in ("service_level_ratio", "service_level_numerator", "service_level_denominator"):
        assert [read(table, metric) for table in one] == [read(table, metric) for table in other.tables[1:]]


@given(st.dictionaries(st.sampled_from("abcd"), st.integers(0, 1000).map(float), min_size=1))
def test_a_virtual_queue_of_one_is_that_one(figures: dict[str, float]) -> None:
    """Rolled up by itself, a queue shows what it showed."""
    queues = {queue.id: queue for queue in DIRECTORY}
    table = per_queue("workitem_backlog", {queues[one]: value for one, value in figures.items()})
    for one, value in figures.items():
        (shown,) = rolled(table, virtual=VirtualQueue(name=one, ids=(one,)))
        assert read(shown, "workitem_backlog") == {(f"virtual:{one}", one): value}


def test_rows_are_compared_by_identity() -> None:
    """The plan of one table is not taken for another that merely looks alike but has other members."""
    roller = Roller([NORTH], DIRECTORY)
    one = Table(Rows(QUEUE, (("a", "Queue a"), ("c", "Queue c"))), {"workitem_backlog": [1.0, 2.0]})
    two = Table(Rows(QUEUE, (("c", "Queue c"), ("a", "Queue a"))), {"workitem_backlog": [1.0, 2.0]})
    assert roller.rolled(batch(one)).tables[1].columns["workitem_backlog"] == [1.0]
    assert roller.rolled(batch(two)).tables[1].columns["workitem_backlog"] == [2.0]
