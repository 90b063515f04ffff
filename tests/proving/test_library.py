"""The shipped rules: they pass their tests, and every number in them is needed for that."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from monitor.cli import main
from monitor.config import rule_file
from monitor.model.rule import Level, Rule
from monitor.proving.comparing import failures
from monitor.proving.linting import lint
from monitor.proving.playing import play
from monitor.proving.reading import read
from monitor.proving.story import Suite

LIBRARY = Path(__file__).parents[2] / "config" / "rules"
RULES = sorted(LIBRARY.glob("*.yaml"))
TESTS = sorted((LIBRARY / "tests").glob("*.yaml"))
LONGER = 3700.0
"""Seconds: more than an hour, the slowest source's interval."""


def test_every_file_of_rules_has_tests_of_its_name() -> None:
    """No rule is shipped untested."""
    assert [path.name for path in RULES] == [path.name for path in TESTS]
    assert {"queues", "servicelevel", "agents", "workitems", "strategies"} <= {path.stem for path in RULES}


def test_the_library_passes_its_tests() -> None:
    """`queuewatch rules test` says ok for each file."""
    result = CliRunner().invoke(main, ["rules", "test", *map(str, TESTS)])
    assert (result.exit_code, result.output.count(", ok\n")) == (0, len(TESTS)), result.output


@pytest.mark.parametrize("path", RULES, ids=lambda path: path.stem)
def test_the_library_has_nothing_to_lint(path: Path) -> None:
    """Every shipped rule has both severities, a hold, a summary, and no finding."""
    rules = rule_file(path)
    assert list(lint(rules)) == []
    for rule in rules:
        assert len(rule.levels) == 2, rule.name
        assert rule.keep_firing_for, rule.name
        assert rule.annotations["summary"], rule.name


@pytest.mark.slow
@pytest.mark.parametrize("path", TESTS, ids=lambda path: path.stem)
def test_every_number_is_needed(path: Path) -> None:
    """With a level, an edge, a dwell, a guard or a matcher changed, some test of the file fails."""
    suite = read(path, rule_file)
    survivors = [
        f"{rule.name}: {what}"
        for rule in suite.rules
        for what, mutant in mutants(rule)
        if passes(replace(suite, rules=tuple(mutant if one is rule else one for one in suite.rules)))
    ]
    assert survivors == []


def passes(suite: Suite) -> bool:
    """Return whether every test of a suite passes."""
    return not any(
        failure
        for story in suite.stories
        for failure in failures(story, play(story, suite.rules, suite.interval), suite.interval)
    )


def mutants(rule: Rule) -> Iterator[tuple[str, Rule]]:
    """Yield the rule with one thing changed, and what."""
    for place, level in enumerate(rule.levels):
        others = rule.levels[:place], rule.levels[place + 1 :]
        yield f"{level.severity} is gone", replace(rule, levels=(*others[0], *others[1]))
        for what, changed in levels(level):
            yield f"{level.severity} {what}", replace(rule, levels=(*others[0], changed, *others[1]))
    for matcher in rule.matchers:
        kept = tuple(one for one in rule.matchers if one is not matcher)
        yield f"any {matcher.label}", replace(rule, matchers=kept)
    yield "no hold", replace(rule, keep_firing_for=0.0)
    if rule.guard is not None and rule.guard.volume is not None:
        yield "any volume", replace(rule, guard=replace(rule.guard, volume=None))
    if rule.guard is not None and rule.guard.confidence is not None:
        yield "any confidence", replace(rule, guard=replace(rule.guard, confidence=None))


def levels(level: Level) -> Iterator[tuple[str, Level]]:
    """Yield the level with one thing changed, and what."""
    yield "later", replace(level, dwell=level.dwell + LONGER)
    if level.dwell:
        yield "at once", replace(level, dwell=0.0)
    if level.clear_low != level.low:
        yield "clears where it is entered", replace(level, clear_low=level.low)
    if level.clear_high not in (level.high, None) and not level.truth:
        yield "clears where it is entered", replace(level, clear_high=level.high)
