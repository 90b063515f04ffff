"""Tells a dead man's switch that we live: its URL is asked for at every heartbeat, and never otherwise."""

from __future__ import annotations

import asyncio
from urllib.parse import urlsplit

from monitor.kit.http import Http, HttpError
from monitor.model.alert import EventKind
from monitor.model.delivery import Envelope, Outcome, Rejected
from monitor.model.settings import PingSettings
from monitor.ports import Clock
from monitor.sinks import answers


class PingSink:
    """One check of Healthchecks or its like: whoever knows its URL can keep it quiet, so it is a secret.

    `http` is shared and closed by its owner.
    """

    def __init__(self, settings: PingSettings, *, http: Http, clock: Clock) -> None:
        self._settings = settings
        self._http = http
        self._clock = clock
        self._url = settings.url.reveal()
        self._host = urlsplit(self._url).hostname or "the switch"

    async def send(self, envelope: Envelope) -> Outcome:
        """Try once, for at most the configured timeout; whatever else would be a false sign of life."""
        if envelope.kind is not EventKind.HEARTBEAT:
            return Rejected(reason="not_a_heartbeat", detail=f"{self._host} is told of heartbeats only")
        deadline = asyncio.get_running_loop().time() + self._settings.timeout
        try:
            answer = await self._http.tell("GET", self._url, deadline=deadline, cap=answers.ANSWER_CAP)
        except HttpError as error:
            return answers.failed(self._host, error, answers.secret_parts(self._url))
        return answers.judge(self._host, answer, self._clock.now())
