"""The daemon's life as a service manager sees it, and its end as those see it who are still waiting."""

from __future__ import annotations

import asyncio
import json
import socket
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from monitor.simulator.faults import Hang
from tests.servers.mosquitto import Mosquitto
from tests.servers.programs import HOST
from tests.sinks.witness import Subscriber
from tests.stories.daemon import Daemon, Gate, crowd, receiving, simulating, until

pytestmark = pytest.mark.slow

WATCHDOG = 2.0
"""Seconds within which a sign of life is expected."""
PROMISED = 15.0
"""Seconds within which SIGTERM ends the daemon."""
SECOND_SIGNAL = 130
"""The exit code when somebody would not wait."""
HEAD = b"Host: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: 9\r\n"
HALVES = (b"GET /metrics HTTP/1.1\r\n" + HEAD, b"POST /-/reload HTTP/1.1\r\n" + HEAD + b"\r\n{", b"")
"""What half-open clients have said: half a head, half a body, nothing."""


@dataclass
class Manager:
    """A service manager: `heard` are the first lines of what came, oldest first, and when."""

    inlet: socket.socket
    heard: list[tuple[float, dict[str, str]]] = field(default_factory=list)

    def listen(self) -> None:
        """Take what came."""
        now = asyncio.get_running_loop().time()
        while True:
            try:
                lines = self.inlet.recv(4096).decode().split("\n")
            except BlockingIOError:
                return
            self.heard.append((now, dict(line.split("=", 1) for line in lines)))

    def times(self, word: str) -> list[float]:
        """When a word came."""
        self.listen()
        return [at for at, said in self.heard if word in said]

    def words(self) -> list[str]:
        """What was said so far, but for the signs of life."""
        self.listen()
        return [next(iter(said)) for _, said in self.heard if "WATCHDOG" not in said]

    def last(self, word: str) -> str:
        """What was said under a word at last."""
        self.listen()
        return [said[word] for _, said in self.heard if word in said][-1]


