"""Every mistake at once, each with its place, in plain words."""

from pathlib import Path

import pytest

from monitor.config.loading import load
from monitor.model.errors import ConfigError
from tests.config.files import ORG, SECRET, loaded, mistakes, only, rule

SEVERAL = """
orgs:
  acme:
    region: eu-wset-1
    client_id_file: /nowhere/at/all
  beta:
    region: us-east-1
    client_id: x
    client_id: y
rules:
  - name: One
    metric: queue_waitin
    critical: {above: high}
  - name: Two
    metric: queue_waiting
    critcal: {above: 3}
  - name: Three
    metric: queue_target_ratio
    critical: {below: 80, clear_above: 0.5}
receivers:
  oncall:
    webhook: {url: http://example.com/hook}
web: {listen: 0.0.0.0:9877}
"""


def test_mistakes_of_every_kind_come_together(tmp_path: Path):
    """YAML, keys, values, rules across keys, files and variables are all reported in one go, in order."""
    environ = {**SECRET, "QUEUEWATCH_WEB__SERIES_CAP": "many", "QUEUEWATCH_STOER__PATH": "x"}
    found = mistakes(tmp_path, SEVERAL, environ, org="")
    assert [(mistake.path, mistake.line) for mistake in found] == [
        ("orgs.acme.region", 4),
        ("orgs.beta.client_secret", 6),
        ("orgs.beta.client_id", 9),
        ("rules[0].metric", 12),
        ("rules[0].critical.above", 13),
        ("rules[1]", 14),
        ("rules[1].critcal", 16),
        ("rules[2].critical.clear_above", 19),
        ("rules[2].critical.below", 19),
        ("receivers.oncall.webhook.url", 22),
        ("web.listen", 23),
        ("QUEUEWATCH_STOER__PATH", None),
        ("QUEUEWATCH_WEB__SERIES_CAP", None),
    ]
    assert [mistake.file for mistake in found[-2:]] == ["environment"] * 2


def test_the_file_is_named_as_it_was_given(monkeypatch, tmp_path: Path):
    """A relative path stays relative in messages."""
    monkeypatch.chdir(tmp_path)
    Path("mine.yaml").write_text("orgz: {}\n")
    with pytest.raises(ConfigError) as caught:
        load(Path("mine.yaml"), {})
    assert "mine.yaml:1: orgz: unknown key (did you mean orgs?)" in str(caught.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("wbe: {}", "wbe: unknown key (did you mean web?)"),
        ("pagers: []", "pagers: unknown key (known are instance, orgs, "),
        (
            "sources: {queues: {intervall: 10s}}",
            "sources.queues.intervall: unknown key (did you mean interval?)",
        ),
        ("sources: {queues: {interval: 10}}", "should be a duration such as 10s (write 10s)"),
        ("sources: {queues: {interval: fast}}", "should be a duration such as 10s"),
        ("sources: {queues: {interval: 100ms}}", "should be between 1s and 1h"),
        ("sources: {queues: {timeout: 1m}}", "should be between 1s and 30s"),
        ("sources: {queues: {enabled: yes}}", "should be true or false"),
        (
            "sources: {directory: {select: {ids: [x]}}}",
            "sources.directory.select.ids[0]: should be a queue's id, a UUID",
        ),
        (
            "sources: {queues: {select: {ids: [x]}}}",
            "sources.queues.select: has moved (write sources.directory.select)",
        ),
        (
            "sources: {queues: {directory_interval: 1m}}",
            "sources.queues.directory_interval: has moved (write sources.directory.interval)",
        ),
        ("sources: []", "sources: should be a mapping"),
        ("rules: {}", "rules: should be a list"),
        ("rules: [x]", "rules[0]: should be a mapping"),
        ("receivers: {A: {log: true}}", "receivers.A: is not a name (lower-case letters"),
        ("receivers: {a: {}}", "receivers.a: tells nobody"),
        ("web: {series_cap: 1.5}", "should be a whole number"),
        ("web: {series_cap: 0}", "should be at least 1"),
        ("web: {listen: 9877}", "should be text (put it in quotes)"),
        ("web: {listen: ':9877'}", "should be an address and a port"),
        ("web: {listen: '[::1]:70000'}", "should be an address and a port"),
        ("web: {listen: '192.0.2.1:9877'}", "web.listen: would be open to other machines"),
        ("web: {idle_ratio: none}", "web.idle_ratio: should be 'absent' or 'zero'"),
        ("log: {level: loud}", "log.level: should be 'debug', 'info', 'warning' or 'error'"),
        ("instance: a b", "instance: should be 1 to 64 letters"),
        ("store: {path: ''}", "should be one line of 1 to 500 characters"),
        (
            rule("critical: {above: 8}, labels: {team: 7}"),
            "rules[0].labels.team: should be text (put it in quotes)",
        ),
        (rule("critical: {above: .inf}"), "should be a finite number"),
    ],
)
def test_messages_are_plain(tmp_path: Path, text, message):
    """A wrong value is told in words that say what to write."""
    assert message in str(only(mistakes(tmp_path, text)))


def test_an_unknown_key_hides_nothing_else(tmp_path: Path):
    """The rest of a mapping with an unknown key is still looked at."""
    paths = [
        mistake.path
        for mistake in mistakes(tmp_path, rule("colour: red, critical: {above: 3, clear_below: 4}"))
    ]
    assert paths == ["rules[0].colour", "rules[0].critical.clear_below"]


def test_no_orgs_is_a_mistake(tmp_path: Path):
    """There has to be something to watch."""
    for text in ("", "orgs:\n", "orgs: {}\n"):
        assert "nothing to watch" in only(mistakes(tmp_path, text, {}, org="")).problem


def test_a_file_that_is_no_mapping_is_told(tmp_path: Path):
    """A list or a word is no configuration."""
    for text in ("- a\n", "word\n"):
        assert "should be a mapping" in only(mistakes(tmp_path, text, org="")).problem


def test_empty_sections_are_defaults(tmp_path: Path):
    """A key whose lines are all commented out says nothing."""
    text = "rules:\nreceivers:\nweb:\nlog:\nstore:\nsources:\n  queues:\n  directory: {select: }\n"
    text += "  service_level: {enabled: , windows: , thresholds: , formula: }\n"
    text += "  strategies: {enabled: , weights: , audit_file: }\n"
    assert loaded(tmp_path, text) == loaded(tmp_path)


def test_thousands_of_mistakes_are_cut(tmp_path: Path):
    """A hopeless file does not flood the terminal."""
    assert len(mistakes(tmp_path, "".join(f"key{n}: 1\n" for n in range(1000)), org=ORG)) == 200
