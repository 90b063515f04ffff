"""What somebody wants to see of the wall."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.board.standing import STATES, Place, worst_first
from monitor.board.view import SORTS, Group, View, arrange, chosen, order
from monitor.model.alert import AlertState
from tests.board.making import a_level, a_line, an_alert

LINES = [
    a_line("Support", division="North", waiting=5.0, labels=(("team", "one"),), agents_on_queue=9.0),
    a_line("Sales", division="South", waiting=0.0, longest_wait=50.0, level=a_level(0.5)),
    a_line("support chat", division="North", waiting=None, labels=(("team", "one"), ("team", "two"))),
    a_line("Back*office?", org="globex", division="", level=a_level(None), agents_on_queue=None),
]
PLACES = worst_first(LINES, [an_alert("Support"), an_alert("Sales", state=AlertState.PENDING)])
ALL = ["Support", "Sales", "Back*office?", "support chat"]


def names(view: View) -> list[str]:
    """Return the names of the queues that `view` shows, in order."""
    return [place.line.queue for group in arrange(PLACES, view) for place in group.places]


def headings(group: str, sort: str = "worst") -> list[tuple[str, int]]:
    """Return each heading with the number of queues under it."""
    view = View(group=group, sort=sort)
    return [(one.heading, len(one.places)) for one in arrange(PLACES, view)]


def test_nothing_asked_for_is_everything_worst_first() -> None:
    """An empty view is one group of all places."""
    assert names(View()) == ALL
    assert [group.heading for group in arrange(PLACES, View())] == [""]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("support", ["Support", "support chat"]),
        ("SUPPORT C", ["support chat"]),
        ("s*t", ["Support", "support chat"]),
        ("s*s", ["Sales"]),
        ("sale?", ["Sales"]),
        ("ale?", []),
        ("back*office?", ["Back*office?"]),
        ("*office", ["Back*office?"]),
        ("[sales]", []),
        ("id-of-Sales", ["Sales"]),
        ("nowhere", []),
    ],
)
def test_text_is_a_part_of_the_name_or_a_glob_of_it(text: str, found: list[str]) -> None:
    """In any case; a name that holds a star is found by itself, and brackets alone are no glob."""
    assert names(View(text=text)) == found


@pytest.mark.parametrize(
    ("view", "found"),
    [
        (View(org="globex"), ["Back*office?"]),
        (View(org="glob"), []),
        (View(division="north"), ["Support", "support chat"]),
        (View(division="*th"), ["Support", "Sales", "support chat"]),
        (View(division="nor"), []),
        (View(division="[s]outh"), []),
        (View(state="critical"), ["Support"]),
        (View(state="firing"), ["Support"]),
        (View(state="pending"), ["Sales"]),
        (View(state="unknown"), ["Back*office?", "support chat"]),
        (View(label="team"), ["Support", "support chat"]),
        (View(label="team=two"), ["support chat"]),
        (View(label="team=t*"), ["support chat"]),
        (View(label="team="), []),
        (View(label="tea"), []),
        (View(state="unknown", text="back"), ["Back*office?"]),
    ],
)
def test_filters_leave_what_fits_all_of_them(view: View, found: list[str]) -> None:
    """Each part of a view narrows what is left."""
    assert names(view) == found
    assert {place.line.queue for place in chosen(PLACES, view)} == set(found)


@pytest.mark.parametrize(
    ("sort", "found"),
    [
        ("name", ["Back*office?", "Sales", "Support", "support chat"]),
        ("waiting", ["Support", "Back*office?", "Sales", "support chat"]),
        ("longest_wait", ["Sales", "Back*office?", "Support", "support chat"]),
        ("service_level", ["Sales", "Support", "support chat", "Back*office?"]),
        ("agents", ["Back*office?", "Sales", "support chat", "Support"]),
    ],
)
def test_what_needs_somebody_comes_first_and_unknown_last(sort: str, found: list[str]) -> None:
    """Most waiting, longest wait, lowest level, fewest agents (of those available where no more is known)."""
    assert names(View(sort=sort)) == found


def test_groups_stand_in_the_order_of_their_first_places() -> None:
    """The group that holds the worst comes first; what belongs to none stands under no heading."""
    assert headings("org") == [("acme", 3), ("globex", 1)]
    assert headings("division") == [("North", 2), ("South", 1), ("", 1)]
    assert headings("state") == [("critical", 1), ("pending", 1), ("unknown", 2)]
    assert headings("label:team") == [("one", 1), ("", 2), ("one, two", 1)]
    assert headings("division", "name") == [("", 1), ("South", 1), ("North", 2)]
    assert headings("label:none") == [("", 4)]


def test_nothing_that_fits_is_no_group() -> None:
    """An empty wall has no headings."""
    assert arrange(PLACES, View(text="nowhere", group="org")) == []
    assert arrange([], View()) == []


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"state": "broken"}, "state is one of firing, critical"),
        ({"sort": "age"}, "sort is one of worst, name"),
        ({"sort": ""}, "sort is one of"),
        ({"group": "queue"}, "group is one of org, division, state or label:NAME"),
        ({"group": "label:"}, "group is one of"),
    ],
)
def test_a_word_that_is_none_is_refused_with_those_there_are(wrong: dict[str, str], told: str) -> None:
    """A misspelt filter must not look like a wall on which nothing is wrong."""
    with pytest.raises(ValueError, match=told):
        View(**wrong)
    with pytest.raises(ValueError, match="sort is one of"):
        order(PLACES[0], "age")


@pytest.mark.parametrize("sort", SORTS)
def test_orders_differ_and_compare(sort: str) -> None:
    """Every place has its own key of the same types, known or not, in whatever way they are sorted."""
    keys = [order(place, sort) for place in PLACES]
    assert len(set(keys)) == len(keys)
    assert len({tuple(map(type, key)) for key in keys}) == 1
    assert keys == sorted(keys) or sort != "worst"


@given(st.text(max_size=30), st.text(max_size=30))
def test_no_text_breaks_a_filter(name: str, wanted: str) -> None:
    """Whatever is written into a filter, and whatever a queue is called, a filter only says yes or no."""
    place = Place(line=a_line(name, division=name, labels=(("team", name),)))
    for view in (View(text=wanted), View(division=wanted), View(label=f"team={wanted}")):
        assert arrange([place], view) in ([], [Group(heading="", places=(place,))])
    assert arrange([place], View(text=name)) != []
    assert arrange([place], View(division=name)) != []


def test_every_state_can_be_asked_for() -> None:
    """The filter knows the words that places use."""
    for state in STATES:
        assert all(place.state == state for place in chosen(PLACES, View(state=state)))


@pytest.mark.parametrize("sort", ["waiting", "longest_wait", "service_level", "agents"])
def test_unknown_stands_behind_nothing(sort: str) -> None:
    """A queue of which a figure is not known comes after one of which it is 0, whatever they are called."""
    parts = ("waiting", "longest_wait", "agents_on_queue", "agents_available")
    unknown = a_line("a", level=None, **dict.fromkeys(parts))  # type: ignore[arg-type]
    nothing = a_line("b", level=a_level(0.0), **dict.fromkeys(parts, 0.0))  # type: ignore[arg-type]
    (group,) = arrange(worst_first([unknown, nothing], []), View(sort=sort))
    assert [place.line.queue for place in group.places] == ["b", "a"]
