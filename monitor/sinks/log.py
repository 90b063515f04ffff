"""Writes each event to the daemon's own log: a destination that needs nobody."""

from __future__ import annotations

import structlog

from monitor.model.delivery import Delivered, Envelope, Outcome

log = structlog.get_logger(__name__)


class LogSink:
    """Delivers to the log; always succeeds."""

    async def send(self, envelope: Envelope) -> Outcome:
        log.info(
            "event.delivered",
            destination=envelope.destination,
            kind=envelope.kind.value,
            org=envelope.org,
            rule=envelope.rule,
            entity=envelope.entity,
            sequence=envelope.sequence,
            skipped=envelope.skipped,
            id=envelope.event_id,
            body=envelope.body.decode("utf-8", "replace"),
        )
        return Delivered()
