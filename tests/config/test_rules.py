"""Rules, as the file has them."""

from pathlib import Path

import pytest

from monitor.model.catalogue import judgeable
from monitor.model.rule import Action, Level, Matcher, Policy, Rule, Severity, Verdict
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
            levels=(Level(severity=Severity.WARNING, high=90, clear_high=60.5, dwell=90),),
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


def test_a_rule_may_not_take_our_own_name(tmp_path: Path):
    """SourceDown is announced by queuewatch itself."""
    text = "rules: [{name: SourceDown, metric: queue_waiting, critical: {above: 1}}]"
    assert only(mistakes(tmp_path, text)).problem == "SourceDown is queuewatch's own rule"


LEVEL = "critical: {below: 0.8}"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("window: 15m", [("window", ("15m",))]),
        ("window: 900s, threshold: [20s]", [("window", ("15m",)), ("threshold", ("20s",))]),
        ("window: [5m, 30m], definition: genesys", [("window", ("5m", "30m")), ("definition", ("genesys",))]),
        (
            "for_each: {media: voice}, window: 15m, definition: [genesys, answered]",
            [("media", ("voice",)), ("window", ("15m",)), ("definition", ("genesys", "answered"))],
        ),
        ("window: , threshold: []", []),
    ],
)
def test_labels_may_be_keys_of_the_rule(tmp_path: Path, text, found):
    """Window, threshold and definition are short for conditions of for_each; lengths become labels."""
    (built,) = loaded(tmp_path, rule(f"{LEVEL}, {text}", metric="service_level_ratio")).rules
    assert [(matcher.label, matcher.globs) for matcher in built.matchers] == found


@pytest.mark.parametrize(
    ("text", "metric", "path", "words"),
    [
        ("window: 15m", "queue_waiting", "window", "queue_waiting has no such label (its labels are org, "),
        (
            "window: 15m, for_each: {window: 5m}",
            "service_level_ratio",
            "window",
            "is in for_each, too (keep one)",
        ),
        ("window: 15", "service_level_ratio", "window", "should be a duration such as 10s (write 15s)"),
        ("window: [5m, x]", "service_level_ratio", "window[1]", "should be a duration"),
        ("window: 5m0.0001s", "service_level_ratio", "window", "cannot be a label (write 5m)"),
        ("window: 10000d", "service_level_ratio", "window", "cannot be a label (nothing is longer"),
        ("window: 10m", "service_level_ratio", "window", "no org asks for this window (there are 5m, "),
        ("threshold: [20s, 1m]", "service_level_ratio", "threshold", "no org asks for this threshold"),
        ("definition: gensys", "service_level_ratio", "definition", "should be 'genesys' or 'answered'"),
        ("during: lunch", "service_level_ratio", "during", "no calendar is named lunch (write it below"),
        ("on_no_data: shout", "service_level_ratio", "on_no_data.action", "'hold', 'alert' or 'ok'"),
        ("on_error: {for: 5m}", "service_level_ratio", "on_error.action", "is required"),
        ("on_stale: {action: ok, four: 5m}", "service_level_ratio", "on_stale.four", "unknown key"),
        ("expr: queue_waiting > 1", "queue_waiting", "", "exactly one of metric, expr and burn (keep one of"),
    ],
)
def test_wrong_keys_of_a_rule_are_mistakes(tmp_path: Path, text, metric, path, words):
    """One thing in the place of a list is told without a number."""
    mistake = only(mistakes(tmp_path, rule(f"{LEVEL}, {text}", metric=metric)))
    assert mistake.path == "rules[0]" + (f".{path}" if path else "")
    assert words in str(mistake)


def test_a_rule_judges_something(tmp_path: Path):
    """Without metric, expr and burn there is nothing to judge."""
    mistake = only(mistakes(tmp_path, "rules: [{name: A, critical: {above: 1}}]"))
    assert str(mistake).endswith(
        "rules[0]: should hold exactly one of metric, expr and burn (such as metric: queue_waiting)"
    )


