"""Cases that went wrong once: turns that overlap, stores that refuse, rules that change in the middle."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest

from monitor.model.alert import Alert, AlertState
from monitor.model.delivery import Dispatch
from monitor.model.errors import StoreError
from monitor.model.org import Queue
from monitor.model.pace import Pace
from monitor.model.rule import Action, Level, Matcher, Policy, Severity, Verdict
from monitor.model.sample import SourceFailure
from monitor.model.silence import Silence
from monitor.model.virtual import VirtualQueue
from monitor.rules.rolling import Rollers
from monitor.store.memory import MemoryStore
from tests.alerts.bench import EVERY, KEY, ROW, Bench, daily, two_levels
from tests.builders import EPOCH, SALES, SUPPORT, a_batch

pytestmark = pytest.mark.looptime


@dataclass(slots=True)
class Trying(MemoryStore):
    """Takes a while for each commit, and refuses some: before writing (`no`), or after it (`late`)."""

    seconds: float = 0.0
    answers: list[str] = field(default_factory=list)

    async def commit(self, alerts: Sequence[Alert], dispatches: Sequence[Dispatch]) -> None:
        await asyncio.sleep(self.seconds)
        answer = self.answers.pop(0) if self.answers else "yes"
        if answer == "no":
            raise StoreError("disk full")
        await MemoryStore.commit(self, alerts, dispatches)
        if answer == "late":
            raise StoreError("fsync failed")


async def both(*turns: object) -> None:
    """Run several calls of a manager at once."""
    async with asyncio.TaskGroup() as group:
        for turn in turns:
            group.create_task(turn)  # type: ignore[arg-type]


async def test_a_reload_during_a_commit_takes_back_what_was_just_said() -> None:
    """The fire is being written while its rule goes: its end follows, and is not forgotten."""
    bench = Bench([two_levels()], Trying(seconds=1.0))
    await both(bench.manager.accept(a_batch({ROW: 9.0})), bench.adopt(()))
    assert bench.kinds() == ["Waiting fired warning", "Waiting resolved warning"]


async def test_an_acknowledgement_during_a_commit_has_an_id_of_its_own() -> None:
    """Acknowledged and resolved at once are two events with two numbers."""
    bench = Bench([two_levels()], Trying(seconds=1.0))
    await bench.poll(9)
    await both(
        bench.manager.accept(a_batch({ROW: 3.0})),
        bench.manager.acknowledge("acme", "Waiting", KEY, owner="ann"),
    )
    numbers = [one["sequence"] for one in bench.heard()]
    assert len(set(numbers)) == len(numbers)
    assert bench.kinds()[-1] == "Waiting resolved warning"


@pytest.mark.parametrize("answer", ["no", "late"])
async def test_a_refused_fire_is_told_once_whatever_the_disk_did(answer: str) -> None:
    """Whether or not the refused commit held, the fire is there once, and its end after it."""
    bench = Bench([two_levels()], Trying(answers=[answer]))
    await bench.poll(9, 3, 9)
    assert bench.kinds() == ["Waiting fired warning", "Waiting resolved warning", "Waiting fired warning"]
    assert [one["sequence"] for one in bench.heard()] == [1, 2, 3]


async def test_a_refused_farewell_is_said_again() -> None:
    """The store refuses at the reload: the removed rule's alert still ends, at the next tick."""
    store = Trying()
    bench = Bench([two_levels()], store)
    await bench.poll(9)
    store.answers = ["no"]
    await bench.adopt(())
    assert bench.kinds() == ["Waiting fired warning"]
    await bench.manager.tick()
    assert bench.kinds() == ["Waiting fired warning", "Waiting resolved warning"]


async def test_a_batch_without_the_metric_clears_nothing() -> None:
    """The other source of a metric that has two says nothing about it, and neither does an empty page."""
    rule = two_levels(metric="queue_average_handle_seconds")
    bench = Bench([rule])
    bench.manager.paces = {**bench.manager.paces, ("acme", "service_level"): Pace(EVERY)}
    await bench.adopt((rule,))
    row = (*ROW, "15m")
    labels = ("queue_id", "queue", "media", "window")
    table = replace(a_batch({ROW: 9.0}).tables[0], columns={"queue_average_handle_seconds": [9.0]})
    rows = replace(table, rows=type(table.rows)(labels, (row,)))
    level = replace(a_batch({ROW: 9.0}), source="service_level", tables=(rows,))
    await bench.accept(level)
    await bench.poll(3, 3)
    await bench.accept(replace(level, tables=()))
    assert bench.kinds() == ["Waiting fired warning"]


