"""Pieces of JSON Schema (2020-12), as short words: what an answer's parts are. Pure.

Every record is closed: its members are those named here, all of them there, unless it says which may be
left out. Unknown is null.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

Schema = dict[str, Any]


def text(about: str = "", **more: object) -> Schema:
    """Return a text."""
    return _typed("string", about, more)


def name(about: str = "", most: int = 200) -> Schema:
    """Return a text that is not empty, of at most so many characters."""
    return text(about, minLength=1, maxLength=most)


def number(about: str = "", **more: object) -> Schema:
    """Return a number."""
    return _typed("number", about, more)


def whole(about: str = "", *, least: int = 0, most: int | None = None) -> Schema:
    """Return a whole number."""
    return _typed("integer", about, {"minimum": least, **({} if most is None else {"maximum": most})})


def flag(about: str = "") -> Schema:
    """Return true or false."""
    return _typed("boolean", about, {})


def date(about: str = "") -> Schema:
    """Return a date with its time and offset (RFC 3339)."""
    return text(about, format="date-time")


def word(several: Iterable[str], about: str = "") -> Schema:
    """Return a text that is one of several."""
    return text(about, enum=list(several))


def anything(about: str = "") -> Schema:
    """Return whatever JSON can be."""
    return {"description": about} if about else {}


def several(schema: Schema, about: str = "", **more: object) -> Schema:
    """Return a list."""
    return {**_typed("array", about, more), "items": schema}


def mapping(schema: Schema, about: str = "", **more: object) -> Schema:
    """Return an object whose members have names of their own."""
    return {**_typed("object", about, more), "additionalProperties": schema}


def record(about: str = "", *, lacking: Iterable[str] = (), **members: Schema) -> Schema:
    """Return an object with these members and no others; those `lacking` may be left out."""
    required = [one for one in map(_plain, members) if one not in {*lacking}]
    properties = {_plain(one): schema for one, schema in members.items()}
    closed: Schema = {"properties": properties, "additionalProperties": False}
    return {**_typed("object", about, {}), **closed, **({"required": required} if required else {})}


def maybe(schema: Schema) -> Schema:
    """Return what may be null as well: not known, or not there."""
    kind = schema.get("type")
    if not isinstance(kind, str):
        return {"anyOf": [schema, {"type": "null"}]}
    found = {**schema, "type": [kind, "null"]}
    return {**found, "enum": [*schema["enum"], None]} if "enum" in schema else found


def ref(title: str) -> Schema:
    """Return the schema that stands under this name."""
    return {"$ref": f"#/components/schemas/{title}"}


def _typed(kind: str, about: str, more: Schema) -> Schema:
    return {"type": kind, **({"description": about} if about else {}), **more}


def _plain(member: str) -> str:
    """Return a member's name: Python keeps `for` to itself."""
    return member.rstrip("_")
