"""What a key takes: in words for people, and as JSON Schema for editors. One reading of the types for both.

In: a type as `monitor.config` writes it, with its validators. Out: a Kind. What may not happen: a schema that
refuses what queuewatch takes; where a check cannot be said in JSON Schema, the schema takes more.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic.fields import FieldInfo
from pydantic.functional_validators import AfterValidator, BeforeValidator

from docs.generating.words import WORDS
from monitor.config.part import Part
from monitor.config.regions import REGIONS
from monitor.kit import durations
from monitor.model.catalogue import judgeable
from monitor.model.metric import PLATFORM_PREFIX

Schema = dict[str, Any]

DURATION: Schema = {"type": "string", "pattern": r"^([0-9]+(\.[0-9]+)?(ms|s|m|h|d))+$"}
"""What durations look like; how long they may be is in the description."""

MAPPING = "mapping"

_NULL: Schema = {"type": "null"}
_OFF: Schema = {"enum": ["off", False, None]}


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A type: `words` as Markdown, `schema`, and the mapping it is or holds, `part`, `many` of them if so.

    `many` is "map" where names of the user's own lead to them, "list" where they stand in a row.
    """

    words: str
    schema: Schema
    part: type[Part] | None = None
    many: Literal["", "map", "list"] = ""
    duration: bool = False


def kind(annotation: object, refer: Callable[[type[Part]], Schema]) -> Kind:
    """Return what a type takes. `refer` gives the schema that stands for another mapping."""
    base, metadata = _apart(annotation)
    found = _lasting(metadata) or _known(base, metadata) or _plain(base, metadata, refer)
    for one in metadata:
        if isinstance(one, BeforeValidator):
            found = _widened(found, one.func)
    return found


def _apart(annotation: object) -> tuple[object, tuple[object, ...]]:
    if get_origin(annotation) is Annotated:
        base, *metadata = get_args(annotation)
        return base, tuple(metadata)
    return annotation, ()


def _told(function: object) -> tuple[str, dict[str, Any]]:
    """Return which of the validators a function is, and what it was made with."""
    if isinstance(function, partial):
        low, high = function.args
        return function.func.__qualname__, {"low": low, "high": high}
    if not inspect.isfunction(function):
        return str(function), {}
    return function.__qualname__, dict(inspect.getclosurevars(function).nonlocals)


def _lasting(metadata: tuple[object, ...]) -> Kind | None:
    """Return the kind of a duration, however it is told."""
    for one in metadata:
        name, made = _told(one.func) if isinstance(one, BeforeValidator) else ("", {})
        match name.partition(".")[0]:
            case "_between":
                return _duration(made["low"], made["high"])
            case "duration_or_off":
                low, high = (made["low"], made["high"])
                found = _duration(low, high)
                return replace(
                    found, words=f"{found.words}, or `off`", schema={"anyOf": [found.schema, _OFF]}
                )
            case "choice":
                shown = [durations.show(each) for each in made["lengths"]]
                return Kind(words=_or(shown), schema={**DURATION}, duration=True)
            case "length":
                others = list(made["others"])
                words = "duration" + (f", or {_or(others)}" if others else "")
                schema = {"anyOf": [DURATION, {"enum": others}]} if others else {**DURATION}
                return Kind(words=words, schema=schema)
    return None


def _duration(low: float, high: float) -> Kind:
    bounds = f"{durations.show(low)} to {durations.show(high)}" if low else f"at most {durations.show(high)}"
    return Kind(words=f"duration, {bounds}", schema={**DURATION, "description": bounds}, duration=True)


def _known(base: object, metadata: tuple[object, ...]) -> Kind | None:
    """Return the kind of one of the house's types of text."""
    for other, words in WORDS:
        origin, own = _apart(other)
        if own and base == origin and all(one is two for one, two in zip(own, metadata, strict=False)):
            schema: Schema = {"type": "string", **_pattern(metadata)}
            if words == "region":
                schema = {"type": "string", "examples": list(REGIONS)}
            if words == "metric":
                names = judgeable()
                schema = {"enum": [*names, *(PLATFORM_PREFIX + name for name in names)]}
            return Kind(words=words, schema=schema) if base is str else None
    return None


def _pattern(metadata: tuple[object, ...]) -> Schema:
    """Return the pattern of a text, if it has one that JavaScript's engine reads alike."""
    for one in metadata:
        if isinstance(one, AfterValidator):
            _, made = _told(one.func)
            pattern = made.get("pattern")
            if isinstance(pattern, str) and not any(odd in pattern for odd in ("(?s:", r"\Z", "(?<!")):
                return {"pattern": f"^(?:{pattern})$"}
    return {}


def _plain(base: object, metadata: tuple[object, ...], refer: Callable[[type[Part]], Schema]) -> Kind:
    origin, arguments = get_origin(base), get_args(base)
    if isinstance(base, type) and issubclass(base, Part):
        return Kind(words=MAPPING, schema=refer(base), part=base)
    if origin in {Union, UnionType}:
        (inner,) = (one for one in arguments if one is not type(None))
        found = kind(inner, refer)
        return replace(found, schema=_either(found.schema, _NULL))
    if origin is Literal:
        return Kind(words=_or([str(one) for one in arguments]), schema={"enum": list(arguments)})
    if origin is list:
        return _list(kind(arguments[0], refer))
    if origin is dict:
        return _map(kind(arguments[1], refer))
    return _scalar(base, metadata)


