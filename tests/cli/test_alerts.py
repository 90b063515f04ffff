"""`queuewatch alerts` and `queuewatch ack`, as a person calls them, against a daemon that listens."""

from __future__ import annotations

import getpass
import json
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from monitor.cli import drawing
from monitor.kit.clock import SystemClock
from monitor.model.alert import Acknowledgement, Alert, AlertState, Entity, Evidence
from monitor.model.rule import Burn, Level, Rule, Severity
from monitor.model.settings import WebAccess
from monitor.web.api.looking import identify
from tests.builders import EPOCH
from tests.cli.test_queues import printed, rows
from tests.cli.watching import Watched
from tests.web.api.desk import LONG, LOW, Desk, an_alert
from tests.web.keys import a_token
from tests.web.making import HOSTILE, FakeJournal, a_history, a_try

PENDING: dict[str, Any] = {
    "state": AlertState.PENDING,
    "severity": Severity.WARNING,
    "fired_at": None,
    "told": None,
    "heard": {},
}
OURS = ("Support", "Sales")
WAITS = replace(LONG, metric="queue_longest_wait_seconds")


def two() -> Watched:
    """Return a daemon where one alert fires and another is about to."""
    waits = an_alert("Sales", rule=WAITS, evidence=Evidence(value=75.0), **PENDING)
    return Watched(Desk([waits, an_alert("Support")], (LOW, WAITS)))


def drawn(*alerts: Alert, rules: tuple[Rule, ...] = (LOW, WAITS)) -> list[list[str]]:
    """Return the cells of these alerts at noon, as on a wide screen."""
    found = json.loads(Watched(Desk(list(alerts), rules)).call("alerts", "--state", "any", "--json").stdout)
    return rows(printed(drawing.alerts(found["alerts"], EPOCH + timedelta(hours=3)), 200))


def test_the_worst_comes_first() -> None:
    """How bad, which, value against threshold, since when, and who was told."""
    done = two().call("alerts")
    assert (done.exit_code, done.stderr) == (0, "")
    first, second = rows(done.stdout)
    assert first[:5] == ["critical", "firing", "ServiceLevelLow/Support/voice", "71.2 %", "< 80 %"]
    assert first[6:] == ["oncall/webhook", ""]
    assert second[:5] == ["warning", "pending", "LongWait/Sales/voice", "1 m 15 s", "> 1 m"]
    assert second[6:] == ["nobody", ""]


def test_since_when_is_said_by_the_state() -> None:
    """What fires since it fired, what is pending since it went beyond the threshold."""
    assert [row[5] for row in drawn(an_alert(), an_alert("Sales", **PENDING))] == ["2 h 59 m", "3 h"]


def test_who_has_it_or_why_nobody_is_told() -> None:
    """In the note; also that it is not known now, and that it comes and goes."""
    mine = Acknowledgement(owner="kim", note="on it", at=EPOCH)
    alerts = (
        an_alert("A", acknowledged=mine),
        an_alert("B", muted="silenced:sil_1"),
        an_alert("C", known=False, history=(0, 0, True)),
    )
    assert [row[-1] for row in drawn(*alerts)] == [
        "kim has it: on it",
        "silenced:sil_1",
        "flapping, not known now",
    ]


def test_thresholds_of_every_kind() -> None:
    """A condition that holds, a budget that burns, a value that is not known; org where there are several."""
    truth = Rule(name="Odd", expr="a > b", levels=(Level(severity=Severity.CRITICAL, low=0.5, truth=True),))
    burns = Rule(
        name="Burn",
        metric="service_level_ratio",
        burns=(Burn(severity=Severity.CRITICAL, objective=0.9, long="1h", short="5m", factor=14.4),),
    )
    alerts = (
        an_alert("A", rule=burns, evidence=Evidence(value=20.0)),
        an_alert("A", evidence=Evidence()),
        an_alert("A", rule=truth, evidence=Evidence(value=1.0), org="other"),
    )
    cells = drawn(*alerts, rules=(LOW, truth, burns))
    assert [row[2:6] for row in cells] == [
        ["acme", "Burn/A/voice", "20×", ">= 14.4×"],
        ["acme", "ServiceLevelLow/A/voice", "?", "< 80 %"],
        ["other", "Odd/A/voice", "true", "true"],
    ]


