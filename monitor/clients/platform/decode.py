"""Reads the platform dialect's answers: bytes in, directory pages and observations out. Pure.

A well-formed answer is decoded in one typed pass. Where that fails, a slower pass reads value by value,
so that one odd value makes one figure unknown and not the whole poll. Rules of reading (DESIGN.md §9):
a count the answer does not mention is 0; a count that is null, negative, not a number or not finite is
unknown; nobody waiting means a longest wait of 0.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import msgspec

from monitor.kit.text import clean
from monitor.model.errors import Unintelligible
from monitor.model.observation import Interactions, QueueObservations, Staffing
from monitor.model.org import Queue, Target

ROUTING_STATUSES = ("IDLE", "INTERACTING", "COMMUNICATING", "NOT_RESPONDING", "OFF_QUEUE")
"""Routing statuses always shown, 0 where the answer does not mention them."""
EARLIEST_START = 946_684_800_000.0
"""2000-01-01 in epoch milliseconds: an older "start" is no date, so the age it gives would be invented."""
_MEDIA = {"call": "voice"}
"""A queue's settings say `call` where analytics says `voice` (GENESYS.md §7)."""


class _Stats(msgspec.Struct, gc=False):
    count: float | None = None
    start: float | None = msgspec.field(default=None, name="calculatedMetricValue")


class _Datum(msgspec.Struct, gc=False):
    metric: str
    qualifier: str | None = None
    stats: _Stats | None = None


class _Group(msgspec.Struct, gc=False):
    queue_id: str = msgspec.field(name="queueId")
    media: str | None = msgspec.field(default=None, name="mediaType")


class _Result(msgspec.Struct, gc=False):
    group: _Group
    data: list[_Datum] | None = None


class _Answer(msgspec.Struct, gc=False):
    results: list[_Result]
    presences: dict[str, list[str]] | None = msgspec.field(default=None, name="systemToOrganizationMappings")


class _Division(msgspec.Struct):
    id: str = ""
    name: str | None = None


class _ServiceLevel(msgspec.Struct):
    percentage: float | None = None
    duration: float | None = msgspec.field(default=None, name="durationMs")


class _Media(msgspec.Struct):
    service_level: _ServiceLevel | None = msgspec.field(default=None, name="serviceLevel")


class _Queue(msgspec.Struct):
    id: str
    name: str | None = None
    division: _Division | None = None
    media: dict[str, _Media | None] | None = msgspec.field(default=None, name="mediaSettings")


class _Page(msgspec.Struct):
    entities: list[_Queue]
    page_count: float | None = msgspec.field(default=None, name="pageCount")
    total: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DirectoryPage:
    """One page of queues, the number of pages, and the number of queues on all of them."""

    queues: tuple[Queue, ...]
    page_count: int
    total: int


def directory_page(body: bytes) -> DirectoryPage:
    """Read one page of `GET /routing/queues`. Raises Unintelligible."""
    try:
        page = _page(body)
    except (ValueError, RecursionError) as error:
        raise Unintelligible(f"the queue directory cannot be read: {error}") from error
    return DirectoryPage(
        queues=tuple(_queue(entity) for entity in page.entities if entity.id),
        page_count=int(page.page_count or 1),
        total=int(page.total or 0),
    )


def _page(body: bytes) -> _Page:
    """Decode a page; again through the standard library where a name holds half a surrogate pair."""
    try:
        return msgspec.json.decode(body, type=_Page)
    except msgspec.ValidationError:
        raise
    except msgspec.DecodeError:
        return msgspec.convert(json.loads(body), _Page)


def _queue(entity: _Queue) -> Queue:
    division = entity.division or _Division()
    return Queue(
        id=clean(entity.id),
        name=clean(entity.name or "") or clean(entity.id),
        division_id=clean(division.id),
        division=clean(division.name or ""),
        targets=tuple(_targets(entity.media or {})),
    )


