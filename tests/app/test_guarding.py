"""The door follows the web configuration file, and what it names, while the daemon runs."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
from dataclasses import replace
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from monitor import config
from monitor.app.guarding import Guarding, lessened, secured
from monitor.kit.secrets import Secret
from monitor.kit.serving import Tls
from monitor.kit.tasks import stop, supervise
from monitor.model.errors import ConfigError
from monitor.model.settings import Credential, ServingTls, WebAccess, WebSettings
from monitor.web.authenticating import Doorkeeper
from tests.kit.authority import Authority


class Gatehouse:
    """A door over a web configuration file in `folder`; counts what was exchanged.

    `then` are the tokens somebody writes while what was read is taken over, once. `crashes` is how often
    exchanging a certificate fails in a way that nobody foresaw.
    """

    def __init__(self, folder: Path) -> None:
        self.file = folder / "web.yaml"
        self.renewed: list[Tls | None] = []
        self.partings = 0
        self.then: list[str] = []
        self.crashes = 0
        self.write("first")
        access = config.access(self.file)
        self.door = Doorkeeper(access)
        self.guarding = Guarding(
            WebSettings(access_file=str(self.file), access=access), self.door, self._renew, self._part
        )

    def write(self, *tokens: str, **more: object) -> None:
        """Let these tokens in, by their names."""
        known = [
            {"name": one, "sha256": hashlib.sha256(one.encode()).hexdigest(), "scopes": ["read"]}
            for one in tokens
        ]
        # JSON is YAML.
        self.file.write_text(json.dumps({"bearer_tokens": known, **more}))

    async def look(self) -> list[str]:
        """Look once; return what was logged."""
        with capture_logs() as lines:
            await self.guarding.look()
        return [line["event"] for line in lines]

    def names(self) -> list[str]:
        """Who may come in."""
        return [one.name for one in self.door.access.tokens]

    def _renew(self, tls: Tls | None) -> None:
        if self.crashes:
            self.crashes -= 1
            raise RuntimeError("a bug")
        self.renewed.append(tls)

    def _part(self) -> None:
        self.partings += 1
        if self.then:
            self.write(*self.then)
            self.then = []


@pytest.mark.looptime
async def test_a_changed_file_is_taken_over_and_streams_begin_anew(tmp_path: Path) -> None:
    """A token that went lets nobody in, also not who came in with it before."""
    house = Gatehouse(tmp_path)
    await house.look()
    house.write("second")
    assert await house.look() == ["access.renewed"]
    assert (house.names(), house.partings) == (["second"], 1)


@pytest.mark.looptime
async def test_what_did_not_change_is_left_alone(tmp_path: Path) -> None:
    """No certificate is exchanged and no stream cut for nothing."""
    house = Gatehouse(tmp_path)
    await house.look()
    before = house.partings
    assert await house.look() == []
    assert house.partings == before


@pytest.mark.looptime
@pytest.mark.parametrize(
    "text",
    [
        "bearer_tokens: [",
        "users: {}",
        "tls_server_config: {cert_file: gone}",
        "",
        "# half\n",
        "http_server_config:\n  headers: {}\n",
        "bearer_tokens: []",
    ],
)
async def test_a_file_that_cannot_be_used_opens_and_closes_nothing(tmp_path: Path, text: str) -> None:
    """It is said once; who could come in still can, and nobody else: neither broken, nor empty, nor cut."""
    house = Gatehouse(tmp_path)
    await house.look()
    before = house.partings
    house.file.write_text(text)
    assert set(await house.look()) == {"access.refused"}
    assert await house.look() == []
    assert (house.names(), house.partings) == (["first"], before)
    house.write("first", "second")
    assert await house.look() == ["access.renewed"]


@pytest.mark.looptime
async def test_a_file_that_went_keeps_the_door_as_it_was(tmp_path: Path) -> None:
    """Nobody has said that everybody may come in."""
    house = Gatehouse(tmp_path)
    await house.look()
    house.file.unlink()
    assert await house.look() == ["access.refused"]
    assert house.names() == ["first"]


@pytest.mark.looptime
async def test_a_certificate_that_was_exchanged_on_the_disk_is_shown(tmp_path: Path) -> None:
    """The web configuration file itself need not change for that."""
    authority = Authority(tmp_path)
    identity = authority.issue("localhost")
    house = Gatehouse(tmp_path)
    pair = {"cert_file": str(identity.certificate), "key_file": str(identity.key)}
    house.write("first", tls_server_config=pair)
    await house.look()
    assert await house.look() == []
    other = authority.issue("other")
    adopted = house.door.access
    Path(identity.certificate).write_bytes(Path(other.certificate).read_bytes())
    Path(identity.key).write_bytes(Path(other.key).read_bytes())
    assert await house.look() == ["access.renewed"]
    assert len(house.renewed) == 2
    assert all(one is not None for one in house.renewed)
    assert house.door.access is adopted


@pytest.mark.looptime
async def test_a_file_that_is_being_written_is_left_alone(tmp_path: Path) -> None:
    """What it says between two looks is nobody's word; it is read once it stands still."""
    house = Gatehouse(tmp_path)
    await house.look()
    house.write("second")
    asyncio.get_running_loop().call_later(0.2, house.write, "second", "third")
    assert await house.look() == []
    assert house.names() == ["first"]
    assert await house.look() == ["access.renewed"]
    assert house.names() == ["second", "third"]


