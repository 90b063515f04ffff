"""Grafana's own alert rules, contact points and policies: what they ask, and what they do with no answer."""

import json
import re
import subprocess
from typing import Any

import pytest
import yaml

from deploy.grafana import rules
from deploy.grafana.names import DATASOURCE
from deploy.grafana.promql import PROMISE, Scope
from monitor.kit import durations
from tests.deploy.expressions import PROVISIONING, dashboards, grafana_rules, panels
from tests.deploy.rulefiles import ROOT, alerts, finds
from tests.servers.programs import require_program

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
    """An error is told of by every rule, no data where it means that nobody knows; nothing is for ever."""
    queues = rule["labels"]["team"] == "contact-centre"
    assert rule["noDataState"] == ("NoData" if queues else "OK")
    assert rule["execErrState"] == ("Alerting" if rule["title"] == "QueuewatchDown" else "Error")
    patience = rule["missing_series_evals_to_resolve"] * durations.parse(rules.EVERY)
    assert patience >= (1800 if queues else durations.parse(rule["keepFiringFor"]))


@pytest.mark.parametrize("rule", BY_RULE)
def test_words_need_figures(rule: dict[str, Any]):
    """What Grafana tells of the rule itself, for want of figures, is not told as if it were a fault."""
    summary, description = (rule["annotations"][name] for name in ("summary", "description"))
    assert summary.startswith("{{ if .Values }}")
    assert summary.endswith(
        "{{ else }}Nobody knows: Prometheus does not answer, or has nothing to say.{{ end }}"
    )
    assert description.startswith("{{ if .Values }}")
    assert description.endswith("{{ end }}")


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


def test_every_alert_of_prometheus_is_there():
    """Each alert is one of Prometheus's, with its expression, its patience and its labels but who speaks."""
    ours = {
        (rule["title"].partition(" ")[0], rule["labels"]["severity"]): (
            rule["for"],
            rule["keepFiringFor"],
            rule["labels"],
            rule["annotations"]["runbook_url"],
        )
        for rule in RULES
    }
    theirs = {
        (one.alert, one.labels["severity"]): (
            one.raw.get("for", "0s"),
            one.raw.get("keep_firing_for", "0s"),
            one.labels | {"monitor": "grafana"},
            one.annotations["runbook_url"],
        )
        for one in alerts()
    }
    assert ours == theirs
    asked = [rule["data"][0]["model"]["expr"] for rule in RULES]
    # Times 1: with a metric's name some rows of a queue would be another alert to Grafana than others of it.
    assert all(any(expr.startswith(f"1 * (\n{one.expr.strip()}\n)") for expr in asked) for one in alerts())


def test_no_words_are_left_over():
    """What has words here is an alert of Prometheus's."""
    assert set(rules.WORDS) == {rule["title"] for rule in RULES}


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


def test_a_promise_is_spelt_as_a_threshold_is(tmp_path):
    """Whatever time a queue promises, its threshold is spelt as queuewatch spells that of a service level."""
    by_id = 'org="acme",queue_id="1",media="voice"'
    times = [1, 20, 59, 60, 90, 120, 3600, 5400, 86400, 90061, 20.5]
    series = {
        f"genesys_queue_target_seconds{{{QUEUE.replace('1', str(seconds))}}}": f"{seconds}x5"
        for seconds in times
    }
    found = {
        f'{{{by_id.replace("1", str(seconds))},threshold="{durations.show(seconds)}"}}': 1.0
        for seconds in times
    }
    finds(tmp_path, series, (f"max by (org, queue_id, media, threshold) ({PROMISE})", "2m", found))


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

    rows = [f'{{{QUEUE},threshold="1m30s"}}', *(f'{{{one},threshold="20s"}}' for one in (other, whole))]
    finds(
        tmp_path,
        series,
        (scope.level(), "2m", dict(zip(rows, [0.9, 0.6, 0.3], strict=True))),
        (f"round(({scope.gap()}) * 1000)", "2m", dict(zip(rows, [50, 200, 500], strict=True))),
    )


