"""What users of other tools ask for again and again, one test each; the numbers are those of the ranking.

The clock stands at 09:00 UTC on a Saturday when a test starts: 10:00 in Paris.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from monitor.model.inhibition import Inhibition
from monitor.model.rule import Action, Level, Matcher, Override, Policy, Rule, Severity, Verdict
from monitor.model.silence import Silence
from tests.alerts.bench import KEY, ROW, Bench, daily, two_levels
from tests.builders import EPOCH, SALES, a_batch

pytestmark = pytest.mark.looptime


async def test_complaint_1_flapping_and_a_clear_level_of_its_own() -> None:
    """A swing between the two levels fires once; one beyond both is called flapping."""
    swinging = Bench([two_levels(flapping=True)])
    await swinging.poll(*[9, 6] * 10)
    assert swinging.kinds() == ["Waiting fired warning"]
    wild = Bench([two_levels(flapping=True)])
    await wild.poll(*[9, 3] * 20)
    assert wild.kinds().count("Waiting flapping warning") == 1
    assert wild.kinds().count("Waiting fired warning") < 8


async def test_complaint_2_missing_data_neither_fires_nor_clears() -> None:
    """Unknown holds by default, or does what the rule says, after a dwell of its own."""
    holding = Bench([two_levels()])
    await holding.poll(None, None, 9, None, None, None)
    await holding.fail(2)
    assert holding.kinds() == ["Waiting fired warning"]
    told = Bench([two_levels(unknown={Verdict.NO_DATA: Policy(action=Action.ALERT, dwell=20.0)})])
    await told.poll(None, None)
    assert told.kinds() == []
    await told.poll(None)
    assert [one["reason"] for one in told.heard()] == ["no_data"]


async def test_complaint_3_state_is_not_lost_on_restart() -> None:
    """Pending keeps its time, firing stays told, the hold goes on; the time down counts for nothing."""
    mild, _ = two_levels().levels
    bench = Bench([two_levels(levels=(replace(mild, dwell=20.0),), keep_firing_for=20.0)])
    await bench.poll(9, 9)
    bench = await bench.restarted()
    await bench.poll(9, 9)
    assert bench.kinds() == ["Waiting fired warning"]
    await bench.poll(3, 3)
    bench = await bench.restarted()
    await bench.poll(3)
    assert bench.kinds() == ["Waiting fired warning"]
    await bench.poll(3)
    assert bench.kinds() == ["Waiting fired warning", "Waiting resolved warning"]


async def test_complaint_4_nothing_is_repeated_that_nobody_asked_for() -> None:
    """A long breach over restarts and replays is one fire, and every event has an id of its own."""
    bench = Bench([two_levels()])
    await bench.poll(*[9] * 20)
    bench = await bench.restarted()
    await bench.poll(*[9] * 20)
    await bench.manager.accept(a_batch({ROW: 9.0}))
    assert bench.kinds() == ["Waiting fired warning"]
    await bench.poll(3, 9)
    numbers = [(one["episode"], one["sequence"]) for one in bench.heard()]
    assert numbers == [(1, 1), (1, 2), (2, 3)]


async def test_complaint_6_somebody_has_it() -> None:
    """It has owner, note and end, is told, survives a restart, and is gone with the episode."""
    bench = Bench([two_levels()])
    await bench.poll(9)
    until = EPOCH + timedelta(hours=8)
    assert await bench.manager.acknowledge(
        "acme", "Waiting", KEY, owner="ann", note="calling the lead", until=until
    )
    bench = await bench.restarted()
    held = bench.alert().acknowledged
    assert held is not None
    assert (held.owner, held.note, held.until) == ("ann", "calling the lead", until)
    await bench.poll(9, 3)
    assert bench.alert().acknowledged is None
    assert bench.kinds()[-1] == "Waiting resolved warning"


async def test_complaint_7_business_hours() -> None:
    """Outside its hours a rule fires nothing, and what fires when they end resolves as closed."""
    bench = Bench([two_levels(during=(daily("office", 10, 10.01),))])
    await bench.poll(9)
    assert bench.kinds() == ["Waiting fired warning"]
    await bench.poll(*[9] * 6)
    assert [one["reason"] for one in bench.heard()] == ["threshold", "closed"]
    night = Bench([two_levels(not_during=(daily("night", 0, 24),))])
    await night.poll(*[25] * 5)
    assert night.kinds() == []


async def test_complaint_8_windows_are_local_and_right_over_dst() -> None:
    """08:00 to 18:00 in Paris is that on both sides of the change, and there is no other zone to think of."""
    office = daily("office", 8, 18)
    for day, first in ((datetime(2026, 3, 28, tzinfo=UTC), 7), (datetime(2026, 3, 29, tzinfo=UTC), 6)):
        assert [hour for hour in range(24) if office.is_open(day.replace(hour=hour))] == list(
            range(first, first + 10)
        )
    assert "18:00" in office.why(datetime(2026, 3, 29, 12, tzinfo=UTC))


async def test_complaint_11_a_silenced_alert_still_resolves_downstream() -> None:
    """Who got the fire gets the end: silenced, muted by another alert, or with a route that changed since."""
    bench = Bench([two_levels()])
    await bench.poll(9)
    everything = (Matcher(label="rule", globs=("*",)),)
    later = EPOCH + timedelta(days=1)
    await bench.manager.silence(
        Silence(id="s", matchers=everything, starts_at=EPOCH, ends_at=later, owner="ann", comment="")
    )
    bench.audience = ("lamp",)
    await bench.poll(3)
    assert bench.kinds("hook") == ["Waiting fired warning", "Waiting resolved warning"]
    assert bench.kinds("lamp") == []


async def test_complaint_12_one_cause_is_one_notification() -> None:
    """A source that fails is announced once however many queues it has; a cause mutes its consequences."""
    down = Bench([two_levels(unknown={Verdict.ERROR: Policy(action=Action.ALERT, dwell=60.0)})])
    await down.accept(a_batch({(str(n), f"Queue {n}", "voice"): 0.0 for n in range(50)}))
    await down.fail(20)
    assert down.kinds() == ["SourceDown unknown critical"]
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
    )
    bench = Bench([two_levels(), cause], inhibitions=(inhibition,))
    batch = a_batch({ROW: 9.0, (SALES, "Sales", "voice"): 9.0})
    table = replace(batch.tables[0], columns={**batch.tables[0].columns, "queue_alerting": [1.0, 0.0]})
    await bench.accept(replace(batch, tables=(table,)))
    assert bench.kinds() == ["Cause fired critical"]


async def test_complaint_19_severity_steps_are_told() -> None:
    """From warning to critical is an event of its own; of several exceptions the narrowest holds."""
    bench = Bench([two_levels()])
    await bench.poll(9, 25)
    assert bench.kinds() == ["Waiting fired warning", "Waiting level_changed critical"]
    peak = Override(
        during=daily("peak", 9, 11), levels=(Level(severity=Severity.WARNING, high=30.0, clear_high=20.0),)
    )
    whole = Override(
        during=daily("day", 0, 24), levels=(Level(severity=Severity.WARNING, high=1.0, clear_high=1.0),)
    )
    busy = Bench([two_levels(overrides=(whole, peak))])
    await busy.poll(25)
    assert busy.kinds() == []
    await busy.poll(31)
    assert [one["threshold"] for one in busy.heard()] == [30.0]
