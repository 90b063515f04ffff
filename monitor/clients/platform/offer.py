"""Whether an org offers an operation: found out by asking, and remembered."""

from __future__ import annotations

from dataclasses import dataclass

import structlog

from monitor.model.errors import NotOffered, PermissionDenied

log = structlog.get_logger(__name__)

REFUSALS = (NotOffered, PermissionDenied)
"""How an org says that it does not offer something to us."""


@dataclass(slots=True)
class Offer:
    """One operation that not every org has (GENESYS.md §0); `instead` says what is done without it."""

    org: str
    operation: str
    instead: str
    stands: bool = True

    def withdraw(self, error: Exception) -> None:
        """Remember that it is not offered, and say so once."""
        if self.stands:
            log.warning(
                "operation.refused",
                org=self.org,
                operation=self.operation,
                instead=self.instead,
                error=str(error),
            )
        self.stands = False