def _list(item: Kind) -> Kind:
    words = "list of mappings" if item.words == MAPPING else f"list of: {item.words}"
    return replace(item, words=words, schema={"type": "array", "items": item.schema}, many="list")


def _map(item: Kind) -> Kind:
    words = "mapping of names of your own" if item.part is not None else f"mapping to: {item.words}"
    return replace(
        item, words=words, schema={"type": "object", "additionalProperties": item.schema}, many="map"
    )


def _scalar(base: object, metadata: tuple[object, ...]) -> Kind:
    if base is bool:
        return Kind(words="`true` or `false`", schema={"type": "boolean"})
    if base in {int, float}:
        bounds, schema = _bounds(metadata)
        number = "integer" if base is int else "number"
        return Kind(
            words=f"{'whole ' if base is int else ''}number{bounds}", schema={"type": number, **schema}
        )
    if base is object:
        return Kind(words="text or mapping", schema={})
    return Kind(words="text", schema={"type": "string"})


_BOUNDS = {
    "ge": ("minimum", "at least"),
    "gt": ("exclusiveMinimum", "more than"),
    "le": ("maximum", "at most"),
    "lt": ("exclusiveMaximum", "less than"),
}


def _bounds(metadata: tuple[object, ...]) -> tuple[str, Schema]:
    """Return the bounds of a number, in words and as a schema."""
    words, schema = [], Schema()
    for field in metadata:
        for check in field.metadata if isinstance(field, FieldInfo) else ():
            for name, (key, said) in _BOUNDS.items():
                bound = getattr(check, name, None)
                if bound is not None:
                    words.append(
                        f"{said} {bound:,}".replace(",", " ") if bound >= 10_000 else f"{said} {bound}"
                    )
                    schema[key] = bound
    return (f", {', '.join(words)}" if words else ""), schema


def _widened(found: Kind, function: object) -> Kind:
    """Return a kind with what a validator lets in besides."""
    name, _ = _told(function)
    if name.startswith("nothing_as"):
        return replace(found, schema=_either(found.schema, _NULL))
    widen = _WIDER.get(name)
    return found if widen is None else widen(found)


def _one_or_several(found: Kind) -> Kind:
    item = found.schema["items"]
    words = (
        "one mapping, or a list of them"
        if found.part
        else f"one or a list of: {found.words.removeprefix('list of: ')}"
    )
    return replace(found, words=words, schema=_either(found.schema, item, _NULL))


def _conditions(found: Kind) -> Kind:
    return replace(
        found,
        words="labels, each with a glob, a list of globs, or `{regex: …}`",
        schema=_either(found.schema, _NULL),
        many="",
        part=None,
    )


def _pattern_or_globs(found: Kind) -> Kind:
    glob: Schema = {"type": "string"}
    regex = {
        "type": "object",
        "properties": {"regex": glob},
        "required": ["regex"],
        "additionalProperties": False,
    }
    return replace(found, schema=_either(glob, {"type": "array", "items": glob, "minItems": 1}, regex))


def _named(found: Kind) -> Kind:
    return replace(
        found, words="one or a list of receivers", schema=_either(found.schema, found.schema["items"])
    )


def _steps(found: Kind) -> Kind:
    return replace(_one_or_several(found), schema=_either(found.schema, found.schema["items"], _OFF))


_WIDER: dict[str, Callable[[Kind], Kind]] = {
    "several": _one_or_several,
    "_several": lambda found: _one_or_several(found) if found.many == "list" else found,
    "_conditions": _conditions,
    "_pattern": _pattern_or_globs,
    "_named": _named,
    "_steps": _steps,
    "_policy": lambda found: replace(
        found, words="`hold`, `alert` or `ok`, or a mapping", schema=_either({"type": "string"}, found.schema)
    ),
    "_window": lambda found: replace(
        found, words="length, or mapping", schema=_either(DURATION, found.schema)
    ),
    "_tls": lambda found: replace(
        found, words=f"`true`, or a {found.words}", schema=_either({"type": "boolean"}, found.schema)
    ),
    "switched_off": lambda found: replace(
        found, words=f"{found.words}, or `off`", schema=_either(found.schema, _OFF)
    ),
    "_version": lambda found: replace(found, schema={"enum": [5, *found.schema["enum"]]}),
}
"""What the validators that come before a type let in besides, by their names."""


def _either(*schemas: Schema) -> Schema:
    """Return a schema of which one of several has to fit, without nesting."""
    flat: list[Schema] = []
    for one in schemas:
        for each in one["anyOf"] if set(one) == {"anyOf"} else [one]:
            if each not in flat:
                flat.append(each)
    return flat[0] if len(flat) == 1 else {"anyOf": flat}


def _or(words: list[str]) -> str:
    *most, last = (f"`{word}`" for word in words)
    return f"{', '.join(most)} or {last}" if most else last
