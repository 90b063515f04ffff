"""The compose file: what it says of its containers, and its processes run on the loopback."""

from __future__ import annotations

import asyncio
import json
import re
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path

import aiomqtt
import pytest

from deploy.compose.receiver import PORT
from monitor import __version__
from monitor.app.running import DRAIN
from monitor.config import load
from tests.deploy.compose import DEPLOY, FILE, OURS, SERVICES, each, part
from tests.deploy.words import understood
from tests.servers.programs import HOST, Program, accepts, free_port, require_program, wait_until
from tests.servers.prometheus import promtool

SECRET = "demo-secret"
_ADDRESS = re.compile(r"(?:https?://)?([a-z][a-z0-9.-]*|127\.0\.0\.1):(\d+)(?:/.*)?")


LISTENING = {
    "queuewatch": {9877, 9876},  # its own, and the simulator's, whose loopback it shares
    "simulator": {9877, 9876},
    "receiver": {PORT},
    "mosquitto": {1883},
    "prometheus": {9090},
    "alertmanager": {9093},
    "grafana": {3000},
}
"""Where each host name listens: the defaults of the images, and what the files here say."""


def test_the_schema_holds() -> None:
    """The Compose Specification knows every key."""
    tool = Path(sys.executable).with_name("check-jsonschema")
    command = [str(tool), "--builtin-schema", "vendor.compose-spec", str(FILE)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


@each
def test_a_container_may_do_little(name: str) -> None:
    """Not root, without capabilities, read-only but for its volumes, within limits, begun again."""
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert "cap_add" not in service
    assert "privileged" not in service
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert {"mem_limit", "cpus", "pids_limit"} <= service.keys()
    assert service["restart"] == ("no" if name == "simulator" else "unless-stopped")
    assert service["healthcheck"]["test"][0] == "CMD"


@each
def test_an_image_is_pinned(name: str) -> None:
    """Each names a whole version; ours is this one, and nobody's of that name is fetched."""
    service = SERVICES[name]
    assert re.fullmatch(r"[a-z/-]+:v?\d+\.\d+\.\d+", service["image"])
    if name in OURS:
        assert (service["image"], service["pull_policy"]) == (f"queuewatch:{__version__}", "never")


def test_one_builds_the_image_for_all() -> None:
    """From the checkout; who else runs it comes after, for two builds of one tag get in each other's way."""
    (builder,) = (name for name, service in SERVICES.items() if "build" in service)
    build = SERVICES[builder]["build"]
    assert ((DEPLOY / build["context"]).resolve() / build["dockerfile"]).is_file()
    assert all(builder in SERVICES[name]["depends_on"] for name in OURS if name != builder)


@each
def test_other_machines_cannot_reach_it(name: str) -> None:
    """What is published is published on the loopback, where that container listens."""
    for published in SERVICES[name].get("ports", []):
        host, _, port = published.split(":")
        assert host == "127.0.0.1"
        assert int(port) in LISTENING[name]


@each
def test_who_is_waited_for_can_be_well(name: str) -> None:
    """Conditions name services that have a health check, and nobody waits for whom they are waited by."""
    seen, waiting = set[str](), [name]
    while waiting:
        for other in SERVICES[waiting.pop()].get("depends_on", {}):
            assert other != name
            waiting += [other] if other not in seen else []
            seen.add(other)


def test_queuewatch_is_begun_again_with_the_simulator_and_has_time_to_end() -> None:
    """A new simulator has a new network; and what is due is delivered before it is killed."""
    service = SERVICES["queuewatch"]
    assert service["depends_on"]["simulator"]["restart"] is True
    assert float(service["stop_grace_period"].removesuffix("s")) >= 2 * DRAIN


def test_no_secret_stands_in_it() -> None:
    """But for the simulator's, which everybody knows."""
    environ = {name: text for one in SERVICES.values() for name, text in one.get("environment", {}).items()}
    telling = {name: text for name, text in environ.items() if re.search("SECRET|PASSW|TOKEN", name)}
    ours = {
        f"QUEUEWATCH_ORGS__{org.upper()}__CLIENT_SECRET": SECRET for org in part("queuewatch.yaml")["orgs"]
    }
    assert telling == ours


def addresses(data: object) -> Iterator[tuple[str, int]]:
    """Yield every host and port that is written somewhere in `data`."""
    if isinstance(data, Mapping):
        if isinstance(data.get("host"), str):
            yield data["host"], int(data.get("port", 1883))
        for value in data.values():
            yield from addresses(value)
    elif isinstance(data, list):
        for value in data:
            yield from addresses(value)
    elif isinstance(data, str) and (found := _ADDRESS.fullmatch(data)):
        yield found[1], int(found[2])


def test_every_name_is_a_service_that_listens_there() -> None:
    """Whatever a configuration or a variable points at: a host name of the file, and a port it has."""
    holders = {name: {name: part(f"{name}.yml")} for name in ("prometheus", "alertmanager")}
    holders |= {"queuewatch": part("queuewatch.yaml"), "grafana": SERVICES["grafana"]["environment"]}
    found = {(name, host, port) for name, data in holders.items() for host, port in addresses(data)}
    for name, service in SERVICES.items():
        words = [word.rpartition("=")[2] for word in service["healthcheck"]["test"]]
        found |= {(name, host, port) for host, port in addresses(words)}
    assert {(name, host) for name, host, _ in found} >= {
        ("queuewatch", "alertmanager"),
        ("queuewatch", "receiver"),
        ("queuewatch", "mosquitto"),
        ("prometheus", "queuewatch"),
        ("grafana", "prometheus"),
    }
    wrong = [
        (name, host, port)
        for name, host, port in found
        if port not in LISTENING.get(name if host == "127.0.0.1" else host, set())
    ]
    assert wrong == []


def test_the_simulator_is_on_the_same_loopback() -> None:
    """An org is asked over http on the loopback only: there the simulator listens, and is waited for."""
    assert SERVICES["queuewatch"]["network_mode"] == "service:simulator"
    assert SERVICES["queuewatch"]["depends_on"]["simulator"]["condition"] == "service_healthy"
    assert SERVICES["simulator"]["networks"] == {"default": {"aliases": ["queuewatch"]}}
    orgs = part("queuewatch.yaml")["orgs"].values()
    port = understood(SERVICES["simulator"]["command"])["port"]
    assert {org["api_url"] for org in orgs} == {f"http://127.0.0.1:{port}"}


def test_queuewatch_takes_its_configuration(tmp_path: Path) -> None:
    """With the variables that the compose file sets, and no other: both orgs, all questions."""
    environ = {**SERVICES["queuewatch"]["environment"], "STATE_DIRECTORY": str(tmp_path)}
    settings = load(DEPLOY / "compose" / "queuewatch.yaml", environ)
    assert [org.client_secret.reveal() for org in settings.orgs] == [SECRET, SECRET]
    asked = ("queues", "service_level", "agents", "workitems", "strategies")
    assert all(getattr(org, question) is not None for org in settings.orgs for question in asked)
    assert {one.name for one in settings.destinations} == {
        "oncall/alertmanager", "desk/webhook", "lamps/mqtt", "lamps/log"
    }  # fmt: skip


def test_prometheus_takes_its_configuration(tmp_path: Path) -> None:
    """With every rule that is mounted beside it."""
    (mount,) = (one for one in SERVICES["prometheus"]["volumes"] if one["target"].endswith("/rules"))
    rules = (DEPLOY / mount["source"]).resolve()
    text = (DEPLOY / "compose" / "prometheus.yml").read_text()
    assert f"{mount['target']}/*.yml" in text
    moved = tmp_path / "prometheus.yml"
    moved.write_text(text.replace(mount["target"], str(rules)))
    done = promtool("check", "config", str(moved))
    assert done.returncode == 0, done.stderr
    assert all(path.name in done.stdout for path in rules.glob("*.yml"))
    assert list(rules.glob("*.yml"))


def test_alertmanager_takes_its_configuration() -> None:
    """Without a complaint."""
    tool = require_program("amtool", package="prometheus-alertmanager")
    command = [tool, "check-config", str(DEPLOY / "compose" / "alertmanager.yml")]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)
    assert done.returncode == 0, done.stderr


