"""Structured logs: one JSON object a line on stderr, or coloured lines on a terminal."""

from __future__ import annotations

import logging
import sys
from collections.abc import Mapping, MutableMapping
from typing import Literal

import structlog

from monitor.kit.text import clean

VALUE_LIMIT = 2000
"""Characters kept of one logged text, so that a hostile answer cannot flood the log."""
_TRACES = ("exception", "exc_info")
"""What holds a traceback: the text of many lines, or what the console makes it of."""


def _tame(_logger: object, _method: str, event: MutableMapping[str, object]) -> MutableMapping[str, object]:
    """Take control characters and over-long text out of every value, so that no line can be forged."""
    for key, value in event.items():
        if key not in _TRACES:
            event[key] = _tamed(value)
    return event


def _tamed(value: object) -> object:
    """Return a value without what is hidden in its texts, however deep they are."""
    if isinstance(value, str):
        return clean(value, VALUE_LIMIT)
    if isinstance(value, Mapping):
        return {_tamed(name): _tamed(one) for name, one in value.items()}
    return [_tamed(one) for one in value] if isinstance(value, list | tuple | set | frozenset) else value


class _Bridge(logging.Handler):
    """Says what libraries log as lines of ours: the interpreter's own format has many to a traceback."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write one line."""
        said = structlog.get_logger(record.name)
        said.log(
            record.levelno, "library.logged", logger=record.name, message=record.getMessage().strip(),
            **({"exc_info": record.exc_info} if record.exc_info else {}),
        )  # fmt: skip


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
    logging.basicConfig(level=logging.WARNING, handlers=[_Bridge()], force=True)
    for noisy in ("httpx", "httpcore", "aiomqtt", "mqtt", "uvicorn", "uvicorn.error", "uvicorn.access"):
        logging.getLogger(noisy).setLevel(logging.CRITICAL)
