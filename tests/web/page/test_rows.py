"""A queue as one row: every figure in words, unknown never zero."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from monitor.board.standing import Place
from monitor.model.alert import Acknowledgement, Alert, AlertState, alert_id
from monitor.model.board import MediaLine
from monitor.model.rule import Rule
from monitor.web.page.rows import Row, faults, row
from tests.builders import EPOCH, SUPPORT
from tests.web.page.making import HIGH, LOW, a_level, a_line, an_alert


def shown(*alerts: Alert, stale: bool = False, **line: Any) -> Row:
    """Return the row of a queue."""
    as_of = EPOCH - timedelta(minutes=3) if stale else None
    return row(Place(line=a_line(**line), alerts=alerts, stale=stale, as_of=as_of), EPOCH)


def test_a_row_has_every_figure_in_words() -> None:
    """Level with what it is of, waiting, longest wait, agents on queue and available."""
    found = shown()
    assert (found.level, found.of) == ("90 %", "43 of 48 within 20 s · 15m")
    assert (found.waiting, found.longest, found.agents) == ("2", "12 s", "4")
    assert (found.available, found.free) == ("1 available", "1 free")
    assert (found.ratio, found.target, found.tight) == ("90", "80", False)
    assert (found.state, found.word, found.link) == ("ok", "OK", "")


def test_what_is_not_known_is_a_dash() -> None:
    """No figure that is not known is shown as 0."""
    found = shown(waiting=None, longest_wait=None, agents_on_queue=None, agents_available=None, level=None)
    assert (found.level, found.waiting, found.longest, found.agents) == ("–", "–", "–", "–")
    assert (found.ratio, found.available) == ("", "")
    assert found.state == "unknown"


def test_an_idle_level_is_idle() -> None:
    """Where nothing was offered there is neither a ratio nor a bar."""
    found = shown(level=a_level(None, idle=True), waiting=0.0, interacting=0.0)
    assert (found.level, found.ratio, found.state) == ("idle", "", "idle")


def test_available_agents_stand_in_where_nobody_says_who_is_on_queue() -> None:
    """A platform that knows only who is available shows these, and says so."""
    found = shown(agents_on_queue=None, agents_available=3.0)
    assert (found.agents, found.available, found.free) == ("3", "available", "free")
    assert shown(agents_available=None).available == ""


def test_more_available_than_on_queue_are_not_shown() -> None:
    """Idle members who have not joined would read as a mistake: only how many are on queue is said."""
    found = shown(agents_on_queue=6.0, agents_available=7.0)
    assert (found.agents, found.available) == ("6", "")
    assert shown(agents_on_queue=6.0, agents_available=6.0).available == "6 available"


def test_media_are_told_apart_where_several_wait() -> None:
    """Two media types that both have somebody waiting are named; one alone is not."""
    voice = MediaLine(media="voice", waiting=2.0, interacting=0.0, longest_wait=1.0)
    chat = replace(voice, media="chat", waiting=5.0)
    assert shown(media=(voice, chat)).media == "voice 2 · chat 5"
    assert shown(media=(voice, replace(chat, waiting=0.0))).media == ""


def test_a_firing_alert_makes_the_state_and_the_link() -> None:
    """The worst alert says how bad it is, since when, and where to read more."""
    found = shown(an_alert())
    assert (found.state, found.word) == ("critical", "Critical")
    assert found.since is not None
    assert found.since.iso == "2026-11-21T08:50:00Z"
    assert found.link == alert_id("acme", "ServiceLevelLow", f"{SUPPORT}/voice")
    assert (found.reason, shown().reason) == ("ServiceLevelLow", "")


def test_notes_say_who_has_it_and_who_is_not_told() -> None:
    """An owner, a silence, other quiet and several alerts are noted."""
    ack = Acknowledgement(owner="anna", note="", at=EPOCH)
    assert shown(an_alert(acknowledged=ack)).notes == ("anna has it",)
    assert shown(an_alert(acknowledged=ack)).handled
    assert shown(an_alert(muted="silenced:s1")).notes == ("silenced",)
    assert shown(an_alert(muted="inhibited:Cause")).notes == ("nobody is told",)
    two = shown(an_alert(), an_alert("Waiting"))
    assert (two.notes, two.more, two.aside) == (("2 alerts",), "+1", "")
    taken = shown(an_alert(acknowledged=ack), an_alert("Waiting", acknowledged=ack))
    assert (taken.notes, taken.more, taken.aside) == (("anna has it", "2 alerts"), "+1", "anna has it")


def test_a_stale_row_says_as_of_when() -> None:
    """Old figures stay, marked with the date they are of."""
    found = shown(stale=True)
    assert (found.stale, found.waiting) == (True, "2")
    assert found.as_of is not None
    assert found.as_of.text == "08:57:00 UTC"


def test_hidden_characters_of_names_are_taken_out() -> None:
    """Bidi overrides, escapes and endless names cannot reach the page."""
    found = shown(queue="\u202egnillib\x1b[2J", division="x" * 10_000)
    assert found.name == "gnillib [2J"
    assert len(found.division) == 200
    assert shown(queue="").name == SUPPORT


def test_the_figures_an_alert_is_about_are_known() -> None:
    """A metric, the names in an expression and a burn rate point at figures; no alert, none."""
    rules = {one.name: one for one in (LOW, HIGH, Rule(name="Both", expr="queue_agents_on_queue == 0"))}
    place = Place(line=a_line(), alerts=(an_alert(), an_alert("Waiting"), an_alert("Both")))
    assert faults(place, rules) == {"level", "waiting", "agents"}
    assert faults(Place(line=a_line()), rules) == frozenset()
    pending = Place(line=a_line(), alerts=(an_alert("Gone", state=AlertState.PENDING),))
    assert faults(pending, rules) == frozenset()


def test_agents_who_are_free_are_told_from_those_on_queue() -> None:
    """A rule on who is available marks that figure, wherever it stands, and not how many are on queue."""
    rules = {"Free": Rule(name="Free", metric="queue_agents_available")}
    assert faults(Place(line=a_line(), alerts=(an_alert("Free"),)), rules) == {"available"}
    guide = a_line(agents_on_queue=None, agents_available=0.0)
    assert faults(Place(line=guide, alerts=(an_alert("Free"),)), rules) == {"agents"}
    both = Rule(name="Free", expr="queue_agents_available < 1 and queue_agents_on_queue > 3")
    assert faults(Place(line=a_line(), alerts=(an_alert("Free"),)), {"Free": both}) == {"available", "agents"}


def test_a_medium_below_its_target_does_not_hide_behind_the_one_shown() -> None:
    """Its own figure is a note, and the bar of the one that is well stays calm."""
    chat = a_level(0.05, media="chat")
    found = shown(levels=(a_level(), chat))
    assert (found.state, found.level, found.tight, found.notes) == ("below", "90 %", False, ("chat 5 %",))
    alone = shown(level=chat, levels=(chat,))
    assert (alone.tight, alone.notes) == (True, ())


def test_a_medium_of_which_nothing_is_known_is_named() -> None:
    """The queue is unknown, and one sees by which of its media."""
    found = shown(levels=(a_level(), a_level(None, media="chat", met=None, offered=None)))
    assert (found.state, found.notes) == ("unknown", ("chat unknown",))
