"""What the lint finds in rules alone, and what directories say about them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from monitor.model.org import Queue, Target
from monitor.model.rule import Burn, Level, Matcher, Rule, Severity
from monitor.model.virtual import VirtualQueue
from monitor.proving.covering import Seen, cover
from monitor.proving.linting import lint
from tests.builders import SALES, SUPPORT, a_queue, a_rule

WARNING, CRITICAL = Severity.WARNING, Severity.CRITICAL
RATIO = "service_level_ratio"


def rule(*levels: Level, metric: str = "queue_waiting", **more: Any) -> Rule:
    """Return a rule with these levels."""
    return replace(a_rule("R", metric), levels=levels, **more)


def above(high: float, severity: Severity = CRITICAL, dwell: float = 0.0) -> Level:
    """Return a level that is left where it is entered."""
    return Level(severity=severity, high=high, dwell=dwell)


def below(low: float, clear: float | None = None) -> Level:
    """Return a level that is entered below and left at another edge."""
    return Level(severity=CRITICAL, low=low, clear_low=clear)


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (rule(below(0.0)), "never fires: nothing is below 0"),
        (rule(above(1.0), metric=RATIO), "never fires: nothing is above 1"),
        (rule(below(0.8, 1.2), metric=RATIO), "never resolves: nothing is at or above 1.2"),
        (
            rule(Level(severity=CRITICAL, high=5.0, clear_high=-1.0)),
            "never resolves: nothing is at or below -1",
        ),
        (rule(below(2.0, 2.0), metric=RATIO), "always fires"),
        (rule(above(5.0, WARNING), above(5.0)), "warning is never seen"),
        (rule(above(9.0, WARNING), above(5.0)), "warning is never seen"),
        (rule(above(5.0, WARNING, dwell=60.0), above(5.0, dwell=60.0)), "warning is never seen"),
    ],
)
def test_a_level_that_is_never_seen_is_an_error(found: Rule, said: str) -> None:
    """A level that no value enters, or leaves, or that comes too late, cannot do what it is for."""
    lines = [(one.level.value, one.check) for one in lint([found]) if said in one.line]
    assert lines == [("error", "unreachable")]


@pytest.mark.parametrize(
    "found",
    [
        rule(below(1.0)),
        rule(above(0.99), metric=RATIO),
        rule(below(0.8, 1.0), metric=RATIO),
        rule(above(5.0, WARNING), above(9.0)),
        rule(above(5.0, WARNING), above(5.0, dwell=60.0)),
        rule(above(9.0, WARNING, dwell=10.0), above(9.0, dwell=60.0)),
        rule(below(-5.0), metric="workitem_backlog_change"),
        rule(below(-5.0), metric="", expr="queue_waiting - queue_agents_available"),
        rule(Level(severity=CRITICAL, high=0.5, truth=True), metric="", expr="queue_waiting > 1"),
    ],
)
def test_a_level_that_can_be_seen_is_fine(found: Rule) -> None:
    """Edges at the ends of what a metric can be are only wrong where nothing is beyond them."""
    assert list(lint([found])) == []


def test_two_rules_that_say_the_same_are_a_warning() -> None:
    """Labels and texts do not tell rules apart; another matcher does."""
    first = rule(above(5.0), matchers=(Matcher(label="media", globs=("voice",)),))
    twin = replace(first, name="S", labels={"team": "b"})
    other = replace(first, name="T", matchers=(Matcher(label="media", globs=("chat",)),))
    assert [(one.level.value, one.check, one.rule) for one in lint([first, twin, other])] == [
        ("warning", "duplicate", "S")
    ]


def test_a_burn_rate_is_not_held_to_the_bounds_of_its_ratio() -> None:
    """A rate of 4 is above 1, and fires."""
    burn = Burn(severity=CRITICAL, objective=0.8, long="30m", short="5m", factor=4.0)
    assert list(lint([rule(above(4.0), metric=RATIO, burns=(burn,))])) == []


VOICE = Target(media="voice", ratio=0.8, seconds=20.0)


def seen(*queues: Queue, traffic: float = 0.0, virtual: tuple[VirtualQueue, ...] = ()) -> Seen:
    """Return an org in which every queue has the same traffic."""
    return Seen(
        org="acme", queues=queues, traffic=dict.fromkeys((one.id for one in queues), traffic), virtual=virtual
    )


def on(name: str, glob: str, metric: str = "queue_waiting") -> Rule:
    """Return a rule with one matcher."""
    return rule(above(5.0), metric=metric, matchers=(Matcher(label=name, globs=(glob,)),))


def checks(found: Rule, *orgs: Seen) -> list[tuple[str, str]]:
    """Return check and level of every finding."""
    return [(one.check, one.level.value) for one in cover([found], orgs)]


@pytest.mark.parametrize(
    ("found", "fits"),
    [
        (on("queue", "Support*"), True),
        (on("queue", "Sales*"), False),
        (on("queue_id", SUPPORT), True),
        (on("queue_id", SALES), False),
        (on("org", "other"), False),
        (on("media", "fax"), True),
        (on("queue", "Unit"), True),
        (on("queue", "Nowhere"), False),
        (on("agent_id", "nobody", "agent_utilization_ratio"), True),
        (
            rule(
                above(0.5),
                metric="",
                expr="queue_waiting > 1",
                matchers=(Matcher(label="queue", globs=("X",)),),
            ),
            False,
        ),
    ],
)
def test_a_rule_about_no_queue_is_an_error(found: Rule, fits: bool) -> None:
    """Name, id and org decide; a virtual queue counts where it has a member, and agents have no queues."""
    unit = VirtualQueue(name="Unit", names=("Support*",))
    empty = VirtualQueue(name="Nowhere", names=("Nothing*",))
    org = seen(a_queue(), virtual=(unit, empty))
    assert checks(found, org) == ([] if fits else [("no_queue", "error")])


@pytest.mark.parametrize(
    ("found", "traffic", "findings"),
    [
        (on("queue", "Support*"), 7.0, [("no_rule", "warning")]),
        (on("queue", "Support*"), 0.0, []),
        (on("queue", "*"), 7.0, []),
    ],
)
def test_a_queue_with_traffic_and_no_rule_is_a_warning(
    found: Rule, traffic: float, findings: list[tuple[str, str]]
) -> None:
    """Whoever had something to do should be watched; a quiet queue need not be."""
    assert checks(found, seen(a_queue(), a_queue(SALES, "Sales"), traffic=traffic)) == findings


def level_rule(low: float, *matchers: Matcher) -> Rule:
    """Return a rule on the service level."""
    return rule(below(low), metric=RATIO, matchers=matchers)


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (level_rule(0.8), None),
        (level_rule(0.8, Matcher(label="threshold", globs=("20s",))), None),
        (level_rule(0.7), "promises 80% within 20s, the rule begins below 70%"),
        (level_rule(0.8, Matcher(label="threshold", globs=("30s",))), "the rule looks at another threshold"),
        (level_rule(0.7, Matcher(label="media", globs=("chat",))), None),
        (
            level_rule(0.7, Matcher(label="queue", globs=("S*",)), Matcher(label="org", globs=("acme",))),
            "promises",
        ),
    ],
)
def test_another_target_than_the_queues_own_is_a_warning(found: Rule, said: str | None) -> None:
    """The rule's threshold and its mildest level are held against what the queue promises."""
    lines = [one.line for one in cover([found], [seen(replace(a_queue(), targets=(VOICE,)))])]
    assert [(said or "") in line for line in lines] == ([] if said is None else [True])


def test_targets_of_other_queues_are_other_rules_business() -> None:
    """Only queues that the rule is about are held against it."""
    sales = replace(a_queue(SALES, "Sales"), targets=(VOICE,))
    rule_of_support = level_rule(0.7, Matcher(label="queue", globs=("Support*",)))
    assert list(cover([rule_of_support], [seen(a_queue(), sales)])) == []


def test_queues_of_one_promise_are_one_line() -> None:
    """A hundred queues with the default target do not make a hundred lines."""
    queues = [Queue(id=str(number), name=f"Q{number}", targets=(VOICE,)) for number in range(100)]
    (finding,) = cover([level_rule(0.7)], [seen(*queues)])
    assert finding.line.startswith("Q0 (voice), Q1 (voice), Q2 (voice) and 97 more: promises 80%")
