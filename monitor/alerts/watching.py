"""Steps the built-in alerts: on a source that gives no answers, on a destination that is gone.

In: when each source was judged, and what a destination said. Out: their alerts, stepped in a turn. What may
not happen: a source called silent before it had the time that its pace gives it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from monitor.alerts.announcing import destination_gone, judgement, patience, source_down
from monitor.alerts.machine import step
from monitor.alerts.turn import Turn
from monitor.model.alert import DESTINATION_GONE, OURSELVES, SOURCE_DOWN
from monitor.model.pace import Pace
from monitor.model.rule import Rule
from monitor.rules.judgement import Judgement

SLACK = 30.0
"""Seconds that judging may be late and still be called in time: a few looks at silent sources."""
ANSWERED, STALE = "answered", "stale"
"""Reasons: all is well again; a source has been silent for as long as its announcement waits."""

Source = tuple[str, str]
"""Org and source."""


@dataclass(slots=True)
class Watch:
    """Knows when each source was judged last, in the loop's seconds, and which answered in this run."""

    _judged_at: dict[Source, float] = field(default_factory=dict, init=False)
    _answered: set[Source] = field(default_factory=set, init=False)

    def elapsed(self, source: Source, moment: float) -> float:
        """Return the seconds since a source was judged; 0 where it never was."""
        return moment - self._judged_at.get(source, moment)

    def answers(self, source: Source) -> None:
        """Note that a source has given a batch."""
        self._answered.add(source)

    def answered(self, org: str, source: str) -> bool:
        """Return whether a source has given a batch in this run."""
        return (org, source) in self._answered

    def heard(self, org: str, source: str) -> bool:
        """Return whether a source has given anything in this run, or was silent for too long."""
        return (org, source) in self._judged_at

    def judged(self, source: Source, moment: float) -> None:
        """Note that a source was judged, or declared unknown."""
        self._judged_at[source] = moment

    def passed_over(self, source: Source) -> None:
        """Note that what a source gave was not judged: the time until it is counts for nothing."""
        self._judged_at.pop(source, None)

    def silent(self, source: Source, pace: Pace, moment: float) -> float:
        """Return the seconds a source has been silent for; 0 where that is no longer than it may be."""
        silent = moment - self._judged_at.setdefault(source, moment)
        return silent if silent > _patience(pace) else 0.0

    def sound(self, paces: Mapping[Source, Pace], moment: float) -> bool:
        """Return whether every source was judged, or declared unknown, in time."""
        return all(
            source in self._judged_at and self.elapsed(source, moment) <= _patience(pace) + SLACK
            for source, pace in paces.items()
        )


def watched(source: Source, pace: Pace | None, reason: str, elapsed: float, turn: Turn) -> None:
    """Step the alert on a source itself: one announcement when it fails, one when it is known again.

    `elapsed` is in seconds; without a `pace` it is not asked any more.
    """
    org, name = source
    if reason == ANSWERED and turn.get((org, SOURCE_DOWN, name)) is None:
        return
    wait = 0.0 if reason == STALE else patience(pace.interval if pace is not None else 0.0)
    said = judgement(name, reason, down=reason != ANSWERED)
    _step(org, source_down(wait), said, elapsed, turn)


def fated(name: str, reason: str, turn: Turn) -> None:
    """Step the alert on a destination: that it is gone for good, or takes what it is sent again."""
    if reason == ANSWERED and turn.get((OURSELVES, DESTINATION_GONE, name)) is None:
        return
    said = judgement(name, reason, down=reason != ANSWERED, label="destination")
    _step(OURSELVES, destination_gone(), said, 0.0, turn)


def _step(org: str, rule: Rule, said: Judgement, elapsed: float, turn: Turn) -> None:
    before = turn.before(org, rule, said)
    turn.put(
        step(before, rule, said.verdicts, said.evidence, reason=said.reason, elapsed=elapsed, now=turn.now)
    )


def _patience(pace: Pace) -> float:
    """Return the seconds a source may be silent before it is called stale."""
    return max(patience(pace.interval), pace.interval + pace.timeout)