def test_a_value_that_came_back_says_so() -> None:
    """It fires still, by its clear level or its hold; a value that is not known is not back."""
    truth = Rule(name="Odd", expr="a > b", levels=(Level(severity=Severity.CRITICAL, low=0.5, truth=True),))
    back = Evidence(value=0.9)
    alerts = (
        an_alert("A", evidence=back),
        an_alert("B", evidence=back, known=False),
        an_alert("C", evidence=Evidence(value=0.8)),
        an_alert("D", rule=WAITS, severity=Severity.WARNING, evidence=Evidence(value=60.0)),
        an_alert("E", rule=truth, evidence=Evidence(value=0.0)),
        an_alert("F", evidence=back, **{**PENDING, "severity": Severity.CRITICAL}),
    )
    found = {row[2]: row[4] for row in drawn(*alerts, rules=(LOW, WAITS, truth))}
    assert found == {
        "ServiceLevelLow/A/voice": "was < 80 %",
        "ServiceLevelLow/B/voice": "< 80 %",
        "ServiceLevelLow/C/voice": "was < 80 %",
        "LongWait/D/voice": "was > 1 m",
        "Odd/E/voice": "was true",
        "ServiceLevelLow/F/voice": "< 80 %",
    }


def test_destinations_are_told_by_receiver() -> None:
    """So that three ways of one receiver take no more room than they must."""
    assert drawing.told_to(["oncall/mail", "desk/slack", "oncall/mqtt", "all"]) == (
        "oncall (mail, mqtt), desk/slack, all"
    )


@pytest.mark.parametrize(
    ("words", "names"),
    [
        ([], ["Support", "Sales"]),
        (["--state", "firing"], ["Support"]),
        (["--state", "inactive"], ["Night"]),
        (["--state", "any"], ["Support", "Sales", "Night"]),
        (["--severity", "warning"], ["Sales"]),
        (["--rule", "Long*"], ["Sales"]),
        (["--queue", "Sup*"], ["Support"]),
        (["--org", "other"], []),
        (["--limit", "1"], ["Support"]),
    ],
)
def test_the_list_is_narrowed(words: list[str], names: list[str]) -> None:
    """By state, severity, rule, queue and org; without a state what is over is left out."""
    site = two()
    site.desk.kept.append(an_alert("Night", state=AlertState.INACTIVE))
    done = site.call("alerts", "--json", *words)
    assert [one["queue"] for one in json.loads(done.stdout)["alerts"]] == names


def test_there_may_be_more() -> None:
    """It says so; nothing at all is a word."""
    assert two().call("alerts", "--limit", "1").stderr == "there are more: --limit 10\n"
    assert Watched().call("alerts").output == "nothing fires\n"
    assert Watched().call("alerts", "--severity", "warning").output == "no alert is like that\n"


@pytest.mark.parametrize("meant", ["ServiceLevelLow/Support", "support", identify(an_alert())])
def test_one_alert_in_full(meant: str) -> None:
    """Why it is as it is, and what was told of it, the last at the bottom; --json has all of it."""
    site = two()
    about = Entity(key="id-Support/voice", labels={"queue": "Support"})
    later = a_history(a_try(61), minutes=1, name="Support", entity=about, id="evt_2")
    site.desk.journal = FakeJournal([later, a_history(a_try(), name="Support", entity=about)])
    done = site.call("alerts", meant)
    assert (done.exit_code, done.stderr) == (0, "")
    assert done.stdout.startswith("ServiceLevelLow/Support/voice of acme: firing (critical)\n")
    assert f"  id            {identify(an_alert())}\n" in done.stdout
    assert [line[:19] for line in done.stdout.splitlines() if "fired   " in line] == [
        f"{EPOCH.astimezone():%Y-%m-%d %H:%M:%S}",
        f"{(EPOCH + timedelta(minutes=1)).astimezone():%Y-%m-%d %H:%M:%S}",
    ]
    said = json.loads(site.call("alerts", meant, "--json").stdout)
    assert [one["event_id"] for one in said["timeline"]] == ["evt_2", "evt_Support"]


