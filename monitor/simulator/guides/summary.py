"""Guide 2: answered conversations by queue, all or those within a waiting time, page by page."""

from dataclasses import dataclass

from monitor.simulator.asked import Asked, Document, Endpoint
from monitor.simulator.guides.figures import sums
from monitor.simulator.guides.moods import Loop, Moods
from monitor.simulator.guides.reading import Body, position, read
from monitor.simulator.guides.shelf import Shelf
from monitor.simulator.ledger import Entry
from monitor.simulator.world import World

_ANSWERED = "conversation.answered"
# The guides' page size, which is also the most they ask for.
_PAGE = 250

_Row = tuple[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Filters:
    """Which queues (None: all) and how long a wait in milliseconds (None: any; the limit itself is in)."""

    queues: frozenset[str] | None = None
    wait: float | None = None

    def accept(self, entry: Entry) -> bool:
        return (
            entry.metric == "tAnswered"
            and (self.queues is None or entry.queue_id in self.queues)
            and (self.wait is None or (entry.milliseconds or 0) <= self.wait)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Pages:
    """Rows counted when the first page was asked for, and the question they answer."""

    question: Document
    rows: list[_Row]
    size: int


class Summary:
    """Answers over the ledger; pages to come are kept, so that they do not shift."""

    def __init__(self, world: World, moods: Moods) -> None:
        self._world = world
        self._moods = moods
        self._shelf: Shelf[_Pages] = Shelf("summary")

    def endpoints(self) -> list[Endpoint]:
        return [("POST", "/api/v2/analytics/queues/summary/query", "summary", self._summary)]

    def _summary(self, asked: Asked) -> Document:
        body = read(asked)
        start, end = body.inner("dateRange").span("startDate", "endDate")
        body.texts("groupings", ("queue",))
        body.texts("metrics", (_ANSWERED,))
        size = body.whole("pageSize", highest=_PAGE)
        filters = _filters(body)
        if body.text("pageToken"):
            return self._later(body, asked)
        found = sums(
            self._world.ledger.between(start, end),
            lambda entry: entry.queue_id if filters.accept(entry) else None,
        )
        rows = [(queue_id, found[queue_id].count) for queue_id in sorted(found)]
        size = min(size, self._moods.summary_page)
        if self._moods.summary_split:
            rows = _split(rows, size)
        pages = _Pages(question=_question(body), rows=rows, size=size)
        return self._page(self._shelf.put(pages, asked.at), pages, 1)

    def _later(self, body: Body, asked: Asked) -> Document:
        key, _, rest = body.text("pageToken").rpartition(".")
        pages, number = self._shelf.find(key, asked.at), position(rest)
        if pages is None or number is None or pages.question != _question(body):
            raise body.flaw("pageToken", "is not a token of this query")
        return self._page(key, pages, number)

    def _page(self, key: str, pages: _Pages, number: int) -> Document:
        first, last = (number - 1) * pages.size, number * pages.size
        page: Document = {"entities": [_entity(row) for row in pages.rows[first:last]]}
        following = 1 if self._moods.summary_loop is Loop.SAME else number + 1
        if last < len(pages.rows) or self._moods.summary_loop is not Loop.NONE:
            page["pageToken"] = f"{key}.{following}"
        return page


def _filters(body: Body) -> _Filters:
    queues: frozenset[str] | None = None
    wait: float | None = None
    for one in body.several("filters"):
        if one.only("path", "queue.id", "waitTime") == "queue.id":
            one.only("condition", "in")
            queues = frozenset(one.texts("values"))
        else:
            one.only("condition", "<=")
            wait = one.number("value")
    return _Filters(queues=queues, wait=wait)


def _question(body: Body) -> Document:
    return {name: value for name, value in body.fields.items() if name != "pageToken"}


def _split(rows: list[_Row], size: int) -> list[_Row]:
    """The rows with the first queue that can be halved at the end of a page halved over it and the next."""
    for place in range(size - 1, len(rows) - 1, size):
        queue_id, count = rows[place]
        if count > 1:
            halves = [(queue_id, count - count // 2), (queue_id, count // 2)]
            return [*rows[:place], *halves, *rows[place + 1 :]]
    return rows


def _entity(row: _Row) -> Document:
    queue_id, count = row
    return {"queue": {"id": queue_id}, "metrics": {_ANSWERED: {"count": count}}}