async def test_a_narrowed_selector_ends_what_it_is_not_about_any_more() -> None:
    """The queue is there and not selected: that is no value of 0."""
    below = (Level(severity=Severity.WARNING, low=2.0, dwell=30.0),)
    bench = Bench([two_levels(levels=below)])
    await bench.poll(1)
    elsewhere = (Matcher(label="queue", globs=("Sales*",)),)
    await bench.adopt((two_levels(levels=below, matchers=elsewhere),))
    await bench.poll(*[50] * 6)
    assert bench.kinds() == []
    assert bench.alert().state is AlertState.INACTIVE


async def test_an_outage_keeps_its_fires_back_over_a_restart() -> None:
    """What the announced source mutes is not let go by a reload or a restart in the outage."""
    rule = two_levels(unknown={Verdict.ERROR: Policy(action=Action.ALERT, dwell=60.0)})
    bench = Bench([rule])
    await bench.poll(3)
    await bench.fail(12)
    await bench.adopt((rule,))
    await bench.manager.tick()
    again = await bench.restarted()
    await again.manager.tick()
    await again.fail(2)
    assert again.kinds() == ["SourceDown unknown critical"]


async def test_members_stay_quiet_over_a_restart() -> None:
    """Before the queues are read again, nobody knows which union speaks: nothing held back is told."""
    rule = two_levels(inhibit_members=True)
    bench = Bench([rule])
    queues = (Queue(id=SUPPORT, name="Support Voice"),)
    rollers = Rollers([VirtualQueue(name="desk")], lambda _org: queues)
    bench.manager.roll, bench.manager.unions = rollers.rolled, rollers.holding
    await bench.poll(9)
    again = await bench.restarted()
    await again.manager.tick()
    assert [one["entity"]["queue_id"] for one in again.heard()] == ["virtual:desk"]


async def test_a_flapping_union_does_not_silence_its_members() -> None:
    """A virtual queue that is kept back itself speaks for nobody."""
    rule = two_levels(inhibit_members=True, flapping=True)
    bench = Bench([rule])
    queues = (Queue(id=SUPPORT, name="Support Voice"), Queue(id=SALES, name="Sales"))
    rollers = Rollers([VirtualQueue(name="desk")], lambda _org: queues)
    bench.manager.roll, bench.manager.unions = rollers.rolled, rollers.holding
    for step in range(20):
        await bench.accept(a_batch({ROW: 9.0 if step % 2 else 0.0, (SALES, "Sales", "voice"): 0.0}))
    await bench.accept(a_batch({ROW: 0.0, (SALES, "Sales", "voice"): 30.0}))
    assert bench.alert("virtual:desk/voice").muted == "flapping"
    assert ("fired", SALES) in {(one["kind"], one["entity"]["queue_id"]) for one in bench.heard()}


async def test_turning_flap_detection_off_lets_the_alert_speak() -> None:
    """A flapping alert is told once its rule does not look for flapping any more."""
    bench = Bench([two_levels(flapping=True)])
    await bench.poll(*[9, 3] * 10)
    before = len(bench.kinds())
    await bench.adopt((two_levels(flapping=False),))
    await bench.poll(9)
    assert bench.kinds()[before:] == ["Waiting fired warning"]


async def test_a_removed_source_takes_back_what_it_said() -> None:
    """Neither its alerts nor its announcement outlive a source that is not asked any more."""
    bench = Bench([two_levels()])
    await bench.poll(9)
    await bench.fail(5)
    again = await bench.restarted()
    lone = Bench([two_levels()], again.store)
    lone.manager.paces = {("acme", "agents"): Pace(EVERY)}
    await lone.adopt((two_levels(),))
    await lone.manager.load()
    ends = {(one["rule"], one["kind"], one["reason"]) for one in lone.heard()[-2:]}
    assert ends == {("Waiting", "resolved", "source_removed"), ("SourceDown", "known", "source_removed")}


async def test_a_sleeping_rule_does_not_alert_on_errors() -> None:
    """Outside its hours nothing is breached, an outage included."""
    policy = {Verdict.ERROR: Policy(action=Action.ALERT)}
    bench = Bench([two_levels(unknown=policy, during=(daily("office", 10, 10.01),))])
    await bench.poll(*[3] * 7)  # the office closes at 10:01, a minute from the start
    await bench.fail(2)
    assert [one for one in bench.kinds() if one.startswith("Waiting")] == []


