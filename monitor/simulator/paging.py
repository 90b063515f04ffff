"""Numbered pages, as the configuration endpoints give them. Pure.

In: query parameters, and what was found. Out: a page ready for JSON. Numbers out of range raise `Refusal`.
"""

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar
from urllib.parse import quote

from monitor.simulator.refusal import Refusal

Document = dict[str, object]

MAX_PAGE_SIZE = 500
"""Not published for queues and users; the limit of the divisionviews sibling of queues."""

_Item = TypeVar("_Item")


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """A parsed question for a list: page number and size, name pattern, ids, division ids (empty: all)."""

    number: int = 1
    size: int = 25
    name: str = ""
    ids: tuple[str, ...] = ()
    divisions: tuple[str, ...] = ()


def listing(parameters: Mapping[str, Sequence[str]]) -> Listing:
    """Read query parameters, each with all its values; raises Refusal (400) for numbers out of range."""
    return Listing(
        number=_number(parameters, "pageNumber", 1, math.inf),
        size=_number(parameters, "pageSize", 25, MAX_PAGE_SIZE),
        name=next(iter(parameters.get("name", ())), ""),
        ids=_several(parameters, "id"),
        divisions=_several(parameters, "divisionId"),
    )


def page(found: Sequence[_Item], asked: Listing, path: str, entity: Callable[[_Item], Document]) -> Document:
    """The page asked for of what was found; a page past the end is empty."""
    first = (asked.number - 1) * asked.size
    pages = math.ceil(len(found) / asked.size)
    document: Document = {
        "entities": [entity(item) for item in found[first : first + asked.size]],
        "pageSize": asked.size,
        "pageNumber": asked.number,
        "total": len(found),
        "pageCount": pages,
        "firstUri": _page_uri(asked, path, 1),
        "selfUri": _page_uri(asked, path, asked.number),
        "lastUri": _page_uri(asked, path, max(pages, 1)),
    }
    if asked.number < pages:
        document["nextUri"] = _page_uri(asked, path, asked.number + 1)
    if asked.number > 1:
        document["previousUri"] = _page_uri(asked, path, asked.number - 1)
    return document


def _number(parameters: Mapping[str, Sequence[str]], name: str, default: int, highest: float) -> int:
    text = next(iter(parameters.get(name, ())), str(default))
    if not re.fullmatch(r"[0-9]{1,9}", text) or not 1 <= int(text) <= highest:
        message = f"Value [{text}] is not valid for parameter [{name}]."
        raise Refusal(status=400, code="invalid.value", message=message, fields=(name,))
    return int(text)


def _several(parameters: Mapping[str, Sequence[str]], name: str) -> tuple[str, ...]:
    """All values of a parameter, repeated as documented or joined by commas as the vendor's SDK does."""
    return tuple(value for joined in parameters.get(name, ()) for value in joined.split(",") if value)


def _page_uri(asked: Listing, path: str, number: int) -> str:
    terms = [f"pageSize={asked.size}", f"pageNumber={number}"]
    terms += [f"name={quote(asked.name, safe='')}"] if asked.name else []
    terms += [f"id={quote(value, safe='')}" for value in asked.ids]
    terms += [f"divisionId={quote(value, safe='')}" for value in asked.divisions]
    return f"{path}?{'&'.join(terms)}"
