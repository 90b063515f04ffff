"""Decides in one turn what is told of every alert that fires or changed, and makes the events of it.

In: a turn whose alerts were stepped, the silences. Out: the same turn, with what is said written down. What
may not happen: that thousands of firing alerts keep others from their turn.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from monitor.alerts.announcing import built_in
from monitor.alerts.book import Book
from monitor.alerts.events import event
from monitor.alerts.hushing import Hush, Unions, labels
from monitor.alerts.telling import Said, owed, timely, told
from monitor.alerts.turn import Turn, place
from monitor.model.alert import Alert, AlertEvent
from monitor.model.inhibition import Inhibition
from monitor.model.route import Reach
from monitor.model.rule import Rule, Severity
from monitor.model.silence import Silence
from monitor.rules.judging import Judge

Route = Callable[[Mapping[str, str], Severity, datetime], Reach]
"""Says whom an alert with these labels goes to at a moment."""

BREATH = 100
"""Alerts looked at before others have their turn: a few milliseconds."""


@dataclass(frozen=True, slots=True)
class Voice:
    """Tells by `rules`, `inhibitions` and `route`.

    `judges` and `home`, the source that is waited for, are by (org, rule). `heard` says whether an alert's
    source has answered in this run; before, nobody knows what mutes it.
    """

    book: Book
    rules: Mapping[str, Rule]
    inhibitions: tuple[Inhibition, ...]
    route: Route
    judges: Mapping[tuple[str, str], Judge]
    home: Mapping[tuple[str, str], str]
    unions: Unions
    heard: Callable[[Alert], bool]

    async def tell(self, turn: Turn, silences: Sequence[Silence], *, remind: bool) -> None:
        """Hush or tell every alert that changed, and every one whose fire was kept back in this run.

        With `remind`, also those that somebody is to hear of again, or later than others.
        """
        firing = {place(alert): alert for alert in self.book.firing()} | turn.changed
        now, hush = turn.now, None
        for number, (where, alert) in enumerate(firing.items()):
            if number % BREATH == 0:
                await asyncio.sleep(0)
            unchanged, said_so = where not in turn.changed, alert.told is alert.severity
            if unchanged and ((said_so and not remind) or not self.heard(alert)):
                continue
            reach = self.route(labels(alert, self.rules), alert.severity, now)
            current = timely(alert, now)
            if unchanged and current is alert and said_so and not any(owed(alert, reach, now)):
                continue
            hush = hush or self._hush(firing, silences, now)
            muted = hush.why(alert, now)
            hushed = current if current.muted == muted else replace(current, muted=muted)
            spoken, said = told(hushed, reach, now)
            if spoken != self.book.get(*where):
                turn.changed[where] = spoken
            self.say(spoken, said, alert.told, turn)

    def say(self, alert: Alert, said: Said | None, before: Severity | None, turn: Turn) -> None:
        """Write down as an event what is said, if anything is; `before` is the severity told before."""
        if said is not None:
            turn.events.append(self._event(alert, said, before, turn))

    def _event(self, alert: Alert, said: Said, before: Severity | None, turn: Turn) -> AlertEvent:
        rule = self.rules.get(alert.rule) or built_in(alert.rule)
        judge = self.judges.get((alert.org, alert.rule))
        levels = judge.levels(turn.now) if judge is not None else rule.levels
        return event(
            alert, rule, said, before=before, levels=levels, now=turn.now, observed_at=turn.observed_at
        )

    def _hush(
        self, firing: Mapping[tuple[str, str, str], Alert], silences: Sequence[Silence], now: datetime
    ) -> Hush:
        active = [one for one in silences if one.active(now)]
        return Hush(self.rules, self.home, active, self.inhibitions, self.unions, firing)