def _targets(settings: dict[str, _Media | None]) -> Iterable[Target]:
    for media, setting in settings.items():
        level = setting.service_level if setting is not None else None
        if level is None:
            continue
        ratio = level.percentage if level.percentage is not None and 0 <= level.percentage <= 1 else None
        seconds = level.duration / 1000 if level.duration is not None and level.duration >= 0 else None
        yield Target(media=_MEDIA.get(media, clean(media)), ratio=ratio, seconds=seconds)


def observations(body: bytes, asked: Sequence[str], received_at: datetime) -> QueueObservations:
    """Read the answer to an observation query about the queues `asked`.

    `received_at` turns the start of the longest wait into its age in seconds.

    Raises:
        Unintelligible: not JSON, not this operation's shape, or no group for any queue asked; the
            platform shows at least the members of a queue it knows, so that is no empty contact centre.
    """
    oddities: Counter[str] = Counter()
    answer, unreadable = _decoded(body, oddities)
    now = received_at.timestamp() * 1000
    presences = {org: clean(system) for system, orgs in (answer.presences or {}).items() for org in orgs}
    wanted = set(asked)
    interactions: list[Interactions] = []
    staffing: dict[str, Staffing] = {}
    for index, result in enumerate(answer.results):
        group = result.group
        if group.queue_id not in wanted:
            oddities["unasked_queue"] += 1
            continue
        reading = _Reading(absent=None if index in unreadable else 0.0, oddities=oddities)
        if group.media is None:
            staffing[group.queue_id] = reading.staffing(group.queue_id, result.data or [], presences)
        else:
            interactions.append(reading.interactions(group.queue_id, group.media, result.data or [], now))
    if asked and not interactions and not staffing:
        raise Unintelligible(f"the answer shows none of the {len(asked)} queues asked about")
    nobody = _Reading(absent=0.0, oddities=oddities)
    return QueueObservations(
        interactions=tuple(interactions),
        staffing=tuple(
            staffing.get(queue_id) or nobody.staffing(queue_id, [], presences) for queue_id in asked
        ),
        oddities=dict(oddities),
    )


@dataclass(slots=True)
class _Reading:
    """Reads the data of one group; `absent` is what a metric that is not mentioned counts."""

    absent: float | None
    oddities: Counter[str]
    counts: dict[str, float | None] = field(default_factory=dict)
    starts: dict[str, float | None] = field(default_factory=dict)

    def interactions(self, queue_id: str, media: str, data: Sequence[_Datum], now: float) -> Interactions:
        """Return one media type's figures; `now` in epoch milliseconds."""
        for datum in data:
            self.counts[datum.metric] = self._count(datum)
            self.starts[datum.metric] = datum.stats.start if datum.stats is not None else None
        waiting = self.counts.get("oWaiting", self.absent)
        interacting = self.counts.get("oInteracting", self.absent)
        return Interactions(
            queue_id=queue_id,
            media=clean(media),
            waiting=waiting,
            interacting=interacting,
            alerting=self.counts.get("oAlerting", self.absent),
            longest_wait=self._age("oLongestWaiting", waiting, now),
            longest_interaction=self._age("oLongestInteracting", interacting, now),
        )

    def staffing(self, queue_id: str, data: Sequence[_Datum], presences: dict[str, str]) -> Staffing:
        """Return one queue's agents; totals are the sums over their qualifiers."""
        totals: dict[str, float | None] = {}
        by_status: dict[str, float | None] = dict.fromkeys(ROUTING_STATUSES, self.absent)
        by_presence: dict[str, float | None] = {}
        for datum in data:
            count = self._count(datum)
            qualifier = datum.qualifier or ""
            totals[datum.metric] = _plus(totals.get(datum.metric, 0.0), count)
            if datum.metric == "oUserRoutingStatuses" and qualifier:
                by_status[clean(qualifier)] = count
            elif datum.metric == "oUserPresences" and qualifier:
                presence = presences.get(qualifier) or clean(qualifier)
                by_presence[presence] = _plus(by_presence.get(presence, 0.0), count)
        return Staffing(
            queue_id=queue_id,
            members=totals.get("oMemberUsers", self.absent),
            active=totals.get("oActiveUsers", self.absent),
            on_queue=totals.get("oOnQueueUsers", self.absent),
            off_queue=totals.get("oOffQueueUsers", self.absent),
            by_status=by_status,
            by_presence=by_presence,
        )

    def _count(self, datum: _Datum) -> float | None:
        count = datum.stats.count if datum.stats is not None else None
        if count is None or count >= 0:
            return count
        self.oddities["negative"] += 1
        return None

    def _age(self, metric: str, how_many: float | None, now: float) -> float | None:
        """Return the seconds since the oldest start; the platform sends the start, not the age."""
        if how_many == 0:
            return 0.0
        start = self.starts.get(metric)
        if start is None:
            return None
        if start < EARLIEST_START:
            self.oddities["implausible_start"] += 1
            return None
        return round(max(now - start, 0.0) / 1000, 3)


