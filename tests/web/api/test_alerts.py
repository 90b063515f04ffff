"""`/api/v1/alerts` and `/api/v1/explain`: which alerts there are, worst first, and why each is as it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from monitor.model.alert import (
    DESTINATION_GONE,
    OURSELVES,
    SOURCE_DOWN,
    Acknowledgement,
    AlertState,
    Entity,
    Evidence,
)
from monitor.model.calendars import Calendar, Hours, Weekly
from monitor.model.delivery import Wanted
from monitor.model.rule import Burn, Level, Override, Rule, Severity
from monitor.web.access import Principal, Scope
from monitor.web.api.looking import identify
from tests.builders import EPOCH
from tests.web.api.desk import LONG, LOW, Desk, an_alert, path_of, refusal
from tests.web.making import HOSTILE, a_history, a_try

PENDING: dict[str, Any] = {
    "state": AlertState.PENDING,
    "fired_at": None,
    "told": None,
    "told_at": None,
    "heard": {},
}
CALM: dict[str, Any] = {"state": AlertState.INACTIVE, "resolved_at": EPOCH + timedelta(minutes=9)}
ALWAYS = Calendar(
    name="always", zone=ZoneInfo("UTC"), weekly=(Weekly(first=0, last=6, hours=(Hours(start=0, end=1440),)),)
)
WARNING: dict[str, Any] = {"severity": Severity.WARNING}


async def listed(desk: Desk, query: str = "") -> list[str]:
    """Return the queues of the alerts that are listed."""
    said = (await desk.get(f"alerts?{query}")).json()
    return [one["queue"] for one in said["alerts"]]


async def test_an_alert_is_shown_whole() -> None:
    """What it is about, how the value stands to the threshold, since when, who heard, and who has it."""
    ack = Acknowledgement(owner="kim", note="on it", at=EPOCH + timedelta(minutes=2))
    alert = an_alert(acknowledged=ack)
    answer = await Desk([alert]).get("alerts")
    assert answer.json() == {
        "alerts": [
            {
                "id": identify(alert),
                "org": "acme",
                "rule": "ServiceLevelLow",
                "entity": {
                    "key": "id-Support/voice",
                    "labels": {"queue_id": "id-Support", "queue": "Support", "media": "voice"},
                },
                "queue": "Support",
                "severity": "critical",
                "state": "firing",
                "reason": "",
                "metric": "service_level_ratio",
                "value": 0.712,
                "numerator": 89.0,
                "denominator": 125.0,
                "operator": "<",
                "threshold": 0.8,
                "known": True,
                "unknown_for": 0.0,
                "flapping": False,
                "muted": "",
                "episode": 2,
                "active_at": "2026-11-21T09:00:00.000Z",
                "fired_at": "2026-11-21T09:01:00.000Z",
                "resolved_at": None,
                "told": "critical",
                "told_at": "2026-11-21T09:01:00.000Z",
                "told_to": ["oncall/webhook"],
                "acknowledged": {
                    "owner": "kim",
                    "note": "on it",
                    "at": "2026-11-21T09:02:00.000Z",
                    "until": None,
                },
            }
        ],
        "next": None,
    }


async def test_the_worst_is_first() -> None:
    """What fires before what is pending, critical before warning, then by name; what is calm is left out."""
    desk = Desk(
        [
            an_alert("e", **PENDING, **WARNING),
            an_alert("d", **PENDING),
            an_alert("c", **WARNING),
            an_alert("b"),
            an_alert("a", org="zeta"),
            an_alert("calm", **CALM),
        ]
    )
    assert await listed(desk) == ["b", "a", "c", "d", "e"]


@pytest.mark.parametrize(
    ("query", "queues"),
    [
        ("state=firing", ["Sales", "Support"]),
        ("state=pending", ["Later"]),
        ("state=inactive", ["Calm"]),
        ("state=any", ["Sales", "Support", "Later", "Calm"]),
        ("severity=warning", ["Support"]),
        ("org=zeta", ["Sales"]),
        ("org=ac*", []),
        ("rule=Long*", ["Support"]),
        ("rule=long*", []),
        ("queue=S*", ["Sales", "Support"]),
        ("queue=S*&rule=Serv*", ["Sales"]),
    ],
)
async def test_alerts_are_narrowed(query: str, queues: list[str]) -> None:
    """By state, severity and org as they are, by rule and queue with globs; every one of them has to fit."""
    desk = Desk(
        [
            an_alert("Sales", org="zeta"),
            an_alert("Support", LONG, **WARNING),
            an_alert("Later", **PENDING),
            an_alert("Calm", **CALM),
        ]
    )
    assert await listed(desk, query) == queues


async def test_alerts_come_in_pages() -> None:
    """What is over between two pages hides nothing else, and what fires anew is not repeated."""
    names = ["a", "b", "c", "d", "e"]
    desk = Desk([an_alert(name) for name in names])
    first = (await desk.get("alerts?limit=2")).json()
    desk.kept = [an_alert("0"), an_alert("a"), an_alert("b", **CALM), *(an_alert(one) for one in names[2:])]
    second = (await desk.get(f"alerts?limit=2&after={first['next']}")).json()
    third = (await desk.get(f"alerts?limit=2&after={second['next']}")).json()
    pages = [[one["queue"] for one in page["alerts"]] for page in (first, second, third)]
    assert pages == [["a", "b"], ["c", "d"], ["e"]]
    assert third["next"] is None


async def test_the_longest_names_make_a_page_too() -> None:
    """The cursor of an alert whose names are as long as names can be is taken back."""
    rule = Rule(name="規" * 200, metric="longest_wait_seconds")
    desk = Desk([an_alert("列" * 200, rule, org="組" * 200), an_alert("列" * 199, rule, org="組" * 200)])
    first = (await desk.get("alerts?limit=1")).json()
    assert len((await desk.get(f"alerts?limit=1&after={first['next']}")).json()["alerts"]) == 1


async def test_what_has_not_changed_is_not_sent_again() -> None:
    """304 to who has the list; another tag once a value is another."""
    desk = Desk([an_alert()])
    tag = (await desk.get("alerts")).headers["etag"]
    again = await desk.get("alerts", if_none_match=tag)
    assert (again.status_code, again.content) == (304, b"")
    desk.kept = [an_alert(evidence=Evidence(value=0.7))]
    assert (await desk.get("alerts", if_none_match=tag)).status_code == 200


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("alerts?state=burning", "state"),
        ("alerts?severity=bad", "severity"),
        ("alerts?limit=0", "limit"),
        ("alerts?after=x", "after"),
        ("alerts?que=x", "que"),
        ("alerts?queue=" + "x" * 201, "queue"),
        ("acks?state=x", "state"),
        ("silences?state=x", "state"),
        ("silences?after=W10", "after"),
        ("explain?alert=S&org=acme", "org"),
        ("explain?alert=" + "x" * 1001, "alert"),
    ],
)
async def test_a_bad_parameter_is_named(path: str, name: str) -> None:
    """400, and the first thing said is which one."""
    status, detail = refusal(await Desk([an_alert()]).get(path))
    assert status == 400
    assert name in detail


@pytest.mark.parametrize(
    ("rule", "severity", "edge"),
    [
        (LOW, Severity.CRITICAL, ("<", 0.8)),
        (LOW, Severity.WARNING, ("<", 0.9)),
        (replace(LOW, levels=()), Severity.CRITICAL, ("", None)),
        (
            replace(LOW, levels=(Level(severity=Severity.WARNING, low=0.1, high=0.6),)),
            Severity.CRITICAL,
            (">", 0.6),
        ),
        (
            replace(
                LOW,
                levels=(),
                burns=(
                    Burn(severity=Severity.CRITICAL, objective=0.8, long="1h", short="5m", factor=14.4),
                    Burn(severity=Severity.CRITICAL, objective=0.8, long="6h", short="30m", factor=6.0),
                ),
            ),
            Severity.CRITICAL,
            (">=", 6.0),
        ),
        (
            replace(
                LOW,
                overrides=(
                    Override(
                        during=ALWAYS,
                        levels=(Level(severity=Severity.CRITICAL, low=0.5),),
                    ),
                ),
            ),
            Severity.CRITICAL,
            ("<", 0.5),
        ),
    ],
)
async def test_the_threshold_is_that_of_the_level(
    rule: Rule, severity: Severity, edge: tuple[str, float | None]
) -> None:
    """Of the alert's severity, as it holds now, nearest to the value; of budgets the least factor."""
    (said,) = (await Desk([an_alert(severity=severity)], rules=(rule,)).get("alerts")).json()["alerts"]
    assert (said["operator"], said["threshold"]) == edge


