"""State × verdict × time: one row per cell, and what may never happen whatever the history."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.alerts.machine import step
from monitor.model.alert import Alert, AlertState, Entity, Evidence, Strand
from monitor.model.rule import Level, Rule, Severity, Verdict
from monitor.model.sample import SampleBatch
from tests.alerts.bench import ROW, Bench, two_levels
from tests.builders import EPOCH, SALES, a_batch
from tests.outbox.making import virtual

DWELL, KEEP, ELAPSED = 30.0, 30.0, 10.0
RULE = Rule(
    name="R",
    metric="queue_waiting",
    levels=(Level(severity=Severity.CRITICAL, high=8.0, dwell=DWELL),),
    keep_firing_for=KEEP,
)
INACTIVE = Strand()
YOUNG = Strand(state=AlertState.PENDING, held=10.0)
RIPE = Strand(state=AlertState.PENDING, held=20.0)
FIRING = Strand(state=AlertState.FIRING)
CLEARING = Strand(state=AlertState.FIRING, held=10.0, clearing=True)
CLEARED = Strand(state=AlertState.FIRING, held=20.0, clearing=True)
B, C, Q = Verdict.BREACHED, Verdict.CLEAR, Verdict.IDLE
N, E, S = Verdict.NO_DATA, Verdict.ERROR, Verdict.STALE

CELLS = [
    # Nothing is wrong yet.
    (INACTIVE, B, "pending", 0.0),  # the dwell begins; the time before it does not count
    (INACTIVE, C, "inactive", 0.0),  # as it was
    (INACTIVE, Q, "inactive", 0.0),  # nobody called: nothing to be wrong
    (INACTIVE, N, "inactive", 0.0),  # unknown starts nothing
    (INACTIVE, E, "inactive", 0.0),
    (INACTIVE, S, "inactive", 0.0),
    # It is wrong, for less than the dwell.
    (YOUNG, B, "pending", 20.0),  # ten known seconds more, not yet thirty
    (YOUNG, C, "inactive", 0.0),  # a dip, nobody was told
    (YOUNG, Q, "inactive", 0.0),  # the callers are gone
    (YOUNG, N, "pending", 10.0),  # the clock stands still
    (YOUNG, E, "pending", 10.0),
    (YOUNG, S, "pending", 10.0),
    # It has been wrong for nearly the dwell.
    (RIPE, B, "firing", 0.0),  # thirty seconds are full
    (RIPE, C, "inactive", 0.0),  # just in time
    (RIPE, Q, "inactive", 0.0),
    (RIPE, N, "pending", 20.0),  # unknown fires nothing
    (RIPE, E, "pending", 20.0),
    (RIPE, S, "pending", 20.0),
    # It fires.
    (FIRING, B, "firing", 0.0),  # still wrong
    (FIRING, C, "firing", 0.0),  # the hold begins
    (FIRING, Q, "firing", 0.0),  # the hold begins, for idle as for clear
    (FIRING, N, "firing", 0.0),  # unknown clears nothing
    (FIRING, E, "firing", 0.0),
    (FIRING, S, "firing", 0.0),
    # It is good again, for less than the hold.
    (CLEARING, B, "firing", 0.0),  # the hold starts over
    (CLEARING, C, "firing", 20.0),  # ten known seconds more
    (CLEARING, Q, "firing", 20.0),
    (CLEARING, N, "firing", 10.0),  # the clock stands still
    (CLEARING, E, "firing", 10.0),
    (CLEARING, S, "firing", 10.0),
    # It has been good for nearly the hold.
    (CLEARED, B, "firing", 0.0),
    (CLEARED, C, "inactive", 0.0),  # thirty seconds are full: it is over
    (CLEARED, Q, "inactive", 0.0),
    (CLEARED, N, "firing", 20.0),  # unknown ends nothing
    (CLEARED, E, "firing", 20.0),
    (CLEARED, S, "firing", 20.0),
]


def an_alert(strand: Strand, *, known: bool = True) -> Alert:
    """Return an alert with one strand."""
    return Alert(
        org="acme",
        rule="R",
        severity=Severity.CRITICAL,
        entity=Entity(key="q", labels={}),
        state=strand.state,
        known=known,
        strands={Severity.CRITICAL: strand},
    )


@pytest.mark.parametrize(("strand", "verdict", "state", "held"), CELLS)
def test_every_cell_of_the_table(strand: Strand, verdict: Verdict, state: str, held: float) -> None:
    """Ten known seconds after the last verdict, each state meets each verdict."""
    after = step(
        an_alert(strand), RULE, {Severity.CRITICAL: verdict}, Evidence(value=1.0), elapsed=ELAPSED, now=EPOCH
    )
    assert (after.state.value, after.strand(Severity.CRITICAL).held) == (state, held)


@pytest.mark.parametrize(("strand", "verdict", "state", "held"), CELLS)
def test_time_that_is_not_known_never_counts(
    strand: Strand, verdict: Verdict, state: str, held: float
) -> None:
    """After an unknown stretch or a restart, a verdict finds every clock where it stood."""
    del state, held
    after = step(
        an_alert(strand, known=False),
        RULE,
        {Severity.CRITICAL: verdict},
        Evidence(value=1.0),
        elapsed=3600.0,
        now=EPOCH,
    )
    grown = after.strand(Severity.CRITICAL).held - strand.held
    assert grown <= 0.0
    assert after.state is not AlertState.FIRING or strand.state is AlertState.FIRING


# What no history may bring about. A history is a list of polls of two queues, failures and restarts.

VALUES = st.none() | st.sampled_from([0.0, 6.0, 9.0, 17.0, 25.0])
POLLS = st.tuples(VALUES, VALUES)
HISTORY = st.lists(st.one_of(POLLS, st.just("fail"), st.just("restart")), max_size=25)
OTHER = (SALES, "Sales", "voice")
KINDS = {"fired", "level_changed", "resolved"}

Poll = tuple[float | None, float | None] | str


def rule(dwell: float) -> Rule:
    """Return two levels with a dwell, and a hold of ten seconds if there is one."""
    mild, grave = two_levels().levels
    levels = (replace(mild, dwell=dwell), replace(grave, dwell=dwell))
    return two_levels(levels=levels, keep_firing_for=min(dwell, 10.0))


def of(values: tuple[float | None, float | None], *, turned: bool = False) -> SampleBatch:
    """Return a batch of both queues, in either order."""
    pairs = [(ROW, values[0]), (OTHER, values[1])]
    return a_batch(dict(reversed(pairs) if turned else pairs))


async def lived(
    history: Sequence[Poll], *, twice: bool = False, turned: bool = False, dwell: float = 20.0
) -> Bench:
    """Live a history through; with `twice` every batch is replayed at once."""
    bench = Bench([rule(dwell)])
    for event in history:
        if event == "fail":
            await bench.fail()
        elif event == "restart":
            again = Bench(bench.rules, bench.store)
            await again.manager.load()
            bench = again
        elif not isinstance(event, str):
            if twice:
                await bench.manager.accept(of(event, turned=turned))
            await bench.accept(of(event, turned=turned))
    return bench


def said(bench: Bench) -> list[tuple[str, str, str, int]]:
    """Return what was published of the queues, in order: kind, severity, queue, episode."""
    return [
        (one["kind"], one["severity"], one["entity"]["queue"], one["episode"])
        for one in bench.heard()
        if one["kind"] in KINDS
    ]


@settings(deadline=None, max_examples=60)
@given(HISTORY)
def test_every_resolve_follows_a_fire(history: list[Poll]) -> None:
    """Per queue: fired, any number of level changes, resolved, and over again."""
    events = said(virtual(lived(history)))
    for queue in ("Support Voice", "Sales"):
        firing = False
        for kind, *_ in [event for event in events if event[2] == queue]:
            assert firing is (kind != "fired")
            firing = kind != "resolved"


@settings(deadline=None, max_examples=60)
@given(HISTORY)
def test_replaying_a_batch_changes_nothing(history: list[Poll]) -> None:
    """Every batch twice at the same moment says what every batch once says."""
    assert said(virtual(lived(history, twice=True))) == said(virtual(lived(history)))


@settings(deadline=None, max_examples=60)
@given(HISTORY)
def test_the_order_of_queues_changes_nothing(history: list[Poll]) -> None:
    """Rows in the other order give the same events."""
    assert sorted(said(virtual(lived(history, turned=True)))) == sorted(said(virtual(lived(history))))


@settings(deadline=None, max_examples=60)
@given(HISTORY)
def test_unknown_never_clears(history: list[Poll]) -> None:
    """With everything good taken for unknown, nothing ever resolves."""
    blind: list[Poll] = [
        tuple(value if value is not None and value > 8 else None for value in event)  # type: ignore[misc]
        if not isinstance(event, str)
        else event
        for event in history
    ]
    assert "resolved" not in {kind for kind, *_ in said(virtual(lived(blind)))}


@settings(deadline=None, max_examples=60)
@given(HISTORY)
def test_nothing_fires_without_its_dwell(history: list[Poll]) -> None:
    """A fire comes after three known breaches in a row at least: twenty seconds at one poll in ten."""
    bench = virtual(lived(history))
    for kind, _, queue, _ in said(bench):
        if kind == "fired":
            place = 0 if queue == "Support Voice" else 1
            breaches = [
                event for event in history if not isinstance(event, str) and (event[place] or 0.0) > 8
            ]
            assert len(breaches) >= 3


@settings(deadline=None, max_examples=60)
@given(st.lists(POLLS, max_size=20), st.integers(0, 20))
def test_a_restart_at_any_point_gives_the_same_events(history: list[Poll], place: int) -> None:
    """Without dwells, restarting between any two polls changes no event at all."""
    whole = said(virtual(lived(history, dwell=0.0)))
    broken = said(virtual(lived([*history[:place], "restart", *history[place:]], dwell=0.0)))
    assert broken == whole


@settings(deadline=None, max_examples=60)
@given(st.lists(POLLS, max_size=12), st.integers(0, 12))
def test_a_restart_only_delays_what_takes_time(history: list[Poll], place: int) -> None:
    """With dwells, a restart costs one poll of the present condition: one more makes up for it."""
    before, after = history[:place], history[place:]
    whole = said(virtual(lived([*before, *after])))
    made_up = said(virtual(lived([*before, "restart", *before[-1:], *after])))
    assert made_up == whole


@settings(deadline=None, max_examples=20)
@given(st.integers(0, 1000))
def test_two_queues_do_not_touch_each_other(seed: int) -> None:
    """What happens to one queue is the same whatever happens to the other."""
    random = Random(seed)
    values = [0.0, 6.0, 9.0, 25.0]
    mine = [random.choice(values) for _ in range(20)]
    quiet = virtual(lived([(value, 0.0) for value in mine]))
    loud = virtual(lived([(value, random.choice(values)) for value in mine]))

    def own(bench: Bench) -> list[tuple[str, str, str, int]]:
        return [event for event in said(bench) if event[2] == "Support Voice"]

    assert own(quiet) == own(loud)
