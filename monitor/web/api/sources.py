"""`/api/v1/sources`: how each source of each org is, and how old what it said is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from monitor.model.board import SourceState
from monitor.web import reading, shapes
from monitor.web.access import Address, Scope
from monitor.web.answers import Said


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """Answers about sources; `sources` are all of them, as they are now."""

    sources: Callable[[], Sequence[SourceState]]

    def addresses(self) -> list[Address]:
        """Return the addresses and what answers there."""
        return [Address(path="/api/v1/sources", endpoint=self.listed, scope=Scope.READ)]

    async def listed(self, request: Request) -> Response:
        """Return every source. Their ages change all the time: there is no tag."""
        reading.parameters(request)
        return Said({"sources": [_shown(one) for one in self.sources()]})


def _shown(one: SourceState) -> dict[str, object]:
    return {
        "org": one.org,
        "source": one.source,
        "up": one.up,
        "error": one.error,
        "observed_at": shapes.date(one.observed_at),
        "age": None if one.age is None else round(one.age, 3),
        "limit": one.limit,
        "stale": one.stale,
    }
