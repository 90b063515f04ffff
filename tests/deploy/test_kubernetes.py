"""The manifests: each is what Kubernetes takes, and all of them fit together and what the daemon is."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from deploy.kubernetes import HERE, files, groups
from monitor import __version__
from monitor.app.running import DRAIN
from monitor.config import load
from monitor.model.settings import Settings
from monitor.web.access import OPEN
from tests.deploy.cluster import FOLDER, KINDS, Cluster, matches, rendered, sample, secrets
from tests.deploy.words import understood
from tests.servers.prometheus import promtool

VERSIONS = ("1.27", "1.37")
"""The oldest that is promised, and the newest that there is a schema of; a newer one fails."""

_OPERATOR = "monitoring.coreos.com/v1"
_MONITOR = {
    "spec": {"jobLabel", "selector", "endpoints"},
    "endpoint": {
        "port", "path", "interval", "scrapeTimeout", "scheme", "tlsConfig", "authorization", "basicAuth",
    },
    "tlsConfig": {"serverName", "ca"},
}  # fmt: skip
_RULE = {"alert", "record", "expr", "for", "keep_firing_for", "labels", "annotations"}
"""Keys that the operator knows, as far as they are used here
(https://prometheus-operator.dev/docs/api-reference/api/)."""

each = pytest.mark.parametrize("kind", KINDS)


@pytest.fixture
def cluster(kind: str) -> Cluster:
    """What a folder renders to."""
    return rendered(kind)


@pytest.fixture
def settings(cluster: Cluster, tmp_path: Path) -> Settings:
    """What the daemon makes of the ConfigMap, beside the README's web.yaml; no other secret is there."""
    place = tmp_path / "secrets/queuewatch-web/web.yaml"
    place.parent.mkdir(parents=True)
    place.write_text(sample("web.yaml"))
    file = tmp_path / "queuewatch.yaml"
    file.write_text(cluster.configuration.replace("/run/", f"{tmp_path}/"))
    return load(file, {}, require_secrets=False)


@each
def test_everything_validates_and_lies_in_one_namespace(cluster: Cluster) -> None:
    """No object has a key or a value that the oldest or the newest Kubernetes would refuse."""
    for one in cluster.objects:
        if one["kind"] != "Namespace":
            assert one["metadata"]["namespace"] == "queuewatch"
        if one["apiVersion"] != _OPERATOR:
            for version in VERSIONS:
                kubernetes_validate.validate(one, version, strict=True)


def test_the_schemas_are_new_enough() -> None:
    """The list of versions ends with the newest there is, and begins with what the README promises."""
    assert kubernetes_validate.latest_version().startswith(VERSIONS[-1])
    assert f"Kubernetes {VERSIONS[0]} or newer" in (FOLDER / "README.md").read_text()


def test_a_misspelt_key_would_be_found() -> None:
    """The validation is a strict one."""
    account = {**rendered("base").one("ServiceAccount"), "automountServiceAccountTokens": False}
    with pytest.raises(kubernetes_validate.ValidationError, match="automountServiceAccountTokens"):
        kubernetes_validate.validate(account, VERSIONS[0], strict=True)


@pytest.mark.parametrize("kind", ["base", "overlays/production"])
def test_the_operators_objects_have_known_keys(cluster: Cluster) -> None:
    """A ServiceMonitor and a PrometheusRule hold what the operator knows, and nothing else."""
    spec = cluster.one("ServiceMonitor")["spec"]
    assert spec.keys() == _MONITOR["spec"]
    for endpoint in spec["endpoints"]:
        assert endpoint.keys() <= _MONITOR["endpoint"]
        assert endpoint.get("tlsConfig", {}).keys() <= _MONITOR["tlsConfig"]
    for group in cluster.one("PrometheusRule")["spec"]["groups"]:
        assert group.keys() <= {"name", "interval", "rules"}
        for rule in group["rules"]:
            assert rule.keys() <= _RULE
            assert ("alert" in rule) != ("record" in rule)


def test_the_demo_needs_no_operator() -> None:
    """A cluster without the operator's kinds takes every object."""
    assert _OPERATOR not in {one["apiVersion"] for one in rendered("overlays/demo").objects}


@each
def test_kubectl_can_apply_everything(cluster: Cluster) -> None:
    """It keeps each object in an annotation, of which all together may have 256 kB."""
    assert max(len(json.dumps(one)) for one in cluster.objects) < 250_000


def test_the_simulator_is_there_before_it_is_asked() -> None:
    """The kubelet starts containers in the order in which they stand, and shows the daemon's log."""
    pod = rendered("overlays/demo").pod
    assert [one["name"] for one in pod["spec"]["containers"]] == ["simulator", "queuewatch"]
    assert pod["metadata"]["annotations"]["kubectl.kubernetes.io/default-container"] == "queuewatch"


@each
def test_references_lead_somewhere(cluster: Cluster, kind: str) -> None:
    """Whatever the pod mounts or runs as is rendered, or is a Secret that the README says to make."""
    spec = cluster.pod["spec"]
    made = {(one["kind"], one["metadata"]["name"]) for one in cluster.objects}
    assert ("ServiceAccount", spec["serviceAccountName"]) in made
    volumes = {one["name"]: one for one in spec["volumes"]}
    for container in spec["containers"]:
        assert {one["name"] for one in container["volumeMounts"]} <= volumes.keys()
    assert ("ConfigMap", volumes["config"]["configMap"]["name"]) in made
    assert ("PersistentVolumeClaim", volumes["state"]["persistentVolumeClaim"]["claimName"]) in made
    listed = wanted(kind)
    for _, name, key in cluster.mounted():
        assert ("Secret", name) in made or name in {secret for secret, _ in listed}
        assert not key or (name, key) in listed


def wanted(kind: str) -> set[tuple[str, str]]:
    """Name and key of each Secret that the README lists for a folder."""
    return {secret for secret, who in secrets().items() if Path(kind).name in who}


@each
def test_the_readme_lists_each_secret_that_is_read(cluster: Cluster, kind: str) -> None:
    """Files of the configuration, the web configuration's and the ServiceMonitor's: all, and no others."""
    files = re.findall(r"/run/secrets/queuewatch/([\w.-]+)", cluster.configuration)
    read = {("queuewatch", name) for name in files}
    read |= {(name, key) for _, name, key in cluster.mounted() if key}
    for monitor in cluster.all("ServiceMonitor"):
        found = re.findall(r'"key": "([^"]+)", "name": "([^"]+)"', json.dumps(monitor))
        read |= {(name, key) for key, name in found}
    assert read == wanted(kind)


def test_no_secret_is_in_the_repository() -> None:
    """Only the demo has a Secret, with what every simulator's client is called."""
    assert not rendered("base").all("Secret")
    assert not rendered("overlays/production").all("Secret")
    (demo,) = rendered("overlays/demo").all("Secret")
    assert demo["data"].keys() == {key for _, key in wanted("overlays/demo")}


@each
def test_selectors_choose_the_pod(cluster: Cluster) -> None:
    """Deployment, Service, budget, policy and monitor mean the pod that there is, and its port."""
    labels = cluster.pod["metadata"]["labels"]
    service = cluster.one("Service")
    assert matches(cluster.one("Deployment")["spec"]["selector"], labels)
    assert service["spec"]["selector"].items() <= labels.items()
    assert matches(cluster.one("PodDisruptionBudget")["spec"]["selector"], labels)
    assert matches(cluster.one("NetworkPolicy")["spec"]["podSelector"], labels)
    ports = {one["name"]: one["containerPort"] for one in cluster.daemon["ports"]}
    (port,) = service["spec"]["ports"]
    assert port["name"] == "http"
    assert port["targetPort"] in ports
    for monitor in cluster.all("ServiceMonitor"):
        assert matches(monitor["spec"]["selector"], service["metadata"]["labels"])
        assert [one["port"] for one in monitor["spec"]["endpoints"]] == [port["name"]]
        # The rules name the job.
        assert service["metadata"]["labels"][monitor["spec"]["jobLabel"]] == "queuewatch"


@each
def test_nothing_comes_in_or_goes_out_unsaid(cluster: Cluster) -> None:
    """Everything is denied, but for scrapers and people at our port, names, and TLS to the outside."""
    deny = cluster.one("NetworkPolicy", "default-deny")["spec"]
    assert deny == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    policy = cluster.one("NetworkPolicy")["spec"]
    names = {**namespace("kube-system"), "podSelector": {"matchLabels": {"k8s-app": "kube-dns"}}}
    assert policy.keys() == {"podSelector", "policyTypes", "ingress", "egress"}
    assert policy["policyTypes"] == ["Ingress", "Egress"]
    assert policy["ingress"] == [
        {"from": [namespace("monitoring"), namespace("ingress-nginx")], "ports": [port("TCP", 9877)]}
    ]
    assert policy["egress"] == [
        {"to": [names], "ports": [port("UDP", 53), port("TCP", 53)]},
        {"ports": [port("TCP", 443)]},
    ]


def namespace(name: str) -> dict[str, Any]:
    """A peer of a policy: every pod of a namespace."""
    return {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": name}}}


def port(protocol: str, number: int) -> dict[str, Any]:
    """A port of a policy."""
    return {"protocol": protocol, "port": number}


@each
def test_probes_and_scrapers_ask_where_it_listens(cluster: Cluster, settings: Settings) -> None:
    """The paths that are probed need no login; port and scheme are those that are listened with."""
    daemon = cluster.daemon
    (port,) = daemon["ports"]
    assert (settings.web.host, settings.web.port) == ("0.0.0.0", port["containerPort"])
    scheme = "HTTP" if settings.web.access.tls is None else "HTTPS"
    paths = {"startupProbe": "/healthz", "livenessProbe": "/healthz", "readinessProbe": "/readyz"}
    for probe, path in paths.items():
        asked = daemon[probe]["httpGet"]
        assert (asked["path"], asked["port"], asked.get("scheme", "HTTP")) == (path, port["name"], scheme)
        assert path in OPEN
    for monitor in cluster.all("ServiceMonitor"):
        (endpoint,) = monitor["spec"]["endpoints"]
        assert (endpoint["path"], endpoint.get("scheme", "http")) == ("/metrics", scheme.lower())


@each
def test_the_configuration_is_good_and_lies_where_it_is_looked_for(
    cluster: Cluster, settings: Settings
) -> None:
    """It loads, the state is on the disk, and the command line is one of ours that names the file."""
    assert settings.rules
    assert settings.store_path.startswith(f"{cluster.mount('state')}/")
    words = understood(cluster.daemon["args"])
    assert str(words["path"]) == f"{cluster.mount('config')}/queuewatch.yaml"
    assert words["watch_config"] is True
    assert cluster.mount("secrets") == "/run/secrets/queuewatch"
    for container in cluster.pod["spec"]["containers"]:
        assert understood(container["args"])


@each
def test_a_change_of_the_configuration_is_no_rollout(cluster: Cluster) -> None:
    """Its ConfigMap goes by one name whatever it holds, and is mounted whole, so that changes arrive."""
    assert cluster.one("ConfigMap")
    assert not [one for one in cluster.daemon["volumeMounts"] if "subPath" in one]


@each
def test_the_pod_may_do_nothing_but_its_work(cluster: Cluster) -> None:
    """Not root, nothing but its volumes is writable, no capability, no privilege, no token of the cluster."""
    spec = cluster.pod["spec"]
    security = spec["securityContext"]
    assert security["runAsNonRoot"] is True
    assert {security["runAsUser"], security["runAsGroup"], security["fsGroup"]} == {10001}
    assert security["seccompProfile"] == {"type": "RuntimeDefault"}
    assert spec["automountServiceAccountToken"] is False
    assert cluster.one("ServiceAccount")["automountServiceAccountToken"] is False
    assert not {"hostNetwork", "hostPID", "hostIPC"} & spec.keys()
    assert all(
        volume.keys() & {"configMap", "secret", "projected", "persistentVolumeClaim", "emptyDir"}
        for volume in spec["volumes"]
    )
    for container in spec["containers"]:
        own = container["securityContext"]
        assert own["allowPrivilegeEscalation"] is False
        assert own["readOnlyRootFilesystem"] is True
        assert own["capabilities"] == {"drop": ["ALL"]}
        assert "privileged" not in own
        assert container["resources"]["limits"]["memory"]
        assert container["resources"]["requests"].keys() == {"cpu", "memory"}
        written = {one["name"] for one in container["volumeMounts"] if not one.get("readOnly")}
        assert written == {"tmp"} | ({"state"} if container["name"] == "queuewatch" else set())


@each
def test_secrets_are_readable_by_our_group_alone(cluster: Cluster) -> None:
    """Their files have no mode for others."""
    for volume in cluster.pod["spec"]["volumes"]:
        for source in (volume.get("secret"), volume.get("projected")):
            if source is not None:
                assert source["defaultMode"] == 0o440


@each
def test_the_image_is_this_version(cluster: Cluster) -> None:
    """Each container runs the version that the code has; a tag that moves is none."""
    for container in cluster.pod["spec"]["containers"]:
        assert container["image"].rpartition("/")[2] == f"queuewatch:{__version__}"
        assert container["imagePullPolicy"] == "IfNotPresent"


@each
def test_there_is_one_writer_and_it_has_time_to_end(cluster: Cluster) -> None:
    """One replica, ended before the next begins, and not killed while it still delivers."""
    spec = cluster.one("Deployment")["spec"]
    assert (spec["replicas"], spec["strategy"]) == (1, {"type": "Recreate"})
    budget = cluster.one("PodDisruptionBudget")["spec"]
    assert (budget["maxUnavailable"], budget["unhealthyPodEvictionPolicy"]) == (1, "AlwaysAllow")
    assert cluster.pod["spec"]["terminationGracePeriodSeconds"] >= 2 * DRAIN


@pytest.mark.parametrize("name", sorted(files()))
def test_what_is_generated_is_up_to_date(name: str) -> None:
    """The rules and the version stand in the manifests as they stand where they come from."""
    assert (HERE / name).read_text() == files()[name], "run make generate"


@pytest.mark.parametrize("kind", ["base", "overlays/production"])
def test_prometheus_takes_the_rules(cluster: Cluster, tmp_path: Path) -> None:
    """They are the shipped ones, and nothing is wrong for promtool with what the PrometheusRule holds."""
    spec = cluster.one("PrometheusRule")["spec"]
    assert spec["groups"] == groups()
    file = tmp_path / "rules.yml"
    file.write_text(yaml.safe_dump(spec))
    done = promtool("check", "rules", str(file))
    assert done.returncode == 0, done.stdout + done.stderr


@each
def test_each_dashboard_is_there_for_grafana_to_find(cluster: Cluster) -> None:
    """A ConfigMap with the sidecar's label for each file in deploy/grafana/dashboards, with its text."""
    found: dict[str, Any] = {}
    for one in cluster.all("ConfigMap"):
        if one["metadata"].get("labels", {}).get("grafana_dashboard") == "1":
            found |= one["data"]
    there = {path.name: path.read_text() for path in (FOLDER.parent / "grafana/dashboards").glob("*.json")}
    assert there
    assert found == there
