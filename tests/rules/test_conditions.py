"""What a rule may be about: an expression over several metrics, a burning budget, a ratio one can trust."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.model.catalogue import METRICS
from monitor.model.org import Queue
from monitor.model.rule import Burn, Guard, Level, Rule, Severity, Verdict
from monitor.model.sample import Rows, SampleBatch, Table, Value
from monitor.model.virtual import VirtualQueue
from monitor.rules.judgement import Judgement
from monitor.rules.judging import Judge
from monitor.rules.ranking import ranked
from monitor.rules.rolling import Roller, Rollers
from tests.builders import EPOCH, SALES, SUPPORT, hears

TRUE = (Level(severity=Severity.CRITICAL, high=0.5, truth=True),)
VOICE, CHAT = (SUPPORT, "Support", "voice"), (SUPPORT, "Support", "chat")


def queues(waiting: dict[tuple[str, str, str], Value], on_queue: dict[str, Value]) -> SampleBatch:
    """Return a poll: waiting interactions by media, agents by queue."""
    names = {queue_id: name for queue_id, name, _ in waiting}
    agents = Rows(
        METRICS["queue_agents_on_queue"].labels, tuple((one, names.get(one, one)) for one in on_queue)
    )
    return SampleBatch(
        org="acme",
        source="queues",
        observed_at=EPOCH,
        tables=(
            Table(
                Rows(METRICS["queue_waiting"].labels, tuple(waiting)),
                {"queue_waiting": list(waiting.values())},
            ),
            Table(agents, {"queue_agents_on_queue": list(on_queue.values())}),
        ),
        queues=frozenset(names),
    )


def levels(rows: dict[tuple[str, ...], tuple[Value, Value]]) -> SampleBatch:
    """Return a poll of service levels: (queue id, media, window) → numerator, denominator."""
    keys = tuple((one, one, media, window, "20s", "genesys") for one, media, window in rows)
    parts = list(rows.values())
    ratio = [part / whole if part is not None and whole else None for part, whole in parts]
    table = Table(
        Rows(METRICS["service_level_ratio"].labels, keys),
        {
            "service_level_ratio": ratio,
            "service_level_numerator": [part for part, _ in parts],
            "service_level_denominator": [whole for _, whole in parts],
        },
        {"service_level_ratio": {place for place, (_, whole) in enumerate(parts) if whole == 0}},
    )
    ids = frozenset(one for one, _, _ in rows)
    return SampleBatch(org="acme", source="service_level", observed_at=EPOCH, tables=(table,), queues=ids)


def judged(rule: Rule, batch: SampleBatch) -> dict[str, Judgement]:
    """Return what a rule says, by key."""
    return {one.key: one for one in Judge(rule, "acme").judge(batch, {}, EPOCH)}


def test_an_expression_joins_what_the_queue_has_to_what_the_media_type_has() -> None:
    """Callers wait and nobody is on queue: true for every media type that waits, and for no other queue."""
    rule = Rule(name="R", expr="queue_waiting > 0 && queue_agents_on_queue == 0", levels=TRUE)
    batch = queues({VOICE: 3.0, CHAT: 0.0, (SALES, "Sales", "voice"): 3.0}, {SUPPORT: 0.0, SALES: 2.0})
    (found,) = judged(rule, batch).values()
    assert (found.key, found.evidence.value) == (f"{SUPPORT}/voice", 1.0)
    assert found.verdicts == {Severity.CRITICAL: Verdict.BREACHED}


def test_an_expression_with_something_unknown_is_unknown_unless_it_is_decided() -> None:
    """`false && unknown` is false and `true && unknown` is unknown: neither breaches."""
    rule = Rule(name="R", expr="queue_waiting > 0 && queue_agents_on_queue == 0", levels=TRUE)
    assert judged(rule, queues({VOICE: 3.0, CHAT: 0.0}, {SUPPORT: None})) == {}
    either = Rule(name="R", expr="queue_waiting > 0 || queue_agents_on_queue == 0", levels=TRUE)
    assert list(judged(either, queues({VOICE: 3.0, CHAT: 0.0}, {SUPPORT: None}))) == [f"{SUPPORT}/voice"]


def test_an_expression_may_be_a_number_with_levels() -> None:
    """Waiting per agent on queue, above two."""
    rule = Rule(
        name="R",
        expr="queue_waiting / max(queue_agents_on_queue, 1)",
        levels=(Level(severity=Severity.WARNING, high=2.0),),
    )
    (found,) = judged(rule, queues({VOICE: 9.0, CHAT: 6.0}, {SUPPORT: 3.0})).values()
    assert (found.key, found.evidence.value) == (f"{SUPPORT}/voice", 3.0)


def test_outside_a_range_is_beyond_either_edge() -> None:
    """Occupancy is bad when low and when high."""
    level = Level(severity=Severity.WARNING, low=2.0, high=8.0, clear_low=3.0, clear_high=7.0)
    rule = Rule(name="R", metric="queue_waiting", levels=(level,))
    batch = queues({(str(n), "Q", "voice"): float(n) for n in range(10)}, {})
    assert list(judged(rule, batch)) == ["0/voice", "1/voice", "9/voice"]
    assert (level.cleared(2.5), level.cleared(3.0), level.cleared(7.5)) == (False, True, False)
    assert level.edge(9.0, cleared=False) == (">", 8.0)
    assert level.edge(1.0, cleared=False) == ("<", 2.0)


@pytest.mark.parametrize(
    ("parts", "believed"),
    [
        ((1.0, 2.0), False),
        ((7.0, 10.0), False),
        ((70.0, 100.0), True),
        ((0.0, 9.0), False),
        ((0.0, 40.0), True),
    ],
)
def test_a_ratio_must_really_be_below(parts: tuple[float, float], believed: bool) -> None:
    """One of two, or seven of ten, is no proof of less than 80 %; seventy of a hundred is."""
    rule = Rule(
        name="R",
        metric="service_level_ratio",
        levels=(Level(severity=Severity.WARNING, low=0.8),),
        guard=Guard(volume="service_level_denominator", at_least=10.0, confidence=0.95),
    )
    found = judged(rule, levels({(SUPPORT, "voice", "15m"): parts}))
    assert [one.verdicts[Severity.WARNING] for one in found.values()].count(Verdict.BREACHED) == believed


def test_the_evidence_has_the_numbers_of_a_ratio() -> None:
    """70 % is 70 of 100."""
    rule = Rule(name="R", metric="service_level_ratio", levels=(Level(severity=Severity.WARNING, low=0.8),))
    (found,) = judged(rule, levels({(SUPPORT, "voice", "15m"): (70.0, 100.0)})).values()
    evidence = found.evidence
    assert (evidence.value, evidence.numerator, evidence.denominator) == (0.7, 70.0, 100.0)


BURNING = Rule(
    name="R",
    metric="service_level_ratio",
    levels=(Level(severity=Severity.CRITICAL, high=2.0),),
    burns=(Burn(severity=Severity.CRITICAL, objective=0.8, long="1h", short="5m", factor=2.0),),
)


@pytest.mark.parametrize(
    ("long", "short", "burning"),
    [
        ((50.0, 100.0), (5.0, 10.0), True),  # 50 % missed of the 20 % allowed: 2.5 times too fast in both
        ((50.0, 100.0), (9.0, 10.0), False),  # it was bad, and is over
        ((90.0, 100.0), (5.0, 10.0), False),  # it is bad, and has just begun
        ((50.0, 100.0), (0.0, 0.0), False),  # nobody calls any more: nothing burns
        ((50.0, 100.0), (None, 10.0), False),  # what is not known burns nothing
    ],
)
def test_a_budget_burns_when_both_windows_do(
    long: tuple[Value, Value], short: tuple[Value, Value], burning: bool
) -> None:
    """The long window says that it matters, the short one that it still goes on."""
    batch = levels({(SUPPORT, "voice", "1h"): long, (SUPPORT, "voice", "5m"): short})
    found = judged(BURNING, batch)
    assert list(found) == ([f"{SUPPORT}/voice/20s/genesys"] if burning else [])
    if burning:
        assert found[f"{SUPPORT}/voice/20s/genesys"].evidence.value == pytest.approx(2.5)


def test_a_rule_holds_for_a_virtual_queue_by_volume() -> None:
    """1 of 1 and 0 of 9 are one of ten together, not 50 %."""
    members = (Queue(id=SUPPORT, name="Support"), Queue(id=SALES, name="Sales"))
    roller = Roller([VirtualQueue(name="all")], members)
    batch = roller.rolled(
        levels({(SUPPORT, "voice", "15m"): (1.0, 1.0), (SALES, "voice", "15m"): (0.0, 9.0)})
    )
    rule = Rule(name="R", metric="service_level_ratio", levels=(Level(severity=Severity.WARNING, low=0.3),))
    found = judged(rule, batch)
    assert found["virtual:all/voice/15m/20s/genesys"].evidence.value == 0.1
    assert f"{SALES}/voice/15m/20s/genesys" in found
    assert f"{SUPPORT}/voice/15m/20s/genesys" not in found


@given(st.lists(st.none() | st.floats(0, 20)), st.none() | st.floats(0, 20), st.none() | st.floats(0, 20))
def test_an_ordered_column_finds_what_a_look_at_each_value_finds(
    column: list[Value], low: float | None, high: float | None
) -> None:
    """Bisection and one-by-one agree, for either edge and for both."""
    if low is not None and high is not None and low > high:
        low, high = high, low
    level = Level(severity=Severity.WARNING, low=low, high=high)
    expected = [row for row, value in enumerate(column) if value is not None and level.breached(value)]
    assert sorted(ranked(column).beyond(level)) == expected


def test_a_burning_alert_holds_while_a_window_is_unknown() -> None:
    """What fires and cannot be judged any more is not over."""
    key = f"{SUPPORT}/voice/20s/genesys"
    unknown = levels({(SUPPORT, "voice", "1h"): (50.0, 100.0), (SUPPORT, "voice", "5m"): (None, 10.0)})
    over = levels({(SUPPORT, "voice", "1h"): (50.0, 100.0), (SUPPORT, "voice", "5m"): (9.0, 10.0)})
    assert hears(BURNING, unknown, key, SUPPORT) is Verdict.NO_DATA
    assert hears(BURNING, over, key, SUPPORT) is Verdict.CLEAR


def test_a_roll_up_keeps_its_rows_while_the_queues_are_the_same() -> None:
    """What rules worked out about rows holds from poll to poll."""
    members = (Queue(id=SUPPORT, name="Support"), Queue(id=SALES, name="Sales"))
    rollers = Rollers([VirtualQueue(name="all")], lambda _org: members)
    batch = levels({(SUPPORT, "voice", "15m"): (1.0, 1.0), (SALES, "voice", "15m"): (0.0, 9.0)})
    first, second = rollers.rolled(batch), rollers.rolled(batch)
    assert [one.rows for one in first.tables] == [one.rows for one in second.tables]
    assert rollers.holding("acme", SALES) == ("virtual:all",)
