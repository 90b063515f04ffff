"""Globs of a request, read once and not again for each of thousands of names. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable
from fnmatch import translate
from functools import cache

Fits = Callable[[str], bool]


def fits(glob: str | None) -> Fits:
    """Return what says whether a name fits `glob`, case and all; everything fits None.

    It remembers the names it saw, for as long as it is kept: thousands of series have a few names.
    """
    if glob is None:
        return lambda _: True
    matching = re.compile(translate(glob)).match
    return cache(lambda name: matching(name) is not None)
