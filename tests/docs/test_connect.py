"""The regions, permissions and scopes on docs/connect.md are those of the code."""

from __future__ import annotations

import re
from types import ModuleType

import pytest

from monitor.clients.endpoint import Endpoint
from monitor.clients.guides import endpoints as guides
from monitor.clients.platform import endpoints as platform
from monitor.config.regions import REGIONS
from tests.docs.tables import table

PAGE = "connect.md"
ASKED = {
    "directory": ("QUEUES",),
    "queues": ("OBSERVATIONS",),
    "service_level": ("CONVERSATIONS",),
    "agents": ("CONVERSATIONS", "STATUSES"),
    "workitems": ("WORKITEMS", "WORKITEM_STATES"),
    "strategies": ("CONVERSATIONS",),
}
"""Question → the names of the operations that it is made of, in the platform's module of endpoints."""


def code(cell: str) -> list[str]:
    """Return the words of a cell that are marked as code."""
    return re.findall(r"`([^`]+)`", cell)


def operations(module: ModuleType) -> dict[str, Endpoint]:
    """Return the endpoints of a dialect by their names in its module."""
    return {name: one for name, one in vars(module).items() if isinstance(one, Endpoint)}


def test_the_regions_are_all_there_is() -> None:
    """Every region stands in the table with its domain, and no other."""
    cells = [code(cell) for row in table(PAGE, "region", "domain").rows for cell in row]
    words = [word for cell in cells for word in cell]
    assert dict(zip(words[::2], words[1::2], strict=True)) == REGIONS


@pytest.mark.parametrize("row", table(PAGE, "what is on", "permission").rows)
def test_permissions_are_those_that_errors_name(row: tuple[str, ...]) -> None:
    """A question needs exactly the permissions of its operations, which a 403 would name."""
    (question,) = code(row[0])
    known = operations(platform)
    assert set(code(row[1])) == {known[name].permission for name in ASKED[question]}


def test_no_permission_is_left_out() -> None:
    """Every permission that an operation of ours needs stands in the table."""
    asked = {word for row in table(PAGE, "what is on", "permission").rows for word in code(row[1])}
    needed = {one.permission for one in operations(platform).values()} - {"(none is documented)"}
    assert asked == needed


def test_scopes_are_the_guides() -> None:
    """Each question of the guides needs the scopes that a 403 would name."""
    rows = table(PAGE, "what is on", "scopes").rows
    assert {code(row[0])[0]: set(" ".join(code(row[1])).split()) for row in rows} == {
        question: set(scopes.split()) for question, scopes in guides.SCOPES.items()
    }
