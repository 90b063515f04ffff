"""What stands beside the wall."""

from __future__ import annotations

from datetime import timedelta

from monitor.board.standing import Place
from monitor.model.alert import AlertState
from monitor.model.delivery import Backlog
from monitor.model.rule import Matcher
from monitor.model.silence import Silence
from monitor.web.page import panels
from monitor.web.page.asking import asked
from tests.builders import EPOCH
from tests.web.page.making import a_line, a_source, an_alert


def test_counts_lead_to_the_queues_they_count() -> None:
    """Each state with its number and an address of all that were counted; the chosen one's takes it back."""
    found = {one.state: one for one in panels.tallies({"ok": 3}, asked({"state": "ok", "q": "a"}))}
    assert (found["ok"].many, found["ok"].chosen, found["ok"].address) == (3, True, "?")
    assert (found["critical"].many, found["critical"].address) == (0, "?state=critical")
    assert (found["below"].word, found["below"].short) == ("Below target, no alert", "Below, no alert")
    board = panels.tallies({}, asked({"board": "1", "org": "acme"}))
    assert board[0].address == "?board=1&org=acme&state=critical"


def test_an_org_is_as_its_worst_queue() -> None:
    """Queues, alerts that fire, and the state of the worst."""
    worst = Place(line=a_line(), alerts=(an_alert(),))
    alerts = [an_alert(), an_alert("Waiting", state=AlertState.PENDING)]
    (found,) = panels.orgs({"acme": (worst, 12)}, alerts, asked({}))
    assert (found.queues, found.firing, found.word) == (12, 1, "Critical")
    assert found.address == "?org=acme"


def test_a_source_in_trouble_stands_first_and_is_named() -> None:
    """The banner names stale ones, whose figures are old; where there is none, those that fail."""
    several = (
        a_source(),
        a_source("service_level", up=False, error="HTTP 503"),
        a_source("directory", up=None, observed_at=None, age=None),
        a_source("workitems", up=False, stale=True, observed_at=None, error="\x1b[31mrefused"),
        a_source("agents", up=False, stale=True),
    )
    found = panels.sources(several, EPOCH)
    words = {one.source: one.word for one in found}
    assert words == {
        "queues": "Answers",
        "service_level": "Failing",
        "directory": "Waiting",
        "workitems": "No answer yet",
        "agents": "Stale",
    }
    assert [one.source for one in found[-2:]] == ["directory", "queues"]
    assert [one.source for one in panels.late(found)] == ["agents", "workitems"]
    assert [one.source for one in panels.late(found[2:])] == ["service_level"]
    assert panels.late(found[3:]) == []
    assert next(one for one in found if one.source == "workitems").error == "[31mrefused"


def test_a_destination_with_dead_letters_or_none_at_all_is_in_trouble() -> None:
    """Dead letters and a destination that is gone are warnings, a backlog is not yet one."""
    backlog = [
        Backlog(destination="b", depth=2, oldest=EPOCH - timedelta(minutes=4), dead=0),
        Backlog(destination="c", depth=0, oldest=None, dead=1),
        Backlog(destination="d", depth=0, oldest=None, dead=0),
        Backlog(destination="a", depth=0, oldest=None, dead=0),
    ]
    found = panels.deliveries(backlog, {"d"}, EPOCH)
    states = {one.name: one.state for one in found}
    assert list(states) == ["a", "b", "c", "d"]
    assert states == {"a": "ok", "b": "pending", "c": "warning", "d": "warning"}
    assert found[1].oldest is not None


def test_a_silence_says_about_what_until_when_and_why() -> None:
    """Globs and patterns of every matcher, the owner and the comment; what ends first at the top."""
    silence = Silence(
        id="s1",
        matchers=(
            Matcher(label="rule", globs=("Low*", "High")),
            Matcher(label="queue", regex="Sup.*"),
        ),
        starts_at=EPOCH,
        ends_at=EPOCH + timedelta(hours=1),
        owner="ben",
        comment="moving desks",
    )
    (found,) = panels.silences([silence], EPOCH)
    assert found.about == "rule Low* or High, queue ~Sup.*"
    assert (found.id, found.owner, found.comment) == ("s1", "ben", "moving desks")
    assert found.until is not None
    assert found.until.text == "10:00:00 UTC"


def test_filters_offer_what_there_is() -> None:
    """Organisations, divisions and names of labels, each once, sorted, without empty ones."""
    lines = (a_line(), a_line(org="b", division="", labels=(("site", "x"), ("team", "y"))))
    found = panels.options([Place(line=one) for one in lines])
    assert found == {"orgs": ["acme", "b"], "divisions": ["Home"], "labels": ["site", "team"]}
