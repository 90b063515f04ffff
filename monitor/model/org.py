"""Organisations, divisions and queues, as the platform's directory shows them."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase

ALL_MEDIA = "all"
"""The media label of a figure that does not distinguish media."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """The service level a queue promises for one media type: `ratio` (0–1) within `seconds`."""

    media: str
    ratio: float | None
    seconds: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    """One queue; identity is `id`, the name may change. Names are already cleaned."""

    id: str
    name: str
    division_id: str = ""
    division: str = ""
    targets: tuple[Target, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Which queues to watch: ids, name globs and divisions (ids or name globs).

    A queue is watched when it fits every list that is not empty; ids are enough by themselves.
    """

    ids: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    divisions: tuple[str, ...] = ()

    def holds(self, queue: Queue) -> bool:
        """Return whether `queue` fits every list that is not empty."""
        return (
            (not self.ids or queue.id in self.ids)
            and (not self.names or _matches(queue.name, self.names))
            and (
                not self.divisions
                or queue.division_id in self.divisions
                or _matches(queue.division, self.divisions)
            )
        )


def _matches(name: str, globs: tuple[str, ...]) -> bool:
    return any(fnmatchcase(name, glob) for glob in globs)
