"""The one place that reads the wall clock; everybody else is handed a `now` or a `Clock`."""

from __future__ import annotations

from datetime import UTC, datetime


class SystemClock:
    """Dates from the operating system. Durations come from the event loop, never from here."""

    def now(self) -> datetime:
        """Return the current date and time, in UTC."""
        return datetime.now(UTC)
