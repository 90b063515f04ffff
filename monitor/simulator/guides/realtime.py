"""Guide 1: realtime statistics of queues, and the other address of the queue listing."""

from collections import deque
from collections.abc import Mapping
from datetime import datetime, timedelta

from monitor.simulator import platform
from monitor.simulator.asked import Asked, Document, Endpoint
from monitor.simulator.floor import QueueState, Routing
from monitor.simulator.guides.figures import Sum, sums
from monitor.simulator.guides.flaw import Flaw
from monitor.simulator.guides.moods import Moods
from monitor.simulator.guides.reading import known, read
from monitor.simulator.world import World

# "Lately" in the guide's words: here the last half hour, as long as the platform's own alert rules look back.
_LATELY = timedelta(minutes=30)
_SECOND = timedelta(seconds=1)
# The guides' averages and the metric of the ledger each is the mean of, in milliseconds.
_AVERAGES = {"queue/avgHandleTime": "tHandle", "queue/avgWaitTime": "tWait"}
_COUNTS = ("queue/waiting/count", "queue/agentsAvailable/count", "queue/agentsBusy/count")
_BUSY = (Routing.INTERACTING, Routing.COMMUNICATING)

_Recent = Mapping[tuple[str, str], Sum]


class Realtime:
    """Answers over the world's present."""

    def __init__(self, world: World, moods: Moods) -> None:
        self._world = world
        self._moods = moods
        self._lately: deque[datetime] = deque()

    def endpoints(self) -> list[Endpoint]:
        return [
            ("POST", "/api/v2/analytics/stats/queues", "stats", self._stats),
            ("GET", "/api/v2/iam/queues", "iam_queues", self._listing),
        ]

    def _listing(self, asked: Asked) -> Document:
        return platform.queue_page(self._world.centre, platform.listing(asked.parameters))

    def _stats(self, asked: Asked) -> Document:
        self._enforce(asked.at)
        body = read(asked)
        body.only("intervalType", "realtime")
        wanted = body.texts("aggregates", (*_COUNTS, *_AVERAGES))
        ids = known(body.texts("queues"), self._world.centre.by_id, "queues")
        recent = sums(
            self._world.ledger.between(self._world.now - _LATELY, self._world.now),
            lambda entry: (entry.queue_id, entry.metric),
        )
        divisions: dict[str, list[Document]] = {}
        for queue_id in ids:
            queue = self._world.centre.by_id[queue_id]
            metrics = self._metrics(self._world.observe(queue_id), recent, wanted)
            one: Document = {"id": queue.id, "name": queue.name, "metrics": metrics}
            divisions.setdefault(queue.division.id, []).append(one)
        return {"divisions": [{"id": key, "queues": queues} for key, queues in divisions.items()]}

    def _metrics(self, state: QueueState, recent: _Recent, wanted: tuple[str, ...]) -> Document:
        moods = self._moods
        return {
            name: None if name in moods.stats_null else _metric(state, recent, name)
            for name in wanted
            if name not in moods.stats_absent
        }

    def _enforce(self, now: datetime) -> None:
        """Raises Flaw (429) beyond the limit of this endpoint; requests turned away do not count."""
        while self._lately and now - self._lately[0] >= _SECOND:
            self._lately.popleft()
        if len(self._lately) >= self._moods.stats_per_second:
            raise Flaw(429, f"More than {self._moods.stats_per_second} requests within a second.")
        self._lately.append(now)


def _metric(state: QueueState, recent: _Recent, name: str) -> float:
    match name:
        case "queue/waiting/count":
            return sum(lane.waiting for lane in state.lanes.values())
        case "queue/agentsAvailable/count":
            return state.statuses.get(Routing.IDLE, 0)
        case "queue/agentsBusy/count":
            return sum(state.statuses.get(status, 0) for status in _BUSY)
    found = recent.get((state.queue_id, _AVERAGES[name]))
    return 0 if found is None else found.mean
