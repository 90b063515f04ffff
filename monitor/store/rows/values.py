"""Dates, numbers and text as a table can hold them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

Value = str | int | float | bytes | None
Row = Sequence[Value]

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def micros(date: datetime) -> int:
    """Return `date` as whole microseconds since 1970: exact, where a float would round."""
    return (date - EPOCH) // _MICROSECOND


def date(micros: int) -> datetime:
    """Return the date, in UTC, that `micros` stands for."""
    return EPOCH + timedelta(microseconds=micros)


def text(raw: str) -> str:
    r"""Return `raw` as SQLite can bind it: a lone surrogate, which UTF-8 cannot hold, becomes `\ud800`."""
    return raw if raw.isascii() else raw.encode("utf-8", "backslashreplace").decode("utf-8")


def optional_micros(date: datetime | None) -> int | None:
    """Return `date` as `micros`, None for none."""
    return None if date is None else micros(date)


def optional_date(value: Value) -> datetime | None:
    """Return the date in a column that may be NULL. Raises ValueError for anything but a whole number."""
    return None if value is None else date(whole(value))


def whole(value: Value) -> int:
    """Return the whole number in a column. Raises ValueError for anything else."""
    if not isinstance(value, int):
        raise ValueError(f"{value!r} is not a whole number")  # noqa: TRY004 - the table is at fault, not the caller
    return value


def number(value: Value) -> float:
    """Return the number in a column. Raises ValueError for anything else."""
    if not isinstance(value, int | float):
        raise ValueError(f"{value!r} is not a number")  # noqa: TRY004 - the table is at fault, not the caller
    return float(value)


def body(value: Value) -> bytes:
    """Return the bytes in a column. Raises ValueError for anything else."""
    if not isinstance(value, bytes):
        raise ValueError(f"{value!r} is not a body")  # noqa: TRY004 - the table is at fault, not the caller
    return value


def decoded(raw: Value) -> dict[str, Any]:
    """Return the JSON object in a column. Raises ValueError for anything else."""
    found = json.loads(str(raw))
    if not isinstance(found, dict):
        raise ValueError("not a JSON object")  # noqa: TRY004 - the table is at fault, not the caller
    return found
