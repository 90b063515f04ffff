"""Lines, sources and batches as the wall gives them, and one way to ask what answers about them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any, Protocol

import httpx

from monitor.model.board import Attained, MediaLine, QueueLine, SourceState
from monitor.web.access import Address
from tests.builders import EPOCH
from tests.web.api.desk import ANYBODY, asked


class Asked(Protocol):
    """Something with addresses."""

    def addresses(self) -> list[Address]: ...


async def get(of: Asked, path: str, **headers: str) -> httpx.Response:
    """Ask an address of the API; `if_none_match` is a header."""
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    return await asked(of.addresses(), ANYBODY, "GET", f"/api/v1/{path}", headers=named)


def a_level(ratio: float | None = 0.9, target: float | None = 0.8, **changes: Any) -> Attained:
    """Return the service level of the voice interactions of the last quarter of an hour."""
    level = Attained(
        media="voice",
        window="15m",
        threshold=20.0,
        ratio=ratio,
        met=None if ratio is None else ratio * 100,
        offered=100.0,
        target=target,
    )
    return replace(level, **changes)


def a_line(name: str = "Support", org: str = "acme", **changes: Any) -> QueueLine:
    """Return a queue that is well: one waits, its level is above its target."""
    level = a_level()
    line = QueueLine(
        org=org,
        queue_id=f"id-{name}",
        queue=name,
        division="Home",
        labels=(("team", "support"),),
        media=(MediaLine(media="voice", waiting=1.0, interacting=2.0, longest_wait=12.5),),
        waiting=1.0,
        interacting=2.0,
        longest_wait=12.5,
        agents_on_queue=5.0,
        agents_available=3.0,
        level=level,
        levels=(level,),
        trend=(None, 0.95, 0.9),
        waits=(None, 0.0, 1.0),
    )
    return replace(line, **changes)


def a_source(name: str = "queues", org: str = "acme", **changes: Any) -> SourceState:
    """Return a source that answered three seconds ago."""
    source = SourceState(
        org=org,
        source=name,
        up=True,
        error="",
        observed_at=EPOCH - timedelta(seconds=3),
        age=3.0,
        limit=30.0,
        stale=False,
    )
    return replace(source, **changes)
