"""Reads the platform's clock off the answers that pass, without a request of its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from monitor.kit.http import BODY_CAP, Answer, Http
from monitor.ports import Clock

SECOND = timedelta(seconds=1)
"""What a Date header leaves out: it has whole seconds."""


@dataclass(slots=True)
class DatedHttp(Http):
    """Sends, and keeps as `skew` by how many seconds the server's clock was ahead; None is unknown."""

    clock: Clock = field(kw_only=True)
    skew: float | None = field(default=None, init=False)

    async def send(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        content: bytes | None = None,
        deadline: float,
        cap: int = BODY_CAP,
    ) -> Answer:
        """Send one request and look at the date of its answer. Raises HttpError."""
        sent = self.clock.now()
        # Not super(): a dataclass with slots is a second class, which the bare form does not know.
        answer = await Http.send(
            self, method, url, headers=headers, content=content, deadline=deadline, cap=cap
        )
        said = dated(answer.headers.get("date", ""))
        if said is not None:
            self.skew = ahead(said, sent, self.clock.now())
        return answer


def dated(header: str) -> datetime | None:
    """Return what a Date header says; None where it says nothing."""
    try:
        said = parsedate_to_datetime(header)
    except (ValueError, OverflowError):
        return None
    return said if said.tzinfo is not None else said.replace(tzinfo=UTC)


def ahead(said: datetime, sent: datetime, received: datetime) -> float:
    """Return by how many seconds `said` lies outside of when the request was under way: 0 for inside."""
    if said > received:
        return (said - received).total_seconds()
    return min(0.0, (said - sent + SECOND).total_seconds())
