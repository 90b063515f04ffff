"""Long lists, page by page: a page ends where its last item stands, not at a number of items.

A cursor is the key of the last item, so that what comes and goes between two pages neither repeats nor hides
anything else: whoever follows `next` to the end sees every item exactly once that was there all the while and
kept its key. One whose key changes meanwhile, because figures or states are part of it, may be seen twice or
not at all; lists by name or id have no such keys. Pure. Cursors come back from strangers: one that does not
fit the list is refused.
"""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from heapq import nsmallest
from typing import Generic, NoReturn, TypeVar

from monitor.web import reading
from monitor.web.answers import Problem

PAGE = 100
"""Items given where nobody says how many."""

_MOST = 2**63 - 1
"""The greatest whole number that SQLite holds."""

Part = str | int | float
Key = tuple[Part, ...]
"""Where an item stands in its list: unlike every other's there, and each part of one type throughout.

Floats are finite. It ends in something that never changes of an item, such as its id.
"""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Some items in order; `next` is the `after` of the following page, None where this is the last."""

    items: Sequence[T]
    next: str | None


def limit(given: Mapping[str, str], *, most: int = reading.LIMIT) -> int:
    """Return how many items are asked for with `limit`. Raises Problem."""
    return reading.whole("limit", given.get("limit", str(min(PAGE, most))), least=1, most=most)


def cursor(*key: Part) -> str:
    """Return the text that stands for a key: letters, digits, `-` and `_`. Names in it are clean."""
    text = json.dumps(key, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return urlsafe_b64encode(text.encode("utf-8", "replace")).decode("ascii").rstrip("=")


def after(given: Mapping[str, str], *like: Part) -> Key | None:
    """Return the key that `after` stands for, None for the first page. Raises Problem.

    It has as many parts as `like`: a text where that is one, a whole number of 64 bits where that is one, any
    number where that is a float. Text in `like` that is not empty has to be that very text.
    """
    text = given.get("after")
    if text is None:
        return None
    try:
        # The empty object of a constant (NaN, Infinity) fits nowhere.
        found = json.loads(_bytes(text), parse_constant=lambda _: {})
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, list) or len(found) != len(like):
        _refuse()
    if not all(map(_alike, found, like)):
        _refuse()
    return tuple(found)


def paged(found: Iterable[T], key: Callable[[T], Key], given: Mapping[str, str], *like: Part) -> Page[T]:
    """Return the page that `limit` and `after` ask for, of items in any order; sorted by `key`.

    `like` is as in `after`. Raises Problem.
    """
    most, start = limit(given), after(given, *like)
    keyed = ((key(item), item) for item in found)
    left = (one for one in keyed if start is None or one[0] > start)
    page = cut(nsmallest(most + 1, left, key=_first), _first, most)
    return Page([item for _, item in page.items], page.next)


def cut(items: Sequence[T], key: Callable[[T], Key], most: int) -> Page[T]:
    """Return the page of `items`, of which there is one more than `most` where another page follows."""
    page = items[:most]
    return Page(page, cursor(*key(page[-1])) if len(items) > most else None)


def _first(keyed: tuple[Key, T]) -> Key:
    return keyed[0]


def _bytes(text: str) -> bytes:
    """Return what the text encodes. Raises ValueError."""
    return urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4))


def _alike(part: object, like: Part) -> bool:
    if isinstance(like, str):
        return part == like if like else isinstance(part, str) and _encodes(part)
    if isinstance(part, bool) or not isinstance(part, int | float):
        return False
    return isinstance(like, float) or (isinstance(part, int) and abs(part) <= _MOST)


def _encodes(text: str) -> bool:
    """Say whether a text is one that a store takes: JSON can hold half a character (a lone surrogate)."""
    return not any("\ud800" <= char <= "\udfff" for char in text)


def _refuse() -> NoReturn:
    raise Problem(400, "after: should be the next of a page of this very list, sorted the same way")
