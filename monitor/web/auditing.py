"""Who had what done here, or tried to: one line in the log for each, and no address that could forget it.

In: requests to change something. Out: the endpoint's answer, and an `audit` line with `action`, `who` (the
principal's name, or anonymous), `client`, `outcome` (done, refused, failed, or broken: nobody knows) and what
the endpoint notes. Of refusals that are alike there is one line, and a minute later one that counts the
others. What may not happen: a change without a line, other people's pages that change anything,
a body in the log.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import structlog
from starlette.requests import Request
from starlette.responses import Response

from monitor.model.errors import StoreError
from monitor.web import reading
from monitor.web.access import Address, Scope, demand, principal
from monitor.web.answers import Problem
from monitor.web.refusals import REFUSALS, Refusals

# Not the wrapper that is configured: it drops what is below the level the user wants to see.
log: structlog.BoundLogger = structlog.wrap_logger(None, wrapper_class=structlog.BoundLogger)

ANONYMOUS = "anonymous"
"""Who asks where nobody has to say who they are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutation(Address):
    """An address that changes something; `action` names it in the log."""

    action: str
    scope: Scope | None = Scope.OPERATE
    methods: Sequence[str] = ("POST",)

    async def checked(self, request: Request) -> Response:
        """Answer, if who asks has the scope and it is no page of somebody else; write the line.

        Raises Problem and StoreError.
        """
        outcome, why, told = "broken", "", True
        try:
            answer = await self._allowed(request)
            outcome = "done"
        except Problem as error:
            outcome, why, told = "refused", error.detail, self._told(request, error.status)
            raise
        except StoreError as error:
            outcome, why = "failed", str(error)
            raise
        else:
            return answer
        finally:
            if told:
                self._write(request, outcome, why)

    async def _allowed(self, request: Request) -> Response:
        if self.scope is not None:
            demand(request, self.scope)
        reading.mutation(request)
        return await self.endpoint(request)

    def _told(self, request: Request, status: int) -> bool:
        """Say whether a refusal gets a line of its own: not where somebody is refused the same in a row."""
        refusals = request.scope.get(REFUSALS)
        if not isinstance(refusals, Refusals):
            return True
        client = request.client.host if request.client is not None else ""
        return refusals.first("audit", f"{self.action} {status} {_who(request)}", client)

    def _write(self, request: Request, outcome: str, why: str) -> None:
        client = request.client.host if request.client is not None else "?"
        said = {**_notes(request), **({"why": why} if why else {})}
        log.info("audit", action=self.action, who=_who(request), client=client, outcome=outcome, **said)


def _who(request: Request) -> str:
    return principal(request).name or ANONYMOUS


def note(request: Request, **what: object) -> None:
    """Add to the line of this request: what was changed, and how much."""
    _notes(request).update(what)


def _notes(request: Request) -> dict[str, object]:
    """Return what was noted of this request."""
    if not hasattr(request.state, "audited"):
        request.state.audited = {}
    notes: dict[str, object] = request.state.audited
    return notes
