"""What the wall shows: one line per queue with the figures a supervisor knows, and how fresh they are.

Unknown is None, everywhere. Durations in seconds, ratios 0–1.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Attained:
    """The service level of one queue and media type: `met` of `offered` within `threshold` seconds.

    `window` is the label of the stretch it is of ("15m"). `target` is the ratio the queue promises. `idle`
    says that nothing was offered: then there is no ratio, and that is known.
    """

    media: str
    window: str
    threshold: float
    ratio: float | None
    met: float | None
    offered: float | None
    target: float | None
    idle: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaLine:
    """What of one media type is going on in a queue right now."""

    media: str
    waiting: float | None
    interacting: float | None
    longest_wait: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueLine:
    """One queue: all of its media together, each of them, its people, and the last hour.

    `waiting` and `interacting` are sums over `media`, `longest_wait` is the longest of them; one unknown part
    makes the whole unknown. `level` is the service level of the media type that leads in offered, or of one
    of which it is not known; None where nothing says any. `levels` are all. `trend` has one ratio of `level`
    per minute, oldest first, `waits` the most that waited in the same minutes; None where it was not known.
    `labels` are those of the rules that judge the queue.
    """

    org: str
    queue_id: str
    queue: str
    division: str
    labels: tuple[tuple[str, str], ...] = ()
    media: tuple[MediaLine, ...] = ()
    waiting: float | None = None
    interacting: float | None = None
    longest_wait: float | None = None
    agents_on_queue: float | None = None
    agents_available: float | None = None
    level: Attained | None = None
    levels: tuple[Attained, ...] = ()
    trend: tuple[float | None, ...] = ()
    waits: tuple[float | None, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceState:
    """How one source of one org is. `up` is None before its first answer or failure.

    `observed_at` is when its newest good answer was in, `age` how long (seconds) ago that is; `stale` that
    its figures are too old to be believed, which they are after `limit` seconds.
    """

    org: str
    source: str
    up: bool | None
    error: str
    observed_at: datetime | None
    age: float | None
    limit: float
    stale: bool
