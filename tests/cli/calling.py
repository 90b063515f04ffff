"""Commands as processes of their own, against a simulated centre in the test's loop."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from monitor.kit.clock import SystemClock
from monitor.simulator.centre import Centre
from monitor.simulator.server import Running, serve
from monitor.simulator.settings import Settings
from monitor.simulator.world import World

SECRET = "demo-secret"
REQUESTS_PER_MINUTE = 6000
"""Plenty: these tests are not about the budget."""
ALL = {name: {"enabled": True} for name in ("queues", "service_level", "agents", "workitems", "strategies")}


@dataclass(frozen=True)
class Done:
    """What a command did."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """What it printed, parsed."""
        return json.loads(self.out)


@asynccontextmanager
async def simulating(ahead: timedelta = timedelta()) -> AsyncIterator[Running]:
    """The standard centre with three hours of history; its clock may be ahead of ours."""

    def now() -> datetime:
        return SystemClock().now() + ahead

    settings = Settings(requests_per_minute=REQUESTS_PER_MINUTE)
    world = World(1, now(), Centre.standard(), warmup=timedelta(hours=3))
    async with serve(world, clock=now, settings=settings) as running:
        yield running


def config(folder: Path, url: str, sources: Mapping[str, Any] | None = None, **org: Any) -> Path:
    """Write a configuration with the orgs `acme` and, where `org` says so, another; JSON is YAML."""
    path = folder / "queuewatch.yaml"
    acme = {
        "api_url": url,
        "login_url": url,
        "client_id": "demo-client",
        "requests_per_minute": REQUESTS_PER_MINUTE,
        **org,
    }
    path.write_text(json.dumps({"orgs": {"acme": acme}, "sources": ALL if sources is None else sources}))
    return path


async def call(
    *arguments: str | Path,
    secret: str = SECRET,
    interrupt: Callable[[], Awaitable[None]] | None = None,
    **environ: str,
) -> Done:
    """Run `queuewatch` with these arguments; SIGINT comes when `interrupt` returns."""
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("QUEUEWATCH_", "GENESYS_"))
    }
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "monitor", *map(str, arguments)),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={**kept, "QUEUEWATCH_ORGS__ACME__CLIENT_SECRET": secret, **environ},
    )
    try:
        if interrupt is not None:
            await interrupt()
            process.send_signal(signal.SIGINT)
        async with asyncio.timeout(60):
            out, err = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert process.returncode is not None
    return Done(process.returncode, out.decode(), err.decode())


def minutes_ago(minutes: float) -> str:
    """Return the whole half hour at or before then, as an option takes it."""
    moment = (SystemClock().now() - timedelta(minutes=minutes)).timestamp()
    return datetime.fromtimestamp(moment - moment % 1800).astimezone().isoformat()