def test_programs_take_their_words() -> None:
    """Those of the commands and of the health checks, by the programs' own word."""
    one, other = SERVICES["prometheus"], SERVICES["alertmanager"]
    _, program, *words = other["healthcheck"]["test"]
    taken = [("prometheus", one["command"]), ("prometheus-alertmanager", other["command"]), (program, words)]
    for program, words in taken:
        package = "prometheus" if program == "prometheus" else "prometheus-alertmanager"
        command = [require_program(program, package=package), *words, "--help"]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)
        assert done.returncode == 0, done.stderr
    # Debian's promtool may be too old for this one.
    assert one["healthcheck"]["test"][1:4] == ["promtool", "check", "ready"]


@pytest.mark.servers
async def test_mosquitto_takes_its_configuration(broker: int) -> None:
    """And has the topic that its health check waits for, for everybody."""
    check = SERVICES["mosquitto"]["healthcheck"]["test"]
    topic = check[check.index("-t") + 1].replace("$$", "$")
    async with asyncio.timeout(10), aiomqtt.Client(HOST, broker) as client:
        await client.subscribe(topic)
        message = await anext(aiter(client.messages))
    assert str(message.topic) == topic


def test_grafana_is_told_what_it_needs() -> None:
    """Every variable of what is provisioned, and the page that opens first."""
    service = SERVICES["grafana"]
    targets = {mount["target"]: mount["source"] for mount in service["volumes"] if mount["type"] == "bind"}
    files = [path for source in targets.values() for path in (DEPLOY / source).glob("*.yaml")]
    named = {name for path in files for name in re.findall(r"\$\{?([A-Z_]+)", path.read_text())}
    assert "PROMETHEUS_URL" in named
    assert named <= service["environment"].keys()
    first = Path(service["environment"]["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"])
    assert (DEPLOY / targets[str(first.parent)] / first.name).is_file()


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[int]:
    """The port of a mosquitto that runs with the compose file's configuration, its place and port apart."""
    program = require_program("mosquitto", package="mosquitto")
    port = free_port()
    text = (DEPLOY / "compose" / "mosquitto.conf").read_text()
    text = text.replace("listener 1883\n", f"listener {port} {HOST}\n")
    text = text.replace("/mosquitto/data/", f"{tmp_path}/")
    path = tmp_path / "mosquitto.conf"
    path.write_text(text)
    one = Program("mosquitto", [program, "-c", str(path)], log=tmp_path / "mosquitto.log")
    tmp_path.chmod(0o777)  # mosquitto drops root
    one.start(lambda: accepts(port), within=10)
    yield port
    one.end(signal.SIGTERM)


