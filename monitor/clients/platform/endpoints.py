"""The operations of the platform dialect."""

from __future__ import annotations

from monitor.clients.endpoint import Endpoint

QUEUES = Endpoint(name="queues", method="GET", path="/api/v2/routing/queues", permission="routing:queue:view")
OBSERVATIONS = Endpoint(
    name="observations",
    method="POST",
    path="/api/v2/analytics/queues/observations/query",
    permission="analytics:queueObservation:view",
)
LIMITS = Endpoint(
    name="limits",
    method="GET",
    path="/api/v2/organizations/limits/namespaces/platform.api",
    permission="(none is documented)",
)
CONVERSATIONS = Endpoint(
    name="conversation_aggregates",
    method="POST",
    path="/api/v2/analytics/conversations/aggregates/query",
    permission="analytics:conversationAggregate:view",
)
CONVERSATIONS_JOBS = Endpoint(
    name="conversation_jobs",
    method="POST",
    path="/api/v2/analytics/conversations/aggregates/jobs",
    permission="analytics:conversationAggregate:view",
)
CONVERSATIONS_JOB = Endpoint(
    name="conversation_job",
    method="GET",
    path="/api/v2/analytics/conversations/aggregates/jobs/{job}",
    permission="analytics:conversationAggregate:view",
)
CONVERSATIONS_RESULTS = Endpoint(
    name="conversation_job_results",
    method="GET",
    path="/api/v2/analytics/conversations/aggregates/jobs/{job}/results",
    permission="analytics:conversationAggregate:view",
)
USERS = Endpoint(name="users", method="GET", path="/api/v2/users", permission="(none is documented)")
STATUSES = Endpoint(
    name="user_aggregates",
    method="POST",
    path="/api/v2/analytics/users/aggregates/query",
    permission="analytics:userAggregate:view",
)
WORKITEMS = Endpoint(
    name="workitem_aggregates",
    method="POST",
    path="/api/v2/analytics/taskmanagement/aggregates/query",
    permission="analytics:taskManagementAggregate:view",
)
WORKITEM_STATES = Endpoint(
    name="workitem_metrics",
    method="POST",
    path="/api/v2/analytics/taskmanagement/metrics/query",
    permission="analytics:taskManagementObservation:view",
)