def test_an_alert_of_which_nothing_was_told() -> None:
    """That is a word, and so is a journal that does not answer."""
    site = two()
    assert site.call("alerts", "support").stdout.endswith("\n\nnothing was told of it\n")
    site.desk.journal = FakeJournal(broken=True)
    assert "what was told of it is not known" in site.call("alerts", "support").stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["voice"], "Error: 'voice' is in several names; say one of\n"),
        (["Lost"], "Error: there is no alert 'Lost'\n"),
        (["support", "--org", "x"], "Error: there is no alert 'support' of x\n"),
        (["alr_x"], "Error: there is no such alert: "),
    ],
)
def test_one_alert_has_to_be_meant(words: list[str], said: str) -> None:
    """None or several is exit code 1, for looking as for taking."""
    for command in ("alerts", "ack"):
        site = Watched(Desk([an_alert("Support"), an_alert("Sales")]))
        done = site.call(command, *words)
        assert (done.exit_code, done.stdout) == (1, "")
        assert done.stderr.startswith(said)
        assert not any(one.acknowledged for one in site.desk.kept)


def test_candidates_are_called_as_the_list_calls_them() -> None:
    """By the queue's name; where none of them fires, there is nothing to choose for taking."""
    names = "  ServiceLevelLow/Sales/voice (acme, {0})\n  ServiceLevelLow/Support/voice (acme, {0})\n"
    fire = Watched(Desk([an_alert("Support"), an_alert("Sales")])).call("ack", "voice")
    assert fire.stderr == "Error: 'voice' is in several names; say one of\n" + names.format("firing")
    waits = [an_alert("Support", **PENDING), an_alert("Sales", **PENDING)]
    idle = Watched(Desk(waits)).call("ack", "voice")
    assert (idle.exit_code, idle.stderr) == (1, "Error: none of these fires\n" + names.format("pending"))
    looked = Watched(Desk(waits)).call("alerts", "voice")
    assert looked.stderr == "Error: 'voice' is in several names; say one of\n" + names.format("pending")


def taken(site: Watched) -> dict[str, Acknowledgement]:
    """Return who has what."""
    return {
        one.entity.labels["queue"]: one.acknowledged for one in site.desk.kept if one.acknowledged is not None
    }


def test_taking_an_alert() -> None:
    """With a note, under the name of whoever is logged in here, for this episode."""
    site = two()
    done = site.call("ack", "ServiceLevelLow/Support", "--note", "on it")
    me = getpass.getuser()
    assert (done.exit_code, done.stderr) == (0, "")
    assert done.stdout == f"{me} has ServiceLevelLow/Support/voice (acme)\n"
    assert taken(site) == {"Support": Acknowledgement(owner=me, note="on it", at=EPOCH)}


def test_taking_several_for_a_while() -> None:
    """Each once, until the same moment; --json says what the daemon says."""
    site = Watched(Desk([an_alert("Support"), an_alert("Sales")]))
    done = site.call("ack", "support", "sales", "Support", "--for", "1h30m", "--owner", "kim", "--json")
    assert [one["queue"] for one in json.loads(done.stdout)["alerts"]] == ["Support", "Sales"]
    until = EPOCH + timedelta(minutes=90)
    assert taken(site) == {
        name: Acknowledgement(owner="kim", note="", at=EPOCH, until=until) for name in OURS
    }


