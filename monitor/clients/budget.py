"""How often we may ask: a sliding minute, pauses the platform asked for, and a small allowance of retries."""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass, field

from monitor.model.errors import Throttled
from monitor.ports import Telemetry

WINDOW = 60.0
"""Seconds: Genesys counts requests per minute and token (GENESYS.md §3)."""
RETRY_SHARE = 0.1
"""Retries earned per request: at most a tenth more load when a platform is down for long (FAULTS.md F5)."""
RETRY_CAP = 3.0
"""Retries saved up at most, and held at the start."""


@dataclass(slots=True)
class Budget:
    """The request budget of one org's token: `limit` requests in any 60 s, retries included."""

    org: str
    limit: int
    telemetry: Telemetry
    _sent: deque[float] = field(default_factory=deque, init=False)
    _paused_until: float = field(default=0.0, init=False)
    _retries: float = field(default=RETRY_CAP, init=False)
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock, init=False)

    async def acquire(self, deadline: float) -> None:
        """Wait for leave to send one request; callers get it in the order they came.

        Raises:
            Throttled: the wait would pass `deadline` (the loop's time).
        """
        loop = asyncio.get_running_loop()
        async with self._turn:
            while (wait := self._wait(loop.time())) > 0:
                if loop.time() + wait > deadline:
                    raise Throttled(self._why(loop.time()), retry_after=wait)
                await asyncio.sleep(wait)
            self._sent.append(loop.time())
            self._retries = min(self._retries + RETRY_SHARE, RETRY_CAP)
            self.telemetry.budget(self.org, len(self._sent) / self.limit)

    def resize(self, limit: int) -> None:
        """Take `limit` requests a minute from now on."""
        self.limit = limit
        self.telemetry.budget(self.org, len(self._sent) / limit)

    def pause(self, seconds: float) -> None:
        """Send nothing for `seconds`: the platform asked for it."""
        self._paused_until = max(self._paused_until, asyncio.get_running_loop().time() + seconds)

    def spend_retry(self) -> bool:
        """Take one retry from the allowance; False where none is left."""
        if self._retries < 1:
            return False
        self._retries -= 1
        return True

    def _wait(self, now: float) -> float:
        while self._sent and self._sent[0] <= now - WINDOW:
            self._sent.popleft()
        full = self._sent[0] + WINDOW - now if len(self._sent) >= self.limit else 0.0
        return max(full, self._paused_until - now)

    def _why(self, now: float) -> str:
        if self._paused_until > now:
            return f"the platform asked for a pause of another {self._paused_until - now:.0f} s"
        return (
            f"our own budget of {self.limit} requests a minute is spent; raise budget_share or the interval"
        )
