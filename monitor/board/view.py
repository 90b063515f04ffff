"""What somebody wants to see of the wall: filtered, sorted, grouped. Pure.

In: places, and a view as it stands in an address. Out: groups of places. Sorting puts what needs somebody
first: most waiting, lowest level, fewest agents; what is not known comes last.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from monitor.board.standing import STATES, Place, named

SORTS = ("worst", "name", "waiting", "longest_wait", "service_level", "agents")
"""What places can be sorted by."""

GROUPS = ("", "org", "division", "state")
"""What places can be grouped by, beside `label:<name>`."""

FIRING = "firing"
"""The filter for either of the states that fire."""

LABEL = "label:"
"""How a grouping by a rule's label begins."""

Order = tuple[str | int | float, ...]
"""A sort key: finite, of the same types for every place, and never the same for two."""


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """What is wanted; a part left empty asks for nothing.

    `org` is a name, `division` a name in any case or a glob, `text` a part of the queue's name in any case,
    or a glob, or the queue's id; `state` one of `STATES`, or `firing`; `label` is `name=value` (a glob) or
    only `name`.

    Raises:
        ValueError: there is no such state, sort or group; it says which there are.
    """

    org: str = ""
    text: str = ""
    division: str = ""
    state: str = ""
    label: str = ""
    sort: str = "worst"
    group: str = ""

    def __post_init__(self) -> None:
        _among("state", self.state, ("", FIRING, *STATES))
        _among("sort", self.sort, SORTS)
        if not (self.group.startswith(LABEL) and len(self.group) > len(LABEL)):
            _among("group", self.group, GROUPS, f"or {LABEL}NAME")


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Places under one heading. It is empty where there are no groups, and for what belongs to none."""

    heading: str
    places: tuple[Place, ...]


def arrange(places: Iterable[Place], view: View) -> list[Group]:
    """Return what `view` asks for; groups stand in the order of their first places."""
    found: dict[str, list[Place]] = {}
    for place in sorted(chosen(places, view), key=lambda one: order(one, view.sort)):
        found.setdefault(_heading(place, view.group), []).append(place)
    return [Group(heading=heading, places=tuple(several)) for heading, several in found.items()]


def chosen(places: Iterable[Place], view: View) -> list[Place]:
    """Return the places that fit every filter of `view`, in the order they came in."""
    return [place for place in places if _fits(place, view)]


def order(place: Place, sort: str) -> Order:
    """Return what `place` is sorted by, the least first.

    Raises:
        ValueError: there is no such sort.
    """
    line = place.line
    match sort:
        case "worst":
            return place.rank
        case "name":
            return named(line)
        case "waiting":
            return (*_most(line.waiting), *named(line))
        case "longest_wait":
            return (*_most(line.longest_wait), *named(line))
        case "service_level":
            return (*_least(line.level.ratio if line.level else None), *named(line))
        case "agents":
            known = line.agents_available if line.agents_on_queue is None else line.agents_on_queue
            return (*_least(known), *named(line))
        case _:
            raise ValueError(f"sort is one of {', '.join(SORTS)}")


def _most(value: float | None) -> tuple[int, float]:
    return (1, 0.0) if value is None else (0, -value)


def _least(value: float | None) -> tuple[int, float]:
    return (1, 0.0) if value is None else (0, value)


def _fits(place: Place, view: View) -> bool:
    line = place.line
    return (
        (not view.org or line.org == view.org)
        and (not view.text or line.queue_id == view.text or _part(line.queue, view.text))
        and (not view.division or _same(line.division, view.division))
        and (not view.state or place.state == view.state or (view.state == FIRING and _fires(place)))
        and (not view.label or _labelled(line.labels, view.label))
    )


def _fires(place: Place) -> bool:
    return place.state in STATES[:2]


def _part(name: str, text: str) -> bool:
    """Return whether `text` is a part of `name`, or a glob of the whole of it."""
    return text.casefold() in name.casefold() or _same(name, text)


def _same(name: str, wanted: str) -> bool:
    """Return whether `name` is what is wanted, in any case: a name that holds a `*` fits itself, too."""
    folded, pattern = name.casefold(), wanted.casefold()
    return folded == pattern or (_is_glob(pattern) and fnmatchcase(folded, pattern))


def _is_glob(text: str) -> bool:
    return "*" in text or "?" in text


def _labelled(labels: Sequence[tuple[str, str]], wanted: str) -> bool:
    name, given, value = wanted.partition("=")
    return any(label == name and (not given or _same(has, value)) for label, has in labels)


def _heading(place: Place, group: str) -> str:
    line = place.line
    match group:
        case "":
            return ""
        case "org":
            return line.org
        case "division":
            return line.division
        case "state":
            return place.state
        case _:
            name = group.removeprefix(LABEL)
            return ", ".join(value for label, value in line.labels if label == name)


def _among(name: str, given: str, words: Sequence[str], more: str = "") -> None:
    if given not in words:
        listed = ", ".join(word for word in words if word)
        raise ValueError(f"{name} is one of {listed} {more}".rstrip())
