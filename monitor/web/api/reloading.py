"""Reading the configuration again, on somebody's word."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from monitor.model.reload import Reloaded
from monitor.web import reading
from monitor.web.access import Address
from monitor.web.answers import Problem, Said
from monitor.web.auditing import Mutation, note


@dataclass(frozen=True, slots=True)
class Reload:
    """Has the configuration read again by `reload`; the answer comes when it is in force, or refused."""

    reload: Callable[[], Awaitable[Reloaded]]

    def addresses(self) -> list[Address]:
        """Return the one address, which Prometheus made usual."""
        return [Mutation(path="/-/reload", endpoint=self.reloaded, action="config.reload", methods=("POST",))]

    async def reloaded(self, request: Request) -> Response:
        """Read, check and swap; 422 with every mistake where nothing was changed."""
        reading.parameters(request)
        outcome = await self.reload()
        if not outcome.taken:
            raise Problem(422, "nothing was changed: the configuration has mistakes", outcome.mistakes)
        changes = {name: list(each) for name, each in outcome.changes.items()}
        note(request, changes=changes)
        return Said({"changes": changes, "untaken": list(outcome.untaken)})
