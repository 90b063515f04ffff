"""Virtual queues: several queues watched as one, such as a business unit."""

from __future__ import annotations

from dataclasses import dataclass

from monitor.model.org import Queue, Selection

PREFIX = "virtual:"
"""What the id of a virtual queue begins with; the ids of real ones are UUIDs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VirtualQueue:
    """A name for the queues that fit every list that is not empty, as in a `Selection`; for all without one.

    `ids` are queue ids, `names` globs (case-sensitive), `divisions` ids or name globs. Names are unique.
    """

    name: str
    ids: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    divisions: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        """What stands in the label `queue_id`."""
        return PREFIX + self.name

    def holds(self, queue: Queue) -> bool:
        """Return whether `queue` is a member."""
        return Selection(ids=self.ids, names=self.names, divisions=self.divisions).holds(queue)
