"""Levels: where they are entered and left, and which of two is the milder one."""

from pathlib import Path

import pytest

from monitor.model.rule import Level, Severity
from tests.config.files import loaded, mistakes, only, rule


@pytest.mark.parametrize(
    ("level", "edges"),
    [
        ("critical: {above: 8}", (None, 8, None, 8)),
        ("critical: {above: 8, clear_below: 8}", (None, 8, None, 8)),
        ("critical: {above: 0, clear_below: -1}", (None, 0, None, -1)),
        ("warning: {below: 2}", (2, None, 2, None)),
        ("warning: {below: 2, clear_above: 4}", (2, None, 4, None)),
        ("warning: {below: 0, clear_above: 0}", (0, None, 0, None)),
        ("warning: {outside: [2, 9]}", (2, 9, 2, 9)),
        ("warning: {outside: [2, 9], clear_inside: [3, 8.5]}", (2, 9, 3, 8.5)),
        ("warning: {outside: [2, 9], clear_inside: [2, 9]}", (2, 9, 2, 9)),
    ],
)
def test_levels_clear_on_their_good_side(tmp_path: Path, level, edges):
    """Without a clear level the enter level is it."""
    (built,) = loaded(tmp_path, rule(level)).rules[0].levels
    assert (built.low, built.high, built.clear_low, built.clear_high) == edges
    assert (built.dwell, built.truth) == (0, False)


@pytest.mark.parametrize(
    ("text", "path", "words"),
    [
        ("critical: {for: 1s}", "critical", "exactly one of above, below and outside"),
        ("critical: {}", "critical", "exactly one of above, below and outside"),
        ("critical: {above: 1, below: 2}", "critical", "exactly one of above, below and outside"),
        ("critical: {above: 3, outside: [1, 2]}", "critical", "exactly one of above, below and outside"),
        ("critical: {above: 1, clear_above: 2}", "critical.clear_above", "write clear_below"),
        ("critical: {below: 1, clear_below: 0}", "critical.clear_below", "write clear_above"),
        ("critical: {above: 1, clear_inside: [0, 1]}", "critical.clear_inside", "write clear_below"),
        ("critical: {outside: [1, 2], clear_below: 2}", "critical.clear_below", "write clear_inside"),
        ("critical: {above: 1, clear_below: 2}", "critical.clear_below", "should be at most 1, the level"),
        ("critical: {below: 2, clear_above: 1}", "critical.clear_above", "should be at least 2"),
        ("critical: {outside: [2, 1]}", "critical.outside", "two numbers, the lower one first"),
        ("critical: {outside: [1]}", "critical.outside", "two numbers, the lower one first"),
        ("critical: {outside: [1, 2, 3]}", "critical.outside", "two numbers, the lower one first"),
        ("critical: {outside: 3}", "critical.outside", "should be a list"),
        (
            "critical: {outside: [1, 4], clear_inside: [0, 3]}",
            "critical.clear_inside",
            "should be at least 1, the level of outside",
        ),
        (
            "critical: {outside: [1, 4], clear_inside: [0, 5]}",
            "critical.clear_inside",
            "should be at least 1 and at most 4, the level of outside",
        ),
    ],
)
def test_wrong_levels_are_mistakes(tmp_path: Path, text, path, words):
    """Each is told at its key, with what to write."""
    mistake = only(mistakes(tmp_path, rule(text)))
    assert mistake.path == f"rules[0].{path}"
    assert words in str(mistake)


@pytest.mark.parametrize(
    ("text", "path", "words"),
    [
        ("critical: {below: 80}", "below", "is a ratio (80 % is 0.8)"),
        ("critical: {below: 0.8, clear_above: 85}", "clear_above", "80 % is 0.8"),
        ("critical: {below: -0.1}", "below", "between 0 and 1"),
        ("critical: {outside: [0.2, 90]}", "outside", "between 0 and 1"),
    ],
)
def test_ratios_are_0_to_1(tmp_path: Path, text, path, words):
    """A percentage is the commonest slip, and would fire for ever."""
    mistake = only(mistakes(tmp_path, rule(text, metric="queue_target_ratio")))
    assert mistake.path == f"rules[0].critical.{path}"
    assert words in str(mistake)


