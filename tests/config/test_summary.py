"""Rules in one line each."""

from pathlib import Path

import pytest

from monitor.config import describe
from tests.config.files import loaded

CALENDARS = """
calendars:
  office: {timezone: UTC, hours: {mon-fri: "08:00-18:00"}}
  peak: {timezone: UTC, hours: {mon: "08:00-10:00"}}
sources: {service_level: {windows: [5m, 15m, 1h]}}
"""


@pytest.mark.parametrize(
    ("rule", "line"),
    [
        ("metric: queue_waiting, critical: {above: 8}", "queue_waiting, critical above 8"),
        (
            (
                "metric: service_level_ratio, for_each: {media: voice, queue: {regex: 'S.*'}}, "
                "window: [5m, 15m], warning: {below: 0.8, for: 2m}, critical: {below: 0.6, for: 1m30s}"
            ),
            (
                "service_level_ratio {media: voice, queue: S.*, window: 5m, 15m}, "
                "warning below 0.8 for 2m, critical below 0.6 for 1m30s"
            ),
        ),
        ("metric: queue_waiting, warning: {outside: [1, 9.5]}", "queue_waiting, warning outside 1 to 9.5"),
        (
            "expr: 'queue_waiting > 0 && queue_agents_on_queue == 0', critical: {for: 1m}",
            "queue_waiting > 0 && queue_agents_on_queue == 0, critical while true for 1m",
        ),
        (
            "burn: {objective: 0.8, critical: {budget_share: 0.1, long: 1h, short: 5m}}",
            "burn rate of service_level_ratio, critical at 2.4 × over 1h and 5m",
        ),
        (
            (
                "metric: queue_waiting, critical: {above: 8}, during: office, not_during: peak, "
                "exceptions: [{during: peak, critical: {above: 20}}]"
            ),
            "queue_waiting, critical above 8; during office; not during peak; otherwise during peak",
        ),
    ],
)
def test_a_rule_in_one_line(tmp_path: Path, rule, line):
    """What is judged, of what, both levels, and when."""
    settings = loaded(tmp_path, CALENDARS + f"rules: [{{name: Rule, {rule}}}]")
    lines = describe(settings)
    assert lines[lines.index("1 rule:") + 1] == f"  Rule: {line}"


def test_no_rules(tmp_path: Path):
    """Nothing follows."""
    assert "0 rules" in describe(loaded(tmp_path))
