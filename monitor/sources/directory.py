"""The source `directory`: which queues there are, and what each promises."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

import structlog

from monitor.model.catalogue import METRICS
from monitor.model.errors import PlatformError, Unavailable
from monitor.model.org import Queue, Selection
from monitor.model.sample import SampleBatch, Table
from monitor.ports import Clock, Platform
from monitor.sources.laying import Layout
from monitor.sources.selecting import missing, select

log = structlog.get_logger(__name__)

_INFO = ("queue_id", "queue", "division", "division_id")
_TARGET = METRICS["queue_target_ratio"].labels


@dataclass(slots=True)
class DirectorySource:
    """Reads the whole directory, keeps the selected queues, and exports their info and targets."""

    org: str
    platform: Platform
    selection: Selection
    clock: Clock
    name: str = "directory"
    queues: tuple[Queue, ...] | None = field(default=None, init=False)
    _failure: PlatformError | None = field(default=None, init=False)
    _settled: asyncio.Event = field(default_factory=asyncio.Event, init=False)
    _layout: Layout = field(default_factory=Layout, init=False)

    async def poll(self, *, deadline: float) -> SampleBatch:
        """Read every page. Raises PlatformError; the queues known before stay."""
        try:
            everything = await self.platform.directory(deadline=deadline)
        except PlatformError as error:
            self._failure = error
            self._settled.set()
            raise
        chosen = select(everything, self.selection)
        self._tell(everything, chosen)
        if chosen != self.queues:
            self.queues = chosen
        self._failure = None
        self._settled.set()
        return self._batch(self.queues)

    async def selected(self, *, deadline: float) -> tuple[Queue, ...]:
        """Return the selected queues of the newest good reading, waiting for the first one.

        It is the same tuple as long as nothing in it changes: what others made of it still holds.

        Raises:
            PlatformError: what the first reading failed with, or Unavailable at `deadline`.
        """
        if self.queues is None:
            try:
                async with asyncio.timeout_at(deadline):
                    await self._settled.wait()
            except TimeoutError:
                raise Unavailable("the queue directory is still being read") from None
        if self.queues is None:
            raise self._failure or Unavailable("the queue directory has not been read")
        return self.queues

    def _tell(self, everything: tuple[Queue, ...], chosen: tuple[Queue, ...]) -> None:
        """Log what is watched when that changes, and selected ids that do not exist."""
        before = {queue.id for queue in self.queues or ()}
        now = {queue.id for queue in chosen}
        if self.queues is not None and before == now:
            return
        log.info(
            "directory.changed", org=self.org, queues=len(everything), watched=len(chosen),
            added=len(now - before), removed=len(before - now),
        )  # fmt: skip
        if not chosen:
            log.warning(
                "selection.empty",
                org=self.org,
                hint="no queue fits sources.directory.select; nothing is watched",
            )
        for queue_id in missing(everything, self.selection):
            log.warning(
                "queue.unknown",
                org=self.org,
                queue_id=queue_id,
                hint="select.ids names a queue the directory does not show",
            )

    def _batch(self, queues: tuple[Queue, ...]) -> SampleBatch:
        targets = [(queue, target) for queue in queues for target in queue.targets]
        return SampleBatch(
            org=self.org,
            source=self.name,
            observed_at=self.clock.now(),
            queues=frozenset(queue.id for queue in queues),
            tables=(
                Table(
                    self._layout.same(
                        "info",
                        _INFO,
                        [(queue.id, queue.name, queue.division, queue.division_id) for queue in queues],
                    ),
                    {"queue_info": [1.0] * len(queues)},
                ),
                Table(
                    self._layout.same(
                        "targets",
                        _TARGET,
                        [(queue.id, queue.name, target.media) for queue, target in targets],
                    ),
                    {
                        "queue_target_ratio": [target.ratio for _, target in targets],
                        "queue_target_seconds": [target.seconds for _, target in targets],
                    },
                ),
            ),
        )
