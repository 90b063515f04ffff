"""What can be made to go wrong, for how long, and a record of everything that was asked.

`Faults` is mutable on purpose: a test, or the server's owner, changes it while the server runs.
"""

from collections import deque
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

ENDPOINTS = (
    "token",
    "queues",
    "queue",
    "observations",
    "token_info",
    "organization",
    "limits",
    "users",
    "aggregates",
    "aggregate_jobs",
    "aggregate_job",
    "aggregate_results",
    "user_aggregates",
    "task_aggregates",
    "task_metrics",
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
    "unknown",
)
"""The names by which endpoints are told to misbehave and under which requests are logged."""

EVERY = "*"
"""Stands for all endpoints in `Faults.add`."""

_LOGGED = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """An error status with the platform's usual body for it; `html` makes it a proxy's page instead."""

    status: int
    html: bool = False


class Hint(StrEnum):
    """Where a throttled answer says how long to wait."""

    SECONDS = "seconds"
    DATE = "date"
    BODY = "body"
    NOWHERE = "nowhere"


@dataclass(frozen=True, slots=True, kw_only=True)
class Throttle:
    """A 429 that asks to wait `seconds`: Retry-After in seconds or as a date, or only in the body's text."""

    seconds: int = 1
    hint: Hint = Hint.SECONDS


@dataclass(frozen=True, slots=True)
class Truncated:
    """A well-formed HTTP answer whose JSON stops halfway."""


@dataclass(frozen=True, slots=True)
class Severed:
    """The right answer, but the connection is reset halfway through its body."""


@dataclass(frozen=True, slots=True)
class Empty:
    """Status 200 and nothing in it."""


@dataclass(frozen=True, slots=True)
class Page:
    """Status 200 and an HTML page, as captive portals and misguided proxies send."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Drip:
    """The right answer, `chunk` bytes every `pause` seconds."""

    pause: float = 0.1
    chunk: int = 8


@dataclass(frozen=True, slots=True)
class Hang:
    """No answer until the client gives up or the server stops."""


@dataclass(frozen=True, slots=True)
class Reset:
    """The connection is reset instead of an answer."""


@dataclass(frozen=True, slots=True)
class BadClient:
    """What the token endpoint says to a wrong client id or secret."""


Fault = Status | Throttle | Truncated | Severed | Empty | Page | Drip | Hang | Reset | BadClient


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One request and the answer to it.

    `at` is the injected clock's; `token` is the bearer token or empty; `received` and `sent` are body sizes
    in bytes, `sent` before any drip or cut; `status` is 0 where no complete answer was meant to arrive.
    """

    at: datetime
    endpoint: str
    status: int
    token: str
    received: int
    sent: int


@dataclass(slots=True, kw_only=True)
class _Order:
    endpoint: str
    fault: Fault
    page: int | None
    left: int | None


class Faults:
    """Orders to misbehave, revocation of tokens, and the request log (the latest 100,000 requests)."""

    def __init__(self) -> None:
        self.log: deque[Seen] = deque(maxlen=_LOGGED)
        self.generation = 0
        self._orders: list[_Order] = []

    def add(self, endpoint: str, fault: Fault, *, times: int | None = None, page: int | None = None) -> None:
        """Make the next `times` answers of an endpoint (None: all, until cleared) misbehave.

        `page` restricts it to requests for that pageNumber. Orders for the same endpoint are served first
        come first. Raises ValueError for an endpoint that does not exist.
        """
        if endpoint not in (*ENDPOINTS, EVERY):
            raise ValueError(f"no endpoint {endpoint!r}; there are {', '.join(ENDPOINTS)} and {EVERY}")
        self._orders.append(_Order(endpoint=endpoint, fault=fault, page=page, left=times))

    def clear(self, endpoint: str | None = None) -> None:
        """Forget the orders for an endpoint, or all of them."""
        self._orders = [order for order in self._orders if endpoint not in (None, order.endpoint)]

    def take(self, endpoint: str, page: int | None = None) -> Fault | None:
        """The fault this request is to meet, used up if counted; None when it is to be answered well."""
        for order in self._orders:
            if order.endpoint in (endpoint, EVERY) and order.page in (None, page) and order.left != 0:
                order.left = None if order.left is None else order.left - 1
                return order.fault
        return None

    def revoke(self) -> None:
        """Make every token issued so far invalid."""
        self.generation += 1

    def requests(self, endpoint: str | None = None) -> tuple[Seen, ...]:
        """The logged requests of an endpoint, or of all, oldest first."""
        return tuple(seen for seen in self.log if endpoint in (None, seen.endpoint))

    def count(self, endpoint: str | None = None) -> int:
        """How many requests of an endpoint, or of all, are in the log."""
        return len(self.requests(endpoint))
