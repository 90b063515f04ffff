"""Canaries: every secret of the daemon is a word found nowhere else, looked for wherever it speaks."""

from __future__ import annotations

import asyncio
import base64
import json
import sys
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import quote

import pytest

from monitor.kit.clock import SystemClock
from monitor.simulator.centre import Centre
from monitor.simulator.faults import BadClient, Status, Truncated
from monitor.simulator.server import Running, serve
from monitor.simulator.settings import Settings
from monitor.simulator.world import World
from tests.servers.programs import free_port
from tests.stories.daemon import ORG, Daemon, Gate, Receiver, crowd, receiving, until
from tests.stories.locked import OPERATOR, TOKEN, Locked
from tests.web.keys import basic, bearer

pytestmark = pytest.mark.slow

CANARIES = {
    "client": "canary-client-4f1d",
    "signing": "whsec_" + base64.b64encode(b"canary-signing-of-24-bytes").decode(),
    "old_signing": "whsec_" + base64.b64encode(b"canary-before-of-24-bytes!").decode(),
    "bearer": "canary-bearer-77c2",
    "header": "canary-header-19ab",
    "query": "canary-query-c0de",
    "slack": "canary-slack-83aa",
    "ping": "canary-ping-5b5b",
    "mqtt": "canary-mqtt-d00d",
    "commands": "whsec_" + base64.b64encode(b"canary-commands-24-bytes").decode(),
    "mail": "canary-mail-0af3",
    "routing": "canary-routing-e1e1",
    "password": "canary-password-9d4e",
    "guess": "canary-guess-2222",
    "inline": "canary-inline-6e6e",
    "plain": "canary-plain-7f00",
    "token": TOKEN,
}
"""The last ones are what people type: passwords, right and wrong, and secrets put where they must not be."""

PREFIX = "QUEUEWATCH_RECEIVERS__"


def spelled(secret: str) -> set[bytes]:
    """Return the ways in which a secret might be written down."""
    raw = secret.encode()
    inner = {base64.b64decode(secret.removeprefix("whsec_"))} if secret.startswith("whsec_") else set()
    encoded = {base64.b64encode(raw).rstrip(b"="), base64.b64encode(b"prometheus:" + raw).rstrip(b"=")}
    return {raw, quote(secret, safe="").encode(), raw.hex().encode(), *encoded, *inner}


@asynccontextmanager
async def platform() -> AsyncIterator[Running]:
    """A centre whose client secret is the canary."""
    clock = SystemClock()
    world = World(1, clock.now(), Centre.standard())
    settings = Settings(client_secret=CANARIES["client"], requests_per_minute=6000)
    async with serve(world, clock=clock.now, settings=settings) as running:
        yield running


def receivers(hook: Receiver) -> Mapping[str, object]:
    """Return receivers of every kind; none but the hook is there."""
    dead = free_port()
    local = "127.0.0.1"
    return {
        "receivers": {
            "hook": {
                "webhook": {
                    "url": f"{hook.url}?key={CANARIES['query']}",
                    "headers": {"X-Team": "a", "X-Api-Key": None},
                }
            },
            "chat": {"slack": {}},
            "life": {"ping": {"allow_http": True}},
            "home": {"mqtt": {"host": local, "port": dead, "username": "u", "commands": {}}},
            "mail": {
                "email": {
                    "host": local,
                    "port": dead,
                    "from": "a@example.com",
                    "to": "b@example.com",
                    "username": "u",
                    "encryption": "none",
                }
            },
            "pager": {"pagerduty": {"url": f"http://{local}:{dead}"}},
        },
        "heartbeat": {"receivers": "life", "interval": "30s"},
    }


def environment() -> dict[str, str]:
    """Return the receivers' secrets, as variables."""
    dead = free_port()
    return {
        f"{PREFIX}HOOK__WEBHOOK__SECRET": CANARIES["signing"],
        f"{PREFIX}HOOK__WEBHOOK__PREVIOUS_SECRET": CANARIES["old_signing"],
        f"{PREFIX}HOOK__WEBHOOK__BEARER": CANARIES["bearer"],
        f"{PREFIX}HOOK__WEBHOOK__HEADERS__X_API_KEY": CANARIES["header"],
        f"{PREFIX}CHAT__SLACK__URL": f"http://127.0.0.1:{dead}/services/{CANARIES['slack']}",
        f"{PREFIX}LIFE__PING__URL": f"http://127.0.0.1:{dead}/{CANARIES['ping']}",
        f"{PREFIX}HOME__MQTT__PASSWORD": CANARIES["mqtt"],
        f"{PREFIX}HOME__MQTT__COMMANDS__SECRET": CANARIES["commands"],
        f"{PREFIX}MAIL__EMAIL__PASSWORD": CANARIES["mail"],
        f"{PREFIX}PAGER__PAGERDUTY__ROUTING_KEY": CANARIES["routing"],
    }


