"""The page of the HTTP API, out of its OpenAPI document. Pure.

In: the document that the daemon serves. Out: Markdown: every operation, and every record in an answer.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from docs.generating.markdown import BREAK, code, codes, prose, sentence, table
from docs.generating.markdown import page as whole
from monitor.web.document.writing import document

Node = Mapping[str, Any]

_ABOUT = """\
Everything that is answered over HTTP. The same as [OpenAPI 3.1](../openapi.json), for programs; a daemon
serves its own at `/api/v1/openapi.json`. [Access](../access.md) says who may ask."""

_REF = "#/components/schemas/"


def page(whole_document: Node | None = None) -> str:
    """Return the page of a document; of ours without one."""
    node = document() if whole_document is None else whole_document
    schemas: Node = node["components"]["schemas"]
    operations = [
        (path, method, one) for path, methods in node["paths"].items() for method, one in methods.items()
    ]
    parts = [
        _tag(tag, [each for each in operations if tag["name"] in each[2]["tags"]], node)
        for tag in node["tags"]
    ]
    return whole(
        "API reference",
        _ABOUT,
        *(prose(text) for text in node["info"]["description"].split("\n\n")),
        "## Overview\n\n" + _overview(operations),
        "## Problems\n\n" + _problems(node),
        *parts,
        "## Records\n\nA record has these members and no others.",
        *(_record(name, schemas[name]) for name in sorted(schemas)),
    )


def _overview(operations: Iterable[tuple[str, str, Node]]) -> str:
    rows = (
        (code(f"{method.upper()} {path}"), _scope(one), f"[{prose(one['summary'])}](#{one['operationId']})")
        for path, method, one in operations
    )
    return table(("asked", "scope", "what"), rows)


def _tag(tag: Node, operations: Iterable[tuple[str, str, Node]], node: Node) -> str:
    told = (_operation(path, method, one, node) for path, method, one in operations)
    return "\n\n".join([f"## Operations: {tag['name']}", prose(tag["description"]), *told])


def _operation(path: str, method: str, one: Node, node: Node) -> str:
    told = [each for each in one["responses"].items() if "$ref" not in each[1]]
    # The heading is the operation's id, which never changes; with it, its anchor.
    parts = [
        f"### {one['operationId']}",
        f"{code(f'{method.upper()} {path}')} {BREAK}Scope: {_scope(one)}",
        sentence(one["summary"]),
        sentence(one.get("description", "")),
        table(("parameter", "in", "takes", "meaning"), map(_parameter, one.get("parameters", ()))),
        _body(one, node),
        table(("status", "content", "meaning"), (_answer(*each) for each in told)),
        _refused(one),
    ]
    return "\n\n".join(part for part in parts if part)


def _scope(one: Node) -> str:
    return code(one["x-scope"]) if one["x-scope"] else "none"


def _parameter(one: Node) -> tuple[str, str, str, str]:
    needed = f"{BREAK}**required**" if one.get("required") and one["in"] != "path" else ""
    return code(one["name"]), one["in"], _type(one["schema"]) + needed, sentence(one.get("description", ""))


def _body(one: Node, node: Node) -> str:
    if "requestBody" not in one:
        return ""
    schema = next(iter(one["requestBody"]["content"].values()))["schema"]
    members = _members(schema, node["components"]["schemas"])
    return f"Body: {_type(schema)}" if not members else f"Body, as JSON:\n\n{members}"


def _answer(status: str, one: Node) -> tuple[str, str, str]:
    content: Node = one.get("content", {})
    kinds = BREAK.join(f"{code(kind)}{_holds(kind, inner['schema'])}" for kind, inner in content.items())
    return code(status), kinds, sentence(one["description"])


def _refused(one: Node) -> str:
    """Return the problems that an operation may answer with."""
    statuses = [status for status, answer in one["responses"].items() if "$ref" in answer]
    return f"[Problems](#problems): {codes(statuses, ' ')}" if statuses else ""


def _problems(node: Node) -> str:
    """Return what each status of a problem means: the same wherever it is answered."""
    meant = {}
    for _, methods in sorted(node["paths"].items()):
        for one in methods.values():
            for status, answer in one["responses"].items():
                if "$ref" in answer:
                    told = node["components"]["responses"][answer["$ref"].rpartition("/")[2]]
                    meant[status] = told["description"]
    about = "What went wrong is `application/problem+json` (RFC 9457): a [Problem](#problem)."
    rows = ((code(status), sentence(meant[status])) for status in sorted(meant))
    return f"{about}\n\n{table(('status', 'meaning'), rows)}"


def _holds(kind: str, schema: Node) -> str:
    """Return what an answer of JSON holds."""
    if not kind.endswith("json") or schema.get("type") == "string":
        return ""
    inner = schema.get("properties")
    if inner is None:
        return f" {_type(schema)}"
    return "".join(f"{BREAK}{code(name)}: {_type(one)}" for name, one in inner.items())


def _record(name: str, schema: Node) -> str:
    about = sentence(schema.get("description", ""))
    members = _members(schema, {})
    return "\n\n".join(part for part in (f"### {name}", about, members or _type(schema)) if part)


def _members(schema: Node, schemas: Node) -> str:
    """Return the members of an object as a table; nothing for what is none."""
    if "$ref" in schema:
        schema = schemas[schema["$ref"].removeprefix(_REF)]
    needed = set(schema.get("required", ()))
    rows = (
        (
            code(name) + ("" if name in needed else f"{BREAK}may be left out"),
            _type(one),
            sentence(_about(one)),
        )
        for name, one in schema.get("properties", {}).items()
    )
    return table(("member", "type", "meaning"), rows)


def _about(schema: Node) -> str:
    """Return what is said of a member, or of what its list holds."""
    found = str(schema.get("description", ""))
    items = schema.get("items")
    return found or (_about(items) if isinstance(items, Mapping) and "$ref" not in items else "")


def _type(schema: Node) -> str:
    """Return a schema in words."""
    if "$ref" in schema:
        name = schema["$ref"].removeprefix(_REF)
        return f"[{name}](#{name.lower()})"
    for several in ("anyOf", "oneOf"):
        if several in schema:
            return " or ".join(_type(one) for one in schema[several])
    if "const" in schema:
        return code(str(schema["const"]))
    if "enum" in schema:
        return codes(["null" if one is None else str(one) for one in schema["enum"]], " ")
    kinds = schema.get("type", "anything")
    return " or ".join(_named(kind, schema) for kind in ([kinds] if isinstance(kinds, str) else kinds))


_WORDS = {"string": "text", "boolean": "true or false", "integer": "whole number", "null": "null"}


def _named(kind: str, schema: Node) -> str:
    match kind:
        case "array":
            return f"list of {_type(schema['items'])}" if "items" in schema else "list"
        case "object" if isinstance(schema.get("additionalProperties"), Mapping):
            return f"mapping to {_type(schema['additionalProperties'])}"
        case "object" if schema.get("properties"):
            inner = "; ".join(f"{code(name)}: {_type(one)}" for name, one in schema["properties"].items())
            return f"mapping with {inner}"
        case "string" if schema.get("format") == "date-time":
            return "date"
        case "string" | "integer" | "number":
            return f"{_WORDS.get(kind, kind)}{_bounds(schema)}"
    return _WORDS.get(kind, "mapping" if kind == "object" else kind)


def _bounds(schema: Node) -> str:
    low, high = schema.get("minimum"), schema.get("maximum")
    found = f", {low} to {high}" if low is not None and high is not None else ""
    default = schema.get("default")
    return found if default is None else f"{found}, default {code(str(default))}"
