"""Events that wait for their group, in dictionaries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from monitor.model.delivery import Held, RipeGroup
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

    def hold(self, held: Held) -> Held | None:
        """Let an event wait for its group; return the fresh one whose place it took."""
        place = (held.destination, held.group.key)
        gathering = self._gatherings.get(place) or Gathering(held.group)
        older = gathering.members.get(_name(held))
        newer = held if older is None else membership.replaced(older, held)
        if newer is None:
            return None
        self._gatherings[place] = gathering
        gathering.group = held.group
        gathering.members[_name(held)] = newer
        if gathering.due_at is None:
            told_at = gathering.told_at
            gathering.due_at = timing.due(held.group, created_at=held.created_at, told_at=told_at)
        return older if older is not None and older.fresh else None

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

    def tell(self, ripe: RipeGroup, told: Sequence[Held], now: datetime, *, worth: bool) -> list[Held]:
        """Write down that a group was told, if it was worth it; return the fresh members that went untold."""
        place = (ripe.destination, ripe.group.key)
        gathering = self._gatherings.get(place)
        if gathering is None:
            return []
        untold = _tell(gathering, ripe, {_name(one) for one in told})
        fresh = any(one.fresh for one in gathering.members.values())
        gathering.due_at = timing.again(ripe.group, now) if fresh else None
        gathering.told_at = now if worth else None
        if gathering.told_at is None and not gathering.members:
            del self._gatherings[place]
        return untold

    def next_due(self) -> datetime | None:
        """Return when the next group's time comes."""
        return min((one.due_at for one in self._gatherings.values() if one.due_at is not None), default=None)

    def forget(self, before: datetime) -> None:
        """Remove the empty groups that may be told again since `before`."""
        for place, one in list(self._gatherings.items()):
            told_at = one.told_at
            if not one.members and told_at is not None and timing.again(one.group, told_at) < before:
                del self._gatherings[place]


def _tell(gathering: Gathering, ripe: RipeGroup, told: set[tuple[str, str, str]]) -> list[Held]:
    untold = list[Held]()
    for read in ripe.members:
        name = _name(read)
        if name not in gathering.members:
            continue
        left = membership.after(gathering.members[name], read, told=name in told)
        if left is not None:
            gathering.members[name] = left
            continue
        del gathering.members[name]
        if read.fresh and name not in told:
            untold.append(read)
    return untold


def _name(held: Held) -> tuple[str, str, str]:
    return held.org, held.rule, held.entity
