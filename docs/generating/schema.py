"""The JSON Schema of `queuewatch.yaml`, for editors. Pure.

In: the same reading of the types that the page is made of. Out: a schema (2020-12) that takes whatever
queuewatch takes, and refuses misspelt keys, wrong types and wrong words. It cannot say what goes together
with what: that is `queuewatch check`'s. A key that a variable may set is never asked for.
"""

from __future__ import annotations

import json

from docs.generating.kinds import Kind, Schema, kind
from docs.generating.parts import Key, keys, summary
from docs.generating.sections import everything, sections
from monitor.config.part import Part
from monitor.config.questions import QuestionPart
from monitor.config.schema import ConfigPart

ID = "https://queuewatch.example.com/docs/reference/queuewatch.schema.json"

_SECRET: Schema = {
    "type": "null",
    "description": "Not in this file: from a variable, or from the …_file beside it.",
}


def written() -> str:
    """Return the schema as it is kept."""
    return json.dumps(document(), indent=2, ensure_ascii=False) + "\n"


def document(root: type[Part] = ConfigPart) -> Schema:
    """Return the schema."""
    found = sections(root)
    banished = {(entry.key.owner, entry.key.name) for entry in everything(root) if entry.secret}
    unnamed = {one.part for one in found if one.path.endswith("[]")}
    parts = {one.part: _part(one.part, banished, listed=one.part in unnamed) for one in found}
    whole = parts.pop(root)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": ID,
        "title": "queuewatch.yaml",
        **whole,
        "$defs": {name(part): schema for part, schema in parts.items()},
    }


def name(part: type[Part]) -> str:
    """Return under which name a mapping stands: its class, with the module where two have the same."""
    module = part.__module__.rpartition(".")[2]
    return f"{module}.{part.__name__.removesuffix('Part')}"


def _part(part: type[Part], banished: set[tuple[type[Part], str]], *, listed: bool) -> Schema:
    members = {}
    needed = []
    for key in keys(part):
        hidden = (part, key.name) in banished
        members[key.name] = {**_SECRET} if hidden else _member(part, key)
        # What stands in a list has no variable, but by a name of its own, which has to be written.
        if listed and key.required and (key.name == "name" or not _named(part)):
            needed.append(key.name)
    return {
        "type": "object",
        "description": summary(part),
        "properties": members,
        "additionalProperties": False,
        **({"required": needed} if needed else {}),
    }


def _named(part: type[Part]) -> bool:
    return any(key.name == "name" for key in keys(part))


def _member(part: type[Part], key: Key) -> Schema:
    made: Kind = kind(key.annotation, lambda other: {"$ref": f"#/$defs/{name(other)}"})
    schema = made.schema
    if issubclass(part, QuestionPart) and schema.get("type") != "null":
        schema = {"anyOf": [*(schema["anyOf"] if set(schema) == {"anyOf"} else [schema]), {"type": "null"}]}
    bounds = schema.get("description", "")
    return {**schema, "description": f"{key.about} ({bounds})" if bounds else key.about}
