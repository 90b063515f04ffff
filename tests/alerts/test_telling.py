"""Who is told, who later, who again: routes, reminders, steps, and clocks that outlive a restart."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from monitor.model.alert import DESTINATION_GONE, OURSELVES
from monitor.model.route import Grouping, Route, Step, Terms
from monitor.model.rule import Severity
from monitor.outbox.routing import Router
from tests.alerts.bench import EVERY, KEY, Bench, daily, two_levels
from tests.builders import EPOCH
from tests.outbox.making import MovableClock

pytestmark = pytest.mark.looptime

MINUTE = 60.0


def a_route(**changes) -> Route:
    """Return a route to the hook."""
    return Route(**{"name": "1", "destinations": ("hook",), **changes})


def a_bench(*routes: Route) -> Bench:
    """Return a bench whose alerts go by these routes."""
    return Bench((two_levels(),), router=Router(routes, ("hook", "lamp")))


async def pass_time(bench: Bench, seconds: float, value: float = 12) -> None:
    """Let time pass as the daemon does: a poll every ten seconds, a look twice as often."""
    for _ in range(int(seconds / EVERY)):
        await bench.poll(value)
        await bench.manager.tick()


async def test_a_fire_is_told_again_after_each_repeat() -> None:
    """Three times in three hours and a bit, as `reminded`, each with the next sequence and its own id."""
    bench = a_bench(a_route(repeat=60 * MINUTE))
    await pass_time(bench, 185 * MINUTE)
    heard = bench.heard()
    assert [(one["kind"], one["reason"]) for one in heard[1:]] == [("reminded", "repeated")] * 3
    assert [one["sequence"] for one in heard] == [1, 2, 3, 4]
    assert bench.heard("lamp") == []


async def test_without_a_repeat_nobody_is_told_again() -> None:
    """Once, however long it lasts."""
    bench = a_bench(a_route())
    await pass_time(bench, 300 * MINUTE)
    assert bench.kinds() == ["Waiting fired warning"]


async def test_the_repeat_clock_outlives_a_restart() -> None:
    """Fifty minutes, an hour's downtime: due, so told once; and then an hour later, not at once again."""
    bench = a_bench(a_route(repeat=90 * MINUTE))
    await pass_time(bench, 50 * MINUTE)
    again = await bench.restarted()
    await pass_time(again, 5 * MINUTE)
    assert again.kinds() == ["Waiting fired warning", "Waiting reminded warning"]
    later = await again.restarted()
    await pass_time(later, 20 * MINUTE)
    assert later.kinds() == ["Waiting fired warning", "Waiting reminded warning"]
    await pass_time(later, 10 * MINUTE)
    assert later.kinds()[2:] == ["Waiting reminded warning"]


async def test_a_change_of_level_starts_the_repeat_clock_anew() -> None:
    """Whoever heard of the worse level has just been told."""
    bench = a_bench(a_route(repeat=60 * MINUTE))
    await pass_time(bench, 50 * MINUTE)
    await pass_time(bench, 50 * MINUTE, 25)
    assert bench.kinds()[1:] == ["Waiting level_changed critical"]
    await pass_time(bench, 15 * MINUTE, 25)
    assert bench.kinds()[2:] == ["Waiting reminded critical"]


async def test_nobody_is_reminded_of_what_somebody_has() -> None:
    """An acknowledgement stops reminders and steps; when it ends they go on."""
    bench = a_bench(a_route(repeat=60 * MINUTE, steps=(Step(after=15 * MINUTE, destinations=("lamp",)),)))
    await pass_time(bench, 10 * MINUTE)
    until = EPOCH + timedelta(hours=4)
    await bench.manager.acknowledge("acme", "Waiting", KEY, owner="ann", until=until)
    await pass_time(bench, 220 * MINUTE)
    assert bench.kinds() == ["Waiting fired warning", "Waiting acknowledged warning"]
    assert bench.heard("lamp") == []
    await pass_time(bench, 15 * MINUTE)
    assert bench.kinds()[2:] == ["Waiting reminded warning"]
    assert bench.kinds("lamp") == ["Waiting reminded warning"]


