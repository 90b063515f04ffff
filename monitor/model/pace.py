"""How often a source is asked."""

from __future__ import annotations

from typing import NamedTuple


class Pace(NamedTuple):
    """A source is asked every `interval` seconds, and one poll of it takes `timeout` seconds at most."""

    interval: float
    timeout: float = 0.0
