"""A client that is gone at the very moment the server takes its leave."""

from __future__ import annotations

import asyncio
import logging

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from monitor.kit.serving.limits import Limits
from monitor.kit.serving.listening import Server

UNFINISHED = b"POST /hello HTTP/1.1\r\nhost: us\r\ncontent-length: 9\r\n\r\nhalf"


class Vanished(asyncio.Transport):
    """Takes what is written, and then finds nobody there, as the kernel says it between two calls."""

    def __init__(self) -> None:
        super().__init__()
        self.written = b""
        self.ended = asyncio.Event()

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.written += bytes(data)

    def can_write_eof(self) -> bool:
        return True

    def write_eof(self) -> None:
        raise OSError(107, "Transport endpoint is not connected")

    def abort(self) -> None:
        self.ended.set()

    def close(self) -> None:
        self.ended.set()

    def is_closing(self) -> bool:
        return self.ended.is_set()

    def is_reading(self) -> bool:
        return True

    def pause_reading(self) -> None: ...

    def resume_reading(self) -> None: ...

    def get_write_buffer_size(self) -> int:
        return 0

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None: ...


async def hello(_request: Request) -> PlainTextResponse:
    """Answer without reading the body."""
    return PlainTextResponse("hello")


async def test_a_client_that_went_is_no_error_of_the_app(caplog: pytest.LogCaptureFixture) -> None:
    """The answer was written; that nobody is there to be told of its end is nobody's traceback."""
    app = Starlette(routes=[Route("/hello", hello, methods=["POST"])])
    connection = Server(app, None, Limits()).accept()
    assert isinstance(connection, asyncio.Protocol)
    transport = Vanished()
    with caplog.at_level(logging.ERROR):
        connection.connection_made(transport)
        connection.data_received(UNFINISHED)
        async with asyncio.timeout(5):
            await transport.ended.wait()
        await asyncio.sleep(0)
        connection.connection_lost(None)
    assert transport.written.startswith(b"HTTP/1.1 200")
    assert caplog.records == []