async def test_a_step_is_told_once_its_time_is_over() -> None:
    """After a quarter of an hour somebody else hears of it, once; and hears the end as well."""
    bench = a_bench(a_route(steps=(Step(after=15 * MINUTE, destinations=("lamp",)),)))
    await pass_time(bench, 14 * MINUTE)
    assert bench.heard("lamp") == []
    await pass_time(bench, 30 * MINUTE)
    await bench.poll(3)
    assert bench.kinds("lamp") == ["Waiting reminded warning", "Waiting resolved warning"]
    assert bench.heard("lamp")[0]["reason"] == "escalated"
    assert bench.kinds("hook") == ["Waiting fired warning", "Waiting resolved warning"]


async def test_a_step_counts_from_the_first_telling_also_over_a_restart() -> None:
    """Ten minutes, an hour's downtime: the step is due as soon as the source has answered."""
    bench = a_bench(a_route(steps=(Step(after=15 * MINUTE, destinations=("lamp",)),)))
    await pass_time(bench, 10 * MINUTE)
    again = await bench.restarted()
    await again.manager.tick()
    assert again.heard("lamp") == []
    await pass_time(again, 1 * MINUTE)
    assert again.kinds("lamp") == ["Waiting reminded warning"]


async def test_an_alert_that_ends_in_time_reaches_no_step() -> None:
    """Neither its fire nor its end."""
    bench = a_bench(a_route(steps=(Step(after=15 * MINUTE, destinations=("lamp",)),)))
    await pass_time(bench, 10 * MINUTE)
    await pass_time(bench, 30 * MINUTE, 3)
    assert bench.heard("lamp") == []


async def test_a_fire_that_no_route_takes_waits_for_one_that_does() -> None:
    """Hours open at eleven (in Paris it is ten): the fire is told then, late and once."""
    bench = a_bench(a_route(during=(daily("late", 11, 18),)))
    await pass_time(bench, 55 * MINUTE)
    assert bench.heard() == []
    assert bench.alert().muted == "unrouted"
    await pass_time(bench, 10 * MINUTE)
    assert bench.kinds() == ["Waiting fired warning"]


async def test_what_ends_before_a_route_takes_it_is_never_told() -> None:
    """Nobody heard of it, so nobody hears that it is over."""
    bench = a_bench(a_route(during=(daily("late", 11, 18),)))
    await pass_time(bench, 30 * MINUTE)
    await pass_time(bench, 60 * MINUTE, 3)
    assert bench.heard() == []


async def test_who_comes_on_duty_hears_of_what_still_fires() -> None:
    """A route that opens later is a step of its own: told what was told to others before."""
    bench = a_bench(
        a_route(during=(daily("late", 11, 18),), destinations=("lamp",), goes_on=True), a_route(name="2")
    )
    await pass_time(bench, 65 * MINUTE)
    assert bench.kinds() == ["Waiting fired warning"]
    assert bench.kinds("lamp") == ["Waiting reminded warning"]


async def test_a_worse_level_reaches_those_who_only_take_the_worse() -> None:
    """The pager hears of the critical level, and then of everything up to the end."""
    bench = a_bench(
        a_route(minimum=Severity.CRITICAL, destinations=("lamp",), goes_on=True), a_route(name="2")
    )
    await bench.poll(12, 25, 12, 3)
    assert bench.kinds() == [f"Waiting {kind}" for kind in (
        "fired warning", "level_changed critical", "level_changed warning", "resolved warning"
    )]  # fmt: skip
    assert bench.kinds("lamp") == bench.kinds()[1:]


