"""The shipped rules for Prometheus: each alert fires and stays quiet, and nothing in them is made up."""

from __future__ import annotations

import math
import re
from pathlib import Path

import pytest
import yaml

from monitor.kit import durations
from monitor.model.catalogue import METRICS
from monitor.model.metric import Kind
from monitor.rules import burning, guarding
from tests.deploy import rulefiles
from tests.deploy.rulefiles import BASE, PROMETHEUS, RULES, RUNBOOKS, TESTS, Rule, alerts, finds, names, rules
from tests.servers.prometheus import promtool

EVERY = [pytest.param(rule, id=rule.name) for rule in rules()]
ALERTS = [pytest.param(rule, id=rule.name) for rule in alerts()]


def test_prometheus_takes_the_configuration_and_finds_every_rule_file():
    """Prometheus accepts prometheus.yml, and its globs name all the files that are shipped."""
    done = promtool("check", "config", str(PROMETHEUS / "prometheus.yml"))
    assert done.returncode == 0, done.stdout + done.stderr
    settings = yaml.safe_load((PROMETHEUS / "prometheus.yml").read_text())
    assert {path for glob in settings["rule_files"] for path in PROMETHEUS.glob(glob)} == set(RULES)


def test_prometheus_sends_to_the_alertmanager_that_it_scrapes():
    """The Alertmanager it tells is watched too, and the job is called what the rules ask for."""
    settings = yaml.safe_load((PROMETHEUS / "prometheus.yml").read_text())
    jobs = {job["job_name"]: job["static_configs"][0]["targets"] for job in settings["scrape_configs"]}
    told = settings["alerting"]["alertmanagers"][0]["static_configs"][0]["targets"]
    assert jobs == {"queuewatch": ["127.0.0.1:9877"], "alertmanager": told}


def test_promtool_takes_every_rule():
    """Prometheus finds nothing wrong with the rules, and no two are the same."""
    done = promtool("check", "rules", "--lint-fatal", *map(str, RULES))
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("path", TESTS, ids=lambda path: path.stem)
def test_the_rules_do_what_their_tests_say(path: Path):
    """Every unit test of one file holds."""
    done = promtool("test", "rules", str(path))
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("name", names())
def test_every_alert_is_seen_firing_and_seen_quiet(name: str):
    """Of each alert, at each of its severities, one test expects it and one expects nothing."""
    expected = [alerts for alert, alerts in rulefiles.asked() if alert == name]
    severities = {one["exp_labels"]["severity"] for several in expected for one in several}
    assert severities == {rule.labels["severity"] for rule in alerts() if rule.alert == name}
    assert [] in expected


@pytest.mark.parametrize("rule", ALERTS)
def test_every_alert_says_how_bad_what_and_what_to_do(rule: Rule):
    """It has a severity, a team, who speaks, a summary, a description and its runbook's address."""
    assert rule.labels["severity"] in {"critical", "warning"}
    assert rule.labels["team"] in {"contact-centre", "operations"}
    assert rule.labels["monitor"] == "prometheus"
    assert set(rule.annotations) == {"summary", "description", "runbook_url"}
    assert rule.annotations["runbook_url"] == f"{BASE}{rule.alert}/"
    assert re.fullmatch(r"(Genesys|Queuewatch)[A-Za-z]+", rule.alert)
    assert all(not text.endswith("\n") and len(text) < 1500 for text in rule.annotations.values())


SECTIONS = [
    "What it means",
    "Who is affected",
    "How to see it",
    "Likely causes",
    "What to do",
    "When it resolves",
    "How to silence it",
]
"""What a runbook has, in this order."""
OF_THE_DAEMON = ["DestinationGone", "SourceDown", "Watchdog"]
"""Alerts that queuewatch raises by itself and that have a runbook too."""


@pytest.mark.parametrize("name", [*names(), *OF_THE_DAEMON])
def test_every_alert_has_a_runbook(name: str):
    """The page is there, has every section in order, and the table leads to it."""
    page = (RUNBOOKS / f"{name}.md").read_text()
    assert page.startswith(f"# {name}\n")
    assert re.findall(r"^## (.+)$", page, re.MULTILINE) == SECTIONS
    assert f"]({name}.md)" in (RUNBOOKS / "index.md").read_text()


def test_no_runbook_is_of_an_alert_that_is_not_there():
    """Every page is of an alert; the index is the one that is not."""
    assert {page.stem for page in RUNBOOKS.glob("*.md")} == {"index", *names(), *OF_THE_DAEMON}


def test_runbooks_show_promql_that_exists():
    """Every PromQL block of a runbook names metrics and labels that there are, and is sound arithmetic."""
    for page in RUNBOOKS.glob("*.md"):
        for block in re.findall(r"```promql\n(.*?)```", page.read_text(), re.DOTALL):
            for expression in block.strip().split("\n\n"):
                assert rulefiles.unknown(expression) == [], page.name
                assert rulefiles.mistaken(expression) == [], page.name


@pytest.mark.parametrize("rule", EVERY)
def test_every_name_in_an_expression_exists(rule: Rule):
    """Each metric and label is in the catalogue, comes from Prometheus, or is recorded by another rule."""
    assert rulefiles.unknown(rule.expr) == []


@pytest.mark.parametrize("rule", EVERY)
def test_every_figure_is_used_as_its_kind_allows(rule: Rule):
    """No snapshot is added up over time, no ratio is averaged, nothing but a running total has a rate."""
    assert rulefiles.mistaken(rule.expr) == []


