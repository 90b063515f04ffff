"""Guide 3: handle, after-call and hold time by agent and interval."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlencode

from monitor.simulator.asked import Asked, Document, Endpoint
from monitor.simulator.guides.figures import Sum, floor, sums
from monitor.simulator.guides.moods import Moods
from monitor.simulator.guides.reading import Body, iso, position, read
from monitor.simulator.guides.shelf import Shelf
from monitor.simulator.ledger import Entry
from monitor.simulator.world import World

_PATH = "/api/v2/analytics/conversations/details/query"
_INTERVALS = {"PT30M": timedelta(minutes=30), "PT1H": timedelta(hours=1)}
# The guides add the three up, so their handle time is what the platform calls talk time.
_METRICS = {"tHandle": "tTalkComplete", "tAcw": "tAcw", "tHold": "tHeldComplete"}
_PLATFORM = {theirs: ours for ours, theirs in _METRICS.items()}
_EVERYBODY = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Query:
    """What is asked; `users` None means all, `totals` that users are added up."""

    length: timedelta
    start: datetime
    end: datetime
    metrics: tuple[str, ...]
    users: frozenset[str] | None
    names: bool
    totals: bool

    def key(self, entry: Entry) -> tuple[datetime, str, str] | None:
        """Bucket, agent and metric of an entry; None for one that does not count."""
        metric = _PLATFORM.get(entry.metric)
        if metric not in self.metrics or entry.agent_id is None:
            return None
        if self.users is not None and entry.agent_id not in self.users:
            return None
        return floor(entry.at, self.length), _EVERYBODY if self.totals else entry.agent_id, metric


class Details:
    """Answers over the ledger; pages to come are kept, so that they do not shift."""

    def __init__(self, world: World, moods: Moods) -> None:
        self._world = world
        self._moods = moods
        self._shelf: Shelf[list[Document]] = Shelf("details")
        self._names = {agent.id: agent.name for agent in world.centre.agents}

    def endpoints(self) -> list[Endpoint]:
        return [("POST", _PATH, "details", self._first), ("GET", _PATH, "details", self._later)]

    def _first(self, asked: Asked) -> Document:
        query = self._parsed(read(asked))
        found = sums(self._world.ledger.between(query.start, query.end), query.key)
        rows: dict[tuple[datetime, str], dict[str, Sum]] = {}
        for (bucket, user, metric), total in sorted(found.items(), key=lambda item: item[0]):
            rows.setdefault((bucket, user), {})[metric] = total
        entities = [self._entity(query, *place, metrics) for place, metrics in rows.items()]
        return self._page(self._shelf.put(entities, asked.at), entities, 1)

    def _later(self, asked: Asked) -> Document:
        parameters = Body({name: values[0] for name, values in asked.parameters.items()})
        number, key = position(parameters.text("page")), parameters.text("query")
        if number is None:
            raise parameters.flaw("page", "must be a whole number from 1 on")
        return self._page(key, self._shelf.get(key, asked.at), number)

    def _page(self, key: str, entities: list[Document], number: int) -> Document:
        size = self._moods.details_page
        page: Document = {"entities": entities[(number - 1) * size : number * size]}
        if number * size < len(entities):
            page[self._moods.details_link] = f"{_PATH}?{urlencode({'page': number + 1, 'query': key})}"
        return page

    def _entity(self, query: _Query, bucket: datetime, user: str, metrics: dict[str, Sum]) -> Document:
        entity: Document = {"time": iso(bucket)}
        if user != _EVERYBODY:
            entity["user"] = {"id": user, "name": self._names[user]} if query.names else {"id": user}
        shown = ((name, metrics[name]) for name in query.metrics if name in metrics)
        entity["metrics"] = {name: {"sum": total.milliseconds / 1000} for name, total in shown}
        return entity

    def _parsed(self, body: Body) -> _Query:
        start, end = body.span("dateFrom", "dateTo")
        grouping = body.texts("groupBy", ("user", "time"))
        if "time" not in grouping:
            raise body.flaw("groupBy", "must contain time")
        if "user" in grouping and self._moods.details_time_only:
            raise body.flaw("groupBy", "must be time alone")
        body.only("view", "agent")
        select = body.texts("select", ("id", "name")) if "select" in body.fields else ()
        return _Query(
            length=_INTERVALS[body.only("interval", *_INTERVALS)],
            start=start,
            end=end,
            metrics=_named(body, body.inner("metrics").fields),
            users=_users(body),
            names="name" in select,
            totals="user" not in grouping and self._moods.details_totals,
        )


def _named(body: Body, metrics: Iterable[str]) -> tuple[str, ...]:
    found = tuple(metrics)
    if not found or any(name not in _METRICS for name in found):
        raise body.flaw("metrics", f"must be some of {', '.join(_METRICS)}")
    return found


def _users(body: Body) -> frozenset[str] | None:
    if "filter" not in body.fields:
        return None
    wanted = body.inner("filter")
    wanted.only("type", "user")
    return frozenset(wanted.texts("ids"))
