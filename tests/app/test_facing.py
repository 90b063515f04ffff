"""What is asked over HTTP is what holds now."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from monitor.app.facing import Reloader, face
from monitor.app.reloading import Reloading
from monitor.kit.secrets import Secret
from monitor.model.reload import Reloaded
from monitor.model.settings import Credential, WebAccess
from monitor.web.authenticating import Doorkeeper
from tests.app.making import a_settings, built

DIGEST = "2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b"
"""SHA-256 of `secret`."""


async def asked(
    folder: Path, method: str, path: str, *, reload: Reloader | None = None, access: WebAccess | None = None
) -> httpx.Response:
    """Return what a daemon answers whose door was given `access` after it began."""
    async with built(a_settings(folder)) as daemon:
        door = Doorkeeper(operate=True)
        app = face(daemon, door, reload).app()
        if access is not None:
            door.adopt(access)
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
            headers = {"authorization": "Bearer secret", "content-type": "application/json"}
            return await client.request(method, path, headers=headers)


async def test_the_configuration_says_who_may_ask_now(tmp_path: Path) -> None:
    """Not who might when the daemon began; and nothing secret."""
    one = Credential(name="kim", hash=Secret(DIGEST), scopes=("read",))
    answer = await asked(tmp_path, "GET", "/api/v1/config", access=WebAccess(tokens=(one,)))
    assert answer.status_code == 200
    assert [each["name"] for each in answer.json()["config"]["web"]["access"]["tokens"]] == ["kim"]
    assert DIGEST not in answer.text


@pytest.mark.parametrize(("over", "status"), [(False, 200), (True, 503)])
async def test_a_daemon_that_is_about_to_end_reads_nothing(
    tmp_path: Path, *, over: bool, status: int
) -> None:
    """Who asks for a reload hears why."""
    settings = a_settings(tmp_path)
    reloading = Reloading(lambda: settings)
    if over:
        reloading.end()
    async with built(settings) as daemon:

        async def reload() -> Reloaded:
            return await reloading.once(daemon)

        answer = await asked(tmp_path / "other", "POST", "/-/reload", reload=reload)
    assert answer.status_code == status
    assert ("about to end" in answer.text) is over
