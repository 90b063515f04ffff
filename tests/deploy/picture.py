"""The whole picture as processes: a contact centre, queuewatch, Prometheus, Alertmanager, a receiver.

Out: a story that happens, and what was seen on the way. The rules, Prometheus's configuration and
Alertmanager's are the shipped ones; what differs is where things are, how often Prometheus looks, and how
long Alertmanager gathers. Prometheus remembers: asked about `moment`, it tells of when all was running.
"""

import json
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

from monitor.demo.playing import CLIENT_SECRET
from monitor.demo.show import SHOWS
from tests.deploy.rewriting import alertmanager_settings, prometheus_settings, twins
from tests.deploy.rulefiles import ROOT
from tests.servers.alertmanager import Alertmanager
from tests.servers.mosquitto import Mosquitto
from tests.servers.programs import HOST, Program, Server, accepts, free_port, wait_until
from tests.servers.prometheus import Prometheus

Alert = dict[str, Any]
"""One alert as Prometheus or Alertmanager tells it: `labels` and `annotations` at least."""
Lines = list[tuple[dict[str, str], list[float]]]
"""What an expression yields: the labels and the values of each series."""

CRITICAL = "GenesysServiceLevelCritical"
BREACH = {"alertname": CRITICAL, "org": "demo", "queue": "Support Voice", "media": "voice"}
"""The labels of the alert the story is about."""
SOURCES = 2 * 6
"""Both orgs ask the five questions, and for the directory."""
SCRAPED = 60.0
"""Seconds of history before anything is asked of it: what looks a minute back has that minute."""


class Child(Server):
    """One of ours, as a process: it runs `python -m` something, with an environment of its own."""

    def __init__(self, folder: Path, name: str, *words: str, port: int, **environment: str) -> None:
        self.port = port
        self.target = f"{HOST}:{port}"
        foreign = [word for key in os.environ if key.startswith("QUEUEWATCH_") for word in ("-u", key)]
        own = [f"{key}={value}" for key, value in {**environment, "PYTHONPATH": str(ROOT)}.items()]
        command = ["env", *foreign, *own, sys.executable, "-m", *words]
        self._program = Program(name, command, log=folder / f"{name}.log")

    def _ready(self) -> bool:
        return accepts(self.port)


@dataclass(slots=True)
class Hooks:
    """A webhook receiver for everybody: takes whatever comes, and keeps what is JSON."""

    url: str = ""
    bodies: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def told(self, **labels: str) -> list[Alert]:
        """What Alertmanager told of alerts with these labels, oldest first: `status`, `receiver` and more."""
        bodies = [body for path, body in list(self.bodies) if path == "/told"]
        told = [{**one, "receiver": body["receiver"]} for body in bodies for one in body["alerts"]]
        return having(told, **labels)


def having(alerts: Sequence[Alert], **labels: str) -> list[Alert]:
    """Those of the alerts that have these labels."""
    return [one for one in alerts if labels.items() <= one["labels"].items()]


@contextmanager
def hooking() -> Iterator[Hooks]:
    """A receiver that is up for the length of the block."""
    hooks = Hooks()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            hooks.bodies.append((self.path, json.loads(body)))
            self.send_response(200)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Keep quiet."""

    server = ThreadingHTTPServer((HOST, 0), Handler)
    server.daemon_threads = True
    hooks.url = f"http://{HOST}:{server.server_port}"
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield hooks
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@dataclass(slots=True, kw_only=True)
class Picture:
    """Everything that runs, and what was seen of the story; times are those of `time.time()`."""

    centre: Child
    daemon: Child
    prometheus: Prometheus
    twins: Prometheus
    alertmanager: Alertmanager
    hooks: Hooks
    moment: float = 0.0
    faults: set[str] = field(default_factory=set)
    seen: dict[str, list[Alert]] = field(default_factory=dict)
    answers: dict[str, Lines] = field(default_factory=dict)
    """What was asked about the moment, by the place of the expression: it is asked once."""

    def alerts(self, **labels: str) -> list[Alert]:
        """The alerts of Prometheus that have these labels, and their `state`."""
        return having(self.prometheus.alerts(), **labels)

    def state(self) -> str:
        """What a reader of a failure wants to know: the alerts, and the last words of who speaks."""
        alerts = [f"{one['state']} {one['labels']}" for one in self.prometheus.alerts()]
        logs = [server.words()[-600:] for server in (self.centre, self.daemon, self.prometheus)]
        self.note("failed")
        return "\n".join([*alerts, *sorted(self.faults), *logs])

    @contextmanager
    def telling(self) -> Iterator[None]:
        """Add to a complaint about what did not come true how things stand."""
        try:
            yield
        except TimeoutError as error:
            error.add_note(self.state())
            raise

    def until(self, holds: Callable[[], bool], what: str, *, within: float) -> None:
        """Wait for a condition of the outside world, asking a few times a second."""
        wait_until(holds, within=within, what=what, every=0.25)

    def note(self, chapter: str) -> None:
        """Keep what Prometheus's alerts are now, and which rules cannot be evaluated."""
        self.seen[chapter] = self.prometheus.alerts()
        rules = self.prometheus.rules() + self.twins.rules()
        self.faults |= {f"{one['name']}: {one['lastError']}" for one in rules if one.get("lastError")}

    def breach(self) -> None:
        """The service level is too low: the alert waits, fires, and arrives."""
        self.until(self._complete, "every source has answered", within=60)
        began = time.time()
        self.until(lambda: bool(self.alerts(**BREACH)), "the breach is seen", within=60)
        self.note("pending")
        self.until(lambda: self._firing(**BREACH), "the alert fires", within=100)
        self.note("firing")
        self.until(lambda: bool(self.hooks.told(**BREACH)), "the receiver is told", within=20)
        self.until(lambda: time.time() > began + SCRAPED, "a minute of history", within=SCRAPED + 1)
        self.until(self._complete, "every source is up", within=20)
        self.moment = time.time()
        self.centre.freeze()

    def end(self) -> None:
        """The story from the moment on."""
        with self.telling():
            self.blindness()
            self.silence()

    def blindness(self) -> None:
        """The platform does not answer: the figures vanish, the sources are down, the alert stays."""
        down = {"alertname": "QueuewatchSourceDown", "org": "demo", "source": "service_level"}
        self.until(lambda: bool(self.alerts(**down)), "the source's alert", within=60)
        gone = 'absent(genesys_service_level_ratio{org="demo",queue="Support Voice"})'
        self.prometheus.wait_for(gone, within=60)
        self._look_again()
        self.note("blind")

    def silence(self) -> None:
        """The daemon dies as well: nobody says anything any more."""
        self.daemon.kill()
        self.until(lambda: bool(self.alerts(alertname="QueuewatchDown")), "the daemon's alert", within=30)
        self._look_again()
        self.note("silent")

    def _firing(self, **labels: str) -> bool:
        return any(one["state"] == "firing" for one in self.alerts(**labels))

    def _complete(self) -> bool:
        """Whether every source has answered, and both have seen it."""
        up = "count(queuewatch_source_up == 1)"
        return (self.prometheus.value(up), self.twins.value(up)) == (SOURCES, 2 * SOURCES)

    def _look_again(self) -> None:
        """Wait until every rule has judged twice what is there now, and Alertmanager was told of it."""
        after = datetime.now(UTC) + timedelta(seconds=3)
        evaluated = "every rule is evaluated again"
        self.until(lambda: min(map(_evaluated, self.prometheus.rules())) > after, evaluated, within=20)


