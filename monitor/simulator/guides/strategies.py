"""Guide 5: routing strategies, and jobs that evaluate them."""

import math
from dataclasses import dataclass
from datetime import datetime

from monitor.simulator.asked import Asked, Document, Endpoint
from monitor.simulator.guides.figures import Sum, sums
from monitor.simulator.guides.flaw import Flaw
from monitor.simulator.guides.moods import Moods, Paging
from monitor.simulator.guides.reading import LONGEST, Body, position, read
from monitor.simulator.guides.shelf import Shelf
from monitor.simulator.ledger import ROUTINGS, Entry
from monitor.simulator.world import World

RETIRED = "Retired"
"""An invented strategy that is inactive: it routes nothing."""

_JOBS = "/api/v2/analytics/jobs"
_HANDLED, _SPEED, _ABANDONED = "handledCalls", "avgSpeedOfAnswer", "abandonedCalls"
# The guides' limit.
_METRICS = 10
_GROUPS = ("strategyId", "queueId")


@dataclass(slots=True, kw_only=True)
class _Job:
    """A job on its way: its results, its fate, how often it was asked about."""

    entities: list[Document]
    hangs: bool = False
    failure: str = ""
    polls: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Question:
    strategies: tuple[str, ...]
    metrics: tuple[str, ...]
    groups: tuple[str, ...]
    start: datetime
    end: datetime

    def key(self, entry: Entry) -> tuple[tuple[str, ...], str] | None:
        """The group an entry is in, and its metric; None for one that does not count."""
        if entry.routing not in self.strategies:
            return None
        dimensions = {"strategyId": entry.routing, "queueId": entry.queue_id}
        return tuple(dimensions[name] for name in self.groups), entry.metric


class Strategies:
    """Answers over the ledger as it was when a job was submitted."""

    def __init__(self, world: World, moods: Moods) -> None:
        self._world = world
        self._moods = moods
        self._shelf: Shelf[_Job] = Shelf("job")

    def endpoints(self) -> list[Endpoint]:
        return [
            ("GET", "/api/v2/routing/strategies", "strategy_list", self._listing),
            ("POST", "/api/v2/analytics/routing/strategies/query", "strategies", self._submit),
            ("GET", f"{_JOBS}/{{id}}", "job", self._status),
            ("GET", f"{_JOBS}/{{id}}/results", "job_results", self._results),
        ]

    def _listing(self, _: Asked) -> Document:
        states = {**dict.fromkeys(ROUTINGS, "active"), RETIRED: "inactive"}
        return {
            "entities": [
                {"id": routing, "name": f"{routing} routing", "state": state}
                for routing, state in states.items()
            ]
        }

    def _submit(self, asked: Asked) -> Document:
        question = _parsed(read(asked))
        found = sums(self._world.ledger.between(question.start, question.end), question.key)
        groups: dict[tuple[str, ...], dict[str, Sum]] = {}
        for (group, metric), total in found.items():
            groups.setdefault(group, {})[metric] = total
        job = _Job(entities=[_entity(question, group, groups[group]) for group in sorted(groups)])
        if self._moods.hanging_jobs > 0:
            self._moods.hanging_jobs -= 1
            job.hangs = True
        elif self._moods.failing_jobs > 0:
            self._moods.failing_jobs -= 1
            job.failure = self._moods.failure_reason
        return {self._moods.job_key: self._shelf.put(job, asked.at)}

    def _status(self, asked: Asked) -> Document:
        key = asked.path("id")
        job = self._shelf.get(key, asked.at)
        job.polls += 1
        status = self._state(job)
        reason = {"failureReason": job.failure} if status == "failed" else {}
        return {"jobId": key, "status": status, **reason}

    def _state(self, job: _Job) -> str:
        if job.polls <= self._moods.queued_polls:
            return "queued"
        if job.hangs or job.polls <= self._moods.queued_polls + self._moods.running_polls:
            return "running"
        return "failed" if job.failure else "completed"

    def _results(self, asked: Asked) -> Document:
        key = asked.path("id")
        job = self._shelf.get(key, asked.at)
        if self._state(job) != "completed":
            raise Flaw(404, f"Job {key} has no results.")
        number = position(asked.request.query_params.get("pageNumber", "1"))
        if number is None:
            raise Flaw(400, "pageNumber must be a whole number from 1 on.", field="pageNumber")
        # Two pages wherever there are two results: a reader that stops at the first is found out.
        size = max(1, min(self._moods.results_page, math.ceil(len(job.entities) / 2)))
        pages = max(1, math.ceil(len(job.entities) / size))
        page: Document = {"entities": job.entities[(number - 1) * size : number * size]}
        if self._moods.results_paging is Paging.NUMBERS:
            numbers = {"pageNumber": number, "pageCount": pages, "pageSize": size}
            return {**page, **numbers, "total": len(job.entities)}
        following = {"nextUri": f"{_JOBS}/{key}/results?pageNumber={number + 1}"} if number < pages else {}
        return {**page, **following}


def _entity(question: _Question, group: tuple[str, ...], found: dict[str, Sum]) -> Document:
    """One group's figures; nothing answered, no speed of answer."""
    figures: dict[str, float] = {
        _HANDLED: found["tHandle"].count if "tHandle" in found else 0,
        _ABANDONED: found["tAbandon"].count if "tAbandon" in found else 0,
    }
    if "tAnswered" in found:
        figures[_SPEED] = found["tAnswered"].mean / 1000
    metrics = [{"metricId": name, "value": figures[name]} for name in question.metrics if name in figures]
    # Grouped by both, an entity is a strategy's and names the queue beside it; the guide has no such sample.
    queue = {"queueId": group[1]} if len(group) > 1 else {}
    return {"entityId": group[0], **queue, "metrics": metrics}


def _parsed(body: Body) -> _Question:
    metrics = body.texts("metricTypes")
    if len(metrics) > _METRICS:
        raise body.flaw("metricTypes", f"has {len(metrics)} members, more than {_METRICS}")
    start, end = body.span("from", "to", LONGEST)
    body.only("timeGroup", "byDay")
    body.only("interval", "P1D")
    if body.fields.get("async", True) is not True:
        raise body.flaw("async", "must be true")
    grouping = body.texts("groupBys", _GROUPS)
    return _Question(
        strategies=body.texts("strategyIds", (*ROUTINGS, RETIRED)),
        metrics=body.texts("metricTypes", (_HANDLED, _SPEED, _ABANDONED)),
        groups=tuple(name for name in _GROUPS if name in grouping),
        start=start,
        end=end,
    )
