"""Answers of the platform's aggregate queries, for the tests that read them."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from monitor.model.interval import Interval

NINE = datetime(2026, 10, 8, 9, tzinfo=UTC)
QUARTER = Interval(NINE, NINE + timedelta(minutes=15))
SPAN = "2026-10-08T09:00:00.000Z/2026-10-08T09:15:00.000Z"
LATER = "2026-10-08T09:30:00.000Z/2026-10-08T10:00:00.000Z"
ADA, BEN = "0d1f7f0e-0000-4000-8000-00000000b001", "0d1f7f0e-0000-4000-8000-00000000b002"


def metric(name: str, qualifier: str | None = None, **stats: object) -> dict[str, Any]:
    """Return one metric of a bucket."""
    return {"metric": name, "stats": stats, **({"qualifier": qualifier} if qualifier else {})}


def bucket(
    *metrics: object, interval: object = SPAN, views: dict[str, object] | None = None
) -> dict[str, Any]:
    """Return one bucket; `views` maps names to counts."""
    named = [{"name": name, "stats": {"count": count}} for name, count in (views or {}).items()]
    return {"interval": interval, "metrics": list(metrics), **({"views": named} if named else {})}


def group(*buckets: object, **dimensions: object) -> dict[str, Any]:
    """Return one group with its buckets."""
    return {"group": dimensions, "data": list(buckets)}


def answer(*groups: object, **frame: object) -> bytes:
    """Return the whole answer."""
    return json.dumps({"results": list(groups), **frame}).encode()
