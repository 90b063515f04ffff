"""`queuewatch silence`, as a person calls it, against a daemon that listens."""

from __future__ import annotations

import getpass
import json
from datetime import timedelta

import pytest

from monitor.model.rule import Matcher
from monitor.model.settings import WebAccess
from tests.builders import EPOCH
from tests.cli.test_queues import rows
from tests.cli.watching import Watched, a_queue
from tests.web.api.desk import Desk, a_silence, an_alert
from tests.web.keys import a_token
from tests.web.making import HOSTILE

WHY = ("--comment", "campaign")


def site() -> Watched:
    """Return a daemon with an alert that fires, and nothing silenced."""
    return Watched(Desk([an_alert("Support")]))


def test_a_silence_is_begun() -> None:
    """Its id, its end, and what it is about now; the owner is whoever is logged in here."""
    here = site()
    done = here.call("silence", "add", "queue=Sup*", "rule=*", "--for", "2h", *WHY)
    end = (EPOCH + timedelta(hours=2)).astimezone()
    assert (done.exit_code, done.stderr) == (0, "")
    assert done.stdout == f"sil_new: quiet until {end:%Y-%m-%d %H:%M:%S %Z}; 1 alert of now fits\n"
    (made,) = here.desk.silences
    assert made.matchers == (Matcher(label="queue", globs=("Sup*",)), Matcher(label="rule", globs=("*",)))
    assert (made.owner, made.comment, made.ends_at) == (getpass.getuser(), "campaign", end)


def test_a_silence_about_nothing_now_says_so() -> None:
    """Most likely it is misspelt; it is begun all the same."""
    here = site()
    done = here.call("silence", "add", "rule=Sprt", "--for", "1h", *WHY)
    assert (done.exit_code, len(here.desk.silences)) == (0, 1)
    assert done.stdout.endswith("; 0 alerts of now fit\n")
    assert done.stderr == "none fits now: `queuewatch alerts` shows how they are called\n"


@pytest.mark.parametrize(
    ("glob", "said"),
    [
        ("Sales*", "no alert fits now, but 2 queues do\n"),
        ("Sales", "no alert fits now, but 1 queue does\n"),
        ("sales*", "no queue fits: capital letters count, and there is 'Sales'\n"),
        ("Sprt", "no queue fits: `queuewatch queues` shows how they are called, capital letters count\n"),
    ],
)
def test_a_pattern_that_no_alert_fits_is_held_against_the_queues(glob: str, said: str) -> None:
    """So that a wrong letter is not found out when the telephone rings."""
    here = Watched(Desk([an_alert("Support")]), [a_queue(name) for name in ("Sales", "Sales 2", "Support")])
    done = here.call("silence", "add", f"queue={glob}", "--for", "1h", *WHY)
    assert (done.exit_code, done.stderr, len(here.desk.silences)) == (0, said, 1)


def test_who_may_not_look_silences_all_the_same() -> None:
    """It has begun; only whether a queue fits is not known."""
    token, known = a_token("desk", "operate")
    here = site()
    here.access = WebAccess(tokens=(known,))
    done = here.call("silence", "add", "queue=Sprt", "--for", "1h", *WHY, QUEUEWATCH_TOKEN=token)
    assert (done.exit_code, len(here.desk.silences)) == (0, 1)
    assert done.stderr == "none fits now: whether there is such a queue is not known\n"


def test_json_is_what_the_daemon_says() -> None:
    """Of every one of the three."""
    here = site()
    words = ("queue=Support", "--until", "2026-11-21T12:00+00:00", "--owner", "kim", *WHY)
    made = json.loads(here.call("silence", "add", *words, "--json").stdout)
    assert (made["silence"]["owner"], made["alerts"]) == ("kim", 1)
    listed = json.loads(here.call("silence", "list", "--json").stdout)
    assert listed["silences"] == [made["silence"]]
    ended = json.loads(here.call("silence", "end", "sil_new", "--json").stdout)
    assert ended["silences"][0]["state"] == "expired"