@contextmanager
def managing(folder: Path) -> Iterator[tuple[Manager, dict[str, str]]]:
    """A service manager that listens, and the environment by which a service finds it."""
    path = str(folder / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as inlet:
        inlet.bind(path)
        inlet.setblocking(False)
        yield Manager(inlet), {"NOTIFY_SOCKET": path, "WATCHDOG_USEC": str(int(WATCHDOG * 1e6))}


async def test_a_service_manager_hears_of_every_stage(tmp_path: Path) -> None:
    """Ready once we listen, signs of life in time, each reload with its end, and the end before it comes."""
    with managing(tmp_path) as (manager, environment):
        async with simulating() as centre, receiving() as hook:
            daemon = Daemon(tmp_path, platform=centre.url, hook=hook.url, environment=environment)
            await daemon.start()
            try:
                await until(lambda: bool(manager.times("READY")), within=20, what="READY=1")
                assert (await daemon.get("/healthz")).status_code == 200
                assert manager.last("STATUS") == "Watching acme: 2 sources, 1 rules"
                await until(lambda: len(manager.times("WATCHDOG")) >= 4, within=10, what="signs of life")
                daemon.hang_up()
                await until(lambda: len(manager.times("READY")) == 2, within=10, what="the reload's end")
                assert int(manager.last("MONOTONIC_USEC")) > 0
                good = daemon.config.read_text()
                daemon.config.write_text("rules: [")
                daemon.hang_up()
                await until(lambda: len(manager.times("READY")) == 3, within=10, what="the refusal")
                assert "the old one stays" in manager.last("STATUS")
                daemon.config.write_text(good)
                signs = manager.times("WATCHDOG")
                code, _ = await daemon.terminate()
            finally:
                await daemon.kill()
        assert code == 0
        assert manager.words() == ["READY", "RELOADING", "READY", "RELOADING", "READY", "STOPPING"]
        assert max(later - earlier for earlier, later in pairwise(signs)) < WATCHDOG


async def test_no_sign_of_life_comes_from_a_process_that_stands_still(tmp_path: Path) -> None:
    """Stopped, it says nothing, so that a manager would end it; thawed, it goes on without an error."""
    with managing(tmp_path) as (manager, environment):
        async with simulating() as centre, receiving() as hook:
            daemon = Daemon(tmp_path, platform=centre.url, hook=hook.url, environment=environment)
            async with daemon:
                await until(lambda: bool(manager.times("WATCHDOG")), within=10, what="a sign of life")
                daemon.freeze()
                try:
                    await asyncio.sleep(0.2)
                    before = len(manager.times("WATCHDOG"))
                    await asyncio.sleep(WATCHDOG)
                    assert len(manager.times("WATCHDOG")) == before
                finally:
                    daemon.thaw()
                await until(lambda: len(manager.times("WATCHDOG")) > before, within=5, what="it goes on")
                assert not daemon.logs(level="error")


async def test_a_second_signal_ends_it_at_once(tmp_path: Path) -> None:
    """Who will not wait for a receiver that hangs need not; what was not taken is still in the store."""
    async with simulating() as centre, receiving() as hook:
        hook.move(Gate.HOLDING)
        daemon = Daemon(tmp_path, platform=centre.url, hook=hook.url)
        async with daemon:
            crowd(centre.world)
            await until(lambda: len(hook.seen) > 0, within=15, what="a first try")
            async with asyncio.TaskGroup() as group:
                first = group.create_task(daemon.terminate(), name="first")
                await until(lambda: bool(daemon.logs("daemon.stopping")), within=5, what="it is stopping")
                assert not first.done()
                code, seconds = await daemon.terminate()
        assert code == SECOND_SIGNAL
        assert seconds < 1.0
        with closing(sqlite3.connect(daemon.store)) as store:
            kept = {event_id for (event_id,) in store.execute("SELECT event_id FROM outbox")}
        assert kept == {one.id for one in hook.seen}


async def test_nothing_is_read_again_while_it_ends(tmp_path: Path) -> None:
    """A hang-up or a request that comes late changes nothing; a service manager hears no ready any more."""
    with managing(tmp_path) as (manager, environment):
        async with simulating() as centre, receiving() as hook:
            hook.move(Gate.HOLDING)
            daemon = Daemon(tmp_path, platform=centre.url, hook=hook.url, environment=environment)
            configuration = json.loads(daemon.config.read_text())
            configuration["web"]["operate"] = True
            daemon.config.write_text(json.dumps(configuration))
            async with daemon:
                crowd(centre.world)
                await until(lambda: len(hook.seen) > 0, within=15, what="a first try")
                async with asyncio.TaskGroup() as group:
                    last = group.create_task(daemon.terminate(), name="terminate")
                    await until(lambda: bool(daemon.logs("daemon.stopping")), within=5, what="it is stopping")
                    daemon.hang_up()
                    answer = await daemon.post("/-/reload", b"", **{"content-type": "application/json"})
                    assert not last.done()
                assert answer.status_code == 503
                assert "about to end" in answer.text
        assert last.result()[0] == 0
        assert manager.words() == ["READY", "STOPPING"]
        assert not daemon.logs("config.reloaded")
        assert not daemon.logs(level="error")


async def test_a_hang_up_while_it_begins_is_kept_for_later(tmp_path: Path) -> None:
    """It ends nobody, though it comes before the configuration is read; once running, it is obeyed."""
    async with simulating() as centre, receiving() as hook:
        daemon = Daemon(tmp_path, platform=centre.url, hook=hook.url)
        try:
            await daemon.start()
            await until(daemon.minds_hang_up, within=20, what="it minds a hang-up")
            daemon.hang_up()
            assert not daemon.logs()
            await until(lambda: bool(daemon.logs("config.reloaded")), within=10, what="the reload")
            assert daemon.logs("config.reloaded")[0]["cause"] == "signal"
            code, _ = await daemon.terminate()
            assert code == 0
        finally:
            await daemon.kill()


async def test_a_hang_up_ends_nobody_before_the_configuration_is_read(tmp_path: Path) -> None:
    """What is wrong with it is still said."""
    daemon = Daemon(tmp_path, platform="http://127.0.0.1:1", hook="http://127.0.0.1:1")
    daemon.config.write_text("rules: [")
    try:
        await daemon.start()
        await until(daemon.minds_hang_up, within=20, what="it minds a hang-up")
        daemon.hang_up()
        await until(lambda: not daemon.running, within=20, what="the end")
        assert "is not valid YAML" in daemon.log.read_text()
    finally:
        await daemon.kill()


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    """A running broker that logs who says goodbye."""
    with Mosquitto(tmp_path / "broker", extra=["log_type all"]) as one:
        yield one


@pytest.mark.servers
async def test_an_end_in_order_among_those_who_hang(tmp_path: Path, broker: Mosquitto) -> None:
    """Platform, receiver and clients hang: nothing is asked any more, the broker hears that we are off.

    The end comes in time, without an error, and what was not taken is kept.
    """
    async with simulating() as centre, receiving() as hook:
        hook.move(Gate.HOLDING)
        daemon = Daemon(
            tmp_path,
            platform=centre.url,
            hook=hook.url,
            changes=receivers(hook.url, broker),
            environment={"QUEUEWATCH_RECEIVERS__LAMPS__MQTT__PASSWORD": broker.password},
        )
        witness = Subscriber(broker, "+/instance/#", "witness")
        try:
            async with daemon:
                crowd(centre.world)
                await until(lambda: len(hook.seen) > 0, within=15, what="a first try")
                await until(lambda: said(witness) == [b"online"], within=10, what="we are on")
                asked = centre.faults.count("observations")
                centre.faults.add("observations", Hang())
                await until(
                    lambda: centre.faults.count("observations") > asked, within=10, what="a poll that hangs"
                )
                writers = await half_open(daemon)
                asked = centre.faults.count("observations")
                code, seconds = await daemon.terminate()
                for writer in writers:
                    writer.close()
            await until(lambda: said(witness)[-1] == b"offline", within=5, what="we are off")
            # Not by the last will, which a broker publishes for those who vanish.
            assert "Received DISCONNECT from" in (broker.folder / "mosquitto.log").read_text()
        finally:
            witness.close()
        assert (code, centre.faults.count("observations")) == (0, asked)
        assert seconds < PROMISED
        assert not daemon.logs(level="error")
        assert daemon.logs()[-1]["event"] == "daemon.stopped"
        with closing(sqlite3.connect(daemon.store)) as store:
            kept = {destination for (destination,) in store.execute("SELECT destination FROM outbox")}
        assert kept == {"hook/webhook"}


def receivers(hook: str, broker: Mosquitto) -> dict[str, Any]:
    """Return the sections of the configuration that name a webhook and a broker."""
    lamps = {"host": broker.host, "port": broker.port, "username": broker.username}
    return {"receivers": {"hook": {"webhook": {"url": hook}}, "lamps": {"mqtt": lamps}}}


def said(witness: Subscriber) -> list[bytes]:
    """Return what the broker was told of whether we are there."""
    return [payload for topic, payload, *_ in witness.messages if topic.endswith("/availability")]


async def half_open(daemon: Daemon) -> list[asyncio.StreamWriter]:
    """Return connections that have said half a head, half a body, and nothing."""
    found = []
    for words in HALVES:
        _, writer = await asyncio.open_connection(HOST, daemon.port)
        writer.write(words)
        await writer.drain()
        found.append(writer)
    return found
