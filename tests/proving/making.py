"""What the tests of this room are made of: a rule, series, and whole files."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

from monitor.config import rule_file
from monitor.proving.comparing import Failure, failures
from monitor.proving.playing import play
from monitor.proving.reading import read

RULE = """\
rules:
  - name: QueueWaitingHigh
    metric: queue_waiting
    warning: {above: 8, clear_below: 3, for: 20s}
    critical: {above: 20, clear_below: 10}
    keep_firing_for: 20s
"""
WAITING = 'queue_waiting{queue="Support", media="voice"}'
LEVEL = (
    'service_level_{part}{{queue="Support", media="voice", window="15m", threshold="20s", definition="x"}}'
)


def write(folder: Path, tests: str, rules: str = RULE) -> Path:
    """Write a file of tests beside its rules."""
    (folder / "rules.yaml").write_text(dedent(rules))
    file = folder / "tests.yaml"
    file.write_text("rule_files: [rules.yaml]\n" + dedent(tests))
    return file


def one(values: str, expected: str) -> str:
    """Return one test of a single queue."""
    return f"tests:\n  - name: t\n    series: [{{series: '{WAITING}', values: '{values}'}}]\n    {expected}\n"


def failed(file: Path) -> list[Failure]:
    """Run a file of tests and return what failed."""
    suite = read(file, rule_file)
    return [
        failure
        for story in suite.stories
        for failure in failures(story, play(story, suite.rules, suite.interval), suite.interval)
    ]
