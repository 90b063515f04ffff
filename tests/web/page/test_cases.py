"""An alert as one entry of the list."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from zoneinfo import ZoneInfo

from monitor.model.alert import SOURCE_DOWN, Acknowledgement, Alert, AlertState, Entity, Evidence, Strand
from monitor.model.calendars import Calendar
from monitor.model.rule import Burn, Level, Override, Rule, Severity
from monitor.web.page.cases import Case, active, case
from tests.builders import EPOCH
from tests.web.page.making import HIGH, LOW, an_alert

PENDING = AlertState.PENDING


def shown(alert: Alert, *rules: Rule) -> Case:
    """Return what is shown of an alert."""
    return case(alert, {one.name: one for one in (LOW, HIGH, *rules)}, EPOCH)


def test_a_case_says_what_where_and_who_knows() -> None:
    """Queue and media, the value against its threshold, what it is made of, and who was told."""
    found = shown(an_alert())
    assert (found.word, found.rule, found.subject) == ("Critical", "ServiceLevelLow", "Support · voice")
    assert (found.judged, found.parts) == ("54 %, fires below 60 %", "26 of 48")
    assert found.told == "Told oncall/webhook"
    assert found.said == "Critical: ServiceLevelLow, Support · voice. 54 %, fires below 60 %"


def test_each_severity_has_its_own_threshold() -> None:
    """A warning is judged by the edge of the warning."""
    assert shown(an_alert(severity=Severity.WARNING)).judged == "54 %, fires below 80 %"


def test_what_is_not_known_is_said_to_be_so() -> None:
    """A value that is not known is not shown as a number, and an old one as the last known."""
    assert shown(an_alert(evidence=Evidence(), known=False)).judged == "unknown, fires below 60 %"
    old = shown(an_alert(known=False))
    assert old.judged == "54 % (last known), fires below 60 %"
    assert "its value is not known now" in old.notes


FIRING = Strand(state=AlertState.FIRING)


def at(ratio: float, severity: Severity, strand: Strand = FIRING) -> Alert:
    """Return an alert that fires while the level is at `ratio`."""
    return an_alert(severity=severity, evidence=Evidence(value=ratio), strands={severity: strand})


def test_what_ends_an_alert_is_said_once_its_value_is_back() -> None:
    """Between the edges it is where it clears; beyond, how long it is kept; else nothing."""
    warning = Severity.WARNING
    assert shown(at(0.8, warning)).judged == "80 %, clears at 85 %"
    clearing = replace(FIRING, held=60.0, clearing=True)
    assert shown(at(0.9, warning, clearing)).judged == "90 %, clear, ends in 2 m"
    assert shown(at(0.9, warning)).judged == "90 %, clear"
    assert shown(at(0.79, warning)).judged == "79 %, fires below 80 %"
    pending = replace(at(0.8, warning), state=PENDING)
    assert shown(pending).judged == "80 %, fires below 80 %"
    lunch = Calendar(name="lunch", zone=ZoneInfo("UTC"))
    moved = replace(LOW, overrides=(Override(during=lunch, levels=()),))
    assert shown(at(0.9, warning), moved).judged == "90 %, fires below 80 %"


def test_since_when_is_of_the_firing_or_of_its_end() -> None:
    """One that fires since it fired, one that waits since it began, one that is over since then."""
    begun, over = EPOCH - timedelta(minutes=9), EPOCH - timedelta(minutes=1)
    ended = shown(an_alert(state=AlertState.INACTIVE, active_at=begun, resolved_at=over)).since
    assert ended is not None
    assert ended.text == "08:59:00 UTC"
    waiting = shown(an_alert(state=PENDING, active_at=begun, fired_at=None, resolved_at=over)).since
    assert waiting is not None
    assert waiting.text == "08:51:00 UTC"
    assert shown(an_alert(state=AlertState.INACTIVE)).since is None


def test_what_a_rule_says_of_itself_is_said() -> None:
    """A summary that is no template stands with its alert; a template's braces do not."""
    plain = replace(LOW, annotations={"summary": "Call the floor\x1b lead"})
    assert shown(an_alert(), plain).summary == "Call the floor lead"
    assert shown(an_alert()).summary == ""
    assert shown(an_alert("Removed")).summary == ""


def test_a_condition_stands_for_itself() -> None:
    """A rule of an expression that is true or false shows the expression."""
    level = Level(severity=Severity.CRITICAL, truth=True)
    rule = Rule(name="Both", expr="queue_waiting > 5", levels=(level,))
    assert shown(an_alert("Both"), rule).judged == "queue_waiting > 5"


def test_a_burn_rate_shows_its_factor() -> None:
    """A budget that burns is judged by the least factor of its severity."""
    burns = tuple(
        Burn(severity=Severity.CRITICAL, objective=0.9, long=long, short="5m", factor=factor)
        for long, factor in (("1h", 5.0), ("6h", 3.0))
    )
    found = shown(an_alert("Burns", evidence=Evidence(value=6.25)), Rule(name="Burns", burns=burns))
    assert found.judged == "6.25, fires at least 3 times"


def test_a_silent_source_is_named_with_its_org() -> None:
    """The built-in rule is explained though nobody configured it; a rule that is gone is said to be."""
    entity = Entity(key="queues", labels={"source": "queues"})
    found = shown(an_alert(SOURCE_DOWN, entity=entity, evidence=Evidence()))
    assert found.subject == "acme · queues"
    assert found.judged == "no answer: what it watches is not known"
    assert shown(an_alert("Removed")).judged == "its rule is not configured any more"


def test_who_has_it_and_what_keeps_it_back_is_noted() -> None:
    """An owner, a silence, a cause, flapping and a missing route are five different words."""
    ack = Acknowledgement(owner="anna", note="", at=EPOCH)
    assert shown(an_alert(acknowledged=ack)).notes == ("anna has it",)
    assert shown(an_alert(muted="silenced:s1")).notes == ("silenced",)
    assert shown(an_alert(muted="inhibited:SourceDown")).notes == ("held back by SourceDown",)
    assert shown(an_alert(muted="flapping")).notes == ("comes and goes: held back",)
    assert shown(an_alert(muted="unrouted")).notes == ("no route gives it to anybody now",)


def test_nobody_told_is_said() -> None:
    """An alert that fires and that nobody has heard of says so; one that is pending says nothing."""
    assert shown(an_alert(heard={}, told=None)).told == "Nobody has been told"
    assert shown(an_alert(state=PENDING, heard={}, told=None)).told == ""


def test_what_needs_somebody_stands_first() -> None:
    """Critical before warning before pending; what somebody has stands behind its equals; newest first."""
    ack = Acknowledgement(owner="anna", note="", at=EPOCH)
    older = an_alert(queue_id="older")
    newer = an_alert(queue_id="newer", fired_at=EPOCH - timedelta(minutes=1))
    taken = an_alert(queue_id="taken", acknowledged=ack)
    warning = an_alert(queue_id="warning", severity=Severity.WARNING)
    pending = an_alert(queue_id="pending", state=PENDING, fired_at=None)
    over = an_alert(queue_id="over", state=AlertState.INACTIVE)
    found = active([pending, over, taken, warning, older, newer])
    assert found == [newer, older, taken, warning, pending]


def test_a_silence_is_offered_for_just_this_queue() -> None:
    """The pattern for a silence means the queue itself, whatever its name holds."""
    labels = {"queue": "Sales [DE] *", "queue_id": "q"}
    alert = replace(an_alert(), entity=Entity(key="q", labels=labels))
    assert shown(alert).queue == "Sales [[]DE] [*]"
    assert shown(alert).firing
