"""The endpoints of the guides, all five of them over one world and one set of moods."""

from monitor.simulator.asked import Endpoint
from monitor.simulator.guides.details import Details
from monitor.simulator.guides.moods import Moods
from monitor.simulator.guides.realtime import Realtime
from monitor.simulator.guides.strategies import Strategies
from monitor.simulator.guides.summary import Summary
from monitor.simulator.guides.workitems import Workitems
from monitor.simulator.world import World

NAMES = (
    "stats",
    "iam_queues",
    "summary",
    "details",
    "workitems",
    "workitems_status",
    "workitems_chunk",
    "strategy_list",
    "strategies",
    "job",
    "job_results",
)
"""The names of the guides' endpoints, for faults and the request log."""


class Guides:
    """Answers the guides' endpoints over one world, as awkwardly as its `moods` say at that moment."""

    def __init__(self, world: World, moods: Moods | None = None) -> None:
        self._moods = Moods() if moods is None else moods
        parts = (Realtime, Summary, Details, Workitems, Strategies)
        self._endpoints = [point for part in parts for point in part(world, self._moods).endpoints()]

    @property
    def moods(self) -> Moods:
        """The moods all endpoints share: to be changed, not replaced."""
        return self._moods

    def endpoints(self) -> list[Endpoint]:
        """Every endpoint of the dialect."""
        return list(self._endpoints)