@pytest.mark.parametrize(("rule", "label"), [(SOURCE_DOWN, "source"), (DESTINATION_GONE, "destination")])
async def test_alerts_about_ourselves_are_there_too(rule: str, label: str) -> None:
    """They have no queue, and are opened like any other."""
    entity = Entity(key="queues", labels={label: "queues"})
    alert = an_alert(rule=Rule(name=rule), org=OURSELVES, entity=entity)
    desk = Desk([alert])
    (said,) = (await desk.get("alerts")).json()["alerts"]
    assert (said["rule"], said["queue"], said["operator"]) == (rule, "", "true")
    opened = (await desk.get(path_of(alert))).json()
    assert [one["severity"] for one in opened["explanation"]["levels"]] == ["critical"]


async def test_an_alert_is_opened() -> None:
    """What it is, why, and what was told of it, newest first."""
    alert = an_alert()
    desk = Desk([an_alert("Sales"), alert])
    desk.journal.kept = [
        a_history(a_try(), id="evt_mine", entity=alert.entity),
        a_history(id="evt_later", entity=alert.entity, minutes=5),
        a_history(id="evt_others"),
        a_history(id="evt_elsewhere", entity=alert.entity, org="zeta"),
    ]
    said = (await desk.get(path_of(alert))).json()
    assert list(said) == ["alert", "explanation", "timeline", "next"]
    assert (said["alert"]["queue"], said["alert"]["id"]) == ("Support", identify(alert))
    assert said["explanation"]["id"] == identify(alert)
    assert said["explanation"]["because"]
    assert [one["event_id"] for one in said["timeline"]] == ["evt_later", "evt_mine"]
    assert said["timeline"][1]["tries"][0]["destination"] == "oncall/webhook"
    assert said["next"] is None


