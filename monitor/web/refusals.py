"""Refusals in the log: the first at once, the rest as one line that counts them; nobody can flood it."""

from __future__ import annotations

import asyncio

import structlog

log = structlog.get_logger(__name__)

QUIET = 60.0
"""Seconds for which refusals of one kind are counted, once one was told."""
ADDRESSES = 1000
"""Addresses told apart; beyond that there are at least so many."""

REFUSALS = "queuewatch.refusals"
"""The key of the ASGI scope under which the log of refusals stands."""


class Refusals:
    """Says which refusals are told, and counts the others. Kinds are few: none has a stranger's words."""

    def __init__(self) -> None:
        self._counted: dict[tuple[str, str], set[str]] = {}
        self._more: dict[tuple[str, str], int] = {}

    def first(self, event: str, kind: str, client: str) -> bool:
        """Say whether the refusal of this kind to `client` is to be told now; if not, it is counted."""
        key = (event, kind)
        if key not in self._counted:
            self._counted[key], self._more[key] = set(), 0
            asyncio.get_running_loop().call_later(QUIET, self._sum, key)
            return True
        self._more[key] += 1
        addresses = self._counted[key]
        if len(addresses) < ADDRESSES:
            addresses.add(client)
        return False

    def _sum(self, key: tuple[str, str]) -> None:
        """Say how many more there were, and count anew."""
        addresses, more = self._counted.pop(key), self._more.pop(key)
        if more:
            event, kind = key
            log.warning(event, kind=kind, more=more, addresses=len(addresses), seconds=QUIET)
