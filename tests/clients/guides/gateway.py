"""A gateway that speaks the guides' shapes from a script, and a dialect that talks to it."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from random import Random
from typing import Any

import httpx

from monitor.clients.budget import Budget
from monitor.clients.guides.asking import RETRYING, GuidesDialect
from monitor.clients.tokens import Tokens
from monitor.clients.transport import Transport
from monitor.kit.http import Http
from monitor.kit.secrets import Secret
from monitor.model.interval import Interval
from tests.builders import EPOCH, FixedClock, RecordingTelemetry, loop_time, streamed

Reply = Callable[[httpx.Request], httpx.Response]
Answer = dict[str, Any] | int | httpx.Response | Exception | Reply

API = "https://api.example.org"
DAY = timedelta(days=1)


@dataclass
class JobTelemetry(RecordingTelemetry):
    """Keeps the states jobs enter, too."""

    jobs: list[tuple[str, str, str]] = field(default_factory=list)

    def job(self, org: str, job: str, state: str) -> None:
        self.jobs.append((org, job, state))


class Gateway:
    """Answers each path from its own list of answers, the last of which repeats; keeps what was asked.

    An answer is a JSON body for a 200, a bare status, a response, an error to raise, or a function.
    """

    def __init__(self) -> None:
        self.answers: dict[str, list[Answer]] = {}
        self.asked: dict[str, list[httpx.Request]] = defaultdict(list)
        self.times: dict[str, list[float]] = defaultdict(list)
        self.tokens = 0
        self.life = 3600.0

    def on(self, path: str, *answers: Answer) -> Gateway:
        """Script the answers of a path below /api/v2, or of another host's address."""
        self.answers[path] = list(answers)
        return self

    def bodies(self, path: str) -> list[dict[str, Any]]:
        """Return the JSON bodies sent to a path."""
        return [json.loads(request.content) for request in self.asked[path]]

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.url.path == "/oauth/token":
            self.tokens += 1
            return httpx.Response(200, json={"access_token": f"t{self.tokens}", "expires_in": self.life})
        own = request.url.host == "api.example.org"
        path = request.url.path.removeprefix("/api/v2/") if own else f"{request.url.host}{request.url.path}"
        self.asked[path].append(request)
        self.times[path].append(loop_time())
        answers = self.answers.get(path, [404])
        return self._response(answers.pop(0) if len(answers) > 1 else answers[0], request)

    def _response(self, answer: Answer, request: httpx.Request) -> httpx.Response:
        match answer:
            case Exception():
                raise answer
            case httpx.Response():
                return httpx.Response(answer.status_code, headers=answer.headers, content=answer.content)
            case int():
                return httpx.Response(answer)
            case dict():
                return httpx.Response(200, json=answer)
            case _:
                return answer(request)


def a_dialect(
    gateway: Gateway,
    *,
    trusted_hosts: frozenset[str] = frozenset(),
    telemetry: JobTelemetry | None = None,
    limit: int = 100_000,
) -> GuidesDialect:
    """Return the dialect of an org whose requests go to `gateway`."""
    telemetry = telemetry or JobTelemetry()
    http = Http("tests", transport=streamed(gateway))
    return GuidesDialect(
        Transport(
            org="acme",
            api_url=API,
            http=http,
            tokens=Tokens(
                org="acme",
                login_url="https://login.example.org",
                client_id=Secret("client"),
                client_secret=Secret("s3cr3t"),
                http=http,
                telemetry=telemetry,
                random=Random(1),
                style="form",
            ),
            budget=Budget("acme", limit, telemetry),
            clock=FixedClock(),
            telemetry=telemetry,
            random=Random(1),
            retrying=RETRYING,
            trusted_hosts=trusted_hosts,
        )
    )


def hours(count: float, start: float = 0.0) -> Interval:
    """Return an interval of `count` hours, `start` hours after the epoch of the tests."""
    begin = EPOCH + timedelta(hours=start)
    return Interval(begin, begin + timedelta(hours=count))


def soon(seconds: float = 60.0) -> float:
    """Return a deadline."""
    return loop_time() + seconds
