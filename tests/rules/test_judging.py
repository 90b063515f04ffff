"""Judging batches: which entities, which edge of the level, and what unknown means."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.model.alert import Alert, AlertState, Entity, Strand
from monitor.model.catalogue import METRICS
from monitor.model.rule import Matcher, Severity, Verdict
from monitor.model.sample import Rows, SampleBatch, Table, Value
from monitor.rules.judgement import Judgement
from monitor.rules.judging import Judge
from monitor.rules.matching import plan
from tests.builders import EPOCH, SALES, SUPPORT, a_batch, a_level, a_rule

ROW = (SUPPORT, "Support Voice", "voice")
KEY = f"{SUPPORT}/voice"


def judged(
    value: Value,
    *,
    active: dict[str, bool] | None = None,
    above: bool = True,
    batch: SampleBatch | None = None,
) -> list[Judgement]:
    """Judge one queue's waiting interactions."""
    level = a_level() if above else a_level(above=False, enter=3.0, clear=8.0)
    judge = Judge(a_rule(level=level), "acme")
    alerts = {key: an_alert(key, firing=firing) for key, firing in (active or {}).items()}
    return judge.judge(batch or a_batch({ROW: value}), alerts, EPOCH)


def an_alert(key: str, *, firing: bool) -> Alert:
    """Return an alert of the support queue, firing or pending."""
    state = AlertState.FIRING if firing else AlertState.PENDING
    return Alert(
        org="acme",
        rule="R",
        severity=Severity.CRITICAL,
        entity=Entity(key=key, labels={"queue_id": SUPPORT}),
        state=state,
        strands={Severity.CRITICAL: Strand(state=state)},
    )


def verdict(judgement: Judgement) -> Verdict:
    """Return the verdict on the one level."""
    return judgement.verdicts[Severity.CRITICAL]


@pytest.mark.parametrize(
    ("value", "firing", "above", "expected"),
    [
        (9.0, False, True, Verdict.BREACHED),
        (8.0, False, True, Verdict.CLEAR),  # the enter level itself is not beyond it
        (5.0, True, True, Verdict.BREACHED),  # between the levels a firing alert stays
        (3.0, True, True, Verdict.CLEAR),  # the clear level itself clears
        (5.0, False, True, Verdict.CLEAR),
        (2.0, False, False, Verdict.BREACHED),
        (3.0, False, False, Verdict.CLEAR),
        (5.0, True, False, Verdict.BREACHED),
        (8.0, True, False, Verdict.CLEAR),
        (None, True, True, Verdict.NO_DATA),
        (None, False, True, Verdict.NO_DATA),
    ],
)
def test_the_edge_depends_on_whether_it_fires(
    value: Value, firing: bool, above: bool, expected: Verdict
) -> None:
    """Entering and leaving have their own levels; unknown is neither."""
    (found,) = judged(value, active={KEY: firing}, above=above)
    assert verdict(found) is expected


def test_calm_entities_are_not_mentioned() -> None:
    """An entity that neither breaches nor is active costs nothing further."""
    assert judged(5.0) == []


def test_a_breach_is_mentioned_with_its_labels() -> None:
    """A breach comes with the value and the labels to show."""
    (found,) = judged(12.0)
    assert (found.key, verdict(found), found.evidence.value) == (KEY, Verdict.BREACHED, 12.0)
    assert found.labels == {"queue_id": SUPPORT, "queue": "Support Voice", "media": "voice"}


def test_an_active_entity_is_always_mentioned() -> None:
    """A firing or pending entity is judged whatever its value, unknown included."""
    assert [verdict(one) for one in judged(0.0, active={KEY: True})] == [Verdict.CLEAR]
    assert [verdict(one) for one in judged(None, active={KEY: True})] == [Verdict.NO_DATA]


def test_an_absent_row_of_an_answered_queue_is_zero() -> None:
    """After a restart a quiet media type has no row; where its queue answered, that is 0 and clears."""
    empty = a_batch({}, queues=frozenset({SUPPORT}))
    assert [(verdict(one), one.evidence.value) for one in judged(0, active={KEY: True}, batch=empty)] == [
        (Verdict.CLEAR, 0.0)
    ]


def test_an_absent_row_of_an_unanswered_queue_is_unknown() -> None:
    """A queue that was not part of the answer says nothing: its alert holds."""
    empty = a_batch({}, queues=frozenset({SALES}))
    assert [(verdict(one), one.evidence.value) for one in judged(0, active={KEY: True}, batch=empty)] == [
        (Verdict.NO_DATA, None)
    ]


@pytest.mark.parametrize(("whole", "expected"), [(True, Verdict.IDLE), (False, Verdict.NO_DATA)])
@pytest.mark.parametrize("metric", ["agent_utilization_ratio", "agent_active_seconds"])
def test_an_absent_person_is_idle_only_in_a_whole_answer(metric: str, whole: bool, expected: Verdict) -> None:
    """Who has no row did nothing, or was cut off; neither is a 0 that a level is held against."""
    table = Table(Rows(("agent_id", "interval"), ()), {metric: []})
    batch = SampleBatch(
        org="acme", source="agents", observed_at=EPOCH, tables=(table,), queues=frozenset(), whole=whole
    )
    rule = a_rule(metric=metric, level=a_level(above=False, enter=0.5, clear=0.6))
    alert = replace(an_alert("a1/30m", firing=True), entity=Entity(key="a1/30m", labels={"agent_id": "a1"}))
    (found,) = Judge(rule, "acme").judge(batch, {"a1/30m": alert}, EPOCH)
    assert verdict(found) is expected