def test_the_list() -> None:
    """What is not over, the one that ends first at the top; any state where it is said."""
    over = a_silence("sil_0", hours=-1.0, starts_at=EPOCH - timedelta(hours=2))
    odd = a_silence("acme/s1", hours=3.0, matchers=(Matcher(label="queue", regex="S.+"),))
    here = Watched(Desk(silences=[odd, a_silence("sil_1"), over]))
    done = here.call("silence", "list")
    assert (done.exit_code, done.stderr) == (0, "")
    first, second = rows(done.stdout)
    end = (EPOCH + timedelta(hours=1)).astimezone()
    assert first == [
        "sil_1", "active", "queue=Support", f"{end:%Y-%m-%d %H:%M:%S %Z}", "kim", "moving house",
    ]  # fmt: skip
    assert second[:3] == ["acme/s1", "active", "queue=~S.+"]
    assert [row[0] for row in rows(here.call("silence", "list", "--state", "any").stdout)] == [
        "sil_0",
        "sil_1",
        "acme/s1",
    ]
    assert here.call("silence", "list", "--limit", "1").stderr == "there are more: --limit 10\n"


def test_nothing_silenced_is_a_word() -> None:
    """No empty table."""
    assert site().call("silence", "list").output == "nothing is silenced\n"


def test_silences_are_ended() -> None:
    """Several at once; an id may hold a slash, as those do that came over MQTT."""
    here = Watched(Desk(silences=[a_silence("sil_1"), a_silence("acme/s 1?")]))
    done = here.call("silence", "end", "sil_1", "acme/s 1?", "sil_1")
    assert (done.exit_code, done.stderr) == (0, "")
    assert done.stdout == "sil_1 is over: queue=Support\nacme/s 1? is over: queue=Support\n"
    assert [one.ends_at for one in here.desk.silences] == [EPOCH, EPOCH]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["end", "sil_9"], "Error: there is no silence 'sil_9'\n"),
        (["end", "sil_0"], "Error: the silence 'sil_0' is over since "),
        (["add", "quue=x", "--for", "1h", *WHY], "Error: matchers: there is no label 'quue': there is "),
        (
            ["add", "queue=x", "--for", "31d", *WHY],
            "Error: duration: should be after now, and at most 30 days",
        ),
        (["add", "queue=x", "--for", "1h", "--comment", ""], "Error: comment: should say why\n"),
    ],
)
def test_what_the_daemon_refuses_is_said(words: list[str], said: str) -> None:
    """One line, exit code 1."""
    over = a_silence("sil_0", hours=-1.0, starts_at=EPOCH - timedelta(hours=2))
    here = Watched(Desk([an_alert()], silences=[over]))
    done = here.call("silence", *words)
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr.startswith(said)
    assert here.desk.silences == [over]


@pytest.mark.parametrize(
    "words",
    [
        ["add", "--for", "1h", *WHY],
        ["add", "queue=x", "--for", "1h"],
        ["add", "queue=x", *WHY],
        ["add", "queue=x", "--for", "1h", "--until", "09:00", *WHY],
        ["add", "queue", "--for", "1h", *WHY],
        ["add", "queue=", "--for", "1h", *WHY],
        ["add", "=x", "--for", "1h", *WHY],
        ["add", "queue=x", "queue=y", "--for", "1h", *WHY],
        ["add", "queue=x", "--for", "-1h", *WHY],
        ["end"],
        ["list", "--state", "odd"],
    ],
)
def test_what_is_not_clear_is_not_done(words: list[str]) -> None:
    """Exit code 2, and nothing is silenced."""
    here = site()
    done = here.call("silence", *words)
    assert (done.exit_code, here.desk.silences) == (2, [])


def test_hostile_names_come_out_clean() -> None:
    """Nothing that a terminal could obey is printed."""
    odd = a_silence("x", matchers=(Matcher(label=HOSTILE, globs=(HOSTILE,)),), owner=HOSTILE, comment=HOSTILE)
    here = Watched(Desk(silences=[odd]))
    for words in (["list"], ["list", "--json"], ["end", "x"]):
        done = here.call("silence", *words)
        assert (done.exit_code, done.stderr) == (0, "")
        assert all(one.isprintable() for one in done.stdout.split("\n"))
        assert "<script>" in done.stdout
