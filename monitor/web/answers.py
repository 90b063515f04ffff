"""Answers of the API: JSON in ASCII, and what went wrong as a problem (RFC 9457)."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from http import HTTPStatus

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from monitor.kit.text import clean
from monitor.model.errors import StoreError

PROBLEM = "application/problem+json"
DETAIL_LIMIT = 500
"""Characters of a problem's detail: a line, in which a stranger's name may be repeated."""

Endpoint = Callable[[Request], Awaitable[Response]]


class Problem(Exception):
    """The request is not answered as it was meant; `detail` is one line that says why."""

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail


class Said(Response):
    """JSON without a character outside ASCII: lone surrogates have no UTF-8, and hidden ones stay escaped."""

    media_type = "application/json"

    def __init__(self, content: object, status: int = 200, media_type: str = "application/json") -> None:
        headers = {"cache-control": "no-store", "x-content-type-options": "nosniff"}
        super().__init__(content, status, headers, media_type)

    def render(self, content: object) -> bytes:
        """Return the body."""
        return json.dumps(content, allow_nan=False, separators=(",", ":")).encode("ascii")


def problem(status: int, detail: str) -> Response:
    """Return the answer that says what is wrong."""
    title = HTTPStatus(status).phrase
    body = {"type": "about:blank", "title": title, "status": status, "detail": clean(detail, DETAIL_LIMIT)}
    return Said(body, status, PROBLEM)


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
            return problem(error.status, error.detail)
        except StoreError as error:
            return problem(503, f"the store does not answer: {error}")

    return answer
