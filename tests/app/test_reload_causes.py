"""What causes a reload, and who hears of it besides."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from monitor.app.noticing import Noticing
from monitor.app.reloading import Reloading, status
from monitor.kit.notify import Notifier
from monitor.kit.tasks import stop
from monitor.model.settings import Settings
from tests.app.making import ACME, WRONG, a_settings, built


@dataclass
class Files:
    """What a look at the files shows at each time, the last for ever; and whether they were read."""

    shown: list[str]
    settings: Settings
    looks: int = 0
    reads: list[int] = field(default_factory=list)

    def look(self) -> str:
        """Return the next digest."""
        self.looks += 1
        return self.shown[min(self.looks, len(self.shown)) - 1]

    def load(self) -> Settings:
        """Note after which look the files are read."""
        self.reads.append(self.looks)
        return self.settings


async def looked(
    folder: Path, shown: list[str], seconds: float, asked: float | None = None
) -> tuple[Files, list[Mapping[str, Any]]]:
    """Return what was looked at and read, and the log, in so many seconds; `asked`: when a signal came."""
    files = Files(shown, a_settings(folder))
    reloading = Reloading(files.load, files=Noticing(files.look, "a"))
    async with built(files.settings) as daemon:
        with capture_logs() as lines:
            async with asyncio.TaskGroup() as group:
                task = group.create_task(reloading.run(daemon), name="reload")
                if asked is not None:
                    asyncio.get_running_loop().call_later(asked, reloading.asked.set)
                await asyncio.sleep(seconds)
                await stop([task])
    return files, list(lines)


@pytest.mark.looptime
async def test_files_that_changed_and_stand_still_are_read(tmp_path: Path) -> None:
    """Once, however long they stay so; files that are as they were are not read at all."""
    files, lines = await looked(tmp_path, ["a", "a", "b"], 20.0)
    assert len(files.reads) == 1
    assert [(line["event"], line["cause"]) for line in lines] == [("config.reloaded", "files")]
    files, lines = await looked(tmp_path, ["a"], 20.0)
    assert (files.reads, lines) == ([], [])
    assert 8 <= files.looks <= 11


@pytest.mark.looptime
async def test_files_that_are_being_written_are_left_alone(tmp_path: Path) -> None:
    """Nothing is read between two looks that show different things."""
    files, _ = await looked(tmp_path, ["b", "c", "d", "e", "f", "f", "f"], 20.0)
    assert files.reads == [7]


@pytest.mark.looptime
async def test_files_that_come_back_to_what_they_were_are_no_change(tmp_path: Path) -> None:
    """A rewrite that was half done at one look and is done at the next."""
    files, _ = await looked(tmp_path, ["b", "a"], 20.0)
    assert files.reads == []


@pytest.mark.looptime
async def test_a_signal_is_obeyed_at_once_and_the_change_is_not_read_twice(tmp_path: Path) -> None:
    """Who edits and then says so causes one reading, though the files are looked at, too."""
    files, lines = await looked(tmp_path, ["a", "b"], 20.0, asked=2.5)
    assert len(files.reads) == 1
    assert [line["cause"] for line in lines] == ["signal"]


@pytest.mark.looptime
async def test_without_watching_only_a_signal_is_obeyed(tmp_path: Path) -> None:
    """Signals that come while one is obeyed are one more."""
    settings = a_settings(tmp_path)
    reads: list[Settings] = []

    def load() -> Settings:
        reads.append(settings)
        return settings

    reloading = Reloading(load)
    async with built(settings) as daemon, asyncio.TaskGroup() as group:
        task = group.create_task(reloading.run(daemon), name="reload")
        await asyncio.sleep(60.0)
        assert reads == []
        for _ in range(3):
            reloading.asked.set()
        await asyncio.sleep(1.0)
        assert len(reads) == 1
        await stop([task])


@pytest.fixture
def manager(tmp_path: Path) -> Iterator[Callable[[], list[str]]]:
    """A service manager at `tmp_path / "notify"`; calling it returns what it heard."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as inlet:
        inlet.bind(str(tmp_path / "notify"))
        inlet.setblocking(False)

        def heard() -> list[str]:
            found = []
            while True:
                try:
                    found.append(inlet.recv(4096).decode())
                except BlockingIOError:
                    return found

        yield heard


async def test_a_service_manager_hears_of_each_reload_and_of_its_end(
    tmp_path: Path, manager: Callable[[], list[str]]
) -> None:
    """Taken, refused or failing in a way that nobody foresaw: it is never left waiting."""
    settings = a_settings(tmp_path, orgs=(ACME,))
    errors: list[Exception | None] = [None, WRONG, RuntimeError("a bug")]

    def load() -> Settings:
        if (error := errors.pop(0)) is not None:
            raise error
        return replace(settings, rules=())

    reloading = Reloading(load, notifier=Notifier(str(tmp_path / "notify")))
    async with built(settings) as daemon:
        await reloading.once(daemon)
        began, ended = manager()
        assert began.startswith("RELOADING=1\nMONOTONIC_USEC=")
        assert ended == "READY=1\nSTATUS=Watching acme: 2 sources, 0 rules"
        await reloading.once(daemon)
        assert "the old one stays" in manager()[-1]
        with pytest.raises(RuntimeError, match="a bug"):
            await reloading.once(daemon)
        assert [one.split("=")[0] for one in manager()] == ["RELOADING", "READY"]


def test_the_status_names_what_is_watched(tmp_path: Path) -> None:
    """Orgs by name, sources and rules by number."""
    assert status(a_settings(tmp_path, orgs=(ACME,))) == "Watching acme: 2 sources, 1 rules"
    assert status(a_settings(tmp_path)) == "Watching nothing: 0 sources, 1 rules"