async def test_a_long_timeline_goes_on_in_the_history() -> None:
    """`next` is the cursor of what is older; the rule is asked for by its name, whatever signs it has."""
    rule = Rule(name="Odd[*]?", metric="longest_wait_seconds")
    alert = an_alert(rule=rule)
    desk = Desk([alert], rules=(rule,))
    desk.journal.kept = [
        a_history(id=f"evt_{n}", entity=alert.entity, rule=rule.name, minutes=n) for n in range(51)
    ]
    said = (await desk.get(path_of(alert))).json()
    assert len(said["timeline"]) == 50
    assert said["timeline"][-1]["event_id"] == "evt_1"
    assert said["next"]
    assert desk.journal.wanted == [
        Wanted(org="acme", rule="Odd[[][*]][?]", entity="id-Support/voice", limit=51)
    ]


async def test_why_an_alert_fires_is_known_without_the_store() -> None:
    """The timeline is null, and the rest is said."""
    desk = Desk([an_alert()])
    desk.journal.broken = True
    answer = await desk.get(path_of(an_alert()))
    said = answer.json()
    assert (answer.status_code, said["timeline"], said["next"]) == (200, None, None)
    assert said["explanation"]["state"] == "firing"


async def test_an_alert_that_is_not_there_is_not_found() -> None:
    """An id nobody has, or no id at all."""
    for id in ("alr_" + "a" * 26, "x", "%00"):
        assert refusal(await Desk([an_alert()]).get(f"alerts/{id}"))[0] == 404


async def explained(name: str) -> tuple[int, Mapping[str, Any]]:
    """Return what is said of the alerts of that name."""
    answer = await Desk([an_alert(), an_alert("Sales")]).get(f"explain?alert={name}")
    return answer.status_code, answer.json()


async def test_alerts_are_explained_by_name() -> None:
    """The whole name gives that alert, a part of it several; each with its id."""
    status, said = await explained("ServiceLevelLow%2FSupport")
    assert (status, [one["id"] for one in said["alerts"]]) == (200, [identify(an_alert())])
    assert len((await explained("ServiceLevelLow"))[1]["alerts"]) == 2


@pytest.mark.parametrize("name", ["", "%20"])
async def test_an_alert_has_to_be_named(name: str) -> None:
    """Without a name there is nothing to explain."""
    assert (await explained(name))[0] == 400


async def test_a_name_that_no_alert_has_is_repeated_safely() -> None:
    """404, with what is hidden taken out of it."""
    status, said = await explained("Q%00x")
    assert (status, said["detail"]) == (404, "there is no alert 'Q x'")


@pytest.mark.parametrize("value", [float("inf"), float("-inf"), float("nan")])
async def test_a_value_that_is_no_number_is_not_known(value: float) -> None:
    """An expression can make one; JSON has none."""
    alert = an_alert(evidence=Evidence(value=value, numerator=1.0))
    answer = await Desk([alert]).get(path_of(alert))
    said = answer.json()
    assert (said["alert"]["value"], said["alert"]["numerator"]) == (None, 1.0)
    assert said["explanation"]["value"] is None


async def test_hostile_names_are_only_data() -> None:
    """Whatever a name holds, the answer is ASCII JSON and gives it back whole."""
    alert = an_alert(HOSTILE)
    for path in ("alerts", path_of(alert)):
        answer = await Desk([alert]).get(path)
        assert answer.content.isascii()
        assert answer.headers["content-type"] == "application/json"
    assert (await Desk([alert]).get("alerts")).json()["alerts"][0]["queue"] == HOSTILE


@pytest.mark.parametrize("path", ["alerts", "alerts/alr_x", "acks", "silences", "explain?alert=S"])
async def test_reading_needs_its_scope(path: str) -> None:
    """403 for who may only do something, or only scrape."""
    desk = Desk([an_alert()], who=Principal(scopes=frozenset({Scope.METRICS, Scope.OPERATE})))
    assert refusal(await desk.get(path)) == (403, "this needs the scope read")
