"""What a page's address asks for."""

from __future__ import annotations

import pytest

from monitor.board.view import View
from monitor.web.page.asking import CARDS, LIMIT, MOST, asked


def test_an_address_without_a_query_asks_for_everything() -> None:
    """The wall, worst first, as many queues as a browser shows smoothly."""
    found = asked({})
    assert (found.view, found.limit, found.board) == (View(), LIMIT, False)
    assert (found.macro, found.kind) == ("row", "rows")


def test_every_filter_is_understood() -> None:
    """Text, org, division, state, label, sort and group become a view."""
    query = {
        "q": "sup*",
        "org": "acme",
        "division": "Home",
        "state": "firing",
        "label": "team=n*",
        "sort": "name",
        "group": "label:team",
    }
    view = asked(query).view
    assert view == View(
        text="sup*",
        org="acme",
        division="Home",
        state="firing",
        label="team=n*",
        sort="name",
        group="label:team",
    )


def test_what_is_not_understood_is_left_out() -> None:
    """A wrong state, sort, group, limit or parameter, or an empty one, asks for nothing."""
    query = {"state": "angry", "sort": "up", "group": "x", "limit": "many", "colour": "red", "q": ""}
    found = asked(query)
    assert (found.view, found.limit, found.given) == (View(), LIMIT, ())


@pytest.mark.parametrize(
    ("text", "limit"),
    [("5", 5), ("0", 1), ("999999", MOST), ("9999999", LIMIT), ("-1", LIMIT), ("٣", LIMIT)],
)
def test_the_limit_has_a_limit(text: str, limit: int) -> None:
    """At least one queue, at most what can be drawn; digits of other scripts are no number."""
    assert asked({"limit": text}).limit == limit


def test_a_board_is_denser_the_more_it_is_to_show() -> None:
    """A wall screen has few large cards unless more are asked for."""
    assert asked({"board": "1"}).limit == CARDS
    kinds = [asked({"board": "1", "limit": limit}).kind for limit in ("16", "30", "31")]
    assert kinds == ["cards", "cards dense", "cards packed"]


def test_an_address_keeps_what_was_asked_for() -> None:
    """Links change one thing and keep the others, percent-encoded."""
    found = asked({"q": "a&b=ü", "board": "1", "limit": "40", "nonsense": "1"})
    assert found.address() == "?board=1&limit=40&q=a%26b%3D%C3%BC"
    assert found.address(q="", state="ok") == "?board=1&limit=40&state=ok"
    assert asked({}).address() == "?"


def test_hidden_characters_are_taken_out_of_what_is_asked() -> None:
    """What is repeated in the form cannot turn the page around."""
    assert asked({"q": "\u202eabc\x00" + "x" * 1000}).view.text.startswith("abc x")
