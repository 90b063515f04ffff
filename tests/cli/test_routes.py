"""`queuewatch routes`, as a person calls it."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from click.testing import CliRunner, Result

from monitor.cli.routes import command

HEAD = """\
orgs:
  acme: {region: eu-west-1}
"""
FILE = (
    HEAD
    + """\
calendars:
  business_hours:
    timezone: Europe/Paris
    hours: {mon-fri: "08:00-18:00", sun: "01:00-05:00"}
rules:
  - {name: Low, metric: queue_waiting, critical: {above: 8}, labels: {team: support}}
  - {name: Both, metric: queue_waiting, warning: {above: 4}, critical: {above: 8}, labels: {team: sales}}
receivers:
  oncall: {webhook: {url: https://e.com}, ping: {url_file: none}}
  lead: {log: true}
  night: {log: true}
heartbeat: {receivers: oncall/ping}
routes:
  - match: {team: support}
    min_severity: critical
    during: business_hours
    receivers: oncall
    group: {by: [org, queue], wait: 0s}
    repeat: 4h
    escalate: [{after: 15m, receivers: lead}]
    routes:
      - {match: {queue: "V*"}, receivers: [oncall, night], group: off, continue: true}
  - {match: {team: sales}, receivers: []}
  - {receivers: night}
"""
)
WORKDAY = "2026-11-23T09:00"


def called(folder: Path, *arguments: str, text: str = FILE) -> Result:
    """Call the command with a configuration."""
    path = folder / "queuewatch.yaml"
    path.write_text(text)
    return CliRunner().invoke(command, [*arguments, "--config", str(path)])


def test_who_is_told_and_why(tmp_path: Path) -> None:
    """Every route with its reason, then everybody with the terms; a rule brings labels and its one level."""
    result = called(tmp_path, "test", "rule=Low", "queue=Support", "--at", WORKDAY)
    assert result.exit_code == 0
    said, routes, *rest = result.output.splitlines()
    labels = "rule=Low, queue=Support, org=acme, team=support, severity=critical"
    assert said == f"{labels} at mon 2026-11-23 09:00 CET"
    assert routes == "routes:"
    assert rest[0].startswith("  1 (taken): ")
    assert rest[1].startswith("    1.1: queue is 'Support', not 'V*'")
    shared = "together with what shares org=acme, queue=Support: at once, then every 5m, again every 4h"
    assert rest[2:] == [
        f"told: oncall/webhook, {shared}",
        "told: lead/log, after 15m if nobody has acknowledged, again every 4h",
    ]


def test_a_route_of_a_route(tmp_path: Path) -> None:
    """What it undoes is not said."""
    result = called(tmp_path, "test", "team=support", "queue=VIP", "--severity", "critical", "--at", WORKDAY)
    assert "    1.1 (taken): " in result.output
    assert "told: night/log, at once, again every 4h" in result.output.splitlines()


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("team=support", "--at", WORKDAY), "  1: severity warning is below critical"),
        (("team=sale", "severity=critical", "--at", WORKDAY), "  1: team is 'sale', not 'support'"),
        (
            ("team=support", "severity=critical", "--at", "2026-11-23T18:30:00+00:00"),
            "  1: business_hours: closed: outside mon-fri 08:00-18:00",
        ),
    ],
)
def test_a_route_that_is_passed_has_a_reason(tmp_path: Path, arguments: tuple[str, ...], why: str) -> None:
    """A label, the severity, or the hour; then the last one takes it."""
    result = called(tmp_path, "test", *arguments)
    assert result.exit_code == 0
    assert why in result.output.splitlines()
    assert "told: night/log, at once" in result.output.splitlines()


def test_nobody_is_told(tmp_path: Path) -> None:
    """On purpose or not: exit code 1."""
    result = called(tmp_path, "test", "team=sales")
    assert result.exit_code == 1
    assert result.output.splitlines()[-1] == "nobody is told"
    assert called(tmp_path, "test", text=HEAD).exit_code == 1


def test_without_routes_everybody_is_told(tmp_path: Path) -> None:
    """But a ping, which is for the heartbeat; without labels and a time, of anything now."""
    text = FILE.partition("routes:\n")[0]
    result = called(tmp_path, "test", text=text)
    assert result.exit_code == 0
    assert result.output.splitlines()[1:] == [
        "no routes: every receiver is told everything",
        "told: oncall/webhook, at once",
        "told: lead/log, at once",
        "told: night/log, at once",
    ]


def test_json(tmp_path: Path) -> None:
    """The same for programs, numbers in seconds."""
    result = called(
        tmp_path, "test", "rule=Low", "queue=Support", "severity=critical", "--at", WORKDAY, "--json"
    )
    told = json.loads(result.output)
    assert (told["at"], told["severity"]) == ("2026-11-23T08:00:00+00:00", "critical")
    assert told["labels"]["team"] == "support"
    assert [(one["destination"], one["after"], one["repeat"]) for one in told["told"]] == [
        ("oncall/webhook", 0, 14400),
        ("lead/log", 900, 14400),
    ]
    group = told["told"][0]["group"]
    assert group["labels"] == {"org": "acme", "queue": "Support"}
    assert (group["wait"], group["interval"]) == (0, 300)
    assert [(one["route"], one["depth"], one["taken"]) for one in told["routes"]] == [
        ("1", 0, True),
        ("1.1", 1, False),
    ]
    direct = json.loads(called(tmp_path, "test", "--json").output)
    assert direct["told"][0]["group"] is None


def test_local_times_are_those_of_the_calendars(tmp_path: Path) -> None:
    """If they agree on a zone; else UTC. Of two equal ones the first is taken."""
    assert "at sun 2026-10-25 02:30 CEST" in called(tmp_path, "test", "--at", "2026-10-25T02:30").output
    plain = FILE.replace("    during: business_hours\n", "")
    result = called(tmp_path, "test", "--at", "2026-10-25T02:30", text=plain)
    assert "at sun 2026-10-25 02:30 UTC" in result.output


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("taem=support",), "no alert has the label 'taem' (did you mean team?)"),
        (("support",), "'support' is no label with a value"),
        (("team=a", "team=b"), "'team' is given twice"),
        (("severity=page",), "there is no severity 'page'"),
        (("severity=warning", "--severity", "critical"), "the label severity is warning"),
        (("--at", "soon"), "'soon' is no date"),
        (("--at", "0001-01-01"), "is no date"),
        (("--at", "2026-03-29T02:30"), "does not exist in Europe/Paris"),
        (("--severity", "page"), "is not one of"),
        (("--at", "2026"), "'2026' is no date"),
        (("--at", "25:00"), "'25:00' is no date"),
        (("rule=Lo",), "there is no rule 'Lo' (did you mean Low?)"),
        (("rule=Nope",), "there is no rule 'Nope'"),
        (("rule=",), "there is no rule ''"),
        (("rule=Watchdog",), "rule Watchdog is the heartbeat: it goes to whom heartbeat.receivers names"),
        (("rule=Drill",), "rule Drill is a drill: it goes to the receiver that is tried out"),
        (("org=other",), "no such alert is of the org 'other' (there is acme, queuewatch)"),
        (("rule=Low", "org=queuewatch"), "no such alert is of the org 'queuewatch' (there is acme)"),
        (("rule=DestinationGone", "org=acme"), "no such alert is of the org 'acme' (there is queuewatch)"),
    ],
)
def test_wrong_questions(tmp_path: Path, arguments: tuple[str, ...], words: str) -> None:
    """One line, exit code 2."""
    result = called(tmp_path, "test", *arguments)
    assert result.exit_code == 2
    assert words in result.output


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("rule=SourceDown",), "rule=SourceDown, org=acme, severity=critical"),
        (("rule=DestinationGone",), "rule=DestinationGone, org=queuewatch, severity=critical"),
        (("rule=Low",), "rule=Low, org=acme, team=support, severity=critical"),
        (("rule=Low", "team=x", "--severity", "warning"), "rule=Low, team=x, org=acme, severity=warning"),
        (("rule=Both",), "rule=Both, org=acme, team=sales, severity=warning"),
        (("org=queuewatch",), "org=queuewatch, severity=warning"),
        ((), "org=acme, severity=warning"),
    ],
)
def test_what_is_not_said_is_what_it_would_be(tmp_path: Path, arguments: tuple[str, ...], said: str) -> None:
    """The labels, the org and the severity of the rule, built in or not, unless others are given."""
    assert called(tmp_path, "test", *arguments).output.splitlines()[0].startswith(f"{said} at ")


def test_a_time_of_day_is_today(tmp_path: Path) -> None:
    """In the zone of the calendars, or in that of its own offset."""
    today = datetime.now(ZoneInfo("Europe/Paris"))
    # The clock may pass midnight between the two looks at it.
    days = [f"{day:%Y-%m-%d}" for day in (today, today + timedelta(days=1))]
    local = called(tmp_path, "test", "--at", "12:00").output
    assert any(f" {day} 12:00 CE" in local for day in days)
    said = json.loads(called(tmp_path, "test", "--json", "--at", "12:30:15+00:00").output)
    assert said["at"][10:] == "T12:30:15+00:00"


def test_what_takes_no_groups_gets_every_event_alone(tmp_path: Path) -> None:
    """Alertmanager and brokers group by themselves, or not at all."""
    text = (
        HEAD
        + "receivers: {a: {log: true, mqtt: {host: b}, alertmanager: {url: https://e.com}, webhook: {url: "
        "https://e.com}}}\nroutes: [{receivers: a, group: {by: org}}]\n"
    )
    lines = called(tmp_path, "test", text=text).output.splitlines()
    alone = [f"told: a/{way}, at once" for way in ("alertmanager", "mqtt", "log")]
    together = "told: a/webhook, together with what shares org=acme: 30s later, then every 5m"
    assert sorted(lines[3:]) == sorted([*alone, together])
    said = json.loads(called(tmp_path, "test", "--json", text=text).output)["told"]
    assert [one["destination"] for one in said if one["group"] is not None] == ["a/webhook"]


def test_a_wrong_configuration(tmp_path: Path) -> None:
    """Its mistakes are told."""
    for name in ("test", "show"):
        result = called(tmp_path, name, text="orgs: 7")
        assert result.exit_code == 2
        assert "orgs" in result.output


def test_the_tree_is_shown(tmp_path: Path) -> None:
    """As `check` shows it; without routes, who is told everything."""
    lines = called(tmp_path, "show").output.splitlines()
    assert [line.split(":")[0] for line in lines] == ["1", "  1.1", "2", "3"]
    assert lines[2] == "2: team: sales → nobody"
    text = FILE.partition("routes:\n")[0]
    assert called(tmp_path, "show", text=text).output == (
        "no routes: every alert goes to oncall/webhook, lead/log, night/log\n"
    )
    assert called(tmp_path, "show", text=HEAD).output == "no routes: every alert goes to nobody\n"


def test_the_tree_as_json(tmp_path: Path) -> None:
    """What each route takes, who is told by it and when; lengths of time in seconds."""
    said = json.loads(called(tmp_path, "show", "--json").output)
    assert said["destinations"] == ["oncall/webhook", "lead/log", "night/log"]
    first, second, last = said["routes"]
    (inner,) = first.pop("routes")
    assert first == {
        "route": first["route"],
        "match": [{"label": "team", "globs": ["support"], "regex": None}],
        "min_severity": "critical",
        "during": ["business_hours"],
        "not_during": [],
        "told": ["oncall/webhook"],
        "group": {"by": ["org", "queue"], "wait": 0.0, "interval": 300.0},
        "repeat": 14400.0,
        "escalate": [{"after": 900.0, "told": ["lead/log"]}],
        "continue": False,
    }
    assert (inner["group"], inner["continue"], inner["told"][-1]) == (None, True, "night/log")
    assert (second["told"], last["match"], last["told"]) == ([], [], ["night/log"])
