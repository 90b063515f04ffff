"""What figures mean in a checkup."""

from __future__ import annotations

from dataclasses import replace

import pytest

from monitor.checkup import judging
from monitor.checkup.finding import Verdict
from monitor.model.org import Selection
from monitor.model.settings import DirectorySettings, WorkitemsSettings
from monitor.sources.selecting import select
from tests.builders import SUPPORT
from tests.checkup.orgs import PLAIN, QUEUES


@pytest.mark.parametrize(
    ("skew", "verdict", "said"),
    [
        (0.0, Verdict.OK, "agrees"),
        (30.0, Verdict.OK, "agrees"),
        (31.0, Verdict.WARNING, "31 s behind"),
        (-31.0, Verdict.WARNING, "31 s ahead of"),
        (300.0, Verdict.WARNING, "300 s behind"),
        (-301.0, Verdict.FAILURE, "301 s ahead of"),
        (None, Verdict.WARNING, "does not say what time it is"),
    ],
)
def test_the_clock_is_judged_by_its_difference(skew: float | None, verdict: Verdict, said: str) -> None:
    """More than 30 s is a warning, more than 5 min a failure, whichever clock is ahead."""
    found = judging.clock(skew)
    assert found.verdict is verdict
    assert said in found.line


@pytest.mark.parametrize(
    ("api", "login", "verdict"),
    [
        ("https://api.mypurecloud.ie", "https://login.mypurecloud.ie", Verdict.OK),
        ("https://api.mypurecloud.ie", "https://login.mypurecloud.de", Verdict.WARNING),
        ("https://gateway.example.org", "https://gateway.example.org", Verdict.OK),
        ("https://gateway.example.org", "https://login.mypurecloud.de", Verdict.OK),
    ],
)
def test_two_regions_are_a_warning(api: str, login: str, verdict: Verdict) -> None:
    """API and login host of different regions cannot work together; a gateway may have any name."""
    found = judging.region(replace(PLAIN, api_url=api, login_url=login))
    assert found.verdict is verdict


@pytest.mark.parametrize(
    ("said", "configured", "budget", "verdict"),
    [
        (300, None, 150, Verdict.OK),
        (600, None, 300, Verdict.OK),
        (600, 200, 100, Verdict.OK),
        (300, 600, 150, Verdict.WARNING),
        (None, None, 150, Verdict.OK),
        (None, 200, 100, Verdict.OK),
    ],
)
def test_our_share_is_of_the_lower_limit(
    said: int | None, configured: int | None, budget: int, verdict: Verdict
) -> None:
    """Half of what the platform says or the user allows; a user who allows too much is told."""
    found, finding = judging.limits(said, replace(PLAIN, limit=configured))
    assert (found, finding.verdict) == (budget, verdict)
    assert f"we take {budget} " in finding.line


@pytest.mark.parametrize(
    ("need", "verdict"), [(80.0, Verdict.OK), (80.1, Verdict.WARNING), (100.1, Verdict.FAILURE)]
)
def test_the_cadence_is_judged_by_the_budget(need: float, verdict: Verdict) -> None:
    """Up to four fifths of the budget fit well; more than all of it cannot be asked."""
    found = judging.cadence({"queues": need - 10, "directory": 10.0}, 100)
    assert found.verdict is verdict


@pytest.mark.parametrize(
    "selection", [Selection(ids=("gone",)), Selection(names=("Gone*",)), Selection(divisions=("Gone",))]
)
def test_every_kind_of_pattern_is_looked_at(selection: Selection) -> None:
    """An id, a name or a division that matches nothing is a failure that names it."""
    org = replace(PLAIN, directory=DirectorySettings(select=selection))
    failures = [one for one in judging.directory(QUEUES, org, select) if one.verdict is Verdict.FAILURE]
    assert any("gone" in one.line.lower() for one in failures)


def test_lists_that_exclude_each_other_are_a_failure() -> None:
    """Each pattern matches by itself, but no queue fits all lists."""
    org = replace(PLAIN, directory=DirectorySettings(select=Selection(ids=(SUPPORT,), divisions=("Sales",))))
    (failure,) = (one for one in judging.directory(QUEUES, org, select) if one.verdict is Verdict.FAILURE)
    assert "no queue fits every list" in failure.line


def test_work_items_are_selected_among_the_watched() -> None:
    """A pattern for work items that only matches a queue nobody watches is a failure."""
    org = replace(
        PLAIN,
        directory=DirectorySettings(select=Selection(names=("Support*",))),
        workitems=WorkitemsSettings(select=Selection(names=("Sales*",))),
    )
    (failure,) = (one for one in judging.directory(QUEUES, org, select) if one.verdict is Verdict.FAILURE)
    assert failure.check == "workitems"


def test_an_empty_directory_is_a_failure() -> None:
    """Without a visible queue there is nothing to watch: a matter of divisions."""
    (found,) = judging.directory((), PLAIN, select)
    assert found.verdict is Verdict.FAILURE
    assert "division" in found.line
