"""How bad every queue is: lines joined with their alerts, worst first."""

from __future__ import annotations

import json
from datetime import timedelta
from itertools import permutations

import pytest

from monitor.board.standing import STATES, Place, worst_first
from monitor.model.alert import Alert, AlertState, Entity
from monitor.model.board import Attained, QueueLine, SourceState
from monitor.model.rule import Severity
from tests.board.making import a_level, a_line, an_alert
from tests.builders import EPOCH

LATER = EPOCH + timedelta(minutes=5)


def a_state(
    source: str = "queues", *, org: str = "acme", stale: bool = False, minute: int = 0
) -> SourceState:
    """Return how a source is."""
    at = EPOCH + timedelta(minutes=minute)
    return SourceState(
        org=org, source=source, up=not stale, error="", observed_at=at, age=1.0, limit=30.0, stale=stale
    )


def state(line: QueueLine, *alerts: Alert, sources: tuple[SourceState, ...] = ()) -> str:
    """Return what one queue is."""
    (place,) = worst_first([line], alerts, sources)
    return place.state


@pytest.mark.parametrize(
    ("line", "is_"),
    [
        (a_line(), "ok"),
        (a_line(level=a_level(0.8)), "ok"),
        (a_line(level=a_level(0.79)), "below"),
        (a_line(level=a_level(0.0)), "below"),
        (a_line(level=a_level(0.1, target=None)), "ok"),
        (a_line(level=a_level(0.0, target=0.0)), "ok"),
        (a_line(level=a_level(None)), "unknown"),
        (a_line(level=None), "unknown"),
        (a_line(waiting=None), "unknown"),
        (a_line(level=a_level(0.1), waiting=None), "unknown"),
        (a_line(level=a_level(None, idle=True), interacting=0.0), "idle"),
        (a_line(level=a_level(None, idle=True), interacting=None), "ok"),
        (a_line(level=a_level(None, idle=True), interacting=0.0, waiting=1.0), "ok"),
        (a_line(level=a_level(None, idle=True), interacting=1.0), "ok"),
        (a_line(agents_on_queue=None, longest_wait=None), "ok"),
    ],
)
def test_without_alerts_the_figures_say_how_a_queue_is(line: QueueLine, is_: str) -> None:
    """Unknown, below its own target, well, or idle: a figure that is not known is never taken for 0."""
    assert state(line) == is_


@pytest.mark.parametrize(
    ("alerts", "is_"),
    [
        ([an_alert()], "critical"),
        ([an_alert(severity=Severity.WARNING)], "warning"),
        ([an_alert(state=AlertState.PENDING)], "pending"),
        ([an_alert(state=AlertState.INACTIVE)], "ok"),
        ([an_alert(severity=Severity.WARNING), an_alert(rule="B")], "critical"),
        ([an_alert(state=AlertState.PENDING), an_alert(rule="B", severity=Severity.WARNING)], "warning"),
    ],
)
def test_the_worst_alert_says_how_a_queue_is(alerts: list[Alert], is_: str) -> None:
    """What fires counts before what is pending, critical before warning, in whatever order they come."""
    for several in permutations(alerts):
        assert state(a_line(), *several) == is_


def test_an_alert_counts_even_where_nothing_is_known() -> None:
    """A queue that fires stays critical while its source fails: unknown clears nothing."""
    line = a_line(waiting=None, level=None)
    assert state(line, an_alert(), sources=(a_state(stale=True),)) == "critical"


def test_only_alerts_about_the_queue_belong_to_it() -> None:
    """Not another queue's, another org's, a virtual queue's, or a source's."""
    others = [
        an_alert("Sales"),
        an_alert(org="globex"),
        Alert(
            org="acme", rule="SourceDown", severity=Severity.CRITICAL, state=AlertState.FIRING,
            entity=Entity(key="queues", labels={"source": "queues"}),
        ),
    ]  # fmt: skip
    (place,) = worst_first([a_line()], [*others, an_alert(rule="Mine")])
    assert [alert.rule for alert in place.alerts] == ["Mine"]


