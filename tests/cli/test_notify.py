"""`queuewatch notify test`, as a person calls it, against a daemon that listens."""

from __future__ import annotations

import json
import threading
import time

import pytest
from click.testing import CliRunner, Result

from monitor.cli.notify import command
from monitor.model.alert import DRILL, EventKind
from monitor.model.delivery import History, Try
from tests.web.making import HOSTILE, RECEIVERS, Site, a_history, a_letter, a_try, served


def drill(site: Site, *arguments: str, wait: str = "10s") -> Result:
    """Try a receiver out with a daemon that serves `site`."""
    with served(site.app()) as url:
        return CliRunner().invoke(command, ["test", *arguments, "--wait", wait, "--url", url])


def journal(fired: tuple[Try, ...], resolved: tuple[Try, ...]) -> list[History]:
    """Return what the journal says of the two events of a drill."""
    return [
        a_history(*fired, id="evt_fired", rule=DRILL, drill=True),
        a_history(*resolved, id="evt_resolved", kind=EventKind.RESOLVED, rule=DRILL, drill=True),
    ]


def a_site(fired: tuple[Try, ...], resolved: tuple[Try, ...]) -> Site:
    """Return a site whose drill is answered at once."""
    site = Site(journal=[a_history(a_try(outcome="rejected"), id="evt_other", rule=DRILL)])
    site.drilled = lambda: site.journal.kept.extend(journal(fired, resolved))
    return site


BOTH = (a_try(0.4), a_try(2, "oncall/mqtt"))


def test_every_destination_took_it() -> None:
    """A line each, with how long it took until both events were there; exit code 0."""
    site = a_site(BOTH, (a_try(1.5), a_try(2, "oncall/mqtt")))
    done = drill(site, "oncall")
    assert (done.exit_code, done.stderr, site.drills) == (0, "", ["oncall"])
    assert done.stdout == "✓ oncall/mqtt took it, after 2 s\n✓ oncall/webhook took it, after 1.5 s\n"


def test_one_refused_it() -> None:
    """Its reason, and exit code 1: although the others took it, and without waiting for more."""
    refused = a_try(1, "oncall/webhook", "rejected", reason="status", detail="422 no such service")
    done = drill(a_site((refused, BOTH[1]), BOTH[1:]), "oncall")
    assert done.exit_code == 1
    assert "✗ oncall/webhook refused it: rejected, status, 422 no such service\n" in done.stdout
    assert "✓ oncall/mqtt took it" in done.stdout


def test_the_verdicts_as_json() -> None:
    """Whether each took it, with the line that is printed otherwise; the exit code is the same."""
    refused = a_try(1, "oncall/webhook", "rejected", reason="status", detail="422")
    done = drill(a_site((refused, BOTH[1]), BOTH[1:]), "oncall", "--json")
    said = json.loads(done.stdout)
    assert (done.exit_code, said["receiver"]) == (1, "oncall")
    assert said["verdicts"] == [
        {"destination": "oncall/mqtt", "took": True, "line": "✓ oncall/mqtt took it, after 2 s"},
        {
            "destination": "oncall/webhook",
            "took": False,
            "line": "✗ oncall/webhook refused it: rejected, status, 422",
        },
    ]


@pytest.mark.parametrize("outcome", ["gone", "expired", "dropped"])
def test_what_ends_without_delivery_is_a_refusal(outcome: str) -> None:
    """Gone, expired or thrown away: nobody will get it."""
    done = drill(a_site((a_try(outcome=outcome), BOTH[1]), BOTH), "oncall")
    assert (done.exit_code, f"✗ oncall/webhook refused it: {outcome}\n" in done.stdout) == (1, True)


def test_an_end_without_a_beginning_reached_nobody() -> None:
    """The first was skipped, the second is there: no pager rang. An end may be skipped."""
    skipped = a_try(0.1, "oncall/webhook", "skipped")
    done = drill(a_site((skipped, BOTH[1]), BOTH), "oncall")
    assert done.exit_code == 1
    assert "✗ oncall/webhook gets its end alone: the drill itself was skipped\n" in done.stdout
    assert drill(a_site((skipped, BOTH[1]), BOTH[1:]), "oncall").exit_code == 1
    assert drill(a_site(BOTH, (skipped, BOTH[1])), "oncall").exit_code == 0


def test_a_single_destination_is_tried() -> None:
    """By the name that routes take, where the daemon knows it as one."""
    site = a_site(BOTH, BOTH)
    site.receivers = {**RECEIVERS, "oncall/webhook": ("oncall/webhook",)}
    done = drill(site, "oncall/webhook")
    assert (done.exit_code, site.drills) == (0, ["oncall/webhook"])
    assert done.stdout == "✓ oncall/webhook took it, after 400 ms\n"


def test_what_a_destination_said_last_is_told() -> None:
    """A drill that waits behind others, or for a pause to end, has no error of its own."""
    site = a_site(BOTH[1:], BOTH[1:])
    site.letters.kept = {
        1: a_letter(1, destination="oncall/mqtt", last="refused: not this one"),
        2: a_letter(2, reason="rejected", last="rejected: dead"),
        3: a_letter(3),
        4: a_letter(4, last="status: 401, check its URL"),
    }
    done = drill(site, "oncall", wait="10ms")
    assert done.exit_code == 3
    said = "… oncall/webhook has not taken it yet; what it said last: status: 401, check its URL\n"
    assert done.stdout == "✓ oncall/mqtt took it, after 2 s\n" + said


