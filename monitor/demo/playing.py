"""Starts everything, listens, and sums up."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import socket
import sys
import tempfile
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from pathlib import Path

from rich.console import Console

from monitor.demo.children import Child, broker, broker_config, child, ourselves
from monitor.demo.figures import Figures, figures
from monitor.demo.ledger import Ledger
from monitor.demo.listening import listen
from monitor.demo.printing import called, event_line, sources_table, summary
from monitor.demo.reading import arrival
from monitor.demo.receiver import receiver
from monitor.demo.show import Show
from monitor.kit.clock import SystemClock
from monitor.kit.http import Http, HttpError
from monitor.kit.serving import bind, serving
from monitor.kit.tasks import first_of, stop
from monitor.model.errors import MonitorError

CLIENT_SECRET = "demo-secret"  # noqa: S105  (the simulator's, and nobody else's)
USUAL = 9877
"""Where a daemon listens that was not told otherwise, and where its commands look for it."""
START_LIMIT = 20.0
"""Seconds a child may take until it answers."""


class DemoError(MonitorError):
    """The demo cannot go on; the message says why and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """Where the demo's parts listen on 127.0.0.1; `broker` 0 takes any free port."""

    daemon: int
    simulator: int
    receiver: int
    broker: int = 0


async def play(
    show: Show,
    ports: Ports,
    *,
    seconds: float | None,
    seed: int,
    console: Console,
    stopping: asyncio.Event,
) -> bool:
    """Run the demo for `seconds` (None: until `stopping` is set) and return whether it showed what it should.

    Raises:
        DemoError: a port is taken, or a child does not come up.
    """
    loop = asyncio.get_running_loop()
    mosquitto = broker()
    ports = replace(ports, broker=ports.broker or _free_port())
    ledger = Ledger(("webhook", "mqtt") if mosquitto else ("webhook",))
    async with contextlib.AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="queuewatch-demo-")))
        hooks = receiver(_noting(ledger, "webhook", console))
        await stack.enter_async_context(serving(hooks, _bound(ports.receiver, "--receiver-port"), grace=1))
        if mosquitto:
            await stack.enter_async_context(_broker(mosquitto, ports, folder))
            group = await stack.enter_async_context(asyncio.TaskGroup())
            listener = group.create_task(
                listen(ports.broker, _noting(ledger, "mqtt", console)), name="listener"
            )
            stack.push_async_callback(stop, [listener])
        simulator = await stack.enter_async_context(_simulator(ports, seed, folder))
        await _answers(f"http://127.0.0.1:{ports.simulator}/", simulator)
        daemon = await stack.enter_async_context(_daemon(show, ports, folder, with_broker=bool(mosquitto)))
        await _answers(f"http://127.0.0.1:{ports.daemon}/healthz", daemon)
        _welcome(console, show, ports, folder, with_broker=bool(mosquitto))
        started = loop.time()
        await _until(stopping, seconds, (simulator, daemon))
        seen = await _figures(ports)
        summary(console, ledger.tallies(), ledger.breaches(), seen, loop.time() - started)
        if show.sources and seen is not None:
            console.print(sources_table(seen))
    return ledger.told_everywhere() and (not show.sources or (seen is not None and seen.all_up()))


def _welcome(console: Console, show: Show, ports: Ports, folder: Path, *, with_broker: bool) -> None:
    console.print(
        "[bold]queuewatch demo[/bold]: a simulated contact centre, the daemon, and receivers of its events"
    )
    here = f"http://127.0.0.1:{ports.daemon}"
    console.print(f"  page       [bold]{here}/[/bold]   on a wall: {here}/?board=1")
    console.print(f"  metrics    {here}/metrics   API: {here}/api/v1/openapi.json")
    console.print(
        f"  simulator  http://127.0.0.1:{ports.simulator}   webhook receiver: http://127.0.0.1:{ports.receiver}/hook"
    )
    if with_broker:
        console.print(f"  mqtt       mosquitto_sub -p {ports.broker} -t 'queuewatch/#' -v")
    else:
        console.print("  mqtt       left out: mosquitto is not installed (apt-get install mosquitto)")
    there = "" if ports.daemon == USUAL else f" --url {here}"
    us = called(sys.argv[0], shutil.which("queuewatch"))
    console.print(f"  try        {us} status{there} · {us} notify test demo{there}")
    console.print(f"  logs       {folder}, until it ends")
    console.print(f"{show.promise} Ctrl-C ends the demo.\n")


