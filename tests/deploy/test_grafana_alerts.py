"""Grafana's own alert rules, contact points and policies: what they ask, and what they do with no answer."""

import json
import re
import subprocess
from typing import Any

import jinja2
import pytest
import yaml

from deploy.grafana import rules
from deploy.grafana.names import DATASOURCE
from deploy.grafana.promql import PROMISE, Scope
from monitor.kit import durations
from tests.deploy.expressions import PROVISIONING, ROOT, dashboards, grafana_rules, panels, prometheus_rules
from tests.servers.programs import require_program
from tests.servers.prometheus import promtool

RULES = grafana_rules()
BY_RULE = [pytest.param(rule, id=rule["title"]) for rule in RULES]
QUEUE = 'org="acme",queue_id="1",queue="Support",media="voice"'


def provisioned(path: str) -> Any:
    """A file of provisioning, read."""
    return yaml.safe_load((PROVISIONING / path).read_text())


@pytest.mark.parametrize("rule", BY_RULE)
def test_a_rule_asks_what_is_there(rule: dict[str, Any]):
    """Every query asks the provisioned data source, and every step follows from earlier ones."""
    uid = provisioned("datasources/prometheus.yaml")["datasources"][0]["uid"]
    assert uid == DATASOURCE
    known: set[str] = set()
    for node in rule["data"]:
        model = node["model"]
        assert model["refId"] == node["refId"]
        if node["datasourceUid"] == uid:
            assert model["instant"]
        else:
            assert node["datasourceUid"] == "__expr__"
            uses = re.findall(r"\$(\w+)", model["expression"]) or [model["expression"]]
            assert set(uses) <= known
        known.add(node["refId"])
    last = rule["data"][-1]
    assert (rule["condition"], last["model"]["type"]) == (last["refId"], "threshold")
    assert set(re.findall(r"\.Values\.(\w+)", json.dumps(rule["annotations"]))) <= known


@pytest.mark.parametrize("rule", BY_RULE)
def test_a_rule_says_what_silence_means(rule: dict[str, Any]):
    """No data and an error each have a meaning, and for service levels neither clears nor fires."""
    assert rule["noDataState"] in {"OK", "Alerting", "KeepLast"}
    assert rule["execErrState"] in {"Alerting", "KeepLast"}
    if rule["labels"]["team"] == "contact-centre":
        assert (rule["noDataState"], rule["execErrState"]) == ("KeepLast", "KeepLast")


def test_who_is_silent_is_told_of():
    """A daemon that is not there alerts, and so does a Prometheus that cannot be asked."""
    down = next(rule for rule in RULES if rule["title"] == "QueuewatchDown")
    assert (down["noDataState"], down["execErrState"]) == ("Alerting", "Alerting")


@pytest.mark.parametrize("rule", BY_RULE)
def test_words_are_not_taken_for_variables(rule: dict[str, Any]):
    """Labels and words have no dollar sign, in whose place Grafana would put its environment."""
    assert "$" not in json.dumps([rule["labels"], rule["annotations"], rule["title"]])


@pytest.mark.parametrize("rule", BY_RULE)
def test_a_rule_leads_somewhere(rule: dict[str, Any]):
    """It names a runbook that is written, and a panel that is there."""
    name = rule["annotations"]["runbook_url"].rstrip("/").rpartition("/")[2]
    assert (ROOT / f"docs/runbooks/{name}.md").is_file()
    assert rule["panelId"] in {panel["id"] for panel in panels(dashboards()[rule["dashboardUid"]])}


def test_names_are_there_once():
    """Titles and uids are unique, and short enough for Grafana."""
    for key in ("title", "uid"):
        names = [rule[key] for rule in RULES]
        assert sorted(set(names)) == sorted(names)
    assert max(len(rule["uid"]) for rule in RULES) <= 40


def test_both_sets_of_rules_agree():
    """What has a name in Prometheus's rules has the same severity, team and patience there."""
    theirs = {
        (rule["alert"], rule["labels"]["severity"]): (rule["labels"]["team"], rule.get("for", "0s"))
        for _, rule in prometheus_rules()
        if "alert" in rule
    }
    for rule in RULES:
        name = rule["title"].removesuffix("Other")
        labels = rule["labels"]
        assert theirs[name, labels["severity"]] == (labels["team"], rule["for"]), name


