"""Logs: what a line may show."""

import subprocess
import sys

import pytest

FAILING = """
import structlog
from monitor.kit import logs

def ask(password):
    raise ValueError("refused")

logs.configure("info", STYLE)
try:
    ask("hunter" + "2")
except ValueError:
    structlog.get_logger().exception("ask.failed")
"""


@pytest.mark.parametrize("style", ["console", "json"])
def test_a_traceback_shows_no_variables(style: str):
    """Where it went wrong and what was raised; what was passed along may be a secret."""
    done = subprocess.run(
        [sys.executable, "-c", FAILING.replace("STYLE", repr(style))],
        check=True,
        capture_output=True,
        text=True,
    )
    assert "ask.failed" in done.stderr
    assert "ValueError: refused" in done.stderr
    assert "hunter2" not in done.stderr
