"""Agents' utilization over a long time, as rows of a CSV file."""

from __future__ import annotations

from datetime import timedelta

import pytest

from monitor.model.interval import Interval
from monitor.model.observation import AgentUse, Figure, Utilization
from monitor.model.sample import ALL_AGENTS
from monitor.reports.agents import HEADINGS, cells, percent, utilization
from tests.builders import EPOCH
from tests.reports.platforms import PiecePlatform, Steps, platform

HALF_HOUR = 1800.0


def use(agent: str, *, minutes: float = 0.0, active: Figure = 900.0) -> AgentUse:
    """Return one row, so many minutes after the start."""
    return AgentUse(
        agent_id=agent,
        start=EPOCH + timedelta(minutes=minutes),
        handle=active,
        acw=0.0,
        hold=0.0,
        active=active,
        name=f"Name of {agent}",
    )


def answering(*pieces: tuple[AgentUse, ...], bucket: float = HALF_HOUR) -> PiecePlatform:
    """Return a platform that answers one piece after the other."""
    left = list(pieces)
    return PiecePlatform(
        uses=lambda interval: Utilization(
            interval=interval, bucket=bucket, agents=left.pop(0), oddities={("tHandle", "negative"): 1}
        )
    )


def days(count: float) -> Interval:
    """Return so many days."""
    return Interval(EPOCH, EPOCH + timedelta(days=count))


async def test_rows_are_sorted_by_user_and_time() -> None:
    """Rows of several days come user by user, each in order of time."""
    day = 24 * 60.0
    fake = answering(
        (use("b"), use("a", minutes=30), use("a")), (use("a", minutes=day), use("c", minutes=day))
    )
    report = await utilization(platform(fake), days(2), HALF_HOUR, Steps())
    assert [(one.agent_id, (one.start - EPOCH).total_seconds() / 60) for one in report.uses] == [
        ("a", 0),
        ("a", 30),
        ("a", day),
        ("b", 0),
        ("c", day),
    ]
    assert report.refused == 2


async def test_a_long_time_is_asked_day_by_day() -> None:
    """Two and a half days are three questions that meet; agents and names go along."""
    fake, steps = answering((), (), ()), Steps()
    await utilization(platform(fake), days(2.5), HALF_HOUR, steps, agents=("a",), names=True)
    assert [piece.seconds / 86400 for piece in fake.pieces] == [1, 1, 0.5]
    assert fake.asked == [(HALF_HOUR, ("a",), True)] * 3
    assert (steps.pieces, steps.done) == (3, 3)


async def test_no_bucket_is_cut_in_two() -> None:
    """Where buckets do not fill a day, a piece is as many whole ones as fit."""
    fake = answering((), ())
    bucket = 7 * 3600.0
    await utilization(platform(fake), Interval(EPOCH, EPOCH + timedelta(hours=35)), bucket, Steps())
    assert [piece.seconds / bucket for piece in fake.pieces] == [3, 2]


async def test_active_only_leaves_out_what_is_known_to_be_nothing() -> None:
    """A row of 0 goes, a row that is unknown stays: it may have been work."""
    fake = answering((use("a", active=0.0), use("b", active=None), use("c")))
    report = await utilization(platform(fake), days(1), HALF_HOUR, Steps(), active_only=True)
    assert [one.agent_id for one in report.uses] == ["b", "c"]


async def test_a_bucket_that_two_pieces_show_is_one_row() -> None:
    """A gateway whose buckets begin on the clock shows the one between two days twice."""
    day = 24 * 60.0
    fake = answering((use("a"), use("a", minutes=day, active=300.0)), (use("a", minutes=day, active=600.0),))
    report = await utilization(platform(fake), days(2), HALF_HOUR, Steps())
    assert [one.active for one in report.uses] == [900.0, 300.0]
    assert report.refused == 3


def test_everybody_together_has_no_percentage() -> None:
    """Where people are not told apart, the seconds are those of nobody knows how many."""
    row = dict(zip(HEADINGS, cells(use(ALL_AGENTS), HALF_HOUR, names=False), strict=True))
    assert (row["total_active_sec"], row["utilization_pct"]) == (900.0, None)


@pytest.mark.parametrize(
    ("active", "expected"), [(900.0, 50.0), (1800.0, 100.0), (7200.0, 100.0), (0.0, 0.0), (None, None)]
)
def test_utilization_is_capped_at_100(active: Figure, expected: Figure) -> None:
    """A two-hour call stamped into one half hour is 100 %; unknown stays unknown."""
    assert percent(active, HALF_HOUR) == expected


def test_a_row_has_the_guides_columns() -> None:
    """Timestamp in UTC, seconds, and two decimals; more seconds than fit are kept."""
    assert dict(zip(HEADINGS, cells(use("a", active=7200.0), HALF_HOUR, names=True), strict=True)) == {
        "timestamp": "2026-11-21T09:00:00Z",
        "user_id": "a",
        "user_name": "Name of a",
        "t_handle_sec": 7200.0,
        "t_acw_sec": 0.0,
        "t_hold_sec": 0.0,
        "total_active_sec": 7200.0,
        "utilization_pct": "100.00",
    }


def test_names_stay_out_unless_asked_for() -> None:
    """A gateway that sends names unasked does not get them into the file."""
    assert cells(use("a"), HALF_HOUR, names=False)[2] == ""