@pytest.mark.looptime
async def test_what_holds_now_is_what_may_not_be_opened(tmp_path: Path) -> None:
    """A door that began open and was closed since stays closed."""
    house = Gatehouse(tmp_path)
    house.guarding.web = replace(house.guarding.web, access=WebAccess())
    house.door.adopt(WebAccess())
    assert await house.look() == ["access.renewed"]
    house.file.write_text("bearer_tokens: []")
    assert await house.look() == ["access.refused"]
    assert house.names() == ["first"]


@pytest.mark.looptime
async def test_a_change_while_the_daemon_began_is_taken_over(tmp_path: Path) -> None:
    """The file was read before anybody looked at it; the first look finds out."""
    house = Gatehouse(tmp_path)
    house.write("second")
    assert await house.look() == ["access.renewed"]
    assert house.names() == ["second"]


@pytest.mark.looptime
async def test_a_change_while_another_is_taken_over_is_not_lost(tmp_path: Path) -> None:
    """It comes behind the reading, and is found at the next look."""
    house = Gatehouse(tmp_path)
    await house.look()
    house.write("second")
    house.then = ["third"]
    assert await house.look() == ["access.renewed"]
    assert await house.look() == ["access.renewed"]
    assert house.names() == ["third"]


@pytest.mark.looptime
async def test_it_looks_for_ever(tmp_path: Path) -> None:
    """At once, and then every two seconds."""
    house = Gatehouse(tmp_path)
    with capture_logs() as lines:
        async with asyncio.TaskGroup() as group:
            task = group.create_task(house.guarding.run(), name="guard")
            await asyncio.sleep(1.0)
            for name in ("second", "third"):
                house.write(name)
                await asyncio.sleep(3.0)
                assert house.names() == [name]
            await stop([task])
    assert [line["event"] for line in lines] == ["access.renewed"] * 2


@pytest.mark.parametrize("which", ["web", "certificate", "key"])
async def test_a_pipe_in_the_place_of_a_file_holds_nobody_up(tmp_path: Path, which: str) -> None:
    """Nobody writes to it: it is refused, the door stays, and a file in its place is taken."""
    identity = Authority(tmp_path).issue("localhost")
    house = Gatehouse(tmp_path)
    pair = {"cert_file": str(identity.certificate), "key_file": str(identity.key)}
    house.write("first", tls_server_config=pair)
    await house.look()
    file = {"web": house.file, "certificate": Path(identity.certificate), "key": Path(identity.key)}[which]
    text = file.read_bytes()
    file.unlink()
    os.mkfifo(file)
    async with asyncio.timeout(10):
        assert set(await house.look()) == {"access.refused"}
    assert house.names() == ["first"]
    file.unlink()
    file.write_bytes(text)
    assert await house.look() == ["access.renewed"]


@pytest.mark.looptime
async def test_a_crash_while_a_change_is_taken_over_forgets_nothing(tmp_path: Path) -> None:
    """The loop is begun again, and what it did not get done it does."""
    house = Gatehouse(tmp_path)
    await house.look()
    house.write("second")
    house.crashes = 1
    async with asyncio.TaskGroup() as group:
        with capture_logs():
            task = group.create_task(supervise("guard", house.guarding.run), name="guard")
            await asyncio.sleep(5.0)
            await stop([task])
    assert (house.names(), house.crashes) == (["second"], 0)


TLS = ServingTls(cert_file="a", key_file="b", client="required", sans=("us",), oldest="TLS13")
KIM = Credential(name="kim", hash=Secret("…"), scopes=("read",))


@pytest.mark.parametrize(
    ("before", "after", "lost"),
    [
        (WebAccess(tls=TLS), WebAccess(tls=TLS, users=(KIM,)), []),
        (WebAccess(users=(KIM,)), WebAccess(tokens=(KIM,)), []),
        (WebAccess(), WebAccess(), []),
        (WebAccess(tls=TLS, users=(KIM,)), WebAccess(tls=TLS), ["basic_auth_users, bearer_tokens"]),
        (WebAccess(tls=TLS), WebAccess(), ["tls_server_config"]),
        (
            WebAccess(tls=TLS),
            WebAccess(tls=replace(TLS, client="optional", sans=(), oldest="TLS12")),
            [
                f"tls_server_config.{key}"
                for key in ("client_auth_type", "client_allowed_sans", "min_version")
            ],
        ),
    ],
)
def test_what_protects_less_is_said(before: WebAccess, after: WebAccess, lost: list[str]) -> None:
    """By the keys; more protection, or another, is none of it."""
    assert lessened(before, after) == lost


@pytest.mark.looptime
async def test_less_protection_is_a_warning(tmp_path: Path) -> None:
    """Anything else is taken over quietly."""
    house = Gatehouse(tmp_path)
    identity = Authority(tmp_path).issue("localhost")
    tls = {"cert_file": str(identity.certificate), "key_file": str(identity.key), "min_version": "TLS13"}
    with capture_logs() as lines:
        house.write("first", tls_server_config=tls)
        await house.guarding.look()
        house.write("first", tls_server_config={**tls, "min_version": "TLS12"})
        await house.guarding.look()
    assert [(line["log_level"], line.get("lost")) for line in lines] == [
        ("info", None),
        ("warning", ["tls_server_config.min_version"]),
    ]


def test_tls_that_cannot_be_set_up_is_a_mistake_of_the_configuration() -> None:
    """One line names the key and what is wrong."""
    with pytest.raises(ConfigError, match=r"web\.config_file: TLS cannot be set up"):
        secured(WebAccess(tls=ServingTls(cert_file="/nowhere/a", key_file="/nowhere/b")))
