"""What a page shows at one moment, as named parts, and what has to be said to bring one moment to the next.

Pure. A part is an element with an id; a container is an element whose children are parts, in an order.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Drawn:
    """A part's HTML, and the same as a JSON string: written once, however many look at it."""

    html: str
    coded: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """Parts by id, in the order of the document; the ids in each container, outer ones first."""

    parts: Mapping[str, Drawn] = field(default_factory=dict)
    order: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


NOTHING = Frame()
"""What a client has seen that has just come."""


def drawn(html: str) -> Drawn:
    """Return a part."""
    return Drawn(html, json.dumps(html))


def difference(before: Frame, after: Frame) -> str:
    """Return the members `"parts":…` and `"order":…` of a JSON object: what changed; empty for nothing.

    What is gone is said by the order of the container it was in.
    """
    parts = [(key, part) for key, part in after.parts.items() if not _same(before.parts.get(key), part)]
    order = {key: ids for key, ids in after.order.items() if before.order.get(key) != ids}
    said = []
    if parts:
        said.append(f'"parts":{{{_members(parts)}}}')
    if order:
        said.append(f'"order":{json.dumps(order, separators=(",", ":"))}')
    return ",".join(said)


def _members(parts: Iterable[tuple[str, Drawn]]) -> str:
    return ",".join(f"{json.dumps(key)}:{part.coded}" for key, part in parts)


def _same(before: Drawn | None, after: Drawn) -> bool:
    return before is after or (before is not None and before.html == after.html)
