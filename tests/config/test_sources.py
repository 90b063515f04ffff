"""The five questions, as the file has them."""

from pathlib import Path

import pytest

from monitor.model.org import Selection
from monitor.model.servicelevel import Formula, Window
from monitor.model.settings import (
    AgentsSettings,
    DirectorySettings,
    OrgSettings,
    QueuesSettings,
    ServiceLevelSettings,
    StrategiesSettings,
    WorkitemsSettings,
)
from monitor.model.strategy import Weights
from tests.config.files import ORG, loaded, mistakes, only

ID = "f6a49350-0000-4000-8000-00000000a001"
GUIDES = ORG + "    dialect: guides\n"
ALL = "agents: {enabled: true}, workitems: {enabled: true}, strategies: {enabled: true}"


def asked(folder: Path, sources: str, *, org: str = ORG) -> OrgSettings:
    """Return the org of a file with these `sources`."""
    return loaded(folder, f"sources: {{{sources}}}", org=org).orgs[0]


def test_the_defaults_are_those_of_the_settings(tmp_path: Path):
    """Queues and service level are asked; the rest is, once it is enabled."""
    org = loaded(tmp_path).orgs[0]
    assert (org.directory, org.queues) == (DirectorySettings(), QueuesSettings())
    assert org.service_level == ServiceLevelSettings()
    assert (org.agents, org.workitems, org.strategies) == (None, None, None)
    org = asked(tmp_path, ALL)
    assert (org.agents, org.workitems) == (AgentsSettings(), WorkitemsSettings())
    assert org.strategies == StrategiesSettings(audit_path="queuewatch-evaluations.jsonl")


def test_every_key_of_every_question_arrives(tmp_path: Path):
    """What is written is what is asked."""
    org = asked(
        tmp_path,
        "service_level: {interval: 1m, timeout: 20s, windows: [5m, {length: 30m, aligned: true}], lag: 2m, "
        "thresholds: [20s, 1m, 500ms], self_check: false, "
        "formula: {short_abandons: false, flow_outs: true}}, "
        f"agents: {{enabled: true, interval: 10m, timeout: 30s, bucket: 1h, lag: 0s, "
        f"ids: [{ID.upper()}, {ID}], "
        "include_names: true, agents_cap: 10}, "
        "workitems: {enabled: true, interval: 2m, timeout: 50s, bucket: 15m, select: {names: [Back*]}}, "
        "strategies: {enabled: true, interval: 1d, timeout: 5m, span: 7d, ids: [a, b, a], "
        "weights: {handled: 0.1, answer: 0.2, abandoned: 0.7}, webhook_url: 'http://127.0.0.1:1/bi', "
        "audit_file: /var/log/audit.jsonl}",
    )
    assert org.service_level == ServiceLevelSettings(
        interval=60,
        timeout=20,
        windows=(Window(300), Window(1800, aligned=True)),
        thresholds=(20, 60, 0.5),
        lag=120,
        formula=Formula(short_abandons=False, flow_outs=True),
        self_check=False,
    )
    assert org.agents == AgentsSettings(
        interval=600, timeout=30, bucket=3600, lag=0, ids=(ID,), include_names=True, agents_cap=10
    )
    assert org.workitems == WorkitemsSettings(
        interval=120, timeout=50, bucket=900, select=Selection(names=("Back*",))
    )
    assert org.strategies is not None
    assert org.strategies.webhook is not None
    assert org.strategies.webhook.reveal() == "http://127.0.0.1:1/bi"
    assert (org.strategies.interval, org.strategies.timeout, org.strategies.span) == (86400, 300, 604800)
    assert (org.strategies.ids, org.strategies.audit_path) == (("a", "b"), "/var/log/audit.jsonl")
    assert org.strategies.weights == Weights(handled=0.1, answer=0.2, abandoned=0.7)


def test_an_org_says_otherwise_key_by_key(tmp_path: Path):
    """Below the org stands only what differs; a key without a value says nothing."""
    shared = "sources: {agents: {enabled: true, bucket: 15m}, service_level: {thresholds: [30s]}, "
    shared += "strategies: {enabled: true, weights: {handled: 0.5, answer: 0.5, abandoned: 0}}}\n"
    own = "    sources:\n      agents: {enabled: , lag: 5m}\n      service_level: {windows: [1h]}\n"
    own += "      strategies: {weights: {answer: 0.2, abandoned: 0.3}}\n"
    org = loaded(tmp_path, own + shared).orgs[0]
    assert org.agents == AgentsSettings(bucket=900, lag=300)
    assert org.service_level == ServiceLevelSettings(windows=(Window(3600),), thresholds=(30,))
    assert org.strategies is not None
    assert org.strategies.weights == Weights(handled=0.5, answer=0.2, abandoned=0.3)