def test_a_selector_over_a_label_that_is_not_there_matches_nothing() -> None:
    """A rule on a name must not become one on everybody where names are not shown."""
    rows = Rows(("agent_id", "interval"), (("a1", "30m"), ("a2", "30m")))
    rule = a_rule(matchers=(Matcher(label="agent", globs=("Ann*",)),), metric="agent_utilization_ratio")
    assert plan(rule, "acme", rows).keys == ()


def test_of_two_rows_with_one_key_the_first_is_judged() -> None:
    """An alert over two values of one key would fire and resolve with every poll."""
    batch = a_batch({(SUPPORT, "Old", "voice"): 12.0, (SUPPORT, "New", "voice"): 1.0})
    (found,) = judged(0, active={KEY: True}, batch=batch)
    assert (verdict(found), found.evidence.value) == (Verdict.BREACHED, 12.0)


@pytest.mark.parametrize(
    ("matchers", "names"),
    [
        ((), ["Support Voice", "Support Chat", "Sales"]),
        ((Matcher(label="queue", globs=("Support*",)),), ["Support Voice", "Support Chat"]),
        ((Matcher(label="queue", globs=("Sales", "*Chat")),), ["Support Chat", "Sales"]),
        ((Matcher(label="queue", regex="S.*(Voice|les)"),), ["Support Voice", "Sales"]),
        ((Matcher(label="queue", regex="Support"),), []),
        ((Matcher(label="media", globs=("chat",)),), ["Support Chat"]),
        ((Matcher(label="org", globs=("acme",)), Matcher(label="queue_id", globs=("3",))), ["Sales"]),
        ((Matcher(label="org", globs=("other",)),), []),
    ],
)
def test_a_selector_must_fit_every_label(matchers: tuple[Matcher, ...], names: list[str]) -> None:
    """Globs and regexes match whole values; every label named must fit."""
    batch = a_batch(
        {("1", "Support Voice", "voice"): 1, ("2", "Support Chat", "chat"): 1, ("3", "Sales", "voice"): 1}
    )
    matched = plan(a_rule(matchers=matchers), "acme", batch.tables[0].rows)
    assert [matched.labels(place)["queue"] for place in range(len(matched.indexes))] == names


def test_the_name_is_no_part_of_the_identity() -> None:
    """A renamed queue keeps its key, so its alert lives on."""
    before = plan(a_rule(), "acme", a_batch({("1", "Old", "voice"): 1}).tables[0].rows)
    after = plan(a_rule(), "acme", a_batch({("1", "New", "voice"): 1}).tables[0].rows)
    assert before.keys == after.keys == ("1/voice",)


@given(st.lists(st.none() | st.floats(0, 20), max_size=30), st.floats(0, 20), st.booleans())
def test_columns_agree_with_one_by_one(values: list[Value], enter: float, above: bool) -> None:
    """Judging a column finds exactly the values that breach one by one."""
    level = a_level(enter=enter, clear=enter, above=above)
    batch = a_batch({(str(index), "Q", "voice"): value for index, value in enumerate(values)})
    found = Judge(a_rule(level=level), "acme").judge(batch, {}, EPOCH)
    expected = [
        f"{index}/voice" for index, value in enumerate(values) if value is not None and level.breached(value)
    ]
    assert [one.key for one in found] == expected


def level_of(ratio: Value, *, idle: bool = False) -> SampleBatch:
    """Return a batch of one service level."""
    names = METRICS["service_level_ratio"].labels
    rows = Rows(names, ((SUPPORT, "Support Voice", "voice", "15m", "20s", "genesys"),))
    places = {"service_level_ratio": {0}} if idle else {}
    table = Table(rows, {"service_level_ratio": [ratio]}, places)
    return SampleBatch(
        org="acme", source="service_level", observed_at=EPOCH, tables=(table,), queues=frozenset({SUPPORT})
    )


def of_level(batch: SampleBatch, *, firing: bool) -> Judgement | None:
    """Judge one service level against 80 %, whether or not it is active."""
    rule = a_rule(metric="service_level_ratio", level=a_level(above=False, enter=0.8, clear=0.85))
    key = f"{SUPPORT}/voice/15m/20s/genesys"
    found = Judge(rule, "acme").judge(batch, {key: an_alert(key, firing=True)} if firing else {}, EPOCH)
    return found[0] if found else None


def test_an_idle_ratio_never_breaches() -> None:
    """Nobody called: that is below no threshold, although 0 would be."""
    assert of_level(level_of(None, idle=True), firing=False) is None
    assert of_level(level_of(0.0), firing=False) is not None


def test_a_firing_alert_on_an_idle_ratio_is_judged_idle() -> None:
    """Idle is known: it says 0 and clears, where unknown says nothing and holds."""
    idle = of_level(level_of(None, idle=True), firing=True)
    unknown = of_level(level_of(None), firing=True)
    assert idle is not None
    assert unknown is not None
    assert (verdict(idle), idle.evidence.value) == (Verdict.IDLE, 0.0)
    assert (verdict(unknown), unknown.evidence.value) == (Verdict.NO_DATA, None)


def test_a_ratio_that_lost_its_row_is_idle_where_its_queue_was_answered() -> None:
    """After a restart a quiet media type has no row yet; its alert resolves, and does not see 0 %."""
    batch = level_of(0.9)
    gone = SampleBatch(
        org="acme",
        source="service_level",
        observed_at=EPOCH,
        tables=(Table(Rows(batch.tables[0].rows.names, ()), {"service_level_ratio": []}),),
        queues=frozenset({SUPPORT}),
    )
    judgement = of_level(gone, firing=True)
    assert judgement is not None
    assert verdict(judgement) is Verdict.IDLE
