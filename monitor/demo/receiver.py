"""A webhook receiver, as small as a user's own would be."""

from __future__ import annotations

from collections.abc import Callable

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route


def receiver(received: Callable[[bytes], None]) -> Starlette:
    """Return an application that hands on each body POSTed to `/hook`; 400 where that raises ValueError."""

    async def hook(request: Request) -> Response:
        try:
            received(await request.body())
        except ValueError as error:
            return PlainTextResponse(f"{error}\n", status_code=400)
        return PlainTextResponse("thank you\n")

    return Starlette(routes=[Route("/hook", hook, methods=["POST"])])
