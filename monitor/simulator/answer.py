"""Answers as values, before they meet the wire: good ones, refusals, and those a fault replaces. Pure."""

import gzip
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from types import MappingProxyType

from monitor.simulator.faults import BadClient, Empty, Fault, Hint, Page, Status, Throttle
from monitor.simulator.refusal import Refusal, forbidden, refusal, throttled

_COMPRESSED_FROM = 1024
_PAGE = b"<!DOCTYPE html><html><head><title>Welcome</title></head><body>Please sign in.</body></html>"
_HTML = MappingProxyType({"Content-Type": "text/html; charset=utf-8"})
_JSON = MappingProxyType({"Content-Type": "application/json"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """Status, body bytes and headers of an answer."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=lambda: _JSON)

    def adding(self, headers: Mapping[str, str]) -> "Answer":
        """The same answer with more headers; its own win."""
        return replace(self, headers={**headers, **self.headers})

    def truncated(self) -> "Answer":
        """The same answer with only the first half of its body."""
        return replace(self, body=self.body[: len(self.body) // 2])

    def compressed(self) -> "Answer":
        """The same answer gzipped, or itself when it is too short to be worth it."""
        if len(self.body) < _COMPRESSED_FROM:
            return self
        packed = gzip.compress(self.body, compresslevel=1, mtime=0)
        return replace(self, body=packed, headers={**self.headers, "Content-Encoding": "gzip"})


def good(document: Mapping[str, object], status: int = 200) -> Answer:
    """A JSON body under a good status."""
    return _json(status, document)


def refused(no: Refusal, context_id: str) -> Answer:
    """An error answer; the context id appears in its body."""
    return _json(no.status, no.body(context_id))


def slowed(seconds: int, context_id: str) -> Answer:
    """The platform's 429 with the time to wait, in seconds, in both header and body."""
    return refused(throttled(seconds), context_id).adding({"Retry-After": str(seconds)})


def unauthorized_client() -> Answer:
    """The token endpoint's answer to wrong credentials."""
    # The shape of RFC 6749 §5.2; `description` beside it is what public clients of the platform read.
    text = "client credentials are invalid"
    return _json(401, {"error": "invalid_client", "description": text, "error_description": text})


def unsupported_grant(grant: str) -> Answer:
    """The token endpoint's answer to any grant but client credentials."""
    text = f"grant type {grant!r} is not supported"
    return _json(400, {"error": "unsupported_grant_type", "description": text, "error_description": text})


def replacement(fault: Fault | None, endpoint: str, context_id: str, now: datetime) -> Answer | None:
    """The answer a fault gives in place of the right one; None when it spoils the right one or gives none."""
    match fault:
        case Status(status=status, html=True):
            return Answer(status=status, body=_PAGE, headers=_HTML)
        case Status(status=403):
            return refused(forbidden(endpoint), context_id)
        case Status(status=status):
            return refused(refusal(status), context_id)
        case Throttle():
            return _throttle(fault, context_id, now)
        case Empty():
            return Answer(status=200, body=b"")
        case Page():
            return Answer(status=200, body=_PAGE, headers=_HTML)
        case BadClient():
            return unauthorized_client()
    return None


def _throttle(fault: Throttle, context_id: str, now: datetime) -> Answer:
    match fault.hint:
        case Hint.SECONDS:
            return slowed(fault.seconds, context_id)
        case Hint.DATE:
            moment = (now + timedelta(seconds=fault.seconds)).astimezone(UTC)
            header = {"Retry-After": format_datetime(moment, usegmt=True)}
            return refused(refusal(429), context_id).adding(header)
        case Hint.BODY:
            return refused(throttled(fault.seconds), context_id)
        case Hint.NOWHERE:
            return refused(refusal(429), context_id)


def _json(status: int, document: Mapping[str, object]) -> Answer:
    body = json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()
    return Answer(status=status, body=body)
