"""Which letters somebody means: by row, or by the name of a destination or receiver."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from monitor.kit.text import clean
from monitor.ports import Letters
from monitor.web import reading
from monitor.web.answers import Problem


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """The rows that are meant, those named that are not there, and the destinations that were named."""

    rows: Sequence[int]
    unknown: list[int] = field(default_factory=list)
    destinations: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Choosing:
    """Finds what is meant among `letters`; receivers with their destinations, and all `destinations`."""

    letters: Letters
    receivers: Mapping[str, Collection[str]]
    destinations: Collection[str]

    async def meant(self, name: str) -> Sequence[str]:
        """Return the destinations that a name means: itself, or all of a receiver. Raises Problem.

        One that is not configured any more is known for as long as something of it is in the outbox.
        """
        known = {*self.destinations, *(one for ways in self.receivers.values() for one in ways)}
        if name in known:
            return (name,)
        found = sorted(one for one in known if one.partition("/")[0] == name)
        if not found and not await self.letters.letters(destination=name, limit=1):
            there_are = ", ".join(sorted(known)) or "none"
            raise Problem(404, f"there is no destination {clean(name)!r}: there is {there_are}")
        return found or (name,)

    async def chosen(self, asked: Mapping[str, object], *, whole_waiting: bool) -> Chosen:
        """Return what the body of a request means. Raises Problem.

        With `whole_waiting` a destination may be named without saying whether its dead are meant.
        """
        rows, destination, dead = asked.get("rows"), asked.get("destination"), asked.get("dead")
        if (rows is None) is (destination is None):
            raise Problem(400, "the body should have either rows or destination")
        if rows is not None:
            if dead is not None:
                raise Problem(400, "dead: goes with destination, not with rows")
            return await self._there(_numbers(rows))
        if not isinstance(destination, str) or not destination:
            raise Problem(400, "destination: should be the name of a destination")
        if not isinstance(dead, bool) and not (whole_waiting and dead is None):
            raise Problem(400, "dead: should be true for what is dead, or false for what waits")
        names = await self.meant(destination)
        found = [row for name in names for row in await self._all(name, dead)]
        return Chosen(rows=found, destinations=names)

    async def _there(self, rows: Sequence[int]) -> Chosen:
        there = [row for row in rows if await self.letters.letter(row) is not None]
        unknown = sorted({*rows} - {*there})
        if not there:
            raise Problem(404, f"not in the outbox: {', '.join(map(str, unknown))}")
        return Chosen(rows=there, unknown=unknown)

    async def _all(self, destination: str, dead: bool | None) -> Sequence[int]:  # noqa: FBT001
        """Return every row of a destination there is now."""
        rows: list[int] = []
        while True:
            page = await self.letters.letters(
                destination=destination, dead=dead, after=rows[-1] if rows else 0, limit=reading.LIMIT
            )
            rows += [one.row for one in page]
            if len(page) < reading.LIMIT:
                return rows


def _numbers(rows: object) -> Sequence[int]:
    """Return row numbers, each once. Raises Problem."""
    if not isinstance(rows, list) or not rows or len(rows) > reading.LIMIT:
        raise Problem(400, f"rows: should be a list of 1 to {reading.LIMIT} row numbers")
    if any(isinstance(row, bool) or not isinstance(row, int) or not 0 < row < 2**63 for row in rows):
        raise Problem(400, "rows: should be whole numbers, as the outbox lists them")
    return list(dict.fromkeys(rows))
