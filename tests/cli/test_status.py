"""`queuewatch status`, as a person sees it: once, and as a picture that keeps itself up to date."""

from __future__ import annotations

import io
import json
import os
import pty
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from rich.console import Console, ConsoleDimensions, RenderableType

from monitor.cli.picture import Picture, Seen
from monitor.model.delivery import Backlog
from tests.builders import EPOCH
from tests.cli.watching import Watched, a_queue, a_source
from tests.web.api.desk import Desk, an_alert
from tests.web.making import HOSTILE, served

DOWN = a_source(
    "service_level", up=False, stale=True, error="429: too many", observed_at=EPOCH - timedelta(minutes=5)
)
NOW = EPOCH + timedelta(minutes=4)


def site() -> Watched:
    """Return a daemon where one alert fires, three minutes after it began to."""
    return Watched(Desk([an_alert("Sales")], now=NOW), [a_queue("Night"), a_queue("Sales")])


def lines(watched: Watched, *words: str) -> list[str]:
    """Return what is printed once."""
    done = watched.call("status", *words)
    assert (done.exit_code, done.stderr) == (0, "")
    return [line.rstrip() for line in done.stdout.splitlines()]


def test_all_of_it_once() -> None:
    """Who is watched, what fires, the queues, and in a line each what is well; durations by their clock."""
    printed = lines(site())
    assert printed[0] == f"here  {NOW.astimezone():%Y-%m-%d %H:%M:%S %Z}  ready  1 firing, 0 pending"
    assert printed[1:3] == ["", "alerts"]
    assert printed[5].split("  ")[0] == "critical"
    assert "ServiceLevelLow/Sales/voice" in printed[5]
    assert "  3 m  " in printed[5]
    assert printed[6:8] == ["", "queues"]
    assert [line.split()[:2] for line in printed[10:12]] == [["critical", "Sales"], ["below", "Night"]]
    assert printed[10].endswith("  ServiceLevelLow 3 m")
    assert printed[12:] == [
        "",
        "sources     2 up, data at most 3 s old",
        "deliveries  nothing waits",
    ]


def test_nothing_to_see() -> None:
    """Words, no empty tables."""
    printed = lines(Watched(sources=[a_source(up=None, age=None, observed_at=None)]))
    assert printed[1:] == [
        "",
        "alerts      nothing fires",
        "",
        "queues      none is watched",
        "",
        "sources     1 not asked yet",
        "deliveries  nothing waits",
    ]


def test_what_is_not_well_is_said_in_full() -> None:
    """A source that is silent stands at the top, too; so does a store that takes nothing."""
    here = site()
    failing = a_source("agents", up=False, error="timeout", age=9.0)
    here.sources = [a_source(), DOWN, failing]
    here.backlog = [Backlog(destination="oncall/mqtt", depth=3, oldest=EPOCH, dead=1)]
    here.backlog += [Backlog(destination="oncall/webhook", depth=0, oldest=None, dead=0)]
    here.writable = False
    printed = lines(here)
    since, last = (
        f"{date.astimezone():%Y-%m-%d %H:%M:%S %Z}"
        for date in (DOWN.observed_at, failing.observed_at)
        if date
    )
    assert "not ready" in printed[0]
    assert printed[1:4] == [
        "the store is not writable: nothing is told",
        f"nothing from acme/service_level since {since}: 429: too many",
        f"nothing from acme/agents since {last}, which is still believed: timeout",
    ]
    text = "\n".join(printed)
    assert "critical, stale" in text
    assert "down, stale" in text
    assert "sources     1 up, data at most 3 s old" in text
    assert ["oncall/mqtt", "has", "dead", "letters", "3", "4", "m", "1"] in [line.split() for line in printed]
    assert printed[-1] == "deliveries  nothing waits for 1 destination"


def test_json_is_all_that_was_asked() -> None:
    """One object, whose parts are the daemon's own answers."""
    done = site().call("status", "--json")
    said = json.loads(done.stdout)
    assert said["health"]["instance"] == "here"
    assert [one["queue"] for one in said["queues"]] == ["Sales", "Night"]
    assert [one["queue"] for one in said["alerts"]] == ["Sales"]
    assert [one["source"] for one in said["sources"]] == ["queues", "service_level"]
    assert said["destinations"] == []


def test_the_directory_says_nothing_of_how_old_figures_are() -> None:
    """It is read every few minutes, and is one of those that are up; alone it has no figures at all."""
    here = site()
    slow = a_source("directory", age=290.0)
    here.sources = [a_source(), slow]
    assert "sources     2 up, data at most 3 s old" in lines(here)
    here.sources = [slow]
    assert "sources     1 up" in lines(here)


def test_only_one_org_and_only_so_many() -> None:
    """And how many more there are."""
    here = site()
    here.lines += [a_queue(f"Q{number}", org="other") for number in range(30)]
    here.sources = [a_source(), a_source(org="other", age=7.0)]
    printed = lines(here, "--org", "other", "--limit", "2")
    assert printed[2] == "alerts      nothing fires"
    assert "… 28 more: queuewatch queues" in printed
    assert "sources     1 up, data at most 7 s old" in printed
    assert "… 12 more: queuewatch queues" in lines(here)


def seen(watched: Watched) -> Seen:
    """Return what is asked for a picture."""
    said = json.loads(watched.call("status", "--json", "--limit", "200").stdout)
    return Seen(**said)


