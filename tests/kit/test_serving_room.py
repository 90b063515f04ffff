"""Who has to go when somebody comes."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from monitor.kit.serving.room import Room


class Wire(asyncio.Transport):
    """A transport from an address, and whether it was cut."""

    def __init__(self, address: str) -> None:
        super().__init__({"peername": (address, 1)})
        self.cut = False

    def abort(self) -> None:
        self.cut = True


@dataclass(eq=False)
class One:
    """A connection."""

    address: str = "192.0.2.1"
    busy: bool = False
    asked: bool = False
    wire: Wire = field(init=False)

    def __post_init__(self) -> None:
        self.wire = Wire(self.address)


def full(*guests: One) -> tuple[Room, bool]:
    """Return a room with just these in it, into which one more has come, and whether it was let in."""
    room = Room(len(guests))
    for guest in guests:
        assert room.enter(guest, guest.wire)
    late = One()
    return room, room.enter(late, late.wire)


def left(*guests: One) -> list[int]:
    """Return the places of those that had to go."""
    return [place for place, guest in enumerate(guests) if guest.wire.cut]


def test_the_oldest_goes() -> None:
    """Of those that are alike."""
    guests = One(), One(), One()
    _, let_in = full(*guests)
    assert let_in
    assert left(*guests) == [0]


def test_who_never_asked_goes_first() -> None:
    """Before one that asked and may ask again."""
    guests = One(asked=True), One(), One(asked=True)
    full(*guests)
    assert left(*guests) == [1]


def test_who_is_served_stays() -> None:
    """And where all are, the new one is not let in."""
    guests = One(busy=True), One(asked=True), One(busy=True)
    full(*guests)
    assert left(*guests) == [1]
    guests = One(busy=True), One(busy=True), One(busy=True)
    room, let_in = full(*guests)
    assert not let_in
    assert left(*guests) == []
    assert list(room) == list(guests)


def test_a_crowd_makes_room_first() -> None:
    """Many connections from one address do not push out the few of others."""
    guests = One("192.0.2.7"), One("192.0.2.8", asked=True), *(One("192.0.2.9", asked=True) for _ in range(3))
    full(*guests)
    assert left(*guests) == [2]


def test_coming_twice_is_coming_once() -> None:
    """A connection that is there is neither counted nor made to go again."""
    room, guests = Room(2), (One(), One())
    for guest in (*guests, *guests):
        assert room.enter(guest, guest.wire)
    assert left(*guests) == []
    room.leave(guests[0])
    room.leave(guests[0])
    assert list(room) == [guests[1]]
