"""As many members as fit, found with few tries."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.outbox.forms.fitting import fitted, leading


class Maker:
    """Makes bodies of members of these sizes, and remembers how many of each it made."""

    def __init__(self, sizes: list[int], head: int = 40) -> None:
        self._sizes = sizes
        self._head = head
        self.made: list[int] = []

    def __call__(self, kept: int) -> bytes:
        self.made.append(kept)
        return b"x" * (self._head + sum(self._sizes[:kept]))


@given(
    sizes=st.lists(st.integers(0, 300), max_size=400),
    head=st.integers(0, 500),
    limit=st.integers(1, 20_000),
    least=st.integers(0, 1),
)
def test_the_most_that_fit_are_kept(sizes: list[int], head: int, limit: int, least: int):
    """One more would be too long; where not even the least fit, it is they."""
    least = min(least, len(sizes))
    body = fitted(Maker(sizes, head), len(sizes), limit, least=least)
    fit = [kept for kept in range(least, len(sizes) + 1) if len(Maker(sizes, head)(kept)) <= limit] or [least]
    assert len(body) == len(Maker(sizes, head)(fit[-1]))


@pytest.mark.parametrize("size", [30, 100, 1000])
def test_few_bodies_are_made_and_none_of_them_large(size: int):
    """Of ten thousand members hardly more are looked at than fit, a handful of times."""
    make = Maker([size] * 10_000)
    body = fitted(make, 10_000, 16_384)
    assert 16_384 - size < len(body) <= 16_384
    assert len(make.made) <= 6
    assert max(make.made) <= max(64, 16_384 // size + 1)


def test_what_fits_whole_is_made_once():
    """As most groups do."""
    make = Maker([100] * 60)
    fitted(make, 60, 16_384)
    assert make.made == [60]


def test_sizes_are_looked_at_as_far_as_there_is_room():
    """And no further."""
    looked: list[int] = []

    def sizes():
        for size in (10, 10, 10, 10):
            looked.append(size)
            yield size

    assert leading(sizes(), 25) == 2
    assert len(looked) == 3
    assert leading([], 25) == 0
    assert leading([30], 25) == 0
