"""A reload takes over what runs already; a rule on what does not stays what it was, and is said to wait."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from monitor.app.daemon import Daemon
from monitor.app.reloading import Reloading
from monitor.app.taking import takeover
from monitor.config import load
from monitor.model.alert import AlertState
from monitor.model.sample import Rows, SampleBatch, Table
from monitor.model.settings import Settings
from tests.app.making import built
from tests.builders import EPOCH, FixedClock

CONFIGURATION = """\
orgs:
  acme: {{region: mypurecloud.de, client_id: a}}
sources:
  service_level: {{windows: [{window}], thresholds: [20s]}}
{more}
rules:
  - name: Low
    metric: service_level_ratio
    window: {window}
    threshold: 20s
    warning: {{below: {below}, for: 0s}}
{rules}
"""
BACKLOG = "  - {name: Backlog, metric: workitem_backlog, warning: {above: 5}}"
WAITS = "rules.Low: waits for orgs.acme.sources.service_level.windows"
Read = Callable[..., Settings]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """Reads a configuration with a window, and a rule on it."""

    def reading(window: str = "15m", below: float = 0.8, *, more: str = "", rules: str = "") -> Settings:
        file = tmp_path / "queuewatch.yaml"
        file.write_text(CONFIGURATION.format(window=window, below=below, more=more, rules=rules))
        return load(file, {"STATE_DIRECTORY": str(tmp_path), "QUEUEWATCH_ORGS__ACME__CLIENT_SECRET": "x"})

    return reading


def measured(ratio: float) -> SampleBatch:
    """Return a service level of the window that runs."""
    rows = Rows(
        ("queue_id", "queue", "media", "window", "threshold", "definition"),
        (("q", "Support", "voice", "15m", "20s", "genesys"),),
    )
    columns = {
        "service_level_ratio": (ratio,),
        "service_level_numerator": (100.0 * ratio,),
        "service_level_denominator": (100.0,),
    }
    return SampleBatch(
        org="acme",
        source="service_level",
        observed_at=EPOCH,
        tables=(Table(rows, columns),),
        queues=frozenset({"q"}),
    )


def states(daemon: Daemon) -> list[tuple[str, AlertState, str]]:
    """Return every alert's rule, state and reason."""
    return [(one.rule, one.state, one.reason) for one in daemon.manager.alerts()]


async def test_a_rule_on_a_window_that_is_not_asked_yet_stays_what_it_was(read: Read) -> None:
    """What fires by it goes on firing, and ends as it did before; the answer says what it waits for."""
    async with built(read()) as daemon:
        await daemon.manager.load()
        await daemon.manager.accept(measured(0.1))
        answer = await Reloading(lambda: read("30m", 0.9)).once(daemon)
        assert answer.taken
        assert answer.changes == {}
        assert answer.untaken == ("orgs.acme", WAITS)
        await daemon.manager.accept(measured(0.1))
        assert [state for _, state, _ in states(daemon)] == [AlertState.FIRING]
        again = await Reloading(lambda: read("30m", 0.9)).once(daemon)
        assert again.untaken == answer.untaken
        back = await Reloading(lambda: read("15m", 0.05)).once(daemon)
        assert (back.changes, back.untaken) == ({"altered": ["Low"]}, ())
        assert isinstance(daemon.clock, FixedClock)
        await daemon.manager.accept(measured(0.1))
        assert [state for _, state, _ in states(daemon)] == [AlertState.INACTIVE]


async def test_a_new_rule_on_what_is_not_asked_yet_is_left_out(read: Read) -> None:
    """It would never be judged; the others of the same reload are taken."""
    async with built(read()) as daemon:
        more = "  workitems: {enabled: true}"
        answer = await Reloading(lambda: read(below=0.7, more=more, rules=BACKLOG)).once(daemon)
        assert answer.changes == {"altered": ["Low"]}
        assert answer.untaken == (
            "orgs.acme",
            "rules.Backlog: waits for orgs.acme.sources.workitems",
        )
        assert [rule.name for rule in daemon.manager.rules] == ["Low"]


def test_after_the_restart_nothing_waits(read: Read) -> None:
    """The same file, read by a daemon that asks as it says."""
    wanted = read("30m", more="  workitems: {enabled: true}", rules=BACKLOG)
    taken = takeover(wanted, replace(wanted, rules=wanted.rules[::-1]))
    assert taken.untaken == ()
    assert [rule.name for rule in taken.settings.rules] == ["Backlog", "Low"]


def test_a_rule_that_stays_as_it_is_waits_for_nothing(read: Read) -> None:
    """It may be written for a window that another org has."""
    wanted = read("30m")
    running = replace(read(), rules=wanted.rules)
    assert takeover(running, wanted).untaken == ("orgs.acme",)
