"""What a key takes: in words for people, and as JSON Schema for editors. One reading of the types for both.

In: a type as `monitor.config` writes it, with its validators. Out: a Kind. What may not happen: a schema that
refuses what queuewatch takes; where a check cannot be said in JSON Schema, the schema takes more, and a
validator that may let more in, and of which nothing is said here, is an error.
"""
# ruff: noqa: SLF001  (what a private validator lets in is said here, and nowhere else)

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic.fields import FieldInfo
from pydantic.functional_validators import AfterValidator, BeforeValidator, PlainValidator, WrapValidator

from docs.generating.describing import Undescribed
from docs.generating.words import WORDS
from monitor.config import branches, calendars, conditions, fields, questions, ways, webfile
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
    """Return what a type takes. `refer` gives the schema that stands for another mapping.

    Raises:
        Undescribed: nobody says what one of its validators lets in.
    """
    base, metadata = _apart(annotation)
    found = _lasting(metadata) or _known(base, metadata) or _plain(base, metadata, refer)
    for one in metadata:
        if isinstance(one, BeforeValidator | PlainValidator | WrapValidator):
            found = _widened(found, one.func)
    return found


def _apart(annotation: object) -> tuple[object, tuple[object, ...]]:
    if get_origin(annotation) is Annotated:
        base, *metadata = get_args(annotation)
        return base, tuple(metadata)
    return annotation, ()


def _told(function: object) -> tuple[object, dict[str, Any]]:
    """Return which of the validators a function is, or what makes such, and what it was made with."""
    if isinstance(function, partial):
        low, high = function.args
        return function.func, {"low": low, "high": high}
    if not inspect.isfunction(function):
        return function, {}
    made = dict(inspect.getclosurevars(function).nonlocals)
    for maker in _MAKERS:
        if function.__code__ in maker.__code__.co_consts:
            return maker, made
    return function, made


def _lasting(metadata: tuple[object, ...]) -> Kind | None:
    """Return the kind of a duration, however it is told."""
    for one in metadata:
        maker, made = _told(one.func) if isinstance(one, BeforeValidator) else (None, {})
        read = _LASTING.get(maker)
        if read is not None:
            return read(made)
    return None


def _duration_or_off(made: dict[str, Any]) -> Kind:
    found = _duration(made["low"], made["high"])
    return replace(found, words=f"{found.words}, or `off`", schema={"anyOf": [found.schema, _OFF]})


def _choice(made: dict[str, Any]) -> Kind:
    shown = [durations.show(each) for each in made["lengths"]]
    return Kind(words=_or(shown), schema={**DURATION}, duration=True)


def _length(made: dict[str, Any]) -> Kind:
    others = list(made["others"])
    words = "duration" + (f", or {_or(others)}" if others else "")
    schema = {"anyOf": [DURATION, {"enum": others}]} if others else {**DURATION}
    return Kind(words=words, schema=schema)


def _duration(low: float, high: float) -> Kind:
    bounds = f"{durations.show(low)} to {durations.show(high)}" if low else f"at most {durations.show(high)}"
    return Kind(words=f"duration, {bounds}", schema={**DURATION, "description": bounds}, duration=True)


_LASTING: dict[object, Callable[[dict[str, Any]], Kind]] = {
    fields._between: lambda made: _duration(made["low"], made["high"]),
    fields.duration_or_off: _duration_or_off,
    fields.choice: _choice,
    fields.length: _length,
}
"""The kinds of durations, by what takes them or makes what does."""


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
    validator, _ = _told(function)
    if validator in _NO_WIDER or validator in _LASTING:
        return found
    if validator not in _WIDER:
        name = getattr(validator, "__qualname__", validator)
        raise Undescribed(f"say in docs/generating/kinds.py what {name} lets in")
    return _WIDER[validator](found)


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


def _or_nothing(found: Kind) -> Kind:
    return replace(found, schema=_either(found.schema, _NULL))


_WIDER: dict[object, Callable[[Kind], Kind]] = {
    fields.nothing_as: _or_nothing,
    conditions.several: _one_or_several,
    calendars._several: _one_or_several,
    conditions._conditions: _conditions,
    conditions._pattern: _pattern_or_globs,
    branches._named: _named,
    branches._steps: _steps,
    conditions._policy: lambda found: replace(
        found, words="`hold`, `alert` or `ok`, or a mapping", schema=_either({"type": "string"}, found.schema)
    ),
    questions._window: lambda found: replace(
        found, words="length, or mapping", schema=_either(DURATION, found.schema)
    ),
    ways._tls: lambda found: replace(
        found, words=f"`true`, or a {found.words}", schema=_either({"type": "boolean"}, found.schema)
    ),
    fields.switched_off: lambda found: replace(
        found, words=f"{found.words}, or `off`", schema=_either(found.schema, _OFF)
    ),
    ways._version: lambda found: replace(found, schema={"enum": [5, *found.schema["enum"]]}),
}
"""What the validators that come before a type let in besides, by the validator or what makes it."""

_NO_WIDER: frozenset[object] = frozenset({fields._number_as_text, webfile._instead, webfile._ours_first})
"""Those that only refuse."""

_MAKERS = (
    fields.duration_or_off,
    fields.choice,
    fields.length,
    fields.nothing_as,
    webfile._instead,
)
"""What makes validators: each has the code of its own within."""


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
