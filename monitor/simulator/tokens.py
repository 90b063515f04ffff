"""Who may come in, and how often: live tokens and their request windows. Time is handed in."""

import math
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from monitor.simulator.refusal import Refusal, refusal, throttled
from monitor.simulator.settings import Settings

_WINDOW = timedelta(minutes=1)


@dataclass(slots=True, kw_only=True)
class _Ticket:
    expires: datetime
    generation: int
    opened: datetime
    count: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """Where a token stands in its window of a minute; `reset` is the seconds until a new one opens."""

    count: int
    allowed: int
    reset: int


class Tokens:
    """The tokens issued so far. `generation` tells the present one; older tokens are revoked."""

    def __init__(self, settings: Settings, generation: Callable[[], int]) -> None:
        self._settings = settings
        self._generation = generation
        self._tickets: dict[str, _Ticket] = {}

    def issue(self, now: datetime) -> str:
        """A new token, good for the configured lifetime."""
        token = secrets.token_urlsafe(48)
        expires = now + timedelta(seconds=self._settings.token_seconds)
        self._tickets[token] = _Ticket(expires=expires, generation=self._generation(), opened=now)
        return token

    def admit(self, token: str, now: datetime) -> Allowance:
        """Check a token and charge it one request.

        Raises Refusal: 401 for no, an unknown, revoked or expired token. The limit is the caller's to
        enforce, because the 429 carries the allowance, too.
        """
        ticket = self._tickets.get(token)
        if not token:
            message = "No authentication bearer token specified in authorization header."
            raise Refusal(status=401, code="authentication.required", message=message)
        if ticket is None or ticket.generation != self._generation():
            raise refusal(401)
        if now >= ticket.expires:
            raise Refusal(status=401, code="credentials.expired", message="The credentials have expired.")
        return self._charge(ticket, now)

    def _charge(self, ticket: _Ticket, now: datetime) -> Allowance:
        if now - ticket.opened >= _WINDOW:
            ticket.opened, ticket.count = now, 0
        ticket.count += 1
        reset = math.ceil((ticket.opened + _WINDOW - now).total_seconds())
        return Allowance(count=ticket.count, allowed=self._settings.requests_per_minute, reset=reset)


def enforce(allowance: Allowance) -> None:
    """Raises Refusal (429) when an allowance is used up."""
    if allowance.count > allowance.allowed:
        raise throttled(allowance.reset)
