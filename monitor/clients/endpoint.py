"""What a request is, before anything is sent."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """One operation of a platform: its name as a metric label, and the permission its 403 is about."""

    name: str
    method: str
    path: str
    permission: str
