"""What the decoders share: figures with a reason for each refusal, and the repair of odd answers.

A repair turns what is no figure into NaN and what has no end into minus infinity, which JSON cannot carry:
`value >= 0` then finds every odd value, whichever way the answer was decoded.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TypeAlias, TypeVar

import msgspec

from monitor.model.errors import Unintelligible

Odd: TypeAlias = Counter[tuple[str, str]]
"""Counts refused values by (field, reason); a field is a metric's name or a part of the frame."""

Raw: TypeAlias = dict[str, object]
"""A JSON object of which nothing is known yet."""

Answer = TypeVar("Answer")

READABLE = " readable"
"""The field that says whether all of a part could be read; ours alone: no field of the wire has a space."""

EARLIEST_START = 946_684_800_000.0
"""2000-01-01 in epoch milliseconds: an older "start" is no date, so the age it gives would be invented."""

LARGEST = 1e15
"""Events or milliseconds: no queue has more, and whatever is added up from less has an end."""

_NAMES = ("queueId", "mediaType")
_STATS = ("count", "sum", "max", "numerator", "denominator", "calculatedMetricValue")


def figure(value: float | None, field: str, oddities: Odd) -> float | None:
    """Return `value` where it is a count or a length; else None, and count why under `field`."""
    if value is not None and 0 <= value <= LARGEST:
        return value
    oddities[field, _fault(value)] += 1
    return None


def _fault(value: float | None) -> str:
    if value is None:
        return "missing"
    if math.isnan(value):
        return "malformed"
    if math.isinf(value):
        return "not_finite"
    return "negative" if value < 0 else "implausible"


def age(start: float | None, field: str, now: float, oddities: Odd) -> float | None:
    """Return the seconds from `start` to `now`, both in epoch milliseconds; never negative."""
    if start is not None and start >= EARLIEST_START:
        return round((now - start) / 1000, 3) if now > start else 0.0
    if start is None or not math.isfinite(start):
        return figure(start, field, oddities)
    oddities[field, "implausible_start"] += 1
    return None


def text(raw: object) -> str | None:
    """Return a text that can be sent back; None for anything else, and for half a surrogate pair."""
    if not isinstance(raw, str):
        return None
    try:
        raw.encode()
    except UnicodeEncodeError:
        return None
    return raw


def seconds(milliseconds: float | None) -> float | None:
    """Return milliseconds as seconds."""
    return None if milliseconds is None else milliseconds / 1000


def decoded(
    body: bytes, decoder: msgspec.json.Decoder[Answer], repair: Callable[[Raw], Raw], *, what: str
) -> Answer:
    """Decode `body`; where that fails, decode what `repair` makes of it. Raises Unintelligible."""
    try:
        return decoder.decode(body)
    except (ValueError, RecursionError):  # ValueError: bytes that are not UTF-8 are no DecodeError
        raw = frame(body, what=what)
    try:
        return msgspec.convert(repair(raw), decoder.type)
    except (ValueError, RecursionError) as error:  # ValueError: half a surrogate pair
        raise Unintelligible(f"{what} cannot be read: {error}") from error


def frame(body: bytes, *, what: str) -> Raw:
    """Return the JSON object `body` holds. Raises Unintelligible."""
    try:
        raw = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise Unintelligible(f"{what} is not JSON ({type(error).__name__}: {error})") from error
    if not isinstance(raw, dict):
        raise Unintelligible(f"{what} is not a JSON object")
    return raw


def listed(raw: Raw, field: str, *, what: str) -> Sequence[Raw]:
    """Return the objects of a list the answer cannot do without. Raises Unintelligible."""
    entries = raw.get(field)
    if not isinstance(entries, list):
        raise Unintelligible(f"{what} has no list of {field}")
    for entry in entries:
        if not isinstance(entry, dict):
            raise Unintelligible(f"{what} has {field} that are no objects")
    return entries


def named(entry: Raw) -> object:
    """Return what names a group, without fields that nobody reads: not every one of them can be decoded."""
    group = entry.get("group")
    return {name: group[name] for name in _NAMES if name in group} if isinstance(group, dict) else group


def entries(raw: object, label: str, known: Collection[str] | None, oddities: Odd) -> tuple[list[Raw], bool]:
    """Return a list of metrics or views with every value made decodable, and whether all could be named.

    `label` is the field that names an entry; names outside `known` are left out, None keeps all.
    """
    if raw is None:
        return [], True
    if not isinstance(raw, list):
        oddities["data", "malformed"] += 1
        return [], False
    kept: list[Raw] = []
    complete = True
    for entry in raw:
        name = entry.get(label) if isinstance(entry, dict) else None
        if not isinstance(name, str):
            oddities[label, "malformed"] += 1
            complete = False
        elif known is None or name in known:
            whole, repaired = _entry(entry, label)
            complete = complete and whole
            kept.append(repaired)
    return kept, complete


def _entry(entry: Mapping[str, object], label: str) -> tuple[bool, Raw]:
    """Return whether an entry's qualifier is one, and the entry; without a qualifier its figures are odd."""
    qualifier, stats = entry.get("qualifier"), entry.get("stats")
    whole = qualifier is None or isinstance(qualifier, str)
    if stats is not None and (not whole or not isinstance(stats, dict)):
        stats = dict.fromkeys(_STATS, math.nan)
    elif isinstance(stats, dict):
        stats = {name: number(stats[name]) for name in _STATS if name in stats}
    return whole, {label: entry[label], "qualifier": qualifier if whole else None, "stats": stats}


def number(raw: object) -> float | None:
    """Return a number; NaN where it is none, minus infinity where it has no end."""
    if raw is None:
        return None
    if isinstance(raw, bool) or not isinstance(raw, int | float):
        return math.nan
    try:
        value = float(raw)
    except OverflowError:
        return -math.inf
    return value if math.isfinite(value) else -math.inf