@pytest.fixture
def spot(tmp_path: Path) -> Iterator[Callable[..., Program]]:
    """A maker of processes that run a service's command, with our interpreter in the place of the image's."""
    with ExitStack() as stack:

        def start(name: str, words: list[str], answers: Callable[[], bool], **environ: str) -> Program:
            pairs = [f"{key}={text}" for key, text in environ.items()]
            log = tmp_path / f"{name}.log"
            one = Program(name, ["env", "-i", f"PYTHONPATH={DEPLOY.parent}", *pairs, *words], log=log)
            one.start(answers, within=15)
            stack.callback(one.end, signal.SIGTERM)
            return one

        yield start


QUEUEWATCH = [sys.executable, "-m", "monitor"]


@pytest.mark.servers
@pytest.mark.slow
def test_the_whole_runs(tmp_path: Path, spot: Callable[..., Program], broker: int) -> None:
    """Simulator and daemon, in this order: the health check says yes, and every source is up."""
    ports = {9877: free_port(), 9876: free_port(), PORT: free_port(), 1883: broker, 9093: free_port()}
    path = tmp_path / "queuewatch.yaml"
    path.write_text(rewritten((DEPLOY / "compose" / "queuewatch.yaml").read_text(), ports))
    service, simulator = SERVICES["queuewatch"], SERVICES["simulator"]
    environ = {"QUEUEWATCH_CONFIG": str(path), "STATE_DIRECTORY": str(tmp_path), **service["environment"]}
    simulate = [*QUEUEWATCH, *simulator["command"], "--port", str(ports[9876])]
    spot("simulator", simulate, lambda: accepts(ports[9876]))
    spot("queuewatch", [*QUEUEWATCH, *service["command"]], lambda: accepts(ports[9877]), **environ)
    check = service["healthcheck"]["test"]
    understood(check[2:])
    health = [*QUEUEWATCH, *check[2:], "--url", f"http://{HOST}:{ports[9877]}"]
    wait_until(lambda: healthy(health), within=40, what="the health check says yes", every=0.5)
    wait_until(lambda: set(sources(ports[9877])) == {1.0}, within=40, what="every source is up", every=0.2)
    assert len(sources(ports[9877])) == 12


