"""When a source was judged and what that says; which silences are kept; until when somebody has an alert."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from monitor.alerts.book import Book
from monitor.alerts.silencing import Silencing
from monitor.alerts.taking import lapsed
from monitor.alerts.turn import Turn
from monitor.alerts.watching import ANSWERED, SLACK, Watch, fated, watched
from monitor.model.alert import Acknowledgement
from monitor.model.pace import Pace
from monitor.model.rule import Matcher
from monitor.model.silence import Silence
from monitor.store.memory import MemoryStore
from tests.builders import EPOCH
from tests.outbox.making import an_alert

QUEUES, PACE = ("acme", "queues"), Pace(10.0, 10.0)
PATIENCE = 30.0
"""Seconds that such a source may be silent."""


def test_time_counts_from_the_last_judgement() -> None:
    """Nothing counts before the first one, nor what passed while results could not be judged."""
    watch = Watch()
    assert watch.elapsed(QUEUES, 100.0) == 0.0
    watch.judged(QUEUES, 100.0)
    assert watch.elapsed(QUEUES, 107.0) == 7.0
    watch.passed_over(QUEUES)
    watch.passed_over(QUEUES)
    assert watch.elapsed(QUEUES, 117.0) == 0.0


def test_a_source_is_silent_once_its_time_is_up() -> None:
    """It is given its time from the first look on; then the seconds are said until it is judged."""
    watch = Watch()
    assert [watch.silent(QUEUES, PACE, at) for at in (5.0, 5.0 + PATIENCE)] == [0.0, 0.0]
    assert watch.silent(QUEUES, PACE, 6.0 + PATIENCE) == PATIENCE + 1.0
    watch.judged(QUEUES, 6.0 + PATIENCE)
    assert watch.silent(QUEUES, PACE, 7.0 + PATIENCE) == 0.0


def test_all_is_sound_a_little_longer_than_a_source_may_be_silent() -> None:
    """Looks at silent sources may be late by as much; a source that was never judged is not sound."""
    watch = Watch()
    assert not watch.sound({QUEUES: PACE}, 0.0)
    watch.judged(QUEUES, 0.0)
    assert watch.sound({QUEUES: PACE}, PATIENCE + SLACK)
    assert not watch.sound({QUEUES: PACE}, PATIENCE + SLACK + 1.0)
    assert not watch.sound({QUEUES: PACE, ("acme", "directory"): PACE}, 0.0)


def test_a_failure_is_a_word_and_no_answer() -> None:
    """A source that only failed was heard, but nobody knows its figures."""
    watch = Watch()
    assert not watch.heard(*QUEUES)
    watch.judged(QUEUES, 0.0)
    assert (watch.heard(*QUEUES), watch.answered(*QUEUES)) == (True, False)
    watch.answers(QUEUES)
    assert watch.answered(*QUEUES)


def test_what_answers_has_no_alert_until_it_fails() -> None:
    """No alert is made to say that a source or a destination is well."""
    turn = Turn(Book(), EPOCH, EPOCH)
    watched(QUEUES, PACE, ANSWERED, 10.0, turn)
    fated("hook", ANSWERED, turn)
    assert turn.changed == {}
    watched(QUEUES, PACE, "error", 10.0, turn)
    fated("hook", "gone", turn)
    assert len(turn.changed) == 2


async def test_a_silence_takes_the_place_of_its_former_self() -> None:
    """Whoever holds the list of before keeps it as it was."""
    silencing = Silencing(MemoryStore())
    first, second = (
        Silence(
            id=id,
            matchers=(Matcher(label="rule", globs=("*",)),),
            starts_at=EPOCH,
            ends_at=EPOCH + timedelta(hours=1),
            owner="ann",
            comment="",
        )
        for id in ("s1", "s2")
    )
    await silencing.put(first)
    await silencing.put(second)
    before = silencing.kept
    over = replace(first, ends_at=EPOCH)
    await silencing.put(over)
    assert list(before) == [first, second]
    assert list(silencing.kept) == [second, over]


def test_an_acknowledgement_is_over_at_its_date() -> None:
    """At the second it names and not before; one without a date is not over while the alert fires."""
    ack = Acknowledgement(owner="ann", note="", at=EPOCH, until=EPOCH + timedelta(minutes=5))
    alert = replace(an_alert(), acknowledged=ack)
    assert not lapsed(alert, EPOCH + timedelta(minutes=5, seconds=-1))
    assert lapsed(alert, EPOCH + timedelta(minutes=5))
    assert not lapsed(replace(alert, acknowledged=replace(ack, until=None)), EPOCH + timedelta(days=9))
    assert not lapsed(replace(alert, acknowledged=None), EPOCH)
