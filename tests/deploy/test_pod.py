"""The pod's processes, run from what is rendered: as the kubelet probes them and Prometheus scrapes them."""

from __future__ import annotations

import base64
import hashlib
import re
import shutil
import signal
import ssl
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from tests.deploy.cluster import FOLDER, Cluster, rendered, sample
from tests.kit.authority import Authority, Identity
from tests.servers.programs import HOST, Program, accepts, free_port, wait_until

pytestmark = pytest.mark.slow

POD = "10.244.0.7:9877"
"""Where the kubelet and Prometheus say they ask."""
TOKEN = "what-prometheus-shows"


class Pod:
    """The containers' command lines, with every path below `folder` and every port a free one."""

    def __init__(self, folder: Path, cluster: Cluster) -> None:
        self.port, self.simulator = free_port(), free_port()
        self.state = folder / "var/lib/queuewatch"
        self._folder = folder
        self._cluster = cluster
        self._swaps = 0
        for place in (
            "etc/queuewatch",
            "run/secrets/queuewatch",
            "run/secrets/queuewatch-web",
            "var/lib/queuewatch",
        ):
            (folder / place).mkdir(parents=True)
        self.bring(cluster.configuration)

    def bring(self, text: str) -> None:
        """Put the configuration there as the kubelet does: a new folder, to which a link is led."""
        place = self._folder / "etc/queuewatch"
        self._swaps += 1
        fresh = place / f"..{self._swaps}"
        fresh.mkdir()
        (fresh / "queuewatch.yaml").write_text(self._moved(text))
        (place / "..new").symlink_to(fresh.name)
        (place / "..new").replace(place / "..data")
        if self._swaps == 1:
            (place / "queuewatch.yaml").symlink_to("..data/queuewatch.yaml")

    def keep(self, name: str, text: str, secret: str = "queuewatch") -> None:
        """Put a secret where the pod has it."""
        (self._folder / "run/secrets" / secret / name).write_text(text)

    def run(self, container: str, *more: str) -> Program:
        """Return the process of a container, not started."""
        args = [*self._cluster.container(container)["args"], *more]
        return Program(container, self.command(args), log=self._folder / f"{container}.log")

    def command(self, args: Sequence[str], environ: Sequence[str] = ()) -> list[str]:
        """Return what runs `queuewatch` with these arguments and variables in the pod."""
        own = [f"PYTHONPATH={FOLDER.parents[1]}", "HOSTNAME=queuewatch-7d4b9c-x2x7z"]
        words = [*environ, sys.executable, "-m", "monitor", *args]
        return ["env", "-i", "-C", "/", *own, *map(self._moved, words)]

    def _moved(self, text: str) -> str:
        text = re.sub(
            r"(?<![\w.])/(etc/queuewatch|run/secrets|var/lib/queuewatch)\b", rf"{self._folder}/\1", text
        )
        return text.replace(":9877", f":{self.port}").replace(":9876", f":{self.simulator}")


@pytest.fixture
def start() -> Iterator[Callable[[Program, int], Program]]:
    """Starts a process, waits until its port accepts, and ends it after the test."""
    with ExitStack() as stack:

        def starting(one: Program, port: int) -> Program:
            one.start(lambda: accepts(port), within=15)
            stack.callback(one.end, signal.SIGTERM)
            return one

        yield starting


def test_the_demo_answers_by_the_pods_address_and_takes_a_changed_configuration(
    tmp_path: Path, start: Callable[[Program, int], Program]
) -> None:
    """Probes say yes, a scrape shows every source up, strange names get no page; a rule is taken over."""
    cluster = rendered("overlays/demo")
    pod = Pod(tmp_path, cluster)
    for name, text in secret(cluster).items():
        pod.keep(name, text)
    start(pod.run("simulator", "--port", str(pod.simulator)), pod.simulator)
    daemon = start(pod.run("queuewatch"), pod.port)
    probes = {name: cluster.daemon[name]["httpGet"]["path"] for name in ("livenessProbe", "readinessProbe")}
    with httpx.Client(
        base_url=f"http://{HOST}:{pod.port}", headers={"host": POD}, trust_env=False
    ) as kubelet:
        assert kubelet.get(probes["livenessProbe"]).status_code == 200
        wait_until(
            lambda: kubelet.get(probes["readinessProbe"]).status_code == 200, within=15, what="it is ready"
        )
        shown = kubelet.get("/metrics").text
        assert set(re.findall(r"(?m)^queuewatch_source_up{.*} (\d)", shown)) == {"1"}
        assert kubelet.get("/").status_code == 200
        assert kubelet.get("/", headers={"host": "elsewhere.example"}).status_code == 421
    assert (pod.state / "queuewatch.db").exists()
    changed = yaml.safe_load(cluster.configuration)
    changed["rules"][0]["critical"]["above"] = 1000
    pod.bring(yaml.safe_dump(changed))
    wait_until(lambda: "config.reloaded" in daemon.words(), within=15, what="the change is taken over")
    assert "reload.refused" not in daemon.words()


def secret(cluster: Cluster) -> Mapping[str, str]:
    """What the demo's Secret holds."""
    data: Mapping[str, str] = cluster.one("Secret")["data"]
    return {name: base64.b64decode(text).decode() for name, text in data.items()}


