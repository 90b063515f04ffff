"""Rules over several metrics: what they read has to stand in one answer, side by side."""

from pathlib import Path

import pytest

from tests.config.files import ORG, loaded, mistakes, only

GUIDES = ORG + "    dialect: guides\n"


def expr(text: str, more: str = "critical: {for: 1m}") -> str:
    """Return a file's `rules` with one expression."""
    return f"rules:\n  - name: Rule\n    expr: '{text}'\n    {more}\n"


@pytest.mark.parametrize(
    "text",
    [
        "queue_waiting > 0 && queue_agents_on_queue == 0",
        "queue_agents_on_queue == 0 && queue_waiting > 0",
        "queue_longest_wait_seconds > 1m30s",
        "queue_offered > 20 && service_level_ratio < 0.8",
    ],
)
def test_metrics_of_one_answer_go_together(tmp_path: Path, text):
    """Agents of a queue stand beside every media type of it."""
    (rule,) = loaded(tmp_path, expr(text)).rules
    assert (rule.expr, rule.metric, rule.levels[0].truth) == (text, "", True)


def test_a_number_has_thresholds(tmp_path: Path):
    """And labels are those of the widest metric."""
    text = expr(
        "queue_waiting / queue_agents_on_queue",
        "for_each: {media: voice}\n    warning: {above: 2, clear_below: 1}",
    )
    (rule,) = loaded(tmp_path, text).rules
    assert (rule.levels[0].high, rule.levels[0].clear_high, rule.matchers[0].label) == (2, 1, "media")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("queue_waitin > 1", "column 1: there is no metric 'queue_waitin' (did you mean queue_waiting?)"),
        ("1 > genesys_queue_waiting", "column 5: there is no metric"),
        ("1 > queuewatch_outbox_depth", "column 5: there is no metric"),
        ("queue_waiting > queue_agents_busy", "column 15: cannot compare interactions and agents"),
        ("queue_waiting >", "column"),
        ("", "column"),
        ("1 < 2", "asks for no metric"),
        (
            "queue_waiting > 5 && service_level_ratio < 0.5",
            "column 22: service_level_ratio comes from sources.service_level, queue_waiting",
        ),
        (
            "queue_waiting > 5 && queue_agents > 5",
            "column 22: queue_agents is told by status, queue_waiting is not",
        ),
    ],
)
def test_expressions_without_sense_are_mistakes(tmp_path: Path, text, words):
    """With the line in the file, and the column in the expression."""
    mistake = only(mistakes(tmp_path, expr(text)))
    assert (mistake.path, mistake.line) == ("rules[0].expr", 8)
    assert words in str(mistake)


@pytest.mark.parametrize(
    ("text", "org", "path", "words"),
    [
        ("queue_alerting > 1", GUIDES, "expr", "queue_alerting is not known to the dialect guides"),
        ("queue_waiting + queue_alerting > 1", GUIDES, "expr", "queue_alerting is not known to the dialect"),
        ("workitem_backlog > 1", ORG, "expr", "comes from sources.workitems, which no org asks: enable it"),
        (
            "queue_average_wait_seconds > 5 && queue_answered > 5",
            GUIDES,
            "expr",
            "reads queue_average_wait_seconds of sources.queues, queue_answered of sources.service_level",
        ),
    ],
)
def test_expressions_that_no_org_can_answer(tmp_path: Path, text, org, path, words):
    """Every metric counts."""
    mistake = only(mistakes(tmp_path, expr(text), {}, org=org, secrets=False))
    assert mistake.path == f"rules[0].{path}"
    assert words in str(mistake)


def test_labels_of_an_expression(tmp_path: Path):
    """They are those of its widest metric."""
    text = expr("queue_members > 3", "critical: {}\n    for_each: {media: voice}")
    assert "expr has no such label" in str(only(mistakes(tmp_path, text)))
