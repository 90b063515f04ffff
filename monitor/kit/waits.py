"""How long to wait before trying again: what a server asks for, and what we choose ourselves."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from email.utils import parsedate_to_datetime
from random import Random

LONGEST = 86400.0
"""Seconds: the longest wait a server can ask of us (Genesys' daily limit answers up to a day)."""

_IN_BODY = re.compile(rb"[Rr]etry the request in \[(\d{1,6})\] seconds")


def asked(headers: Mapping[str, str], body: bytes, now: datetime) -> float | None:
    """Return the seconds a server asks us to wait, or None where it does not say.

    Reads the header `Retry-After` (whole seconds or an HTTP date) and the sentence Genesys puts in a
    429 body, "Retry the request in [N] seconds". Nonsense is ignored, the rest clamped to 0…`LONGEST`.
    """
    header = headers.get("retry-after", "").strip()
    if header.isascii() and header.isdigit():
        return min(float(header[:9]), LONGEST)
    if header:
        from_date = _until(header, now)
        if from_date is not None:
            return from_date
    found = _IN_BODY.search(body[:4096])
    return min(float(found[1]), LONGEST) if found else None


def _until(header: str, now: datetime) -> float | None:
    try:
        when = parsedate_to_datetime(header)
    except (ValueError, TypeError, OverflowError):
        return None
    if when.tzinfo is None:
        return None
    return min(max((when - now).total_seconds(), 0.0), LONGEST)


def full_jitter(attempt: int, *, base: float, cap: float, random: Random) -> float:
    """Return seconds to wait before retry number `attempt` (1, 2, …): anything up to `base`·2^(attempt-1).

    Full jitter spreads clients that failed together; the shape is the one AWS measured as best.
    """
    return random.uniform(0.0, min(cap, base * 2.0 ** min(attempt - 1, 32)))
