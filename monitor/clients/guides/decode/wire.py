"""Reads JSON value by value, and counts what is none. The only module of the dialect that knows msgspec."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, tzinfo

import msgspec

from monitor.kit.text import clean
from monitor.model.errors import Unintelligible
from monitor.model.observation import Figure

Record = Mapping[str, object]
Counts = Counter[tuple[str, str]]
"""Values that were refused: (field of the wire, reason) → how many."""

IDENTITY_LIMIT = 200
"""Characters of an id we will take; theirs have 36."""


LARGEST = 1e15
"""Events or milliseconds: no queue has more, and whatever is added up from less has an end."""


def frame(body: bytes, what: str) -> Record:
    """Return the JSON object an answer is. Raises Unintelligible; `what` names the answer."""
    try:
        raw: object = _decoded(body)
    except (ValueError, RecursionError) as error:
        raise Unintelligible(f"{what} is not JSON ({type(error).__name__})") from error
    if not isinstance(raw, dict):
        raise Unintelligible(f"{what} is not a JSON object")
    return raw


def _decoded(body: bytes) -> object:
    """Decode; again through the standard library where there is NaN or half a surrogate pair."""
    try:
        return msgspec.json.decode(body)
    except msgspec.DecodeError:
        decoded: object = json.loads(body)
        return decoded


def rows(record: Record, name: str, what: str) -> Sequence[Record]:
    """Return a list of objects the answer cannot do without. Raises Unintelligible."""
    raw = record.get(name)
    if not isinstance(raw, list):
        raise Unintelligible(f"{what} has no list of {name}")
    for row in raw:
        if not isinstance(row, dict):
            raise Unintelligible(f"{what} has something in {name} that is no object")
    return raw


def part(record: Record, name: str) -> Record | None:
    """Return an object inside another; None where it is absent or none."""
    raw = record.get(name)
    return raw if isinstance(raw, dict) else None


def text(record: Record, name: str) -> str:
    """Return a text as it is; empty where it is absent or none."""
    raw = record.get(name)
    return raw if isinstance(raw, str) else ""


def identity(record: Record, name: str, what: str) -> str:
    """Return the id a row cannot do without. Raises Unintelligible."""
    raw = text(record, name)
    if not raw or len(raw) > IDENTITY_LIMIT or clean(raw) != raw:
        raise Unintelligible(f"{what} has a row without {name}")
    return raw


def figure(record: Record, name: str, oddities: Counts, *, absent: Figure = None, field: str = "") -> Figure:
    """Return a number that is not negative; None (counted under `field` or `name`) for anything else.

    `absent` is what a value that is not mentioned means.
    """
    if name not in record:
        return absent
    raw = record[name]
    field = field or name
    if raw is None:
        oddities[field, "null"] += 1
    elif isinstance(raw, bool) or not isinstance(raw, int | float):
        oddities[field, "malformed"] += 1
    elif not _finite(raw):
        oddities[field, "not_finite"] += 1
    elif raw < 0:
        oddities[field, "negative"] += 1
    elif raw > LARGEST:
        oddities[field, "implausible"] += 1
    else:
        return float(raw)
    return None


def _finite(raw: float) -> bool:
    try:
        return math.isfinite(raw)
    except OverflowError:
        return False


def date(raw: str, zone: tzinfo = UTC) -> datetime | None:
    """Return a date in UTC, taken as local to `zone` where it has no offset; None for anything else."""
    try:
        read = datetime.fromisoformat(raw)
        return (read if read.tzinfo is not None else read.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def whole(record: Record, name: str) -> int | None:
    """Return a whole number from 0 up; None for anything else."""
    raw = record.get(name)
    return raw if isinstance(raw, int) and not isinstance(raw, bool) and raw >= 0 else None
