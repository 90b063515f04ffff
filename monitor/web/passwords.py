"""Passwords against bcrypt's hashes: in a thread, one at a time, and none told apart by how long it takes.

In: a name and a password, as they were sent. Out: whether they fit. What may not happen: a flood of guesses
that takes more than one thread, or a wait that tells whether a name exists.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import re
import secrets
from collections.abc import Iterable

import bcrypt

from monitor.model.settings import Credential

WAITING = 10
"""Guesses that may wait for their turn; at bcrypt's cost of 10 the last waits for half a second."""
REMEMBERED = 100
"""Pairs of name and password that were right and are not computed again, as in Prometheus's toolkit."""
LONGEST = 72
"""Bytes of a password that bcrypt looks at; a longer one is never right."""

_COST = re.compile(r"\$2[aby]\$([0-9]{2})\$")
_NOBODY = "." * 53
"""Salt and hash of a password that nobody knows, in bcrypt's letters: zeros."""


class Busy(Exception):
    """Too many passwords are being looked at."""


class Passwords:
    """The users there are. `fit` is for the event loop."""

    def __init__(self, users: Iterable[Credential]) -> None:
        self._hashes = {user.name: user.hash.reveal().encode() for user in users}
        self._nobody = f"$2b${_cost(self._hashes.values()):02d}${_NOBODY}".encode()
        self._key = secrets.token_bytes(32)
        self._right: dict[bytes, None] = {}
        self._turn = asyncio.Lock()
        self._waiting = 0

    async def fit(self, name: str, password: bytes) -> bool:
        """Say whether this is that user's password. Raises Busy."""
        hashed = self._hashes.get(name, self._nobody)
        mark = hmac.digest(self._key, b"\0".join((hashed, name.encode(), password)), hashlib.sha256)
        if mark in self._right:
            return True
        if self._waiting >= WAITING:
            raise Busy
        self._waiting += 1
        try:
            async with self._turn:
                fits = await asyncio.to_thread(_fits, password, hashed)
        finally:
            self._waiting -= 1
        if not fits or name not in self._hashes:
            return False
        self._remember(mark)
        return True

    def _remember(self, mark: bytes) -> None:
        if len(self._right) >= REMEMBERED:
            del self._right[next(iter(self._right))]
        self._right[mark] = None


def _fits(password: bytes, hashed: bytes) -> bool:
    """Compare; what bcrypt does not take costs as much as what it does."""
    usable = len(password) <= LONGEST and b"\0" not in password
    return bcrypt.checkpw(password if usable else b"", hashed) and usable


def _cost(hashes: Iterable[bytes]) -> int:
    """Return the highest cost among the hashes: bcrypt's least where there is none."""
    found = (_COST.match(one.decode("ascii", "replace")) for one in hashes)
    return max((int(one[1]) for one in found if one is not None), default=4)
