"""Why an alert is as it is."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from monitor.alerts.explaining import LIMIT, explain, explained
from monitor.alerts.telling import UNROUTED
from monitor.model.alert import Acknowledgement, Alert, AlertState, Entity, Evidence, Hearing, Strand
from monitor.model.calendars import Calendar, Hours, Weekly
from monitor.model.rule import Guard, Level, Override, Rule, Severity
from tests.builders import EPOCH

WARNING, CRITICAL = Severity.WARNING, Severity.CRITICAL
NIGHT = Calendar(
    name="night", zone=ZoneInfo("UTC"), weekly=(Weekly(first=0, last=6, hours=(Hours(start=0, end=60),)),)
)
DAY = replace(NIGHT, name="day", weekly=(Weekly(first=0, last=6, hours=(Hours(start=480, end=1080),)),))
LEVELS = (
    Level(severity=WARNING, low=0.8, clear_low=0.85, dwell=120.0),
    Level(severity=CRITICAL, low=0.6, clear_low=0.7, dwell=60.0),
)
RULE = Rule(
    name="ServiceLevelLow",
    metric="service_level_ratio",
    levels=LEVELS,
    keep_firing_for=180.0,
    guard=Guard(volume="queue_offered", at_least=10.0, confidence=0.95),
    during=(DAY,),
    annotations={"runbook": "https://user:hunter2@wiki.example.com"},
)
ALERT = Alert(
    org="acme",
    rule="ServiceLevelLow",
    severity=WARNING,
    entity=Entity(
        key="q1/voice/15m/20s/genesys", labels={"queue_id": "q1", "queue": "Support", "media": "voice"}
    ),
    state=AlertState.FIRING,
    episode=2,
    sequence=5,
    evidence=Evidence(value=0.7, numerator=14.0, denominator=20.0),
    known=True,
    strands={
        WARNING: Strand(state=AlertState.FIRING, held=30.0, clearing=True),
        CRITICAL: Strand(state=AlertState.PENDING, held=20.0),
    },
    fired_at=EPOCH,
    told=WARNING,
    heard={"oncall": Hearing(at=EPOCH)},
    acknowledged=Acknowledgement(owner="ann", note="on it", at=EPOCH),
    history=(0b0101, 4, False),
)


def test_an_alert_is_found_by_the_name_of_its_queue() -> None:
    """People know the name, not the id: `rule/queue`, also with what follows; another rule's is left out."""
    other = replace(ALERT, rule="Waiting")
    longer = replace(ALERT, entity=Entity(key="q2/voice", labels={"queue_id": "q2", "queue": "Support EN"}))
    for text in ("ServiceLevelLow/Support", "ServiceLevelLow/Support/voice/15m/20s/genesys"):
        (found,) = explained(text, [ALERT, other, longer], (RULE,), EPOCH)
        assert found["alert"] == "ServiceLevelLow/q1/voice/15m/20s/genesys"
    assert len(explained("servicelevellow/sup", [ALERT, other, longer], (RULE,), EPOCH)) == 2


def said_of(alert: Alert, rule: Rule = RULE, now: datetime = EPOCH) -> Any:
    """Return the explanation as a client reads it: after a trip through JSON."""
    return json.loads(json.dumps(explain(alert, rule, now)))


def test_the_figures_are_all_there_and_are_json() -> None:
    """Value with its parts, edges, dwell and hold, guard, hours, who was told, and the last event."""
    said = said_of(ALERT)
    assert (said["value"], said["numerator"], said["denominator"]) == (0.7, 14.0, 20.0)
    warning, critical = said["levels"]
    assert (warning["enter"], warning["clear"], warning["clear_held"], warning["clear_needed"]) == (
        "< 0.8",
        ">= 0.85",
        30.0,
        180.0,
    )
    assert (critical["state"], critical["held"], critical["needed"]) == ("pending", 20.0, 60.0)
    assert said["guard"] == {"volume": "queue_offered", "at_least": 10.0, "confidence": 0.95}
    assert [(one["name"], one["as"], one["open"]) for one in said["calendars"]] == [("day", "during", True)]
    assert said["acknowledged"]["owner"] == "ann"
    assert (said["told"], said["told_to"]) == ("warning", ["oncall"])
    assert said["flapping"]["percent"] > 10
    assert (said["last_event"]["sequence"], said["last_event"]["id"][:4]) == (5, "evt_")


def test_the_sentences_say_how_far_each_level_is() -> None:
    """Held of needed, on the way in and on the way out."""
    assert said_of(ALERT)["because"] == [
        "warning fires still: clear for 30s of 3m.",
        "critical is pending: breached for 20s of 1m.",
        "ann has it.",
        "Told as warning to oncall.",
    ]


def test_annotations_are_left_out() -> None:
    """A link may hold a password; what explains an alert is not there."""
    assert "hunter2" not in json.dumps(explain(ALERT, RULE, EPOCH))


def test_a_rule_that_sleeps_and_a_value_that_is_not_known_say_so() -> None:
    """Closed hours and an unknown value are the first things to know."""
    unknown = replace(ALERT, known=False, unknown_for=90.0)
    said = said_of(unknown, now=EPOCH + timedelta(hours=12))
    assert said["asleep"] is True
    assert said["because"][:2] == [
        "The rule's hours are over: nothing is judged.",
        "The value is not known for 1m30s: everything is held, and no time counts.",
    ]


