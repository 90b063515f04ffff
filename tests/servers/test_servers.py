"""The servers that other tests lean on hold what those tests assume."""

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import aiomqtt
import pytest

from tests.servers import programs
from tests.servers.mosquitto import Mosquitto
from tests.servers.programs import Program, require_program, wait_until
from tests.servers.prometheus import Prometheus, check_metrics

pytestmark = pytest.mark.servers

PAGE = b"# HELP queue_waiting Waiting.\n# TYPE queue_waiting gauge\nqueue_waiting 7\n"


def client(broker: Mosquitto, *, username: str | None = None, password: str | None = None) -> aiomqtt.Client:
    """A client of the broker, anonymous unless named."""
    return aiomqtt.Client(broker.host, broker.port, username=username, password=password, timeout=5)


async def retained(broker: Mosquitto, topic: str) -> bytes:
    """The payload retained under a topic."""
    async with client(broker, username=broker.username, password=broker.password) as subscriber:
        await subscriber.subscribe(topic, qos=1)
        message = await anext(aiter(subscriber.messages))
        assert message.retain
        assert isinstance(message.payload, bytes)
        return message.payload


async def publish(broker: Mosquitto, topic: str, payload: bytes) -> None:
    """Publish a retained message, acknowledged."""
    async with client(broker, username=broker.username, password=broker.password) as publisher:
        await publisher.publish(topic, payload, qos=1, retain=True)


@contextmanager
def metrics_page() -> Iterator[str]:
    """A target with one metric; its `host:port`."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/plain; version=0.0.4")
            self.end_headers()
            self.wfile.write(PAGE)

        def log_message(self, *_: object) -> None:
            """Keep quiet."""

    server = ThreadingHTTPServer((programs.HOST, 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"{programs.HOST}:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


async def test_broker_takes_the_named_user(mosquitto: Mosquitto):
    """A client with the fixture's user name and password publishes and reads back."""
    await publish(mosquitto, "a/b", b"1")
    assert await retained(mosquitto, "a/b") == b"1"


@pytest.mark.parametrize("credentials", [{}, {"username": "queuewatch", "password": "wrong"}])
async def test_broker_refuses_strangers(mosquitto: Mosquitto, credentials: dict[str, str]):
    """An anonymous client and one with a wrong password are turned away."""
    with pytest.raises(aiomqtt.MqttError, match=r"(?i)not authori[sz]ed"):
        async with client(mosquitto, **credentials):
            pass


async def test_broker_keeps_retained_messages_over_kill(mosquitto: Mosquitto):
    """A retained message that reached the disk survives SIGKILL and a start on the same port."""
    port = mosquitto.port
    await publish(mosquitto, "a/b", b"kept")
    store = mosquitto.folder / "mosquitto.db"
    wait_until(lambda: store.exists() and b"kept" in store.read_bytes(), within=10, what="the broker saves")
    mosquitto.kill()
    assert not mosquitto.running
    mosquitto.start()
    assert mosquitto.port == port
    assert await retained(mosquitto, "a/b") == b"kept"


async def test_frozen_broker_comes_back(mosquitto: Mosquitto):
    """A frozen broker keeps its port and answers nobody until it is thawed."""
    mosquitto.freeze()
    with pytest.raises(aiomqtt.MqttError):
        async with aiomqtt.Client(mosquitto.host, mosquitto.port, timeout=0.3):
            pass
    mosquitto.thaw()
    await publish(mosquitto, "a/b", b"1")


def test_prometheus_sees_the_target_up(prometheus: Callable[[str], Prometheus]):
    """A target with one metric is up, and the metric's value can be asked for."""
    with metrics_page() as target:
        server = prometheus(target)
        server.wait_until_up()
        assert server.value("queue_waiting") == 7
        assert server.value("no_such_metric") is None
        with pytest.raises(ValueError, match="parse error"):
            server.query("queue_waiting{")


def test_promtool_judges_a_metrics_page():
    """A good page passes in silence, a broken one is named."""
    assert check_metrics(PAGE.decode()) == ""
    assert "parsing" in check_metrics("queue_waiting seven\n")


@pytest.mark.parametrize(("ci", "outcome"), [("true", pytest.fail.Exception), ("", pytest.skip.Exception)])
def test_missing_server_fails_only_in_ci(
    monkeypatch: pytest.MonkeyPatch, ci: str, outcome: type[BaseException]
):
    """Without the program a test is skipped with one line, and in continuous integration fails with it."""
    monkeypatch.setenv("CI", ci)
    with pytest.raises(outcome, match="no-such-server is not installed: apt-get install nothing"):
        require_program("no-such-server", package="nothing")


def test_server_that_ends_at_once_shows_its_log(tmp_path: Path):
    """A server that cannot start says why instead of timing out."""
    program = Program("sh", ["sh", "-c", "echo no luck"], log=tmp_path / "log")
    with pytest.raises(RuntimeError, match="no luck"):
        program.start(lambda: False, within=10)


def test_stop_ends_only_our_process(tmp_path: Path):
    """After `stop` the process is gone; before it, it was there."""
    broker = Mosquitto(tmp_path)
    broker.start()
    pid = broker.pid
    os.kill(pid, 0)
    broker.stop()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
