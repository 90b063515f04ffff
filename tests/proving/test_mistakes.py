"""Files of tests that are wrong: every mistake at once, each with its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from monitor.config import rule_file
from monitor.model.errors import ConfigError
from monitor.proving.reading import read
from tests.proving.making import WAITING, one, write

INLINE = """\
rules:
  - {name: A, metric: queue_waiting, critical: {above: 5}}
  - name: B
    metric: queue_waiting
    critical: {abov: 5}
tests: []
"""


def mistakes(file: Path) -> list[str]:
    """Return the mistakes without the folder."""
    with pytest.raises(ConfigError) as caught:
        read(file, rule_file)
    return [str(one).removeprefix(f"{file.parent}/") for one in caught.value.details]


@pytest.mark.parametrize(
    ("values", "expected", "said"),
    [
        ("1x3 foo", "events: []", "tests.yaml:4: tests[0].series[0].values: 'foo' is not understood"),
        ("1x3", "evnts: []", "tests.yaml:5: tests[0].evnts: unknown key (did you mean events?)"),
        ("1x3", "start: 2026-11-23T09:00", "tests.yaml:5: tests[0].start: should be a date and time"),
        ("1x3", "events: 3", "tests.yaml:5: tests[0].events: should be a list"),
        ("1x3", "events: [3]", "tests.yaml:5: tests[0].events[0]: should be a mapping"),
        (
            "1x3",
            "events: [{at: 1s, kind: fird, rule: SourceDown}]",
            "tests[0].events[0].kind: should be fired",
        ),
        (
            "1x3",
            "events: [{at: 5, kind: fired, rule: SourceDown}]",
            "tests[0].events[0].at: should be a duration",
        ),
        ("1x3", "events: [{at: 1h, kind: fired, rule: SourceDown}]", "at: is after the last value"),
        ("1x3", "alerts: [{at: 1s, rule: Nobody, expect: []}]", "rule: there is no such rule"),
        ("1x3", "alerts: [{at: 1s, rule: SourceDown}]", "alerts[0].expect: is missing"),
        ("1x3", "alerts: [{at: 1s, rule: SourceDown, expect: [{quue: A}]}]", "did you mean queue?"),
        (
            "1x3",
            "alerts: [{at: 1s, rule: SourceDown, expect: [{state: inactive}]}]",
            "should be pending or firing",
        ),
        ("1x3", "name: t", "is given twice"),
        ("1x3", "", "tests[0].alerts: is missing: nothing is expected"),
    ],
)
def test_a_mistake_has_its_place(tmp_path: Path, values: str, expected: str, said: str) -> None:
    """What is wrong is told with where it is and what to write."""
    found = mistakes(write(tmp_path, one(values, expected)))
    assert any(said in line for line in found)


@pytest.mark.parametrize(
    ("series", "said"),
    [
        ("queue_waitng", "there is no metric queue_waitng"),
        ("queue_info{}", "there is no metric queue_info that a rule could judge"),
        ('queue_waiting{queue="A"}', "queue_waiting lacks media"),
        ('queue_waiting{queue="A", media="voice", window="5m"}', "has no label window"),
        ("queue_waiting{media}", "is not understood"),
    ],
)
def test_a_series_is_one_of_the_catalogue(tmp_path: Path, series: str, said: str) -> None:
    """A metric has exactly its labels; only queue and queue_id stand for each other."""
    text = f"tests:\n  - {{name: t, series: [{{series: '{series}', values: '1'}}], events: []}}\n"
    (found,) = mistakes(write(tmp_path, text))
    assert said in found


def test_every_mistake_is_told_at_once(tmp_path: Path) -> None:
    """Mistakes of different tests come together, in reading order."""
    text = one("foo", "events: []") + one("bar", "events: []").removeprefix("tests:\n")
    assert [line.split(":")[1] for line in mistakes(write(tmp_path, text))] == ["4", "6", "7"]


def test_rules_of_the_file_itself_have_its_lines(tmp_path: Path) -> None:
    """A mistake of an inline rule is told with this file and line."""
    file = tmp_path / "tests.yaml"
    file.write_text(INLINE)
    found = mistakes(file)
    assert any(line.startswith("tests.yaml:5: rules[1].critical.abov: unknown key") for line in found)
    assert any("tests: is missing" in line for line in found)


def test_mistakes_of_a_rule_file_are_told_with_its_name(tmp_path: Path) -> None:
    """What is wrong elsewhere is told from there."""
    rules = "rules:\n  - {name: A, metric: nothing, critical: {above: 5}}\n"
    found = mistakes(write(tmp_path, one("1", "events: []"), rules))
    assert [line.split(":")[0] for line in found] == ["rules.yaml"]


def test_two_rules_of_one_name_are_refused(tmp_path: Path) -> None:
    """Events name rules, so a name is one rule."""
    file = write(tmp_path, one("1", "events: []"))
    file.write_text(file.read_text().replace("[rules.yaml]", "[rules.yaml, rules.yaml]"))
    (found,) = mistakes(file)
    assert "there are two rules named QueueWaitingHigh" in found


@pytest.mark.parametrize("text", ["", "- 1", "tests: [", "\t"])
def test_a_file_that_is_none_is_told(tmp_path: Path, text: str) -> None:
    """Whatever is in it, it is a mistake and nothing else."""
    file = tmp_path / "tests.yaml"
    file.write_text(text)
    assert mistakes(file)


def test_a_missing_file_is_one_mistake(tmp_path: Path) -> None:
    """Nothing is said of what cannot be read but that."""
    assert mistakes(tmp_path / "none.yaml") == ["none.yaml: cannot be read: No such file or directory"]


def test_names_stand_for_ids(tmp_path: Path) -> None:
    """A series without queue_id has the queue's name for it."""
    suite = read(write(tmp_path, one("1", "events: []")), rule_file)
    (story,) = suite.stories
    assert dict(story.series[0].labels) == {"queue_id": "Support", "queue": "Support", "media": "voice"}
    assert WAITING.startswith(story.series[0].metric)


def test_mistakes_are_told_where_they_are_written(tmp_path: Path) -> None:
    """With calendars here and rules elsewhere, each mistake has its own file and line."""
    rules = "rules:\n  - {name: A, metric: queue_waiting, critical: {above: 5}, during: nights}\n"
    file = write(tmp_path, one("1", "events: []"), rules)
    file.write_text("calendars:\n  day: {timezone: Europe/Berln}\n" + file.read_text())
    found = mistakes(file)
    assert any(
        line.startswith("rules.yaml:2: rules[0].during: no calendar is named nights") for line in found
    )
    assert any(line.startswith("tests.yaml:2: calendars.day.timezone: is not a time zone") for line in found)
    file.write_text(file.read_text().replace("rules.yaml", "none.yaml"))
    assert any(line.startswith("tests.yaml:3: rule_files[0]: is not there") for line in mistakes(file))
