"""Which queues of a directory are watched. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from monitor.model.org import Queue, Selection


def select(queues: Sequence[Queue], selection: Selection) -> tuple[Queue, ...]:
    """Return the queues that fit every list of `selection` that is not empty."""
    return tuple(queue for queue in queues if selection.holds(queue))


def missing(queues: Sequence[Queue], selection: Selection) -> tuple[str, ...]:
    """Return the selected ids that the directory does not show."""
    known = {queue.id for queue in queues}
    return tuple(queue_id for queue_id in selection.ids if queue_id not in known)
