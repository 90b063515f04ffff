"""Rules that no figure could ever meet."""

from pathlib import Path

import pytest

from tests.config.files import ORG, loaded, mistakes, only, rule

GUIDES = ORG + "    dialect: guides\n"
AGENTS = "sources: {agents: {enabled: true}}\n"
OFF = "sources: {service_level: {enabled: false}}\n"
BOTH = """
orgs:
  one: {region: eu-west-1}
  two: {region: eu-west-1, sources: {service_level: {windows: [1h]}}}
"""
NAMED = """
orgs:
  one: {region: eu-west-1, sources: {agents: {enabled: true, include_names: true}}}
  two: {region: eu-west-1, sources: {agents: {enabled: true}}}
"""


def level(match: str, metric: str = "service_level_ratio") -> str:
    """Return a rule on a ratio."""
    return rule(f"critical: {{below: 0.5}}, for_each: {{{match}}}", metric=metric)


@pytest.mark.parametrize(
    ("text", "org", "path", "words"),
    [
        (
            OFF + level("media: voice"),
            ORG,
            "metric",
            "service_level_ratio comes from sources.service_level, which no org asks: enable it",
        ),
        (
            rule(metric="workitem_backlog"),
            ORG,
            "metric",
            "workitem_backlog comes from sources.workitems, which no org asks: enable it",
        ),
        (
            rule(metric="workitem_wait_seconds"),
            ORG,
            "metric",
            "workitem_wait_seconds is not known to the dialect platform (only to guides)",
        ),
        (
            rule(metric="queue_alerting"),
            GUIDES,
            "metric",
            "not known to the dialect guides (only to platform)",
        ),
        (OFF + rule(metric="queue_average_wait_seconds"), ORG, "metric", "comes from sources.service_level"),
        (
            "sources: {queues: {enabled: false}}\n" + rule(metric="queue_average_wait_seconds"),
            GUIDES,
            "metric",
            "comes from sources.queues",
        ),
        (
            level("window: 10m"),
            ORG,
            "for_each.window",
            "no org asks for this window (there are 5m, 15m, 30m)",
        ),
        (level("window: [15m, 900s]"), ORG, "for_each.window", "no org asks for this window"),
        (level("threshold: 30s"), ORG, "for_each.threshold", "this threshold (there are 20s"),
        (
            rule("critical: {above: 9}, for_each: {window: 15m}", metric="queue_average_wait_seconds"),
            GUIDES,
            "for_each.window",
            "there are recent",
        ),
        (
            AGENTS + level("interval: 15m", "agent_utilization_ratio"),
            ORG,
            "for_each.interval",
            "there are 30m",
        ),
        (
            AGENTS + level("agent: Bob", "agent_utilization_ratio"),
            ORG,
            "for_each.agent",
            "agents' names are not asked for (write agent_id",
        ),
        (
            level("agent: Bob", "agent_utilization_ratio"),
            NAMED,
            "for_each.agent",
            "agents' names are not asked for (write agent_id",
        ),
        (level("org: acne"), ORG, "for_each.org", "fits none of the orgs (did you mean acme?)"),
        (level("org: one, window: 1h"), BOTH, "for_each.window", "there are 5m, 15m, 30m"),
    ],
)
def test_a_rule_that_nothing_meets_is_a_mistake(tmp_path: Path, text, org, path, words):
    """It would stay silent for ever; the hint says what there is."""
    mistake = only(mistakes(tmp_path, text, org=org, secrets=False, environ={}))
    assert mistake.path == f"rules[0].{path}"
    assert words in str(mistake)


@pytest.mark.parametrize(
    ("text", "org"),
    [
        (level("window: 15m, threshold: 20s"), ORG),
        (level("window: '1*', threshold: '[0-9]*s'"), ORG),
        (level("window: {regex: 1h|2h}"), ORG),
        (level("window: 1h"), BOTH),
        (level("org: t*, window: 1h"), BOTH),
        (level("org: one, agent: Bob", "agent_utilization_ratio"), NAMED),
        (
            rule("critical: {above: 9}, for_each: {window: recent}", metric="queue_average_wait_seconds"),
            GUIDES,
        ),
        (rule("critical: {above: 9}, for_each: {window: 5m}", metric="queue_average_wait_seconds"), ORG),
        (rule("critical: {below: 1}", metric="queue_target_ratio"), ORG),
        (
            "sources: {agents: {enabled: true, include_names: true}}\n"
            + level("agent: Bob", "agent_utilization_ratio"),
            ORG,
        ),
    ],
)
def test_what_some_org_shows_is_fine(tmp_path: Path, text, org):
    """One org is enough, and patterns are taken at their word."""
    assert loaded(tmp_path, text, {}, org=org, secrets=False).rules


def test_rules_are_not_held_against_orgs_that_were_not_understood(tmp_path: Path):
    """A mistake in a window is one mistake, not a second one in the rule that names it."""
    text = "sources: {service_level: {windows: [1h, 90]}}\n" + level("window: 1h")
    assert only(mistakes(tmp_path, text)).path == "sources.service_level.windows[1].length"
    own = "    sources: {service_level: {windows: [1h], lag: 1}}\n"
    assert only(mistakes(tmp_path, own + level("window: 1h"))).path == "orgs.acme.sources.service_level.lag"
