"""How the platform says no: one exception, and the error body it becomes. Pure."""

from collections.abc import Mapping, Sequence


class Refusal(Exception):
    """An answer other than 200: HTTP status, the platform's error code, a message, the fields at fault."""

    # Not a frozen dataclass: a raised exception has its traceback assigned on the way up.
    def __init__(self, *, status: int, code: str, message: str, fields: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.fields = fields

    def body(self, context_id: str) -> dict[str, object]:
        """The error body; `context_id` is also the answer's correlation id."""
        return error_body(self.status, self.code, self.message, context_id, self.fields)


_CODES: Mapping[int, tuple[str, str]] = {
    400: ("bad.request", "The request could not be understood by the server due to malformed syntax."),
    401: ("bad.credentials", "Invalid login credentials."),
    403: ("not.authorized", "You are not authorized to perform the requested action."),
    404: ("not.found", "The requested resource was not found."),
    408: ("client.timeout", "The client did not produce a request within the server timeout limit."),
    413: ("request.entity.too.large", "The request is over the size limit. Maximum bytes: 2000000"),
    429: ("too.many.requests", "Rate limit exceeded the maximum."),
    500: (
        "internal.server.error",
        "The server encountered an unexpected condition which prevented it from fulfilling the request.",
    ),
    502: ("bad.gateway", "The gateway received an invalid response."),
    503: (
        "service.unavailable",
        "The server is currently unavailable (because it is overloaded or down for maintenance).",
    ),
    504: ("request.timeout", "The request timed out."),
}


# As the platform's SDKs and the guides state them; endpoints that ask for none are not here.
_PERMISSIONS: Mapping[str, str] = {
    "queues": "routing:queue:view",
    "queue": "routing:queue:view",
    "observations": "analytics:queueObservation:view",
    "aggregates": "analytics:conversationAggregate:view",
    "aggregate_jobs": "analytics:conversationAggregate:view",
    "aggregate_job": "analytics:conversationAggregate:view",
    "aggregate_results": "analytics:conversationAggregate:view",
    "user_aggregates": "analytics:userAggregate:view",
    "task_aggregates": "analytics:taskManagementAggregate:view",
    "task_metrics": "analytics:taskManagementObservation:view",
    "stats": "analytics:stats:read",
    "iam_queues": "routing:queue:view",
    "summary": "analytics:query:view",
    "details": "analytics:conversation:read",
    "workitems": "analytics:view analytics:export workitem:view",
    "workitems_status": "analytics:view analytics:export workitem:view",
    "workitems_chunk": "analytics:view analytics:export workitem:view",
    "strategy_list": "analytics:report:read routing:strategy:read",
    "strategies": "analytics:report:read routing:strategy:read",
    "job": "analytics:report:read routing:strategy:read",
    "job_results": "analytics:report:read routing:strategy:read",
}


def forbidden(endpoint: str) -> Refusal:
    """The 403 of an endpoint, naming the permission it asks for if it asks for one."""
    if endpoint not in _PERMISSIONS:
        return refusal(403)
    message = f"You are missing the following permission(s): {_PERMISSIONS[endpoint]}"
    return Refusal(status=403, code="missing.permissions", message=message)


def refusal(status: int) -> Refusal:
    """The usual refusal of an HTTP status; statuses the platform does not document get a plain one."""
    code, message = _CODES.get(status, (f"status.{status}", "Unexpected."))
    return Refusal(status=status, code=code, message=message)


def throttled(seconds: int) -> Refusal:
    """The platform's 429; the waiting time stands in the text as well as in the Retry-After header."""
    # Wording and code as in the platform's announcement of its normalized 429 answers.
    message = f"Rate limit exceeded the maximum. Retry the request in [{seconds}] seconds"
    return Refusal(status=429, code="too.many.requests.retry.after", message=message)


def not_allowed(value: object, field: str, kind: str, allowed: Sequence[str]) -> Refusal:
    """The 400 for a value outside an enumeration, worded as the platform words it."""
    listed = ", ".join(allowed)
    message = f"Value [{value}] is not valid for field type [{kind}]. Allowable values are: {listed}"
    return Refusal(status=400, code="invalid.value", message=message, fields=(field,))


def error_body(
    status: int, code: str, message: str, context_id: str, fields: Sequence[str] = ()
) -> dict[str, object]:
    """An ErrorBody of the platform; `fields` become its details."""
    return {
        "message": message,
        "code": code,
        "status": status,
        "contextId": context_id,
        "details": [{"errorCode": code, "fieldName": field} for field in fields],
        "errors": [],
    }
