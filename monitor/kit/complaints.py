"""Complaints that do not repeat themselves, so that nobody can flood the log."""

from __future__ import annotations

import asyncio

QUIET = 300.0
"""Seconds before the same kind of complaint is made again."""


class Complaints:
    """Lets each kind of complaint through once in `QUIET` seconds; kinds are few, no stranger's words."""

    def __init__(self) -> None:
        self._made: dict[str, float] = {}

    def may(self, kind: str) -> bool:
        """Return whether this kind is to be logged now; if so, it is noted."""
        now = asyncio.get_running_loop().time()
        if now - self._made.get(kind, -QUIET) < QUIET:
            return False
        self._made[kind] = now
        return True
