"""Which cadences a reload takes over, and how they are told."""

from __future__ import annotations

from dataclasses import replace

from monitor.app.pacing import every, patient, repaced, told
from monitor.model.pace import Pace
from monitor.model.servicelevel import Window
from monitor.model.settings import (
    AgentsSettings,
    DirectorySettings,
    OrgSettings,
    QueuesSettings,
    ServiceLevelSettings,
    StrategiesSettings,
    WorkitemsSettings,
)
from tests.checkup.orgs import EVERYTHING, PLAIN

WINDOWS = (Window(300.0), Window(900.0))


def other(**changes: object) -> OrgSettings:
    """Return the org that asks everything, but for some settings."""
    return replace(EVERYTHING, **changes)  # type: ignore[arg-type]


def test_every_source_takes_its_new_pace() -> None:
    """How often and how long, of each question and of the directory."""
    wanted = other(
        directory=DirectorySettings(interval=600.0),
        queues=QueuesSettings(interval=20.0, timeout=15.0),
        service_level=ServiceLevelSettings(interval=60.0, timeout=45.0),
        agents=AgentsSettings(interval=600.0, timeout=30.0),
        workitems=WorkitemsSettings(interval=120.0, timeout=20.0),
        strategies=StrategiesSettings(interval=7200.0, timeout=300.0),
    )
    (org,) = repaced([EVERYTHING], [wanted])
    assert org == wanted
    assert every([org]) == {
        ("acme", "directory"): Pace(600.0, 60.0),
        ("acme", "queues"): Pace(20.0, 15.0),
        ("acme", "service_level"): Pace(60.0, 45.0),
        ("acme", "agents"): Pace(600.0, 30.0),
        ("acme", "workitems"): Pace(120.0, 20.0),
        ("acme", "strategies"): Pace(7200.0, 300.0),
    }


def test_nothing_but_the_pace_is_taken() -> None:
    """Windows, formulas, addresses and what else a source is made with are what they were."""
    before = replace(PLAIN, service_level=ServiceLevelSettings())
    wanted = replace(
        before, zone="Europe/Paris", service_level=ServiceLevelSettings(interval=60.0, windows=WINDOWS)
    )
    (org,) = repaced([before], [wanted])
    assert org == replace(before, service_level=ServiceLevelSettings(interval=60.0))


def test_what_came_or_went_waits() -> None:
    """A source that is not in both, and an org that is not: those that run go on as they are."""
    before = replace(PLAIN, queues=QueuesSettings(), agents=AgentsSettings())
    wanted = replace(PLAIN, queues=QueuesSettings(interval=20.0), workitems=WorkitemsSettings())
    (org,) = repaced([before], [wanted])
    assert org == replace(before, queues=QueuesSettings(interval=20.0))
    assert repaced([before], []) == (before,)
    assert repaced([], [wanted]) == ()
    assert repaced([before], [replace(wanted, name="globex")]) == (before,)


def test_a_cadence_that_the_running_budget_does_not_allow_waits() -> None:
    """It was meant for a higher limit, which waits for the restart; without that it would starve us."""
    before = replace(PLAIN, queues=QueuesSettings(), limit=60)
    fast = replace(before, queues=QueuesSettings(interval=1.0), limit=600)
    assert repaced([before], [fast]) == (before,)
    slower = replace(fast, queues=QueuesSettings(interval=5.0))
    assert repaced([before], [slower]) == (replace(before, queues=QueuesSettings(interval=5.0)),)


def test_a_change_is_told_in_words_and_nothing_else_is() -> None:
    """Org and source, what it was and what it is; sources that are as they were are not named."""
    after = other(
        queues=QueuesSettings(interval=5.0), workitems=WorkitemsSettings(interval=90.0, timeout=45.0)
    )
    assert list(told([EVERYTHING], [after])) == [
        "acme/queues: 10s → 5s",
        "acme/workitems: 1m → 1m30s",
        "acme/workitems: timeout 30s → 45s",
    ]
    assert list(told([EVERYTHING], [EVERYTHING])) == []


def test_nobody_is_held_to_a_pace_that_was_not_asked_for_yet() -> None:
    """The longer of what was and what is wanted counts, of interval and timeout each by itself."""
    believed = {
        ("a", "slow"): Pace(3600.0, 10.0),
        ("a", "fast"): Pace(10.0, 10.0),
        ("a", "gone"): Pace(1.0, 1.0),
    }
    wanted = {("a", "slow"): Pace(10.0, 20.0), ("a", "fast"): Pace(60.0, 5.0), ("a", "new"): Pace(5.0, 5.0)}
    assert patient(believed, wanted) == {
        ("a", "slow"): Pace(3600.0, 20.0),
        ("a", "fast"): Pace(60.0, 10.0),
        ("a", "new"): Pace(5.0, 5.0),
    }
