"""Shapes checked by pydantic, complaints in plain words.

A value is never repeated: it may be a secret that stands in the wrong place.
"""

from __future__ import annotations

from collections.abc import Collection
from types import UnionType
from typing import Annotated, Union, get_args, get_origin

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from monitor.config.fields import FAULT
from monitor.config.part import Part
from monitor.config.questions import MOVED
from monitor.config.reading import Data
from monitor.config.report import Report, Trail, meant, show
from monitor.config.schema import ConfigPart

_KEY = "[key]"
"""pydantic's mark, behind a mapping's key, that the key itself is at fault."""

_UNKNOWN = "extra_forbidden"
"""pydantic's error type for a key that the schema does not have."""

_ELSEWHERE = {
    "group_by": "by",
    "group_wait": "wait",
    "group_interval": "interval",
    "repeat_interval": "repeat",
}
"""Words of Alertmanager's routes, and ours: `repeat` is a route's, the others stand below its `group`."""

_COLLECTIONS = {"orgs", "rules", "receivers", "virtual_queues"}

_WORDS = {
    "missing": ("is required", ""),
    "string_type": ("should be text", "put it in quotes"),
    "bool_type": ("should be true or false", ""),
    "int_type": ("should be a whole number", ""),
    "int_from_float": ("should be a whole number", ""),
    "float_type": ("should be a number", ""),
    "finite_number": ("should be a finite number", ""),
    "list_type": ("should be a list", "one line each, beginning with -"),
    "dict_type": ("should be a mapping", "lines of the form key: value"),
    "model_type": ("should be a mapping", "lines of the form key: value"),
}
_BOUNDS = {
    "greater_than": ("gt", "more than"),
    "greater_than_equal": ("ge", "at least"),
    "less_than": ("lt", "less than"),
    "less_than_equal": ("le", "at most"),
}


def shape(data: dict[str, Data], report: Report) -> tuple[ConfigPart, list[int]]:
    """Return what of `data` has the right shape, and the numbers of the rules that were kept.

    Complaints about the rest go to `report`. An org, rule or receiver with a wrong value is left out
    whole, so that the checks across keys can still look at everything else; in other sections only the key
    is. `data` is used up.
    """
    rules = data.get("rules")
    kept = list(range(len(rules))) if isinstance(rules, list) else []
    while True:
        try:
            return ConfigPart.model_validate(data), kept
        except ValidationError as error:
            details = error.errors(include_url=False, include_input=False)
            places = [_written(data, detail["loc"]) for detail in details]
            trails = [_trail(detail, place, kept) for detail, place in zip(details, places, strict=True)]
        wrong: list[Trail] = []
        for detail, place, trail in zip(details, places, trails, strict=True):
            report.add(trail, *_words(detail, trail))
            if detail["type"] == _UNKNOWN:
                _forget(data, place)
            elif trail[0] not in _COLLECTIONS:
                _forget(data, _whole(data, place))
            else:
                wrong.append(trail[:2])
        for trail in dict.fromkeys(wrong):
            _prune(data, trail, kept)


def bare(annotation: object) -> object:
    """Return a type without its checks and without `| None`."""
    while True:
        arguments = get_args(annotation)
        if get_origin(annotation) is Annotated:
            annotation = arguments[0]
        elif get_origin(annotation) in {Union, UnionType} and type(None) in arguments:
            annotation = next(choice for choice in arguments if choice is not type(None))
        else:
            return annotation


def keys(annotation: object) -> dict[str, object]:
    """Return the keys of a mapping with known keys, each with its type; nothing for other types."""
    kind = bare(annotation)
    if not (isinstance(kind, type) and issubclass(kind, Part)):
        return {}
    return {field.alias or name: field.annotation for name, field in kind.model_fields.items()}


def moved(trail: Trail) -> Trail | None:
    """Return where a key of an earlier version is now."""
    sources, old = trail[-3:-2], trail[-2:]
    new = MOVED.get((str(old[0]), str(old[1]))) if sources == ("sources",) else None
    return None if new is None else (*trail[:-2], *new)


def _written(data: dict[str, Data], trail: Trail) -> Trail:
    """Return `trail` as the user wrote it: one thing in the place of a list of one has no number."""
    here: Data = data
    found: list[str | int] = []
    for part in trail:
        if isinstance(part, int) and here is not None and not isinstance(here, list):
            continue
        found.append(part)
        if isinstance(here, list) and isinstance(part, int):
            here = here[part]
        else:
            here = here.get(str(part)) if isinstance(here, dict) else None
    return tuple(found)


def _trail(detail: ErrorDetails, trail: Trail, kept: list[int]) -> Trail:
    if trail[-1] == _KEY and detail["type"] != _UNKNOWN:
        trail = trail[:-1]
    if trail[:1] == ("rules",) and len(trail) > 1:
        return ("rules", kept[int(trail[1])], *trail[2:])
    return trail


def _words(detail: ErrorDetails, trail: Trail) -> tuple[str, str]:
    kind, context = detail["type"], detail.get("ctx", {})
    if kind == FAULT:
        return str(context["problem"]), str(context["hint"])
    if kind == _UNKNOWN and (now := moved(trail)) is not None:
        return "has moved", f"write {show(now)}"
    if kind == _UNKNOWN:
        known = keys(_type_at(detail["loc"][:-1]))
        hint = _elsewhere(str(trail[-1]), known) or meant(str(trail[-1]), known)
        return "unknown key", hint or f"known are {', '.join(known)}"
    if kind == "literal_error":
        return f"should be {context['expected']}", ""
    if kind in _BOUNDS:
        name, words = _BOUNDS[kind]
        return f"should be {words} {context[name]}", ""
    return _WORDS.get(kind, ("is not understood", ""))


def _elsewhere(word: str, known: Collection[str]) -> str:
    """Return the hint for a key of Alertmanager's where one of ours means the same."""
    ours = _ELSEWHERE.get(word, "")
    if ours in known:
        return f"write {ours}"
    return f"write group: {{{ours}: …}}" if ours and "group" in known else ""


def _type_at(trail: Trail) -> object:
    """Return the schema's type at `trail`."""
    kind: object = ConfigPart
    for part in trail:
        inner = keys(kind)
        kind = inner.get(str(part)) if inner else (get_args(bare(kind)) or (None,))[-1]
    return kind


def _whole(data: dict[str, Data], trail: Trail) -> Trail:
    """Return `trail` up to the first list on its way: one wrong item makes the list useless."""
    here: Data = data
    for depth, part in enumerate(trail):
        if isinstance(here, list):
            return trail[:depth]
        here = here.get(str(part)) if isinstance(here, dict) else None
    return trail


def _forget(data: dict[str, Data], trail: Trail) -> None:
    """Take a key out of `data`, so that the rest of its mapping can be looked at."""
    here: Data = data
    owner, last = data, str(trail[0])
    for part in trail:
        if isinstance(here, dict):
            owner, last = here, str(part)
            here = here.get(last)
        elif isinstance(here, list):
            here = here[int(part)]
    owner.pop(last, None)


def _prune(data: dict[str, Data], trail: Trail, kept: list[int]) -> None:
    """Take the org, rule or receiver at `trail` out of `data`; the whole section if that is wrong."""
    section = data.get(str(trail[0]))
    if len(trail) == 1 or not isinstance(section, dict | list):
        data.pop(str(trail[0]), None)
    elif isinstance(section, dict):
        section.pop(str(trail[1]), None)
    else:
        place = kept.index(int(trail[1]))
        del section[place], kept[place]