LATER = "is not milder than critical: it is entered later"
NO_EARLIER = "is not milder than critical: it is entered no earlier"
SIDES = "is not entered on every side on which critical is"


@pytest.mark.parametrize(
    ("warning", "critical", "problem"),
    [
        ("{above: 5}", "{above: 8}", None),
        ("{above: 8}", "{above: 5}", LATER),
        ("{above: 8}", "{above: 8}", NO_EARLIER),
        ("{above: 8, for: 2m}", "{above: 8, for: 1m}", NO_EARLIER),
        ("{above: 8, for: 1m}", "{above: 8, for: 2m}", None),
        ("{above: 5, for: 5m}", "{above: 8, for: 1m}", None),
        ("{below: 5}", "{below: 2}", None),
        ("{below: 2}", "{below: 5}", LATER),
        ("{below: 2}", "{below: 2}", NO_EARLIER),
        ("{above: 5}", "{below: 2}", SIDES),
        ("{below: 5}", "{above: 8}", SIDES),
        ("{outside: [3, 7]}", "{outside: [2, 9]}", None),
        ("{outside: [3, 7]}", "{outside: [2, 7]}", None),
        ("{outside: [3, 7]}", "{outside: [4, 9]}", LATER),
        ("{outside: [3, 7]}", "{outside: [2, 6]}", LATER),
        ("{outside: [3, 7]}", "{outside: [3, 7]}", NO_EARLIER),
        ("{outside: [3, 7]}", "{above: 9}", None),
        ("{above: 5}", "{outside: [2, 9]}", SIDES),
    ],
)
def test_a_warning_comes_before_its_critical(tmp_path: Path, warning, critical, problem):
    """Otherwise one of the two never says anything of its own."""
    text = rule(f"warning: {warning}, critical: {critical}")
    if problem is None:
        assert [level.severity for level in loaded(tmp_path, text).rules[0].levels] == ["warning", "critical"]
    else:
        mistake = only(mistakes(tmp_path, text))
        assert (mistake.path, mistake.problem) == ("rules[0].warning", problem)


@pytest.mark.parametrize(
    ("expr", "level", "path", "words"),
    [
        ("queue_waiting > 1", "critical: {above: 1}", "critical.above", "true or false (write only for)"),
        ("queue_waiting > 1", "critical: {clear_below: 0}", "critical.clear_below", "true or false"),
        ("queue_waiting + 1", "critical: {for: 1m}", "critical", "exactly one of above, below and outside"),
        ("queue_waiting + 1", "labels: {}", "", "has no level (write warning: or critical: with above or"),
        ("queue_waiting > 1", "labels: {}", "", "has no level (write warning: or critical: with for)"),
        ("queue_waiting > 1", "warning: {for: 1m}, critical: {for: 1m}", "warning", NO_EARLIER),
    ],
)
def test_levels_of_expressions(tmp_path: Path, expr, level, path, words):
    """A condition has no threshold, a number needs one."""
    mistake = only(mistakes(tmp_path, f"rules: [{{name: A, expr: '{expr}', {level}}}]"))
    assert mistake.path == "rules[0]" + (f".{path}" if path else "")
    assert words in str(mistake)


def test_levels_of_a_condition(tmp_path: Path):
    """They are about 1 and 0, and differ by their dwell alone."""
    text = "rules: [{name: A, expr: 'queue_waiting > 1', warning: {for: 1m}, critical: {for: 5m}}]"
    assert loaded(tmp_path, text).rules[0].levels == (
        Level(severity=Severity.WARNING, high=0.5, dwell=60, truth=True),
        Level(severity=Severity.CRITICAL, high=0.5, dwell=300, truth=True),
    )
