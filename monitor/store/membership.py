"""Pure: what a group keeps of each alert: its newest event, whether that is fresh, what it stands for."""

from __future__ import annotations

from dataclasses import replace

from monitor.model.delivery import Held


def replaced(kept: Held, newer: Held) -> Held | None:
    """Return what takes the place of `kept` when `newer` comes in, None where it is no newer."""
    if newer.sequence <= kept.sequence:
        return None
    skipped = kept.skipped + 1 if kept.fresh else 0
    return replace(newer, told=kept.told, skipped=newer.skipped + skipped)


def after(kept: Held, read: Held, *, told: bool) -> Held | None:
    """Return what is left of a member after a telling: None where it goes, being over.

    `read` is the member as the telling was made from it, `told` whether it is in there; `kept` is what is in
    its place by now. Of something newer the group has heard only if it was told and that was not the end.
    """
    heard = (read.told or told) and not read.ends
    if kept.sequence > read.sequence:
        settled = read.skipped + 1 if read.fresh and (told or read.ends) else 0
        return replace(kept, told=heard, skipped=max(0, kept.skipped - settled))
    if read.ends:
        return None
    return replace(kept, fresh=False, told=heard, skipped=0) if told else kept
