"""The source `agents`: how much of the newest whole interval each person worked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from monitor.kit import durations
from monitor.model.catalogue import METRICS
from monitor.model.measure import Ratio, total
from monitor.model.observation import AgentUse, Figure, QueueUse, Utilization
from monitor.model.sample import ALL_AGENTS, SampleBatch, Table
from monitor.model.servicelevel import Window
from monitor.ports import Clock, Platform, Telemetry
from monitor.sources.directory import DirectorySource
from monitor.sources.laying import Columns, Layout
from monitor.sources.windows import newest

AT_WORK = ("INTERACTING", "COMMUNICATING")
"""Routing statuses that are occupancy."""
AWAY = "OFF_QUEUE"
"""The one routing status in which an agent is not on queue."""

COMPLETED = (
    "agent_utilization_ratio",
    "agent_active_seconds",
    "agent_handle_seconds",
    "agent_acw_seconds",
    "agent_hold_seconds",
)
"""What is shown of each person in either dialect."""


@dataclass(slots=True)
class AgentsSource:
    """Asks about one bucket. Ids only, unless `names`: who works how much is personal data.

    At most `cap` people are shown, in the order of their ids; what is left out is counted. Where a gateway
    does not tell people apart there is one row, of `ALL_AGENTS`, without a ratio: seconds of nobody knows how
    many people are no share of one interval.
    """

    org: str
    dialect: str
    platform: Platform
    directory: DirectorySource
    bucket: float
    lag: float
    ids: Sequence[str]
    names: bool
    cap: int
    clock: Clock
    telemetry: Telemetry
    name: str = "agents"
    _layout: Layout = field(default_factory=Layout, init=False)

    async def poll(self, *, deadline: float) -> SampleBatch:
        """Ask about the newest bucket that is over. Raises PlatformError."""
        queues = await self.directory.selected(deadline=deadline)
        answer = await self.platform.utilization(
            newest(Window(self.bucket, aligned=True), self.clock.now(), self.lag),
            self.bucket,
            agents=self.ids,
            names=self.names,
            status=self.dialect == "platform",
            deadline=deadline,
        )
        for (place, reason), count in answer.oddities.items():
            self.telemetry.refused(self.org, self.name, place, reason, count)
        return SampleBatch(
            org=self.org,
            source=self.name,
            observed_at=self.clock.now(),
            tables=tuple(self._tables(answer, {queue.id: queue.name for queue in queues})),
            queues=frozenset(),
            whole=self._whole(answer),
        )

    def _whole(self, answer: Utilization) -> bool:
        """Return whether who has no row did nothing: nobody was cut off, and people were told apart."""
        people = _everybody(answer)
        known = self.dialect != "platform" or answer.status is not None
        return known and ALL_AGENTS not in people and len(people) <= self.cap

    def _tables(self, answer: Utilization, queues: Mapping[str, str]) -> list[Table]:
        uses = {use.agent_id: use for use in answer.agents}
        status = answer.status or {}
        people = _everybody(answer)
        shown = people[: self.cap]
        label = durations.show(self.bucket)
        tables = [self._people(shown, uses, status, label)]
        if answer.status is not None:
            tables.append(self._status([one for one in shown if one in status], uses, status, label))
        if self.dialect == "platform":
            known = [use for use in answer.queues if use.queue_id in queues]
            tables.append(self._queues(known, queues, label))
        lost = len(people) - len(shown)
        if lost:
            series = sum(len(table.columns) for table in tables[:1]) + len(AT_WORK)
            self.telemetry.dropped(self.org, self.name, lost * series)
        return tables

    def _people(
        self,
        people: Sequence[str],
        uses: Mapping[str, AgentUse],
        status: Mapping[str, Mapping[str, Figure]],
        label: str,
    ) -> Table:
        columns = Columns.of(*COMPLETED, *(("agent_occupancy_ratio",) if self.dialect == "platform" else ()))
        for person in people:
            use = uses.get(person)
            times = (use.active, use.handle, use.acw, use.hold) if use else (0.0,) * 4
            unknown = times[0] is None or person == ALL_AGENTS
            ratio = None if unknown else min((times[0] or 0.0) / self.bucket, 1.0)
            for metric, value in zip(COMPLETED, (ratio, *times), strict=True):
                columns.add(metric, value)
            if self.dialect == "platform":
                occupancy = _occupancy(status.get(person))
                columns.add("agent_occupancy_ratio", occupancy.value, idle=occupancy.idle)
        keys = [self._key(person, uses, label) for person in people]
        return columns.table(self._layout.same("agents", self._labels(), keys))

    def _status(
        self,
        people: Sequence[str],
        uses: Mapping[str, AgentUse],
        status: Mapping[str, Mapping[str, Figure]],
        label: str,
    ) -> Table:
        keys = [(*self._key(one, uses, label), kind) for one in people for kind in sorted(status[one])]
        seconds = [status[one][kind] for one in people for kind in sorted(status[one])]
        rows = self._layout.same("status", (*self._labels(), "status"), keys)
        return Table(rows, {"agent_status_seconds": seconds})

    def _queues(self, uses: Sequence[QueueUse], names: Mapping[str, str], label: str) -> Table:
        columns = Columns.of("queue_utilization_ratio")
        for use in uses:
            ratio = Ratio(use.active, use.agents * self.bucket)
            value = ratio.value
            columns.add("queue_utilization_ratio", None if value is None else min(value, 1.0))
        keys = [(use.queue_id, names[use.queue_id], label) for use in uses]
        return columns.table(self._layout.same("queues", METRICS["queue_utilization_ratio"].labels, keys))

    def _labels(self) -> tuple[str, ...]:
        labels = METRICS["agent_utilization_ratio"].labels
        return labels if self.names else tuple(label for label in labels if label != "agent")

    def _key(self, person: str, uses: Mapping[str, AgentUse], label: str) -> tuple[str, ...]:
        if not self.names:
            return (person, label)
        return (person, uses[person].name if person in uses else "", label)


def _everybody(answer: Utilization) -> list[str]:
    """Return the ids of everybody in the answer, in order."""
    return sorted({*(use.agent_id for use in answer.agents), *(answer.status or {})})


def _occupancy(status: Mapping[str, Figure] | None) -> Ratio:
    """Return the time at work of the time on queue; unknown where no status is known."""
    if status is None:
        return Ratio(None, None)
    return Ratio(
        total(status.get(kind, 0.0) for kind in AT_WORK),
        total(seconds for kind, seconds in status.items() if kind != AWAY),
    )
