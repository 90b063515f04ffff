"""Silences: somebody asked for quiet, for a while, and said why."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from monitor.model.rule import Matcher


@dataclass(frozen=True, slots=True, kw_only=True)
class Silence:
    """Quiet for the alerts that fit every one of `matchers`, from `starts_at` until just before `ends_at`.

    Without a matcher it silences nothing: everything at once has to be said (`rule: "*"`). Even that leaves
    out what is said of ourselves (SourceDown, DestinationGone), which only a glob with a part of that name in
    it silences. A label that an alert has not got, or that is empty, fits the empty glob alone.
    """

    id: str
    matchers: tuple[Matcher, ...]
    starts_at: datetime
    ends_at: datetime
    owner: str
    comment: str

    def active(self, now: datetime) -> bool:
        """Return whether it is in force at `now`."""
        return self.starts_at <= now < self.ends_at
