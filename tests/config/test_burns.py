"""Burn rates: shares and windows in, factors out."""

from dataclasses import replace
from pathlib import Path

import pytest

from monitor.model.rule import Burn, Level, Severity
from tests.config.files import ORG, loaded, mistakes, only

WINDOWS = "sources: {service_level: {windows: [5m, 15m, 30m, 1h, 6h]}}\n"
CRITICAL = "critical: {budget_share: 0.1, long: 1h, short: 5m}"
PAIR = "{budget_share: 0.1, long: 1h, short: 5m"
WARNING = "warning: {budget_share: 0.2, long: 6h, short: 30m, for: 2m}"


def burn(text: str, more: str = "", *, objective: float = 0.8) -> str:
    """Return a file with a budget of a day."""
    return (
        f"{WINDOWS}rules:\n  - name: Budget\n    burn: {{objective: {objective}, period: 24h, {text}}}\n"
        f"    {more}\n"
    )


def test_a_budget(tmp_path: Path):
    """A tenth of a day's budget in an hour burns 2.4 times too fast."""
    (rule,) = loaded(tmp_path, burn(f"{CRITICAL}, {WARNING}", "threshold: 20s")).rules
    mild, bad = rule.burns
    assert replace(mild, factor=0.8) == Burn(
        severity=Severity.WARNING, objective=0.8, long="6h", short="30m", factor=0.8, dwell=120
    )
    assert replace(bad, factor=2.4) == Burn(
        severity=Severity.CRITICAL, objective=0.8, long="1h", short="5m", factor=2.4
    )
    assert [mild.factor, bad.factor] == [pytest.approx(0.8), pytest.approx(2.4)]
    assert rule.levels == (
        Level(severity=Severity.WARNING, high=mild.factor, clear_high=mild.factor, dwell=120),
        Level(severity=Severity.CRITICAL, high=bad.factor, clear_high=bad.factor),
    )
    assert (rule.metric, rule.expr, rule.matchers[0].label) == ("service_level_ratio", "", "threshold")


def test_pages_tickets_and_several_pairs(tmp_path: Path):
    """The words of the method are ours too; a level is entered at the smallest of its rates."""
    text = (
        "page: [{budget_share: 0.1, long: 60m, short: 5m}, {budget_share: 0.2, long: 6h, short: 30m}], "
        "ticket: {budget_share: 0.1, long: 6h, short: 1h}"
    )
    (rule,) = loaded(tmp_path, burn(text)).rules
    assert [(one.severity, one.long) for one in rule.burns] == [
        ("warning", "6h"),
        ("critical", "1h"),
        ("critical", "6h"),
    ]
    assert [level.high for level in rule.levels] == [pytest.approx(0.4), pytest.approx(0.8)]


@pytest.mark.parametrize(
    ("text", "path", "words"),
    [
        ("warning: ", "burn", "has no level"),
        (
            f"{CRITICAL}, page: {{budget_share: 0.2, long: 1h, short: 5m}}",
            "burn.page",
            "another word for crit",
        ),
        ("critical: {budget_share: 0.3, long: 1h, short: 5m}", "burn.critical.budget_share", "nothing burns"),
        ("critical: {budget_share: 0, long: 1h, short: 5m}", "burn.critical.budget_share", "more than 0"),
        ("critical: {budget_share: 2, long: 1h, short: 5m}", "burn.critical.budget_share", "at most 1"),
        ("critical: {budget_share: 0.1, long: 5m, short: 1h}", "burn.critical.short", "should be shorter"),
        (
            "critical: {budget_share: 0.1, long: 2h, short: 5m}",
            "burn.critical.long",
            "for the window 2h (there",
        ),
        ("critical: {budget_share: 0.1, long: 1h, short: 1m}", "burn.critical.short", "for the window 1m"),
        (
            "critical: {budget_share: 0.1, long: 2d, short: 5m}",
            "burn.critical.long",
            "at most the period, 1d",
        ),
        ("critical: {budget_share: 0.1, long: 1h}", "burn.critical.short", "is required"),
        (
            "critical: {budget_share: 0.1, longer: 1h, long: 1h, short: 5m}",
            "burn.critical.longer",
            "mean long?",
        ),
        (
            "critical: [{budget_share: 0.1, long: 1h, short: 5m}, {budget_share: 0.1, long: 1h, short: 1m}]",
            "burn.critical[1].short",
            "for the window 1m",
        ),
        (
            f"critical: [{PAIR}}}, {PAIR}, for: 1m}}]",
            "burn.critical[1].for",
            "longer than that of another critical pair",
        ),
        (
            f"{CRITICAL}, warning: {{budget_share: 0.2, long: 1h, short: 5m}}",
            "burn.warning",
            "is not milder than critical",
        ),
    ],
)
def test_wrong_budgets_are_mistakes(tmp_path: Path, text, path, words):
    """Each is told at its key."""
    mistake = only(mistakes(tmp_path, burn(text)))
    assert mistake.path == f"rules[0].{path}"
    assert words in str(mistake)


@pytest.mark.parametrize("objective", [0, 1, 80, -0.5])
def test_an_objective_leaves_a_budget(tmp_path: Path, objective):
    """It is between 0 and 1."""
    assert only(mistakes(tmp_path, burn(CRITICAL, objective=objective))).path == "rules[0].burn.objective"


@pytest.mark.parametrize(
    ("more", "path", "words"),
    [
        ("critical: {above: 2}", "critical", "does not go with burn (write it within burn)"),
        ("window: 15m", "window", "has windows of its own"),
        ("for_each: {window: 15m}", "for_each.window", "burn has no such label"),
        ("min_volume: {offered: 10}", "min_volume", "does not go with burn"),
        ("metric: queue_waiting", "", "exactly one of metric, expr and burn"),
    ],
)
def test_what_does_not_go_with_a_budget(tmp_path: Path, more, path, words):
    """A budget has levels and windows of its own."""
    mistake = only(mistakes(tmp_path, burn(CRITICAL, more)))
    assert mistake.path == "rules[0]" + (f".{path}" if path else "")
    assert words in str(mistake)


def test_both_windows_are_asked_of_one_org(tmp_path: Path):
    """A long window here and a short one there make no rate."""
    orgs = """
orgs:
  one: {region: eu-west-1, sources: {service_level: {windows: [1h]}}}
  two: {region: eu-west-1, sources: {service_level: {windows: [5m]}}}
"""
    mistake = only(mistakes(tmp_path, burn(CRITICAL), {}, org=orgs, secrets=False))
    assert (mistake.path, mistake.problem) == ("rules[0].burn.critical", "no org asks for both 1h and 5m")
    assert loaded(tmp_path, burn(CRITICAL), org=ORG).rules
