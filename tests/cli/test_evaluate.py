"""`queuewatch evaluate`, as a person calls it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from monitor.cli import main
from monitor.kit.serving import bind, serving
from monitor.simulator.faults import Status
from tests.cli.calling import SECRET, call, config, simulating

LISTS = ("aggregates", "strategy_list")
"""The first question about strategies, in either dialect."""


@dataclass
class Receiver:
    """A BI webhook that keeps what it gets."""

    url: str
    taken: list[dict[str, Any]] = field(default_factory=list)

    async def hook(self, request: Request) -> Response:
        """Take one evaluation."""
        self.taken.append(await request.json())
        return PlainTextResponse("")


@asynccontextmanager
async def receiving() -> AsyncIterator[Receiver]:
    """A receiver that is up for the length of the block."""
    bound = bind("127.0.0.1", 0)
    one = Receiver(f"http://127.0.0.1:{bound.getsockname()[1]}/bi")
    async with serving(Starlette(routes=[Route("/bi", one.hook, methods=["POST"])]), bound, grace=1):
        yield one


@pytest.mark.parametrize("dialect", ["platform", pytest.param("guides", marks=pytest.mark.slow)])
async def test_an_evaluation_is_printed_and_handed_on(tmp_path: Path, dialect: str) -> None:
    """Scores on standard output, the same rows to the BI webhook, one audit record in the file."""
    audit = tmp_path / "audit.jsonl"
    async with simulating() as running, receiving() as receiver:
        sources = {"strategies": {"enabled": True, "webhook_url": receiver.url, "audit_file": str(audit)}}
        path = config(tmp_path, running.url, sources, dialect=dialect)
        done = await call("evaluate", "strategies", "--json", "--config", path)
    assert done.code == 0
    (evaluation,) = done.json
    (posted,) = receiver.taken
    assert [row["strategy"] for row in evaluation["strategies"]] == [
        row["strategyId"] for row in posted["data"]
    ]
    assert [row["score"] for row in evaluation["strategies"]] == [row["score"] for row in posted["data"]]
    assert len(posted["data"]) > 1
    (record,) = (json.loads(line) for line in audit.read_text().splitlines())
    assert record["webhook_sync_status"] == "delivered"


async def test_the_table_has_every_figure(tmp_path: Path) -> None:
    """Without --json it is a table of figures, score and rank; the log stays on standard error."""
    async with simulating() as running:
        sources = {"strategies": {"enabled": True, "audit_file": str(tmp_path / "audit.jsonl")}}
        done = await call("evaluate", "strategies", "--config", config(tmp_path, running.url, sources))
    assert done.code == 0
    for heading in ("strategy", "handled", "answer seconds", "abandoned", "score", "percentile rank"):
        assert heading in done.out
    assert "evaluation.recorded" in done.err


@pytest.mark.parametrize("dialect", ["platform", "guides"])
async def test_a_platform_that_refuses_is_one_line(tmp_path: Path, dialect: str) -> None:
    """A 403 is one line that names the permission, exit code 1, and nothing is handed on."""
    audit = tmp_path / "audit.jsonl"
    async with simulating() as running:
        for endpoint in LISTS:
            running.faults.add(endpoint, Status(status=403))
        sources = {"strategies": {"enabled": True, "audit_file": str(audit)}}
        path = config(tmp_path, running.url, sources, dialect=dialect)
        done = await call("evaluate", "strategies", "--config", path)
    assert (done.code, done.out) == (1, "")
    assert done.err.startswith("Error: ")
    assert done.err.count("\n") == 1
    assert "403" in done.err
    assert not audit.exists()


@pytest.mark.parametrize("chosen", [(), ("--org", "acme")])
def test_nothing_enabled_is_one_line(tmp_path: Path, chosen: tuple[str, ...]) -> None:
    """An org that does not evaluate strategies is told how to: exit code 2."""
    path = config(tmp_path, "http://127.0.0.1:9", {})
    environ = {"QUEUEWATCH_ORGS__ACME__CLIENT_SECRET": SECRET}
    result = CliRunner().invoke(main, ["evaluate", "strategies", *chosen, "--config", str(path)], env=environ)
    assert (result.exit_code, result.output) == (
        2, "Error: sources.strategies: is not enabled for acme (write enabled: true)\n"
    )  # fmt: skip
