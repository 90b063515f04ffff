"""The door as operators meet it: certificates and passwords change, and a Prometheus comes through."""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import Mapping
from pathlib import Path

import httpx
import pytest

from tests.kit.authority import Identity
from tests.servers.programs import HOST
from tests.servers.prometheus import Prometheus
from tests.stories.daemon import receiving, simulating, until
from tests.stories.locked import TOKEN, Locked
from tests.web.keys import basic, bearer

pytestmark = pytest.mark.slow

NOTICED = 12.0
"""Seconds within which a changed file is taken over: it is looked at every two, until it stays as it is."""


async def shown(daemon: Locked) -> set[str]:
    """Return the names in the certificate that a new connection is shown."""
    context = ssl.create_default_context(cafile=daemon.authority.file)
    _, writer = await asyncio.open_connection(HOST, daemon.port, ssl=context)
    certificate = writer.get_extra_info("ssl_object").getpeercert()
    writer.close()
    await writer.wait_closed()
    return {value for _, value in certificate["subjectAltName"]}


async def status(daemon: Locked, headers: Mapping[str, str]) -> int:
    """Return how `/metrics` is answered."""
    return (await daemon.get("/metrics", **headers)).status_code


async def test_certificates_and_passwords_change_without_a_restart(tmp_path: Path) -> None:
    """New connections are shown the new certificate and asked for the new password; nobody else is lost."""
    async with simulating() as centre, receiving() as hook:
        daemon = Locked(tmp_path, platform=centre.url, hook=hook.url)
        old = daemon.authority.issue("old", hosts="IP:127.0.0.1,DNS:old.example")
        new = daemon.authority.issue("new", hosts="IP:127.0.0.1,DNS:new.example")
        daemon.admit({"prometheus": "first"}, identity=old)
        async with daemon, daemon.client() as kept:
            assert await status(daemon, {}) == 401
            assert await status(daemon, basic("prometheus", "first")) == 200
            assert await status(daemon, bearer(TOKEN)) == 200
            assert "old.example" in await shown(daemon)
            with pytest.raises(httpx.HTTPError):
                await httpx.AsyncClient(trust_env=False).get(f"http://{daemon.target}/healthz")

            async def scrape() -> None:
                while True:
                    answer = await kept.get("/metrics", headers=bearer(TOKEN))
                    assert answer.status_code == 200
                    await asyncio.sleep(0.05)

            async with asyncio.TaskGroup() as group:
                scraping = group.create_task(scrape())
                # As certbot does it: the same names, new contents.
                Path(old.certificate).write_bytes(Path(new.certificate).read_bytes())
                Path(old.key).write_bytes(Path(new.key).read_bytes())

                async def renewed() -> bool:
                    return "new.example" in await shown(daemon)

                await until(renewed, within=NOTICED, what="the new certificate")
                daemon.admit({"prometheus": "second"}, identity=old)

                async def changed() -> bool:
                    return await status(daemon, basic("prometheus", "second")) == 200

                await until(changed, within=NOTICED, what="the new password")
                assert await status(daemon, basic("prometheus", "first")) == 401
                daemon.access.write_text("basic_auth_users: {prometheus: plain}\n")
                await until(lambda: bool(daemon.logs("access.refused")), within=NOTICED, what="the refusal")
                (refusal,) = daemon.logs("access.refused")
                assert "web.yaml" in refusal["mistake"]
                assert "is not a bcrypt hash" in refusal["mistake"]
                assert "plain" not in refusal["mistake"]
                assert await status(daemon, basic("prometheus", "second")) == 200
                scraping.cancel()
        assert len(daemon.logs("daemon.started")) == 1


class Scraper(Prometheus):
    """A Prometheus that comes over TLS with what `lines` say."""

    def __init__(self, folder: Path, target: str, *lines: str) -> None:
        super().__init__(folder, target)
        file = folder / "prometheus.yml"
        before = "    static_configs:"
        added = "".join(f"    {line}\n" for line in ("scheme: https", *lines))
        file.write_text(file.read_text().replace(before, added + before))


@pytest.mark.servers
async def test_a_real_prometheus_comes_over_tls_with_a_password(tmp_path: Path) -> None:
    """It finds the target up, stores its series, and goes on after password and certificate changed."""
    async with simulating() as centre, receiving() as hook:
        daemon = Locked(tmp_path, platform=centre.url, hook=hook.url)
        ours = daemon.authority.issue("ours")
        daemon.admit({"prometheus": "s3cret"}, identity=ours)
        trust = f"tls_config: {{ca_file: {daemon.authority.file}}}"
        auth = "basic_auth: {username: prometheus, password: s3cret}"
        async with daemon:
            with Scraper(tmp_path / "prometheus", daemon.target, trust, auth) as server:
                await asyncio.to_thread(server.wait_until_up)
                assert await asyncio.to_thread(server.value, 'queuewatch_source_up{source="queues"}') == 1
                assert (await asyncio.to_thread(server.value, 'count({__name__=~"genesys_.*"})') or 0) > 50
                daemon.admit({"prometheus": "s3cret"}, identity=daemon.authority.issue("next"))
                await until(lambda: bool(daemon.logs("access.renewed")), within=NOTICED, what="the renewal")
                await asyncio.sleep(3)
                scrapes = "sum(count_over_time(up[1m])) - sum(sum_over_time(up[1m]))"
                assert await asyncio.to_thread(server.value, scrapes) == 0
                daemon.admit({"prometheus": "another"}, identity=ours)
                await asyncio.to_thread(server.wait_for, 'up{job="queuewatch"} == 0')


@pytest.mark.servers
async def test_a_real_prometheus_comes_with_a_certificate(tmp_path: Path) -> None:
    """Where one is required, with one of the names: another one of the same authority is not let in."""
    async with simulating() as centre, receiving() as hook:
        daemon = Locked(tmp_path, platform=centre.url, hook=hook.url)
        ours = daemon.authority.issue("ours")
        friend = daemon.authority.issue("friend", usage="clientAuth", hosts="DNS:scraper.example")
        other = daemon.authority.issue("other", usage="clientAuth", hosts="DNS:other.example")
        daemon.access.write_text(
            json.dumps(
                {
                    "tls_server_config": {
                        "cert_file": ours.certificate,
                        "key_file": ours.key,
                        "client_ca_file": daemon.authority.file,
                        "client_auth_type": "RequireAndVerifyClientCert",
                        "client_allowed_sans": ["scraper.example"],
                    }
                }
            )
        )

        def lines(identity: Identity) -> str:
            return (
                f"tls_config: {{ca_file: {daemon.authority.file}, cert_file: {identity.certificate},"
                f" key_file: {identity.key}}}"
            )

        await daemon.start()
        try:
            async with daemon.client(friend) as client:

                async def ready() -> bool:
                    try:
                        return (await client.get("/readyz")).status_code == 200
                    except httpx.HTTPError:
                        return False

                await until(ready, within=20, what="the daemon is ready")
            with Scraper(tmp_path / "friend", daemon.target, lines(friend)) as server:
                await asyncio.to_thread(server.wait_until_up)
            with Scraper(tmp_path / "other", daemon.target, lines(other)) as server:
                await asyncio.to_thread(server.wait_for, 'up{job="queuewatch"} == 0')
            with pytest.raises(httpx.HTTPError):
                await daemon.get("/healthz")
        finally:
            await daemon.kill()