@pytest.mark.parametrize(
    ("sources", "path", "words"),
    [
        ("service_level: {windows: [5m, 300s]}", "service_level.windows", "holds 5m twice (keep one)"),
        ("service_level: {windows: [5m, {length: 5m, aligned: true}]}", "service_level.windows", "5m twice"),
        ("service_level: {windows: []}", "service_level.windows", "should hold at least one window"),
        ("service_level: {windows: [90s]}", "service_level.windows", "should be whole minutes"),
        ("service_level: {windows: [30s]}", "service_level.windows[0].length", "between 1m and 1d"),
        ("service_level: {windows: [2d]}", "service_level.windows[0].length", "between 1m and 1d"),
        ("service_level: {windows: [15]}", "service_level.windows[0].length", "write 15s"),
        ("service_level: {windows: [{length: 15}]}", "service_level.windows[0].length", "write 15s"),
        (
            "service_level: {windows: [{length: 7m, aligned: true}]}",
            "service_level.windows",
            "should divide a day evenly",
        ),
        (
            "service_level: {windows: [{size: 7m, length: 7m}]}",
            "service_level.windows[0].size",
            "unknown key",
        ),
        ("service_level: {windows: 5m}", "service_level.windows", "should be a list"),
        ("service_level: {thresholds: [20s, 20s]}", "service_level.thresholds", "holds 20s twice"),
        ("service_level: {thresholds: [0s]}", "service_level.thresholds[0]", "should be between 1ms and 1d"),
        (
            "service_level: {thresholds: [1500.5ms]}",
            "service_level.thresholds",
            "finer than its label would be (write 1s500ms)",
        ),
        ("service_level: {lag: 11m}", "service_level.lag", "should be between 0ms and 10m"),
        ("service_level: {formula: {abandons: 1}}", "service_level.formula.abandons", "true or false"),
        ("agents: {bucket: 10m}", "agents.bucket", "should be 15m, 30m or 1h"),
        ("agents: {ids: [x]}", "agents.ids[0]", "should be a user's id, a UUID"),
        ("workitems: {bucket: 1d}", "workitems.bucket", "should be 15m, 30m or 1h"),
        ("workitems: {select: {ids: [x]}}", "workitems.select.ids[0]", "should be a queue's id, a UUID"),
        ("strategies: {span: 31d}", "strategies.span", "should be between 1m and 30d"),
        ("strategies: {weights: {handled: 1.1}}", "strategies.weights.handled", "should be at most 1"),
        (
            "strategies: {weights: {handled: 0.4}}",
            "strategies.weights",
            "should sum to 1, not 1.1 (handled 0.4, answer 0.4, abandoned 0.3)",
        ),
        (
            "strategies: {enabled: true, webhook_url: http://bi.example.com}",
            "strategies.webhook_url",
            "should begin with https://",
        ),
        (
            "strategies: {enabled: true, webhook_url: https://a.b, webhook_url_file: x}",
            "strategies.webhook_url_file",
            "cannot stand beside webhook_url",
        ),
    ],
)
def test_wrong_questions_are_mistakes(tmp_path: Path, sources, path, words):
    """Each is told once, at its key, with what to write."""
    mistake = only(mistakes(tmp_path, f"sources: {{{sources}}}"))
    assert mistake.path == f"sources.{path}"
    assert words in str(mistake)


def test_there_are_not_too_many_thresholds(tmp_path: Path):
    """Fifty fit, fifty-one do not."""
    most = ", ".join(f"{seconds}s" for seconds in range(1, 51))
    org = asked(tmp_path, f"service_level: {{thresholds: [{most}]}}")
    assert org.service_level is not None
    assert len(org.service_level.thresholds) == 50
    found = mistakes(tmp_path, f"sources: {{service_level: {{thresholds: [{most}, 1h]}}}}")
    assert only(found).problem == "should hold at most 50 thresholds"


def test_weights_are_blamed_where_they_differ(tmp_path: Path):
    """An org that upsets the sum is told, not the shared section; 0.1 + 0.2 + 0.7 is 1."""
    own = "    sources: {strategies: {weights: {answer: 0.5}}}\n"
    assert only(mistakes(tmp_path, own)).path == "orgs.acme.sources.strategies.weights"
    fine = "strategies: {weights: {handled: 0.1, answer: 0.2, abandoned: 0.7}}"
    assert asked(tmp_path, fine).strategies is None


def test_an_org_with_its_own_webhook_leaves_the_shared_one(tmp_path: Path):
    """A file named by the org does not quarrel with a URL that stands at the top."""
    (tmp_path / "url").write_text("https://own.example.com\n")
    own = "    sources: {strategies: {webhook_url_file: url}}\n"
    shared = "sources: {strategies: {enabled: true, webhook_url: https://shared.example.com}}\n"
    strategies = loaded(tmp_path, own + shared).orgs[0].strategies
    assert strategies is not None
    assert strategies.webhook is not None
    assert strategies.webhook.reveal() == "https://own.example.com"


def test_the_guides_have_their_own_numbers(tmp_path: Path):
    """Their work items take long; thresholds and agents are theirs, too; no self-check."""
    org = asked(tmp_path, "service_level: {thresholds: [20s, 30s]}, " + ALL, org=GUIDES)
    assert org.service_level == ServiceLevelSettings(thresholds=(20, 30), self_check=False)
    assert org.workitems is not None
    assert (org.workitems.timeout, org.agents) == (1200, AgentsSettings())


@pytest.mark.parametrize("key", ["formula: {flow_outs: true}", "self_check: true"])
def test_what_the_guides_do_not_know_is_a_mistake(tmp_path: Path, key):
    """Wherever it is written; the hint says why."""
    own = f"    sources: {{service_level: {{{key}}}}}\n"
    for text, place in ((own, "orgs.acme."), (own.lstrip(), "")):
        mistake = only(mistakes(tmp_path, text, org=GUIDES))
        assert mistake.path == f"{place}sources.service_level.{key.split(':')[0]}"
        assert mistake.problem == "is not known to the dialect guides, which acme speaks"
        assert "of what was answered" in mistake.hint
