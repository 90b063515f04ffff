"""What can go wrong, sorted by what the loop that meets it should do.

MonitorError
├── ConfigError            exit 2; `details` lists every mistake
├── PlatformError          this poll has no answer; the source is in error, nothing clears
│   ├── AuthError          credentials refused: back off, say so, do not hammer
│   ├── PermissionDenied   403: names the missing permission
│   ├── Throttled          429: `retry_after` seconds
│   ├── Unavailable        no connection, deadline, 5xx: the next tick tries again
│   ├── NotOffered         404: this org or gateway has no such thing
│   ├── Refused            400 and the like: the platform names what it dislikes in our question
│   ├── JobFailed          an asynchronous query failed or never ended
│   └── Unintelligible     an answer we cannot read: loud, not retried
├── ListenError            the address cannot be had now: exit 1, and whoever started us may try again
└── StoreError             the disk does not take our writes: nothing advances, nothing is sent
"""

from __future__ import annotations

from dataclasses import dataclass


class MonitorError(Exception):
    """Anything queuewatch itself raises."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mistake:
    """One fault of a configuration: where it stands, what it is, what to write instead."""

    file: str
    path: str
    problem: str
    hint: str = ""
    line: int | None = None

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        hint = f" ({self.hint})" if self.hint else ""
        return (
            f"{place}: {self.path}: {self.problem}{hint}" if self.path else f"{place}: {self.problem}{hint}"
        )


class ConfigError(MonitorError):
    """The configuration cannot be used; `details` holds every mistake found."""

    def __init__(self, details: tuple[Mistake, ...]) -> None:
        super().__init__("\n".join(str(mistake) for mistake in details))
        self.details = details


class ListenError(MonitorError):
    """The address to listen on is taken, or not there (yet)."""


class PlatformError(MonitorError):
    """The platform gave no usable answer. `reason` is one word for a metric label."""

    reason = "error"


class AuthError(PlatformError):
    """The platform does not accept our credentials."""

    reason = "auth"


class PermissionDenied(PlatformError):
    """Our credentials lack a permission, named in the message."""

    reason = "permission"


class Throttled(PlatformError):
    """We asked too often, or our own budget is spent; `retry_after` says for how many seconds."""

    reason = "throttled"

    def __init__(self, message: str, *, retry_after: float) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class Unavailable(PlatformError):
    """No connection, no answer in time, or the platform says it is broken."""

    reason = "unavailable"


class NotOffered(PlatformError):
    """The platform has no such operation or entity, or does not offer it to this org."""

    reason = "not_offered"


class Refused(PlatformError):
    """The platform will not answer this question as it was asked; the message names the field."""

    reason = "refused"


class JobFailed(PlatformError):
    """An asynchronous query ended without a result; the message says in which state and why."""

    reason = "job"


class Unintelligible(PlatformError):
    """An answer that is not what the platform publishes."""

    reason = "unintelligible"


class StoreError(MonitorError):
    """The store cannot be read or written; nothing was changed."""
