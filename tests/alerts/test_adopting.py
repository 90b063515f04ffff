"""Other rules from now on: all of them or none, and others have their turn meanwhile."""

from __future__ import annotations

import asyncio

import pytest

from monitor.kit.tasks import stop
from monitor.model.alert import Alert, AlertState, Entity
from monitor.model.rule import Action, Policy, Severity, Verdict
from tests.alerts.bench import Bench, two_levels
from tests.builders import a_batch


class Ticking:
    """Counts how often others have their turn."""

    def __init__(self) -> None:
        self.turns = 0

    async def run(self) -> None:
        """Count for ever."""
        while True:
            self.turns += 1
            await asyncio.sleep(0)


async def turns(bench: Bench, *names: str) -> int:
    """Return how often others had their turn while rules of these names were adopted."""
    ticking = Ticking()
    async with asyncio.TaskGroup() as group:
        task = group.create_task(ticking.run())
        await bench.adopt(tuple(two_levels(name=name) for name in names))
        await stop([task])
    return ticking.turns


@pytest.mark.looptime
async def test_rules_that_cannot_be_judged_change_nothing() -> None:
    """What was judged is judged on, by the rules there were."""
    bench = Bench([two_levels()])
    before = bench.manager.route
    with pytest.raises(KeyError):
        await bench.adopt((two_levels(name="New"), two_levels(metric="no_such_metric")))
    assert bench.manager.route == before
    assert [rule.name for rule in bench.manager.rules] == ["Waiting"]
    await bench.poll(9.0)
    assert [alert.state for alert in bench.manager.alerts()] == [AlertState.FIRING]


@pytest.mark.looptime
async def test_a_rule_that_stays_as_it_is_remembers_what_it_is_about() -> None:
    """A source that fails right after a reload is an unknown for every queue it was asked about."""
    policy = Policy(action=Action.ALERT)
    bench = Bench([two_levels(unknown={Verdict.ERROR: policy})])
    await bench.poll(1.0)
    await bench.adopt((*bench.manager.rules, two_levels(name="Other")))
    await bench.fail()
    assert [alert.state for alert in bench.manager.alerts() if alert.rule == "Waiting"] == [AlertState.FIRING]


async def test_a_reload_of_many_rules_lets_others_have_their_turn() -> None:
    """Each twenty judges."""
    few = await turns(Bench([]), "A", "B")
    many = await turns(Bench([]), *(f"Rule{number}" for number in range(400)))
    assert many >= few + 19


async def test_ending_many_alerts_lets_others_have_their_turn() -> None:
    """Those of a rule that is gone are ended in the turn of a reload, and may be thousands."""
    bench = Bench([two_levels()])
    alerts = [
        Alert(
            org="acme",
            rule="Waiting",
            severity=Severity.WARNING,
            entity=Entity(key=f"q{number}/voice", labels={"queue_id": f"q{number}"}),
        )
        for number in range(2_000)
    ]
    few = await turns(bench, "Other")
    await bench.store.commit(alerts, ())
    await bench.manager.load()
    assert await turns(bench, "Other") >= few + 19


@pytest.mark.looptime
async def test_a_batch_that_comes_while_rules_are_adopted_is_judged_by_one_or_the_other() -> None:
    """And the next one by the new."""
    bench = Bench([two_levels()])
    many = tuple(two_levels(name=f"Rule{number}") for number in range(100))
    async with asyncio.TaskGroup() as group:
        group.create_task(bench.adopt(many))
        group.create_task(bench.manager.accept(a_batch({("q", "Support", "voice"): 9.0})))
    await bench.manager.accept(a_batch({("q", "Support", "voice"): 9.0}))
    assert {alert.rule for alert in bench.manager.alerts()} == {rule.name for rule in many}
