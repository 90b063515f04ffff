"""Pure: MQTT topics. Names from strangers become one level each, whatever is in them."""

from __future__ import annotations

import hashlib
from urllib.parse import quote

LEVEL_LIMIT = 400
"""Characters of an encoded level: with the prefix, far below MQTT's 65,535 bytes of a topic."""
_KEPT = 30
"""Characters kept of a longer name; each may take 12 when encoded."""


def event(prefix: str, org: str) -> str:
    """Return the topic on which every event of `org` passes by."""
    return f"{prefix}/{level(org)}/event"


def state(prefix: str, org: str, rule: str, entity: str) -> str:
    """Return the topic that retains the newest event of one rule and entity."""
    return f"{prefix}/{level(org)}/state/{level(rule)}/{level(entity)}"


def availability(prefix: str, instance: str) -> str:
    """Return the topic that retains `online` or `offline` for this daemon."""
    return f"{prefix}/instance/{level(instance)}/availability"


def heartbeat(prefix: str, instance: str) -> str:
    """Return the topic on which this daemon says that it is alive."""
    return f"{prefix}/instance/{level(instance)}/heartbeat"


def command(prefix: str, org: str) -> str:
    """Return the topic on which people ask for something about `org`."""
    return f"{prefix}/{level(org)}/command"


def answer(prefix: str, org: str) -> str:
    """Return the topic on which they are answered."""
    return f"{prefix}/{level(org)}/answer"


def level(name: str) -> str:
    """Return `name` percent-encoded as one topic level: no `/ + # $`, no NUL, never empty.

    A very long name is cut and told apart by a hash.
    """
    if not name:
        return "%00"  # no clean name holds a NUL, so nothing else encodes to this
    encoded = quote(name, safe="", errors="backslashreplace")
    if len(encoded) <= LEVEL_LIMIT:
        return encoded
    digest = hashlib.sha256(name.encode("utf-8", "backslashreplace")).hexdigest()[:16]
    return f"{quote(name[:_KEPT], safe='', errors='backslashreplace')}~{digest}"