def test_since_is_when_the_oldest_of_the_worst_began() -> None:
    """Two critical alerts and an older warning: the queue is critical since the first of the two."""
    alerts = [
        an_alert(rule="A", at=LATER),
        an_alert(rule="B", at=LATER + timedelta(minutes=1)),
        an_alert(rule="C", at=EPOCH, severity=Severity.WARNING),
    ]
    (place,) = worst_first([a_line()], alerts)
    assert place.since == LATER
    (pending,) = worst_first([a_line()], [an_alert(state=AlertState.PENDING, at=LATER)])
    assert pending.since == LATER
    assert worst_first([a_line()], [])[0].since is None


@pytest.mark.parametrize(
    ("alerts", "acknowledged", "silenced", "muted", "handled"),
    [
        ([], False, False, False, False),
        ([an_alert(state=AlertState.PENDING, muted="silenced:s")], False, False, False, False),
        ([an_alert()], False, False, False, False),
        ([an_alert(owner="kim")], True, False, False, True),
        ([an_alert(owner="kim"), an_alert(rule="B")], False, False, False, False),
        ([an_alert(muted="silenced:s")], False, True, True, True),
        ([an_alert(muted="inhibited:x")], False, False, True, False),
        ([an_alert(muted="flapping")], False, False, True, False),
        ([an_alert(owner="kim"), an_alert(rule="B", muted="silenced:s")], False, False, False, True),
    ],
)
def test_a_queue_is_handled_when_every_alert_of_it_is(
    alerts: list[Alert], acknowledged: bool, silenced: bool, muted: bool, handled: bool
) -> None:
    """Somebody has it or asked for quiet; what something else keeps back still waits for somebody."""
    (place,) = worst_first([a_line()], alerts)
    assert (place.acknowledged, place.silenced, place.muted, place.handled) == (
        acknowledged, silenced, muted, handled,
    )  # fmt: skip


def test_the_worst_comes_first() -> None:
    """Firing before pending before unknown before below target before well before idle; ties by name."""
    idle = a_level(None, idle=True)
    ordered = [
        a_line("critical"), a_line("acknowledged"), a_line("warning"), a_line("pending"),
        a_line("unknown", waiting=None), a_line("very low", level=a_level(0.4)),
        a_line("nearly", level=a_level(0.7)), a_line("many", waiting=5.0), a_line("few", waiting=2.0),
        a_line("a"), a_line("B"), a_line("c"), a_line("idle", level=idle, interacting=0.0),
        a_line("quiet", level=idle, interacting=0.0),
    ]  # fmt: skip
    alerts = [
        an_alert("critical"), an_alert("acknowledged", owner="kim"),
        an_alert("warning", severity=Severity.WARNING), an_alert("pending", state=AlertState.PENDING),
    ]  # fmt: skip
    for lines in (ordered, ordered[::-1], ordered[5:] + ordered[:5]):
        places = worst_first(lines, alerts)
        assert [place.line.queue for place in places] == [line.queue for line in ordered]


def test_the_gap_is_a_share_of_the_target() -> None:
    """Half of 40 % is worse than 70 % of 90 %, though fewer points are missing."""
    half, most = (
        a_line("half", level=a_level(0.2, target=0.4)),
        a_line("most", level=a_level(0.63, target=0.9)),
    )
    assert [place.gap for place in worst_first([most, half], [])] == pytest.approx([0.5, 0.3])


VOICE, CHAT, MAIL = a_level(0.9), a_level(0.05, media="chat"), a_level(0.4, media="email")


