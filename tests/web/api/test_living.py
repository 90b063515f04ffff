"""A daemon that runs answers as its document says: with queues that are worked, and an alert that fires."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest
import schemathesis

from monitor.simulator.scenario import SURGE_QUEUE
from monitor.web.document.writing import OPERATIONS, document
from tests.stories.daemon import ORG, Daemon, crowd, receiving, simulating, until

LEVELS = {
    "directory": {"interval": "1m"},
    "queues": {"interval": "1s", "timeout": "2s"},
    "service_level": {"interval": "5s", "windows": ["5m", "15m"], "thresholds": ["20s"], "lag": "0s"},
}
PLAIN = [one for one in OPERATIONS if one.method == "GET" and "{" not in one.path and one.id != "live"]
"""Operations of which every daemon has an answer: the stream of the page never ends."""


class Reader:
    """Asks a daemon, and holds every answer against the document that it serves."""

    def __init__(self, daemon: Daemon, api: schemathesis.BaseSchema) -> None:
        self._daemon = daemon
        self._api = api

    async def get(self, path: str, described: str = "") -> httpx.Response:
        """Return an answer; `described` is its address in the document where that has parameters."""
        answer = await self._daemon.get(path)
        assert answer.status_code == 200, answer.text
        self._api[described or path.partition("?")[0]]["GET"].validate_response(answer)
        return answer

    async def every(self, path: str, name: str, size: int) -> list[dict[str, Any]]:
        """Return the items of all pages of so many."""
        found: list[dict[str, Any]] = []
        after = ""
        while True:
            page = (await self.get(f"{path}?limit={size}{after}")).json()
            found += page[name]
            if page["next"] is None:
                return found
            assert len(page[name]) == size
            after = f"&after={page['next']}"


@pytest.mark.slow
async def test_a_daemon_answers_as_its_document_says(tmp_path: Path) -> None:
    """Every list whole, page by page, each queue on its own, and why its alert fires."""
    async with simulating() as simulator, receiving() as receiver:
        changes = {"sources": LEVELS}
        async with Daemon(tmp_path, platform=simulator.url, hook=receiver.url, changes=changes) as daemon:
            served = (await daemon.get("/api/v1/openapi.json")).json()
            assert served == document()
            reader = Reader(daemon, schemathesis.openapi.from_dict(served, config=schemathesis.Config()))
            crowd(simulator.world)
            await until(lambda: bool(receiver.taken), within=15, what="the alert was told")
            for one in PLAIN:
                await reader.get("/api/v1/explain?alert=queue" if one.id == "explain" else one.path)
            queues = await reader.every("/api/v1/queues", "queues", 7)
            ids = [one["queue_id"] for one in queues]
            assert len({*ids}) == len(ids) == len(simulator.world.centre.queues)
            assert (queues[0]["queue"], queues[0]["state"]) == (SURGE_QUEUE, "critical")
            for id in ids:
                await reader.get(f"/api/v1/queues/{ORG}/{id}", "/api/v1/queues/{org}/{queue_id}")
            (alert,) = queues[0]["alerts"]
            await reader.get(f"/api/v1/alerts/{alert['id']}", "/api/v1/alerts/{id}")
            samples = await reader.every("/api/v1/samples", "samples", 100)
            places = [(one["source"], one["metric"], *one["labels"].values()) for one in samples]
            assert len({*places}) == len(places) > 100
            assert {one["source"] for one in samples} == {*LEVELS}
