"""Reads the limits of an org: bytes in, the requests a minute our token may make out."""

from __future__ import annotations

from monitor.clients.platform.decode import wire

KEYS = ("client.credentials.token.rate.per.minute", "token.rate.per.minute")
"""The limits that bound one token of a client (GENESYS.md §3)."""

_WHAT = "the list of limits"


def limit(body: bytes) -> int | None:
    """Return the smallest limit that concerns us; None where none is given. Raises Unintelligible."""
    entities = wire.listed(wire.frame(body, what=_WHAT), "entities", what=_WHAT)
    values = [wire.number(entity.get("value")) for entity in entities if entity.get("key") in KEYS]
    return min((int(value) for value in values if value is not None and value >= 1), default=None)
