"""`/api/v1/rules`: the rules as they were written."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC
from zoneinfo import ZoneInfo

from monitor.model.alert import Alert, AlertState
from monitor.model.calendars import Calendar, Hours, Weekly
from monitor.model.rule import Action, Burn, Guard, Level, Matcher, Override, Policy, Rule, Severity, Verdict
from monitor.web.api.rules import Rules
from tests.web.api.desk import LONG, LOW, an_alert, refusal
from tests.web.api.figures import get

WORK = Calendar(
    name="work",
    zone=ZoneInfo(str(UTC)),
    weekly=(Weekly(first=0, last=4, hours=(Hours(start=480, end=1080),)),),
)
FULL = Rule(
    name="Full",
    metric="service_level_ratio",
    levels=(Level(severity=Severity.CRITICAL, low=0.8, clear_low=0.85, dwell=60.0),),
    matchers=(Matcher(label="queue", globs=("Support*",)), Matcher(label="media", regex="voice|chat")),
    keep_firing_for=30.0,
    guard=Guard(volume="offered", at_least=20.0, confidence=0.95),
    unknown={Verdict.STALE: Policy(action=Action.ALERT, dwell=300.0)},
    during=(WORK,),
    overrides=(Override(during=WORK, levels=(Level(severity=Severity.CRITICAL, low=0.9),)),),
    flapping=False,
    labels={"team": "support"},
    annotations={"summary": "Too slow: {{ value }}"},
)
BURNING = Rule(
    name="Burning",
    metric="service_level_ratio",
    levels=(Level(severity=Severity.CRITICAL),),
    burns=(Burn(severity=Severity.CRITICAL, objective=0.9, long="1h", short="5m", factor=6.0),),
)


def over(*rules: Rule, alerts: Sequence[Alert] = ()) -> Rules:
    """Return the address over these."""
    return Rules(rules=lambda: rules, alerts=lambda: alerts)


async def test_a_rule_is_shown_as_it_was_written() -> None:
    """Every part of it, calendars by name, and the line that `check` prints."""
    (shown,) = (await get(over(FULL), "rules")).json()["rules"]
    level = {"severity": "critical", "low": 0.8, "high": None, "clear_low": 0.85, "clear_high": None}
    other = {"severity": "critical", "low": 0.9, "high": None, "clear_low": None, "clear_high": None}
    assert shown.pop("summary").startswith("Full: service_level_ratio {queue: Support*, media: voice|chat}, ")
    assert shown == {
        "name": "Full",
        "metric": "service_level_ratio",
        "expr": "",
        "levels": [{**level, "for": 60.0, "truth": False}],
        "burns": [],
        "matchers": [
            {"label": "queue", "globs": ["Support*"], "regex": None},
            {"label": "media", "globs": [], "regex": "voice|chat"},
        ],
        "keep_firing_for": 30.0,
        "guard": {"volume": "offered", "at_least": 20.0, "confidence": 0.95},
        "unknown": {"stale": {"action": "alert", "for": 300.0}},
        "during": ["work"],
        "not_during": [],
        "overrides": [{"during": "work", "levels": [{**other, "for": 0.0, "truth": False}]}],
        "flapping": False,
        "inhibit_members": False,
        "labels": {"team": "support"},
        "annotations": {"summary": "Too slow: {{ value }}"},
        "firing": 0,
        "pending": 0,
    }


async def test_a_burn_rate_is_shown() -> None:
    """Its windows and factor; a rule without a guard has none."""
    (shown,) = (await get(over(BURNING), "rules")).json()["rules"]
    burn = {"severity": "critical", "objective": 0.9, "long": "1h", "short": "5m", "factor": 6.0, "for": 0.0}
    assert (shown["burns"], shown["guard"]) == ([burn], None)


async def test_alerts_are_counted_by_rule() -> None:
    """Those that fire and those that are pending; what is over counts nowhere."""
    alerts = [
        an_alert(),
        an_alert("Billing", LONG),
        an_alert("Sales", LONG, state=AlertState.PENDING),
        an_alert("Old", LONG, state=AlertState.INACTIVE),
        an_alert("Older", LONG, state=AlertState.INACTIVE),
    ]
    shown = (await get(over(LOW, LONG, FULL, alerts=alerts), "rules")).json()["rules"]
    found = {one["name"]: (one["firing"], one["pending"]) for one in shown}
    assert found == {"Full": (0, 0), "LongWait": (1, 1), "ServiceLevelLow": (1, 0)}


async def test_rules_come_by_name_page_by_page() -> None:
    """A rule that goes between two pages hides no other."""
    first = (await get(over(LOW, LONG, FULL), "rules?limit=1")).json()
    assert [one["name"] for one in first["rules"]] == ["Full"]
    second = (await get(over(LOW, LONG), f"rules?after={first['next']}")).json()
    assert ([one["name"] for one in second["rules"]], second["next"]) == (["LongWait", LOW.name], None)


async def test_nothing_is_sent_again_while_nothing_changes() -> None:
    """304 to who has it, until an alert of a rule fires."""
    etag = (await get(over(LOW), "rules")).headers["etag"]
    assert (await get(over(LOW), "rules", if_none_match=etag)).status_code == 304
    fires = over(LOW, alerts=[an_alert()])
    assert (await get(fires, "rules", if_none_match=etag)).status_code == 200


async def test_what_is_not_understood_is_refused() -> None:
    """A parameter that is not there, a cursor that is none."""
    for query in ("rule=Full", "after=x", "limit=0"):
        assert refusal(await get(over(FULL), f"rules?{query}"))[0] == 400
