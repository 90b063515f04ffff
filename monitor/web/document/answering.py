"""`/api/v1/openapi.json`: the document, for programs that read one before they ask."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from monitor.web import reading
from monitor.web.access import Address, Scope
from monitor.web.api import tags
from monitor.web.document.writing import document


@dataclass(frozen=True, slots=True)
class Described:
    """Answers what can be asked."""

    def addresses(self) -> list[Address]:
        """Return the addresses and what answers there."""
        return [Address(path="/api/v1/openapi.json", endpoint=self.told, scope=Scope.READ)]

    async def told(self, request: Request) -> Response:
        """Return the document."""
        reading.parameters(request)
        return tags.tagged(request, document())
