"""A reload swaps what it can, says what it cannot, and is one at a time."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from monitor.app.daemon import Daemon
from monitor.app.reloading import Ended, Reloading
from monitor.kit.secrets import Secret
from monitor.model.errors import ConfigError, Unavailable
from monitor.model.pace import Pace
from monitor.model.reload import Reloaded
from monitor.model.rule import Severity
from monitor.model.sample import SampleBatch
from monitor.model.settings import (
    AgentsSettings,
    Credential,
    DirectorySettings,
    LogSettings,
    QueuesSettings,
    Settings,
    WebAccess,
    WebSettings,
)
from monitor.sources.poller import Poller
from tests.alerts.bench import two_levels
from tests.app.making import ACME, WRONG, a_settings, built
from tests.builders import EPOCH


async def reloaded(before: Settings, after: Settings) -> tuple[Daemon, Reloaded, list[dict[str, Any]]]:
    """Return a daemon that was built with one configuration and read another, the answer, and the log."""
    async with built(before) as daemon:
        with capture_logs() as lines:
            answer = await Reloading(lambda: after).once(daemon)
    return daemon, answer, [dict(line) for line in lines]


def successful(daemon: Daemon) -> bool:
    """Return what the metric says of the last reload."""
    page = daemon.telemetry.render(openmetrics=False).decode()
    (line,) = (
        one for one in page.splitlines() if one.startswith("queuewatch_config_last_reload_successful ")
    )
    return line.endswith(" 1.0")


async def test_a_destination_that_does_not_run_yet_is_told_nothing(tmp_path: Path) -> None:
    """Its fires are kept back until the restart, instead of being written down as heard."""
    daemon, answer, lines = await reloaded(a_settings(tmp_path, "old/log"), a_settings(tmp_path, "new/log"))
    assert daemon.manager.route({"rule": "Waiting"}, Severity.WARNING, EPOCH) == {}
    assert [line["event"] for line in lines] == ["config.reloaded", "reload.partial"]
    assert lines[-1]["changed"] == ["receivers"]
    assert answer.untaken == ("receivers",)
    both, _, _ = await reloaded(a_settings(tmp_path, "old/log"), a_settings(tmp_path, "new/log", "old/log"))
    assert list(both.manager.route({"rule": "Waiting"}, Severity.WARNING, EPOCH)) == ["old/log"]


async def test_everything_that_waits_for_a_restart_is_said(tmp_path: Path) -> None:
    """By the keys people write, an org by its own name; what was swapped is not among them."""
    before = a_settings(tmp_path, "old/log", orgs=(ACME,))
    after = replace(
        before,
        orgs=(replace(ACME, zone="Europe/Paris"), replace(ACME, name="globex")),
        rules=(),
        routes=(),
        instance="two",
        retention=60.0,
        log=replace(LogSettings(), level="debug"),
    )
    daemon, answer, lines = await reloaded(before, after)
    assert daemon.manager.rules == ()
    assert sorted(lines[-1]["changed"]) == ["instance", "log", "orgs.acme", "orgs.globex", "store.journal"]
    assert answer.untaken == tuple(lines[-1]["changed"])
    _, answer, lines = await reloaded(before, replace(before, rules=()))
    assert [line["event"] for line in lines] == ["config.reloaded"]
    assert answer == Reloaded(taken=True, changes={"removed": ["Waiting"]})


async def test_who_may_ask_us_is_not_ours_to_take(tmp_path: Path) -> None:
    """The web file is watched by others; only where it is waits for a restart."""
    before = a_settings(tmp_path, "old/log")
    user = Credential(name="kim", hash=Secret("$2b$…"), scopes=("read",))
    access = replace(before, web=WebSettings(access=WebAccess(users=(user,))))
    _, answer, _ = await reloaded(before, access)
    assert answer == Reloaded(taken=True)
    _, answer, _ = await reloaded(
        before, replace(access, web=replace(access.web, access_file="/etc/web.yaml"))
    )
    assert answer.untaken == ("web",)


async def test_a_bad_configuration_changes_nothing(tmp_path: Path) -> None:
    """It is refused with every mistake; the metric says so until a good one comes."""
    good = a_settings(tmp_path, "old/log")
    found: list[Settings | ConfigError] = [WRONG, good]

    def load() -> Settings:
        one = found.pop(0)
        if isinstance(one, ConfigError):
            raise one
        return one

    async with built(good) as daemon:
        with capture_logs() as lines:
            answer = await Reloading(load).once(daemon)
        assert answer == Reloaded(taken=False, mistakes=(str(WRONG.details[0]),))
        assert [line["event"] for line in lines] == ["reload.refused"]
        assert daemon.settings is good
        assert len(daemon.manager.rules) == 1
        assert not successful(daemon)
        assert await Reloading(load).once(daemon) == Reloaded(taken=True)
        assert successful(daemon)


@pytest.mark.parametrize(
    ("error", "said"), [(RuntimeError("a bug"), None), (OSError(24, "Too many"), "Too many")]
)
async def test_a_failure_that_nobody_foresaw_is_no_success(
    tmp_path: Path, error: Exception, said: str | None
) -> None:
    """The metric says so; files that cannot be read are a mistake like any other, a bug is passed on."""
    settings = a_settings(tmp_path)

    def load() -> Settings:
        raise error

    async with built(settings) as daemon:
        assert (await Reloading(lambda: settings).once(daemon)).taken
        assert successful(daemon)
        if said is None:
            with pytest.raises(RuntimeError):
                await Reloading(load).once(daemon)
        else:
            answer = await Reloading(load).once(daemon)
            assert answer == Reloaded(taken=False, mistakes=(f"the configuration cannot be read: {said}",))
        assert not successful(daemon)


async def test_rules_that_cannot_be_judged_change_nothing(tmp_path: Path) -> None:
    """Neither rules nor routes nor cadences are half taken; the metric says that it failed."""
    before = a_settings(tmp_path, orgs=(ACME,))
    odd = replace(before.rules[0], metric="no_such_metric")
    faster = replace(ACME, queues=QueuesSettings(interval=5.0))
    after = replace(before, rules=(odd,), routes=(), orgs=(faster,))
    async with built(before) as daemon:
        route, paces = daemon.manager.route, daemon.manager.paces
        with pytest.raises(KeyError):
            await Reloading(lambda: after).once(daemon)
        assert daemon.manager.rules == before.rules
        assert (daemon.manager.route, daemon.manager.paces) == (route, paces)
        assert daemon.settings is before
        assert not successful(daemon)


async def test_nothing_is_read_any_more_once_the_end_has_come(tmp_path: Path) -> None:
    """Neither for who asks then, nor for who waits behind a reload that is going on."""
    settings = a_settings(tmp_path)
    reader = Reader(settings)
    reloading = Reloading(reader)
    async with built(settings) as daemon:
        async with asyncio.TaskGroup() as group:
            first = group.create_task(reloading.once(daemon))
            second = group.create_task(ended(reloading, daemon))
            await asyncio.sleep(0)
            reloading.end()
        assert first.result().taken
        assert second.result()
        assert await ended(reloading, daemon)
    assert reader.rules == 1


async def ended(reloading: Reloading, daemon: Daemon) -> bool:
    """Ask for a reload; return whether it was refused because the end has come."""
    try:
        await reloading.once(daemon)
    except Ended:
        return True
    return False


async def test_a_new_cadence_is_taken_everywhere(tmp_path: Path) -> None:
    """By who asks, by who calls a source silent, and by who shows its figures; and it is said."""
    before = a_settings(tmp_path, orgs=(ACME,))
    slower = replace(ACME, queues=QueuesSettings(interval=60.0, timeout=20.0))
    daemon, answer, lines = await reloaded(before, replace(before, orgs=(slower,)))
    source = ("acme", "queues")
    poller = daemon.pollers["poll.acme.queues"]
    assert (poller.interval, poller.timeout) == (60.0, 20.0)
    assert daemon.manager.paces[source] == Pace(60.0, 20.0)
    assert daemon.facts.snapshot.standings[source].limit == 180.0
    assert daemon.showing.limits[source] == 180.0
    assert daemon.pollers["poll.acme.directory"].interval == 300.0
    words = ["acme/queues: 10s → 1m", "acme/queues: timeout 10s → 20s"]
    assert answer == Reloaded(taken=True, changes={"intervals": words})
    assert lines == [
        {"event": "config.reloaded", "log_level": "info", "cause": "request", "intervals": words}
    ]


@dataclass
class Silent:
    """A source that has nothing to say."""

    name: str = "queues"

    async def poll(self, *, deadline: float) -> SampleBatch:
        """Fail."""
        raise Unavailable("nobody answers")


@pytest.mark.looptime
async def test_a_shorter_cadence_makes_nobody_silent_in_retrospect(tmp_path: Path) -> None:
    """Asked every hour, a source is held to ten seconds only once it was asked again.

    Another reload before that changes nothing about it.
    """
    hourly = replace(ACME, queues=QueuesSettings(interval=3600.0))
    before, source = a_settings(tmp_path, orgs=(hourly,)), ("acme", "queues")
    async with built(before) as daemon:
        poller = daemon.pollers["poll.acme.queues"] = replace(
            daemon.pollers["poll.acme.queues"], source=Silent()
        )
        await poller.once()
        await asyncio.sleep(1800.0)
        for _ in range(2):
            await Reloading(lambda: replace(before, orgs=(ACME,))).once(daemon)
            await daemon.manager.tick()
            assert poller.interval == 10.0
            assert daemon.manager.paces[source] == Pace(3600.0, 10.0)
            assert daemon.showing.limits[source] == 3 * 3600.0
            (state,) = (one for one in daemon.facts.snapshot.sources() if one.source == "queues")
            assert state.limit == 3 * 3600.0
        await poller.once()
        assert daemon.manager.paces[source] == Pace(10.0, 10.0)
        assert daemon.showing.limits[source] == 30.0
        assert daemon.facts.snapshot.standings[source].limit == 30.0


class Counting(Poller):
    """Counts how often it was given a pace."""

    paced = 0

    def pace(self, interval: float, timeout: float, polled: Callable[[], None]) -> None:
        """Count."""
        self.paced += 1
        Poller.pace(self, interval, timeout, polled)


async def test_a_poller_whose_cadence_stays_is_left_alone(tmp_path: Path) -> None:
    """A reload of the rules, and one of another source's cadence, do not touch its rhythm."""
    before = a_settings(tmp_path, orgs=(ACME,))
    seldom = replace(before, orgs=(replace(ACME, directory=DirectorySettings(interval=600.0)),))
    async with built(before) as daemon:
        one = daemon.pollers["poll.acme.queues"]
        counting = daemon.pollers["poll.acme.queues"] = Counting(
            one.org, one.source, one.interval, one.timeout, (), one.clock, one.telemetry, one.random
        )
        await Reloading(lambda: replace(before, rules=())).once(daemon)
        await Reloading(lambda: seldom).once(daemon)
        assert counting.paced == 0
        slower = replace(before, orgs=(replace(ACME, queues=QueuesSettings(interval=60.0)),))
        await Reloading(lambda: slower).once(daemon)
        assert counting.paced == 1


