"""Files of tests: what passes, what fails, and what time does."""

from __future__ import annotations

from pathlib import Path

import pytest

from monitor.config import rule_file
from monitor.proving.comparing import failures
from monitor.proving.playing import play
from monitor.proving.reading import read
from tests.proving.making import LEVEL, WAITING, failed, one, write

LOW = """\
rules:
  - name: Low
    metric: service_level_ratio
    critical: {below: 0.8}
    min_volume: {service_level_denominator: 10, confidence: 0.95}
"""
HOURS = """\
rules:
  - {name: Daytime, metric: queue_waiting, critical: {above: 8}, during: day}
calendars:
  day: {timezone: Europe/Berlin, hours: {mon-fri: "08:00-18:00"}}
"""


def test_what_is_as_expected_passes(tmp_path: Path) -> None:
    """States at moments and the exact list of events hold."""
    expected = """alerts:
      - {at: 10s, rule: QueueWaitingHigh, expect: [{queue: Support, state: pending, severity: warning}]}
      - {at: 29s, rule: QueueWaitingHigh, expect: [{media: voice}]}
      - {at: 1m40s, rule: QueueWaitingHigh, expect: []}
    events:
      - {at: 20s, kind: fired, rule: QueueWaitingHigh, severity: warning, reason: threshold}
      - {at: 30s, kind: level_changed, rule: QueueWaitingHigh, severity: critical}
      - {at: 1m30s, kind: resolved, rule: QueueWaitingHigh, queue: Support}"""
    assert failed(write(tmp_path, one("9x2 30x3 0x5", expected))) == []


@pytest.mark.parametrize(
    "expected",
    [
        "alerts: [{at: 20s, rule: QueueWaitingHigh, expect: []}]",
        "alerts: [{at: 20s, rule: QueueWaitingHigh, expect: [{state: pending}]}]",
        "alerts: [{at: 20s, rule: QueueWaitingHigh, expect: [{severity: critical}]}]",
        "alerts: [{at: 20s, rule: QueueWaitingHigh, expect: [{queue: Sales}]}]",
        "alerts: [{at: 20s, rule: QueueWaitingHigh, expect: [{queue: Support}, {queue: Support}]}]",
        "alerts: [{at: 10s, rule: QueueWaitingHigh, expect: [{queue: Support}]}]",
        "events: []",
        "events: [{at: 1m, kind: fired, rule: QueueWaitingHigh}]",
        "events: [{at: 20s, kind: resolved, rule: QueueWaitingHigh}]",
        "events: [{at: 20s, kind: fired, rule: SourceDown}]",
        "events: [{at: 20s, kind: fired, rule: QueueWaitingHigh, severity: critical}]",
        "events: [{at: 20s, kind: fired, rule: QueueWaitingHigh, reason: idle}]",
        "events: [{at: 20s, kind: fired, rule: QueueWaitingHigh, queue: Sales}]",
        "events: [{at: 20s, kind: fired, rule: QueueWaitingHigh}, {at: 20s, kind: fired, rule: SourceDown}]",
    ],
)
def test_what_is_not_as_expected_fails(tmp_path: Path, expected: str) -> None:
    """One thing that is different is one failure."""
    assert len(failed(write(tmp_path, one("9x10", expected)))) == 1


def test_a_failure_says_what_came_instead(tmp_path: Path) -> None:
    """It names the test, the rule and the time, and shows the alert with its value."""
    expected = "alerts: [{at: 10s, rule: QueueWaitingHigh, expect: []}]"
    (failure,) = failed(write(tmp_path, one("9x10", expected)))
    assert (failure.test, failure.about, failure.expected) == ("t", "QueueWaitingHigh at 10s", ())
    (row,) = failure.got
    assert (row["state"], row["value"], row["held"], row["queue"]) == (
        "pending",
        "9",
        "warning pending 10s",
        "Support",
    )


def test_expectations_are_paired_whatever_their_order(tmp_path: Path) -> None:
    """A vague expectation leaves the alert that a precise one needs."""
    tests = """\
    tests:
      - name: t
        series:
          - {series: 'queue_waiting{queue="A", media="voice"}', values: '30'}
          - {series: 'queue_waiting{queue="B", media="voice"}', values: '30'}
        alerts: [{at: 0s, rule: QueueWaitingHigh, expect: [{media: voice}, {queue: A}]}]
    """
    assert failed(write(tmp_path, tests)) == []


def test_the_interval_is_the_time_between_two_polls(tmp_path: Path) -> None:
    """At one poll an hour, a dwell of 20 s is over with the second one."""
    text = "interval: 1h\n" + one("9x3", "events: [{at: 1h, kind: fired, rule: QueueWaitingHigh}]")
    assert failed(write(tmp_path, text)) == []


def test_an_unknown_value_holds(tmp_path: Path) -> None:
    """The time of an unknown value counts for nothing, and so does that of a series that has ended."""
    expected = "alerts: [{at: 1m, rule: QueueWaitingHigh, expect: [{state: pending}]}]"
    assert failed(write(tmp_path, one("9x1 _x8 9", expected))) == []
    tests = f"""\
    tests:
      - name: t
        series:
          - {{series: '{WAITING}', values: '9x1'}}
          - {{series: 'queue_waiting{{queue="Other", media="voice"}}', values: '0x9'}}
        alerts: [{{at: 1m, rule: QueueWaitingHigh, expect: [{{queue: Support, state: pending}}]}}]
    """
    assert failed(write(tmp_path, tests)) == []


