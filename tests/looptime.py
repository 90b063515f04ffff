"""Virtual time: an event loop whose clock jumps to the next timer as soon as nothing else is to be done.

`run(story())` runs hours of pauses in milliseconds. Only for code that waits for timers, never for
threads or sockets: with neither timer nor event left the story is stuck, and that is an error.
"""

import asyncio
import selectors
from collections.abc import Coroutine, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

T = TypeVar("T")

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


class _Selector(selectors.BaseSelector):
    """Never waits: time that would pass in `select` is added to the clock."""

    def __init__(self) -> None:
        self._real = selectors.DefaultSelector()
        self.now = 0.0

    def register(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        return self._real.register(fileobj, events, data)

    def unregister(self, fileobj: Any) -> selectors.SelectorKey:
        return self._real.unregister(fileobj)

    def modify(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        return self._real.modify(fileobj, events, data)

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = self._real.select(0)
        if not ready and timeout is None:
            raise RuntimeError("the story is stuck: nothing to do and no timer set")
        if not ready and timeout is not None:
            self.now += max(timeout, 0.0)
        return ready

    def close(self) -> None:
        self._real.close()

    def get_map(self) -> Mapping[Any, selectors.SelectorKey]:
        return self._real.get_map()


class _Loop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self._virtual = _Selector()
        super().__init__(self._virtual)

    def time(self) -> float:
        return self._virtual.now


class LoopClock:
    """Dates that agree with the running loop's time; `shift` sets the wall clock forward or back."""

    def __init__(self) -> None:
        self.shift = timedelta()

    def now(self) -> datetime:
        return START + timedelta(seconds=asyncio.get_running_loop().time()) + self.shift


def run(story: Coroutine[Any, Any, T]) -> T:
    """Run a story in virtual time and return what it returns."""
    with asyncio.Runner(loop_factory=_Loop) as runner:
        return runner.run(story)