def test_policies_and_switches(tmp_path: Path):
    """An action alone, or with a time of its own; what is not said is not there."""
    text = "on_no_data: alert, on_error: {action: ok, for: 5m}, flap_detection: false, inhibit_members: true"
    (built,) = loaded(tmp_path, rule(f"critical: {{above: 1}}, {text}")).rules
    assert built.unknown == {
        Verdict.NO_DATA: Policy(action=Action.ALERT),
        Verdict.ERROR: Policy(action=Action.OK, dwell=300),
    }
    assert (built.flapping, built.inhibit_members) == (False, True)
    plain = loaded(tmp_path, rule()).rules[0]
    assert (plain.unknown, plain.flapping, plain.inhibit_members) == ({}, True, False)


PEAK = "{during: monday_peak, critical: {below: 0.5}}"
CALENDARS = """
calendars:
  business_hours: {timezone: Europe/Paris, hours: {mon-fri: "08:00-18:00"}}
  monday_peak: {timezone: Europe/Paris, hours: {mon: "08:00-10:00"}}
"""


def test_calendars_are_found_by_name(tmp_path: Path):
    """One or several; an exception keeps the levels that it does not name."""
    text = CALENDARS + rule(
        "during: business_hours, not_during: [monday_peak], warning: {below: 0.8}, critical: {below: 0.6}, "
        "exceptions: [{during: monday_peak, warning: {below: 0.7, for: 1m}}]",
        metric="service_level_ratio",
    )
    settings = loaded(tmp_path, text)
    (built,) = settings.rules
    assert built.during == (settings.calendars["business_hours"],)
    assert built.not_during == (settings.calendars["monday_peak"],)
    (other,) = built.overrides
    assert other.during is settings.calendars["monday_peak"]
    assert [(level.severity, level.low, level.dwell) for level in other.levels] == [
        (Severity.WARNING, 0.7, 60),
        (Severity.CRITICAL, 0.6, 0),
    ]


@pytest.mark.parametrize(
    ("text", "path", "words"),
    [
        (
            "during: busness_hours",
            "during",
            "no calendar is named busness_hours (did you mean business_hours?)",
        ),
        ("not_during: [x]", "not_during", "no calendar is named x (calendars are business_hours, "),
        ("during: monday_peak, not_during: monday_peak", "not_during", "monday_peak is in during, too"),
        (
            "exceptions: [{during: x, critical: {below: 0.5}}]",
            "exceptions[0].during",
            "no calendar is named x",
        ),
        ("exceptions: [{during: monday_peak}]", "exceptions[0]", "has no level (write warning: or critical:"),
        ("exceptions: [{critical: {below: 0.5}}]", "exceptions[0].during", "is required"),
        (
            "exceptions: [{during: monday_peak, warning: {below: 0.9}}]",
            "exceptions[0].warning",
            "the rule itself has no warning (an exception changes levels)",
        ),
        (
            "exceptions: [{during: monday_peak, critical: {below: 50}}]",
            "exceptions[0].critical.below",
            "is a ratio",
        ),
        (
            f"exceptions: [{PEAK}, {PEAK}]",
            "exceptions[1].during",
            "has an exception for monday_peak already",
        ),
        (
            "warning: {below: 0.85}, exceptions: [{during: monday_peak, warning: {below: 0.7}}]",
            "exceptions[0].warning",
            "is not milder than critical",
        ),
    ],
)
def test_wrong_hours_and_exceptions(tmp_path: Path, text, path, words):
    """Names that nobody wrote, and exceptions that change nothing or too much."""
    mistake = only(mistakes(tmp_path, CALENDARS + rule(f"{LEVEL}, {text}", metric="service_level_ratio")))
    assert mistake.path == f"rules[0].{path}"
    assert words in str(mistake)


def test_a_wrong_calendar_is_one_mistake(tmp_path: Path):
    """Rules that name it are not told that it does not exist."""
    text = 'calendars: {office: {timezone: UTC, hours: {mon: "8-18"}}}\n'
    found = mistakes(tmp_path, text + rule("critical: {above: 1}, during: office"))
    assert [mistake.path.split(".")[0] for mistake in found] == ["calendars"]
