"""What one envelope says: an event, or every member of a group. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from monitor.model.route import Group
from monitor.outbox.envelope import CloudEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """One event, or with `group` all its members.

    Those that were not told yet come first, of these what fires, then the worst, then the oldest.

    `receiver` is the destination it is for, `page` the base URL of our own page, if people reach it.
    `skipped` counts older events that its members took the place of.
    """

    id: str
    receiver: str
    events: tuple[CloudEvent, ...]
    group: Group | None = None
    page: str = ""
    skipped: int = 0
