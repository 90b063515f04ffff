"""Pages and their cursors: what keeps its place is seen once, and nothing a stranger made up is read."""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.web.answers import Problem
from monitor.web.api import paging

NAMES = st.text(st.characters(codec="utf-8"), max_size=20)


def written(content: object) -> str:
    """Return a cursor of whatever somebody likes."""
    return urlsafe_b64encode(json.dumps(content).encode()).decode().rstrip("=")


def pages(items: list[str], size: int) -> list[list[str]]:
    """Return every page of names, as somebody reads them who follows `next`."""
    found: list[list[str]] = []
    after = None
    while len(found) <= len(items):
        asked = {"limit": str(size), **({"after": after} if after else {})}
        page = paging.paged(items, lambda item: (item,), asked, "")
        found.append(list(page.items))
        if page.next is None:
            return found
        after = page.next
    pytest.fail("the pages have no end")


@given(st.sets(NAMES, max_size=30), st.integers(1, 7))
def test_pages_hold_everything_once(names: set[str], size: int) -> None:
    """Whoever follows `next` sees each item once, in order, and no page is longer than asked."""
    found = pages(sorted(names, reverse=True), size)
    assert [one for page in found for one in page] == sorted(names)
    assert all(len(page) <= size for page in found)
    assert all(found) or not names


def test_what_comes_and_goes_moves_nothing_else() -> None:
    """The last item of a page may go and others come before it: the next page begins where it did."""
    names = ["b", "d", "f", "h"]
    first = paging.paged(names, lambda name: (name,), {"limit": "2"}, "")
    assert (first.items, first.next is not None) == (["b", "d"], True)
    changed = ["a", "b", "c", "e", "f", "h"]
    second = paging.paged(changed, lambda name: (name,), {"limit": "9", "after": str(first.next)}, "")
    assert (second.items, second.next) == (["e", "f", "h"], None)


def test_only_what_keeps_its_key_is_seen_once() -> None:
    """What moves behind the cursor is seen again, what moves before it is not seen; the others are, once."""
    waiting = {"a": 1, "b": 2, "c": 3, "d": 4}

    def page(**asked: str) -> paging.Page[str]:
        return paging.paged(waiting, lambda name: (waiting[name], name), asked, 0, "")

    first = page(limit="2")
    waiting |= {"a": 5, "d": 0}
    second = page(after=str(first.next))
    assert (first.items, second.items) == (["a", "b"], ["c", "a"])


@given(
    st.tuples(NAMES, st.integers(-(2**63) + 1, 2**63 - 1), st.floats(allow_nan=False, allow_infinity=False))
)
def test_a_cursor_comes_back_as_it_was(key: tuple[str, int, float]) -> None:
    """Names of any script, whole numbers and floats survive the way out and back, in a URL's own letters."""
    text = paging.cursor(*key)
    assert set(text) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
    assert paging.after({"after": text}, "", 0, 0.0) == key


@pytest.mark.parametrize(
    "text",
    [
        "x",
        "é",
        "====",
        written("a"),
        written({"a": 1}),
        written([]),
        written(["a"]),
        written(["a", 1, 1.0, 1]),
        written([1, 1, 1.0]),
        written(["a", True, 1.0]),
        written(["a", 1, True]),
        written(["a", 1, None]),
        written(["a", 1, [1]]),
        written(["a", "1", 1.0]),
        written(["a", 1.5, 1.0]),
        written(["a", 2**63, 1.0]),
        written(["a", 1, float("nan")]),
        written(["a", 1, float("-inf")]),
        written(["\ud800", 1, 1.0]),
        urlsafe_b64encode(b"[" * 3000).decode(),
        urlsafe_b64encode(b"\xff\xfe[").decode(),
    ],
)
def test_a_cursor_somebody_made_up_is_refused(text: str) -> None:
    """What is no key of this list is a problem with 400, never an error."""
    with pytest.raises(Problem) as caught:
        paging.after({"after": text}, "", 0, 0.0)
    assert caught.value.status == 400


def test_a_cursor_of_another_list_is_refused() -> None:
    """A part that names the list, or how it is sorted, has to be the same."""
    text = paging.cursor("name", "support")
    assert paging.after({"after": text}, "name", "") == ("name", "support")
    with pytest.raises(Problem, match="sorted the same way"):
        paging.after({"after": text}, "worst", "")


@pytest.mark.parametrize("text", ["0", "-1", "1001", "ten", "1.5", "９"])
def test_a_page_is_of_1_to_1000(text: str) -> None:
    """Another limit is refused by its name."""
    with pytest.raises(Problem, match=r"^limit: should be a whole number from 1 to 1000"):
        paging.limit({"limit": text})


def test_a_page_is_of_100_where_nobody_says() -> None:
    """There is a usual length, never more than the list allows."""
    assert (paging.limit({}), paging.limit({}, most=20), paging.limit({"limit": "1000"})) == (100, 20, 1000)
