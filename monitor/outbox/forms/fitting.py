"""Bodies that must not be longer than somebody takes: as many members as fit. Pure."""

from __future__ import annotations

from collections.abc import Callable


def fitted(make: Callable[[int], bytes], count: int, limit: int, *, least: int = 0) -> bytes:
    """Return the body of the most members, of `count`, with which it has at most `limit` bytes.

    Where not even `least` of them fit it is the body of these: its maker bounds how long that is.
    """
    body = make(count)
    if len(body) <= limit:
        return body
    low, high = least, count - 1
    best = make(least)
    while low < high:
        middle = (low + high + 1) // 2
        body = make(middle)
        if len(body) <= limit:
            low, best = middle, body
        else:
            high = middle - 1
    return best
