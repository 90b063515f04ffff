"""Text from strangers: what is kept of it, and how much of it is remembered."""

from __future__ import annotations

import tracemalloc

import pytest

from monitor.kit.text import clean


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("Support", "Support"),
        ("  two   blanks ", "two blanks"),
        ("re\u202everse\n", "re verse"),
        ("half \ud800", "half"),
        ("x" * 201, "x" * 199 + "…"),
        ("\u200b" * 300 + "x", "x"),
        ("\u200b" * 900 + "x", ""),
    ],
)
def test_text_is_cleaned_and_cut(raw: str, shown: str) -> None:
    """Hidden characters go, blanks are single, and what is far behind the limit does not come back."""
    assert clean(raw) == shown


def test_what_is_remembered_is_short() -> None:
    """Fifty texts of a million characters leave next to nothing in memory."""
    tracemalloc.start()
    before, _ = tracemalloc.get_traced_memory()
    for number in range(50):
        clean("é" * 1_000_000 + str(number))
        clean(f"{number}" + "é" * 1_000_000)
    after, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert after - before < 1_000_000
