"""The platform's clock, read off its answers."""

from __future__ import annotations

from datetime import datetime, timedelta
from email.utils import format_datetime

import httpx
import pytest

from monitor.checkup.dating import DatedHttp, ahead, dated
from tests.builders import EPOCH, FixedClock, loop_time, streamed


async def skew_of(headers: dict[str, str]) -> float | None:
    """Return what is thought of the server's clock after an answer with these headers."""
    transport = streamed(lambda _: httpx.Response(200, headers=headers))
    http = DatedHttp("tests", transport=transport, clock=FixedClock())
    answer = await http.send("GET", "https://api.example.org", deadline=loop_time() + 5)
    await http.aclose()
    assert answer.status == 200
    return http.skew


@pytest.mark.parametrize("seconds", [0.0, 90.0])
async def test_a_date_ahead_of_ours_is_the_skew(seconds: float) -> None:
    """The header is compared with our clock."""
    date = format_datetime(EPOCH + timedelta(seconds=seconds), usegmt=True)
    assert await skew_of({"date": date}) == seconds


@pytest.mark.parametrize("headers", [{}, {"date": ""}, {"date": "half past nine"}])
async def test_without_a_date_nothing_is_known(headers: dict[str, str]) -> None:
    """No header, or none that can be read, is unknown and not 0."""
    assert await skew_of(headers) is None


@pytest.mark.parametrize(
    ("said", "expected"), [(-61.5, -60.5), (-0.9, 0.0), (0.0, 0.0), (2.0, 0.0), (3.0, 0.0), (63.0, 60.0)]
)
def test_a_slow_answer_is_no_skew(said: float, expected: float) -> None:
    """Between sending and receiving (3 s) any date is right, and the header has whole seconds only."""
    received = EPOCH + timedelta(seconds=3)
    assert ahead(EPOCH + timedelta(seconds=said), EPOCH, received) == expected


def test_a_date_without_a_zone_is_in_utc() -> None:
    """`-0000` says that the zone is not known; the header is always in UTC."""
    assert dated("Sat, 21 Nov 2026 09:00:00 -0000") == datetime.fromisoformat("2026-11-21T09:00:00+00:00")


@pytest.mark.parametrize(
    "header",
    [
        "Mon, 01 Jan 2024 00:00:00 +99999999999999999999",
        "Mon, 01 Jan 99999999999999999999 00:00:00 GMT",
    ],
)
def test_a_date_with_endless_numbers_says_nothing(header: str) -> None:
    """Digits that fit no date are none, and no bug."""
    assert dated(header) is None


def test_the_last_second_there_is_can_be_compared() -> None:
    """A date at the end of time, on either side, is far away and no error."""
    last = datetime.fromisoformat("9999-12-31T23:59:59+00:00")
    assert ahead(last, EPOCH, EPOCH) > 0
    assert ahead(last, last, last) == 0