async def said(daemon: Locked) -> dict[str, bytes]:
    """Return everything that the API, the page and the metrics say, to somebody who may ask everything."""
    found: dict[str, bytes] = {}
    async with daemon.client() as client:
        client.headers.update(bearer(TOKEN))
        document = (await client.get("/api/v1/openapi.json")).json()
        queue = (await client.get("/api/v1/queues")).json()["queues"][0]
        alert = (await client.get("/api/v1/alerts")).json()["alerts"][0]
        letters = (await client.get("/api/v1/outbox")).json()["letters"]
        names = {"org": ORG, "queue_id": queue["queue_id"], "name": "page.js"}
        for path, methods in document["paths"].items():
            if "get" not in methods or path == "/live":
                continue
            rows = [letter["row"] for letter in letters] if "{row}" in path else [1]
            for row in rows:
                there = path.format(**names, id=alert["id"], row=row)
                there += "?alert=/" if path == "/api/v1/explain" else ""
                answer = await client.get(there)
                assert answer.status_code < 500, there
                found[there] = answer.content + str(answer.headers).encode()
        async with client.stream("GET", "/live") as stream:
            async for part in stream.aiter_bytes():
                found["/live"] = part
                break
        found["/metrics open"] = (
            await client.get("/metrics", headers={"accept": "application/openmetrics-text"})
        ).content
    return found


async def checked(daemon: Daemon, config: Path) -> bytes:
    """Return what `queuewatch check` says of a configuration."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "monitor", "check", str(config)),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        env={**environment(), "PATH": "/usr/bin:/bin", f"QUEUEWATCH_ORGS__{ORG.upper()}__CLIENT_SECRET": "x"},
    )
    output, _ = await process.communicate()
    return output


async def trouble(daemon: Locked, centre: Running, hook: Receiver) -> None:
    """Have everything go wrong that can be talked about."""
    for headers in (basic("prometheus", CANARIES["guess"]), bearer(CANARIES["guess"])):
        assert (await daemon.get(f"/metrics?token={CANARIES['guess']}", **headers)).status_code == 401
    centre.faults.add("observations", Status(status=500), times=2)
    centre.faults.add("observations", Truncated(), times=2)
    centre.faults.add("token", BadClient(), times=1)
    hook.move(Gate.REFUSING)
    crowd(centre.world)
    await until(lambda: bool(hook.seen), within=30, what="the hook is told")
    hook.move(Gate.UNFIT)
    await daemon.post(
        "/api/v1/drill", b'{"receiver": "chat"}', **bearer(TOKEN), **{"content-type": "application/json"}
    )
    good = daemon.config.read_text()
    broken = json.loads(good)
    broken["orgs"][ORG]["client_secret"] = CANARIES["inline"]
    broken["receivers"]["hook"]["webhook"]["bearer"] = CANARIES["inline"]
    broken["receivers"]["chat"]["slack"]["url"] = f"https://hooks.example/{CANARIES['inline']}"
    daemon.config.write_text(json.dumps(broken))
    daemon.hang_up()
    await until(lambda: bool(daemon.logs("reload.refused")), within=10, what="the reload is refused")
    daemon.config.write_text(good)
    access = daemon.access.read_text()
    daemon.access.write_text(f"basic_auth_users: {{prometheus: {CANARIES['plain']}}}\n")
    await until(lambda: bool(daemon.logs("access.refused")), within=10, what="the web file is refused")
    daemon.access.write_text(access)
    await until(lambda: bool(daemon.logs("delivery.failed") or hook.seen[1:]), within=20, what="a failure")


def leaks(secrets: Iterable[str], places: Mapping[str, bytes]) -> list[tuple[str, str]]:
    """Return which secret stands where."""
    return [
        (secret, place)
        for secret in secrets
        for place, content in places.items()
        if any(word in content for word in spelled(secret))
    ]


async def test_no_secret_is_ever_said(tmp_path: Path) -> None:
    """Not in logs, metrics, the API, the page, events, the database, or what `check` says."""
    async with platform() as centre, receiving() as hook:
        daemon = Locked(
            tmp_path,
            platform=centre.url,
            hook=hook.url,
            secret=CANARIES["client"],
            changes=receivers(hook),
            environment={**environment(), "QUEUEWATCH_LOG__LEVEL": "debug"},
        )
        ours = daemon.authority.issue("ours")
        daemon.admit({"prometheus": CANARIES["password"]}, identity=ours)
        hashes = [line.split()[-1] for line in daemon.access.read_text().splitlines() if "$2b$" in line]
        key = Path(ours.key).read_text().splitlines()[1]
        async with daemon:
            assert (
                await daemon.get("/metrics", **basic("prometheus", CANARIES["password"]))
            ).status_code == 200
            await trouble(daemon, centre, hook)
            places = await said(daemon)
            await daemon.terminate()
        places["check"] = await checked(daemon, daemon.config)
        places |= {f"event {number}": one.body for number, one in enumerate(hook.seen)}
        places |= {file.name: file.read_bytes() for file in tmp_path.glob("queuewatch.db*")}
        places["log"] = daemon.log.read_bytes()
        tokens = {one.token for one in centre.faults.requests() if one.token}
        assert tokens
        assert len(places) > 25
        secrets = [*CANARIES.values(), *tokens, *hashes, key, OPERATOR.hash.reveal()]
        assert leaks(secrets, places) == []
        # The search itself finds what is there: the receiver got what it was to be given.
        carried = {"wire": str([dict(one.headers) for one in hook.seen]).encode()}
        assert leaks([CANARIES["bearer"], CANARIES["header"]], carried) != []
