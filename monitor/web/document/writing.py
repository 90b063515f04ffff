"""The whole document, put together from what is said of each address. Pure."""

from __future__ import annotations

import json
from typing import Any

from monitor.web.answers import PROBLEM
from monitor.web.document import alerts, daemon, deliveries, page, queues, rules, silences
from monitor.web.document.operation import Operation, problem
from monitor.web.document.schema import Schema, record, several, text, whole

PARTS = (queues, alerts, silences, rules, deliveries, daemon, page)

OPERATIONS: tuple[Operation, ...] = tuple(one for part in PARTS for one in part.OPERATIONS)
"""Every operation there is."""

_VERSION = "1"
"""Of the API: what is added keeps it, what a reader could stumble over begins /api/v2."""

_ABOUT = """\
Queues, alerts and deliveries of one queuewatch daemon.

Where nobody has to say who they are, everybody may read, and change things if `web.operate` says so. With a \
web configuration file (`web.config_file`) every operation with a scope asks for a password, a token or a \
certificate that has it. Mutations are JSON, never from another origin's page, and each is logged.

Dates are UTC with milliseconds, durations seconds, ratios 0 to 1, and what is not known is null.

Lists give a page at a time: `next` is the `after` of the following one, and stays good while the list \
changes. Whoever follows it to the end sees everything exactly once that was there all the while and kept \
its place. What stands by its state or figures (alerts, and queues but by `sort=name`) may change its place \
meanwhile, and be seen twice or not at all; what stands by its name, id or date keeps its place.

No operation answers 500: one that does is a fault of ours.
"""

_TAGS = {
    queues.TAG: "How every queue is, and every number behind that.",
    alerts.TAG: "What is wrong, why, and who has it.",
    silences.TAG: "Who asked for quiet.",
    rules.TAG: "What is judged.",
    deliveries.TAG: "What is told to whom.",
    daemon.TAG: "The daemon itself.",
    page.TAG: "What people look at.",
}

_SCHEMES = {
    "basic": {"type": "http", "scheme": "basic"},
    "bearer": {"type": "http", "scheme": "bearer"},
    "mutualTLS": {"type": "mutualTLS"},
}

_PROBLEMS = {
    400: "Something of what was sent is not understood; `detail` says what.",
    401: "Say who you are.",
    403: "You may not.",
    404: "There is no such thing.",
    408: "The body did not come in time.",
    409: "It is not, or no longer, in the state for that.",
    413: "The body is too long.",
    415: "The body is not called JSON.",
    421: "That is not our name.",
    422: "It has mistakes; nothing was changed.",
    429: "Too many at once: ask again.",
    503: "It cannot be answered now.",
}

_PROBLEM = record(
    "What is wrong (RFC 9457).",
    lacking=("mistakes",),
    type=text(),
    title=text(),
    status=whole(least=400, most=599),
    detail=text("One line."),
    mistakes=several(text(), "Every mistake of a configuration."),
)


def document() -> dict[str, Any]:
    """Return the document: the same for every daemon of this version."""
    paths: dict[str, dict[str, Schema]] = {}
    for one in OPERATIONS:
        paths.setdefault(one.path, {})[one.method.lower()] = one.written()
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "queuewatch",
            "version": _VERSION,
            "summary": "Watches Genesys Cloud queues, and tells who has to know.",
            "description": _ABOUT,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "tags": [{"name": tag, "description": about} for tag, about in _TAGS.items()],
        "paths": paths,
        "components": {
            "schemas": {
                **{title: schema for part in PARTS for title, schema in part.SCHEMAS.items()},
                "Problem": _PROBLEM,
            },
            "responses": {problem(status): _problem(about) for status, about in _PROBLEMS.items()},
            "securitySchemes": _SCHEMES,
        },
    }


def written() -> str:
    """Return the document as it is kept: JSON, a line for each member."""
    return json.dumps(document(), indent=2, ensure_ascii=False) + "\n"


def _problem(about: str) -> Schema:
    return {
        "description": about,
        "content": {PROBLEM: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
