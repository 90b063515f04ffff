"""The source `queues`: how every selected queue is right now."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from monitor.model.catalogue import METRICS
from monitor.model.observation import Averages, Interactions, QueueObservations, Staffing
from monitor.model.org import ALL_MEDIA, Queue
from monitor.model.sample import Rows, SampleBatch, Table, Value
from monitor.ports import Clock, Platform, Telemetry
from monitor.sources.directory import DirectorySource
from monitor.sources.laying import Layout

RECENT = "recent"
"""The label `window` of the guides' averages: they do not say how long it is."""


@dataclass(slots=True)
class QueuesSource:
    """Asks for the observations of the directory's queues and lays them out as tables.

    A media type a queue has once shown stays in its table, at 0 while nothing happens there, until the
    queue leaves the directory: a series that comes and goes with traffic would break every graph.
    """

    org: str
    platform: Platform
    directory: DirectorySource
    clock: Clock
    telemetry: Telemetry
    name: str = "queues"
    _media: dict[str, dict[str, None]] = field(default_factory=dict, init=False)
    _layout: Layout = field(default_factory=Layout, init=False)

    async def poll(self, *, deadline: float) -> SampleBatch:
        """Ask once about every selected queue. Raises PlatformError; nothing is published in part."""
        queues = await self.directory.selected(deadline=deadline)
        answer = (
            await self.platform.queues([queue.id for queue in queues], deadline=deadline)
            if queues
            else QueueObservations(interactions=(), staffing=())
        )
        for (place, reason), count in answer.oddities.items():
            self.telemetry.refused(self.org, self.name, place, reason, count)
        names = {queue.id: queue.name for queue in queues}
        return SampleBatch(
            org=self.org,
            source=self.name,
            observed_at=self.clock.now(),
            tables=(
                self._interactions(queues, answer.interactions),
                self._staffing(names, answer.staffing),
                self._spread("queue_agents", names, ((s.queue_id, s.by_status) for s in answer.staffing)),
                self._spread(
                    "queue_agents_presence", names, ((s.queue_id, s.by_presence) for s in answer.staffing)
                ),
                *([self._averages(names, answer.averages)] if answer.averages else []),
            ),
            queues=frozenset(names),
        )

    def _interactions(self, queues: Sequence[Queue], answered: Sequence[Interactions]) -> Table:
        found = {(one.queue_id, one.media): one for one in answered}
        self._media = {queue.id: self._media.get(queue.id, {}) for queue in queues}
        for queue_id, media in found:
            self._media[queue_id][media] = None
        keys = [(queue.id, queue.name, media) for queue in queues for media in self._media[queue.id]]
        row = [found.get((queue_id, media)) for queue_id, _, media in keys]
        return Table(
            self._same("queue_waiting", keys),
            {
                "queue_waiting": [one.waiting if one else 0.0 for one in row],
                "queue_interacting": [one.interacting if one else 0.0 for one in row],
                "queue_alerting": [one.alerting if one else 0.0 for one in row],
                "queue_longest_wait_seconds": [one.longest_wait if one else 0.0 for one in row],
                "queue_longest_interaction_seconds": [one.longest_interaction if one else 0.0 for one in row],
            },
        )

    def _staffing(self, names: dict[str, str], staffing: Sequence[Staffing]) -> Table:
        return Table(
            self._same("queue_members", [(one.queue_id, names[one.queue_id]) for one in staffing]),
            {
                "queue_agents_available": [one.available for one in staffing],
                "queue_agents_busy": [one.busy for one in staffing],
                "queue_agents_on_queue": [one.on_queue for one in staffing],
                "queue_agents_off_queue": [one.off_queue for one in staffing],
                "queue_members": [one.members for one in staffing],
                "queue_active_members": [one.active for one in staffing],
            },
        )

    def _spread(
        self, metric: str, names: dict[str, str], counts: Iterable[tuple[str, Mapping[str, Value]]]
    ) -> Table:
        """Return one row per queue and qualifier."""
        keys: list[tuple[str, ...]] = []
        values: list[Value] = []
        for queue_id, by_qualifier in counts:
            name = names[queue_id]
            keys.extend((queue_id, name, qualifier) for qualifier in by_qualifier)
            values.extend(by_qualifier.values())
        return Table(self._same(metric, keys), {metric: values})

    def _averages(self, names: dict[str, str], averages: Sequence[Averages]) -> Table:
        """Return what the guides call recent; the platform has it per window, from another question."""
        keys = [(one.queue_id, names[one.queue_id], ALL_MEDIA, RECENT) for one in averages]
        return Table(
            self._same("queue_average_handle_seconds", keys),
            {
                "queue_average_handle_seconds": [one.handle for one in averages],
                "queue_average_wait_seconds": [one.wait for one in averages],
            },
        )

    def _same(self, metric: str, keys: Sequence[tuple[str, ...]]) -> Rows:
        return self._layout.same(metric, METRICS[metric].labels, keys)
