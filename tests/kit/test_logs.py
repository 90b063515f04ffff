"""Logs: what a line may show."""

import json
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


SAYING = """
import structlog
from monitor.kit import logs

HOSTILE = chr(27) + "[31m" + chr(10) + chr(0x202e) + "x" * 3000
logs.configure("info", STYLE)
structlog.get_logger().info(
    "said",
    flat=HOSTILE,
    listed=[HOSTILE, 1],
    several=(HOSTILE,),
    once={HOSTILE},
    deep={HOSTILE: {"a": [HOSTILE]}},
)
"""


def said(style: str) -> str:
    """Return the line that says the same hostile text in every place where a value can stand."""
    script = SAYING.replace("STYLE", repr(style))
    return subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True).stderr


def test_texts_within_values_are_tame() -> None:
    """In lists and mappings, however deep: no control character, no line of its own, no flood."""
    line = json.loads(said("json"))
    tame = line["flat"]
    assert (len(tame), tame.isprintable(), tame.startswith("[31m x")) == (2000, True, True)
    assert line["listed"] == [tame, 1]
    assert line["several"] == line["once"] == [tame]
    assert line["deep"] == {tame: {"a": [tame]}}


def test_the_console_shows_tame_texts() -> None:
    """One line, on which nothing is left but what is printed."""
    text = said("console")
    assert text.count("\n") == 1
    assert "\\x1b" not in text
    assert "\\u202e" not in text
    assert "\u202e" not in text


LIBRARY = """
import logging
from monitor.kit import logs

logs.configure("info", "json")
try:
    raise ValueError("first" + chr(10) + "second")
except ValueError:
    logging.getLogger("library").exception("it" + chr(10) + "failed")
"""


def test_what_a_library_logs_is_one_line_of_ours() -> None:
    """A traceback in the interpreter's own format would be many lines that nobody can parse."""
    text = subprocess.run([sys.executable, "-c", LIBRARY], check=True, capture_output=True, text=True).stderr
    line = json.loads(text)
    assert (line["event"], line["logger"], line["message"]) == ("library.logged", "library", "it failed")
    assert "ValueError: first" in line["exception"]
