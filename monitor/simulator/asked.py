"""A request as the endpoints see it."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from starlette.requests import Request

from monitor.simulator.refusal import Refusal

Document = dict[str, object]


class Accepted(Document):
    """A document about something that is yet to be done: its status is 202."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One request: when it came, its context id, its body."""

    at: datetime
    context_id: str
    body: bytes
    request: Request

    @property
    def token(self) -> str:
        """The bearer token, or empty."""
        scheme, _, token = self.request.headers.get("Authorization", "").partition(" ")
        return token.strip() if scheme.lower() == "bearer" else ""

    @property
    def parameters(self) -> Mapping[str, list[str]]:
        """Query parameters, each with all its values; `id[]` means the same as `id`."""
        found = self.request.query_params
        return {name.removesuffix("[]"): found.getlist(name) for name in found}

    @property
    def page(self) -> int | None:
        """The page number asked for; None when it is not a number."""
        text = self.request.query_params.get("pageNumber", "1")
        return int(text) if text.isdecimal() else None

    def path(self, name: str) -> str:
        """A part of the path."""
        return str(self.request.path_params[name])

    @property
    def document(self) -> object:
        """The body as JSON; raises Refusal (400) where it is none."""
        try:
            read: object = json.loads(self.body)
        except ValueError as error:
            message = "The request body is not valid JSON."
            raise Refusal(status=400, code="bad.request", message=message) from error
        return read


Question = Callable[[Asked], Document]
"""Answers one endpoint with a JSON document, or raises Refusal."""

Endpoint = tuple[str, str, str, Question]
"""HTTP method, path (with `{parameters}`), name in the log and for faults, and what answers it."""