@pytest.mark.parametrize(
    "wrong",
    [
        "avg_over_time(genesys_service_level_ratio[1h])",
        "avg by (org) (genesys_queue_abandon_ratio)",
        "sum_over_time(genesys_queue_waiting[1h])",
        "increase(genesys_queue_offered[1h])",
        "avg_over_time(queue:genesys_service_level_ratio:judged[1h])",
        "delta(queuewatch_polls_total[5m])",
    ],
)
def test_wrong_arithmetic_is_seen(wrong: str):
    """The check itself sees what it is there for."""
    assert rulefiles.mistaken(wrong)


def test_made_up_names_are_seen():
    """A metric that nobody exports, a label that a metric has not, and a label in a list that nothing has."""
    said = rulefiles.unknown('sum by (queues) (genesys_queue_waiting{window="5m"}) > genesys_queue_wating')
    assert said == ["genesys_queue_waiting{window}", "genesys_queue_wating", "queues"]


def test_every_figure_of_ourselves_that_can_be_bad_has_an_alert():
    """What queuewatch says of its own health is watched, or the list says why it need not be."""
    watched = {one for rule in alerts() for one in METRICS if one in rule.expr}
    unwatched = {
        "queuewatch_polls_total": "a failing poll is seen by queuewatch_source_up",
        "queuewatch_polls_missed_total": "a late source is seen by its data age and by the budget",
        "queuewatch_poll_duration_seconds": "a slow platform is seen by the data age",
        "queuewatch_api_requests_total": "a count",
        "queuewatch_job_states_total": "a count",
        "queuewatch_alert_state": "told by queuewatch itself",
        "queuewatch_alerts": "told by queuewatch itself",
        "queuewatch_deliveries_total": "what matters of it is the outbox's age and dead letters",
        "queuewatch_delivery_duration_seconds": "what matters of it is the outbox's age",
        "queuewatch_outbox_depth": "many at once are no fault, old ones are",
        "queuewatch_build_info": "a version",
    }
    own = {name for name, metric in METRICS.items() if not metric.sources}
    assert own - watched == set(unwatched)
    assert all(METRICS[name].kind is not Kind.INFO for name in watched & own)


def promises(queue_id: str, seconds: float, ratio: float = 0.8) -> dict[str, str]:
    """A queue's promise for voice, and an org that answers."""
    labels = f'{{org="a", queue_id="{queue_id}", queue="Q", media="voice"}}'
    return {
        'queuewatch_source_up{org="a", source="directory"}': "1x4",
        'queuewatch_source_up{org="a", source="service_level"}': "1x4",
        f"genesys_queue_target_seconds{labels}": f"{seconds}x4",
        f"genesys_queue_target_ratio{labels}": f"{ratio}x4",
    }


def counted(queue_id: str, met: float, offered: float) -> dict[str, str]:
    """A queue's counts at 20s."""
    labels = (
        f'{{org="a", queue_id="{queue_id}", queue="Q", media="voice", window="15m", threshold="20s", '
        'definition="genesys"}'
    )
    return {
        f"genesys_service_level_numerator{labels}": f"{met}x4",
        f"genesys_service_level_denominator{labels}": f"{offered}x4",
    }


def test_a_promise_is_spelt_as_queuewatch_spells_it(tmp_path: Path):
    """Whatever time a queue promises, the rule makes the label of it that stands on /metrics."""
    times = [0.35, 1, 20, 20.4, 59.999, 60, 90, 100, 599, 3600, 5400, 36_610, 86_400, 93_784.35, 864_000]
    series = {key: value for one in times for key, value in promises(str(one), one).items()}
    expected = {f'{{queue_id="{one}", threshold="{durations.show(one)}"}}': 0.8 for one in times}
    asked = "sum by (queue_id, threshold) (queue:genesys_queue_target_ratio:promised)"
    finds(tmp_path, series, (asked, "2m", expected))


def test_the_bound_is_the_one_that_queuewatch_takes(tmp_path: Path):
    """Wilson's upper bound of the rules is that of `min_volume: {confidence: 0.95}`, from ten on."""
    cases = [(0, 10), (5, 10), (6, 10), (15, 20), (70, 100), (760, 1000), (12, 12), (4, 9)]
    series = {
        key: value
        for met, offered in cases
        for key, value in (promises(f"{met}", 20) | counted(f"{met}", met, offered)).items()
    }
    expected = {
        f'{{queue_id="{met}"}}': math.floor(guarding.upper(met, offered, 0.95) * 1000 + 0.5) / 1000
        for met, offered in cases
        if offered >= 10
    }
    asked = "round(max by (queue_id) (queue:genesys_service_level_ratio:upper95) * 1000) / 1000"
    finds(tmp_path, series, (asked, "2m", expected))


@pytest.mark.parametrize("objective", [0.5, 0.8, 0.9, 0.95, 0.99])
def test_a_burn_rate_is_the_one_that_queuewatch_takes_and_can_be_reached(tmp_path: Path, objective: float):
    """The rate is that of our own rules; nothing answered sets off both alarms, the promise kept neither."""
    whole = 1000.0
    worst = promises("worst", 20, objective) | counted("worst", 0, whole)
    fair = promises("fair", 20, objective) | counted("fair", objective * whole, whole)
    some = promises("some", 20, objective) | counted("some", 0.4 * whole, whole)
    rate = burning.rate(0.4 * whole, whole, objective)
    assert rate is not None
    rates = "queue:genesys_service_level_burn_rate"
    rounded = f'round(max by (queue_id) ({rates}:1h{{queue_id="some"}}) * 1000) / 1000'
    alarms = [f'count by (queue_id) ({rates}:{alarm}{{queue_id!="some"}})' for alarm in ("fast", "slow")]
    finds(
        tmp_path,
        worst | fair | some,
        (rounded, "2m", {'{queue_id="some"}': round(rate, 3)}),
        *((alarm, "2m", {'{queue_id="worst"}': 1}) for alarm in alarms),
    )
