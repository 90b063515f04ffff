"""A reload swaps what it can, and says what it cannot."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from random import Random

from structlog.testing import capture_logs

from monitor.app.building import Daemon, build
from monitor.app.reloading import Reloading
from monitor.model.errors import ConfigError, Mistake
from monitor.model.route import Route
from monitor.model.rule import Severity
from monitor.model.settings import LogSettings, LogSinkSettings, Settings
from tests.alerts.bench import two_levels
from tests.builders import EPOCH, FixedClock


def a_settings(folder: Path, *destinations: str) -> Settings:
    """Return a configuration whose one route names every destination."""
    return Settings(
        instance="one",
        orgs=(),
        rules=(two_levels(),),
        destinations=tuple(LogSinkSettings(name=name) for name in destinations),
        store_path=str(folder / "queuewatch.db"),
        routes=(Route(name="1", destinations=destinations),),
    )


async def reloaded(before: Settings, after: Settings) -> tuple[Daemon, list[dict[str, object]]]:
    """Return a daemon that was built with one configuration and read another, and what it logged."""
    daemon = build(before, clock=FixedClock(), random=Random(1))
    async with daemon.store:
        with capture_logs() as lines:
            await Reloading(lambda: after).once(daemon)
    await daemon.close()
    return daemon, [dict(line) for line in lines]


async def test_a_destination_that_does_not_run_yet_is_told_nothing(tmp_path: Path) -> None:
    """Its fires are kept back until the restart, instead of being written down as heard."""
    daemon, lines = await reloaded(a_settings(tmp_path, "old/log"), a_settings(tmp_path, "new/log"))
    assert daemon.manager.route({"rule": "Waiting"}, Severity.WARNING, EPOCH) == {}
    assert [line["event"] for line in lines] == ["config.reloaded", "reload.partial"]
    assert lines[-1]["changed"] == ["destinations"]
    both, _ = await reloaded(a_settings(tmp_path, "old/log"), a_settings(tmp_path, "new/log", "old/log"))
    assert list(both.manager.route({"rule": "Waiting"}, Severity.WARNING, EPOCH)) == ["old/log"]


async def test_everything_that_waits_for_a_restart_is_said(tmp_path: Path) -> None:
    """By the names of the settings; what was swapped is not among them."""
    before = a_settings(tmp_path, "old/log")
    after = replace(
        before, rules=(), routes=(), instance="two", retention=60.0, log=replace(LogSettings(), level="debug")
    )
    daemon, lines = await reloaded(before, after)
    assert daemon.manager.rules == ()
    assert sorted(lines[-1]["changed"]) == ["instance", "log", "retention"]  # type: ignore[call-overload]
    _, lines = await reloaded(before, replace(before, rules=()))
    assert [line["event"] for line in lines] == ["config.reloaded"]


async def test_a_bad_configuration_changes_nothing(tmp_path: Path) -> None:
    """It is refused with every mistake."""
    daemon = build(a_settings(tmp_path, "old/log"), clock=FixedClock(), random=Random(1))

    def load() -> Settings:
        raise ConfigError((Mistake(file="f", path="rules", problem="is wrong", hint=""),))

    with capture_logs() as lines:
        assert not await Reloading(load).once(daemon)
    await daemon.close()
    assert [line["event"] for line in lines] == ["reload.refused"]
    assert len(daemon.manager.rules) == 1
