"""`queuewatch notify test`, as a person calls it, against a daemon that listens."""

from __future__ import annotations

import threading
import time

import pytest
from click.testing import CliRunner, Result

from monitor.cli.notify import command
from monitor.model.alert import DRILL
from monitor.model.delivery import History, Try
from tests.web.making import HOSTILE, Site, a_history, a_try, served


def drill(site: Site, *arguments: str, wait: str = "10s") -> Result:
    """Try a receiver out with a daemon that serves `site`."""
    with served(site.app()) as url:
        return CliRunner().invoke(command, ["test", *arguments, "--wait", wait, "--url", url])


def journal(fired: tuple[Try, ...], resolved: tuple[Try, ...]) -> list[History]:
    """Return what the journal says of the two events of a drill."""
    return [
        a_history(*fired, id="evt_fired", rule=DRILL, drill=True),
        a_history(*resolved, id="evt_resolved", rule=DRILL, drill=True),
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


@pytest.mark.parametrize("outcome", ["gone", "expired", "dropped"])
def test_what_ends_without_delivery_is_a_refusal(outcome: str) -> None:
    """Gone, expired or thrown away: nobody will get it."""
    done = drill(a_site((a_try(outcome=outcome), BOTH[1]), BOTH), "oncall")
    assert (done.exit_code, f"✗ oncall/webhook refused it: {outcome}\n" in done.stdout) == (1, True)


def test_a_newer_event_may_take_the_place_of_the_first() -> None:
    """Coalesced: the first is skipped, the second there, and that is all there is to get."""
    skipped = a_try(0.1, "oncall/webhook", "skipped")
    assert drill(a_site((skipped, BOTH[1]), BOTH), "oncall").exit_code == 0
    done = drill(a_site((skipped, BOTH[1]), BOTH[1:]), "oncall", wait="10ms")
    assert done.exit_code == 3


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
    """Exit code 1 and the line of the configuration that is missing."""
    done = drill(Site(operate=False), "oncall")
    assert done.exit_code == 1
    assert "web.operate: true" in done.stderr


def test_hostile_reasons_come_out_clean() -> None:
    """What a destination says is printed without what a terminal could obey."""
    refused = a_try(1, "oncall/webhook", "rejected", reason=HOSTILE, detail=HOSTILE)
    waits = a_try(1, "oncall/mqtt", "retried", reason=HOSTILE, detail=HOSTILE)
    done = drill(a_site((refused, waits), ()), "oncall", wait="10ms")
    assert done.output.count("<script>") == 4
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
