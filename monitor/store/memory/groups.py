"""Events that wait for their group, in dictionaries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from monitor.model.delivery import Envelope, Held, RipeGroup
from monitor.model.route import Group
from monitor.store import membership, timing


@dataclass(slots=True)
class Gathering:
    """One group: when it was told last, when it is told next, and the newest event of each alert in it."""

    group: Group
    told_at: datetime | None = None
    due_at: datetime | None = None
    members: dict[tuple[str, str, str], Held] = field(default_factory=dict)


@dataclass(slots=True)
class Groups:
    """Groups by destination and key."""

    _gatherings: dict[tuple[str, str], Gathering] = field(default_factory=dict)

    def hold(self, held: Held) -> tuple[Held, Held] | None:
        """Let an event wait for its group; return what is not told, and what is in its place."""
        place = (held.destination, held.group.key)
        gathering = self._gatherings.get(place) or Gathering(held.group)
        older = gathering.members.get(_name(held))
        if older is not None and membership.stands(older, held):
            return held, older
        newer = held if older is None else membership.replaced(older, held)
        if newer is None:
            return None
        self._gatherings[place] = gathering
        gathering.group = held.group
        gathering.members[_name(held)] = newer
        if gathering.due_at is None:
            told_at = gathering.told_at
            gathering.due_at = timing.due(held.group, created_at=held.created_at, told_at=told_at)
        return (older, held) if older is not None and older.fresh else None

    def move(self, newer: Envelope | Held) -> list[Held]:
        """Let an alert leave every group but the one it is told by from now on; return what is not told."""
        here = newer.group.key if isinstance(newer, Held) else None
        untold = list[Held]()
        for (destination, key), one in self._gatherings.items():
            kept = one.members.get(_name(newer))
            if destination != newer.destination or key == here or kept is None:
                continue
            if kept.sequence < newer.sequence:
                untold += _leave(one, kept, newer)
        return untold

    def disband(self, destination: str) -> list[Held]:
        """Remove the groups of a destination; return what is not told."""
        places = [place for place in self._gatherings if place[0] == destination]
        gone = [self._gatherings.pop(place) for place in places]
        return [held for one in gone for held in one.members.values() if held.fresh]

    def told_at(self, destination: str, key: str) -> datetime | None:
        """Return when a group was told last."""
        found = self._gatherings.get((destination, key))
        return None if found is None else found.told_at

    def ripe(self, now: datetime) -> list[RipeGroup]:
        """Return the groups whose time has come, the longest waiting first."""
        found = [
            (one.due_at, place[0], one)
            for place, one in self._gatherings.items()
            if one.due_at is not None and timing.ripe(one.group, one.due_at, now)
        ]
        found.sort(key=lambda one: one[0])
        return [
            RipeGroup(
                destination=destination,
                group=one.group,
                members=tuple(replace(held, group=one.group) for held in one.members.values()),
            )
            for _, destination, one in found
        ]

    def tell(
        self, ripe: RipeGroup, told: Sequence[Held], now: datetime, *, worth: bool
    ) -> tuple[list[Held], list[Held]]:
        """Write down that a group was told, if it was worth it.

        Return the fresh members that went untold, and those that were replaced but are told nevertheless.
        """
        place = (ripe.destination, ripe.group.key)
        gathering = self._gatherings.get(place)
        if gathering is None:
            return [], []
        untold, late = _tell(gathering, ripe, {_name(one) for one in told})
        fresh = any(one.fresh for one in gathering.members.values())
        gathering.due_at = timing.after(ripe, told, now) if fresh else None
        gathering.told_at = now if worth else None
        if gathering.told_at is None and not gathering.members:
            del self._gatherings[place]
        return untold, late

    def next_due(self) -> datetime | None:
        """Return when the next group's time comes."""
        return min((one.due_at for one in self._gatherings.values() if one.due_at is not None), default=None)

    def forget(self, before: datetime) -> None:
        """Remove the empty groups that may be told again since `before`."""
        for place, one in list(self._gatherings.items()):
            told_at = one.told_at
            if not one.members and told_at is not None and timing.again(one.group, told_at) < before:
                del self._gatherings[place]


def _leave(gathering: Gathering, kept: Held, newer: Envelope | Held) -> list[Held]:
    """Let a member leave; return it if it goes untold."""
    left = membership.moved(kept, newer)
    if left is None:
        del gathering.members[_name(kept)]
    else:
        gathering.members[_name(kept)] = left
        gathering.due_at = min(gathering.due_at or newer.created_at, newer.created_at)
    return [kept] if kept.fresh and left != kept else []


def _tell(
    gathering: Gathering, ripe: RipeGroup, told: set[tuple[str, str, str]]
) -> tuple[list[Held], list[Held]]:
    untold, late = list[Held](), list[Held]()
    for read in ripe.members:
        name = _name(read)
        kept = gathering.members.get(name)
        if kept is None:
            left = membership.missed(read, told=name in told)
            late += [read] if left is not None else []
        else:
            left = membership.after(kept, read, told=name in told)
            late += [read] if name in told and kept.sequence > read.sequence else []
            untold += [read] if left is None and read.fresh and name not in told else []
        if left is not None:
            gathering.members[name] = left
        elif kept is not None:
            del gathering.members[name]
    return untold, late


def _name(held: Envelope | Held) -> tuple[str, str, str]:
    return held.org, held.rule, held.entity
