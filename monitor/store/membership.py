"""Pure: what a group keeps of each alert: its newest event, whether that is fresh, what it stands for."""

from __future__ import annotations

from dataclasses import replace

from monitor.model.delivery import Envelope, Held


def stands(kept: Held, newer: Held) -> bool:
    """Return whether `newer` is a note that gives way to the fire, or the end, that is yet to be told.

    It would be told instead, and say neither.
    """
    untold = kept.fresh and not kept.note and (kept.ends or not kept.told)
    return untold and newer.note and newer.sequence > kept.sequence


def replaced(kept: Held, newer: Held) -> Held | None:
    """Return what takes the place of `kept` when `newer` comes in, None where it is no newer."""
    if newer.sequence <= kept.sequence:
        return None
    skipped = kept.skipped + 1 if kept.fresh else 0
    return replace(newer, told=kept.told, skipped=newer.skipped + skipped)


def moved(kept: Held, newer: Envelope | Held) -> Held | None:
    """Return what is left in a group of an alert that from `newer` on is told by another way, if anything.

    A group that was told of it hears that it is over there; its end, if that waits, says so already.
    """
    if not kept.told:
        return None
    if kept.ends:
        return kept
    skipped = kept.skipped + 1 if kept.fresh else 0
    return replace(
        _over(kept),
        event_id=newer.event_id,
        sequence=newer.sequence,
        created_at=newer.created_at,
        skipped=skipped,
    )


def missed(read: Held, *, told: bool) -> Held | None:
    """Return what is put back where a member left while a telling of it, as it was `read`, was made."""
    return _over(read) if told and not read.ends else None


def after(kept: Held, read: Held, *, told: bool) -> Held | None:
    """Return what is left of a member after a telling: None where it goes, being over.

    `read` is the member as the telling was made from it, `told` whether it is in there; `kept` is what is in
    its place by now. An end that there was no room for stays, if the group heard of the beginning.
    """
    heard = not read.ends if told else read.told
    over = read.ends and not heard
    if kept.sequence > read.sequence:
        settled = read.skipped + 1 if read.fresh and (told or over) else 0
        return replace(kept, told=heard, skipped=max(0, kept.skipped - settled))
    if over:
        return None
    return replace(kept, fresh=False, told=heard, skipped=0) if told else kept


def _over(member: Held) -> Held:
    return replace(member, ends=True, note=False, fresh=True, told=True, skipped=0)