async def test_what_is_in_force_is_what_the_next_reload_is_held_against(tmp_path: Path) -> None:
    """Read twice, a configuration changes something once; what waits for the restart is said each time."""
    before = a_settings(tmp_path, "old/log", orgs=(ACME,))
    faster = replace(ACME, queues=QueuesSettings(interval=5.0), agents=AgentsSettings())
    after = replace(before, orgs=(faster,), rules=(), routes=(), instance="two")
    async with built(before) as daemon:
        reloading = Reloading(lambda: after)
        first, second = await reloading.once(daemon), await reloading.once(daemon)
        back = await Reloading(lambda: before).once(daemon)
        assert daemon.settings == before
    assert first.changes == {
        "removed": ["Waiting"],
        "sections": ["routes"],
        "intervals": ["acme/queues: 10s → 5s"],
    }
    assert second == Reloaded(taken=True, untaken=("instance", "orgs.acme"))
    assert first.untaken == second.untaken
    assert back.changes["added"] == ["Waiting"]
    assert back.changes["intervals"] == ["acme/queues: 5s → 10s"]


@dataclass
class Reader:
    """Reads configurations one after the other and notes how many are read at the same time."""

    settings: Settings
    rules: int = 0
    running: int = 0
    most: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self) -> Settings:
        """Return a configuration with a rule that no other has."""
        with self.lock:
            self.running += 1
            self.most = max(self.most, self.running)
            self.rules += 1
            number = self.rules
        threading.Event().wait(0.01)
        with self.lock:
            self.running -= 1
        return replace(self.settings, rules=(replace(two_levels(), name=f"Rule{number}"),))


async def test_who_asks_meanwhile_waits_and_gets_an_own_answer(tmp_path: Path) -> None:
    """Five at the same time are five readings, one after the other, each with its own changes."""
    settings = a_settings(tmp_path)
    reader = Reader(settings)
    reloading = Reloading(reader)
    async with built(settings) as daemon, asyncio.TaskGroup() as group:
        tasks = [group.create_task(reloading.once(daemon)) for _ in range(5)]
    assert reader.most == 1
    assert [task.result().changes["added"] for task in tasks] == [[f"Rule{number}"] for number in range(1, 6)]


async def test_who_gives_up_does_not_keep_the_others_from_theirs(tmp_path: Path) -> None:
    """A request that is cut off while it waits, or while the files are read, takes nothing with it."""
    settings = a_settings(tmp_path)
    reloading = Reloading(Reader(settings))
    async with built(settings) as daemon, asyncio.TaskGroup() as group:
        tasks = [group.create_task(reloading.once(daemon)) for _ in range(3)]
        await asyncio.sleep(0.001)
        tasks[0].cancel()
        tasks[1].cancel()
    assert tasks[2].result().taken
