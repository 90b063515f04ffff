"""Reads request bodies: each getter gives a checked value or raises `Flaw` (400) naming the field. Pure."""

import math
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from monitor.simulator.asked import Asked
from monitor.simulator.guides.flaw import Flaw
from monitor.simulator.refusal import Refusal

LONGEST = timedelta(days=30)
"""The guides' limit for the span of one query."""


@dataclass(frozen=True, slots=True)
class Body:
    """A JSON object and where it stands in the request (`at` ends in a dot, or is empty)."""

    fields: Mapping[str, object]
    at: str = ""

    def texts(self, name: str, allowed: Collection[str] | None = None) -> tuple[str, ...]:
        """A list of strings with at least one member, without repetitions."""
        found = self.fields.get(name)
        if not isinstance(found, list) or not found:
            raise self.flaw(name, "must be a list that is not empty")
        for item in found:
            if not isinstance(item, str) or (allowed is not None and item not in allowed):
                raise self.flaw(name, f"has the unsupported value {item!r}")
        return tuple(dict.fromkeys(found))

    def text(self, name: str) -> str:
        """A string; empty where it is absent."""
        found = self.fields.get(name, "")
        if not isinstance(found, str):
            raise self.flaw(name, "must be a string")
        return found

    def only(self, name: str, *allowed: str) -> str:
        """One of some strings; the first of them where it is absent."""
        found = self.fields.get(name, allowed[0])
        if not isinstance(found, str) or found not in allowed:
            raise self.flaw(name, f"must be one of {', '.join(allowed)}")
        return found

    def whole(self, name: str, *, highest: int) -> int:
        """A whole number from 1 on; the highest where it is absent."""
        found = self.fields.get(name, highest)
        if isinstance(found, bool) or not isinstance(found, int) or not 1 <= found <= highest:
            raise self.flaw(name, f"must be a whole number from 1 to {highest}")
        return found

    def number(self, name: str) -> float:
        """A number as JSON knows it: quoted ones are none."""
        found = self.fields.get(name)
        if isinstance(found, bool) or not isinstance(found, int | float) or not math.isfinite(found):
            raise self.flaw(name, "must be a number")
        return found

    def inner(self, name: str) -> "Body":
        """An object within this one."""
        return a_body(self.fields.get(name), f"{self.at}{name}")

    def several(self, name: str) -> list["Body"]:
        """A list of objects; empty where it is absent."""
        found = self.fields.get(name, [])
        if not isinstance(found, list):
            raise self.flaw(name, "must be a list")
        return [a_body(item, f"{self.at}{name}[{place}]") for place, item in enumerate(found)]

    def span(self, start: str, end: str, longest: timedelta | None = None) -> tuple[datetime, datetime]:
        """Two moments, the first before the second and at most `longest` apart."""
        first, last = self._moment(start), self._moment(end)
        if first >= last:
            raise self.flaw(start, f"must be before {end}")
        if longest is not None and last - first > longest:
            raise self.flaw(end, f"is more than {longest.days} days after {start}")
        return first, last

    def flaw(self, name: str, problem: str) -> Flaw:
        """The refusal that says what is wrong with a field."""
        return Flaw(400, f"{self.at}{name} {problem}.", field=f"{self.at}{name}")

    def _moment(self, name: str) -> datetime:
        try:
            found = datetime.fromisoformat(self.text(name))
        except ValueError as error:
            raise self.flaw(name, "must be a date and time") from error
        if found.tzinfo is None:
            raise self.flaw(name, "must say its offset from UTC")
        return found.astimezone(UTC)


def a_body(value: object, name: str = "") -> Body:
    """A value that has to be an object; `name` is empty for the whole request body."""
    if not isinstance(value, dict):
        raise Flaw(400, f"{name or 'The body'} must be an object.", field=name or "body")
    return Body(value, f"{name}." if name else "")


def read(asked: Asked) -> Body:
    """The body of a request."""
    try:
        document = asked.document
    except Refusal as error:
        raise Flaw(400, "The body is not valid JSON.", field="body") from error
    return a_body(document)


def position(text: str) -> int | None:
    """A page number in an address, from 1 on; None for anything else."""
    return int(text) if re.fullmatch(r"[1-9][0-9]{0,8}", text) else None


def known(ids: Sequence[str], existing: Collection[str], name: str) -> list[str]:
    """Those ids that exist; raises Flaw (404) naming them all when none does."""
    found = [one for one in ids if one in existing]
    if not found:
        raise Flaw(404, f"Not found: {', '.join(ids)}.", field=name)
    return found


def iso(moment: datetime) -> str:
    """A moment in UTC as the guides write it, whole seconds and a Z."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
