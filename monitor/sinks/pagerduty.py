"""Delivers to PagerDuty's Events API v2: the stored event with the routing key, which is never stored.

https://developer.pagerduty.com/docs/events-api-v2-overview: 202 is a yes, 400 an invalid event, 429 too many
of them, 5xx PagerDuty's own trouble.
"""

from __future__ import annotations

import asyncio
import json
from urllib.parse import urlsplit

from monitor.kit.http import Answer, Http, HttpError
from monitor.kit.text import clean
from monitor.model.delivery import Envelope, Outcome, Rejected
from monitor.model.settings import PagerDutySettings
from monitor.ports import Clock
from monitor.sinks import answers

LONGEST = 10.0
"""Seconds of one try, whatever the configuration says: a port's promise."""

_COMPLAINT = 300
"""Characters kept of what PagerDuty finds wrong with an event."""


class PagerDutySink:
    """One PagerDuty integration. `http` is shared and closed by its owner."""

    def __init__(self, settings: PagerDutySettings, *, http: Http, clock: Clock) -> None:
        self._settings = settings
        self._http = http
        self._clock = clock
        self._key = settings.routing_key.reveal()
        self._host = urlsplit(settings.url).hostname or "PagerDuty"

    async def send(self, envelope: Envelope) -> Outcome:
        """Try once, for at most the configured timeout."""
        body = _with_key(envelope.body, self._key)
        if body is None:
            return Rejected(reason="invalid", detail="the event is no JSON object: PagerDuty would refuse it")
        deadline = asyncio.get_running_loop().time() + min(self._settings.timeout, LONGEST)
        try:
            answer = await self._http.tell(
                "POST",
                self._settings.url,
                headers={"content-type": "application/json"},
                content=body,
                deadline=deadline,
                cap=answers.ANSWER_CAP,
            )
        except HttpError as error:
            return answers.failed(self._host, error, [self._key])
        return self._judge(answer)

    def _judge(self, answer: Answer) -> Outcome:
        outcome = answers.judge(self._host, answer, self._clock.now())
        if not isinstance(outcome, Rejected):
            return outcome
        complaint = clean(answers.hide(_complaint(answer.body), [self._key]), _COMPLAINT)
        return Rejected(
            reason=outcome.reason, detail=f"{outcome.detail}: {complaint}" if complaint else outcome.detail
        )


def _with_key(body: bytes, key: str) -> bytes | None:
    """Return the event with its routing key; None where the body is no JSON object."""
    try:
        event = json.loads(body)
    except (ValueError, RecursionError):
        return None
    if not isinstance(event, dict):
        return None
    return json.dumps({**event, "routing_key": key}, separators=(",", ":")).encode("ascii")


def _complaint(body: bytes) -> str:
    """Return what PagerDuty lists under `errors`, nothing where it lists none."""
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        return ""
    errors = said.get("errors") if isinstance(said, dict) else None
    texts = [error for error in errors if isinstance(error, str)] if isinstance(errors, list) else []
    return "; ".join(texts)