@pytest.mark.parametrize("mark", ["stale", "error"])
def test_a_source_without_answers_is_announced_and_its_alerts_held(tmp_path: Path, mark: str) -> None:
    """Silence and failure raise one SourceDown each, and end no alert."""
    expected = "alerts: [{at: 3m, rule: QueueWaitingHigh, expect: [{severity: critical}]}]"
    suite = read(write(tmp_path, one(f"30x1 {mark}x18 30", expected)), rule_file)
    (story,) = suite.stories
    played = play(story, suite.rules, suite.interval)
    assert list(failures(story, played, suite.interval)) == []
    assert [event.kind.value for _, event in played.told] == ["fired", "unknown", "known"]
    assert played.told[-1][0] == 200.0


def test_a_ratio_of_nothing_is_idle(tmp_path: Path) -> None:
    """`idle` ends what fires, for that reason."""
    tests = f"""\
    tests:
      - name: t
        series:
          - {{series: '{LEVEL.format(part="ratio")}', values: '0.1 idle'}}
          - {{series: '{LEVEL.format(part="denominator")}', values: '90 0'}}
        events:
          - {{at: 0s, kind: fired, rule: Low}}
          - {{at: 10s, kind: resolved, rule: Low, reason: idle}}
    """
    assert failed(write(tmp_path, tests, LOW)) == []


@pytest.mark.parametrize("given", ["ratio", "numerator"])
@pytest.mark.parametrize(("part", "whole", "fires"), [(15, 20, False), (750, 1000, True), (1, 2, False)])
def test_the_third_part_of_a_service_level_is_worked_out(
    tmp_path: Path, given: str, part: int, whole: int, fires: bool
) -> None:
    """Guards look at numerator and denominator, whichever two figures the test has."""
    values = part / whole if given == "ratio" else part
    tests = f"""\
    tests:
      - name: t
        series:
          - {{series: '{LEVEL.format(part=given)}', values: '{values}x3'}}
          - {{series: '{LEVEL.format(part="denominator")}', values: '{whole}x3'}}
        alerts: [{{at: 30s, rule: Low, expect: [{"{}" if fires else ""}]}}]
    """
    assert failed(write(tmp_path, tests, LOW)) == []


@pytest.mark.parametrize(
    ("start", "fires"), [("2026-11-23T09:00+01:00", True), ("2026-11-22T09:00+01:00", False)]
)
def test_start_is_the_moment_of_the_first_poll(tmp_path: Path, start: str, fires: bool) -> None:
    """A rule for working hours fires on a Monday, and sleeps on a Sunday."""
    (tmp_path / "tests.yaml").write_text(
        f"{HOURS}tests:\n  - name: t\n    start: {start}\n"
        f"    series: [{{series: '{WAITING}', values: '9x3'}}]\n"
        f"    alerts: [{{at: 30s, rule: Daytime, expect: [{'{}' if fires else ''}]}}]\n"
    )
    assert failed(tmp_path / "tests.yaml") == []


def test_calendars_of_the_file_are_known_to_the_rules_it_names(tmp_path: Path) -> None:
    """A file of rules that names a calendar of the configuration can be tested with another one."""
    rules = "rules:\n  - {name: Daytime, metric: queue_waiting, critical: {above: 8}, during: day}\n"
    file = write(tmp_path, one("9x3", "alerts: [{at: 10s, rule: Daytime, expect: [{}]}]"), rules)
    calendars = HOURS[HOURS.index("calendars:") :]
    file.write_text(calendars + file.read_text())
    assert failed(file) == []
    file.write_text(file.read_text().replace("mon-fri", "sat"))
    assert [failure.about for failure in failed(file)] == ["Daytime at 10s"]


def test_the_clock_goes_on_with_the_polls(tmp_path: Path) -> None:
    """A test that begins ten seconds before the hours do fires with its second poll."""
    (tmp_path / "tests.yaml").write_text(
        f"{HOURS}tests:\n  - name: t\n    start: 2026-11-23T07:59:50+01:00\n"
        f"    series: [{{series: '{WAITING}', values: '9x3'}}]\n"
        "    alerts: [{at: 0s, rule: Daytime, expect: []}, {at: 10s, rule: Daytime, expect: [{}]}]\n"
    )
    assert failed(tmp_path / "tests.yaml") == []


def test_silence_is_noticed_between_two_polls(tmp_path: Path) -> None:
    """The manager looks at silent sources as often as in the daemon, whatever the interval."""
    suite = read(write(tmp_path, "interval: 1m\n" + one("0 stalex20", "events: []")), rule_file)
    told = play(suite.stories[0], suite.rules, suite.interval).told
    assert [event.kind.value for _, event in told] == ["unknown"]
    assert told[0][0] % 60 != 0


def test_averages_come_with_the_source_their_window_is_of(tmp_path: Path) -> None:
    """The guides' own window is an answer of `queues`, every other one of `service_level`."""
    labels = 'queue_average_wait_seconds{{queue="A", media="all", window="{}"}}'
    both = ", ".join(f"{{series: '{labels.format(window)}', values: '1'}}" for window in ("recent", "15m"))
    suite = read(write(tmp_path, f"tests: [{{name: t, series: [{both}], events: []}}]\n"), rule_file)
    assert [one.source for one in suite.stories[0].series] == ["queues", "service_level"]
