"""Pure: what an HTTP answer, or the lack of one, means for an envelope; the same for every HTTP sink.

In: an answer or an error of the door. Out: an outcome whose texts name the host and no more of the URL.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from urllib.parse import unquote, urlsplit

from monitor.kit import waits
from monitor.kit.http import Answer, HttpError
from monitor.model.delivery import Delivered, Gone, Outcome, Rejected, Retry

ANSWER_CAP = 1024 * 1024
"""Bytes read of an answer: its status is what counts."""

_LATER = {408, 425, 429}
_REFUSED = {401, 403, 404}
_NEVER = {400, 413, 422}


def judge(host: str, answer: Answer, now: datetime) -> Outcome:
    """Return what this status means; only 2xx is a yes, and `Retry-After` is read where later may help."""
    status = answer.status
    detail = f"{host} answered {status}"
    if 200 <= status < 300:
        return Delivered()
    if status in _LATER or status >= 500:
        after = waits.asked(answer.headers, answer.body, now)
        return Retry(reason="throttled" if status == 429 else "unavailable", detail=detail, after=after)
    if status in _NEVER:
        return Rejected(reason="invalid", detail=f"{detail}: it does not take this event")
    if status == 410:
        return Gone(detail=f"{detail}: it is gone for good, remove it from the configuration")
    if 300 <= status < 400:
        detail = f"{detail}: redirects are not followed, configure its final URL"
        return Retry(reason="redirect", detail=detail)
    if status in _REFUSED:
        return Retry(reason="refused", detail=f"{detail}: check its URL, secret and headers")
    return Retry(reason="client_error", detail=detail)


def failed(host: str, error: HttpError, secrets: Iterable[str]) -> Retry:
    """Return what a missing answer means: later, said in one line without any of `secrets`."""
    return Retry(reason=error.reason, detail=hide(f"{host}: {error}", secrets))


def hide(text: str, secrets: Iterable[str]) -> str:
    """Return `text` as one line, without these secrets in whichever shape a library writes them."""
    shapes = {shape for secret in secrets for shape in (secret, unquote(secret), repr(secret)[1:-1])}
    for shape in sorted(shapes, key=len, reverse=True):
        if len(shape) > 1:
            text = text.replace(shape, "***")
    return " ".join(text.split())


def secret_parts(url: str) -> tuple[str, ...]:
    """Return every part of a URL that may be secret: all but its scheme, host and port."""
    parts = urlsplit(url)
    userinfo = parts.netloc.rpartition("@")[0]
    return (url, parts.path, parts.query, parts.fragment, userinfo, *userinfo.split(":", 1))