def verdict(title: str) -> str:
    """What a rule asks, as 1 where it would fire and 0 where it would not."""
    (rule,) = (one for one in RULES if one["title"] == title)
    limit = rule["data"][-1]["model"]["conditions"][0]["evaluator"]
    assert limit["type"] == "gt"
    return f"({rule['data'][0]['model']['expr']}) > bool {limit['params'][0]}"


UP = {
    f'queuewatch_source_up{{org="acme",source="{name}"}}': "1x60" for name in ("directory", "service_level")
} | {'up{job="queuewatch",instance="a"}': "1x400"}
PROMISED = {
    f"genesys_queue_target_seconds{{{QUEUE}}}": "30x60",
    f"genesys_queue_target_ratio{{{QUEUE}}}": "0.9x60",
}


@pytest.mark.parametrize(
    ("kept", "counted", "fires"),
    [
        pytest.param(0, 0, (0, 0), id="idle"),
        pytest.param(0, 9, (0, 0), id="too few to say"),
        pytest.param(8, 10, (0, 0), id="eight of ten may well be 90 %"),
        pytest.param(6, 10, (1, 0), id="six of ten is not"),
        pytest.param(45, 100, (1, 1), id="far below"),
        pytest.param(90, 100, (0, 0), id="kept"),
        pytest.param(0, 100, (1, 1), id="nobody was answered"),
    ],
)
@pytest.mark.parametrize("dialect", ["platform", "guides"])
def test_a_queue_is_judged_by_its_promise_for_sure(
    tmp_path, kept: int, counted: int, fires: tuple[int, int], dialect: str
):
    """Every queue has a row, an idle one too, and fires where its counts leave no doubt; in both dialects."""
    media, definition = {"platform": ("voice", "genesys"), "guides": ("all", "answered")}[dialect]
    row = f'{QUEUE.replace("voice", media)},definition="{definition}",threshold="30s"'
    series = counts(f'{row},window="15m"', f"{kept}x60", f"{counted}x60")
    series |= counts(f'{row.replace("30s", "20s")},window="15m"', "0x60", "100x60")
    asked = [verdict(f"GenesysServiceLevel{name}") for name in ("Low", "Critical")]
    expected = [(one, "10m", {f"{{{row}}}": float(fire)}) for one, fire in zip(asked, fires, strict=True)]
    finds(tmp_path, UP | PROMISED | series, *expected)


def test_silence_is_no_row_in_the_end_and_ends_nothing_before(tmp_path):
    """While the source is silent what fires goes on; when nobody has known for long there is no data."""
    labels = f'{QUEUE},threshold="30s",window="15m",definition="genesys"'
    series = counts(labels, "0x10", "20x10") | {
        'queuewatch_source_up{org="acme",source="service_level"}': "1x10 0x10",
        'queuewatch_source_up{org="acme",source="directory"}': "1x10 0x10",
        'up{job="queuewatch",instance="a"}': "1x20 0x400",
    }
    row = f'{{{QUEUE},threshold="30s",definition="genesys"}}'
    low = verdict("GenesysServiceLevelLow")
    finds(tmp_path, PROMISED | series, *((low, when, {row: 1.0}) for when in ("8m", "40m")), (low, "7h", {}))


def test_a_guides_queue_is_shown_by_its_promise_for_voice(tmp_path):
    """Where queues are told as a whole, dashboards hold them to what they promise for voice, if measured."""
    of = QUEUE.replace("voice", "all")
    said = 'window="15m",definition="answered"'
    series = counts(f'{of},threshold="20s",{said}', "82x9", "100x9")
    series |= counts(f'{of},threshold="30s",{said}', "85x9", "100x9")
    scope = Scope(window='window="15m"', threshold='threshold="20s"', promise=PROMISE, target="0.8")
    row = f'{{{of},threshold="30s"}}'
    finds(
        tmp_path,
        PROMISED | series,
        (scope.level(), "2m", {row: 0.85}),
        (f"round(({scope.gap()}) * 1000)", "2m", {row: 50}),
    )


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
