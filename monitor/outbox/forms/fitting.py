"""Bodies that must not be longer than somebody takes: as many members as fit. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable

FIRST = 64
"""Members of the first body that is made: as many as most groups have, and few forms have room for more."""

_GUESSES = 6
"""Bodies guessed from the sizes of others; then halves, should members differ beyond all measure."""


def fitted(make: Callable[[int], bytes], count: int, limit: int, *, least: int = 0) -> bytes:
    """Return the body of the most members, of `count`, with which it has at most `limit` bytes.

    Where not even `least` of them fit it is the body of these: its maker bounds how long that is. Few bodies
    are made, and none of many more members than fit.
    """
    kept = min(count, max(FIRST, least))
    body = make(kept)
    if kept == count and len(body) <= limit:
        return body
    low, high, best = least, count, make(least)
    known = least, len(best)
    for made in range(_GUESSES + count.bit_length() + 1):
        if len(body) <= limit:
            low, best = kept, body
        else:
            high = kept - 1
        if low >= high:
            break
        each = (len(body) - known[1]) / max(1, kept - known[0])
        guess = (
            known[0] + int((limit - known[1]) / max(1.0, each)) if made < _GUESSES else (low + high + 1) // 2
        )
        kept = min(max(guess, low + 1), high)
        body = make(kept)
    return best


def leading(sizes: Iterable[int], room: int) -> int:
    """Return how many of the first members, of so many bytes each, have room; looks at no more than that.

    A byte each is for what stands between them.
    """
    count = 0
    for size in sizes:
        room -= size + 1
        if room < 0:
            break
        count += 1
    return count
