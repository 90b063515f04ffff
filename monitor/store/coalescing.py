"""Pure: what of the envelopes that wait under one key still counts, where a destination wants only that."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from monitor.model.alert import DRILL, ENDINGS, EventKind
from monitor.model.delivery import GROUP_KEY, NOTES

_BEGINNINGS = frozenset({EventKind.FIRED, EventKind.UNKNOWN})


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """One of them: `attempts` were made to send it, and it took the place of `skipped` older ones."""

    row: int
    event_id: str
    rule: str
    kind: EventKind
    attempts: int
    skipped: int


def left(key: str, queue: Sequence[Waiting]) -> list[Waiting]:
    """Return what is still to be sent of a queue, in its order, the rest counted in what comes after it.

    That is the newest that says whether the alert fires, the newest note after it, whoever has taken it, and
    the first ending where its beginning was sent, or may have been: what a receiver made of that would stand
    for ever. A telling of
    a group stands for members that the next one has no more, and a drill is wanted whole.
    """
    if key.startswith(GROUP_KEY) or any(one.rule == DRILL for one in queue):
        return list(queue)
    wanted = (_newest(queue), _owed(queue), _taken(queue))
    kept = {queue[-1].row, *(one.row for one in wanted if one is not None)}
    found = list[Waiting]()
    skipped = 0
    for one in queue:
        if one.row not in kept:
            skipped += one.skipped + 1
            continue
        found.append(replace(one, skipped=one.skipped + skipped))
        skipped = 0
    return found


def skipped(queue: Sequence[Waiting], left: Sequence[Waiting]) -> Iterator[tuple[Waiting, Waiting]]:
    """Yield what went, each with what took its place."""
    rest = iter(left)
    newer = next(rest)
    for one in queue:
        if one.row == newer.row:
            newer = next(rest, newer)
        else:
            yield one, newer


def _newest(queue: Sequence[Waiting]) -> Waiting | None:
    return next((one for one in reversed(queue) if one.kind not in NOTES), None)


def _taken(queue: Sequence[Waiting]) -> Waiting | None:
    """Return the newest acknowledgement after the newest that says whether the alert fires."""
    for one in reversed(queue):
        if one.kind is EventKind.ACKNOWLEDGED:
            return one
        if one.kind not in NOTES:
            return None
    return None


def _owed(queue: Sequence[Waiting]) -> Waiting | None:
    """Return the first ending whose beginning does not wait here untried."""
    for one in queue:
        if one.kind in ENDINGS:
            return one
        if one.kind in _BEGINNINGS and not one.attempts:
            return None
    return None