def _noting(ledger: Ledger, destination: str, console: Console) -> Callable[[bytes], None]:
    clock = SystemClock()

    def note(body: bytes) -> None:
        one = arrival(destination, body, clock.now())
        if ledger.note(one):
            console.print(event_line(one))

    return note


@contextlib.asynccontextmanager
async def _broker(path: str, ports: Ports, folder: Path) -> AsyncIterator[Child]:
    command = [path, "-c", str(broker_config(folder, ports.broker))]
    async with child("mosquitto", command, folder) as running:
        yield running


@contextlib.asynccontextmanager
async def _simulator(ports: Ports, seed: int, folder: Path) -> AsyncIterator[Child]:
    _bound(ports.simulator, "--simulator-port").close()
    command = ourselves(
        "simulate", "--port", str(ports.simulator), "--scenario", "surge", "--seed", str(seed)
    )
    async with child("simulator", command, folder) as running:
        yield running


@contextlib.asynccontextmanager
async def _daemon(show: Show, ports: Ports, folder: Path, *, with_broker: bool) -> AsyncIterator[Child]:
    _bound(ports.daemon, "--port").close()
    platform = f"http://127.0.0.1:{ports.simulator}"
    environment = {
        **_places(show, platform),
        "QUEUEWATCH_RECEIVERS__DEMO__WEBHOOK__URL": f"http://127.0.0.1:{ports.receiver}/hook",
        "QUEUEWATCH_WEB__LISTEN": f"127.0.0.1:{ports.daemon}",
        "QUEUEWATCH_STORE__PATH": str(folder / "queuewatch.db"),
    }
    if with_broker:
        environment["QUEUEWATCH_RECEIVERS__DEMO__MQTT__PORT"] = str(ports.broker)
    else:
        environment["QUEUEWATCH_RECEIVERS__DEMO__MQTT"] = "null"
    command = ourselves("run", "--config", str(show.path()))
    async with child("daemon", command, folder, environment) as running:
        yield running


def _places(show: Show, platform: str) -> dict[str, str]:
    """Return the variables that put every org of the show at the simulated platform."""
    places = {"API_URL": platform, "LOGIN_URL": platform, "CLIENT_SECRET": CLIENT_SECRET}
    return {
        f"QUEUEWATCH_ORGS__{org.upper()}__{key}": value for org in show.orgs for key, value in places.items()
    }


async def _answers(url: str, running: Child) -> None:
    """Wait until `url` answers anything at all."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + START_LIMIT
    http = Http("queuewatch-demo")
    try:
        while loop.time() < deadline:
            if running.process.returncode is not None:
                raise DemoError(f"the {running.name} ended at once: {_last_line(running.log)}")
            with contextlib.suppress(HttpError):
                await http.send("GET", url, deadline=loop.time() + 1)
                return
            await asyncio.sleep(0.1)
    finally:
        await http.aclose()
    raise DemoError(
        f"the {running.name} did not come up within {START_LIMIT:.0f} s: {_last_line(running.log)}"
    )


async def _until(stopping: asyncio.Event, seconds: float | None, children: tuple[Child, ...]) -> None:
    """Return when told to stop or the time is up; raise when a child ends before."""
    loop = asyncio.get_running_loop()
    end = loop.time() + seconds if seconds is not None else float("inf")
    while loop.time() < end:
        for one in children:
            if one.process.returncode is not None:
                raise DemoError(f"the {one.name} ended by itself: {_last_line(one.log)}")
        if await first_of(stopping, min(0.5, end - loop.time())):
            return


async def _figures(ports: Ports) -> Figures | None:
    http = Http("queuewatch-demo")
    try:
        deadline = asyncio.get_running_loop().time() + 5
        answer = await http.send("GET", f"http://127.0.0.1:{ports.daemon}/metrics", deadline=deadline)
    except HttpError:
        return None
    finally:
        await http.aclose()
    return figures(answer.body.decode())


def _last_line(log: Path) -> str:
    lines = log.read_text(errors="replace").strip().splitlines()
    return lines[-1] if lines else "it said nothing"


def _bound(port: int, option: str) -> socket.socket:
    try:
        return bind("127.0.0.1", port)
    except OSError as error:
        raise DemoError(f"port {port} is taken ({error.strerror}); choose another with {option}") from error


def _free_port() -> int:
    with bind("127.0.0.1", 0) as probe:
        port: int = probe.getsockname()[1]
        return port
