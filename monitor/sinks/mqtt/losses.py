"""How long to stay away from a broker that was lost, and what is said about it: the first time, once."""

from __future__ import annotations

from dataclasses import dataclass

import structlog

from monitor.sinks.mqtt.refusals import DISPLACED, UNSAID, ConnectionLost

_HINT = "another client uses this client id: give every queuewatch its own `instance` name"
_GUESS = f"the broker closes each connection without a reason; perhaps {_HINT}, or extend its ACL"


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """What the sink waits for, in seconds."""

    answer: float = 10.0
    """One try, the broker's answer to a connection, and a part of the greeting."""
    first: float = 0.5
    """Between tries to connect: doubled from here …"""
    longest: float = 15.0
    """… to here."""
    displaced: float = 60.0
    """After another client took our id: coming back at once would only throw that one out."""
    stable: float = 10.0
    """A connection has to last so long before the pauses start from the first again."""
    short: float = 30.0
    """A connection lost sooner, without a word, looks like another client with our id …"""
    drops: int = 3
    """… when so many in a row do: Mosquitto before 2.0.15 and any broker in MQTT 3.1.1 do not say so."""
    farewell: float = 2.0
    """Saying offline and leaving."""


class Losses:
    """Counts failures to connect and lost connections."""

    def __init__(self, patience: Patience, *, client_id: str, log: structlog.stdlib.BoundLogger) -> None:
        self.trouble = "not connected yet"
        """Why there is no connection, for people."""
        self._patience = patience
        self._client_id = client_id
        self._log = log
        self._failures = 0
        self._drops = 0
        self._displaced = False

    def recovered(self) -> None:
        """Say so, if it was said that it was lost."""
        if self._failures and not self._displaced:
            self._log.info("mqtt.recovered", failures=self._failures)

    def note(self, error: Exception, lasted: float, *, closing: bool) -> float:
        """Log the first failure; return the seconds to wait before connecting again.

        `lasted` is how long (seconds) the connection, or the try to get one, did.
        """
        code = error.code if isinstance(error, ConnectionLost) else None
        self._drops = self._drops + 1 if code == UNSAID and lasted < self._patience.short else 0
        displaced = code == DISPLACED or self._drops >= self._patience.drops
        if lasted > self._patience.stable and not displaced:
            self._failures, self._displaced = 0, False
        self._failures += 1
        self.trouble = " ".join(str(error).split()) or "the broker did not answer in time"
        if displaced:
            if not self._displaced:
                hint = _HINT if code == DISPLACED else _GUESS
                self._log.error("mqtt.displaced", client_id=self._client_id, hint=hint)
            self._displaced = True
            return self._patience.displaced
        if self._failures == 1 and not closing:
            self._log.warning("mqtt.failed", error=self.trouble)
        doubled = self._patience.first * 2.0 ** min(self._failures - 1, 16)
        return min(self._patience.longest, doubled)
