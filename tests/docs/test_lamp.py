"""The lamp of docs/howto/andon-lamp.md shows what is true, also after it was away."""

from __future__ import annotations

import json
from collections.abc import Callable
from types import SimpleNamespace

import pytest

from tests.docs.examples import page

STATE = "queuewatch/acme/state/QueueWaitingHigh/9e67/voice"
AVAILABLE = "queuewatch/instance/office/availability"


class Lamp:
    """The page's program without its connection: the broker's words are given to it by hand."""

    def __init__(self) -> None:
        """Read it off the page."""
        (program,) = [one.text for one in page("docs/howto/andon-lamp.md").blocks if one.file == "lamp.py"]
        self._names: dict[str, Callable[..., None]] = {}
        exec(program.partition("\nclient = ")[0], self._names)  # noqa: S102

    def hears(self, topic: str, payload: bytes) -> None:
        """Take a message."""
        self._names["message"](None, None, SimpleNamespace(topic=topic, payload=payload))

    def fires(self, severity: str) -> None:
        """Take the newest event of an alert."""
        self.hears(STATE, json.dumps({"data": {"state": "firing", "severity": severity}}).encode())

    def is_cut_off(self) -> None:
        """Lose the connection."""
        self._names["disconnected"]()


def test_a_topic_that_is_emptied_while_the_lamp_is_away(capsys: pytest.CaptureFixture[str]) -> None:
    """The broker tells nothing of it afterwards, and the lamp is not red for ever."""
    lamp = Lamp()
    lamp.hears(AVAILABLE, b"online")
    lamp.fires("critical")
    lamp.is_cut_off()
    lamp.hears(AVAILABLE, b"online")
    assert capsys.readouterr().out.split() == ["green", "red", "dark", "green"]


def test_what_fires_still_is_shown_again(capsys: pytest.CaptureFixture[str]) -> None:
    """What is retained comes again with the connection."""
    lamp = Lamp()
    lamp.fires("warning")
    lamp.hears(AVAILABLE, b"online")
    lamp.is_cut_off()
    lamp.fires("warning")
    lamp.hears(AVAILABLE, b"online")
    lamp.hears(STATE, b"")
    lamp.hears(AVAILABLE, b"offline")
    assert capsys.readouterr().out.split() == ["dark", "amber", "dark", "dark", "amber", "green", "dark"]
