"""The daemon as users run it: a process of its own, watched from outside, between a simulator and a receiver.

Simulator and receiver live in the test's own loop, so nothing in here blocks it.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Any, Self

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from monitor.kit.clock import SystemClock
from monitor.kit.serving import bind, serving
from monitor.simulator.centre import Centre
from monitor.simulator.scenario import SURGE_QUEUE
from monitor.simulator.server import Running, serve
from monitor.simulator.settings import Settings
from monitor.simulator.world import World
from tests.servers.programs import HOST, free_port

ORG = "acme"
RULE = "QueueWaitingHigh"
_REQUESTS_PER_MINUTE = 6000
"""Plenty on both sides: these stories are not about the budget."""
_SAMPLE = re.compile(r"(?P<name>\w+)(?:\{(?P<labels>[^}]*)\})? (?P<value>\S+)")
_LABEL = re.compile(r'(\w+)="([^"]*)"')


async def until(holds: Callable[[], bool | Awaitable[bool]], *, within: float, what: str) -> None:
    """Wait for a condition of the outside world; TimeoutError names what did not come true."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + within
    while True:
        answer = holds()
        if answer if isinstance(answer, bool) else await answer:
            return
        if loop.time() > deadline:
            raise TimeoutError(f"{what}: not within {within:g} s")
        await asyncio.sleep(0.05)


class Gate(Enum):
    """How a receiver treats what comes."""

    OPEN = "answers 200"
    REFUSING = "answers 503"
    UNFIT = "answers 422"
    HOLDING = "does not answer until the gate is moved, and then with 503"


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One POST as it came, and whether we took it."""

    id: str
    body: bytes
    headers: Mapping[str, str]
    taken: bool

    @property
    def event(self) -> dict[str, Any]:
        """The CloudEvent."""
        event: dict[str, Any] = json.loads(self.body)
        return event

    @property
    def kind(self) -> str:
        """`fired` or `resolved`."""
        return str(self.event["data"]["kind"])


@dataclass(slots=True)
class Receiver:
    """A webhook receiver with a gate; `seen` has every try, also those that were not taken."""

    url: str = ""
    seen: list[Delivery] = field(default_factory=list)
    _gate: Gate = Gate.OPEN
    _moved: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def taken(self) -> list[Delivery]:
        """What was answered with 200, oldest first."""
        return [one for one in self.seen if one.taken]

    def move(self, gate: Gate) -> None:
        """Treat what comes from now on so; answers held back are given."""
        self._gate = gate
        self._moved.set()
        self._moved = asyncio.Event()

    async def hook(self, request: Request) -> Response:
        """Record one POST and answer as the gate says."""
        gate, moved = self._gate, self._moved
        body = await request.body()
        event_id = request.headers["webhook-id"]
        headers = dict(request.headers)
        self.seen.append(Delivery(id=event_id, body=body, headers=headers, taken=gate is Gate.OPEN))
        if gate is Gate.HOLDING:
            await moved.wait()
        return PlainTextResponse("", status_code={Gate.OPEN: 200, Gate.UNFIT: 422}.get(gate, 503))


@asynccontextmanager
async def receiving() -> AsyncIterator[Receiver]:
    """A receiver that is up for the length of the block."""
    one = Receiver()
    bound = bind(HOST, 0)
    one.url = f"http://{HOST}:{bound.getsockname()[1]}/hook"
    async with serving(Starlette(routes=[Route("/hook", one.hook, methods=["POST"])]), bound, grace=1):
        try:
            yield one
        finally:
            one.move(Gate.REFUSING)


def crowd(world: World) -> None:
    """Fill Support Voice above the rule's level until `relief`: everybody left, and callers have all day."""
    queue_id = world.centre.named(SURGE_QUEUE).id
    world.dismiss([agent.id for agent in world.centre.members[queue_id]], "MEAL")
    world.burst(queue_id, "voice", count=12, over=0.1, handle=1.0, patience=None)


def relief(world: World) -> None:
    """Bring the crew of Support Voice back; the calls are short."""
    queue_id = world.centre.named(SURGE_QUEUE).id
    world.recall([agent.id for agent in world.centre.members[queue_id]], rested=600.0)


@asynccontextmanager
async def simulating(seed: int = 1, centre: Centre | None = None) -> AsyncIterator[Running]:
    """A simulated centre, the standard one if not given, in the test's own loop.

    `faults` and `world` are at hand.
    """
    clock = SystemClock()
    world = World(seed, clock.now(), centre or Centre.standard())
    settings = Settings(requests_per_minute=_REQUESTS_PER_MINUTE)
    async with serve(world, clock=clock.now, settings=settings) as running:
        yield running


