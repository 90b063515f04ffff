"""Reads a CloudEvents body the way a stranger would, and makes an `Arrival` of it. Pure."""

from __future__ import annotations

import json
from datetime import datetime

from monitor.demo.ledger import Arrival


def arrival(destination: str, body: bytes, at: datetime) -> Arrival:
    """Return what `body` says, received `at`.

    Raises:
        ValueError: not JSON, or not one of our events.
    """
    try:
        event = json.loads(body)
        data = event["data"]
        labels = data["entity"]
        return Arrival(
            destination=destination,
            id=event["id"],
            kind=event["type"].split(".")[-2],
            org=data["org"],
            rule=data["rule"],
            severity=data["severity"],
            entity=labels["key"],
            queue=labels.get("queue", ""),
            media=labels.get("media", ""),
            value=data["value"],
            operator=data["operator"],
            threshold=data["threshold"],
            episode=data["episode"],
            at=at,
            latency=(at - datetime.fromisoformat(data["observed_at"])).total_seconds(),
        )
    except (KeyError, TypeError, IndexError) as error:
        raise ValueError(f"not an event of ours: {error!r}") from error