def _evaluated(rule: dict[str, Any]) -> datetime:
    """When a rule was evaluated last."""
    return datetime.fromisoformat(rule["lastEvaluation"])


@contextmanager
def painting(folder: Path) -> Iterator[Picture]:
    """A picture whose moment has just been: from then on the platform is silent, and Prometheus answers."""
    with ExitStack() as stack:
        hooks = stack.enter_context(hooking())
        broker = stack.enter_context(Mosquitto(folder / "mosquitto"))
        centre = stack.enter_context(a_centre(folder))
        daemon = stack.enter_context(a_daemon(folder, centre, broker, hooks))
        settings = alertmanager_settings(folder, hooks.url)
        alertmanager = stack.enter_context(Alertmanager(folder / "alertmanager", configuration=settings))
        one, two = prometheus_settings(daemon.target, f"{HOST}:{alertmanager.port}"), twins(daemon.target)
        picture = Picture(
            centre=centre,
            daemon=daemon,
            prometheus=stack.enter_context(Prometheus(folder / "one", "", configuration=one)),
            twins=stack.enter_context(Prometheus(folder / "two", "", configuration=two)),
            alertmanager=alertmanager,
            hooks=hooks,
        )
        with picture.telling():
            picture.breach()
        yield picture


def a_centre(folder: Path) -> Child:
    """The contact centre of `tests.deploy.centre`."""
    port = free_port()
    return Child(folder, "centre", "tests.deploy.centre", str(port), port=port)


def a_daemon(folder: Path, centre: Child, broker: Mosquitto, hooks: Hooks) -> Child:
    """The daemon as `queuewatch demo --scenario all` runs it."""
    port = free_port()
    show = SHOWS["all"]
    url = f"http://{centre.target}"
    places = {"API_URL": url, "LOGIN_URL": url, "CLIENT_SECRET": CLIENT_SECRET, "TIMEZONE": _noon()}
    environment = {
        f"QUEUEWATCH_ORGS__{org.upper()}__{key}": value for org in show.orgs for key, value in places.items()
    } | {
        "QUEUEWATCH_RECEIVERS__DEMO__WEBHOOK__URL": f"{hooks.url}/hook",
        "QUEUEWATCH_RECEIVERS__DEMO__MQTT__PORT": str(broker.port),
        "QUEUEWATCH_RECEIVERS__DEMO__MQTT__USERNAME": broker.username,
        "QUEUEWATCH_RECEIVERS__DEMO__MQTT__PASSWORD": broker.password,
        "QUEUEWATCH_WEB__LISTEN": f"{HOST}:{port}",
        "QUEUEWATCH_STORE__PATH": str(folder / "queuewatch.db"),
    }
    words = ("monitor", "run", "--config", str(show.path()))
    return Child(folder, "daemon", *words, port=port, **environment)


def _noon() -> str:
    """A zone where it is about noon: what is counted since midnight is there at any hour."""
    return f"Etc/GMT{datetime.now(UTC).hour - 12:+d}"
