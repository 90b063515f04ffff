"""Which queues of a directory are watched. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase

from monitor.model.org import Queue, Selection


def select(queues: Sequence[Queue], selection: Selection) -> tuple[Queue, ...]:
    """Return the queues that fit every list of `selection` that is not empty."""
    return tuple(queue for queue in queues if _fits(queue, selection))


def missing(queues: Sequence[Queue], selection: Selection) -> tuple[str, ...]:
    """Return the selected ids that the directory does not show."""
    known = {queue.id for queue in queues}
    return tuple(queue_id for queue_id in selection.ids if queue_id not in known)


def _fits(queue: Queue, selection: Selection) -> bool:
    return (
        (not selection.ids or queue.id in selection.ids)
        and (not selection.names or _matches(queue.name, selection.names))
        and (
            not selection.divisions
            or queue.division_id in selection.divisions
            or _matches(queue.division, selection.divisions)
        )
    )


def _matches(name: str, globs: Sequence[str]) -> bool:
    return any(fnmatchcase(name, glob) for glob in globs)