def test_alerts_go_to_somebody():
    """Each policy names a contact point that is there; critical alerts go to both."""
    points = provisioned("alerting/contact-points.yaml")["contactPoints"]
    policy = provisioned("alerting/policies.yaml")["policies"][0]
    names = {point["name"] for point in points}
    assert {policy["receiver"], *(route["receiver"] for route in policy["routes"])} == names
    first = policy["routes"][0]
    assert (first["object_matchers"], first["continue"]) == ([["severity", "=", "critical"]], True)


def test_no_secret_is_written_down():
    """Addresses and tokens are those of Grafana's environment, each under a name that the file explains."""
    text = (PROVISIONING / "alerting/contact-points.yaml").read_text()
    settings = [
        receiver["settings"]
        for point in yaml.safe_load(text)["contactPoints"]
        for receiver in point["receivers"]
    ]
    for one in settings:
        for key in ("url", "authorization_credentials"):
            name = re.fullmatch(r"\$\{(\w+)\}", one[key])
            assert name
            assert name[1] in text.partition("apiVersion")[0]
            assert not name[1].startswith("QUEUEWATCH_"), "queuewatch would take it for a key of its own"


@pytest.mark.parametrize(
    ("kept", "counted", "low", "critical"),
    [
        pytest.param(0, 0, False, False, id="idle"),
        pytest.param(0, 9, False, False, id="too few to say"),
        pytest.param(7, 10, False, False, id="seven of ten may well be 80 %"),
        pytest.param(5, 10, True, False, id="five of ten is not"),
        pytest.param(60, 100, True, False, id="sixty of a hundred may be three quarters of 80 %"),
        pytest.param(45, 100, True, True, id="far below"),
        pytest.param(80, 100, False, False, id="kept"),
        pytest.param(0, 100, True, True, id="nobody was answered"),
    ],
)
def test_a_queue_is_judged_by_what_its_counts_allow(kept: int, counted: int, low: bool, critical: bool):
    """Grafana's arithmetic finds what is missing to the level, for sure, and nothing for an idle queue."""

    def missing(part: float) -> float:
        formula = rules.missing(part).replace("$", "")
        value = jinja2.Environment(autoescape=True).compile_expression(formula)(A=kept, B=counted, D=0.8)
        assert isinstance(value, float)
        return value

    assert (missing(1) > 0, missing(0.75) > 0) == (low, critical)


def promtool_finds(tmp_path, series: dict[str, str], *tests: dict[str, Any]) -> None:
    """Fail unless Prometheus's engine finds in the series what the tests say."""
    unit = {
        "evaluation_interval": "1m",
        "tests": [
            {
                "interval": "1m",
                "input_series": [{"series": name, "values": values} for name, values in series.items()],
                "promql_expr_test": list(tests),
            }
        ],
    }
    written = tmp_path / "unit.yml"
    written.write_text(json.dumps(unit))
    done = promtool("test", "rules", str(written))
    assert done.returncode == 0, done.stderr + done.stdout


def test_a_promise_is_spelt_as_a_threshold_is(tmp_path):
    """Whatever time a queue promises, its threshold is spelt as queuewatch spells that of a service level."""
    by_id = 'org="acme",queue_id="1",media="voice"'
    times = [1, 20, 59, 60, 90, 120, 3600, 5400, 86400, 90061, 20.5]
    series = {
        f"genesys_queue_target_seconds{{{QUEUE.replace('1', str(seconds))}}}": f"{seconds}x5"
        for seconds in times
    }
    found = [
        {
            "labels": f'{{{by_id.replace("1", str(seconds))},threshold="{durations.show(seconds)}"}}',
            "value": 1,
        }
        for seconds in times
    ]
    spelt = f"max by (org, queue_id, media, threshold) ({PROMISE})"
    promtool_finds(tmp_path, series, {"expr": spelt, "eval_time": "2m", "exp_samples": found})


def level(part: str, labels: str, values: str) -> dict[str, str]:
    """The series of one count of a service level."""
    return {f"genesys_service_level_{part}{{{labels}}}": values}


def counts(labels: str, kept: str, counted: str) -> dict[str, str]:
    """The series of both counts."""
    return level("numerator", labels, kept) | level("denominator", labels, counted)


