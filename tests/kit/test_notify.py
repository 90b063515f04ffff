"""What a service manager hears, as sd_notify(3) wants it."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from secrets import token_hex

import pytest
from structlog.testing import capture_logs

from monitor.kit.notify import Notifier


class Manager:
    """The socket of a service manager; `heard` is what came since the last time."""

    def __init__(self, name: str | bytes) -> None:
        self.inlet = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.inlet.bind(name)
        self.inlet.setblocking(False)

    def heard(self) -> list[str]:
        """Every datagram that waits."""
        found = []
        while True:
            try:
                found.append(self.inlet.recv(4096).decode())
            except BlockingIOError:
                return found


@contextmanager
def listening(name: str | bytes) -> Iterator[Manager]:
    """A manager that listens at `name` for the length of the block."""
    manager = Manager(name)
    with manager.inlet:
        yield manager


def test_each_word_is_a_datagram(tmp_path: Path) -> None:
    """Ready with what people read, reloading with the time of day it began at, ready again, stopping."""
    path = str(tmp_path / "notify")
    with listening(path) as manager:
        notifier = Notifier.of({"NOTIFY_SOCKET": path})
        notifier.ready("Watching acme\nREADY=0: \x1b[31m3 rules")
        before = time.monotonic_ns() // 1000
        notifier.reloading()
        after = time.monotonic_ns() // 1000
        notifier.ready("Watching acme")
        notifier.stopping()
        first, second, third, fourth = manager.heard()
    lines = first.split("\n")
    assert (len(lines), lines[0]) == (2, "READY=1")
    assert lines[1].startswith("STATUS=Watching acme")
    assert "\x1b" not in first
    name, begun = second.split("\n")
    assert name == "RELOADING=1"
    assert begun.startswith("MONOTONIC_USEC=")
    assert before <= int(begun.removeprefix("MONOTONIC_USEC=")) <= after
    assert third == "READY=1\nSTATUS=Watching acme"
    assert fourth.split("\n")[0] == "STOPPING=1"


def test_an_abstract_name_is_reached() -> None:
    """A name that begins with @ has no file."""
    name = f"queuewatch-{token_hex(8)}"
    with listening(b"\0" + name.encode()) as manager:
        Notifier.of({"NOTIFY_SOCKET": f"@{name}"}).stopping()
        assert manager.heard()[0].startswith("STOPPING=1")


@pytest.mark.parametrize("address", ["", "vsock:2:1234", "relative/path"])
def test_nobody_is_told_where_nobody_asks(address: str) -> None:
    """Without a socket, or with one of another kind, nothing is said and nothing complains."""
    notifier = Notifier.of({"NOTIFY_SOCKET": address, "WATCHDOG_USEC": "30000000"})
    with capture_logs() as lines:
        notifier.ready("Watching acme")
        notifier.pulse(0.0)
    assert notifier == Notifier()
    assert lines == []


@pytest.mark.parametrize("path", ["/nowhere/at/all", "/" + "x" * 200, "/dev/null", "/a\0b"])
def test_a_manager_that_is_not_there_ends_nobody(path: str) -> None:
    """It is said once, however often it is tried."""
    notifier = Notifier.of({"NOTIFY_SOCKET": path})
    with capture_logs() as lines:
        notifier.ready("Watching acme")
        notifier.stopping()
    assert [line["event"] for line in lines] == ["notify.failed"]


def test_a_manager_that_is_back_is_told_and_missed_anew(tmp_path: Path) -> None:
    """After a success the next failure is news."""
    path = tmp_path / "notify"
    notifier = Notifier.of({"NOTIFY_SOCKET": str(path)})
    with capture_logs() as lines:
        notifier.stopping()
        with listening(str(path)) as manager:
            notifier.stopping()
            assert len(manager.heard()) == 1
        path.unlink()
        notifier.stopping()
    assert [line["event"] for line in lines] == ["notify.failed"] * 2


def test_a_manager_that_does_not_read_holds_us_up_for_a_moment(tmp_path: Path) -> None:
    """Its queue is full: what does not fit is given up within half a second, and said."""
    path = str(tmp_path / "notify")
    with listening(path), capture_logs() as lines:
        notifier = Notifier.of({"NOTIFY_SOCKET": path})
        begun = time.monotonic()
        while not lines:
            notifier.stopping()
        assert time.monotonic() - begun < 5.0
    assert lines[0]["event"] == "notify.failed"


def test_signs_of_life_come_at_half_the_time_and_from_a_beat_in_time(tmp_path: Path) -> None:
    """At once, then when half the watchdog's time is over; a late beat gives none, the next one does."""
    path = str(tmp_path / "notify")
    with listening(path) as manager:
        notifier = Notifier.of({"NOTIFY_SOCKET": path, "WATCHDOG_USEC": "200000"})
        notifier.pulse(0.0)
        notifier.pulse(0.0)
        assert manager.heard() == ["WATCHDOG=1"]
        time.sleep(0.11)
        notifier.pulse(1.5)
        assert manager.heard() == []
        notifier.pulse(0.2)
        assert manager.heard() == ["WATCHDOG=1"]


def test_after_the_last_word_only_signs_of_life_are_given(tmp_path: Path) -> None:
    """A reload that ends meanwhile would say that we are ready; a watchdog waits on."""
    path = str(tmp_path / "notify")
    with listening(path) as manager:
        notifier = Notifier.of({"NOTIFY_SOCKET": path, "WATCHDOG_USEC": "30000000"})
        notifier.stopping()
        notifier.reloading()
        notifier.ready("Watching acme")
        notifier.pulse(0.0)
        assert [one.split("\n")[0] for one in manager.heard()] == ["STOPPING=1", "WATCHDOG=1"]


@pytest.mark.parametrize(("length", "lines"), [("1999999", 1), ("2000000", 0)])
def test_a_watchdog_that_is_too_quick_for_us_is_said(length: str, lines: int) -> None:
    """Once, at the start: it would end us for nothing."""
    with capture_logs() as said:
        Notifier.of({"NOTIFY_SOCKET": "/run/notify", "WATCHDOG_USEC": length})
    assert [line["event"] for line in said] == ["notify.watchdog"] * lines


@pytest.mark.parametrize(
    ("words", "seconds"),
    [
        ({"WATCHDOG_USEC": "30000000"}, 30.0),
        ({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": str(os.getpid())}, 30.0),
        ({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": str(os.getpid() + 1)}, None),
        ({"WATCHDOG_USEC": "0"}, None),
        ({"WATCHDOG_USEC": "-1"}, None),
        ({"WATCHDOG_USEC": "soon"}, None),
        ({"WATCHDOG_USEC": "²"}, None),
        ({}, None),
    ],
)
def test_the_watchdog_is_ours_or_nobodys(words: dict[str, str], seconds: float | None) -> None:
    """A time that is meant for another process, or is none, asks for no signs of life."""
    assert Notifier.of({"NOTIFY_SOCKET": "/run/notify", **words}).watchdog == seconds
