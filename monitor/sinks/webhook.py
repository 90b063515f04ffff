"""Delivers by HTTP POST, signed the Standard Webhooks way; one try per call."""

from __future__ import annotations

import asyncio
from urllib.parse import urlsplit

from monitor.kit import waits
from monitor.kit.http import Answer, Http, HttpError
from monitor.model.delivery import Delivered, Envelope, Outcome, Rejected, Retry
from monitor.model.settings import WebhookSettings
from monitor.ports import Clock
from monitor.sinks import signature

ANSWER_CAP = 1024 * 1024
"""Bytes read of an answer: its status is what counts."""

_LATER = {408, 425, 429}
_REFUSED = {401, 403, 404}
_NEVER = {400, 413, 422}


class WebhookSink:
    """One HTTP destination. `http` is shared and closed by its owner."""

    def __init__(self, settings: WebhookSettings, *, http: Http, clock: Clock) -> None:
        self._settings = settings
        self._http = http
        self._clock = clock
        self._url = settings.url.reveal()
        self._host = urlsplit(self._url).hostname or "the receiver"

    async def send(self, envelope: Envelope) -> Outcome:
        """Try once, for at most the configured timeout."""
        deadline = asyncio.get_running_loop().time() + self._settings.timeout
        try:
            answer = await self._http.send(
                "POST",
                self._url,
                headers=self._headers(envelope),
                content=envelope.body,
                deadline=deadline,
                cap=ANSWER_CAP,
            )
        except HttpError as error:
            return Retry(reason=error.reason, detail=self._hide(f"{self._host}: {error}"))
        except UnicodeError:
            # The library's own text would repeat the value.
            return Retry(reason="misconfigured", detail="a configured header is not plain ASCII")
        return self._judge(answer)

    def _headers(self, envelope: Envelope) -> dict[str, str]:
        own = {name.lower(): value.reveal() for name, value in self._settings.headers.items()}
        signed = signature.headers(
            envelope.event_id, envelope.body, self._settings.secrets, self._clock.now()
        )
        return {"content-type": "application/cloudevents+json", **own, **signed}

    def _judge(self, answer: Answer) -> Outcome:
        """Map a status to an outcome; only 2xx is a yes."""
        status = answer.status
        detail = f"{self._host} answered {status}"
        if 200 <= status < 300:
            return Delivered()
        if status in _LATER or status >= 500:
            after = waits.asked(answer.headers, answer.body, self._clock.now())
            return Retry(reason="throttled" if status == 429 else "unavailable", detail=detail, after=after)
        if status in _NEVER:
            return Rejected(reason="invalid", detail=f"{detail}: it does not take this event")
        if status == 410:
            return Rejected(
                reason="gone", detail=f"{detail}: it is gone for good, remove it from the configuration"
            )
        if status < 400:
            return Retry(
                reason="redirect", detail=f"{detail}: redirects are not followed, configure its final URL"
            )
        if status in _REFUSED:
            return Retry(reason="refused", detail=f"{detail}: check its URL, secret and headers")
        return Retry(reason="client_error", detail=detail)

    def _hide(self, text: str) -> str:
        """Return `text` without what may be secret: the URL beyond its host, and header values."""
        parts = urlsplit(self._url)
        values = [value.reveal() for value in self._settings.headers.values()]
        userinfo = parts.netloc.rpartition("@")[0]
        for secret in (self._url, parts.path, parts.query, parts.fragment, userinfo, *values):
            for shape in (secret, repr(secret)[1:-1]):
                if len(shape) > 1:
                    text = text.replace(shape, "***")
        return " ".join(text.split())