class Daemon:
    """`python -m monitor run` on a configuration of its own in `folder`; store and log outlive restarts."""

    def __init__(
        self,
        folder: Path,
        *,
        platform: str,
        hook: str,
        secret: str = "demo-secret",
        changes: Mapping[str, Any] | None = None,
        environment: Mapping[str, str] | None = None,
        options: Sequence[str] = (),
    ) -> None:
        """`platform` is the simulator's URL, `hook` the receiver's; `changes` are sections written anew.

        `options` are more words after `run --config …`.
        """
        self.port = free_port()
        self.target = f"{HOST}:{self.port}"
        self.url = f"http://{self.target}"
        self.config = folder / "queuewatch.yaml"
        self.store = folder / "queuewatch.db"
        self.log = folder / "daemon.log"
        # JSON is YAML: quoting is right for any value.
        self.config.write_text(
            json.dumps({**self._configuration(platform, hook), **(changes or {})}, indent=2)
        )
        self._environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("QUEUEWATCH_")},
            f"QUEUEWATCH_ORGS__{ORG.upper()}__CLIENT_SECRET": secret,
            **(environment or {}),
        }
        self._options = options
        self._process: asyncio.subprocess.Process | None = None

    @property
    def running(self) -> bool:
        """Whether the process we started is there."""
        return self._process is not None and self._process.returncode is None

    async def start(self) -> None:
        """Start it; `wait_ready` waits for its first answers."""
        assert not self.running
        with self.log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "monitor", "run", "--config", str(self.config), *self._options),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.DEVNULL,
                stderr=log,
                env=self._environment,
                start_new_session=True,
            )

    async def wait_ready(self, *, within: float = 20.0) -> None:
        """Wait until `/readyz` says yes: every source has answered."""
        await until(lambda: self._answers("/readyz"), within=within, what="the daemon is ready")

    async def kill(self) -> None:
        """SIGKILL: an end without warning."""
        if self._process is not None and self.running:
            self._process.kill()
            await self._process.wait()

    def hang_up(self) -> None:
        """SIGHUP: read the configuration again."""
        self._signal(signal.SIGHUP)

    def minds_hang_up(self) -> bool:
        """Whether it would not be ended by SIGHUP: it has a handler of its own (proc(5))."""
        assert self._process is not None
        assert self.running
        status = Path(f"/proc/{self._process.pid}/status").read_text()
        caught = int(re.findall(r"^SigCgt:\s*([0-9a-f]+)$", status, re.MULTILINE)[0], 16)
        return bool(caught >> (signal.SIGHUP - 1) & 1)

    def freeze(self) -> None:
        """SIGSTOP: say nothing more without closing a connection."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """SIGCONT: go on after `freeze`."""
        self._signal(signal.SIGCONT)

    async def terminate(self, *, within: float = 30.0) -> tuple[int, float]:
        """SIGTERM; return the exit code and how many seconds the end took."""
        assert self._process is not None
        loop = asyncio.get_running_loop()
        started = loop.time()
        self._process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(within):
            code = await self._process.wait()
        return code, loop.time() - started

    def logs(self, event: str | None = None, **fields: object) -> list[dict[str, Any]]:
        """The log of all runs so far, oldest first; with arguments only the lines that have those values."""
        wanted = {**fields, **({} if event is None else {"event": event})}
        lines = self.log.read_text().splitlines(keepends=True) if self.log.exists() else []
        # A line without its end is still being written.
        parsed = [json.loads(line) for line in lines if line.endswith("\n")]
        return [line for line in parsed if all(line.get(name) == value for name, value in wanted.items())]

    async def get(self, path: str, **headers: str) -> httpx.Response:
        """Ask the daemon's own listener."""
        async with httpx.AsyncClient(base_url=self.url, timeout=5, trust_env=False) as client:
            return await client.get(path, headers=headers)

    async def post(self, path: str, content: bytes = b"", **headers: str) -> httpx.Response:
        """Have the daemon change something."""
        async with httpx.AsyncClient(base_url=self.url, timeout=5, trust_env=False) as client:
            return await client.post(path, content=content, headers=headers)

    async def delete(self, path: str) -> httpx.Response:
        """Have the daemon take something away."""
        async with httpx.AsyncClient(base_url=self.url, timeout=5, trust_env=False) as client:
            return await client.delete(path)

    async def metrics(self) -> str:
        """The metrics page as plain text."""
        answer = await self.get("/metrics", **{"accept-encoding": "identity"})
        assert answer.status_code == 200
        return answer.text

    async def value(self, name: str, **labels: str) -> float:
        """The sum of a metric's series that have these labels; 0 without any."""
        return sum(
            value for found, value in samples(await self.metrics(), name) if labels.items() <= found.items()
        )

    async def __aenter__(self) -> Self:
        await self.start()
        try:
            await self.wait_ready()
        except BaseException:
            await self.kill()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.kill()

    def _signal(self, which: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(which)

    async def _answers(self, path: str) -> bool:
        if not self.running:
            raise RuntimeError(f"the daemon ended by itself:\n{self.log.read_text()}")
        try:
            return (await self.get(path)).status_code == 200
        except httpx.HTTPError:
            return False

    def _configuration(self, platform: str, hook: str) -> dict[str, Any]:
        return {
            "instance": "stories",
            "orgs": {
                ORG: {
                    "api_url": platform,
                    "login_url": platform,
                    "client_id": "demo-client",
                    "requests_per_minute": _REQUESTS_PER_MINUTE,
                }
            },
            "sources": {
                "directory": {"interval": "1m"},
                "queues": {"interval": "1s", "timeout": "2s"},
                "service_level": {"enabled": False},
            },
            "rules": [
                {
                    "name": RULE,
                    "for_each": {"queue": SURGE_QUEUE, "media": "voice"},
                    "metric": "queue_waiting",
                    "critical": {"above": 8, "clear_below": 3},
                }
            ],
            "receivers": {"hook": {"webhook": {"url": hook}}},
            "web": {"listen": self.target},
            "store": {"path": str(self.store)},
            "log": {"style": "json"},
        }


def samples(page: str, name: str) -> Iterator[tuple[dict[str, str], float]]:
    """Labels and value of each series of one metric on a page."""
    for line in page.splitlines():
        found = _SAMPLE.match(line)
        if found is not None and found["name"] == name:
            yield dict(_LABEL.findall(found["labels"] or "")), float(found["value"])