async def test_the_end_goes_through_the_group_heard_of_last() -> None:
    """A resolve must not overtake a fire that still waits for company, whatever the routes say by then."""
    grouping = Grouping(by=("severity",), wait=30.0, interval=300.0)
    bench = a_bench(a_route(grouping=grouping))
    await bench.poll(12)
    group = bench.alert().heard["hook"].group
    assert group is not None
    assert group.labels == {"severity": "warning"}
    await bench.manager.adopt(
        bench.manager.rules, (), lambda _labels, _severity, _now: {"hook": Terms()}, bench.manager.paces
    )
    await bench.poll(3)
    assert bench.alert().told is None
    assert bench.heard() == []


async def test_an_alert_may_leave_its_group_and_then_is_told_alone_to_its_end() -> None:
    """The critical route asks for no group: a worse level and all that follows wait for nobody.

    A better level does not go into the group again: its end would be the group's alone.
    """
    grouping = Grouping(by=("org",), wait=30.0, interval=300.0)
    bench = a_bench(
        a_route(minimum=Severity.CRITICAL, repeat=15 * MINUTE), a_route(name="2", grouping=grouping)
    )
    await bench.poll(12)
    assert bench.heard() == []
    await bench.poll(25)
    assert bench.kinds() == ["Waiting level_changed critical"]
    await pass_time(bench, 16 * MINUTE, 25)
    assert bench.kinds()[1:] == ["Waiting reminded critical"]
    await bench.poll(12, 3)
    assert bench.kinds()[2:] == ["Waiting level_changed warning", "Waiting resolved warning"]


async def test_an_alert_stays_in_its_group_when_its_route_names_another() -> None:
    """Grouped by severity: another level is told where the first was, and so is the end."""
    bench = a_bench(a_route(grouping=Grouping(by=("severity",), wait=30.0, interval=300.0)))
    await bench.poll(12)
    first = bench.alert().heard["hook"].group
    await bench.poll(25)
    assert bench.alert().heard["hook"].group == first
    await bench.poll(3, 25)
    assert bench.alert().heard["hook"].group != first


async def test_a_destination_that_was_away_hears_anew_of_what_still_fires() -> None:
    """Taken out of the configuration and put back: what waited for it is gone, so nothing counts as heard."""
    bench = a_bench(a_route(destinations=("hook", "lamp")))
    await bench.poll(12)
    away = Bench(bench.rules, bench.store, clock=bench.clock, destinations=("hook",))
    await away.manager.load()
    await away.poll(12)
    back = Bench(
        bench.rules, bench.store, clock=bench.clock, router=bench.router, destinations=("hook", "lamp")
    )
    await back.manager.load()
    await pass_time(back, 20)
    assert back.kinds("hook") == ["Waiting fired warning"]
    assert back.kinds("lamp") == ["Waiting fired warning", "Waiting reminded warning"]


async def test_another_level_runs_no_steps_of_what_somebody_has() -> None:
    """Neither better nor worse; but whom the routes give the worse level at once hears of it."""
    step = (Step(after=15 * MINUTE, destinations=("lamp",)),)
    bench = a_bench(a_route(steps=step))
    await bench.poll(25)
    await bench.manager.acknowledge("acme", "Waiting", KEY, owner="ann")
    await pass_time(bench, 20 * MINUTE, 25)
    await bench.poll(12, 25)
    assert bench.kinds()[2:] == ["Waiting level_changed warning", "Waiting level_changed critical"]
    assert bench.kinds("lamp") == []
    paged = a_bench(
        a_route(minimum=Severity.CRITICAL, destinations=("lamp",), goes_on=True), a_route(name="2")
    )
    await paged.poll(12)
    await paged.manager.acknowledge("acme", "Waiting", KEY, owner="ann")
    await paged.poll(25)
    assert paged.kinds("lamp") == ["Waiting level_changed critical"]


async def test_what_gets_better_reaches_nobody_new_while_somebody_has_it() -> None:
    """A route that takes warnings alone is not told of one that was critical and is taken."""
    bench = a_bench(a_route(minimum=Severity.CRITICAL), a_route(name="2", destinations=("hook", "lamp")))
    await bench.poll(25)
    await bench.manager.acknowledge("acme", "Waiting", KEY, owner="ann")
    await bench.poll(12)
    assert bench.kinds()[-1] == "Waiting level_changed warning"
    assert bench.kinds("lamp") == []


