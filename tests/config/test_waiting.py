"""What a rule waits for: figures that are configured, and not asked for until a restart."""

from __future__ import annotations

from pathlib import Path

import pytest

from monitor.config.waiting import waits
from monitor.model.settings import Settings
from tests.config.files import ORG, loaded, rule

LEVELS = "sources: {service_level: {windows: [%s], thresholds: [%s]}}\n"
AGENTS = "sources: {agents: {enabled: true, bucket: %s, include_names: %s}}\n"
GUIDES = ORG + "    dialect: guides\n"
TWO = """
orgs:
  acme: {region: eu-west-1}
  globex: {region: eu-west-1}
"""
BURN = """rules:
  - name: Rule
    threshold: 20s
    burn: {objective: 0.8, period: 24h, warning: {budget_share: 0.1, long: %s, short: 5m}}
"""
VIRTUAL = "virtual_queues: {%s: {names: ['*']}}\n"


def level(match: str) -> str:
    """Return a rule on a service level."""
    return rule(f"critical: {{below: 0.5}}, for_each: {{{match}}}", metric="service_level_ratio")


def lacking(running: Settings, wanted: Settings) -> tuple[str, ...]:
    """Return what the one rule of `wanted` waits for."""
    (one,) = wanted.rules
    return waits(one, running, wanted)


@pytest.mark.parametrize(
    ("before", "after", "written", "what"),
    [
        (LEVELS % ("15m", "20s"), LEVELS % ("30m", "20s"), "window: 30m", "service_level.windows"),
        (
            LEVELS % ("15m", "20s"),
            LEVELS % ("15m, 30m", "20s"),
            "window: [15m, 30m]",
            "service_level.windows",
        ),
        (LEVELS % ("15m", "20s"), LEVELS % ("30m", "20s"), "window: '3*'", "service_level.windows"),
        (LEVELS % ("15m", "20s"), LEVELS % ("30m", "20s"), "window: {regex: 3.*}", "service_level.windows"),
        (LEVELS % ("15m", "20s"), LEVELS % ("15m", "30s"), "threshold: 30s", "service_level.thresholds"),
    ],
)
def test_values_that_are_not_asked_yet_are_waited_for(tmp_path: Path, before, after, written, what):
    """Written out, or as a pattern that would have nothing until then."""
    running = loaded(tmp_path, before)
    wanted = loaded(tmp_path, after + level(written))
    assert lacking(running, wanted) == (f"orgs.acme.sources.{what}",)
    assert lacking(wanted, wanted) == ()


@pytest.mark.parametrize("written", ["media: voice", "window: 15m", "window: '*m'", "threshold: '3*'"])
def test_what_is_asked_already_is_enough(tmp_path: Path, written):
    """A rule on every window goes on with those there are, one on thresholds with the queues’ own targets."""
    running = loaded(tmp_path, LEVELS % ("15m", "20s"))
    assert lacking(running, loaded(tmp_path, LEVELS % ("15m, 30m", "20s, 30s") + level(written))) == ()


@pytest.mark.parametrize(
    ("before", "after", "text", "what"),
    [
        ("", "sources: {workitems: {enabled: true}}\n", rule(metric="workitem_backlog"), "workitems"),
        (
            "sources: {service_level: {enabled: false}}\n",
            "",
            "rules: [{name: Rule, expr: service_level_ratio < 0.5, critical: {}}]\n",
            "service_level",
        ),
        (
            AGENTS % ("30m", "false"),
            AGENTS % ("30m", "true"),
            rule("critical: {above: 1}, for_each: {agent: 'Kim*'}", metric="agent_utilization_ratio"),
            "agents.include_names",
        ),
        (
            AGENTS % ("30m", "false"),
            AGENTS % ("15m", "false"),
            rule("critical: {above: 1}, for_each: {interval: 15m}", metric="agent_utilization_ratio"),
            "agents.bucket",
        ),
        ("", LEVELS % ("5m, 2h", "20s"), BURN % "2h", "service_level.windows"),
    ],
)
def test_questions_that_are_not_asked_yet_are_waited_for(tmp_path: Path, before, after, text, what):
    """Whole ones, those behind an expression, and what decides whether a label is there."""
    running = loaded(tmp_path, before)
    assert lacking(running, loaded(tmp_path, after + text)) == (f"orgs.acme.sources.{what}",)


def test_another_dialect_is_waited_for(tmp_path: Path):
    """Only guides know it."""
    text = "sources: {workitems: {enabled: true}}\n"
    running = loaded(tmp_path, text)
    wanted = loaded(tmp_path, text + rule(metric="workitem_wait_seconds"), org=GUIDES)
    assert lacking(running, wanted) == ("orgs.acme.dialect",)


def test_orgs_and_virtual_queues_that_do_not_run_yet_are_waited_for(tmp_path: Path):
    """A rule on one org more goes on with those there are."""
    running = loaded(tmp_path)
    environ = {
        f"QUEUEWATCH_ORGS__{name}__CLIENT_{one}": "x"
        for name in ("ACME", "GLOBEX")
        for one in ("ID", "SECRET")
    }

    def both(match: str) -> Settings:
        return loaded(tmp_path, rule(f"critical: {{above: 8}}, for_each: {{{match}}}"), environ, org=TWO)

    assert lacking(running, both("org: globex")) == ("orgs.globex",)
    assert lacking(running, both("org: [acme, globex]")) == ()
    assert lacking(running, both("media: voice")) == ()
    text = rule("critical: {above: 8}, for_each: {queue_id: 'virtual:new'}")
    wanted = loaded(tmp_path, VIRTUAL % "new" + text)
    assert lacking(loaded(tmp_path, VIRTUAL % "old"), wanted) == ("virtual_queues.new",)
    assert lacking(wanted, wanted) == ()


def test_an_org_that_will_not_be_asked_either_is_not_waited_for(tmp_path: Path):
    """The rule is about the other one."""
    environ = {
        f"QUEUEWATCH_ORGS__{name}__CLIENT_{one}": "x"
        for name in ("ACME", "GLOBEX")
        for one in ("ID", "SECRET")
    }
    asked = TWO.replace("acme: {", "acme: {sources: {workitems: {enabled: true}}, ")
    wanted = loaded(tmp_path, rule(metric="workitem_backlog"), environ, org=asked)
    assert lacking(wanted, wanted) == ()
    running = loaded(tmp_path, "", environ, org=TWO)
    assert lacking(running, wanted) == ("orgs.acme.sources.workitems",)


@pytest.mark.parametrize(
    "match",
    ["queue_id: 'virtual:new'", "queue_id: 'virtual:n*'", "queue_id: {regex: 'virtual:new'}", "queue: new"],
)
def test_a_virtual_queue_is_waited_for_however_it_is_named(tmp_path: Path, match: str):
    """Taken over, the rule would end what fires for the old one; what means every queue waits for none."""
    text = rule(f"critical: {{above: 8}}, for_each: {{{match}}}")
    wanted = loaded(tmp_path, VIRTUAL % "new" + text)
    assert lacking(loaded(tmp_path, VIRTUAL % "old"), wanted) == ("virtual_queues.new",)
    assert lacking(loaded(tmp_path, VIRTUAL % "new"), wanted) == ()
    everything = loaded(tmp_path, VIRTUAL % "new" + rule("critical: {above: 8}, for_each: {queue: '*'}"))
    assert lacking(loaded(tmp_path, VIRTUAL % "old"), everything) == ()
