"""Threads for what would block: names that hang keep neither other names nor other work waiting."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import AsyncIterator

import pytest

from monitor.kit import threads


class Names:
    """A resolver whose name `dead` hangs until `release`."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.release = threading.Event()

    def __call__(self, host: str, *rest: object) -> list[object]:
        """As `socket.getaddrinfo`."""
        self.asked.append(host)
        if host == "dead":
            self.release.wait(10.0)
            raise socket.gaierror(-3, "no answer")
        return [host, *rest]


@pytest.fixture
async def names() -> AsyncIterator[Names]:
    """A resolver in the place of the system's, and our threads in the place of the loop's."""
    made = Names()
    threads.install(threads.Threads(made))
    yield made
    made.release.set()


async def look_up(names: Names, host: str) -> object:
    """Ask as the loop does for every client."""
    return await asyncio.get_running_loop().run_in_executor(None, names, host, 443)


async def test_a_dead_name_keeps_nobody_waiting(names: Names) -> None:
    """A hundred askers of a name that hangs take one thread: others are found, other work is done."""
    async with asyncio.timeout(5.0), asyncio.TaskGroup() as group:
        askers = [group.create_task(look_up(names, "dead")) for _ in range(100)]
        await asyncio.sleep(0)
        found = await look_up(names, "alive")
        assert await asyncio.to_thread(lambda: "done") == "done"
        for asker in askers:
            asker.cancel()
    assert isinstance(found, list)
    assert found[0] == "alive"
    assert names.asked.count("dead") == 1


async def test_who_gives_up_takes_nothing_from_the_others(names: Names) -> None:
    """They share a look-up, and each hears how it ended; after that it is looked up anew."""
    async with asyncio.TaskGroup() as group:
        first, second = group.create_task(look_up(names, "dead")), group.create_task(fails(names, "dead"))
        await asyncio.sleep(0)
        first.cancel()
        await asyncio.sleep(0)
        names.release.set()
    assert second.result() == "[Errno -3] no answer"
    assert await fails(names, "dead") == "[Errno -3] no answer"
    assert names.asked == ["dead", "dead"]


async def test_who_gives_up_in_the_queue_takes_nothing_from_the_others(names: Names) -> None:
    """Also while every thread is taken, and the look-up has not begun."""
    threads.install(threads.Threads(names, lookups=1))
    async with asyncio.timeout(5.0), asyncio.TaskGroup() as group:
        group.create_task(fails(names, "dead"))
        first, second = (group.create_task(look_up(names, "alive")) for _ in range(2))
        await asyncio.sleep(0)
        first.cancel()
        await asyncio.sleep(0)
        names.release.set()
    assert second.result() == ["alive", 443]


async def test_failures_and_results_of_other_work_pass(names: Names) -> None:
    """All else is the library's."""
    assert await asyncio.to_thread(int, "7") == 7
    with pytest.raises(ValueError, match="invalid literal"):
        await asyncio.to_thread(int, "seven")
    assert names.asked == []


async def fails(names: Names, host: str) -> str:
    """Return what the resolver says of a name it does not find."""
    try:
        await look_up(names, host)
    except socket.gaierror as error:
        return str(error)
    return ""


async def test_the_loop_looks_names_up_through_us() -> None:
    """What we take for a look-up is what the loop makes of one."""
    asked: list[object] = []

    class Watched(threads.Threads):
        def _forget(self, args: object, done: object) -> None:
            asked.append(args)

    threads.install(Watched())
    await asyncio.get_running_loop().getaddrinfo("localhost", 443)
    assert len(asked) == 1
