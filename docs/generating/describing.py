"""What the code does not say of itself is said here in tables, and has to be said of everything."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

Name = TypeVar("Name")


class Undescribed(LookupError):
    """Something of the code has no words yet: the text says what, and where to write them."""


def described(told: Mapping[Name, str], name: Name, where: str) -> str:
    """Return what `told`, which stands in the module `where`, says of `name`.

    Raises:
        Undescribed: nothing.
    """
    if name not in told:
        raise Undescribed(f"say in docs/generating/{where}.py what {name} is")
    return told[name]