def test_a_queue_is_judged_by_its_own_promise(tmp_path):
    """Promise first, then the chosen threshold, then the queue as a whole; never two rows for one."""
    at = 'window="15m",definition="genesys"'
    other = QUEUE.replace('"1"', '"2"')
    whole = QUEUE.replace('"1"', '"3"').replace("voice", "all")
    series = (
        counts(f'{QUEUE},threshold="20s",{at}', "5x9", "10x9")
        | counts(f'{QUEUE},threshold="1m30s",{at}', "9x9", "10x9")
        | counts(
            f'{QUEUE.replace("voice", "all")},threshold="20s",window="15m",definition="answered"',
            "4x9",
            "9x9",
        )
        | counts(f'{other},threshold="20s",{at}', "6x9", "10x9")
        | counts(f'{other},threshold="30s",{at}', "8x9", "10x9")
        | counts(f'{whole},threshold="20s",window="15m",definition="answered"', "3x9", "10x9")
        | {
            f"genesys_queue_target_seconds{{{QUEUE}}}": "90x9",
            f"genesys_queue_target_ratio{{{QUEUE}}}": "0.95x9",
        }
    )
    scope = Scope(window='window="15m"', threshold='threshold="20s"', promise=PROMISE, target="0.8")

    def found(values: list[float]) -> list[dict[str, Any]]:
        keys = [f'{QUEUE},threshold="1m30s"', f'{other},threshold="20s"', f'{whole},threshold="20s"']
        return [{"labels": f"{{{key}}}", "value": value} for key, value in zip(keys, values, strict=True)]

    promtool_finds(
        tmp_path,
        series,
        {"expr": scope.level(), "eval_time": "2m", "exp_samples": found([0.9, 0.6, 0.3])},
        {
            "expr": f"round(({scope.gap()}) * 1000)",
            "eval_time": "2m",
            "exp_samples": found([50, 200, 500]),
        },
    )


def test_an_idle_queue_has_a_row_and_a_silent_one_keeps_its_own(tmp_path):
    """Alerts see an idle queue as 0 of 0, and while the source is down what it last said, for an hour."""
    labels = f'{QUEUE},threshold="20s",window="15m",definition="genesys"'
    series = (
        counts(labels, "0x3 7x3 _x200", "0x3 20x3 _x200")
        | {'queuewatch_source_up{org="acme",source="service_level"}': "1x7 0x200"}
        | {'queuewatch_source_up{org="acme",source="directory"}': "1x207"}
    )
    row = f'{{{QUEUE},threshold="20s"}}'
    asked = rules.SCOPE.judged("denominator")
    promtool_finds(
        tmp_path,
        series,
        {"expr": asked, "eval_time": "2m", "exp_samples": [{"labels": row, "value": 0}]},
        {"expr": asked, "eval_time": "6m", "exp_samples": [{"labels": row, "value": 20}]},
        {"expr": asked, "eval_time": "40m", "exp_samples": [{"labels": row, "value": 20}]},
        {"expr": asked, "eval_time": "2h", "exp_samples": []},
    )


def test_nobody_is_judged_by_what_others_promise(tmp_path):
    """While the directory cannot be read, a queue whose promise is not known is not judged at all."""
    labels = f'{QUEUE},threshold="20s",window="15m",definition="genesys"'
    series = counts(labels, "7x9", "20x9") | {'queuewatch_source_up{org="acme",source="directory"}': "0x9"}
    promtool_finds(
        tmp_path, series, {"expr": rules.SCOPE.judged("denominator"), "eval_time": "2m", "exp_samples": []}
    )


def test_a_first_crash_is_seen(tmp_path):
    """A running total that begins at 1 has grown, one that stays has not, and one that grows has."""
    crashing = next(one for one in rules.losses() if one.name == "QueuewatchTaskCrashing")
    series = {
        'queuewatch_task_crashes_total{task="new"}': "_x30 1x30",
        'queuewatch_task_crashes_total{task="old"}': "1x60",
        'queuewatch_task_crashes_total{task="again"}': "1x30 2x30",
    }
    found = f"count by (task) ({crashing.expr} > 0)"
    samples = [{"labels": f'{{task="{task}"}}', "value": 1} for task in ("again", "new")]
    promtool_finds(tmp_path, series, {"expr": found, "eval_time": "35m", "exp_samples": samples})


def test_kubernetes_gets_every_dashboard_as_it_is():
    """The kustomization makes one ConfigMap for each dashboard, labelled for Grafana's sidecar."""
    kubectl = require_program("kubectl", package="kubernetes-client")
    done = subprocess.run(
        [kubectl, "kustomize", str(ROOT / "deploy/grafana")],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    maps = list(yaml.safe_load_all(done.stdout))
    shown = {one["metadata"]["name"]: json.loads(text) for one in maps for text in one["data"].values()}
    assert shown == dashboards()
    assert {one["metadata"]["labels"]["grafana_dashboard"] for one in maps} == {"1"}
    assert all("namespace" not in one["metadata"] for one in maps)
