"""The life of alerts with levels, guards, silences and the rest, through the manager."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from monitor.model.alert import AlertState
from monitor.model.inhibition import Inhibition
from monitor.model.org import Queue
from monitor.model.rule import Action, Guard, Level, Matcher, Policy, Rule, Severity, Verdict
from monitor.model.sample import SampleBatch
from monitor.model.silence import Silence
from monitor.model.virtual import VirtualQueue
from monitor.rules.rolling import Rollers
from tests.alerts.bench import KEY, ROW, Bench, two_levels
from tests.builders import EPOCH, SALES, SUPPORT, a_batch

pytestmark = pytest.mark.looptime

FIRED, RESOLVED = "Waiting fired", "Waiting resolved"
QUIET = Matcher(label="queue", globs=("Support*",))


def a_silence(minutes: float, *matchers: Matcher) -> Silence:
    """Return a silence from the start on."""
    return Silence(
        id="s1",
        matchers=matchers or (QUIET,),
        starts_at=EPOCH - timedelta(minutes=1),
        ends_at=EPOCH + timedelta(minutes=minutes),
        owner="ann",
        comment="maintenance",
    )


async def test_a_worse_level_is_an_event_of_the_same_episode() -> None:
    """Warning, critical, warning again and good: four events, one episode, no second fire."""
    bench = Bench([two_levels()])
    await bench.poll(9, 25, 12, 3)
    heard = bench.heard()
    assert bench.kinds() == [
        "Waiting fired warning",
        "Waiting level_changed critical",
        "Waiting level_changed warning",
        "Waiting resolved warning",
    ]
    assert {one["episode"] for one in heard} == {1}
    assert [one["sequence"] for one in heard] == [1, 2, 3, 4]
    assert [one["previous_severity"] for one in heard] == [None, "warning", "critical", None]


async def test_each_level_has_a_dwell_and_clear_edge_of_its_own() -> None:
    """Critical needs its own 20 s while the warning has fired; between its edges it stays critical."""
    mild, grave = two_levels().levels
    bench = Bench([two_levels(levels=(mild, replace(grave, dwell=20.0)))])
    await bench.poll(25, 25)
    assert bench.kinds() == ["Waiting fired warning"]
    await bench.poll(25, 16)
    assert bench.kinds()[1:] == ["Waiting level_changed critical"]
    await bench.poll(15)
    assert bench.kinds()[2:] == ["Waiting level_changed warning"]


async def test_straight_to_the_worst_is_one_fire() -> None:
    """A value beyond both levels fires once, as critical."""
    bench = Bench([two_levels()])
    await bench.poll(30)
    assert bench.kinds() == ["Waiting fired critical"]


async def test_a_resolve_reaches_who_got_the_fire_even_if_silenced_since() -> None:
    """A silence keeps fires back, never the end of what was told."""
    bench = Bench([two_levels()])
    await bench.poll(9)
    await bench.manager.silence(a_silence(60))
    await bench.poll(3, 9, 3)
    assert bench.kinds() == ["Waiting fired warning", "Waiting resolved warning"]


async def test_a_resolve_goes_to_nobody_else() -> None:
    """A destination that joined after the fire hears of no end."""
    bench = Bench([two_levels()])
    await bench.poll(9)
    bench.audience = ("hook", "lamp")
    await bench.poll(3)
    assert bench.kinds("hook") == ["Waiting fired warning", "Waiting resolved warning"]
    assert bench.kinds("lamp") == []


async def test_everybody_who_heard_of_it_hears_of_its_end() -> None:
    """One got the fire, another the change of level: both get the end."""
    bench = Bench([two_levels()])
    await bench.poll(9)
    bench.audience = ("lamp",)
    await bench.poll(25, 3)
    assert bench.kinds("hook")[-1] == "Waiting resolved critical"
    assert bench.kinds("lamp")[-1] == "Waiting resolved critical"


async def test_a_fire_that_outlasts_its_silence_is_told_then() -> None:
    """Silenced for a minute, still firing after: told late rather than never."""
    bench = Bench([two_levels()])
    await bench.manager.silence(a_silence(1))
    await bench.poll(9, 9, 9)
    assert bench.kinds() == []
    assert bench.alert().muted == "silenced:s1"
    await bench.poll(*[9] * 5)
    assert bench.kinds() == ["Waiting fired warning"]


async def test_a_silence_survives_a_restart() -> None:
    """Who asked for quiet is not asked again after a restart."""
    bench = Bench([two_levels()])
    await bench.manager.silence(a_silence(600))
    again = await bench.restarted()
    await again.poll(9, 9)
    assert again.kinds() == []


async def test_an_acknowledgement_is_told_and_ends_with_the_episode() -> None:
    """Owner and note are in the event; the next episode has nobody; what does not fire cannot be taken."""
    bench = Bench([two_levels()])
    assert not await bench.manager.acknowledge("acme", "Waiting", KEY, owner="ann")
    await bench.poll(9)
    assert await bench.manager.acknowledge("acme", "Waiting", KEY, owner="ann", note="on it")
    said = bench.heard()[-1]
    assert (said["kind"], said["owner"], said["note"]) == ("acknowledged", "ann", "on it")
    await bench.poll(3, 9)
    assert bench.alert().acknowledged is None


async def test_an_acknowledgement_may_expire() -> None:
    """After its time nobody has it any more."""
    bench = Bench([two_levels()])
    await bench.poll(9)
    until = EPOCH + timedelta(seconds=60)
    await bench.manager.acknowledge("acme", "Waiting", KEY, owner="ann", until=until)
    await bench.manager.tick()
    assert bench.alert().acknowledged is not None
    await asyncio.sleep(60)
    await bench.manager.tick()
    assert bench.alert().acknowledged is None


async def test_an_inhibition_mutes_by_shared_labels() -> None:
    """While nobody is on queue in Support, its waiting callers need no word; those in Sales do."""
    cause = Rule(
        name="Cause",
        metric="queue_alerting",
        levels=(Level(severity=Severity.CRITICAL, high=0.5),),
        flapping=False,
    )
    inhibition = Inhibition(
        name="cause",
        source=(Matcher(label="rule", globs=("Cause",)),),
        target=(Matcher(label="rule", globs=("Waiting",)),),
        equal=("queue_id",),
    )
    bench = Bench([two_levels(), cause], inhibitions=(inhibition,))
    batch = a_batch({ROW: 9.0, (SALES, "Sales", "voice"): 9.0})
    table = batch.tables[0]
    both = replace(table, columns={**table.columns, "queue_alerting": [1.0, 0.0]})
    await bench.accept(replace(batch, tables=(both,)))
    told = {(one["rule"], one["entity"]["queue"]) for one in bench.heard()}
    assert told == {("Cause", "Support Voice"), ("Waiting", "Sales")}


async def test_a_failing_source_is_one_announcement_and_its_return_another() -> None:
    """Thirty seconds without answers: one `unknown`; the first answer: one `known`; alerts hold meanwhile."""
    bench = Bench([two_levels()])
    await bench.poll(9)
    await bench.fail(10)
    await bench.poll(9, 9)
    assert bench.kinds() == [
        "Waiting fired warning",
        "SourceDown unknown critical",
        "SourceDown known critical",
    ]
    assert bench.alert().state is AlertState.FIRING


async def test_a_short_failure_is_not_announced() -> None:
    """Two failed polls are less than three intervals."""
    bench = Bench([two_levels()])
    await bench.poll(3)
    await bench.fail(2)
    await bench.poll(3)
    assert bench.kinds() == []


async def test_a_source_that_is_silent_is_announced_as_well() -> None:
    """No batch and no failure for as long: the ticks notice."""
    bench = Bench([two_levels()])
    await bench.poll(3)
    for _ in range(7):
        await bench.manager.tick()
        await asyncio.sleep(5)
    assert bench.kinds() == ["SourceDown unknown critical"]
    assert bench.heard()[0]["reason"] == "stale"
    await bench.poll(3)
    assert bench.kinds()[1:] == ["SourceDown known critical"]


@pytest.mark.parametrize(
    ("action", "values", "expected"),
    [
        (Action.HOLD, [None] * 6, []),
        (Action.ALERT, [None] * 6, ["Waiting fired warning"]),
        (Action.ALERT, [None, None, 3, None, None], []),  # each unknown is shorter than its dwell
        (Action.HOLD, [9, *[None] * 6], ["Waiting fired warning"]),
        (Action.OK, [9, *[None] * 6], ["Waiting fired warning", "Waiting resolved warning"]),
    ],
)
async def test_no_data_does_what_the_rule_says(
    action: Action, values: list[float | None], expected: list[str]
) -> None:
    """Hold, alert or ok, once the unknown has lasted for its own dwell of 30 s."""
    bench = Bench([two_levels(unknown={Verdict.NO_DATA: Policy(action=action, dwell=30.0)})])
    await bench.poll(*values)
    assert bench.kinds() == expected


async def test_errors_may_alert_where_the_rule_says_so() -> None:
    """With `on_error: alert` the queues it saw last fire; the announced source keeps them quiet."""
    rule = two_levels(unknown={Verdict.ERROR: Policy(action=Action.ALERT, dwell=0.0)})
    bench = Bench([rule])
    await bench.poll(3)
    await bench.fail(1)
    assert bench.alert().state is AlertState.FIRING
    assert bench.kinds() == ["Waiting fired warning"]


async def test_the_time_of_an_outage_counts_for_no_dwell() -> None:
    """A pending alert needs its whole dwell of known time."""
    mild, _ = two_levels().levels
    bench = Bench([two_levels(levels=(replace(mild, dwell=20.0),))])
    await bench.poll(9)
    await bench.fail(6)
    await bench.poll(9, 9)
    assert [one for one in bench.kinds() if one.startswith("Waiting")] == []
    await bench.poll(9)
    assert [one for one in bench.kinds() if one.startswith("Waiting")] == ["Waiting fired warning"]


async def test_a_guard_asks_for_volume_on_the_way_in_only() -> None:
    """Nothing fires below the volume; what fires goes on although the volume went."""
    guard = Guard(volume="queue_alerting", at_least=10.0)
    bench = Bench([two_levels(guard=guard)])

    def with_volume(value: float, volume: float) -> SampleBatch:
        batch = a_batch({ROW: value})
        table = replace(batch.tables[0], columns={**batch.tables[0].columns, "queue_alerting": [volume]})
        return replace(batch, tables=(table,))

    await bench.accept(with_volume(9, 9))
    assert bench.kinds() == []
    await bench.accept(with_volume(9, 10))
    await bench.accept(with_volume(9, 0))
    assert bench.kinds() == ["Waiting fired warning"]


async def test_an_alert_that_comes_and_goes_is_flapping_and_says_so_once() -> None:
    """After the first few, fires are kept back; the last resolve is told; calm ends the flapping."""
    bench = Bench([two_levels(flapping=True)])
    await bench.poll(*[9, 3] * 12)
    kinds = bench.kinds()
    assert kinds.count("Waiting flapping warning") == 1
    assert kinds.count("Waiting fired warning") < 12
    assert kinds.count("Waiting fired warning") == kinds.count("Waiting resolved warning")
    await bench.poll(*[3] * 25)
    assert bench.kinds()[-1] == "Waiting steady warning"
    await bench.poll(9)
    assert bench.kinds()[-1] == "Waiting fired warning"


async def test_what_still_fires_when_the_flapping_ends_is_told() -> None:
    """An alert that settles on firing is no secret."""
    bench = Bench([two_levels(flapping=True)])
    await bench.poll(*[9, 3] * 8)
    before = bench.kinds().count("Waiting fired warning")
    await bench.poll(*[9] * 25)
    assert bench.kinds().count("Waiting fired warning") == before + 1


async def test_a_removed_rule_resolves_with_its_reason() -> None:
    """What a rule said is taken back when the rule is gone, after a restart."""
    bench = Bench([two_levels()])
    await bench.poll(9)
    bench.rules = []
    again = await bench.restarted()
    assert again.kinds() == ["Waiting fired warning", "Waiting resolved warning"]
    assert again.heard()[-1]["reason"] == "rule_removed"


async def test_a_removed_queue_resolves_with_its_reason() -> None:
    """A queue that left the directory has no alerts; one that is still in it keeps its own."""
    bench = Bench([two_levels()])
    await bench.accept(a_batch({ROW: 9.0, (SALES, "Sales", "voice"): 9.0}))
    directory = replace(a_batch({}), source="directory", tables=(), queues=frozenset({SALES}))
    await bench.manager.accept(directory)
    ended = [one for one in bench.heard() if one["kind"] == "resolved"]
    assert [(one["entity"]["queue_id"], one["reason"]) for one in ended] == [(SUPPORT, "queue_removed")]


async def test_a_level_taken_out_of_a_rule_ends() -> None:
    """With critical gone from the rule, a critical alert is a warning at the next judgement."""
    bench = Bench([two_levels()])
    await bench.poll(25)
    bench.rules = [two_levels(levels=two_levels().levels[:1])]
    again = await bench.restarted()
    await again.poll(25)
    assert again.kinds() == ["Waiting fired critical", "Waiting level_changed warning"]


async def test_everything_survives_a_restart() -> None:
    """Strands, what was told, acknowledgement and flap window are as before; nothing is said twice."""
    bench = Bench([two_levels(flapping=True, keep_firing_for=20.0)])
    await bench.poll(9, 25)
    await bench.manager.acknowledge("acme", "Waiting", KEY, owner="ann")
    await bench.poll(3)
    before = bench.alert()
    again = await bench.restarted()
    after = again.alert()
    assert replace(after, known=True, evidence=before.evidence) == before
    await again.poll(3)
    assert again.kinds()[-1] == "Waiting acknowledged critical"
    await again.poll(3, 3)
    assert again.kinds()[-1] == "Waiting resolved critical"


async def test_a_virtual_queue_speaks_for_its_members_where_asked() -> None:
    """With `inhibit_members` the roll-up fires and its members are quiet; a queue outside of it is not."""
    rule = two_levels(inhibit_members=True)
    bench = Bench([rule])
    queues = (Queue(id=SUPPORT, name="Support Voice"), Queue(id=SALES, name="Sales"))
    rollers = Rollers([VirtualQueue(name="desk", names=("Support*",))], lambda _org: queues)
    bench.manager.roll, bench.manager.unions = rollers.rolled, rollers.holding
    await bench.accept(a_batch({ROW: 9.0, (SALES, "Sales", "voice"): 9.0}))
    told = {one["entity"]["queue_id"] for one in bench.heard()}
    assert told == {"virtual:desk", SALES}
    assert bench.alert().muted == "inhibited:virtual:desk"


async def test_other_rules_are_adopted_and_alerts_keep_their_lives() -> None:
    """A rule with another level judges the same alert; a rule that is gone takes back what it said."""
    bench = Bench([two_levels(), two_levels(name="Other")])
    await bench.poll(9)
    higher = two_levels(levels=(Level(severity=Severity.WARNING, high=50.0, clear_high=40.0),))
    await bench.adopt((higher,))
    assert bench.kinds()[2:] == ["Other resolved warning"]
    await bench.poll(9)
    assert bench.kinds()[3:] == ["Waiting resolved warning"]
    assert {one["episode"] for one in bench.heard()} == {1}
