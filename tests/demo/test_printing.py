"""What the demo says on the terminal."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from monitor.demo.printing import called


@pytest.mark.parametrize(
    ("typed", "found", "said"),
    [
        ("/usr/bin/queuewatch", "/usr/bin/queuewatch", "queuewatch"),
        ("queuewatch", None, "queuewatch"),
        (".venv/bin/queuewatch", None, ".venv/bin/queuewatch"),
        (".venv/bin/queuewatch", "/usr/bin/queuewatch", ".venv/bin/queuewatch"),
        ("/srv/my venv/bin/queuewatch", None, "'/srv/my venv/bin/queuewatch'"),
        ("/srv/monitor/__main__.py", None, "queuewatch"),
    ],
)
def test_commands_are_shown_as_they_can_be_typed(typed: str, found: str | None, said: str) -> None:
    """By the path that it was started by, unless the shell finds the same by its name."""
    assert called(typed, found) == said


def test_what_is_shown_is_one_word_for_a_shell(tmp_path: Path) -> None:
    """Whatever the folder is called."""
    typed = str(tmp_path / "a 'quoted' folder" / "queuewatch")
    assert shlex.split(called(typed, None)) == [typed]
