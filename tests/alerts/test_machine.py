"""The life cycle of one alert, as a table and as properties."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.alerts import machine
from monitor.alerts.telling import told
from monitor.model.alert import Alert, AlertState, Entity, EventKind, Evidence
from monitor.model.route import Terms
from monitor.model.rule import Rule, Severity, Verdict
from tests.builders import EPOCH, a_level, a_rule

B, C, Q = Verdict.BREACHED, Verdict.CLEAR, Verdict.IDLE
UNKNOWN = (Verdict.NO_DATA, Verdict.ERROR, Verdict.STALE)
FIRED, RESOLVED = EventKind.FIRED, EventKind.RESOLVED
BOTH = [FIRED, RESOLVED]


def fresh() -> Alert:
    """Return an alert nothing has happened to."""
    return Alert(org="acme", rule="R", severity=Severity.CRITICAL, entity=Entity(key="q/voice", labels={}))


def step(
    alert: Alert, rule: Rule, verdict: Verdict, value: float, *, elapsed: float, now: datetime
) -> tuple[Alert, EventKind | None]:
    """Step every level by one verdict, and say what is to be said to one destination."""
    verdicts = {level.severity: verdict for level in rule.levels}
    stepped = machine.step(alert, rule, verdicts, Evidence(value=value), elapsed=elapsed, now=now)
    alert, said = told(stepped, {"hook": Terms()}, now)
    return alert, said.kind if said is not None else None


def held(alert: Alert) -> float:
    """Return how long the present condition of the one level has lasted."""
    return alert.strand(Severity.CRITICAL).held


def walk(rule: Rule, verdicts: list[Verdict], *, every: float = 10.0) -> list[tuple[str, EventKind | None]]:
    """Step through `verdicts`, one poll apart, and return state and event after each."""
    alert, path = fresh(), []
    for number, one in enumerate(verdicts):
        now = EPOCH + timedelta(seconds=number * every)
        alert, kind = step(alert, rule, one, 1.0, elapsed=every if number else 0.0, now=now)
        path.append((alert.state.value, kind))
    return path


def rule(dwell: float = 0.0, keep: float = 0.0) -> Rule:
    """Return a rule with these dwells, in seconds."""
    return a_rule(level=a_level(dwell=dwell), keep_firing_for=keep)


@dataclass
class Row:
    """One line of the table: what is polled, and what must come of it."""

    why: str
    rule: Rule
    verdicts: list[Verdict]
    states: str
    events: list[EventKind]


TABLE = [
    Row("no dwell fires at the first breach", rule(), [B], "f", [FIRED]),
    Row("a dwell of two polls fires at the third breach", rule(20), [B, B, B], "ppf", [FIRED]),
    Row("a dwell that is no multiple waits for the next poll", rule(15), [B, B, B], "ppf", [FIRED]),
    Row("a clear poll ends a pending alert without a word", rule(20), [B, B, C, B, B, B], "ppippf", [FIRED]),
    Row("without a hold it resolves at once", rule(), [B, C], "fi", BOTH),
    Row("an idle queue fires nothing", rule(), [Q, Q], "ii", []),
    Row("a pending alert on a queue gone idle ends without a word", rule(20), [B, Q, B], "pip", []),
    Row("a firing alert on a queue gone idle resolves in time", rule(keep=20), [B, Q, Q, Q], "fffi", BOTH),
    Row("keep_firing_for holds", rule(keep=20), [B, C, C, C], "fffi", BOTH),
    Row("a breach while clearing starts it over", rule(keep=20), [B, C, C, B, C, C, C], "ffffffi", BOTH),
    Row("unknown holds firing", rule(), [B, UNKNOWN[0], UNKNOWN[1], UNKNOWN[2]], "ffff", [FIRED]),
    Row("unknown holds pending, uncounted", rule(20), [B, UNKNOWN[0], B, B, B], "ppppf", [FIRED]),
    Row("unknown time is not clear time", rule(keep=20), [B, C, UNKNOWN[1], C, C, C], "fffffi", BOTH),
    Row("unknown does not wake the dead", rule(), [UNKNOWN[0], C, UNKNOWN[2]], "iii", []),
    Row("a second episode fires again", rule(), [B, C, B, C], "fifi", [FIRED, RESOLVED, FIRED, RESOLVED]),
    Row("a lasting breach fires once", rule(), [B] * 5, "fffff", [FIRED]),
]  # fmt: skip


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.why)
def test_the_table(row: Row) -> None:
    """Each sequence of verdicts gives its states and its events, and no other."""
    path = walk(row.rule, row.verdicts)
    assert "".join(state[0] for state, _ in path) == row.states
    assert [kind for _, kind in path if kind is not None] == row.events


def test_a_restart_in_pending_continues_the_dwell() -> None:
    """Time held before a restart counts, the downtime does not."""
    pending = fresh()
    for number in range(2):
        pending, _ = step(pending, rule(20), B, 9.0, elapsed=10.0 * number, now=EPOCH)
    restarted = Alert(**{name: getattr(pending, name) for name in pending.__slots__} | {"known": False})
    later = EPOCH + timedelta(hours=5)
    first, kind = step(restarted, rule(20), B, 9.0, elapsed=0.0, now=later)
    assert (first.state, held(first), kind) == (AlertState.PENDING, 10.0, None)
    second, kind = step(first, rule(20), B, 9.0, elapsed=10.0, now=later)
    assert (second.state, kind) == (AlertState.FIRING, FIRED)


def test_dates_say_when_it_began_fired_and_ended() -> None:
    """Started is the first breach, fired the end of the dwell, resolved the end of the hold."""
    moments = [EPOCH + timedelta(seconds=10 * number) for number in range(4)]
    alert = fresh()
    for number, (one, now) in enumerate(zip([B, B, C, C], moments, strict=True)):
        alert, _ = step(alert, rule(10, 10), one, 1.0, elapsed=10.0 if number else 0.0, now=now)
    assert (alert.active_at, alert.fired_at, alert.resolved_at) == (moments[0], moments[1], moments[3])


VERDICTS = st.lists(st.sampled_from([B, C, *UNKNOWN]), max_size=40)
DWELLS = st.sampled_from([0.0, 10.0, 25.0])


@given(VERDICTS, DWELLS, DWELLS)
def test_fired_and_resolved_alternate(verdicts: list[Verdict], dwell: float, keep: float) -> None:
    """Each resolve follows a fire, each fire a resolve, starting with a fire."""
    events = [kind for _, kind in walk(rule(dwell, keep), verdicts) if kind is not None]
    assert events == [FIRED, RESOLVED] * (len(events) // 2) + [FIRED] * (len(events) % 2)


@given(VERDICTS, DWELLS, DWELLS)
def test_only_a_known_verdict_moves_anything(verdicts: list[Verdict], dwell: float, keep: float) -> None:
    """Under an unknown verdict neither the state nor the held time changes."""
    alert = fresh()
    for number, one in enumerate(verdicts):
        before = alert
        alert, kind = step(
            alert, rule(dwell, keep), one, 1.0, elapsed=10.0, now=EPOCH + timedelta(seconds=number)
        )
        if one in UNKNOWN:
            assert (alert.state, held(alert), alert.sequence, kind) == (
                before.state,
                held(before),
                before.sequence,
                None,
            )


@given(VERDICTS, DWELLS, DWELLS)
def test_sequence_and_episode_only_grow(verdicts: list[Verdict], dwell: float, keep: float) -> None:
    """Every event has the next sequence number, every fire the next episode."""
    alert, sequence, episode = fresh(), 0, 0
    for one in verdicts:
        alert, kind = step(alert, rule(dwell, keep), one, 1.0, elapsed=10.0, now=EPOCH)
        sequence += kind is not None
        episode += kind is FIRED
        assert (alert.sequence, alert.episode) == (sequence, episode)


@given(VERDICTS)
def test_nothing_fires_before_its_dwell(verdicts: list[Verdict]) -> None:
    """A fire is preceded by at least the dwell of uninterrupted known breach time."""
    lasted, known, alert = 0.0, False, fresh()
    for one in verdicts:
        alert, kind = step(alert, rule(25.0, 0.0), one, 1.0, elapsed=10.0, now=EPOCH)
        if kind is FIRED:
            assert lasted + 10.0 >= 25.0
        if one is C:
            lasted, known = 0.0, True
        elif one is B:
            lasted, known = (lasted + 10.0 if known and alert.state is AlertState.PENDING else lasted), True
        else:
            known = False