@pytest.mark.parametrize(
    ("headline", "others", "is_", "worst", "unclear"),
    [
        (VOICE, [VOICE], "ok", None, ()),
        (VOICE, [VOICE, CHAT], "below", CHAT, ()),
        (VOICE, [MAIL, VOICE, CHAT], "below", CHAT, ()),
        (MAIL, [VOICE, MAIL], "below", MAIL, ()),
        (VOICE, [VOICE, a_level(0.05, media="chat", window="5m")], "ok", None, ()),
        (VOICE, [VOICE, a_level(0.05, media="chat", target=None)], "ok", None, ()),
        (VOICE, [VOICE, a_level(None, media="chat", idle=True)], "ok", None, ()),
        (VOICE, [VOICE, a_level(None, media="chat")], "unknown", None, ("chat",)),
        (VOICE, [VOICE, a_level(None, media="chat", window="5m")], "ok", None, ()),
        (a_level(None), [a_level(None), CHAT], "unknown", CHAT, ("voice",)),
        (a_level(None, idle=True), [a_level(None, idle=True), CHAT], "below", CHAT, ()),
        (a_level(None, idle=True), [VOICE, a_level(1.0, media="chat")], "ok", None, ()),
        (None, [], "unknown", None, ()),
    ],
)
def test_no_media_type_hides_behind_another(
    headline: Attained | None,
    others: list[Attained],
    is_: str,
    worst: Attained | None,
    unclear: tuple[str, ...],
) -> None:
    """The worst of the headline's window says what a queue is; what is not known makes it unknown."""
    (place,) = worst_first([a_line(interacting=0.0, level=headline, levels=tuple(others))], [])
    assert (place.state, place.worst, place.unclear) == (is_, worst, unclear)
    ratio = None if worst is None else worst.ratio
    assert place.gap == (0.0 if ratio is None else pytest.approx((0.8 - ratio) / 0.8))


def test_a_queue_stands_where_its_worst_media_type_puts_it() -> None:
    """Chats at 5 % of 80 % come before calls at 40 %, though the calls of that queue are well."""
    mixed, low = a_line("mixed", level=VOICE, levels=(VOICE, CHAT)), a_line("low", level=a_level(0.4))
    assert [place.line.queue for place in worst_first([low, mixed], [])] == ["mixed", "low"]


def test_a_stale_source_makes_its_orgs_queues_unknown_as_of_then() -> None:
    """What is too old stays in sight, yet not among what is well; other orgs and sources do not mind."""
    lines = [a_line(), a_line(org="globex")]
    sources = (
        a_state("queues", minute=3), a_state("service_level", stale=True, minute=1),
        a_state("queues", org="globex"), a_state("directory", org="globex", stale=True),
    )  # fmt: skip
    acme, globex = worst_first(lines, [], sources)
    assert (acme.line.org, acme.state, acme.stale, acme.as_of) == (
        "acme", "unknown", True, EPOCH + timedelta(minutes=1),
    )  # fmt: skip
    assert (globex.state, globex.stale, globex.as_of) == ("ok", False, None)


@pytest.mark.parametrize(
    ("asked", "line", "is_"),
    [
        ("queues", a_line(level=None), "ok"),
        ("queues", a_line(level=None, interacting=0.0), "idle"),
        ("queues", a_line(level=None, interacting=None), "ok"),
        ("service_level", a_line(waiting=None, interacting=None, level=a_level(None, idle=True)), "idle"),
        ("service_level", a_line(waiting=None, interacting=None), "ok"),
        ("service_level", a_line(waiting=None, interacting=None, level=a_level(None)), "unknown"),
        ("queues", a_line(waiting=None, level=None), "unknown"),
    ],
)
def test_what_nobody_asks_for_is_not_missed(asked: str, line: QueueLine, is_: str) -> None:
    """Where an org is not asked for its service levels, a queue is judged by who waits, and the other way."""
    assert state(line, sources=(a_state(asked),)) == is_


def test_ranks_are_different_and_can_be_written_down() -> None:
    """Two queues of one name in two orgs stand in one order, and JSON holds where."""
    places = [Place(line=a_line(org=org)) for org in ("a", "b")]
    ranks = [place.rank for place in places]
    assert ranks[0] < ranks[1]
    assert [tuple(rank) for rank in json.loads(json.dumps(ranks, allow_nan=False))] == ranks
    assert [STATES.index("critical"), STATES.index("idle")] == [0, len(STATES) - 1]


def test_an_org_of_which_no_figure_is_asked_has_queues_that_are_not_missed() -> None:
    """Its agents or work items alone are asked for: there is nothing to be unknown, nor known to be idle."""
    line = a_line(waiting=None, interacting=None, level=None, levels=())
    assert state(line, sources=(a_state("agents"),)) == "ok"