def test_its_own_error_is_enough() -> None:
    """What it said of the drill is not said twice."""
    down = a_try(1, "oncall/webhook", "retried", reason="timeout", detail="no answer")
    site = a_site((down, BOTH[1]), BOTH[1:])
    site.letters.kept = {1: a_letter(1, last="timeout: no answer")}
    done = drill(site, "oncall", wait="10ms")
    assert "… oncall/webhook has not taken it yet: timeout, no answer\n" in done.stdout


def test_a_destination_that_is_gone_is_told() -> None:
    """With what makes it try again."""
    site = a_site(BOTH[1:], BOTH[1:])
    site.letters.kept = {1: a_letter(1, last="gone: 410")}
    site.disabled = {"oncall/webhook"}
    done = drill(site, "oncall", wait="10ms")
    assert done.exit_code == 3
    again = "`queuewatch outbox retry --destination oncall/webhook` tries again"
    assert f"… oncall/webhook has not taken it yet; it said that it is gone: {again}\n" in done.stdout


def test_one_is_still_waiting() -> None:
    """Why, and where to look; exit code 3."""
    down = a_try(1, "oncall/webhook", "retried", reason="timeout", detail="no answer")
    done = drill(a_site((down, BOTH[1]), BOTH[1:]), "oncall", wait="10ms")
    assert done.exit_code == 3
    assert "… oncall/webhook has not taken it yet: timeout, no answer\n" in done.stdout
    assert done.stderr == "no answer within 10ms: `queuewatch outbox list` shows what waits\n"


def test_half_a_drill_is_not_taken() -> None:
    """The end has to arrive as well as the beginning."""
    done = drill(a_site(BOTH, BOTH[:1]), "oncall", wait="10ms")
    assert done.exit_code == 3
    assert "… oncall/mqtt has not taken it yet\n" in done.stdout


def test_a_refusal_weighs_more_than_a_wait() -> None:
    """Exit code 1 where one refused it and another still waits."""
    done = drill(a_site((a_try(outcome="rejected"),), ()), "oncall", wait="10ms")
    assert done.exit_code == 1
    assert "… oncall/mqtt has not taken it yet\n" in done.stdout


def test_a_late_answer_is_waited_for() -> None:
    """What the journal does not know yet is asked for again, and no longer than needed."""
    site = a_site((), ())
    first = site.drilled

    def later() -> None:
        site.journal.kept.extend(journal(BOTH, BOTH))

    def drilled() -> None:
        first()
        threading.Timer(0.4, later).start()

    site.drilled = drilled
    started = time.monotonic()
    assert drill(site, "oncall").exit_code == 0
    assert time.monotonic() - started < 5
    assert len(site.journal.wanted) > 1


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("nobody",), 1, "there is no receiver 'nobody': there is oncall, team"),
        (("oncall", "--wait", "soon"), 2, "soon"),
        ((), 2, "RECEIVER"),
    ],
)
def test_what_cannot_be_tried(words: tuple[str, ...], code: int, said: str) -> None:
    """An unknown receiver is exit code 1, a wrong word 2."""
    site = Site()
    with served(site.app()) as url:
        done = CliRunner().invoke(command, ["test", *words, "--url", url])
    assert (done.exit_code, site.drills) == (code, [])
    assert said in done.stderr


def test_a_daemon_that_may_not_be_changed_says_how() -> None:
    """Exit code 1, and what would let somebody in."""
    done = drill(Site(operate=False), "oncall")
    assert done.exit_code == 1
    assert "web.operate: true" in done.stderr


def test_hostile_reasons_come_out_clean() -> None:
    """What a destination says is printed without what a terminal could obey."""
    refused = a_try(1, "oncall/webhook", "rejected", reason=HOSTILE, detail=HOSTILE)
    waits = a_try(1, "oncall/mqtt", "retried", reason=HOSTILE, detail=HOSTILE)
    site = a_site((refused, waits), ())
    done = drill(site, "oncall", wait="10ms")
    assert done.output.count("<script>") == 3
    assert all(line.isprintable() for line in done.output.split("\n"))
    site = a_site((), ())
    site.letters.kept = {1: a_letter(1, last=HOSTILE)}
    done = drill(site, "oncall", wait="10ms")
    assert "<script>" in done.output
    assert all(line.isprintable() for line in done.output.split("\n"))


def test_without_a_daemon_one_line_says_what_to_do() -> None:
    """Exit code 1."""
    done = CliRunner().invoke(command, ["test", "oncall", "--url", "http://127.0.0.1:9"])
    assert (done.exit_code, done.stderr.count("\n")) == (1, 1)
    assert "queuewatch run" in done.stderr


@pytest.mark.parametrize("words", [[], ["test"]])
def test_help_shows_an_example(words: list[str]) -> None:
    """Each says how it is called."""
    assert "Example: queuewatch notify test" in CliRunner().invoke(command, [*words, "--help"]).output
