"""The newest batch of each source, rendered; gone when it is stale."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from monitor.exposition.packing import Packed, pack
from monitor.exposition.text import Rendered, Renderer, page
from monitor.model.board import SourceState
from monitor.model.sample import PollResult, SampleBatch

STALE_TICKS = 3.0
STALE_FLOOR = 30.0
"""A source's values go away after 3 intervals without a good poll, but not before 30 s (DESIGN.md §9)."""


def stale_limit(interval: float, timeout: float = 0.0) -> float:
    """Return the seconds after which the values of a source polled every `interval` are stale.

    A poll that may take as long as `timeout` is given that time.
    """
    return max(STALE_TICKS * interval, STALE_FLOOR, interval + timeout)


@dataclass(slots=True)
class Standing:
    """How one source is. Times are the loop's, in seconds; None is never."""

    limit: float
    up: bool | None = None
    good_at: float | None = None
    error: str = ""
    rendered: Rendered | None = None
    observed_at: datetime | None = None


@dataclass(slots=True)
class Snapshot:
    """What `/metrics` shows of the platforms. A `Consumer` of poll results.

    `limits` names every (org, source) there will be, with its stale limit in seconds.
    """

    limits: Mapping[tuple[str, str], float]
    queue_name: bool
    series_cap: int
    dropped: Callable[[str, str, int], None]
    idle: float | None = None
    standings: dict[tuple[str, str], Standing] = field(init=False)
    _renderers: dict[tuple[str, str], Renderer] = field(default_factory=dict, init=False)
    _text: bytes | None = field(default=None, init=False)
    _packed: tuple[bytes, Packed] | None = field(default=None, init=False)
    _packing: asyncio.Lock = field(default_factory=asyncio.Lock, init=False)

    def __post_init__(self) -> None:
        self.standings = {key: Standing(limit) for key, limit in self.limits.items()}

    async def accept(self, result: PollResult) -> None:
        """Replace the source's values whole, or note that it gave none."""
        key = (result.org, result.source)
        standing = self.standings[key]
        if not isinstance(result, SampleBatch):
            standing.up, standing.error = False, result.message
            return
        renderer = self._renderers.setdefault(key, Renderer(self.queue_name, self.idle))
        standing.rendered = renderer.render(result, self.series_cap - self._series(but=key))
        standing.up, standing.error = True, ""
        standing.good_at = asyncio.get_running_loop().time()
        standing.observed_at = result.observed_at
        self._text = None
        if standing.rendered.dropped:
            self.dropped(result.org, result.source, standing.rendered.dropped)

    def text(self) -> bytes:
        """Return the lines of every source that is not stale."""
        self._expire()
        if self._text is None:
            self._text = page([one.rendered.blocks for one in self.standings.values() if one.rendered])
        return self._text

    async def packed(self) -> Packed:
        """Return `text()` compressed, once per change however many ask."""
        async with self._packing:
            text = self.text()
            if self._packed is None or self._packed[0] is not text:
                self._packed = (text, await asyncio.to_thread(pack, text))
            return self._packed[1]

    def settled(self) -> bool:
        """Return whether every source has given its first batch, or is known to fail."""
        return all(standing.up is not None for standing in self.standings.values())

    def sources(self) -> list[SourceState]:
        """Return how every source is now. Figures are believed until they are old, though a poll fails."""
        now = asyncio.get_running_loop().time()
        return [_state(key, standing, now) for key, standing in self.standings.items()]

    def adopt(self, limits: Mapping[tuple[str, str], float]) -> None:
        """Take other stale limits, in seconds; sources that were not there before stay away."""
        for key, standing in self.standings.items():
            standing.limit = limits.get(key, standing.limit)

    def _series(self, *, but: tuple[str, str]) -> int:
        return sum(one.rendered.series for key, one in self.standings.items() if one.rendered and key != but)

    def _expire(self) -> None:
        now = asyncio.get_running_loop().time()
        for standing in self.standings.values():
            if standing.rendered and standing.good_at is not None and now - standing.good_at > standing.limit:
                standing.rendered = None
                self._text = None


def _state(key: tuple[str, str], standing: Standing, now: float) -> SourceState:
    age = None if standing.good_at is None else now - standing.good_at
    return SourceState(
        org=key[0],
        source=key[1],
        up=standing.up,
        error=standing.error,
        observed_at=standing.observed_at,
        age=age,
        limit=standing.limit,
        stale=standing.up is False if age is None else age > standing.limit,
    )
