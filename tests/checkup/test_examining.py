"""A checkup of one org, from login to cadence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from monitor.checkup.examining import Means, examine
from monitor.checkup.finding import Finding, Verdict
from monitor.model.errors import (
    AuthError,
    JobFailed,
    NotOffered,
    PermissionDenied,
    PlatformError,
    Throttled,
    Unavailable,
    Unintelligible,
)
from monitor.model.interval import Interval
from monitor.model.org import Selection
from monitor.model.settings import AgentsSettings, DirectorySettings, OrgSettings, QueuesSettings
from monitor.sources.selecting import select
from tests.builders import SUPPORT, FixedClock
from tests.checkup.orgs import EVERYTHING, PLAIN, Patient

NOW = datetime(2026, 11, 21, 9, 10, 30, tzinfo=UTC)


async def examined(
    org: OrgSettings = EVERYTHING,
    patient: Patient | None = None,
    *,
    login: PlatformError | None = None,
    skew: float | None = 0.0,
) -> list[Finding]:
    """Return what a checkup finds."""

    async def token(_deadline: float) -> object:
        if login is not None:
            raise login
        return object()

    means = Means(login=token, skew=lambda: skew, select=select, clock=FixedClock(NOW))
    return [finding async for finding in examine(org, (patient or Patient()).port(), means)]


def worst(findings: list[Finding]) -> Mapping[str, Verdict]:
    """Return the last verdict of every check that is not fine."""
    return {one.check: one.verdict for one in findings if one.verdict is not Verdict.OK}


def line(findings: list[Finding], check: str) -> str:
    """Return what was found by one check."""
    return "\n".join(one.line for one in findings if one.check == check)


async def test_a_healthy_org_is_fine_in_every_line() -> None:
    """Everything enabled, everything answered: nothing but ok, in a fixed order."""
    findings = await examined()
    assert worst(findings) == {}
    assert [one.check for one in findings] == [
        "region", "login", "clock", "limits", "directory", "queues", "service_level", "agents", "workitems",
        "strategies", "cadence",
    ]  # fmt: skip


async def test_what_is_not_enabled_is_not_asked() -> None:
    """An org with queues only is asked about nothing else."""
    patient = Patient()
    await examined(replace(PLAIN, queues=QueuesSettings()), patient)
    assert set(patient.asked) == {"limit", "directory", "queues"}


async def test_questions_are_cheap_and_like_the_sources() -> None:
    """One queue, one window or bucket that is over; names and status as the source asks."""
    patient = Patient()
    await examined(replace(EVERYTHING, agents=AgentsSettings(include_names=True)), patient)

    def until(hour: int, minute: int, seconds: float) -> Interval:
        end = NOW.replace(hour=hour, minute=minute, second=0)
        return Interval(datetime.fromtimestamp(end.timestamp() - seconds, UTC), end)

    assert patient.asked["queues"] == (SUPPORT,)
    assert patient.asked["service_level"] == (SUPPORT, until(9, 9, 300))
    assert patient.asked["agents"] == (until(9, 0, 1800), True, True)
    assert patient.asked["workitems"] == (SUPPORT, until(9, 0, 3600))
    assert patient.asked["strategies"] == (until(9, 10, 86400),)


async def test_refused_credentials_end_the_checkup_with_a_hint_on_the_region() -> None:
    """A login host that answers but refuses: nothing more is asked, and the region may be the reason."""
    patient = Patient()
    findings = await examined(patient=patient, login=AuthError("login host refuses the credentials"))
    assert worst(findings) == {"login": Verdict.FAILURE}
    assert "another region than login.mypurecloud.ie" in line(findings, "login")
    assert patient.asked == {}


async def test_an_unreachable_login_host_is_no_matter_of_regions() -> None:
    """No connection says so, and does not guess."""
    findings = await examined(login=Unavailable("login host does not answer"))
    assert line(findings, "login") == "login host does not answer"
    assert worst(findings) == {"login": Verdict.FAILURE}


@pytest.mark.parametrize("first", ["limit", "directory"])
@pytest.mark.parametrize(
    ("error", "told"),
    [
        (
            AuthError("answers 401"),
            "answers 401; or api.mypurecloud.ie is of another region than the login host",
        ),
        (Unavailable("does not answer"), "does not answer"),
    ],
)
async def test_an_api_host_that_serves_nothing_ends_the_checkup(
    first: str, error: PlatformError, told: str
) -> None:
    """A refused fresh token, or no answer to the first request, is one failure; nothing more is asked."""
    patient = Patient(failures={first: error})
    findings = await examined(patient=patient)
    check = "limits" if first == "limit" else first
    assert worst(findings) == {check: Verdict.FAILURE}
    assert line(findings, check) == told
    assert "agents" not in patient.asked


async def test_limits_that_cannot_be_read_are_a_warning() -> None:
    """The configured limit holds, and everything else is looked at."""
    findings = await examined(patient=Patient(failures={"limit": Unintelligible("is no JSON")}))
    assert worst(findings) == {"limits": Verdict.WARNING}
    assert "so we take 150" in line(findings, "limits")


async def test_a_throttled_directory_is_a_warning() -> None:
    """Too many requests now says nothing about later."""
    patient = Patient(failures={"directory": Throttled("asking nothing for 5 s", retry_after=5.0)})
    findings = await examined(patient=patient)
    assert [one.verdict for one in findings if one.check == "directory"] == [Verdict.WARNING]
    assert Verdict.FAILURE not in worst(findings).values()


@pytest.mark.parametrize(
    ("error", "verdict"),
    [
        (PermissionDenied("give the role routing:thing:view"), Verdict.FAILURE),
        (NotOffered("answers 404"), Verdict.FAILURE),
        (Unavailable("answers 500"), Verdict.FAILURE),
        (JobFailed("ended as FAILED"), Verdict.FAILURE),
        (Unintelligible("is no JSON"), Verdict.FAILURE),
        (Throttled("asking nothing for 5 s", retry_after=5.0), Verdict.WARNING),
    ],
)
@pytest.mark.parametrize("source", ["queues", "service_level", "agents", "workitems", "strategies"])
async def test_an_unanswered_question_is_told_and_the_rest_still_asked(
    source: str, error: PlatformError, verdict: Verdict
) -> None:
    """One finding with what the platform said, such as the permission that is missing; no other suffers."""
    findings = await examined(patient=Patient(failures={source: error}))
    assert worst(findings) == {source: verdict}
    assert str(error) in line(findings, source)


async def test_values_that_cannot_be_read_are_a_warning() -> None:
    """An answer with refused values is an answer, but somebody should look."""
    findings = await examined(patient=Patient(oddities={("oWaiting", "negative"): 3}))
    assert worst(findings) == {"queues": Verdict.WARNING}
    assert "3 values cannot be read: oWaiting (negative)" in line(findings, "queues")


async def test_an_unreadable_directory_is_one_failure_not_many() -> None:
    """Without a directory no selection is judged and no cadence; questions about queues are not asked."""
    patient = Patient(failures={"directory": PermissionDenied("needs routing:queue:view")})
    findings = await examined(patient=patient)
    assert [one.check for one in findings if one.verdict is Verdict.FAILURE] == ["directory"]
    assert {"queues", "service_level", "workitems"}.isdisjoint(patient.asked)
    assert "cadence" not in {one.check for one in findings}


async def test_a_glob_that_matches_nothing_is_a_failure() -> None:
    """A pattern gone stale is named even while another one matches."""
    select_names = DirectorySettings(select=Selection(names=("Support*", "Suport*")))
    findings = await examined(replace(EVERYTHING, directory=select_names))
    assert worst(findings) == {"directory": Verdict.FAILURE}
    assert "select.names 'Support*' matches 1 queue\n" in line(findings, "directory")
    assert "select.names 'Suport*' matches no queue" in line(findings, "directory")


async def test_a_cadence_that_does_not_fit_the_platforms_limit_is_a_failure() -> None:
    """The limit the platform says, not the one assumed at load, decides."""
    findings = await examined(patient=Patient(said=20))
    assert worst(findings) == {"cadence": Verdict.FAILURE}
    assert "requests a minute of 10: it does not fit" in line(findings, "cadence")


async def test_no_secret_is_told() -> None:
    """Neither id nor secret of the client is in any finding."""
    told = "\n".join(one.line for one in await examined())
    for secret in (EVERYTHING.client_id, EVERYTHING.client_secret):
        assert secret.reveal() not in told
