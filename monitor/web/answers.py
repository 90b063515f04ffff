"""Answers of the API: JSON in ASCII, and what went wrong as a problem (RFC 9457)."""

from __future__ import annotations

import json
import math
from collections.abc import Awaitable, Callable, Mapping, Sequence
from http import HTTPStatus

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from monitor.kit.statuses import phrase
from monitor.kit.text import clean
from monitor.model.errors import StoreError

PROBLEM = "application/problem+json"
DETAIL_LIMIT = 500
"""Characters of a problem's detail: a line, in which a stranger's name may be repeated."""

Endpoint = Callable[[Request], Awaitable[Response]]


class Problem(Exception):
    """The request is not answered as it was meant; `detail` is one line that says why.

    `mistakes` are the single faults, a line each, where there can be several.
    """

    def __init__(self, status: int, detail: str, mistakes: Sequence[str] = ()) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.mistakes = mistakes


class Said(Response):
    """JSON without a character outside ASCII: lone surrogates have no UTF-8, and hidden ones stay escaped."""

    media_type = "application/json"

    def __init__(self, content: object, status: int = 200, media_type: str = "application/json") -> None:
        headers = {"cache-control": "no-store", "x-content-type-options": "nosniff"}
        super().__init__(content, status, headers, media_type)

    def render(self, content: object) -> bytes:
        """Return the body. A number that is none (an expression may have made infinity) is null."""
        try:
            return _dumped(content)
        except ValueError:
            return _dumped(_finite(content))


def problem(status: int, detail: str, mistakes: Sequence[str] = ()) -> Response:
    """Return the answer that says what is wrong."""
    body = {
        "type": "about:blank",
        "title": phrase(status),
        "status": status,
        "detail": clean(detail, DETAIL_LIMIT),
    }
    several = {"mistakes": [clean(one, DETAIL_LIMIT) for one in mistakes]} if mistakes else {}
    return Said({**body, **several}, status, PROBLEM)


def _dumped(content: object) -> bytes:
    return json.dumps(content, allow_nan=False, separators=(",", ":")).encode("ascii")


def _finite(content: object) -> object:
    """Return the same content with null for every number that JSON does not know."""
    if isinstance(content, float):
        return content if math.isfinite(content) else None
    if isinstance(content, Mapping):
        return {name: _finite(one) for name, one in content.items()}
    return [_finite(one) for one in content] if isinstance(content, list | tuple) else content


async def refused(_request: Request, error: Exception) -> Response:
    """Say that an address is not there, or is not to be asked so."""
    status, headers = 500, None
    if isinstance(error, HTTPException):
        status, headers = error.status_code, error.headers
    answer = problem(status, "there is no such address" if status == 404 else HTTPStatus(status).description)
    answer.headers.update(headers or {})
    return answer


def answering(endpoint: Endpoint) -> Endpoint:
    """Return `endpoint`, its problems and the store's made answers."""

    async def answer(request: Request) -> Response:
        try:
            return await endpoint(request)
        except Problem as error:
            return problem(error.status, error.detail, error.mistakes)
        except StoreError as error:
            return problem(503, f"the store does not answer: {error}")

    return answer