async def test_a_clock_that_is_set_back_puts_nothing_off() -> None:
    """A month back: reminders and steps count from there, and not from a month ahead."""
    clock = MovableClock()
    clock.shift = timedelta(days=30)
    step = (Step(after=15 * MINUTE, destinations=("lamp",)),)
    router = Router((a_route(repeat=60 * MINUTE, steps=step),), ("hook", "lamp"))
    bench = Bench((two_levels(),), router=router, clock=clock)
    await bench.poll(12)
    clock.shift = timedelta()
    await pass_time(bench, 30 * MINUTE)
    assert bench.kinds("lamp") == ["Waiting reminded warning"]
    await pass_time(bench, 35 * MINUTE)
    assert bench.kinds() == ["Waiting fired warning", "Waiting reminded warning"]


async def test_a_clock_that_is_set_back_puts_off_nothing_that_no_batch_tells_of() -> None:
    """Looks alone make the dates good: what they found to be from the future is from then on."""
    clock = MovableClock()
    clock.shift = timedelta(days=30)
    router = Router((a_route(destinations=("hook", "lamp"), repeat=60 * MINUTE),), ("hook", "lamp"))
    bench = Bench((), router=router, clock=clock)
    bench.manager.destinations = ("hook", "lamp")
    await bench.manager.destination("lamp", gone=True)
    clock.shift = timedelta()
    for _ in range(62):
        await bench.manager.tick()
        await asyncio.sleep(MINUTE)
    assert f"{DESTINATION_GONE} reminded critical" in bench.kinds()


async def test_a_gone_destination_is_told_to_the_others() -> None:
    """Not to itself; and that it takes its envelopes again is told as well."""
    bench = a_bench(a_route(destinations=("hook", "lamp")))
    await bench.manager.destination("lamp", gone=False)
    await bench.manager.destination("lamp", gone=True)
    await bench.manager.destination("lamp", gone=True)
    await bench.manager.destination("lamp", gone=False)
    assert bench.kinds("hook") == [f"{DESTINATION_GONE} {kind} critical" for kind in ("fired", "resolved")]
    assert bench.heard("lamp") == []
    assert {one["org"] for one in bench.heard("hook")} == {OURSELVES}
    assert bench.heard("hook")[0]["entity"] == {"destination": "lamp", "key": "lamp"}


async def test_a_gone_destination_is_told_to_those_who_would_hear_later() -> None:
    """Where it is the only one that hears at once, the first step hears at once instead."""
    bench = a_bench(a_route(steps=(Step(after=15 * MINUTE, destinations=("lamp",)),)))
    await bench.manager.destination("hook", gone=True)
    assert bench.kinds("lamp") == [f"{DESTINATION_GONE} fired critical"]


async def test_a_gone_destination_is_called_by_its_name_and_says_what_to_do() -> None:
    """The text is a sentence; the end carries none, for it would not be true any more."""
    bench = a_bench(a_route(destinations=("hook", "lamp")))
    await bench.manager.destination("lamp", gone=True)
    await bench.manager.destination("lamp", gone=False)
    fired, over = bench.heard()
    assert fired["annotations"]["summary"].startswith("lamp answers that it is gone for good")
    assert "outbox retry --destination lamp" in fired["annotations"]["summary"]
    assert (over["annotations"], over["reason"]) == ({}, "answered")


async def test_everything_is_sound_while_every_source_is_judged_or_declared_unknown() -> None:
    """A look declares silence; without looks nothing is declared, and nothing is sound."""
    bench = a_bench(a_route())
    assert not bench.manager.sound()
    await bench.poll(3)
    assert bench.manager.sound()
    await asyncio.sleep(70)
    assert not bench.manager.sound()
    await bench.manager.tick()
    assert bench.manager.sound()
