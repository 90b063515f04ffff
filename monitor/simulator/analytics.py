"""The platform's analytics over spans, for interactions, users and work items, and its list of users."""

from monitor.simulator.aggregates import WORDS, aggregates
from monitor.simulator.aggregation import parse
from monitor.simulator.asked import Accepted, Asked, Document, Endpoint
from monitor.simulator.filters import mapping
from monitor.simulator.jobs import Jobs
from monitor.simulator.paging import listing
from monitor.simulator.refusal import refusal
from monitor.simulator.settings import Settings
from monitor.simulator.tasks import backlog, backlog_query, task_aggregates, task_query
from monitor.simulator.users import user_aggregates, user_page, user_query
from monitor.simulator.world import World

_CONVERSATIONS = "/api/v2/analytics/conversations/aggregates"
_TASKS = "/api/v2/analytics/taskmanagement"


class Analytics:
    """Answers these endpoints over one world, as one organization has them."""

    def __init__(self, world: World, settings: Settings) -> None:
        self._world = world
        self._settings = settings
        self._jobs = Jobs(seconds=settings.job_seconds, error=settings.job_error)

    def endpoints(self) -> list[Endpoint]:
        """Every endpoint; those the organization does not have answer 404."""
        return [
            ("GET", "/api/v2/users", "users", self._users),
            ("POST", f"{_CONVERSATIONS}/query", "aggregates", self._aggregates),
            ("POST", f"{_CONVERSATIONS}/jobs", "aggregate_jobs", self._submit),
            ("GET", f"{_CONVERSATIONS}/jobs/{{id}}", "aggregate_job", self._job),
            ("GET", f"{_CONVERSATIONS}/jobs/{{id}}/results", "aggregate_results", self._results),
            ("POST", "/api/v2/analytics/users/aggregates/query", "user_aggregates", self._user_aggregates),
            ("POST", f"{_TASKS}/aggregates/query", "task_aggregates", self._task_aggregates),
            ("POST", f"{_TASKS}/metrics/query", "task_metrics", self._task_metrics),
        ]

    def _users(self, asked: Asked) -> Document:
        return user_page(self._world.centre, listing(asked.parameters))

    def _aggregates(self, asked: Asked) -> Document:
        return {"results": aggregates(self._world, parse(asked.document, WORDS), self._settings)}

    def _submit(self, asked: Asked) -> Document:
        self._need_jobs()
        document = asked.document
        results = aggregates(self._world, parse(document, WORDS), self._settings)
        size = mapping(document, "body").get("pageSize")
        return Accepted(self._jobs.submit(results, size, asked.at))

    def _job(self, asked: Asked) -> Document:
        self._need_jobs()
        return self._jobs.status(asked.path("id"), asked.at)

    def _results(self, asked: Asked) -> Document:
        self._need_jobs()
        cursor = next(iter(asked.parameters.get("cursor", ())), "")
        return self._jobs.results(asked.path("id"), cursor, asked.at)

    def _user_aggregates(self, asked: Asked) -> Document:
        return user_aggregates(self._world, user_query(asked.document))

    def _task_aggregates(self, asked: Asked) -> Document:
        return task_aggregates(self._world.workbench, task_query(asked.document))

    def _task_metrics(self, asked: Asked) -> Document:
        if not self._settings.task_metrics:
            raise refusal(404)
        return backlog(self._world, backlog_query(asked.document))

    def _need_jobs(self) -> None:
        if not self._settings.jobs_offered:
            raise refusal(404)