async def test_a_rule_about_something_else_takes_back_what_it_said() -> None:
    """The name stays and the metric has other labels: the old entity can never be judged again."""
    bench = Bench([two_levels()])
    await bench.poll(9)
    await bench.adopt((two_levels(metric="queue_agents_on_queue"),))
    assert [one["reason"] for one in bench.heard()] == ["threshold", "rule_changed"]


async def test_an_expiring_acknowledgement_does_not_undo_the_tick() -> None:
    """`on_stale: ok` resolves in the very tick in which an acknowledgement ends."""
    rule = two_levels(unknown={Verdict.STALE: Policy(action=Action.OK)})
    bench = Bench([rule])
    await bench.poll(9)
    until = EPOCH + timedelta(seconds=35)
    await bench.manager.acknowledge("acme", "Waiting", KEY, owner="ann", until=until)
    await asyncio.sleep(40)
    await bench.manager.tick()
    assert "Waiting resolved warning" in bench.kinds()
    assert bench.alert().acknowledged is None


async def test_what_an_unknown_fired_ends_with_the_first_good_value() -> None:
    """No value was beyond the enter edge, so none has to come back to the clear edge."""
    bench = Bench([two_levels(unknown={Verdict.NO_DATA: Policy(action=Action.ALERT)})])
    await bench.poll(6, None, 6)
    assert bench.kinds() == ["Waiting fired warning", "Waiting resolved warning"]


async def test_a_resolve_is_about_the_level_that_fired() -> None:
    """Critical ends while the warning only begins: the end says critical, cleared, and its clear edge."""
    mild, grave = two_levels().levels
    bench = Bench([two_levels(levels=(replace(mild, dwell=60.0), grave))])
    await bench.poll(25, 10)
    end = bench.heard()[-1]
    assert (end["kind"], end["severity"], end["reason"]) == ("resolved", "critical", "cleared")
    assert (end["operator"], end["threshold"]) == ("<=", 15.0)


async def test_taking_what_nobody_heard_of_tells_nobody() -> None:
    """A silenced fire may be acknowledged; those of the episode before hear nothing of it."""
    bench = Bench([two_levels()])
    await bench.poll(9, 3)
    everything = (Matcher(label="rule", globs=("*",)),)
    later = EPOCH + timedelta(days=1)
    await bench.manager.silence(
        Silence(id="s", matchers=everything, starts_at=EPOCH, ends_at=later, owner="ann", comment="")
    )
    await bench.poll(9)
    assert await bench.manager.acknowledge("acme", "Waiting", KEY, owner="ann")
    assert bench.kinds() == ["Waiting fired warning", "Waiting resolved warning"]


async def test_a_flapping_queue_that_goes_is_steady_and_over() -> None:
    """A removed queue leaves no flap window that is judged for ever."""
    bench = Bench([two_levels(flapping=True)])
    await bench.poll(*[9, 3] * 10)
    gone = replace(a_batch({}), source="directory", tables=(), queues=frozenset({SALES}))
    await bench.manager.accept(gone)
    assert bench.alert().history == (0, 0, False)
    assert "Waiting steady warning" in bench.kinds()


async def test_other_sources_failures_are_not_ours() -> None:
    """A rule waits for its own source; another that fails neither holds nor mutes it."""
    bench = Bench([two_levels()])
    for _ in range(6):
        await bench.manager.accept(
            SourceFailure(org="acme", source="agents", failed_at=EPOCH, reason="auth", message="refused")
        )
        await bench.poll(9)
    assert "Waiting fired warning" in bench.kinds()


async def test_a_long_poll_is_not_a_silent_source() -> None:
    """A job that may take twenty minutes is given them before its source is called silent."""
    bench = Bench([two_levels()])
    bench.manager.paces = {("acme", "queues"): Pace(EVERY, 1200.0)}
    await bench.poll(3)
    for _ in range(200):
        await bench.manager.tick()
        await asyncio.sleep(5)
    assert bench.kinds() == []
    for _ in range(60):
        await bench.manager.tick()
        await asyncio.sleep(5)
    assert bench.kinds() == ["SourceDown unknown critical"]


async def test_many_rules_let_others_have_their_turn() -> None:
    """Between two rules the loop goes round: a scrape does not wait for two hundred of them."""
    bench = Bench([two_levels(name=f"Rule{number}") for number in range(20)])
    rounds = 0

    async def others() -> None:
        nonlocal rounds
        while True:
            await asyncio.sleep(0)
            rounds += 1

    async with asyncio.TaskGroup() as group:
        busy = group.create_task(others())
        await bench.manager.accept(a_batch({ROW: 3.0}))
        busy.cancel()
    assert rounds >= 15
