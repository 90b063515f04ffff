"""Whether an org offers an operation: found out by asking, and remembered for an hour."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

import structlog

from monitor.model.errors import NotOffered, PermissionDenied

log = structlog.get_logger(__name__)

REFUSALS = (NotOffered, PermissionDenied)
"""How an org says that it does not offer something to us."""


AGAIN = 3600.0
"""Seconds until it is asked for again: a role may be given the permission, a gateway the operation."""


@dataclass(slots=True)
class Offer:
    """One operation that not every org has (GENESYS.md §0); `instead` says what is done without it."""

    org: str
    operation: str
    instead: str
    _until: float = field(default=0.0, init=False)
    _told: bool = field(default=False, init=False)

    @property
    def stands(self) -> bool:
        """Whether to ask: it was not refused within the last hour of the event loop."""
        return asyncio.get_running_loop().time() >= self._until

    def withdraw(self, error: Exception) -> None:
        """Remember that it is not offered, and say so once."""
        if not self._told:
            log.warning(
                "operation.refused",
                org=self.org,
                operation=self.operation,
                instead=self.instead,
                error=str(error),
            )
        self._told = True
        self._until = asyncio.get_running_loop().time() + AGAIN
