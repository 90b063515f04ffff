"""One operation of the document: what is asked, who may, and what comes back. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from monitor.kit.statuses import phrase
from monitor.web import reading
from monitor.web.access import Scope
from monitor.web.api.paging import PAGE
from monitor.web.document.schema import Schema, name, ref, text, whole

JSON = "application/json"
TEXT = "text/plain"
HTML = "text/html"

SCHEMES = ("basic", "bearer", "mutualTLS")
"""How somebody can show who they are."""

GUARDED = (401, 403, 429)
"""What everybody gets who may not, or guesses too often."""
MISDIRECTED = 421
"""What everybody gets who asks under a name that is not ours."""

_ETAG: Schema = {"description": "Stands for exactly this answer.", "schema": text(pattern='^"[0-9a-f]+"$')}
_HELD: Schema = {
    "name": "If-None-Match",
    "in": "header",
    "description": "The ETag of an answer that is there already: 304 says that it still holds.",
    "schema": text(),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """One parameter, of the query unless it stands in the path."""

    name: str
    schema: Schema
    about: str = ""
    place: str = "query"
    required: bool = False

    def written(self) -> Schema:
        """Return it as OpenAPI has it."""
        about = {"description": self.about} if self.about else {}
        required = {"required": True} if self.required or self.place == "path" else {}
        return {"name": self.name, "in": self.place, **about, **required, "schema": self.schema}


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What comes back with one status: a body of one of the content types `kinds`."""

    about: str
    schema: Schema
    kinds: tuple[str, ...] = (JSON,)

    def written(self, *, tagged: bool) -> Schema:
        """Return it as OpenAPI has it."""
        headers = {"headers": {"ETag": {**_ETAG, "required": True}}} if tagged else {}
        content = {kind: {"schema": self.schema} for kind in self.kinds}
        return {"description": self.about, **headers, "content": content}


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One method of one address. `scope` is None for everybody.

    `answers` are what is told when all went well, `problems` the statuses of what did not, beside those that
    everything behind a scope has. With `tagged` 200 has an ETag and 304 is answered to who has it. With
    `everywhere` it is answered under whatever name somebody asks.
    """

    id: str
    path: str
    scope: Scope | None
    tag: str
    about: str
    answers: Mapping[int, Answer]
    method: str = "GET"
    more: str = ""
    parameters: tuple[Parameter, ...] = ()
    body: Schema | None = None
    problems: tuple[int, ...] = ()
    tagged: bool = False
    everywhere: bool = False

    def written(self) -> Schema:
        """Return it as OpenAPI has it."""
        found: Schema = {"operationId": self.id, "tags": [self.tag], "summary": self.about}
        if self.more:
            found["description"] = self.more
        parameters = [one.written() for one in self.parameters] + ([_HELD] if self.tagged else [])
        if parameters:
            found["parameters"] = parameters
        if self.body is not None:
            found["requestBody"] = {"required": True, "content": {JSON: {"schema": self.body}}}
        found["responses"] = self._responses()
        scope = self.scope.value if self.scope is not None else None
        found["security"] = [{scheme: [scope]} for scheme in SCHEMES] if scope is not None else []
        found["x-scope"] = scope
        return found

    def _responses(self) -> dict[str, Any]:
        statuses = {
            *self.problems,
            *(GUARDED if self.scope is not None else ()),
            *(() if self.everywhere else (MISDIRECTED,)),
        }
        told = {status: one.written(tagged=self.tagged) for status, one in self.answers.items()}
        held = {304: {"description": "It is as it was."}} if self.tagged else {}
        wrong = {status: {"$ref": f"#/components/responses/{problem(status)}"} for status in statuses}
        return {str(status): one for status, one in sorted({**wrong, **held, **told}.items())}


def problem(status: int) -> str:
    """Return the name under which the problem of a status stands among the responses."""
    return phrase(status).title().replace(" ", "").replace("-", "").replace("'", "")


def inside(name: str, schema: Schema, about: str = "") -> Parameter:
    """Return a parameter that stands in the path."""
    return Parameter(name=name, schema=schema, about=about, place="path")


def paging() -> tuple[Parameter, ...]:
    """Return the parameters of a list that is given page by page."""
    return (
        Parameter(
            name="limit", schema={**whole(least=1, most=reading.LIMIT), "default": PAGE}, about="How many."
        ),
        Parameter(
            name="after",
            schema=name(most=reading.LONGER[reading.AFTER]),
            about="The `next` of the page before; what it says is nobody's business.",
        ),
    )


def paged(members: str, title: str, about: str = "", **more: Schema) -> Answer:
    """Return the answer that is one page: its items, and the `after` of the following page."""
    schema: Schema = {
        "type": "object",
        "properties": {members: {"type": "array", "items": ref(title)}, "next": _NEXT, **more},
        "required": [members, "next", *more],
        "additionalProperties": False,
    }
    return Answer(about=about or "A page.", schema=schema)


_NEXT: Schema = {"type": ["string", "null"], "description": "The `after` of the next page; null on the last."}