def sources(port: int) -> list[float]:
    """What the daemon says of each of its sources: 1 where it is up."""
    with urllib.request.urlopen(f"http://{HOST}:{port}/metrics", timeout=5) as answer:
        return [
            float(text) for text in re.findall(r"(?m)^queuewatch_source_up{.*} (.*)$", answer.read().decode())
        ]


def healthy(command: list[str]) -> bool:
    """Whether a health check says yes."""
    return subprocess.run(command, capture_output=True, check=False, timeout=10).returncode == 0


def rewritten(text: str, ports: Mapping[int, int]) -> str:
    """A configuration whose host names are the loopback and whose ports are these."""
    text = text.replace("mosquitto}", f"{HOST}, port: 1883}}")
    text = re.sub(r"\b(alertmanager|receiver|0\.0\.0\.0):(\d+)", rf"{HOST}:\2", text)
    return re.sub(r"(?<=[: ])\d{4}\b", lambda found: str(ports.get(int(found[0]), found[0])), text)


def test_the_receiver_says_what_it_is_told(spot: Callable[..., Program]) -> None:
    """A line for a CloudEvent, one for each alert of Alertmanager's, and 400 for anything else."""
    port = free_port()
    receiver = [sys.executable, str(DEPLOY / "compose" / "receiver.py"), str(port)]
    one = spot("receiver", receiver, lambda: accepts(port))
    data = {"kind": "fired", "annotations": {"summary": "Müller – Köln: a\nb\x1b[31m\ud800"}}
    event = {"type": "io.queuewatch.alert.fired.v1", "subject": "Low/q1", "data": data}
    alerts = {"alerts": [{"status": "firing", "labels": {"alertname": "QueuewatchDown"}}]}
    bodies: list[object] = [event, alerts, [], {"data": 1}]
    assert [post(port, body) for body in bodies] == [204, 204, 400, 400]
    assert one.words().splitlines() == [
        "queuewatch    fired Low/q1 Müller – Köln: a\\nb\\x1b[31m\\ud800",
        "alertmanager  firing QueuewatchDown",
    ]


def post(port: int, body: object) -> int:
    """POST a body and return what is answered."""
    request = urllib.request.Request(f"http://{HOST}:{port}/", data=json.dumps(body).encode(), method="POST")
    try:
        with urllib.request.urlopen(request, timeout=5) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as refusal:
        with refusal:
            return refusal.code