def test_what_fires_is_meant_before_what_does_not() -> None:
    """A part of both names takes the one that fires."""
    site = Watched(Desk([an_alert("Support A", **PENDING), an_alert("Support B")]))
    assert site.call("ack", "support", "--owner", "kim").exit_code == 0
    assert list(taken(site)) == ["Support B"]


def test_nothing_is_taken_where_one_is_not_clear() -> None:
    """The first of several is left alone, too."""
    site = two()
    done = site.call("ack", "ServiceLevelLow/Support", "Lost")
    assert (done.exit_code, taken(site)) == (1, {})


def test_what_does_not_fire_cannot_be_taken() -> None:
    """One line, exit code 1."""
    done = two().call("ack", "LongWait/Sales")
    assert (done.exit_code, done.stderr) == (1, "Error: the alert does not fire: there is nothing to take\n")


def test_who_is_known_need_not_say_it() -> None:
    """The daemon's own word for whoever shows a token; another name is told with it."""
    token, known = a_token("desk", "read", "operate")
    for words, owner in (([], "desk"), (["--owner", "kim"], "kim (by desk)")):
        site = two()
        site.access = WebAccess(tokens=(known,))
        assert site.call("ack", "support", *words, QUEUEWATCH_TOKEN=token).exit_code == 0
        assert taken(site)["Support"].owner == owner


def test_until_a_moment() -> None:
    """A date-time of this computer's, or the next such time of day."""
    now = SystemClock().now().astimezone().replace(second=0, microsecond=0)
    for ahead in (timedelta(hours=2), timedelta(hours=-2)):
        site = two()
        site.desk.now = now
        at = now + ahead
        assert site.call("ack", "support", "--until", f"{at:%H:%M}", "--owner", "kim").exit_code == 0
        expected = at if at > now else datetime.combine(at.date() + timedelta(days=1), at.time()).astimezone()
        assert taken(site)["Support"].until == expected
    site = two()
    site.call("ack", "support", "--until", "2026-11-22T10:00+01:00", "--owner", "kim")
    assert taken(site)["Support"].until == EPOCH + timedelta(days=1)


@pytest.mark.parametrize(
    "words",
    [
        ["ack"],
        ["ack", "x", "--for", "soon"],
        ["ack", "x", "--for", "1h", "--until", "09:00"],
        ["ack", "x", "--until", "2026"],
        ["ack", "x", "--until", "25:00"],
        ["ack", "x", "--until", "later"],
        ["alerts", "--state", "odd"],
        ["alerts", "--limit", "0"],
    ],
)
def test_what_is_not_clear_is_not_done(words: list[str]) -> None:
    """Exit code 2."""
    done = two().call(*words)
    assert done.exit_code == 2
    assert "Traceback" not in done.output


def test_what_the_daemon_refuses_is_said() -> None:
    """What is over already, and who may not change anything."""
    done = two().call("ack", "support", "--until", "2026-11-20", "--owner", "kim")
    assert (done.exit_code, done.stderr.startswith("Error: until: should be after now")) == (1, True)
    site = two()
    site.operate = False
    done = site.call("ack", "support")
    assert (done.exit_code, taken(site)) == (1, {})
    assert "--token-file or --user, or let everybody here with web.operate: true" in done.stderr


def test_hostile_names_come_out_clean() -> None:
    """Nothing that a terminal could obey is printed."""
    mine = Acknowledgement(owner=HOSTILE, note=HOSTILE, at=EPOCH)
    site = Watched(Desk([an_alert(HOSTILE, acknowledged=mine, reason=HOSTILE, muted=HOSTILE)]))
    for words in (["alerts"], ["alerts", "--json"], ["alerts", "<script>"], ["ack", "<script>"]):
        done = site.call(*words)
        assert (done.exit_code, done.stderr) == (0, "")
        assert all(one.isprintable() for one in done.stdout.split("\n"))
        assert "<script>" in done.stdout
