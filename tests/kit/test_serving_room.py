"""Who has to go when somebody comes."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from monitor.kit.serving.room import Claim, Room


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
    pace: float | None = None
    claim: Claim = Claim.SILENT
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


def test_who_has_the_least_claim_goes_first() -> None:
    """Whoever holds on to a piece of a request, or said nothing for long, then the served; the new stay."""
    ranked = [Claim.NEW, Claim.SERVED, Claim.SILENT, Claim.PIECE]
    while ranked:
        guests = [One(claim=claim) for claim in ranked]
        full(*guests)
        assert left(*guests) == [len(ranked) - 1]
        ranked.pop()


def test_who_is_served_stays() -> None:
    """And where all are, the new one is not let in."""
    guests = One(busy=True), One(claim=Claim.SERVED), One(busy=True)
    full(*guests)
    assert left(*guests) == [1]
    guests = One(busy=True), One(busy=True), One(busy=True)
    room, let_in = full(*guests)
    assert not let_in
    assert left(*guests) == []
    assert list(room) == list(guests)


def test_the_slowest_reader_goes_where_all_are_served() -> None:
    """Whoever waits for us stays, whatever it read before; and while another can go, readers stay."""
    guests = (
        One(busy=True),
        One(busy=True, pace=9000.0),
        One(busy=True, pace=20.0),
        One(busy=True, pace=500.0),
    )
    _, let_in = full(*guests)
    assert let_in
    assert left(*guests) == [2]
    others = One(busy=True, pace=1.0), One(claim=Claim.NEW)
    full(*others)
    assert left(*others) == [1]


def test_a_crowd_makes_room_first() -> None:
    """Many connections from one address do not push out the few of others."""
    guests = (
        One("192.0.2.7"),
        One("192.0.2.8", claim=Claim.SERVED),
        *(One("192.0.2.9", claim=Claim.SERVED) for _ in range(3)),
    )
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
