"""`queuewatch calendar explain`, as a person calls it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from monitor.cli import main

FILE = """\
orgs:
  acme: {region: eu-west-1}
calendars:
  business_hours:
    timezone: Europe/Paris
    hours: {mon-fri: "08:00-18:00", sun: "02:00-03:00"}
    holidays: {country: DE}
    exceptions:
      - {date: 2026-12-24, hours: "08:00-12:00"}
      - {from: 2026-12-28, to: 2026-12-31, closed: true}
  always: {timezone: Asia/Kolkata, hours: {mon-sun: "00:00-24:00"}}
"""


def explained(folder: Path, *arguments: str, text: str = FILE, name: str = "business_hours") -> Result:
    """Call the command with a configuration."""
    path = folder / "queuewatch.yaml"
    path.write_text(text)
    return CliRunner().invoke(main, ["calendar", "explain", name, "--config", str(path), *arguments])


def test_an_exception_is_explained(tmp_path: Path) -> None:
    """What it is, since when and until when in both clocks, and what it would be without the exception."""
    noon = "thu 2026-12-24 12:00 CET (2026-12-24 11:00 UTC)"
    result = explained(tmp_path, "--at", "2026-12-24T09:00")
    assert result.exit_code == 0
    assert result.output.splitlines() == [
        "business_hours at thu 2026-12-24 09:00 CET (2026-12-24 08:00 UTC)",
        "open: exception 2026-12-24 08:00-12:00, until 12:00 CET",
        f"opening: thu 2026-12-24 08:00 CET (2026-12-24 07:00 UTC) to {noon}",
        f"next change: closes {noon}",
        "without the exception: open: mon-fri 08:00-18:00, until 18:00 CET",
    ]


def test_closed_has_a_reason_and_an_end(tmp_path: Path) -> None:
    """A date alone is its first moment; after the closed dates come a holiday and a Saturday."""
    result = explained(tmp_path, "--at", "2026-12-29")
    assert result.output.splitlines() == [
        "business_hours at tue 2026-12-29 00:00 CET (2026-12-28 23:00 UTC)",
        "closed: exception 2026-12-28 to 2026-12-31",
        "next change: opens sun 2027-01-03 02:00 CET (2027-01-03 01:00 UTC)",
        "without the exception: closed: outside mon-fri 08:00-18:00",
    ]


def test_without_an_exception_nothing_is_said_of_one(tmp_path: Path) -> None:
    """An ordinary day, and a time with an offset of its own."""
    result = explained(tmp_path, "--at", "2026-11-20T12:00-05:00")
    assert result.output.splitlines() == [
        "business_hours at fri 2026-11-20 18:00 CET (2026-11-20 17:00 UTC)",
        "closed: outside mon-fri 08:00-18:00",
        "next change: opens sun 2026-11-22 02:00 CET (2026-11-22 01:00 UTC)",
    ]


def test_a_time_that_comes_twice_is_shown_twice(tmp_path: Path) -> None:
    """The first is taken, and said to be; the other follows."""
    lines = explained(tmp_path, "--at", "2026-10-25T02:30").output.splitlines()
    assert lines[0] == "2026-10-25T02:30 comes twice in Europe/Paris: the first is taken, the other is below"
    assert lines[1] == "business_hours at sun 2026-10-25 02:30 CEST (2026-10-25 00:30 UTC)"
    assert lines[4] == "next change: closes sun 2026-10-25 03:00 CET (2026-10-25 02:00 UTC)"
    assert lines[6] == "business_hours at sun 2026-10-25 02:30 CET (2026-10-25 01:30 UTC)"


def test_json_has_both_clocks(tmp_path: Path) -> None:
    """A program reads the same things; there is another moment only where the time comes twice."""
    found = json.loads(explained(tmp_path, "--json", "--at", "2026-12-24T09:00").output)
    assert found == {
        "calendar": "business_hours",
        "at": {"local": "2026-12-24T09:00:00+01:00", "utc": "2026-12-24T08:00:00+00:00"},
        "open": True,
        "why": "open: exception 2026-12-24 08:00-12:00, until 12:00 CET",
        "opening": {
            "start": {"local": "2026-12-24T08:00:00+01:00", "utc": "2026-12-24T07:00:00+00:00"},
            "end": {"local": "2026-12-24T12:00:00+01:00", "utc": "2026-12-24T11:00:00+00:00"},
            "dated": True,
        },
        "next_change": {"local": "2026-12-24T12:00:00+01:00", "utc": "2026-12-24T11:00:00+00:00"},
        "without_exception": "open: mon-fri 08:00-18:00, until 18:00 CET",
        "other": None,
    }
    twice = json.loads(explained(tmp_path, "--json", "--at", "2026-10-25T02:30").output)
    assert twice["at"]["local"].endswith("+02:00")
    assert twice["other"]["at"]["local"].endswith("+01:00")


def test_always_open_never_changes(tmp_path: Path) -> None:
    """Without --at it is about now, and what has no end has none."""
    lines = explained(tmp_path, name="always").output.splitlines()
    assert lines[1] == "open: mon-sun 00:00-24:00"
    assert lines[3:] == ["next change: none within 370 days"]
    found = json.loads(explained(tmp_path, "--json", name="always").output)
    assert (found["open"], found["next_change"]) == (True, None)


@pytest.mark.parametrize(
    ("at", "message"),
    [
        (
            "2026-03-29T02:30",
            "2026-03-29T02:30 does not exist in Europe/Paris (the clock is put forward over it)",
        ),
        ("noon", "--at: 'noon' is no date that can be asked about (write 03:00, 2026-12-24T09:00 or"),
        ("9999-12-31", "years from 1900 to 2299"),
    ],
)
def test_a_time_that_is_none_is_refused(tmp_path: Path, at: str, message: str) -> None:
    """One line says what to write; the exit code is 2."""
    result = explained(tmp_path, "--at", at)
    assert result.exit_code == 2
    assert message in result.output


def test_a_time_of_day_is_today(tmp_path: Path) -> None:
    """In the calendar's zone."""
    assert " 09:30 IST (" in explained(tmp_path, "--at", "09:30", name="always").output.splitlines()[0]


def test_an_unknown_name_lists_those_there_are(tmp_path: Path) -> None:
    """The exit code is 2 here too, and for a configuration that is wrong or has no calendars."""
    result = explained(tmp_path, name="office")
    assert result.exit_code == 2
    assert "there is no calendar 'office' (there is business_hours, always)" in result.output
    none = explained(tmp_path, text=FILE.split("calendars:", maxsplit=1)[0])
    assert none.exit_code == 2
    assert "the configuration has none" in none.output
    wrong = explained(tmp_path, text=FILE.replace("Europe/Paris", "Europe/Pariss"))
    assert wrong.exit_code == 2
    assert "did you mean Europe/Paris?" in wrong.output
