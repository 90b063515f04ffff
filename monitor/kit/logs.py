"""Structured logs: one JSON object a line on stderr, or coloured lines on a terminal."""

from __future__ import annotations

import logging
import sys
from collections.abc import MutableMapping
from typing import Literal

import structlog

from monitor.kit.text import clean

VALUE_LIMIT = 2000
"""Characters kept of one logged value, so that a hostile answer cannot flood the log."""


def _tame(_logger: object, _method: str, event: MutableMapping[str, object]) -> MutableMapping[str, object]:
    """Take control characters and over-long text out of every value, so that no line can be forged."""
    for key, value in event.items():
        if isinstance(value, str) and key != "exception":
            event[key] = clean(value, VALUE_LIMIT)
    return event


def configure(level: str = "info", style: Literal["auto", "json", "console"] = "auto") -> None:
    """Set up logging for the process; `auto` is coloured lines on a terminal and JSON elsewhere.

    The chatter of HTTP and MQTT libraries stays off: httpx logs whole URLs, which may hold secrets.
    """
    console = style == "console" or (style == "auto" and sys.stderr.isatty())
    renderer: structlog.typing.Processor = (
        # Plain: the usual tracebacks of the console show every local variable, secrets among them.
        structlog.dev.ConsoleRenderer(
            colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
        )
        if console
        else structlog.processors.JSONRenderer()
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            *([] if console else [structlog.processors.format_exc_info]),
            _tame,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(levelname)s %(name)s %(message)s")
    for noisy in ("httpx", "httpcore", "aiomqtt", "mqtt", "uvicorn", "uvicorn.error", "uvicorn.access"):
        logging.getLogger(noisy).setLevel(logging.CRITICAL)
