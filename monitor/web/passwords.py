"""Passwords against bcrypt's hashes: in a thread, one at a time, and none told apart by how long it takes.

In: a name and a password, as they were sent, and from where. Out: whether they fit. What may not happen: a
flood of guesses that takes more than one thread or keeps others waiting, or a wait that tells whether a name
exists.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import re
import secrets
from collections import Counter
from collections.abc import Iterable, Sequence

import bcrypt

from monitor.model.settings import Credential

EACH = 10
"""Guesses that may wait from one address, maybe a proxy's; at bcrypt's cost of 10 each takes about 60 ms."""
WAITING = 30
"""Guesses that may wait in all: two seconds."""
REMEMBERED = 100
"""Pairs of name and password that were right and are not computed again, as in Prometheus's toolkit."""
LONGEST = 72
"""Bytes of a password that bcrypt looks at; a longer one is never right."""

_COST = re.compile(rb"\$2[aby]\$([0-9]{2})\$")
_LEAST = 4
"""bcrypt's least cost."""


class Busy(Exception):
    """Too many passwords are being looked at."""


class Passwords:
    """The users there are. `fit` is for the event loop."""

    def __init__(self, users: Iterable[Credential]) -> None:
        self._hashes = {user.name: user.hash.reveal().encode() for user in users}
        self._cost = max(map(_cost, self._hashes.values()), default=_LEAST)
        self._key = secrets.token_bytes(32)
        self._right: dict[bytes, None] = {}
        self._turn = asyncio.Lock()
        self._waiting: Counter[str] = Counter()

    async def fit(self, name: str, password: bytes, peer: str = "") -> bool:
        """Say whether this is that user's password, asked from `peer`. Raises Busy."""
        known = name in self._hashes
        hashed = self._hashes.get(name, _nobody(_LEAST))
        mark = hmac.digest(self._key, b"\0".join((hashed, name.encode(), password)), hashlib.sha256)
        if known and mark in self._right:
            return True
        if self._waiting[peer] >= EACH or self._waiting.total() >= WAITING:
            raise Busy
        self._waiting[peer] += 1
        try:
            async with self._turn:
                if known and mark in self._right:
                    return True
                fits = await asyncio.to_thread(_fits, password, hashed, _padding(hashed, self._cost))
        finally:
            self._waiting[peer] -= 1
            self._waiting += Counter()  # forgets who has none
        if not (fits and known):
            return False
        self._remember(mark)
        return True

    def _remember(self, mark: bytes) -> None:
        if len(self._right) >= REMEMBERED:
            del self._right[next(iter(self._right))]
        self._right[mark] = None


def _fits(password: bytes, hashed: bytes, padding: Sequence[bytes]) -> bool:
    """Compare; what bcrypt does not take costs as much as what it does."""
    usable = len(password) <= LONGEST and b"\0" not in password
    given = password if usable else b""
    for other in padding:
        bcrypt.checkpw(given, other)
    return bcrypt.checkpw(given, hashed) and usable


def _padding(hashed: bytes, cost: int) -> list[bytes]:
    """Return what has to be compared as well to take as long as with `cost`: each step doubles the time."""
    return [_nobody(each) for each in range(_cost(hashed), cost)]


def _nobody(cost: int) -> bytes:
    """Return a hash, in bcrypt's letters for zeros, of a password that nobody knows."""
    return f"$2b${cost:02d}${'.' * 53}".encode()


def _cost(hashed: bytes) -> int:
    found = _COST.match(hashed)
    return int(found[1]) if found is not None else _LEAST