@pytest.mark.parametrize(
    ("muted", "sentence"),
    [
        ("silenced:acme/s:1", "Silenced (acme/s:1): nobody is told again while that holds."),
        ("inhibited:NoLine", "Held back by another alert (NoLine): nobody is told again while that holds."),
        ("flapping", "Its fire is kept back: flapping."),
        (UNROUTED, "Its fire is kept back: no route gives it to anybody now."),
    ],
)
def test_a_muted_alert_says_by_what_and_that_nobody_heard(muted: str, sentence: str) -> None:
    """In words, with the silence's id or the inhibition's name."""
    quiet = replace(ALERT, muted=muted, told=None, heard={}, acknowledged=None)
    assert said_of(quiet)["because"][-2:] == [sentence, "Nobody has been told."]


def test_dates_are_utc_with_milliseconds() -> None:
    """As everywhere in the API, whatever zone or fraction they came with."""
    east = (EPOCH + timedelta(microseconds=1500)).astimezone(timezone(timedelta(hours=2)))
    mine = Acknowledgement(owner="ann", note="", at=east)
    said = said_of(replace(ALERT, active_at=east, fired_at=EPOCH, resolved_at=None, acknowledged=mine))
    short = f"{EPOCH:%Y-%m-%dT%H:%M:%S}"
    assert (said["active_at"], said["fired_at"]) == (f"{short}.001Z", f"{short}.000Z")
    assert said["resolved_at"] is None
    assert (said["acknowledged"]["at"], said["acknowledged"]["until"]) == (f"{short}.001Z", None)


def test_a_firing_level_says_how_long_it_is_held() -> None:
    """With a hold it ends after that, without one at the first clear value."""
    firing = replace(ALERT, strands={WARNING: Strand(state=AlertState.FIRING)})
    assert said_of(firing)["because"][0] == "warning fires: it ends 3m after it is clear."
    without = replace(RULE, keep_firing_for=0.0)
    assert said_of(firing, without)["because"][0] == "warning fires: it ends as soon as it is clear."


def test_an_alert_that_is_over_is_told_to_nobody() -> None:
    """Who heard of the last episode stays known, and is not said to know of this one."""
    over = replace(ALERT, state=AlertState.INACTIVE, strands={}, told=None, acknowledged=None)
    said = said_of(over)
    assert said["because"] == ["warning is not breached.", "critical is not breached."]
    assert (said["told"], said["told_to"]) == (None, ["oncall"])


def test_the_levels_of_an_open_exception_are_those_that_hold() -> None:
    """The edges shown are those that are judged by now."""
    other = (Level(severity=WARNING, low=0.5, dwell=10.0),)
    rule = replace(
        RULE, overrides=(Override(during=DAY, levels=other), Override(during=NIGHT, levels=LEVELS))
    )
    said = said_of(ALERT, rule)
    assert [level["enter"] for level in said["levels"]] == ["< 0.5"]
    assert [one.get("chosen") for one in said["calendars"]] == [None, True, False]


def test_both_sides_of_a_range_and_a_condition_are_shown() -> None:
    """A range has two edges each way; a condition is true or false."""
    band = Level(severity=WARNING, low=0.2, high=0.9, clear_low=0.3, clear_high=0.8)
    truth = Level(severity=CRITICAL, high=0.5, truth=True)
    (first, second) = said_of(ALERT, replace(RULE, levels=(band, truth)))["levels"]
    assert (first["enter"], first["clear"]) == ("< 0.2 or > 0.9", ">= 0.3 and <= 0.8")
    assert (second["enter"], second["clear"]) == ("true", "false")


def test_an_alert_is_found_by_any_part_of_its_name_or_labels() -> None:
    """Case does not matter; a whole name is that one alert; active ones come first."""
    longer = replace(ALERT, entity=Entity(key=ALERT.entity.key + "2", labels={"queue": "Sales"}))
    idle = replace(ALERT, rule="Another", state=AlertState.INACTIVE)
    alerts, rules = [idle, longer, ALERT], [RULE]

    def names(text: str) -> list[str]:
        return [str(one["alert"]) for one in explained(text, alerts, rules, EPOCH)]

    assert names("support") == [
        "ServiceLevelLow/q1/voice/15m/20s/genesys",
        "Another/q1/voice/15m/20s/genesys",
    ]
    assert names("ServiceLevelLow/q1/voice/15m/20s/genesys") == ["ServiceLevelLow/q1/voice/15m/20s/genesys"]
    assert len(names("servicelevellow")) == 2
    assert names("nothing") == []


def test_no_more_are_explained_than_anybody_reads() -> None:
    """A letter that is in every name gives some of them."""
    many = [replace(ALERT, entity=Entity(key=f"q{number}", labels={})) for number in range(100)]
    assert len(explained("q", many, [RULE], EPOCH)) == LIMIT


def test_our_own_alerts_are_explained_without_a_rule() -> None:
    """SourceDown is no rule of the user's, and yet has a value, a state and an audience."""
    own = replace(ALERT, rule="SourceDown", entity=Entity(key="queues", labels={"source": "queues"}))
    (said,) = explained("SourceDown/queues", [own], [RULE], EPOCH)
    assert (said["levels"], said["told_to"]) == ([], ["oncall"])
