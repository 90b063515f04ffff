"""What one batch, or one tick, changes: kept apart until it is committed."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from datetime import datetime
from operator import attrgetter

from monitor.alerts.book import Book
from monitor.model.alert import Alert, AlertEvent, Entity
from monitor.model.rule import Rule
from monitor.rules.judgement import Judgement

Place = tuple[str, str, str]
"""Org, rule and entity key of an alert."""


def place(alert: Alert) -> Place:
    """Return where an alert stands."""
    return alert.org, alert.rule, alert.entity.key


@dataclass(slots=True)
class Turn:
    """Alerts as they will be, and what is said of them, over a book that still says how they were."""

    book: Book
    now: datetime
    observed_at: datetime
    changed: dict[Place, Alert] = field(default_factory=dict)
    events: list[AlertEvent] = field(default_factory=list)

    def get(self, where: Place) -> Alert | None:
        """Return an alert as this turn has it."""
        return self.changed.get(where) or self.book.get(*where)

    def before(self, org: str, rule: Rule, judgement: Judgement) -> Alert:
        """Return the alert that a judgement is about, a new one where there is none."""
        return self.get((org, rule.name, judgement.key)) or Alert(
            org=org,
            rule=rule.name,
            severity=rule.levels[0].severity,
            entity=Entity(key=judgement.key, labels=judgement.labels or {}),
        )

    def put(self, alert: Alert) -> None:
        """Write an alert."""
        self.changed[place(alert)] = alert

    def lasting(self) -> list[Alert]:
        """Return what a restart must know of; fresh evidence alone is not it."""
        return [
            alert
            for where, alert in self.changed.items()
            if (before := self.book.get(*where)) is None or _enduring(before) != _enduring(alert)
        ]


_FRESH = {"evidence", "known", "unknown_for"}
_enduring = attrgetter(*(one.name for one in fields(Alert) if one.name not in _FRESH))