def test_production_answers_over_tls_and_shows_metrics_to_the_token_alone(
    tmp_path: Path, start: Callable[[Program, int], Program]
) -> None:
    """A probe needs neither authority nor token; a scrape, as the ServiceMonitor has it, needs both."""
    cluster = rendered("overlays/production")
    (endpoint,) = cluster.one("ServiceMonitor")["spec"]["endpoints"]
    server = endpoint["tlsConfig"]["serverName"]
    pod, authority = Pod(tmp_path, cluster), Authority(tmp_path)
    furnish(pod, cluster, authority.issue("queuewatch", hosts=f"DNS:{server}"), sample("web.yaml"))
    daemon = start(pod.run("queuewatch"), pod.port)
    url = f"https://{HOST}:{pod.port}"
    trusting: dict[str, Any] = {"sni_hostname": server}
    authorization = {"authorization": f"{endpoint['authorization']['type']} {TOKEN}"}
    with httpx.Client(base_url=url, headers={"host": POD}, verify=False, trust_env=False) as kubelet:  # noqa: S501
        assert kubelet.get("/healthz").status_code == 200
        assert kubelet.get("/readyz").status_code in {200, 503}
        assert kubelet.get("/metrics").status_code == 401
    context = ssl.create_default_context(cafile=authority.file)
    with httpx.Client(base_url=url, headers={"host": POD}, verify=context, trust_env=False) as prometheus:
        scraped = prometheus.get(endpoint["path"], headers=authorization, extensions=trusting)
        assert scraped.status_code == 200
        assert "queuewatch_build_info" in scraped.text
        assert prometheus.get("/api/v1/queues", headers=authorization, extensions=trusting).status_code == 403
    daemon.end(signal.SIGTERM, grace=cluster.pod["spec"]["terminationGracePeriodSeconds"])
    assert "daemon.stopped" in daemon.words()


def furnish(pod: Pod, cluster: Cluster, identity: Identity, web: str) -> None:
    """Put production's secrets there, and a configuration whose platform is nowhere."""
    digest = hashlib.sha256(TOKEN.encode()).hexdigest()
    pod.keep("tls.crt", Path(identity.certificate).read_text(), "queuewatch-web")
    pod.keep("tls.key", Path(identity.key).read_text(), "queuewatch-web")
    pod.keep("web.yaml", re.sub(r"(?<=sha256: )[0-9a-f]{64}", digest, web), "queuewatch-web")
    for name in ("client-id", "client-secret", "pagerduty"):
        pod.keep(name, f"{'0' * 32}\n")
    nowhere = f"http://{HOST}:{free_port()}"
    pod.keep("healthchecks", f"{nowhere}/ping\n")
    urls = f"api_url: {nowhere}\n    login_url: {nowhere}"
    pod.bring(cluster.configuration.replace("region: eu-west-1", urls))


def advised(folder: Path, probe: str) -> Cluster:
    """Production as it is rendered with this in the place of each probe."""
    for name in ("kubernetes", "grafana"):
        shutil.copytree(FOLDER.parent / name, folder / name)
    path = folder / "kubernetes/overlays/production/deployment.yaml"
    path.write_text(re.sub(r"(?m)^( +)httpGet: .*$", rf"\1{probe}", path.read_text()))
    return rendered(str(path.parent))


def test_where_clients_need_certificates_the_probe_is_as_production_advises(
    tmp_path: Path, start: Callable[[Program, int], Program]
) -> None:
    """The command in its comment says yes with the variables there, and no without any one of them."""
    advice = (FOLDER / "overlays/production/deployment.yaml").read_text()
    (probe,) = re.findall(r"# write `(.+)` then", advice)
    words = yaml.safe_load(probe)["exec"]["command"][1:]
    assert advised(tmp_path, probe).daemon["livenessProbe"].get("httpGet") is None
    environ = re.findall(r"#\s+(QUEUEWATCH_\w+=\S+)", advice)
    assert len(environ) == 4
    (mounted,) = re.findall(r"# - {key: ca.crt, path: (\S+)}", advice)
    cluster, authority = rendered("overlays/production"), Authority(tmp_path)
    pod, client = Pod(tmp_path, cluster), authority.issue("client", usage="clientAuth")
    required = "client_auth_type: RequireAndVerifyClientCert\n  client_ca_file: ca.crt\n  key_file:"
    identity = authority.issue("queuewatch", hosts="DNS:queuewatch.queuewatch.svc,DNS:localhost")
    furnish(pod, cluster, identity, sample("web.yaml").replace("key_file:", required))
    files = {mounted: authority.file, "client.crt": client.certificate, "client.key": client.key}
    for name, source in files.items():
        pod.keep(name, Path(source).read_text(), "queuewatch-web")
    start(pod.run("queuewatch"), pod.port)
    given = [environ, *([one for one in environ if one != left] for left in environ)]
    done = [
        subprocess.run(pod.command(words, one), capture_output=True, check=False, timeout=20) for one in given
    ]
    assert [one.returncode == 0 for one in done] == [True, False, False, False, False]
