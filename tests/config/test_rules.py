"""Rules, as the file has them."""

from pathlib import Path

import pytest

from monitor.model.catalogue import judgeable
from monitor.model.rule import Level, Matcher, Rule, Severity
from tests.config.files import loaded, mistakes, only, rule


def test_a_whole_rule(tmp_path: Path):
    """Every key arrives."""
    text = """
rules:
  - name: WaitHigh
    for_each: {queue: "Support*", media: [voice, callback], queue_id: {regex: "[0-9a-f-]+"}, org: acme}
    metric: queue_longest_wait_seconds
    warning: {above: 90, clear_below: 60.5, for: 1m30s}
    keep_firing_for: 3m
    labels: {team: support}
    annotations: {summary: "long\\nwait"}
"""
    assert loaded(tmp_path, text).rules == (
        Rule(
            name="WaitHigh",
            metric="queue_longest_wait_seconds",
            level=Level(severity=Severity.WARNING, above=True, enter=90, clear=60.5, dwell=90),
            matchers=(
                Matcher(label="queue", globs=("Support*",)),
                Matcher(label="media", globs=("voice", "callback")),
                Matcher(label="queue_id", regex="[0-9a-f-]+"),
                Matcher(label="org", globs=("acme",)),
            ),
            keep_firing_for=180,
            labels={"team": "support"},
            annotations={"summary": "long\nwait"},
        ),
    )


@pytest.mark.parametrize(
    ("level", "above", "enter", "clear"),
    [
        ("critical: {above: 8}", True, 8, 8),
        ("critical: {above: 8, clear_below: 8}", True, 8, 8),
        ("critical: {above: 0, clear_below: -1}", True, 0, -1),
        ("warning: {below: 2}", False, 2, 2),
        ("warning: {below: 2, clear_above: 4}", False, 2, 4),
        ("warning: {below: 0, clear_above: 0}", False, 0, 0),
    ],
)
def test_levels_clear_on_their_good_side(tmp_path: Path, level, above, enter, clear):
    """Without a clear level the enter level is it."""
    built = loaded(tmp_path, rule(level)).rules[0].level
    assert (built.above, built.enter, built.clear, built.dwell) == (above, enter, clear, 0)


@pytest.mark.parametrize("metric", judgeable())
def test_every_judgeable_metric_is_accepted(tmp_path: Path, metric):
    """By the catalogue's name, and by the name on /metrics."""
    everything = "{agents: {enabled: true}, workitems: {enabled: true}, strategies: {enabled: true}}"
    org = "orgs:\n"
    for dialect in ("platform", "guides"):
        org += f"  {dialect}: {{region: eu-west-1, dialect: {dialect}}}\n"
    for name in (metric, f"genesys_{metric}"):
        text = f"sources: {everything}\n" + rule("critical: {above: 1}", metric=name)
        assert loaded(tmp_path, text, {}, org=org, secrets=False).rules[0].metric == metric


@pytest.mark.parametrize(
    ("text", "metric", "path", "words"),
    [
        (
            "critical: {above: 1}",
            "queue_waitng",
            "metric",
            "is not a known metric (did you mean queue_waiting?)",
        ),
        ("critical: {above: 1}", "queue_info", "metric", "cannot be judged by a rule"),
        ("critical: {above: 1}", "queuewatch_alerts", "metric", "cannot be judged by a rule"),
        ("labels: {}", "queue_waiting", "", "has no level"),
        (
            "critical: {above: 1}, warning: {above: 0}",
            "queue_waiting",
            "",
            "not supported yet (write two rules",
        ),
        ("critical: {for: 1s}", "queue_waiting", "critical", "exactly one of above and below"),
        ("critical: {above: 1, below: 2}", "queue_waiting", "critical", "exactly one of above and below"),
        (
            "critical: {above: 1, clear_above: 2}",
            "queue_waiting",
            "critical.clear_above",
            "write clear_below",
        ),
        (
            "critical: {below: 1, clear_below: 0}",
            "queue_waiting",
            "critical.clear_below",
            "write clear_above",
        ),
        (
            "critical: {above: 1, clear_below: 2}",
            "queue_waiting",
            "critical.clear_below",
            "should be at most 1",
        ),
        (
            "critical: {below: 2, clear_above: 1}",
            "queue_waiting",
            "critical.clear_above",
            "should be at least 2",
        ),
        ("critical: {below: 80}", "queue_target_ratio", "critical.below", "is a ratio (80 % is 0.8)"),
        (
            "critical: {below: 0.8, clear_above: 85}",
            "queue_target_ratio",
            "critical.clear_above",
            "80 % is 0.8",
        ),
        ("critical: {below: -0.1}", "queue_target_ratio", "critical.below", "between 0 and 1"),
        ("critical: {above: 1, for: 5}", "queue_waiting", "critical.for", "write 5s"),
        ("critical: {above: 1}, keep_firing_for: 2", "queue_waiting", "keep_firing_for", "write 2s"),
        (
            "critical: {above: 1}, for_each: {medai: x}",
            "queue_waiting",
            "for_each.medai",
            "did you mean media?",
        ),
        (
            "critical: {above: 1}, for_each: {media: x}",
            "queue_members",
            "for_each.media",
            "are org, queue_id, queue)",
        ),
        (
            "critical: {above: 1}, for_each: {queue: 7}",
            "queue_waiting",
            "for_each.queue",
            "put numbers in quotes",
        ),
        ("critical: {above: 1}, for_each: {queue: []}", "queue_waiting", "for_each.queue", "a list of globs"),
        (
            "critical: {above: 1}, for_each: {queue: {globs: [x]}}",
            "queue_waiting",
            "for_each.queue",
            "one key regex",
        ),
        (
            "critical: {above: 1}, for_each: {queue: {regex: '('}}",
            "queue_waiting",
            "for_each.queue.regex",
            "not a regular",
        ),
        (
            "critical: {above: 1}, for_each: {queue: {regex: '(a+)+'}}",
            "queue_waiting",
            "for_each.queue.regex",
            "repeat",
        ),
        (
            f"critical: {{above: 1}}, for_each: {{queue: {'x' * 201}}}",
            "queue_waiting",
            "for_each.queue.globs[0]",
            "200",
        ),
        ("critical: {above: 1}, labels: {a-b: x}", "queue_waiting", "labels.a-b", "is not a label's name"),
    ],
)
def test_wrong_rules_are_mistakes(tmp_path: Path, text, metric, path, words):
    """Each is told at its key, with what to write."""
    mistake = only(mistakes(tmp_path, rule(text, metric=metric)))
    assert mistake.path == "rules[0]" + (f".{path}" if path else "")
    assert words in str(mistake)


def test_names_differ(tmp_path: Path):
    """Two rules of one name would share their alerts."""
    one = "  - {name: A, metric: queue_waiting, critical: {above: 1}}\n"
    mistake = only(mistakes(tmp_path, "rules:\n" + one + one))
    assert (mistake.path, mistake.problem) == ("rules[1].name", "A is the name of rules[0] too")


@pytest.mark.parametrize("name", ["1A", "A-B", "A B", "", "_A"])
def test_names_are_plain(tmp_path: Path, name):
    """A rule's name is fit for topics and labels."""
    text = f"rules: [{{name: '{name}', metric: queue_waiting, critical: {{above: 1}}}}]"
    assert only(mistakes(tmp_path, text)).problem == "is not a rule's name"
