"""Who is connected, and who has to go when somebody comes and there is no room.

A connection whose request is not wholly here makes room: first of those from whom most come, then the one
with the least claim, then the oldest. Where all are being answered, the one that reads its answer most slowly
does; one that waits for us never.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator
from enum import IntEnum
from typing import Protocol


class Claim(IntEnum):
    """How much one may stay who is not being answered.

    Polite clients send a request in one piece: so whoever stays with a part of one has the least claim, and
    whoever has just come, and may be about to speak, the most.
    """

    PIECE = 0
    """Part of a request is here."""
    SILENT = 1
    """Nothing came in all the time there was."""
    SERVED = 2
    """It was answered, and may ask again; if not here, over another connection."""
    NEW = 3
    """Nothing came yet."""


class Guest(Protocol):
    """A connection, as far as others care."""

    @property
    def busy(self) -> bool:
        """Whether it waits for our answer."""

    @property
    def claim(self) -> Claim:
        """How much it may stay while it does not."""

    @property
    def pace(self) -> float | None:
        """Bytes a second in which it reads an answer that waits for it; None where none does for long."""


class Room:
    """The connections there are, those that still shake hands among them."""

    def __init__(self, size: int) -> None:
        self._size = size
        # In the order in which they came.
        self._here: dict[Guest, asyncio.Transport] = {}

    def enter(self, guest: Guest, transport: asyncio.Transport) -> bool:
        """Let a connection in, if need be in the place of another; False where all are being served."""
        if guest not in self._here:
            if len(self._here) >= self._size and not self._make_room():
                return False
            self._here[guest] = transport
        return True

    def leave(self, guest: Guest) -> None:
        """Forget a connection that is no more."""
        self._here.pop(guest, None)

    def transport(self, guest: Guest) -> asyncio.Transport | None:
        """Return what carries a connection's bytes, below TLS; None where it was not let in."""
        return self._here.get(guest)

    def __iter__(self) -> Iterator[Guest]:
        return iter(list(self._here))

    def _make_room(self) -> bool:
        leaving = self._waiting() or self._reading()
        if leaving is None:
            return False
        self._here.pop(leaving).abort()
        return True

    def _waiting(self) -> Guest | None:
        """Return who waits for nothing, and has the least reason to stay."""
        crowds = Counter(map(_address, self._here.values()))
        waiting = (guest for guest in self._here if not guest.busy)
        # min() takes the first of equals: the oldest.
        return min(waiting, key=lambda one: (-crowds[_address(self._here[one])], one.claim), default=None)

    def _reading(self) -> Guest | None:
        """Return who reads most slowly."""
        paces = {guest: pace for guest in self._here if (pace := guest.pace) is not None}
        return min(paces, key=paces.__getitem__, default=None)


def _address(transport: asyncio.Transport) -> str:
    peer = transport.get_extra_info("peername")
    return str(peer[0]) if peer else ""
