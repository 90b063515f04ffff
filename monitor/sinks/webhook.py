"""Delivers by HTTP POST, signed the Standard Webhooks way; one try per call.

Several events go as a CloudEvents batch: the stored bytes side by side in a JSON list. They are not encoded
again, which would change what was committed; instead the whole list is read back before it is sent, and
must hold exactly these events in this order. A body that is something else, such as one from a template,
can thus neither break the list nor slip an event into it: it travels alone.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from urllib.parse import urlsplit

from monitor.kit import tls
from monitor.kit.http import Http, HttpError
from monitor.model.delivery import CLOUDEVENTS, Delivered, Envelope, Outcome
from monitor.model.settings import WebhookSettings
from monitor.ports import Clock
from monitor.sinks import answers, signature

BATCH = "application/cloudevents-batch+json"
"""https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/formats/json-format.md#4-json-batch-format"""

SKIPPED = "queuewatch-skipped"
"""The header that says how many older events this one took the place of."""

LONGEST = 10.0
"""Seconds of one try, whatever the configuration says: a port's promise."""


def http_for(settings: WebhookSettings, user_agent: str) -> Http:
    """Return a door of this destination's own, with its proxy, certificates and addresses allowed.

    Certificate files are read now and not again. Raises OSError naming those that cannot be used.
    """
    own = settings.tls
    return Http(
        user_agent,
        tls=None if own is None else tls.context(own.ca_file, own.cert_file, own.key_file),
        proxy=settings.proxy,
        private=settings.private,
    )


class WebhookSink:
    """One HTTP destination. `http` is closed by its owner."""

    def __init__(self, settings: WebhookSettings, *, http: Http, clock: Clock) -> None:
        self._settings = settings
        self._http = http
        self._clock = clock
        self._url = settings.url.reveal()
        self._host = urlsplit(self._url).hostname or "the receiver"

    async def send(self, envelope: Envelope) -> Outcome:
        """Try once, for at most the configured timeout."""
        return await self._send_alone(envelope, self._deadline())

    async def send_all(self, envelopes: Sequence[Envelope]) -> Outcome:
        """Try all once, for at most the configured timeout: one request, and one for each that is no event.

        Anything but Delivered says only that not all of them were taken: some may have been. When several are
        rejected, each has to be sent by itself to learn which.
        """
        deadline = self._deadline()
        together = [envelope for envelope in envelopes if envelope.content_type == CLOUDEVENTS]
        alone = [envelope for envelope in envelopes if envelope.content_type != CLOUDEVENTS]
        body = _batch(together)
        if body is None:
            alone = list(envelopes)
        else:
            skipped = sum(envelope.skipped for envelope in together)
            outcome = await self._post(_batch_id(together), BATCH, body, skipped, deadline)
            if not isinstance(outcome, Delivered):
                return outcome
        for envelope in alone:
            outcome = await self._send_alone(envelope, deadline)
            if not isinstance(outcome, Delivered):
                return outcome
        return Delivered()

    async def _send_alone(self, envelope: Envelope, deadline: float) -> Outcome:
        return await self._post(
            envelope.event_id, envelope.content_type, envelope.body, envelope.skipped, deadline
        )

    async def _post(
        self, event_id: str, content_type: str, body: bytes, skipped: int, deadline: float
    ) -> Outcome:
        own = {name.lower(): value.reveal() for name, value in self._settings.headers.items()}
        ours = signature.headers(event_id, body, self._settings.secrets, self._clock.now())
        if skipped:
            ours[SKIPPED] = str(skipped)
        if content_type == BATCH:
            ours["content-type"] = BATCH
        try:
            answer = await self._http.tell(
                "POST",
                self._url,
                headers={"content-type": content_type, **own, **ours},
                content=body,
                deadline=deadline,
                cap=answers.ANSWER_CAP,
            )
        except HttpError as error:
            return answers.failed(self._host, error, self._secrets(own))
        return answers.judge(self._host, answer, self._clock.now())

    def _deadline(self) -> float:
        return asyncio.get_running_loop().time() + min(self._settings.timeout, LONGEST)

    def _secrets(self, headers: Mapping[str, str]) -> list[str]:
        proxy = self._settings.proxy
        parts = answers.secret_parts(proxy.reveal()) if proxy is not None else ()
        return [*answers.secret_parts(self._url), *headers.values(), *parts]


def _batch(envelopes: Sequence[Envelope]) -> bytes | None:
    """Return the events as a JSON list; None where that would be no list of just these, or of one only."""
    if len(envelopes) < 2:
        return None
    body = b"[" + b",".join(envelope.body for envelope in envelopes) + b"]"
    try:
        read: list[object] = json.loads(body)
    except (ValueError, RecursionError):
        return None
    found = [event.get("id") if isinstance(event, dict) else None for event in read]
    return body if found == [envelope.event_id for envelope in envelopes] else None


def _batch_id(envelopes: Sequence[Envelope]) -> str:
    """Return an id that is the same for the same events, as a retry's must be; it has no full stop."""
    digest = hashlib.sha256("\n".join(envelope.event_id for envelope in envelopes).encode()).digest()
    return "bat_" + base64.b32encode(digest).decode("ascii")[:26].lower()
