"""Configurations and daemons to reload."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from random import Random

from monitor.app.building import build
from monitor.app.daemon import Daemon
from monitor.kit.secrets import Secret
from monitor.model.errors import ConfigError, Mistake
from monitor.model.route import Route
from monitor.model.settings import LogSinkSettings, OrgSettings, QueuesSettings, Settings
from tests.alerts.bench import two_levels
from tests.builders import FixedClock

WRONG = ConfigError((Mistake(file="f", path="rules", problem="is wrong", hint=""),))
ACME = OrgSettings(
    name="acme",
    api_url="https://api.example",
    login_url="https://login.example",
    client_id=Secret("id"),
    client_secret=Secret("secret"),
    queues=QueuesSettings(interval=10.0, timeout=10.0),
)


def a_settings(folder: Path, *destinations: str, orgs: tuple[OrgSettings, ...] = ()) -> Settings:
    """Return a configuration whose one route names every destination."""
    return Settings(
        instance="one",
        orgs=orgs,
        rules=(two_levels(),),
        destinations=tuple(LogSinkSettings(name=name) for name in destinations),
        store_path=str(folder / "queuewatch.db"),
        routes=(Route(name="1", destinations=destinations),),
    )


@asynccontextmanager
async def built(settings: Settings) -> AsyncIterator[Daemon]:
    """A daemon that does not run, whose store is open."""
    daemon = build(settings, clock=FixedClock(), random=Random(1))
    async with daemon.store:
        yield daemon
    await daemon.close()