def shown(drawn: RenderableType, size: ConsoleDimensions) -> list[str]:
    """Return the lines that something takes on a screen."""
    console = Console(file=io.StringIO(), width=size.width, height=size.height, record=True)
    console.print(drawn)
    return console.export_text().splitlines()


@pytest.mark.parametrize("width", [80, 120, 200])
@pytest.mark.parametrize("height", [24, 40, 60])
def test_a_picture_fits_the_screen(width: int, height: int) -> None:
    """Alerts get half, queues the rest, and what is left out is counted; names are cut, figures are not."""
    here = site()
    names = [f"A queue with a name that is quite long, number {number}" for number in range(80)]
    here.desk.kept = [an_alert(name) for name in names]
    here.lines = [a_queue(name) for name in names]
    here.sources = [a_source(), DOWN]
    here.backlog = [Backlog(destination="oncall/mqtt", depth=3, oldest=EPOCH, dead=1)]
    size = ConsoleDimensions(width, height)
    drawn = shown(Picture(seen(here), 2.0, "no daemon answers").fitting(size, None), size)
    assert height - 3 <= len(drawn) <= height
    assert max(map(len, drawn)) <= width
    assert sum("70.8 % " in line and " 3 m 20 s " in line for line in drawn) >= 3
    assert drawn[1].startswith("everything below is 2 s old: no daemon answers")
    assert sum("A queue" in line or "ServiceLevelLow/" in line for line in drawn) >= 6
    assert [line for line in drawn if "more: queuewatch" in line]
    few = shown(Picture(seen(here)).fitting(size, 1), size)
    assert sum("A queue" in line or "ServiceLevelLow/" in line for line in few) == 2


def test_time_goes_on_while_nobody_answers() -> None:
    """Durations are those of now, though the figures are old."""
    size = ConsoleDimensions(200, 40)
    drawn = shown(Picture(seen(site()), 3600.0, "gone").fitting(size, None), size)
    assert drawn[1] == "everything below is 1 h old: gone"
    assert any("1 h 3 m" in line for line in drawn)


@dataclass
class Screen:
    """A terminal on which a command runs, and everything it showed."""

    file: int
    process: subprocess.Popen[bytes]
    shown: bytearray = field(default_factory=bytearray)

    def until(self, fits: Callable[[str], bool], seconds: float = 20.0) -> str:
        """Return what was shown since the last look, once it fits."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            text = self.shown.decode(errors="replace")
            if fits(text):
                self.shown.clear()
                return text
            ready, _, _ = select.select([self.file], [], [], 0.1)
            if ready:
                self.shown += self._read()
        raise AssertionError(self.shown.decode(errors="replace"))

    def _read(self) -> bytes:
        try:
            return os.read(self.file, 65536)
        except OSError:  # whoever wrote has ended
            time.sleep(0.05)
            return b""


@contextmanager
def screen(*words: str) -> Iterator[Screen]:
    """Run `queuewatch` on a terminal of its own."""
    ours, theirs = pty.openpty()
    environ = {**os.environ, "TERM": "xterm-256color", "COLUMNS": "120", "LINES": "40"}
    with subprocess.Popen(
        [sys.executable, "-m", "monitor", *words], stdin=theirs, stdout=theirs, stderr=theirs, env=environ
    ) as process:
        os.close(theirs)
        try:
            yield Screen(ours, process)
        finally:
            process.kill()
            os.close(ours)


def test_the_picture_keeps_itself_up_to_date() -> None:
    """A new alert shows, an end of the daemon is said over old figures, and Ctrl-C gives the screen back."""
    here = site()
    here.desk.kept = []
    with screen_of(here) as (daemon, terminal):
        terminal.until(lambda text: "nothing fires" in text)
        here.desk.kept = [an_alert("Sales")]
        assert "\x1b[" in terminal.until(lambda text: "ServiceLevelLow/Sales/voice" in text)
        daemon.close()
        assert "no daemon answers at http" in terminal.until(lambda text: "everything below is" in text)
        terminal.process.send_signal(signal.SIGINT)
        terminal.until(lambda text: "\x1b[?1049l" in text)
        assert terminal.process.wait(10) == 0


@contextmanager
def screen_of(watched: Watched) -> Iterator[tuple[Any, Screen]]:
    """Serve a daemon that can be closed, and look at it."""
    from contextlib import ExitStack

    with ExitStack() as daemon:
        url = daemon.enter_context(served(watched.app()))
        with screen("status", "--every", "200ms", "--url", url) as terminal:
            yield daemon, terminal


def test_without_a_daemon_there_is_no_picture() -> None:
    """One line says what to do; exit code 1, on a terminal as elsewhere."""
    with screen("status", "--url", "http://127.0.0.1:9") as terminal:
        text = terminal.until(lambda text: "\n" in text)
        assert text.startswith("Error: no daemon answers at http://127.0.0.1:9: ")
        assert terminal.process.wait(10) == 1


def test_hostile_names_come_out_clean() -> None:
    """Nothing that a terminal could obey is printed."""
    here = site()
    here.desk.kept = [an_alert(HOSTILE)]
    here.lines = [a_queue(HOSTILE)]
    here.sources = [a_source(HOSTILE, up=False, stale=True, error=HOSTILE)]
    here.backlog = [Backlog(destination=HOSTILE, depth=1, oldest=None, dead=0)]
    for words in ((), ("--json",)):
        printed = here.call("status", *words).stdout
        assert all(one.isprintable() for one in printed.split("\n"))
        assert printed.count("<script>") >= 4
