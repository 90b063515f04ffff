"""How the parts are plugged together."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from monitor.app.daemon import UNSEEN
from monitor.model.rule import Matcher
from monitor.model.silence import Silence
from monitor.sources.onlooking import Onlooker
from tests.alerts.bench import KEY, ROW
from tests.app.making import ACME, a_settings, built
from tests.builders import EPOCH, a_batch


async def test_a_poller_can_be_stopped_by_the_manager_alone(tmp_path: Path) -> None:
    """Everybody else who takes results only shows them, and what comes after the manager sees its alerts."""
    async with built(a_settings(tmp_path, "log", orgs=(ACME,))) as daemon:
        assert len(daemon.pollers) == 2
        for poller in daemon.pollers.values():
            shown = [one.name for one in poller.consumers if isinstance(one, Onlooker)]
            assert shown == ["metrics", "wall", "homeassistant"]
            assert poller.consumers[1] is daemon.manager
            assert len(poller.consumers) == len(shown) + 1


@pytest.mark.looptime
async def test_what_is_not_on_the_wall_is_stale(tmp_path: Path) -> None:
    """The source answers, but what one sees is older than that, and it says so until it is shown again."""
    async with built(a_settings(tmp_path, "log", orgs=(ACME,))) as daemon:
        for poller in daemon.pollers.values():
            for consumer in poller.consumers:
                await consumer.accept(a_batch({ROW: 1.0}))
        daemon.painter.failing.add(("acme", "queues"))
        stale = {one.source: (one.stale, one.error) for one in daemon.sources()}
        assert stale == {"directory": (False, ""), "queues": (True, UNSEEN)}
        await daemon.painter.accept(a_batch({ROW: 1.0}))
        assert not any(one.stale for one in daemon.sources())


@pytest.mark.looptime
async def test_pages_look_again_when_a_muted_alert_is_taken(tmp_path: Path) -> None:
    """Nothing is sent of it, and every open page shows who has it."""
    quiet = Silence(
        id="s1",
        matchers=(Matcher(label="rule", globs=("Waiting",)),),
        starts_at=EPOCH,
        ends_at=EPOCH + timedelta(hours=1),
        owner="ann",
        comment="",
    )
    async with built(a_settings(tmp_path, "log", orgs=(ACME,))) as daemon:
        versions = [daemon.live.version]
        await daemon.manager.silence(quiet)
        versions.append(daemon.live.version)
        await daemon.manager.accept(a_batch({ROW: 12.0}))
        versions.append(daemon.live.version)
        assert await daemon.manager.acknowledge("acme", "Waiting", KEY, owner="bob")
        versions.append(daemon.live.version)
        assert versions == [0, 1, 2, 3]
