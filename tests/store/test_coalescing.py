"""What of a queue still counts: a table of small cases."""

import pytest

from monitor.model.alert import EventKind
from monitor.store.coalescing import Waiting, left, skipped

KINDS = {
    "f": EventKind.FIRED,
    "u": EventKind.UNKNOWN,
    "l": EventKind.LEVEL_CHANGED,
    "m": EventKind.REMINDED,
    "r": EventKind.RESOLVED,
    "k": EventKind.KNOWN,
    "a": EventKind.ACKNOWLEDGED,
    "p": EventKind.FLAPPING,
    "s": EventKind.STEADY,
    "h": EventKind.HEARTBEAT,
    "g": EventKind.GROUPED,
}


def queue(letters: str, rule: str = "Low") -> list[Waiting]:
    """Return a row per letter; a capital one was tried."""
    return [
        Waiting(
            row=row,
            event_id=f"evt_{row}",
            rule=rule,
            kind=KINDS[letter.lower()],
            attempts=int(letter.isupper()),
            skipped=0,
        )
        for row, letter in enumerate(letters)
    ]


@pytest.mark.parametrize(
    ("waiting", "kept"),
    [
        ("f", [0]),
        ("fr", [1]),
        ("frf", [2]),
        ("flm", [2]),
        ("hhh", [2]),
        ("fa", [0, 1]),
        ("fap", [0, 1, 2]),
        ("faf", [2]),
        ("ps", [1]),
        ("rf", [0, 1]),
        ("kuku", [0, 3]),
        ("rfr", [0, 2]),
        ("lrf", [1, 2]),
        ("mrfra", [1, 3, 4]),
        ("arf", [1, 2]),
        ("Frf", [1, 2]),
        ("Ukf", [1, 2]),
        ("Ff", [1]),
        ("Frfrfa", [1, 4, 5]),
    ],
)
def test_what_still_counts_is_left(waiting: str, kept: list[int]) -> None:
    """The newest state, the newest note after it, and the end of what was sent, or may have been."""
    assert [one.row for one in left("acme/Low/q0", queue(waiting))] == kept


def test_nothing_is_left_out_of_groups_and_drills() -> None:
    """A telling is no newer state of the one before it, and half a drill proves nothing."""
    assert len(left("group:team=support", queue("ggg"))) == 3
    assert len(left("queuewatch/Drill/pager", queue("fr", rule="Drill"))) == 2


def test_what_is_left_counts_what_went_before_it() -> None:
    """Each that went is counted once, with those it stood for itself, in the next that is left."""
    waiting = queue("lrfrfa")
    found = left("acme/Low/q0", waiting)
    assert [(one.row, one.skipped) for one in found] == [(1, 1), (4, 2), (5, 0)]
    assert [(old.row, new.row) for old, new in skipped(waiting, found)] == [(0, 1), (2, 4), (3, 4)]
    again = left("acme/Low/q0", [*found, *queue("......f".replace(".", "a"))[6:]])
    assert [(one.row, one.skipped) for one in again] == [(1, 1), (6, 4)]
