"""How much of us a stranger may take, and for how long (FAULTS.md F47)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Times in seconds, sizes in bytes."""

    connections: int = 100
    """At once, those that still shake hands among them."""
    header: int = 16 * 1024
    """Of a request's head."""
    handshake: float = 10.0
    head: float = 10.0
    """For a whole head: from its first byte or, where nothing was asked yet, from the connection on."""
    body: float = 12.0
    """For a whole body; the app's own deadline of ten, which says more, comes first."""
    idle: int = 75
    """Between two requests: longer than any usual scrape interval."""
    new: float = 2.0
    """For which whoever said nothing yet may just be slow to begin."""
    stall: float = 30.0
    stall_bytes: int = 64 * 1024
    """Whoever reads less of an answer than so many bytes in so many seconds is cut off: 17 kbit/s."""
    linger: float = 2.0
    linger_bytes: int = 1024 * 1024
    """For which the rest of a request is read after its answer, and thrown away. Closed at once, the
    connection would be reset, and the client might never see the answer."""