def _plus(total: float | None, count: float | None) -> float | None:
    return None if total is None or count is None else total + count


def _decoded(body: bytes, oddities: Counter[str]) -> tuple[_Answer, set[int]]:
    """Return the answer, and the indexes of results with data that could not even be named."""
    try:
        return msgspec.json.decode(body, type=_Answer), set()
    except (msgspec.DecodeError, RecursionError):
        return _salvaged(body, oddities)


def _salvaged(body: bytes, oddities: Counter[str]) -> tuple[_Answer, set[int]]:
    """Read value by value. Raises Unintelligible where the frame itself is broken."""
    try:
        raw = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise Unintelligible(
            f"the observation answer is not JSON ({type(error).__name__}: {error})"
        ) from error
    if not isinstance(raw, dict) or not isinstance(raw.get("results"), list):
        raise Unintelligible("the observation answer has no list of results")
    results: list[_Result] = []
    unreadable: set[int] = set()
    for entry in raw["results"]:
        try:
            group = msgspec.convert(entry["group"], _Group)
        except (msgspec.ValidationError, TypeError, KeyError) as error:
            raise Unintelligible(f"the observation answer has a group without a queue: {error}") from error
        data, complete = _salvaged_data(entry.get("data"), oddities)
        if not complete:
            unreadable.add(len(results))
        results.append(_Result(group=group, data=data))
    try:
        presences = msgspec.convert(raw.get("systemToOrganizationMappings"), dict[str, list[str]] | None)
    except msgspec.ValidationError:
        oddities["malformed"] += 1
        presences = None
    return _Answer(results=results, presences=presences), unreadable


def _salvaged_data(raw: object, oddities: Counter[str]) -> tuple[list[_Datum], bool]:
    """Return what can be read, and whether every entry could at least be named."""
    if raw is None:
        return [], True
    if not isinstance(raw, list):
        oddities["malformed"] += 1
        return [], False
    data: list[_Datum] = []
    complete = True
    for entry in raw:
        try:
            datum = msgspec.convert(entry, _Datum)
        except msgspec.ValidationError:
            oddities["malformed"] += 1
            name = entry.get("metric") if isinstance(entry, dict) else None
            if not isinstance(name, str):
                complete = False
                continue
            qualifier = entry.get("qualifier")
            datum = _Datum(metric=name, qualifier=qualifier if isinstance(qualifier, str) else None)
        data.append(_finite(datum, oddities))
    return data, complete


def _finite(datum: _Datum, oddities: Counter[str]) -> _Datum:
    """Return `datum`, without its figures where one of them is NaN or infinite."""
    if datum.stats is None or all(
        value is None or math.isfinite(value) for value in (datum.stats.count, datum.stats.start)
    ):
        return datum
    oddities["not_finite"] += 1
    return _Datum(metric=datum.metric, qualifier=datum.qualifier)
