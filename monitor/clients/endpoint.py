"""What a request is, before anything is sent."""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """One operation of a platform: its name as a metric label, and the permission its 403 is about.

    `path` may hold `{…}` parts, to be filled by `at`.
    """

    name: str
    method: str
    path: str
    permission: str

    def at(self, **parts: str) -> Endpoint:
        """Return the operation on one entity; the parts are quoted by the caller where they need it."""
        return replace(self, path=self.path.format(**parts))
