"""What a page's address asks for. Pure; what it does not understand it leaves out, as a page should.

In: a query. Out: a view, how many queues at most, and whether for a wall screen.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlencode

from monitor.board.view import View
from monitor.kit.text import NAME_LIMIT, clean

LIMIT = 500
"""Queues on a page where nobody says how many: what a browser shows smoothly."""
MOST = 2000
CARDS = 16
"""Queues on a wall screen where nobody says how many: four by four are read from across a room."""
DENSE = 30
"""Queues on a wall screen up to which it is only a little denser."""

_FIELDS = {"q": "text", "org": "org", "division": "division", "state": "state", "label": "label"}
"""Parameters that filter, with the names of what they ask for."""
FILTERS = tuple(_FIELDS)
"""Parameters that filter."""
_CHECKED = ("state", "sort", "group")
"""What can be asked for wrongly."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is wanted. `given` is the address's query as it was understood."""

    view: View = field(default_factory=View)
    limit: int = LIMIT
    board: bool = False
    given: tuple[tuple[str, str], ...] = ()

    @property
    def macro(self) -> str:
        """How a queue is drawn."""
        return "card" if self.board else "row"

    @property
    def kind(self) -> str:
        """How queues stand together: as rows, or as cards that are the smaller the more are wanted."""
        if not self.board:
            return "rows"
        return "cards" if self.limit <= CARDS else "cards dense" if self.limit <= DENSE else "cards packed"

    def address(self, **changes: str) -> str:
        """Return the query that asks for the same, but for these; an empty one asks for nothing."""
        wanted = {key: text for key, text in {**dict(self.given), **changes}.items() if text}
        return "?" + urlencode(wanted, errors="replace") if wanted else "?"


def asked(query: Mapping[str, str]) -> Asked:
    """Return what a query asks for."""
    texts = {name: clean(text[:NAME_LIMIT]) for name, text in query.items()}
    board = texts.get("board") == "1"
    wanted = {key: texts[name] for name, key in _FIELDS.items() if texts.get(name)}
    wanted |= {name: texts[name] for name in ("sort", "group") if texts.get(name)}
    wanted = {name: text for name, text in wanted.items() if name not in _CHECKED or _known(name, text)}
    limit = texts.get("limit", "")
    usual = CARDS if board else LIMIT
    number = int(limit) if limit.isascii() and limit.isdigit() and len(limit) <= 6 else usual
    names = {key: name for name, key in _FIELDS.items()}
    given = {names.get(key, key): text for key, text in wanted.items()}
    if limit and number != usual:
        given["limit"] = str(number)
    if board:
        given["board"] = "1"
    return Asked(
        view=View(**wanted),
        limit=min(max(number, 1), MOST),
        board=board,
        given=tuple(sorted(given.items())),
    )


def _known(name: str, text: str) -> bool:
    try:
        View(**{name: text})
    except ValueError:
        return False
    return True
