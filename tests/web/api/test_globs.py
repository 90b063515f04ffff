"""Globs of a request: the same as a shell's, with case, and each name is held against one once."""

from __future__ import annotations

from fnmatch import fnmatchcase

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.web.api.globs import fits

LETTERS = st.text("aAbB*?[]!-\n.^$\\", max_size=8)


@given(LETTERS, LETTERS)
def test_a_glob_means_what_it_does_elsewhere(glob: str, name: str) -> None:
    """Rules and silences read theirs by `fnmatchcase`."""
    assert fits(glob)(name) == fnmatchcase(name, glob)


def test_case_matters() -> None:
    """As it does in rules."""
    assert (fits("S*")("Support"), fits("s*")("Support")) == (True, False)


def test_everything_fits_where_nothing_is_asked() -> None:
    """None is no glob; an empty one fits only what has no name."""
    assert fits(None)("Support")
    assert (fits("")("Support"), fits("")("")) == (False, True)


@pytest.mark.parametrize("glob", ["*a" * 100, "[" * 200, "?*" * 100, "*[a-b]" * 33 + "c"])
def test_a_hostile_glob_is_soon_done(glob: str) -> None:
    """It neither fails nor tries one way after the other."""
    assert not fits(glob)("a" * 98 + "b")
